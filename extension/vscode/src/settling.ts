/** Waits for the editor's language servers, which do not say when they are done with a document. */

import { type Disposable, languages, type TextDocument, workspace } from "vscode";

/** How long to wait, in milliseconds. */
export interface Patience {
  /** How long nothing must have changed. */
  settle: number;
  /** How long to wait at the most. */
  limit: number;
}

/**
 * A language whose servers have spoken is given so many times `settle` to speak of a document as it
 * is now. It may have nothing to say: some servers keep silent of a document without errors.
 */
const TURNS = 4;

/** Hears what language servers report, from the moment it is made. */
export class Settling implements Disposable {
  /** The version of each document when it was last spoken of, by its URI. */
  private readonly spokenOf = new Map<string, number>();
  /** Whether anybody speaks of a language's documents; absent where that is not known. */
  private readonly speaks = new Map<string, boolean>();
  private lastChange = 0;
  private readonly listener = languages.onDidChangeDiagnostics(({ uris }) => {
    this.lastChange = Date.now();
    const named = new Set(uris.map(String));
    for (const document of workspace.textDocuments) if (named.has(String(document.uri))) this.hear(document);
  });

  /**
   * Waits until the language servers have spoken of `documents` and then been silent. The documents
   * of a language of which nobody ever speaks cost that time once.
   */
  async settled(documents: TextDocument[], { settle, limit }: Patience): Promise<void> {
    if (settle === 0) return;
    const begin = Date.now();
    const patience = (document: TextDocument): number => {
      if (this.spokenOf.get(String(document.uri)) === document.version) return settle;
      const speaks = this.speaks.get(document.languageId);
      if (speaks === undefined) return limit;
      return speaks ? TURNS * settle : settle;
    };
    const due = (): number => {
      const silence = Math.max(begin, this.lastChange) + settle;
      return Math.min(begin + limit, Math.max(silence, ...documents.map((document) => begin + patience(document))));
    };
    for (let left = due() - begin; left > 0; left = due() - Date.now()) await change(left);
    for (const { languageId } of documents) if (!this.speaks.has(languageId)) this.speaks.set(languageId, false);
  }

  /** What was said of these documents counts no more: their tabs are closed, and some servers take it back. */
  forget(documents: TextDocument[]): void {
    for (const { uri } of documents) this.spokenOf.delete(String(uri));
  }

  dispose(): void {
    this.listener.dispose();
  }

  private hear({ uri, version, languageId }: TextDocument): void {
    this.spokenOf.set(String(uri), version);
    this.speaks.set(languageId, true);
  }
}

/** Waits for a change of what is reported, for at most so many milliseconds. */
function change(within: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      listener.dispose();
      resolve();
    };
    const timer = setTimeout(done, within);
    const listener = languages.onDidChangeDiagnostics(done);
  });
}
