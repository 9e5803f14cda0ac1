/** A notification for each running task, which says what happens and has a Cancel button. */

import { ProgressLocation, window } from "vscode";
import type { TaskId } from "../protocol";
import type { View } from "../session";
import type { Task } from "../tasks";
import { oneLine, plain, progressLine } from "../words";

interface Shown {
  say: (line: string) => void;
  close: () => void;
}

export class Progress implements View {
  private readonly shown = new Map<TaskId, Shown>();

  /**
   * @param cancel stops a task
   * @param isSeen whether the user sees the panel, which says the same
   */
  constructor(
    private readonly cancel: (task: TaskId) => void,
    private readonly isSeen: () => boolean,
  ) {}

  onEvent(task: Task): void {
    this.refresh(task);
  }

  onHistory(task: Task): void {
    this.refresh(task);
  }

  onDisconnect(): void {
    for (const { close } of this.shown.values()) close();
    this.shown.clear();
  }

  dispose(): void {
    this.onDisconnect();
  }

  private refresh(task: Task): void {
    if (task.ended) {
      this.shown.get(task.id)?.close();
      this.shown.delete(task.id);
      return;
    }
    const known = this.shown.get(task.id);
    if (!known && this.isSeen()) return;
    const shown = known ?? this.open(task);
    shown.say(plain(progressLine(task)));
  }

  private open(task: Task): Shown {
    let said = "";
    let report: ((line: string) => void) | undefined;
    let close: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (close = resolve));
    const shown: Shown = {
      say: (line) => {
        if (line === said) return;
        said = line;
        report?.(line);
      },
      close,
    };
    this.shown.set(task.id, shown);
    const options = {
      location: ProgressLocation.Notification,
      title: plain(`Devika: ${oneLine(task.prompt, 60)}`),
      cancellable: true,
    };
    void window.withProgress(options, async (progress, token) => {
      const listener = token.onCancellationRequested(() => {
        this.cancel(task.id);
      });
      report = (message) => {
        progress.report({ message });
      };
      report(said);
      await closed;
      listener.dispose();
    });
    return shown;
  }
}
