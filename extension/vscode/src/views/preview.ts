/** Read-only editors that show what is to be approved: a plan, or edits as a diff. */

import { type Disposable, TabInputText, type TextDocumentContentProvider, Uri, ViewColumn, window, workspace } from "vscode";
import type { Ask } from "../tasks";
import { Review, folderOf } from "./review";

const SCHEME = "devika-ask";

export class Preview implements TextDocumentContentProvider, Disposable {
  private readonly texts = new Map<string, string>();
  private readonly review = new Review();
  private readonly registration = workspace.registerTextDocumentContentProvider(SCHEME, this);

  /**
   * Shows an ask beside the active editor; the keyboard stays where it is, unless the user wanted
   * to see the edits of several files.
   */
  async show(ask: Ask, isWanted = false): Promise<void> {
    if (ask.kind === "edits" && (await this.review.show(ask, isWanted))) return;
    const uri = uriOf(ask);
    this.texts.set(uri.path, ask.text);
    const document = await workspace.openTextDocument(uri);
    const viewColumn = window.activeTextEditor ? ViewColumn.Beside : ViewColumn.Active;
    await window.showTextDocument(document, { viewColumn, preserveFocus: true, preview: true });
  }

  /** Closes the editor that shows an ask. */
  async close(ask: Ask): Promise<void> {
    if (ask.kind === "edits") await this.review.close(ask);
    const path = uriOf(ask).path;
    this.texts.delete(path);
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
    const shown = tabs.filter(({ input }) => input instanceof TabInputText && isPreview(input.uri, path));
    await window.tabGroups.close(shown, true);
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.path) ?? "This approval is over.";
  }

  dispose(): void {
    this.registration.dispose();
    this.review.dispose();
    this.texts.clear();
  }
}

function uriOf(ask: Ask): Uri {
  const name = ask.kind === "edits" ? "edits.diff" : `${ask.kind}.md`;
  return Uri.from({ scheme: SCHEME, path: folderOf(ask) + name });
}

function isPreview(uri: Uri, path: string): boolean {
  return uri.scheme === SCHEME && uri.path === path;
}
