/** What Devika remembers of the open folders: how much of each kind, and what was looked for last. */

import { EventEmitter, ThemeIcon, TreeItem, TreeItemCollapsibleState, type TreeDataProvider } from "vscode";
import type { MemoryPassage } from "../protocol";
import type { Session } from "../session";
import { oneLine } from "../words";

/** A search with what it found, a passage of it, or how much there is of a kind. */
export type MemoryNode =
  | { search: string; found: MemoryPassage[] }
  | { passage: MemoryPassage }
  | { kind: string; passages: number };

const ICON: Record<string, string> = {
  note: "note",
  outcome: "pass",
  research: "globe",
  conversation: "comment-discussion",
  code: "symbol-class",
};

export class MemoryTree implements TreeDataProvider<MemoryNode> {
  private readonly changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private found: { search: string; found: MemoryPassage[] } | undefined;

  constructor(private readonly session: Pick<Session, "execute">) {}

  async getChildren(node?: MemoryNode): Promise<MemoryNode[]> {
    if (node) return "found" in node ? node.found.map((passage) => ({ passage })) : [];
    const { counts } = await this.session.execute("devika.memory.stats", {});
    const sizes = new Map<string, number>();
    for (const { kind, passages } of counts) sizes.set(kind, (sizes.get(kind) ?? 0) + passages);
    return [...(this.found ? [this.found] : []), ...[...sizes].map(([kind, passages]) => ({ kind, passages }))];
  }

  getTreeItem(node: MemoryNode): TreeItem {
    if ("passage" in node) return passageItem(node.passage);
    if ("found" in node) {
      const item = new TreeItem(`“${oneLine(node.search, 40)}”`, TreeItemCollapsibleState.Expanded);
      item.description = node.found.length === 0 ? "nothing is known" : `${node.found.length} found`;
      item.iconPath = new ThemeIcon("search");
      return item;
    }
    const item = new TreeItem(node.kind, TreeItemCollapsibleState.None);
    item.description = String(node.passages);
    item.iconPath = new ThemeIcon(ICON[node.kind] ?? "database");
    return item;
  }

  /** Shows what was found. */
  show(search: string, found: MemoryPassage[]): void {
    this.found = { search, found };
    this.refresh();
  }

  /** Takes what was found away: it may be forgotten by now. */
  clear(): void {
    this.found = undefined;
    this.refresh();
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function passageItem({ kind, source, title, text, at }: MemoryPassage): TreeItem {
  const item = new TreeItem(oneLine(title || text), TreeItemCollapsibleState.None);
  item.description = source;
  item.iconPath = new ThemeIcon(ICON[kind] ?? "database");
  item.tooltip = `${source}, ${new Date(at).toLocaleString()}\n\n${text}`;
  item.contextValue = "passage";
  return item;
}
