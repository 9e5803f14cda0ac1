/** A message when a task ends, with what the user can do then. */

import { window } from "vscode";
import { type Ending, type EventRecord, type TaskId, isEnding } from "../protocol";
import type { View } from "../session";
import type { Task } from "../tasks";
import { plain, title } from "../words";

const SHOW_LOG = "Show Log";
const RESUME = "Resume";

/** What the user can do with a task that has ended. */
export interface Afterwards {
  showLog: () => void;
  resume: (task: TaskId) => void;
}

export class Endings implements View {
  constructor(private readonly afterwards: Afterwards) {}

  onEvent(task: Task, record: EventRecord): void {
    if (isEnding(record)) void this.tell(task, record);
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
        return window.showInformationMessage(plain(`Devika is done: ${first}${branch}`), SHOW_LOG);
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
  }
}
