/** Events for tests. */

import type { Event, EventRecord, Plan, TaskView } from "../src/protocol";
import { type Task, Tasks } from "../src/tasks";

export const PLAN: Plan = {
  reply: "I will write hello.py.",
  focus: "hello world",
  steps: [
    { text: "Write hello.py", files: ["hello.py"] },
    { text: "Write its test", files: ["test_hello.py"] },
  ],
  verify: ["python3 -m unittest"],
};

export const QUEUED: Event = { event: "queued", prompt: "Write hello", project: "/ws", mode: "auto", ahead: 0 };
export const STARTED: Event = { event: "started", resumed: false };

/** Events as records of one task, numbered from `first`, a second apart. */
export function records(events: Event[], task = 1, first = 1): EventRecord[] {
  return events.map((event, index) => ({
    ...event,
    seq: first + index,
    time: new Date(Date.UTC(2026, 0, 1, 10, 0, first + index)).toISOString(),
    task,
  }));
}

/** The task that these events, after queued and started, make. */
export function taskAfter(...events: Event[]): Task {
  const tasks = new Tasks();
  for (const record of records([QUEUED, STARTED, ...events])) tasks.take(record);
  const task = tasks.get(1);
  if (!task) throw new Error("the task is unknown");
  return task;
}

export function view(events: Event[], task = 1): TaskView {
  return {
    id: task,
    project: "/ws",
    prompt: "Write hello",
    mode: "auto",
    model: null,
    state: "running",
    created: "2026-01-01T10:00:00Z",
    events: records(events, task),
  };
}
