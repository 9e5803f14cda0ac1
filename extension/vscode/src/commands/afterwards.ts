/** What is done with a task's work once it is there: undo, redo, accept, discard, push. */

import { window } from "vscode";
import type { Commands, TaskId, TaskSummary } from "../protocol";
import { oneLine } from "../words";
import type { Window } from "./index";

type Afterwards =
  | "devika.task.undo"
  | "devika.task.redo"
  | "devika.task.accept"
  | "devika.task.discard"
  | "devika.task.push"
  | "devika.task.pullRequest";

export const undo = (of: Window): Promise<void> => carryOut(of, "devika.task.undo", "Devika: Undo Task");
export const redo = (of: Window): Promise<void> => carryOut(of, "devika.task.redo", "Devika: Redo Task");
export const accept = (of: Window): Promise<void> => carryOut(of, "devika.task.accept", "Devika: Accept Task");
export const discard = (of: Window): Promise<void> => carryOut(of, "devika.task.discard", "Devika: Discard Task");
export const push = (of: Window): Promise<void> => carryOut(of, "devika.task.push", "Devika: Push Task");
export const pullRequest = (of: Window): Promise<void> =>
  carryOut(of, "devika.task.pullRequest", "Devika: Open Pull Request for Task");

async function carryOut({ session }: Window, command: Afterwards, title: string): Promise<void> {
  const task = await chooseEnded(await session.execute("devika.task.list", {}), title);
  if (task === undefined) return;
  const args: Commands[Afterwards]["args"] = { task };
  await session.execute(command, args);
}

async function chooseEnded(tasks: TaskSummary[], title: string): Promise<TaskId | undefined> {
  const ended = tasks.filter((task) => !["queued", "running", "waiting"].includes(task.state));
  if (ended.length === 0) {
    void window.showInformationMessage("Devika: no task has ended here yet.");
    return undefined;
  }
  const items = ended.map((task) => ({
    label: oneLine(task.prompt),
    description: task.state,
    detail: `Task ${task.id} · ${new Date(task.created).toLocaleString()}`,
    task: task.id,
  }));
  return (await window.showQuickPick(items, { title, matchOnDescription: true }))?.task;
}
