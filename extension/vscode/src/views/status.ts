/** The status bar: what Devika does, and what it has cost. An ask that waits has an entry of its own. */

import { StatusBarAlignment, type StatusBarItem, window } from "vscode";
import type { View } from "../session";
import { type Task, type Tasks, pendingAsk } from "../tasks";
import { iconOf, money, oneLine, plain, progressLine, short, title, doing } from "../words";

export class Status implements View {
  private readonly bar: StatusBarItem;

  constructor(private readonly tasks: Pick<Tasks, "all">) {
    this.bar = window.createStatusBarItem("devika.status", StatusBarAlignment.Left, 99);
    this.bar.name = "Devika";
    this.bar.command = "devika.openPanel";
    this.refresh();
  }

  onEvent(): void {
    this.refresh();
  }

  onHistory(): void {
    this.refresh();
  }

  onDisconnect(): void {
    this.write("$(debug-disconnect) Devika", "Devika's server is not running; the next task starts it.");
  }

  dispose(): void {
    this.bar.dispose();
  }

  private refresh(): void {
    const tasks = this.tasks.all();
    if (tasks.some(pendingAsk)) {
      // Its entry says more.
      this.bar.hide();
      return;
    }
    this.bar.show();
    const task = tasks.findLast(({ ended }) => !ended) ?? tasks.at(-1);
    if (!task) this.write("$(sparkle) Devika", "Devika: say what is to be done");
    else this.write(`${icon(task)} Devika: ${state(task)}${spent(task)}`, plain(`${title(task)}\n${progressLine(task)}`));
  }

  private write(text: string, tooltip: string): void {
    // An entry that is written anew is drawn anew.
    if (this.bar.text !== text) this.bar.text = text;
    if (this.bar.tooltip !== tooltip) this.bar.tooltip = tooltip;
  }
}

function icon(task: Task): string {
  return task.ended ? `$(${iconOf(task.ended.event)})` : "$(sync~spin)";
}

function state(task: Task): string {
  if (task.ended) return task.ended.event === "completed" ? "done" : task.ended.event;
  if (!task.started || !task.stage) return "starting";
  return oneLine(doing(task.stage, task.step, task.round, task.plan?.steps.length), 40);
}

function spent({ usage }: Task): string {
  const tokens = usage.input + usage.output;
  if (tokens === 0) return "";
  return usage.cost > 0 ? ` · ${money(usage.cost)}` : ` · ${short(tokens)} tokens`;
}
