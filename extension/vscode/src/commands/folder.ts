/** Choosing the folder that a command is about. */

import { type WorkspaceFolder, commands, window, workspace } from "vscode";

/** The folder that is open, or the one the user chooses of several. */
export async function chooseFolder(): Promise<WorkspaceFolder | undefined> {
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
