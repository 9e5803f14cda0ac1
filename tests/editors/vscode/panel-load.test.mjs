// The panel under a task of ten thousand events, in a real VS Code; hello.test.mjs says how to run it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openWindow } from "./scene.mjs";
import * as story from "./story.mjs";

const EVENTS = 10_000;

/** Gives the panel events, and answers after how many milliseconds they are drawn. */
const draw = (panel, events) =>
  panel.evaluate(async (data) => {
    const begun = performance.now();
    window.dispatchEvent(new MessageEvent("message", { data }));
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await frame();
    return performance.now() - begun;
  }, { type: "events", events });

const heap = async (panel, cdp) => {
  await cdp.send("HeapProfiler.collectGarbage");
  return panel.evaluate(() => performance.memory.usedJSHeapSize / 1024 / 1024);
};

/** Answers where a list stands, once its scrolling is over: when it has stood there for half a second of frames. */
const settled = (list) =>
  list.evaluate(async (element) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    for (let offset = NaN, still = 0; still < 30; await frame()) {
      still = element.scrollTop === offset ? still + 1 : 0;
      offset = element.scrollTop;
    }
    return Math.round(element.scrollTop);
  });

const at = (values, share) => [...values].sort((one, other) => one - other)[Math.floor((values.length - 1) * share)];

describe("the panel, in a task of ten thousand events", () => {
  const world = openWindow("panel-load", { replies: [] });

  test("stays small and quick", async (t) => {
    const { window } = world;
    const panel = await window.panel();
    // The server has said that there are no tasks.
    await panel.getByText("Say in a sentence").waitFor();
    const cdp = await window.page.context().newCDPSession(panel).catch(() => window.page.context().newCDPSession(window.page));
    await panel.evaluate((data) => window.dispatchEvent(new MessageEvent("message", { data })), { type: "history", tasks: [story.streaming], events: [], earlier: false });
    const before = await heap(panel, cdp);

    const events = [...story.many(EVENTS + 200)];
    const live = events.splice(EVENTS);
    for (let from = 0; from < EVENTS; from += 100) await draw(panel, events.slice(from, from + 100));
    const after = await heap(panel, cdp);
    await panel.getByText(`Round ${EVENTS / 10 + 99} of the repair.`).waitFor();
    const shown = await panel.locator("article").count();
    assert.ok(shown < 100, `${shown} entries are in the page`);

    const latencies = [];
    for (const event of live) {
      latencies.push(await draw(panel, [event]));
      await new Promise((done) => setTimeout(done, 10));
    }
    const list = panel.locator(".list");
    const { x, y, width, height } = await list.boundingBox();
    await window.page.mouse.move(x + width / 2, y + height / 2);
    await panel.evaluate(() => {
      window.frameTimes = [];
      let last = performance.now();
      requestAnimationFrame(function next(now) {
        window.frameTimes.push(now - last);
        last = now;
        requestAnimationFrame(next);
      });
    });
    for (let i = 0; i < 60; i += 1) await window.page.mouse.wheel(0, -600);
    await panel.getByTitle("To the end").waitFor();
    const frames = await panel.evaluate(() => window.frameTimes);
    const there = await settled(list);
    for (const event of story.many(20, 400_000)) await draw(panel, [event]);
    assert.equal(await settled(list), there, "who reads further up is left there");
    await window.screenshot("1-scrolled");
    t.diagnostic(`heap ${before.toFixed(1)} MiB, after ${EVENTS} events ${after.toFixed(1)} MiB; ${shown} entries in the page`);
    t.diagnostic(`an event is drawn after ${at(latencies, 0.5).toFixed(0)} ms (median), ${at(latencies, 0.95).toFixed(0)} ms (95 of 100), two frames included`);
    t.diagnostic(`a frame of scrolling takes ${at(frames, 0.5).toFixed(0)} ms (median), ${at(frames, 0.95).toFixed(0)} ms (95 of 100)`);
    assert.ok(after - before < 100, "the events take less than 100 MiB");
  });
});
