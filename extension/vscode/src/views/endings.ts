/** A message when a task ends, with what the user can do then. */

import { window } from "vscode";
import { type Ending, type Event, type EventRecord, type TaskId, isEnding } from "../protocol";
import type { View } from "../session";
import type { Task } from "../tasks";
import { plain, title } from "../words";

const SHOW_LOG = "Show Log";
const RESUME = "Resume";
const ACCEPT = "Accept";
const UNDO = "Undo";

/** What the user can do with a task that has ended. */
export interface Afterwards {
  showLog: () => void;
  resume: (task: TaskId) => void;
  accept: (task: TaskId) => void;
  undo: (task: TaskId) => void;
  /** Whether the user sees the panel, which tells the same. */
  isSeen: () => boolean;
}

export class Endings implements View {
  constructor(private readonly afterwards: Afterwards) {}

  onEvent(task: Task, record: EventRecord): void {
    if (this.afterwards.isSeen()) return;
    if (isEnding(record)) void this.tell(task, record);
    else if (record.event === "undone" || record.event === "accepted" || record.event === "discarded") afterwards(task, record);
  }

  onHistory(): void {
    // What has ended before was told before.
  }

  dispose(): void {
    // Messages belong to the editor.
  }

  private async tell(task: Task, ending: Ending): Promise<void> {
    this.act(task.id, await this.show(title(task), ending));
  }

  private async show(name: string, ending: Ending): Promise<string | undefined> {
    switch (ending.event) {
      case "completed": {
        const branch = ending.branch === undefined ? "" : ` The commits are on ${ending.branch}.`;
        const [first = ""] = ending.summary.split("\n");
        const choices = ending.branch === undefined ? [] : [ACCEPT, UNDO];
        return window.showInformationMessage(plain(`Devika is done: ${first}${branch}`), ...choices, SHOW_LOG);
      }
      case "failed":
        return window.showErrorMessage(plain(`${name} failed. ${ending.reason}`), RESUME, SHOW_LOG);
      case "paused":
        return window.showWarningMessage(plain(`${name} is paused. ${ending.text}`), RESUME, SHOW_LOG);
      case "cancelled":
        return window.showInformationMessage(plain(`${name} was cancelled.`), SHOW_LOG);
    }
  }

  private act(task: TaskId, choice: string | undefined): void {
    if (choice === SHOW_LOG) this.afterwards.showLog();
    if (choice === RESUME) this.afterwards.resume(task);
    if (choice === ACCEPT) this.afterwards.accept(task);
    if (choice === UNDO) this.afterwards.undo(task);
  }
}

/** Says what became of a task's work. */
function afterwards(task: Task, event: Extract<Event, { event: "undone" | "accepted" | "discarded" }>): void {
  const name = title(task);
  switch (event.event) {
    case "accepted":
      return void window.showInformationMessage(plain(`${name} is accepted; its work is on ${event.branch}.${staying(event.worktree)}`));
    case "discarded":
      return void window.showInformationMessage(plain(`${name} is discarded; ${event.branch} is checked out again.${staying(event.worktree)}`));
    case "undone": {
      const [first] = event.kept ?? [];
      const done = `${name} is ${event.redo ? "done again" : "undone"}.`;
      if (!first) return void window.showInformationMessage(plain(done));
      return void window.showWarningMessage(plain(`${done} ${first.path} stays as it is: ${first.why}.`));
    }
  }
}

/** That the task's worktree is not removed. */
function staying(worktree: string | undefined): string {
  return worktree ? ` Its worktree stays in ${worktree}.` : "";
}
