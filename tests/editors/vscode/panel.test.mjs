// The panel in a real VS Code; hello.test.mjs says how to run it.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { openWindow } from "./scene.mjs";
import * as story from "./story.mjs";
import { HELLO, code, plan } from "./world.mjs";

const PROMPT = "Write a hello world program in Python, with a test";
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What the extension says to the panel, said by the test. */
const say = (panel, message) => panel.evaluate((data) => window.dispatchEvent(new MessageEvent("message", { data })), message);

/** Shows these tasks and nothing else. */
const show = (panel, ...tasks) => say(panel, { type: "history", tasks, events: [], earlier: false });

/** What keeps people from using the panel, by the rules of axe. */
async function barriers(panel) {
  await panel.evaluate(AXE);
  const { violations } = await panel.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`).join("\n  ")}`);
}

/** What the panel says: its head, and the end of the conversation. */
const words = async (panel) => [await panel.locator("header").innerText(), ...(await panel.locator("article").allInnerTexts()).slice(-6)];

/** Has the panel note how long the server's events are on their way to the screen, in milliseconds. */
const timeEvents = (panel) =>
  panel.evaluate(() => {
    window.delays = [];
    window.addEventListener("message", ({ data }) => {
      if (data.type !== "events") return;
      requestAnimationFrame(() => requestAnimationFrame(() => window.delays.push(...data.events.map(({ time }) => Date.now() - Date.parse(time)))));
    });
  });

const share = (values, part) => [...values].sort((one, other) => one - other)[Math.floor((values.length - 1) * part)];

describe("the panel", () => {
  const at = openWindow("panel", {
    replies: [
      plan({}),
      { ...code("Add a hello world program with a test", HELLO), chunk: 8 },
      plan({ kind: "ask", steps: [], verify: [], question: "Which language shall it greet in?" }),
      { ...plan({}), chunk: 20, fault: { kind: "stall", after: 8 } },
    ],
  });

  test("shows a task from the composer to the commit", async (t) => {
    const { window, world } = at;
    const panel = await window.panel();
    await panel.getByText("Say in a sentence").first().waitFor();
    await window.screenshot("1-empty");
    await timeEvents(panel);
    await panel.locator("textarea").fill(PROMPT);
    await panel.locator("textarea").press("Enter");
    await panel.getByText("Run this command?").waitFor();
    await window.screenshot("2-approval");
    assert.equal(await window.page.locator(".notification-toast").count(), 0, "the panel asks; no message does so, too");
    await panel.getByText("Allow", { exact: true }).click();
    await panel.locator(".completed .head").waitFor();
    await panel.getByTitle("Open hello.py").click();
    await window.page.locator(".tab", { hasText: "hello.py" }).waitFor();
    await window.screenshot("3-done");
    assert.equal(world.git("log", "--format=%s"), "feat: add a hello world program with a test");
    assert.deepEqual(await panel.locator(".ticks i").evaluateAll((ticks) => ticks.map((tick) => tick.classList[0])), ["done"]);
    const delays = await panel.evaluate(() => window.delays);
    t.diagnostic(`${delays.length} events were drawn after ${share(delays, 0.5)} ms (median), ${share(delays, 0.95)} ms (95 of 100)`);
  });

  test("asks, is answered, and stops a task, with the keyboard alone", async () => {
    const { window, world } = at;
    const panel = await window.panel();
    await window.page.keyboard.type("And greet in another language");
    await window.press("Enter");
    await panel.getByText("Which language shall it greet in?").first().waitFor();
    await window.screenshot("4-question");
    await window.page.keyboard.type("French");
    await window.press("Enter");
    await panel.getByText("You: French").waitFor();
    // From the composer backwards: the button that stops is the last of the head.
    const focused = () => panel.evaluate(() => document.activeElement?.getAttribute("title"));
    for (let i = 0; i < 60 && (await focused()) !== "Stop the task"; i += 1) await window.press("Shift+Tab");
    await window.press("Enter");
    await panel.locator("header", { hasText: "Cancelled" }).waitFor();
    assert.match(world.tasks(), /cancelled/);
    assert.equal(await panel.evaluate(() => document.activeElement?.tagName), "TEXTAREA", "the keyboard is where the next words go");
    await panel.getByTitle("To the end").click();
    await panel.locator(".cancelled .head").waitFor();
    await window.screenshot("5-stopped");
  });

  test("says the same after the window is loaded anew", async (t) => {
    const { window } = at;
    const before = await words(await window.panel());
    const panel = await window.reload();
    await panel.locator(".cancelled .head").waitFor();
    assert.deepEqual(await words(panel), before);
    await window.command("Developer: Show Running Extensions");
    const row = window.page.locator(".runtime-extensions-editor .extension", { hasText: "devika" }).first();
    await row.waitFor();
    t.diagnostic(`activation: ${(await row.innerText()).match(/Activation:\s*\d+ ?ms/iu)?.[0]}`);
    await window.press("Escape");
  });

  for (const [name, theme] of [["dark", "Dark 2026"], ["light", "Light 2026"], ["high-contrast", "Dark High Contrast"]]) {
    test(`is for everybody, in ${name} colours`, async () => {
      const { window } = at;
      const panel = await window.panel();
      await window.theme(theme, name, panel);
      const states = {
        streaming: [story.streaming],
        review: [story.reviewing],
        question: [story.asking],
        done: [story.finished],
        failed: [story.finished, story.failed],
      };
      const found = {};
      for (const [state, tasks] of Object.entries(states)) {
        await show(panel, ...tasks);
        if (state === "streaming") await say(panel, { type: "events", events: [story.delta(story.ANSWERED.slice(0, 560))] });
        await panel.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50))));
        await window.screenshot(`${name}-${state}`);
        // What is refused looks otherwise.
        if (state === "review") await panel.getByLabel("Accept the changes of cart.py").uncheck();
        const barred = await barriers(panel);
        if (barred.length > 0) found[state] = barred;
      }
      assert.deepEqual(found, {});
    });
  }
});

