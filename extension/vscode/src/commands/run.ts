/** "Devika: Run Task": asks what is to be done, and where several folders are open, in which. */

import { window } from "vscode";
import { taskSettings } from "../settings";
import { chooseFolder } from "./folder";
import type { Window } from "./index";

export async function run({ session }: Window): Promise<void> {
  const folder = await chooseFolder();
  if (!folder) return;
  const prompt = await window.showInputBox({
    title: "Devika: Run Task",
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
  });
}
