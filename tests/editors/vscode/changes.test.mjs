// What Devika changes, in a real VS Code: decided on change by change, and highlighted; hello.test.mjs says how to run it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openWindow, runTask } from "./scene.mjs";
import { code, plan } from "./world.mjs";

/** A module whose first and last function return these. */
const module = (first, last) =>
  [`def first():\n    return "${first}"\n`, ...[2, 3, 4, 5].map((n) => `def number${n}():\n    return ${n}\n`), `def last():\n    return "${last}"\n`].join("\n\n");

const BEFORE = module("hello", "goodbye");
const AFTER = module("Hello!", "Goodbye!");
const NOTES = "Greetings are loud now.\n";
const replies = [
  plan({ steps: [{ text: "Greet louder", files: ["greet.py", "NOTES.md"] }], verify: [] }),
  code("Greet louder", { "greet.py": AFTER, "NOTES.md": NOTES }),
];

describe("changes that wait for review", () => {
  const at = openWindow("changes", { config: '[tasks]\nmode = "review"\n', files: { "greet.py": BEFORE }, replies });

  test("are refused one by one in the panel, and the rest is applied and committed", async () => {
    const { window, world } = at;
    const panel = await window.panel();
    await panel.locator("textarea").fill("Greet louder");
    await panel.locator("textarea").press("Enter");
    await panel.getByText("Apply these changes?").waitFor();
    await window.screenshot("1-all");
    const change = panel.getByLabel("Accept change 2 of 2 in greet.py");
    // By keyboard, as somebody does who sees nothing of it.
    await change.focus();
    await window.press("Space");
    assert.equal(await change.isChecked(), false);
    await panel.getByLabel("Accept the changes of NOTES.md").uncheck();
    await window.screenshot("2-some");
    await window.theme("Dark 2026", "dark", panel);
    await window.screenshot("3-some-dark");
    await panel.getByText("Accept 1 of 3").click();
    await panel.locator(".completed .head").waitFor();
    await window.screenshot("4-done");
    assert.equal(world.read("greet.py"), module("Hello!", "goodbye"));
    assert.equal(world.git("show", "--format=", "--name-only", "HEAD"), "greet.py");
    assert.equal(world.git("status", "--porcelain"), "");
  });
});

describe("changes of a task that asks for nothing", () => {
  const at = openWindow("highlight", { files: { "greet.py": BEFORE }, replies });
  const lines = () => at.window.page.locator(".monaco-editor .view-overlays [class*='ced-']");

  test("are highlighted in the editor, until the user types there", async () => {
    const { window, world } = at;
    await window.file("greet.py");
    await runTask(window, "Greet louder");
    await window.notification("Devika is done");
    assert.equal(world.read("greet.py"), AFTER);
    await lines().nth(1).waitFor();
    await window.screenshot("1-highlighted");
    assert.equal(await lines().count(), 2);
    await window.page.locator(".view-line", { hasText: "Goodbye!" }).click();
    await window.press("End");
    await window.page.keyboard.type("  # loud");
    await window.page.waitForFunction(() => document.querySelectorAll(".monaco-editor .view-overlays [class*='ced-']").length === 1);
    await window.screenshot("2-typed");
  });

  test("are undone by the editor's own undo", async () => {
    const { window } = at;
    for (let i = 0; i < 20 && (await window.page.locator(".view-line", { hasText: '"goodbye"' }).count()) === 0; i += 1) await window.press("Control+z");
    await window.page.locator(".view-line", { hasText: '"hello"' }).waitFor();
    await window.screenshot("3-undone");
  });
});
