/** A story while events are told to it: changed here alone, and never seen half done. */

import type { EventRecord } from "../../src/protocol";
import type { Command, Entry, Story, StoryStep, Told, Turn } from "./story";

/** How much of an answer or of a command's output is kept while it arrives, in characters. */
const LIVE_LIMIT = 64 * 1024;

export class Draft {
  /** The fields of the story, but for the entries. */
  readonly story: { -readonly [K in keyof Story]: Story[K] };
  private readonly entries: Entry[];

  constructor(story: Story) {
    this.story = { ...story };
    this.entries = [...story.entries];
  }

  finished(): Story {
    return { ...this.story, entries: this.entries };
  }

  /** Adds an entry for an event. */
  add(record: EventRecord, told: Told): void {
    const key = `${record.task}/${record.seq}/${record.event}`;
    this.entries.push({ key, task: record.task, time: record.time, ...told });
  }

  /** Whether there is such an entry. */
  has(is: (entry: Entry) => boolean): boolean {
    return this.entries.some(is);
  }

  /** The last entry. */
  last(): Entry | undefined {
    return this.entries.at(-1);
  }

  /** Puts `change` into the last entry that `is` says yes to. */
  amend<T extends Told>(is: (entry: Entry) => entry is Entry & T, change: (entry: T) => Partial<T>): void {
    for (let at = this.entries.length - 1; at >= 0; at -= 1) {
      const entry = this.entries[at];
      if (!entry || !is(entry)) continue;
      this.entries[at] = { ...entry, ...change(entry) };
      return;
    }
  }

  turn(number: number, change: (turn: Turn) => Partial<Turn>): void {
    this.amend((entry): entry is Entry & Turn => entry.kind === "turn" && entry.turn === number, change);
  }

  command(number: number, change: (command: Command) => Partial<Command>): void {
    this.amend((entry): entry is Entry & Command => entry.kind === "command" && entry.command === number, change);
  }

  /** Sets the state of a step, counted from 1; of all of them where none is named. */
  step(step: number | undefined, state: StoryStep["state"]): void {
    this.story.steps = this.story.steps.map((one, index) =>
      step === undefined || index + 1 === step ? { ...one, state } : one,
    );
  }

  /** Nothing of the task is at work any more. */
  rest(time: string): void {
    const { since } = this.story;
    if (since !== undefined) this.story.worked += Math.max(0, Date.parse(time) - since);
    delete this.story.since;
    delete this.story.ask;
    delete this.story.stage;
    this.story.doing = "";
    this.story.steps = this.story.steps.map((step) => (step.state === "doing" ? { ...step, state: "open" } : step));
    for (const [at, entry] of this.entries.entries()) this.entries[at] = stopped(entry);
  }
}

/** An entry that nothing more comes to. */
function stopped(entry: Entry): Entry {
  if (entry.kind === "turn" && entry.state === "running") return { ...entry, state: "failed", text: "", reasoning: "" };
  if (entry.kind === "command" && entry.exit === undefined) return { ...entry, output: "", stopped: true };
  return entry;
}

/** The end of a text that grows. */
export function grown(text: string, more: string): string {
  const all = text + more;
  return all.length > LIVE_LIMIT ? all.slice(-LIVE_LIMIT / 2) : all;
}
