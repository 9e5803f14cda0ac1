/** Choosing one of the asks that wait, or one of the tasks that run. */

import { window } from "vscode";
import type { TaskId } from "../protocol";
import type { Ask, Task } from "../tasks";
import { oneLine, progressLine } from "../words";

/** The ask that is meant; the user chooses where there are several, and is told where there is none. */
export async function chooseAsk(asks: Ask[], none: string): Promise<Ask | undefined> {
  const [only, ...more] = asks;
  if (!only) {
    void window.showInformationMessage(none);
    return undefined;
  }
  if (more.length === 0) return only;
  const items = asks.map((ask) => ({ label: oneLine(ask.text), description: `Task ${ask.task}`, ask }));
  return (await window.showQuickPick(items, { title: "Devika: which one?" }))?.ask;
}

/** The running task that is meant; the user chooses where there are several, and is told where there is none. */
export async function chooseRunning(running: Task[], title: string): Promise<TaskId | undefined> {
  const [only, ...more] = running;
  if (!only) {
    void window.showInformationMessage("Devika: no task is running here.");
    return undefined;
  }
  if (more.length === 0) return only.id;
  const items = running.map((task) => ({
    label: oneLine(task.prompt),
    description: `Task ${task.id}`,
    detail: progressLine(task),
    task: task.id,
  }));
  return (await window.showQuickPick(items, { title }))?.task;
}
