/** Going back to what the files were before a command of a task. */

import { window } from "vscode";
import type { TaskCheckpoint } from "../protocol";
import { oneLine } from "../words";
import { command, hasEnded } from "./afterwards";

export const restore = command("Restore Checkpoint", hasEnded, async (task, { session }) => {
  const checkpoints = await session.execute("devika.task.checkpoints", { task });
  if (checkpoints.length === 0) {
    void window.showInformationMessage("Devika: nothing is kept of this task: it ran no commands, or they are too long ago.");
    return;
  }
  const items = checkpoints.map(item).reverse();
  const title = "Devika: Which checkpoint? What is there now is kept first";
  const chosen = await window.showQuickPick(items, { title, matchOnDescription: true });
  if (chosen) await session.execute("devika.task.restore", { task, checkpoint: chosen.checkpoint });
});

function item({ name, about, at, left_out: leftOut }: TaskCheckpoint): { label: string; description: string; detail: string; checkpoint: string } {
  const without = leftOut.length === 0 ? "" : ` · without ${leftOut.join(", ")}`;
  return {
    label: oneLine(about),
    description: `Checkpoint ${name}`,
    detail: `${new Date(at * 1000).toLocaleString()}${without}`,
    checkpoint: name,
  };
}
