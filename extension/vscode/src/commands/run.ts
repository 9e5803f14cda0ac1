/** Tasks from the palette: asks what is to be done, and where several folders are open, in which. */

import { window } from "vscode";
import type { GitMode } from "../protocol";
import { taskSettings } from "../settings";
import { chooseFolder } from "./folder";
import type { Window } from "./index";

/** "Devika: Run Task". */
export async function run(window: Window): Promise<void> {
  await start(window, {});
}

/** "Devika: Run Task beside My Files": in a git worktree of its own, whatever else is at work. */
export async function runBeside(window: Window): Promise<void> {
  await start(window, { git: "worktree" });
}

async function start({ session }: Window, where: { git?: GitMode }): Promise<void> {
  const folder = await chooseFolder();
  if (!folder) return;
  const prompt = await window.showInputBox({
    title: where.git ? "Devika: Run Task beside My Files" : "Devika: Run Task",
    prompt: `What is to be done in ${folder.name}?`,
    placeHolder: "Write a hello world program in Python, with a test",
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() ? undefined : "Say in a sentence what is to be done."),
  });
  if (!prompt?.trim()) return;
  await session.execute("devika.task.start", {
    prompt: prompt.trim(),
    root: folder.uri.toString(),
    ...taskSettings(),
    ...where,
  });
}
