import { describe, expect, it } from "vitest";
import { type Event, isLive } from "../../src/protocol";
import { PLAN, QUEUED, STARTED, records } from "../../test/records";
import { type Entry, type Story, untold } from "../story/story";
import { tell } from "../story/tell";

const USAGE = { input: 1200, cached: 200, output: 34, cost: 5_000_000 };
const EDIT = { event: "edit_applied", step: 1, change: "created", added: 1, removed: 0, diff: "" } as const;

/** A task from its prompt to its end, with all that is live. */
const WHOLE: Event[] = [
  QUEUED,
  STARTED,
  { event: "stage_started", stage: "plan", round: 1 },
  { event: "turn_started", turn: 1, agent: "planner", model: "a/big", prompt_tokens: 900 },
  { event: "turn_delta", turn: 1, text: "{}", reasoning: false },
  { event: "turn_finished", turn: 1, stop: "complete", usage: USAGE, millis: 800, model: "a/big" },
  { event: "monologue", agent: "planner", text: "One file will do." },
  { event: "planned", plan: PLAN },
  { event: "stage_started", stage: "code", step: 1, round: 1 },
  { event: "turn_started", turn: 2, agent: "coder", model: "a/big", prompt_tokens: 900 },
  { event: "turn_delta", turn: 2, text: "Let me think", reasoning: true },
  { event: "turn_delta", turn: 2, text: "Commit: ", reasoning: false },
  { event: "turn_delta", turn: 2, text: "Add it", reasoning: false },
  { event: "turn_finished", turn: 2, stop: "length", usage: USAGE, millis: 900, model: "a/small" },
  { ...EDIT, path: "hello.py" },
  { ...EDIT, path: "test_hello.py" },
  { event: "asked", ask: 7, kind: "command", text: "Run this command in /ws?\npython3 -m unittest" },
  { event: "answered", ask: 7, answer: "yes" },
  { event: "command_started", command: 1, line: "python3 -m unittest" },
  { event: "command_output", command: 1, text: "OK\n" },
  { event: "progress", text: "half" },
  { event: "command_finished", command: 1, exit: { code: 0 }, output: "OK\n", millis: 120 },
  { event: "committed", step: 1, commit: "0123456789", branch: "devika/hello", subject: "Add hello" },
  { event: "step_finished", step: 1 },
  { event: "completed", summary: "Done.", branch: "devika/hello", usage: { ...USAGE, input: 2400 } },
];

const told = (...events: Event[]): Story => tell(untold(1), records([QUEUED, STARTED, ...events]));

/** The last entry, without what all entries have. */
function last(story: Story): Partial<Entry> {
  const { key, task, time, ...entry } = story.entries.at(-1) ?? ({} as Entry);
  expect([typeof key, task, typeof time]).toEqual(["string", 1, "string"]);
  return entry;
}

const kinds = (story: Story): string[] => story.entries.map(({ kind }) => kind);

