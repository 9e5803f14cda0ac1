/** "Devika: Steer Task". */

import { window } from "vscode";
import { chooseRunning } from "./choose";
import type { Window } from "./index";

export async function steer({ session }: Window): Promise<void> {
  const task = await chooseRunning(session.tasks.running(), "Devika: Steer Task");
  if (task === undefined) return;
  const text = await window.showInputBox({
    title: "Devika: Steer Task",
    prompt: "What is to be added? The next turn of the model gets it.",
    placeHolder: "Use British spelling",
    ignoreFocusOut: true,
  });
  if (text?.trim()) await session.execute("devika.task.steer", { task, text: text.trim() });
}
