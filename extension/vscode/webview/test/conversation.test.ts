import { describe, expect, it } from "vitest";
import type { Event, TaskState, TaskView } from "../../src/protocol";
import { QUEUED, STARTED, records, view } from "../../test/records";
import { type Conversation, entriesOf, foremost, gone, hear, recall, waiting } from "../story/conversation";

const ASKED: Event = { event: "asked", ask: 3, kind: "question", text: "Which?" };

const of = (id: number, state: TaskState, ...events: Event[]): TaskView => ({ ...view([QUEUED, STARTED, ...events], id), state });
const states = (conversation: Conversation): string[] => conversation.map(({ id, state }) => `${id} ${state}`);

describe("the conversation", () => {
  it("has the tasks in the order of their beginning, whatever comes first", () => {
    const both = [of(2, "running"), of(1, "cancelled", { event: "cancelled" })].reduce<Conversation>(recall, []);
    expect(states(both)).toEqual(["1 cancelled", "2 running"]);
    expect(entriesOf(both).map(({ task, kind }) => `${task} ${kind}`)).toEqual(["1 prompt", "1 end", "2 prompt"]);
  });

  it("takes up a task that begins, and waits for the history of one that began elsewhere", () => {
    const begun = hear([], records([QUEUED], 4));
    expect(states(begun)).toEqual(["4 queued"]);
    expect(hear(begun, records([STARTED], 5, 9))).toEqual(begun);
  });

  it("takes a task's history once, and what is new in it", () => {
    const first = recall([], of(1, "running"));
    expect(recall(first, of(1, "running"))).toEqual(first);
    expect(states(recall(first, of(1, "waiting", ASKED)))).toEqual(["1 waiting"]);
  });

  it("shows as interrupted what a server left behind", () => {
    const running = [of(1, "running"), of(2, "waiting", ASKED), of(3, "failed", { event: "failed", reason: "" })].reduce<Conversation>(recall, []);
    expect(states(gone(running))).toEqual(["1 interrupted", "2 interrupted", "3 failed"]);
    expect(states(recall([], of(1, "interrupted")))).toEqual(["1 interrupted"]);
  });

  it("has in front what works or waits, then what is queued, then the last", () => {
    const done = of(9, "cancelled", { event: "cancelled" });
    const queued: TaskView = { ...view([QUEUED], 8), state: "queued" };
    expect(foremost([done, of(1, "running")].reduce<Conversation>(recall, []))?.id).toBe(1);
    expect(foremost([done, queued].reduce<Conversation>(recall, []))?.id).toBe(8);
    expect(foremost([of(1, "cancelled", { event: "cancelled" }), done].reduce<Conversation>(recall, []))?.id).toBe(9);
    expect(foremost([])).toBeUndefined();
  });

  it("asks what a task at work asks, and nothing for one that has stopped", () => {
    expect(waiting(recall([], of(1, "waiting", ASKED))[0])?.text).toBe("Which?");
    expect(waiting(recall([], of(1, "paused", ASKED, { event: "paused", reason: "question", text: "" }))[0])).toBeUndefined();
  });
});
