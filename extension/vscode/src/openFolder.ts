/** Offering a folder that Devika made, such as a repository that it cloned. */

import { type Uri, commands, window } from "vscode";
import type { OpenFolderArgs, OpenFolderReply } from "./protocol";
import { plain } from "./words";

const OPEN = "Open";
const NEW_WINDOW = "Open in New Window";

/**
 * Offers the folder to the user. It is opened after the answer: to open it in this window ends the
 * connection.
 */
export async function offerFolder(
  { uri }: OpenFolderArgs,
  parse: (uri: string) => Uri,
): Promise<OpenFolderReply> {
  const folder = parse(uri);
  const choice = await window.showInformationMessage(
    plain(`Devika: ${folder.fsPath} is ready.`),
    OPEN,
    NEW_WINDOW,
  );
  if (choice === undefined) return { opened: false };
  const forceNewWindow = choice === NEW_WINDOW;
  setTimeout(() => void commands.executeCommand("vscode.openFolder", folder, { forceNewWindow }), 0);
  return { opened: true };
}
