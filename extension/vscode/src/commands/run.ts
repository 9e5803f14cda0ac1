/** "Devika: Run Task": asks what is to be done, and where several folders are open, in which. */

import { type WorkspaceFolder, commands, window, workspace } from "vscode";
import { taskSettings } from "../settings";
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

async function chooseFolder(): Promise<WorkspaceFolder | undefined> {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  const [only, ...more] = folders;
  if (!only) {
    const open = "Open Folder…";
    const text = "Devika works in a folder on disk, and none is open.";
    if ((await window.showWarningMessage(text, open)) === open) {
      await commands.executeCommand("workbench.action.files.openFolder");
    }
    return undefined;
  }
  if (more.length === 0) return only;
  return window.showWorkspaceFolderPick({ placeHolder: "The folder Devika is to work in" });
}
