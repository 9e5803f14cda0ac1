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

/** Documents that are being saved for the server, with how often. */
const saving = new Map<string, number>();

/** Whether the document is saved because the server asked for it, and not the user. */
export function isSavedForServer(uri: Uri): boolean {
  return saving.has(uri.toString());
}

async function isSaved(uri: Uri): Promise<boolean> {
  const key = uri.toString();
  saving.set(key, (saving.get(key) ?? 0) + 1);
  try {
    const document = await workspace.openTextDocument(uri);
    return !document.isDirty || (await document.save());
  } catch {
    return false;
  } finally {
    const others = (saving.get(key) ?? 1) - 1;
    if (others > 0) saving.set(key, others);
    else saving.delete(key);
  }
}
