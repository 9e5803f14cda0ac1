/** "Devika: Cancel Task". */

import { window } from "vscode";
import { oneLine, progressLine } from "../words";
import type { Window } from "./index";

export async function cancel({ session }: Window): Promise<void> {
  const running = session.tasks.running();
  const [only, ...more] = running;
  if (!only) {
    void window.showInformationMessage("Devika: no task is running here.");
    return;
  }
  const items = running.map((task) => ({
    label: oneLine(task.prompt),
    description: `Task ${task.id}`,
    detail: progressLine(task),
    task: task.id,
  }));
  const chosen =
    more.length === 0 ? only.id : (await window.showQuickPick(items, { title: "Devika: Cancel Task" }))?.task;
  if (chosen !== undefined) await session.execute("devika.task.cancel", { task: chosen });
}