describe("a task in review mode", () => {
  const at = openWindow("review", {
    config: '[tasks]\nmode = "review"\n',
    files: { "hello.py": 'def greeting():\n    return "Hello"\n' },
    replies: [plan({}), code("Greet the world", HELLO)],
  });

  test("shows the changes, applies them when they are accepted, and is accepted as a whole", async () => {
    const { window, world } = at;
    const panel = await window.panel();
    await panel.locator("textarea").fill("Greet the world");
    await panel.locator("textarea").press("Enter");
    // The project's own check, before anything is changed.
    await panel.getByText("Allow", { exact: true }).click();
    await panel.getByText("Apply these changes?").waitFor();
    assert.ok((await panel.locator("section tr.added").allInnerTexts()).some((line) => line.includes('return "Hello, world!"')));
    await window.screenshot("1-changes");
    assert.equal(world.read("hello.py"), 'def greeting():\n    return "Hello"\n');
    await panel.getByText("Accept all").click();
    await panel.locator(".completed .head").waitFor();
    assert.equal(world.git("log", "-1", "--format=%s", "main"), "Begin");
    await panel.getByText("Accept", { exact: true }).click();
    await panel.getByText("Accepted; the work is on main").waitFor();
    assert.equal(world.git("show", "main:hello.py"), HELLO["hello.py"].trim());
    await window.screenshot("2-accepted");
  });

  test("is in the tree of tasks, and opens from there", async () => {
    const { window } = at;
    await window.pane("Tasks Section");
    const row = window.page.locator(".pane", { hasText: "Tasks" }).locator(".monaco-list-row", { hasText: "Greet the world" }).first();
    await row.waitFor();
    await row.click({ button: "right" });
    await window.page.locator(".monaco-menu", { hasText: "Undo Task" }).waitFor();
    await window.screenshot("3-tree");
    await window.press("Escape");
    await window.pane("Health Section");
    await window.page.locator(".monaco-list-row", { hasText: "git" }).first().waitFor();
    await window.screenshot("4-health");
    await window.pane("Health Section");
  });

  test("is remembered, with a note of the user's", async () => {
    const { window } = at;
    await window.command("Devika: Remember");
    await window.asked("Devika: Remember");
    await window.type("Greetings end with an exclamation mark");
    await window.press("Enter");
    await window.command("Devika: Search Memory");
    await window.asked("Devika: Search Memory");
    await window.type("exclamation");
    await window.press("Enter");
    await window.page.locator(".pane .monaco-list-row", { hasText: "Greetings end with an exclamation mark" }).first().waitFor();
    await window.screenshot("5-memory");
  });
});
