/** "Devika: Show Tasks": the tasks and where they stand; the chosen one is told in the log. */

import { window } from "vscode";
import { RESUMABLE, type TaskId, type TaskSummary } from "../protocol";
import { iconOf, oneLine } from "../words";
import type { About, Window } from "./index";

export async function show({ session, log }: Window): Promise<void> {
  const tasks = await session.execute("devika.task.list", {});
  if (tasks.length === 0) {
    void window.showInformationMessage("Devika: there are no tasks yet. “Devika: Run Task” starts one.");
    return;
  }
  const chosen = await window.showQuickPick(tasks.map(item), {
    title: "Devika: Show Tasks",
    placeHolder: "Choose a task to read what it did",
    matchOnDescription: true,
  });
  if (!chosen) return;
  const view = await session.execute("devika.task.show", { task: chosen.task.id });
  log.review(view);
  if (!RESUMABLE.includes(view.state)) return;
  const text = `Devika: task ${view.id} is ${view.state}.`;
  if ((await window.showInformationMessage(text, "Resume")) === "Resume") {
    await session.execute("devika.task.resume", { task: view.id });
  }
}

/** Shows a task in the panel: the one of a tree's line, or one that the user chooses. */
export async function showTask({ session, panel }: Window, about: About): Promise<void> {
  const task = about?.task?.id ?? (await chooseTask(await session.execute("devika.task.list", {})));
  if (task !== undefined) await panel.reveal(await session.execute("devika.task.show", { task }));
}

async function chooseTask(tasks: TaskSummary[]): Promise<TaskId | undefined> {
  return (await window.showQuickPick(tasks.map(item), { title: "Devika: Show Task" }))?.task.id;
}

function item(task: TaskSummary): { label: string; description: string; detail: string; task: TaskSummary } {
  const started = new Date(task.created).toLocaleString();
  return {
    label: `$(${iconOf(task.state)}) ${oneLine(task.prompt)}`,
    description: task.state,
    detail: `Task ${task.id} · ${started} · ${task.project}`,
    task,
  };
}
