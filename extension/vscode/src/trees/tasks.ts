/** The tasks of the open folders: those at work, those that wait for the user, and those that are over. */

import { EventEmitter, ThemeIcon, TreeItem, TreeItemCollapsibleState, type TreeDataProvider } from "vscode";
import { type EventRecord, RESUMABLE, type TaskState, type TaskSummary, isEnding } from "../protocol";
import type { Session, View } from "../session";
import { iconOf, oneLine } from "../words";

/** A group of tasks, or one of them. */
export type TaskNode = { group: Group; tasks: TaskSummary[] } | { task: TaskSummary };

type Group = "Running" | "Waiting for You" | "Done";

const GROUP: Record<TaskState, Group> = {
  queued: "Running",
  running: "Running",
  waiting: "Waiting for You",
  interrupted: "Waiting for You",
  paused: "Waiting for You",
  failed: "Done",
  completed: "Done",
  cancelled: "Done",
};

/** How long changes are gathered before the tasks are listed again, in milliseconds. */
const GATHER = 150;

export class TaskTree implements TreeDataProvider<TaskNode>, View {
  private readonly changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private pending: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: Pick<Session, "execute">) {}

  async getChildren(node?: TaskNode): Promise<TaskNode[]> {
    if (node) return "tasks" in node ? node.tasks.map((task) => ({ task })) : [];
    const tasks = await this.session.execute("devika.task.list", {});
    const groups: Group[] = ["Running", "Waiting for You", "Done"];
    return groups
      .map((group) => ({ group, tasks: tasks.filter(({ state }) => GROUP[state] === group) }))
      .filter(({ tasks: of }) => of.length > 0);
  }

  getTreeItem(node: TaskNode): TreeItem {
    return "tasks" in node ? groupItem(node.group, node.tasks.length) : taskItem(node.task);
  }

  onEvent(_: unknown, record: EventRecord): void {
    if (isEnding(record) || ["queued", "started", "asked", "answered", "accepted", "discarded"].includes(record.event)) this.refresh();
  }

  onHistory(): void {
    this.refresh();
  }

  onDisconnect(): void {
    this.refresh();
  }

  refresh(): void {
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      this.changed.fire(undefined);
    }, GATHER);
  }

  dispose(): void {
    clearTimeout(this.pending);
    this.changed.dispose();
  }
}

function groupItem(group: Group, count: number): TreeItem {
  const item = new TreeItem(group, TreeItemCollapsibleState.Expanded);
  item.description = String(count);
  item.contextValue = "group";
  return item;
}

function taskItem(task: TaskSummary): TreeItem {
  const item = new TreeItem(oneLine(task.prompt), TreeItemCollapsibleState.None);
  item.id = String(task.id);
  item.description = task.state;
  item.iconPath = new ThemeIcon(iconOf(task.state));
  item.tooltip = `Task ${task.id}, ${new Date(task.created).toLocaleString()}\n${task.project}\n\n${task.prompt}`;
  // What the menu offers goes by these words.
  const can = RESUMABLE.includes(task.state) ? "resumable" : GROUP[task.state] === "Done" ? "over" : "active";
  item.contextValue = `task ${can}`;
  item.command = { command: "devika.showTask", title: "Show Task", arguments: [{ task }] };
  return item;
}
