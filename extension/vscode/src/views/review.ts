/**
 * Proposed edits in the editor's own diff view. Both sides are documents of this extension: nothing
 * touches a file until the edits are allowed.
 */

import path from "node:path";
import { type Disposable, EventEmitter, TabInputTextDiff, type TextDocumentContentProvider, Uri, commands, window, workspace } from "vscode";
import { type FileDiff, parseDiff } from "../diff";
import { type Sides, sidesOf } from "../sides";
import type { Ask } from "../tasks";

const SCHEME = "devika";

/** One file's sides as documents. */
interface Shown {
  path: string;
  before: Uri;
  after: Uri;
}

export class Review implements TextDocumentContentProvider, Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new EventEmitter<Uri>();
  /** A document that is shown again may have another text: the user may have typed since. */
  readonly onDidChange = this.changed.event;
  private readonly registration = workspace.registerTextDocumentContentProvider(SCHEME, this);

  /**
   * Opens the edits. An editor of several files takes the keyboard, so that it opens only where the
   * user asked for it. False where it does not open, or where a file has changed too much.
   */
  async show(ask: Ask, isWanted: boolean): Promise<boolean> {
    const { files } = parseDiff(ask.text);
    const sides = await Promise.all(files.map((file) => read(ask, file)));
    const shown = files.flatMap((file, at) => this.keep(ask, file, sides[at]));
    const [only] = shown;
    if (!only || shown.length < files.length || (shown.length > 1 && !isWanted)) return false;
    if (shown.length === 1) {
      const how = { preserveFocus: true, preview: true };
      await commands.executeCommand("vscode.diff", only.before, only.after, titleOf(ask, only.path), how);
    } else {
      const resources = shown.map((file) => [file.after, file.before, file.after]);
      await commands.executeCommand("vscode.changes", titleOf(ask, `${shown.length} files`), resources);
    }
    return true;
  }

  /** Closes the editors of an ask, and forgets their texts. */
  async close(ask: Ask): Promise<void> {
    const folder = folderOf(ask);
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
    // An editor of several diffs does not tell what it shows, but for its title.
    const shown = tabs.filter(({ input, label }) =>
      input instanceof TabInputTextDiff
        ? input.modified.scheme === SCHEME && input.modified.path.startsWith(folder)
        : input === undefined && label.startsWith(titleOf(ask, "")),
    );
    await window.tabGroups.close(shown, true);
    for (const name of [...this.texts.keys()].filter((name) => name.startsWith(folder))) this.texts.delete(name);
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.path) ?? "";
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
    this.texts.clear();
  }

  private keep(ask: Ask, { path: name }: FileDiff, sides: Sides | undefined): Shown[] {
    if (!sides) return [];
    const uri = (side: keyof Sides): Uri => {
      const uri = Uri.from({ scheme: SCHEME, path: `${folderOf(ask)}${side}/${name}` });
      this.texts.set(uri.path, sides[side]);
      this.changed.fire(uri);
      return uri;
    };
    return [{ path: name, before: uri("before"), after: uri("after") }];
  }
}

async function read({ project, worktree = project }: Ask, file: FileDiff): Promise<Sides | undefined> {
  if (file.change === "created") return sidesOf("", file);
  const whole = path.resolve(worktree, file.path);
  if (!whole.startsWith(worktree + path.sep)) return undefined;
  const uri = Uri.file(whole);
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  const current = open?.getText() ?? new TextDecoder().decode(await workspace.fs.readFile(uri));
  return sidesOf(current, file);
}

/** What the paths of the documents begin with that show an ask. */
export function folderOf(ask: Ask): string {
  return `/task ${ask.task}/${ask.id}/`;
}

function titleOf(ask: Ask, what: string): string {
  return `Task ${ask.task} proposes: ${what}`;
}