describe("a story", () => {
  it("is what the events tell, in their order", () => {
    const story = tell(untold(1), records(WHOLE));
    expect(kinds(story)).toEqual(["prompt", "turn", "plan", "step", "turn", "changes", "ask", "command", "commit", "end"]);
    expect(story.steps.map(({ state }) => state)).toEqual(["done", "open"]);
    expect(story).toMatchObject({
      state: "completed", model: "a/small", monologue: "One file will do.", branch: "devika/hello", settled: false, doing: "",
      usage: { ...USAGE, input: 2400 }, worked: 23_000,
    });
    expect(story.since).toBeUndefined();
  });

  it("is the same for who saw it live, and for who reads it afterwards", () => {
    // Live events carry the number of the stored one before them.
    let seq = 0;
    const live = records(WHOLE).map((record) => ({ ...record, seq: isLive(record) ? seq : ++seq }));
    const stored = live.filter((record) => !isLive(record));
    expect(tell(untold(1), live)).toEqual(tell(untold(1), stored));
  });

  it("is the same however its events are bundled, and where some come twice", () => {
    const all = records(WHOLE);
    const whole = tell(untold(1), all);
    for (const cut of [1, 5, 12, all.length - 1]) {
      const part = tell(untold(1), all.slice(0, cut));
      const overlap = all.slice(Math.max(0, cut - 3)).filter((record) => !isLive(record) || record.seq > cut);
      expect(tell(part, overlap)).toEqual(whole);
    }
  });

  it("leaves alone what it was made from", () => {
    const before = tell(untold(1), records(WHOLE.slice(0, 10)));
    const copy = structuredClone(before);
    tell(before, records(WHOLE));
    expect(before).toEqual(copy);
    expect(tell(before, [])).toBe(before);
  });

  it("ticks the plan's steps, and unticks what is undone", () => {
    const planned: Event[] = [
      { event: "planned", plan: PLAN },
      { event: "stage_started", stage: "code", step: 1, round: 1 },
      { event: "step_finished", step: 1 },
      { event: "stage_started", stage: "code", step: 2, round: 1 },
    ];
    const states = (...more: Event[]): string[] => told(...planned, ...more).steps.map(({ state }) => state);
    expect(states()).toEqual(["done", "doing"]);
    expect(states({ event: "failed", reason: "It broke." })).toEqual(["done", "open"]);
    expect(states({ event: "undone", step: 1, redo: false, paths: ["a"] })).toEqual(["undone", "doing"]);
    expect(states({ event: "undone", redo: false, paths: [] }, { event: "undone", redo: true, paths: [] })).toEqual(["done", "done"]);
  });

  it("shows what streams while it streams, and its figures afterwards", () => {
    const turn: Event[] = [
      { event: "turn_started", turn: 3, agent: "coder", model: "a/big", prompt_tokens: 9 },
      { event: "turn_delta", turn: 3, text: "Hel", reasoning: false },
      { event: "turn_delta", turn: 3, text: "lo", reasoning: false },
    ];
    expect(last(told(...turn))).toEqual({
      kind: "turn", turn: 3, agent: "coder", model: "a/big", text: "Hello", reasoning: "", state: "running",
    });
    expect(last(told(...turn, { event: "turn_failed", turn: 3, error: "no key" }))).toMatchObject({ state: "failed", text: "", error: "no key" });
    expect(last(told(...turn, { event: "cancelled" }))).toMatchObject({ kind: "end", ending: { event: "cancelled" } });
    expect(told(...turn, { event: "cancelled" }).entries.at(-2)).toMatchObject({ kind: "turn", state: "failed", text: "" });
  });

  it("keeps the end of an answer, or an output, that is too long to keep", () => {
    const output = (text: string): Event => ({ event: "command_output", command: 1, text });
    const story = told({ event: "command_started", command: 1, line: "yes" }, output("x".repeat(65_000)), output("y".repeat(1000)));
    const { output: kept } = last(story) as { output: string };
    expect(kept.length).toBe(32 * 1024);
    expect(kept.endsWith("y")).toBe(true);
  });

  it("puts neighbouring edits of a step together, and those of another apart", () => {
    const story = told({ ...EDIT, path: "a" }, { ...EDIT, path: "b" }, { ...EDIT, step: 2, path: "c" });
    expect(kinds(story)).toEqual(["prompt", "changes", "changes"]);
    expect(story.entries.slice(1).map((entry) => entry.kind === "changes" && entry.files.map(({ path }) => path))).toEqual([["a", "b"], ["c"]]);
  });

  it("waits for an answer, and shows once what is asked again where the task is taken up without one", () => {
    const asked: Event = { event: "asked", ask: 7, kind: "plan", text: "Carry out this plan?" };
    const paused: Event = { event: "paused", reason: "question", text: "Nobody is there" };
    expect(told(asked)).toMatchObject({ state: "waiting", ask: { ask: 7, kind: "plan" } });
    expect(told(asked, paused).state).toBe("paused");
    const again = told(asked, paused, { event: "started", resumed: true }, asked);
    expect([again.state, again.ask?.ask, again.entries.filter(({ kind }) => kind === "ask").length]).toEqual(["waiting", 7, 1]);
    const answered = told(asked, { event: "answered", ask: 7, answer: "no" });
    expect([answered.state, answered.ask, last(answered)]).toEqual(["running", undefined, expect.objectContaining({ answer: "no" })]);
  });

  it("asks after its end, too, whether its work is to be published, and has ended all the same", () => {
    const asked = told({ event: "cancelled" }, { event: "asked", ask: 8, kind: "outside", text: "Push it?" });
    expect([asked.state, asked.ask?.ask]).toEqual(["cancelled", 8]);
    const { state, ask } = tell(asked, records([{ event: "answered", ask: 8, answer: "yes" }], 1, 9));
    expect([state, ask]).toEqual(["cancelled", undefined]);
  });

  it("counts the time of work, without that between two runs", () => {
    const worked = told({ event: "cancelled" }, { event: "started", resumed: true }, { event: "monologue", agent: "coder", text: "" });
    // A second each: from started to cancelled; the run that goes on is counted from its beginning.
    expect([worked.worked, worked.since]).toEqual([1000, Date.UTC(2026, 0, 1, 10, 0, 4)]);
  });

  it("shows how far a budget is used up, the newest figure of each", () => {
    const warning = (scope: "task" | "day", used: number): Event => ({ event: "budget_warning", scope, use: { money: { used, cap: 10 } } });
    expect(told(warning("task", 8), warning("day", 9), warning("task", 10)).budgets).toEqual([
      { scope: "day", use: { money: { used: 9, cap: 10 } } },
      { scope: "task", use: { money: { used: 10, cap: 10 } } },
    ]);
  });

  it("has nothing left to decide once it is accepted or discarded", () => {
    expect(told({ event: "accepted", branch: "main", commit: "0" }).settled).toBe(true);
    expect(told({ event: "discarded", branch: "main" }).settled).toBe(true);
  });

  it("has an entry of its own for every event, with a name that no other has", () => {
    const story = tell(untold(1), records(WHOLE));
    expect(new Set(story.entries.map(({ key }) => key)).size).toBe(story.entries.length);
  });
});
