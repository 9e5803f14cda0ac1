/** The tasks of the window in one conversation, the oldest first. */

import { ACTIVE, type EventRecord, type TaskId, type TaskView } from "../../src/protocol";
import { Draft } from "./draft";
import { type Entry, type Story, untold } from "./story";
import { tell } from "./tell";

export type Conversation = readonly Story[];

/** The conversation with more events. Those of a task of which it has not heard are left out. */
export function hear(conversation: Conversation, records: readonly EventRecord[]): Conversation {
  const byTask = new Map<TaskId, EventRecord[]>();
  for (const record of records) {
    const of = byTask.get(record.task);
    if (of) of.push(record);
    else byTask.set(record.task, [record]);
  }
  let heard = conversation;
  for (const [id, news] of byTask) {
    const known = heard.find((story) => story.id === id);
    if (!known && news[0]?.event !== "queued") continue;
    heard = put(heard, tell(known ?? untold(id), news));
  }
  return heard;
}

/** The conversation with a task as the server has it. */
export function recall(conversation: Conversation, view: TaskView): Conversation {
  const known = conversation.find(({ id }) => id === view.id) ?? untold(view.id);
  const story = tell(known, view.events);
  // Events do not tell that the process of a task has ended.
  return put(conversation, view.state === "interrupted" ? interrupted(story) : story);
}

/** The conversation where nothing runs any more. */
export function gone(conversation: Conversation): Conversation {
  return conversation.map((story) => (ACTIVE.includes(story.state) ? interrupted(story) : story));
}

function interrupted(story: Story): Story {
  const draft = new Draft(story);
  draft.rest(story.entries.at(-1)?.time ?? "");
  draft.story.state = "interrupted";
  return draft.finished();
}

function put(conversation: Conversation, story: Story): Conversation {
  return [...conversation.filter(({ id }) => id !== story.id), story].sort((one, other) => one.id - other.id);
}

/** Everything that is shown, in order. */
export function entriesOf(conversation: Conversation): readonly Entry[] {
  return conversation.flatMap(({ entries }) => entries);
}

/** The task that the panel's head is about: one that works or waits, else the last. */
export function foremost(conversation: Conversation): Story | undefined {
  return (
    conversation.findLast(({ state }) => state === "waiting" || state === "running") ??
    conversation.findLast(({ state }) => state === "queued") ??
    conversation.at(-1)
  );
}

/** The question or approval that waits for the user. */
export function waiting(story: Story | undefined): Story["ask"] {
  return story?.ask;
}
