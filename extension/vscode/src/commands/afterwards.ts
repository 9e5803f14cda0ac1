/** What is done with a task that has ended: it is resumed, undone, redone, accepted, discarded or pushed. */

import { window } from "vscode";
import { discard as discardWhenSure } from "../panel/actions";
import { ACTIVE, RESUMABLE, type TaskId, type TaskState, type TaskSummary } from "../protocol";
import { oneLine } from "../words";
import type { About, Window } from "./index";

type Command = (of: Window, about: About) => Promise<void>;

export const hasEnded = (state: TaskState): boolean => !ACTIVE.includes(state);

export const undo = command("Undo Task", hasEnded, (task, { session }) => session.execute("devika.task.undo", { task }));
export const redo = command("Redo Task", hasEnded, (task, { session }) => session.execute("devika.task.redo", { task }));
export const accept = command("Accept Task", hasEnded, (task, { session }) => session.execute("devika.task.accept", { task }));
export const discard = command("Discard Task", hasEnded, (task, { session }) => discardWhenSure(session, task));
export const push = command("Push Task", hasEnded, (task, { session }) => session.execute("devika.task.push", { task }));
export const pullRequest = command("Open Pull Request for Task", hasEnded, (task, { session }) =>
  session.execute("devika.task.pullRequest", { task }),
);
export const resume = command(
  "Resume Task",
  (state) => RESUMABLE.includes(state),
  (task, { session }) => session.execute("devika.task.resume", { task }),
);

/** A command about the task of a tree's line, else about one that the user chooses. */
export function command(title: string, fits: (state: TaskState) => boolean, act: (task: TaskId, of: Window) => Promise<unknown>): Command {
  return async (of, about) => {
    const task = about?.task?.id ?? (await choose(await of.session.execute("devika.task.list", {}), `Devika: ${title}`, fits));
    if (task !== undefined) await act(task, of);
  };
}

async function choose(tasks: TaskSummary[], title: string, fits: (state: TaskState) => boolean): Promise<TaskId | undefined> {
  const fitting = tasks.filter(({ state }) => fits(state));
  if (fitting.length === 0) {
    void window.showInformationMessage("Devika: there is no such task here yet.");
    return undefined;
  }
  const items = fitting.map((task) => ({
    label: oneLine(task.prompt),
    description: task.state,
    detail: `Task ${task.id} · ${new Date(task.created).toLocaleString()}`,
    task: task.id,
  }));
  return (await window.showQuickPick(items, { title, matchOnDescription: true }))?.task;
}
