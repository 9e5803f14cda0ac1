/** Saving documents for the server. */

import { type Uri, workspace } from "vscode";
import type { SaveArgs, SaveReply } from "./protocol";

/**
 * Saves documents, also those that no editor shows, and answers which are saved now. One that
 * cannot be saved, because its file changed on disk or is gone, is left as the user has it.
 */
export async function save({ uris }: SaveArgs, parse: (uri: string) => Uri): Promise<SaveReply> {
  const results = await Promise.all(uris.map(async (uri) => ((await isSaved(parse(uri))) ? uri : undefined)));
  return { saved: results.filter((uri) => uri !== undefined) };
}

async function isSaved(uri: Uri): Promise<boolean> {
  try {
    const document = await workspace.openTextDocument(uri);
    return !document.isDirty || (await document.save());
  } catch {
    return false;
  }
}
