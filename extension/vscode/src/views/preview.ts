/** A read-only editor that shows what is to be approved: a plan, or edits as a diff. */

import { type Disposable, type TextDocumentContentProvider, Uri, ViewColumn, window, workspace } from "vscode";
import type { Ask } from "../tasks";

const SCHEME = "devika-ask";

export class Preview implements TextDocumentContentProvider, Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration = workspace.registerTextDocumentContentProvider(SCHEME, this);

  /** Shows an ask beside the active editor; the keyboard stays where it is. */
  async show(ask: Ask): Promise<void> {
    const name = ask.kind === "edits" ? "edits.diff" : `${ask.kind}.md`;
    const uri = Uri.from({ scheme: SCHEME, path: `/task ${ask.task}/${ask.id}/${name}` });
    this.texts.set(uri.path, ask.text);
    const document = await workspace.openTextDocument(uri);
    await window.showTextDocument(document, { viewColumn: ViewColumn.Beside, preserveFocus: true, preview: true });
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.path) ?? "This approval is over.";
  }

  dispose(): void {
    this.registration.dispose();
    this.texts.clear();
  }
}
