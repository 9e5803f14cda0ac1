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

describe("the panel", () => {
  const at = openWindow("panel", {
    replies: [
      plan({}),
      code("Add a hello world program with a test", HELLO),
      plan({ kind: "ask", steps: [], verify: [], question: "Which language shall it greet in?" }),
      { ...plan({}), chunk: 20, fault: { kind: "stall", after: 8 } },
    ],
  });

  test("shows a task from the composer to the commit", async () => {
    const { window, world } = at;
    const panel = await window.panel();
    await panel.getByText("Say in a sentence").first().waitFor();
    await window.screenshot("1-empty");
    await panel.locator("textarea").fill(PROMPT);
    await panel.locator("textarea").press("Enter");
    await panel.getByText("Run this command?").waitFor();
    await window.screenshot("2-approval");
    await panel.getByText("Allow", { exact: true }).click();
    await panel.locator(".completed .head").waitFor();
    await window.screenshot("3-done");
    assert.equal(world.git("log", "--format=%s"), "Add a hello world program with a test");
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
        const barred = await barriers(panel);
        if (barred.length > 0) found[state] = barred;
      }
      assert.deepEqual(found, {});
    });
  }
});
