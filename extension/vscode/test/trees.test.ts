import { beforeEach, describe, expect, it, vi } from "vitest";
import type { TreeItem } from "vscode";
import type { Check, TaskState } from "../src/protocol";
import { Tasks } from "../src/tasks";
import { HealthTree } from "../src/trees/health";
import { type MemoryNode, MemoryTree } from "../src/trees/memory";
import { type TaskNode, TaskTree } from "../src/trees/tasks";
import { Status } from "../src/views/status";
import { QUEUED, STARTED, records, view } from "./records";
import { bar } from "./vscode";

const answering = (reply: unknown): never => ({ execute: () => Promise.resolve(reply) }) as never;

describe("the tree of tasks", () => {
  const states: TaskState[] = ["completed", "running", "paused", "failed", "queued"];
  const tree = new TaskTree(answering(states.map((state, at) => ({ ...view([], at + 1), state, prompt: `Task\nnumber ${at + 1}` }))));

  it("has those that run, those that wait for the user, and those that are over", async () => {
    const groups = await tree.getChildren();
    const lines = await Promise.all(groups.map((group) => tree.getChildren(group)));
    const shown = (node: TaskNode): string => `${tree.getTreeItem(node).label as string} ${tree.getTreeItem(node).description as string}`;
    expect(groups.map(shown)).toEqual(["Running 2", "Waiting for You 1", "Done 2"]);
    expect(lines.flat().map(shown)).toEqual(["Task number 2 running", "Task number 5 queued", "Task number 3 paused", "Task number 1 completed", "Task number 4 failed"]);
  });

  it("offers in the menu what can be done", async () => {
    const groups = await tree.getChildren();
    const nodes = (await Promise.all(groups.map((group) => tree.getChildren(group)))).flat();
    expect(nodes.map((node) => tree.getTreeItem(node).contextValue)).toEqual(["task active", "task active", "task resumable", "task over", "task resumable"]);
  });

  it("is drawn anew once for many changes", () => {
    vi.useFakeTimers();
    const changes = vi.fn();
    tree.onDidChangeTreeData(changes);
    for (const record of records([QUEUED, STARTED, { event: "cancelled" }])) tree.onEvent(undefined, record);
    vi.runAllTimers();
    expect(changes).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
  });
});

it("the tree of health has first what does not work, with what mends it", async () => {
  const check = (name: string, verdict: Check["verdict"], mend?: string): Check => ({ name, verdict, text: "as it\nis", millis: 1, ...(mend ? { mend } : {}) });
  const tree = new HealthTree(answering([check("git", "ok"), check("disk", "warning"), check("provider a", "failed", "devika init")]));
  const items: TreeItem[] = (await tree.getChildren()).map((found) => tree.getTreeItem(found));
  expect(items.map(({ label, description, contextValue }) => [label, description, contextValue])).toEqual([
    ["provider a", "as it is", "check mendable"],
    ["disk", "as it is", "check"],
    ["git", "as it is", "check"],
  ]);
});

describe("the tree of the memory", () => {
  const counts = [
    { project: "/a", kind: "note", passages: 2 },
    { project: "/b", kind: "note", passages: 1 },
    { project: "/a", kind: "research", passages: 5 },
  ];
  const shown = (tree: MemoryTree, nodes: MemoryNode[]): unknown[] =>
    nodes.map((node) => [tree.getTreeItem(node).label, tree.getTreeItem(node).description]);

  it("says how much of each kind there is, over all folders", async () => {
    const tree = new MemoryTree(answering({ place: "", bytes: null, without_vector: 0, counts }));
    expect(shown(tree, await tree.getChildren())).toEqual([["note", "3"], ["research", "5"]]);
  });

  it("shows what was looked for last, with its sources, until something is forgotten", async () => {
    const tree = new MemoryTree(answering({ place: "", bytes: null, without_vector: 0, counts: [] }));
    const passage = { kind: "research", source: "https://e.org", title: "", text: "Prices\nare exact", at: 0, shared: true };
    tree.show("prices", [passage]);
    const [search] = await tree.getChildren();
    if (!search) throw new Error("the search is not there");
    expect(shown(tree, [search])).toEqual([["“prices”", "1 found"]]);
    expect(shown(tree, await tree.getChildren(search))).toEqual([["Prices are exact", "https://e.org"]]);
    tree.clear();
    expect(await tree.getChildren()).toEqual([]);
  });
});

describe("the status bar", () => {
  beforeEach(() => {
    bar.hide();
  });

  it("says what is done, and what it has cost", () => {
    const tasks = new Tasks();
    const status = new Status(tasks);
    expect(bar.text).toBe("$(sparkle) Devika");
    const happen = (...of: Parameters<typeof records>): void => {
      for (const record of records(...of)) tasks.take(record);
      status.onEvent();
    };
    happen([QUEUED, STARTED, { event: "stage_started", stage: "code", step: 1, round: 1 }]);
    expect(bar.text).toBe("$(sync~spin) Devika: Step 1: Writing code");
    happen([{ event: "turn_finished", turn: 1, stop: "complete", usage: { input: 900, cached: 0, output: 100, cost: 20_000_000 }, millis: 1, model: "a/b" }], 1, 9);
    expect(bar.text).toBe("$(sync~spin) Devika: Step 1: Writing code · $0.020");
    happen([{ event: "asked", ask: 1, kind: "plan", text: "Carry out?" }], 1, 10);
    expect(bar.visible, "the ask has an entry of its own").toBe(false);
    happen([{ event: "answered", ask: 1, answer: "yes" }, { event: "cancelled" }], 1, 11);
    expect([bar.text, bar.visible]).toEqual(["$(circle-slash) Devika: cancelled · $0.020", true]);
  });
});
