// A task in a real VS Code, from the command palette to the commit.
//
// run:  npm ci && CODE_SERVER=… VSIX=… DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… node --test
//   CODE_SERVER         the program that install.sh makes
//   VSIX                the extension, made by scripts/package
//   DEVIKA_BIN          the server, to look at the tasks from outside
//   SCRIPTED_MODEL_BIN  the model
//   ARTEFACTS           a folder for screenshots and logs
//   CHROMIUM            the browser; /usr/bin/chromium where it is not set
// tests/editors/run does all of this.
import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, test } from "node:test";
import { openWindow, runTask } from "./scene.mjs";
import { HELLO, code, plan } from "./world.mjs";

const PROMPT = "Write a hello world program in Python, with a test";

describe("a task", () => {
  const at = openWindow("task", {
    replies: [
      plan({}),
      code("Add a hello world program with a test", HELLO),
      { ...plan({}), chunk: 20, fault: { kind: "stall", after: 8 } },
    ],
  });

  test("is started from the palette and becomes files, saved and committed", async () => {
    const { window, world } = at;
    await window.command("Devika: Run Task");
    await window.asked("Devika: Run Task");
    await window.type(PROMPT);
    await window.screenshot("1-prompt");
    await window.press("Enter");

    await window.notification(`Devika: ${PROMPT}`);
    await window.notification("Run in “project”?");
    await window.explorer("test_hello.py");
    await window.screenshot("2-approval");
    await window.choose("python3 -m unittest", "Allow");

    await window.notification("Devika is done");
    await window.screenshot("3-done");
    for (const [file, text] of Object.entries(HELLO)) assert.equal(world.read(file), text);
    assert.deepEqual(await window.unsaved(), []);
    assert.equal(world.git("log", "--format=%s"), "feat: add a hello world program with a test");
    assert.equal(world.git("show", "--format=", "--name-only", "HEAD"), Object.keys(HELLO).join("\n"));
  });

  test("is told in the log", async () => {
    const { window } = at;
    await window.command("Devika: Open Log");
    await window.text("Task 1 is done");
    await window.palette("Devika:");
    await window.screenshot("4-palette");
    await window.press("Escape");
    await window.screenshot("5-log");
  });

  test("is cancelled from the palette", async () => {
    const { window, world } = at;
    await runTask(window, "Write another one");
    await window.notification("Planning · 100 characters");
    await window.screenshot("6-running");
    await window.command("Devika: Cancel Task");
    await window.notification("Task 2: Write another one was cancelled");
    await window.screenshot("7-cancelled");
    assert.match(world.tasks(), /cancelled/);
    assert.equal(world.git("status", "--porcelain"), "");
  });

  test("is in the list of tasks", async () => {
    const { window } = at;
    await window.command("Devika: Show Tasks");
    await window.row(PROMPT).waitFor();
    await window.row("Write another one").waitFor();
    await window.screenshot("8-tasks");
    await window.press("Escape");
  });
});

describe("a task in plan mode", () => {
  const at = openWindow("plan", {
    config: '[tasks]\nmode = "plan"\n',
    replies: [
      plan({ kind: "ask", steps: [], verify: [], question: "Whom shall it greet?" }),
      plan({}),
      code("Add a hello world program with a test", HELLO),
    ],
  });

  test("asks its question, and shows its plan before any file changes", async () => {
    const { window, world } = at;
    await runTask(window, PROMPT);
    await window.notification("Whom shall it greet?");
    await window.screenshot("1-question");
    await window.choose("Whom shall it greet?", "Answer");
    await window.asked("Devika: Task 1 asks");
    await window.type("The world");
    await window.screenshot("2-answer");
    await window.press("Enter");

    await window.notification("Carry out this plan?");
    await window.text("1. Write hello.py and its test");
    await window.screenshot("3-plan");
    assert.deepEqual(fs.readdirSync(world.project), []);
    await window.choose("Carry out this plan?", "Allow");

    await window.notification("Run in “project”?");
    assert.equal(await window.page.locator(".tab", { hasText: "plan.md" }).count(), 0);
    await window.command("Devika: Approve or Deny");
    await window.row("Allow").waitFor();
    await window.screenshot("4-approve");
    await window.row("Allow").click();
    await window.notification("Devika is done");
    assert.equal(world.git("log", "--format=%s"), "feat: add a hello world program with a test");
  });
});

describe("a comment to Devika", () => {
  const at = openWindow(
    "comment",
    { files: { "cli.py": "# devika: write a hello world program\n" }, replies: [plan({}), code("Add a hello world program with a test", HELLO)] },
    () => ({ settings: { "devika.codeLens": true } }),
  );

  test("starts its task by the lens above it, where lenses are wanted", async () => {
    const { window } = at;
    await window.file("cli.py");
    const lens = window.page.locator(".codelens-decoration a", { hasText: "Devika: “write a hello world program”" });
    await lens.waitFor();
    await window.screenshot("1-lens");
    await lens.click();
    await window.notification("Run in “project”?");
    await lens.waitFor({ state: "detached" });
    await window.screenshot("2-running");
  });
});

describe("a task whose window is loaded anew", () => {
  const at = openWindow("resume", { replies: [plan({}), code("Add a hello world program with a test", HELLO)] });

  test("is offered as soon as the window is there again, and goes on where it was", async () => {
    const { window, world } = at;
    await runTask(window, PROMPT);
    await window.notification("Run in “project”?");
    await window.page.reload();
    await window.notification("was interrupted");
    await window.screenshot("1-offer");
    await window.choose("was interrupted", "Resume");
    await window.choose("Run in “project”?", "Allow");
    await window.notification("Devika is done");
    assert.equal(world.git("log", "--format=%s"), "feat: add a hello world program with a test");
  });
});
