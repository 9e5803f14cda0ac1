/** The live events of turns and commands that are not over: a panel that opens now has missed them. */

import { type EventRecord, type TaskId, isEnding } from "../protocol";

type Growing = Extract<EventRecord, { event: "turn_delta" | "command_output" }>;

/** How much of one text is kept, in characters. */
const LIMIT = 64 * 1024;

export class Tail {
  private readonly open = new Map<TaskId, Growing[]>();

  take(record: EventRecord): void {
    switch (record.event) {
      case "turn_delta":
      case "command_output":
        this.append(record);
        return;
      case "turn_finished":
      case "turn_failed":
      case "turn_retried":
      case "fell_back":
        this.drop(record.task, (one) => one.event === "turn_delta" && one.turn === record.turn);
        return;
      case "command_finished":
        this.drop(record.task, (one) => one.event === "command_output" && one.command === record.command);
        return;
      default:
        if (isEnding(record)) this.open.delete(record.task);
    }
  }

  /** What is to be told again, in order. */
  all(): EventRecord[] {
    return [...this.open.values()].flat();
  }

  clear(): void {
    this.open.clear();
  }

  private append(record: Growing): void {
    const kept = this.open.get(record.task) ?? [];
    const last = kept.at(-1);
    if (last && isSame(last, record)) kept[kept.length - 1] = { ...record, text: (last.text + record.text).slice(-LIMIT) };
    else kept.push(record);
    this.open.set(record.task, kept);
  }

  private drop(task: TaskId, isOver: (one: Growing) => boolean): void {
    const kept = (this.open.get(task) ?? []).filter((one) => !isOver(one));
    this.open.set(task, kept);
  }
}

function isSame(one: Growing, other: Growing): boolean {
  if (one.event === "turn_delta") {
    return other.event === "turn_delta" && one.turn === other.turn && one.reasoning === other.reasoning;
  }
  return other.event === "command_output" && one.command === other.command;
}
