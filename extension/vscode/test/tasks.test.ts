import { describe, expect, it } from "vitest";
import { Tasks, pendingAsk } from "../src/tasks";
import { PLAN, QUEUED, STARTED, records, taskAfter, view } from "./records";

const ASKED = { event: "asked", ask: 5, kind: "command", text: "Run this?\nls" } as const;

describe("a task", () => {
  it("is drawn from its events", () => {
    const task = taskAfter(
      { event: "stage_started", stage: "plan", round: 1 },
      { event: "planned", plan: PLAN },
      { event: "stage_started", stage: "code", step: 1, round: 2 },
      { event: "turn_started", turn: 1, agent: "coder", model: "a/b", prompt_tokens: 9 },
      { event: "turn_delta", turn: 1, text: "12345", reasoning: false },
    );
    expect(task).toEqual({
      id: 1,
      prompt: "Write hello",
      project: "/ws",
      ahead: 0,
      started: true,
      stage: "code",
      step: 1,
      round: 2,
      plan: PLAN,
      streamed: 5,
      usage: { input: 0, cached: 0, output: 0, cost: 0 },
    });
  });

  it("waits for an answer until there is one", () => {
    expect(pendingAsk(taskAfter(ASKED))).toEqual({ task: 1, project: "/ws", id: 5, kind: "command", text: "Run this?\nls" });
    expect(pendingAsk(taskAfter(ASKED, { event: "answered", ask: 5, answer: "yes" }))).toBeUndefined();
  });

  it("asks about the files of its own worktree, where it has one", () => {
    const worktree = { event: "started", resumed: false, worktree: "/home/me/worktrees/1" } as const;
    expect(pendingAsk(taskAfter(worktree, ASKED))?.worktree).toBe("/home/me/worktrees/1");
  });

  it("waits for nothing once it has ended, and for the same when it is asked again", () => {
    const paused = { event: "paused", reason: "question", text: "Nobody is there" } as const;
    expect(pendingAsk(taskAfter(ASKED, paused))).toBeUndefined();
    expect(pendingAsk(taskAfter(ASKED, paused, { event: "started", resumed: true }, ASKED))?.id).toBe(5);
  });
});

describe("the tasks of a window", () => {
  it("take an event once", () => {
    const tasks = new Tasks();
    const [queued, started] = records([QUEUED, STARTED]);
    if (!queued || !started) throw new Error("two records");
    expect([queued, started, queued, started].map((record) => tasks.take(record))).toEqual([
      "news",
      "news",
      "old",
      "old",
    ]);
  });

  it("keep events of a task that began elsewhere until its history is read", () => {
    const tasks = new Tasks();
    const history = [QUEUED, STARTED, ASKED];
    const [late] = records([{ event: "answered", ask: 5, answer: "yes" }], 1, 4);
    if (!late) throw new Error("one record");
    expect(tasks.take(late)).toBe("unknown");
    expect(tasks.load(view(history)).map(({ event }) => event)).toEqual(["queued", "started", "asked", "answered"]);
    expect(tasks.asks()).toEqual([]);
    expect(tasks.load(view(history))).toEqual([]);
  });

  it("forget the oldest that have ended", () => {
    const tasks = new Tasks();
    for (const id of [1, 2, 3]) {
      for (const record of records([QUEUED, { event: "cancelled" }], id)) tasks.take(record);
    }
    for (const record of records([QUEUED], 4)) tasks.take(record);
    tasks.tidy(1);
    expect(tasks.all().map(({ id }) => id)).toEqual([3, 4]);
  });
});
