/** How Devika's set-up is: providers, keys, git and more. Looked at when the view is opened, and again on request. */

import { EventEmitter, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState, type TreeDataProvider } from "vscode";
import type { Check, Verdict } from "../protocol";
import type { Session } from "../session";
import { CHECK_ICON } from "../words";

const COLOUR: Record<Verdict, string> = {
  ok: "testing.iconPassed",
  warning: "list.warningForeground",
  failed: "list.errorForeground",
};

/** What does not work comes first. */
const ORDER: readonly Verdict[] = ["failed", "warning", "ok"];

export class HealthTree implements TreeDataProvider<Check> {
  private readonly changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly session: Pick<Session, "execute">) {}

  async getChildren(check?: Check): Promise<Check[]> {
    if (check) return [];
    const checks = await this.session.execute("devika.doctor", {});
    return checks.sort((one, other) => ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict));
  }

  getTreeItem({ name, verdict, text, mend }: Check): TreeItem {
    const item = new TreeItem(name, TreeItemCollapsibleState.None);
    item.description = text.replace(/\s+/gu, " ");
    item.iconPath = new ThemeIcon(CHECK_ICON[verdict].slice(2, -1), new ThemeColor(COLOUR[verdict]));
    item.tooltip = mend ? `${text}\n\nMended by: ${mend}` : text;
    item.contextValue = mend ? "check mendable" : "check";
    return item;
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  dispose(): void {
    this.changed.dispose();
  }
}
