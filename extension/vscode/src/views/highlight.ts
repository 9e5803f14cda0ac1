/**
 * What Devika changed, in the editors that show it: until the user types in a line, saves the file, or
 * decides on the task.
 */

import path from "node:path";
import {
  type Disposable,
  OverviewRulerLane,
  Range,
  type TextDocumentChangeEvent,
  type TextEditor,
  ThemeColor,
  Uri,
  window,
  workspace,
} from "vscode";
import { parseDiff } from "../diff";
import type { EventRecord, TaskId } from "../protocol";
import { isSavedForServer } from "../save";
import type { View } from "../session";
import { highlightsChanges } from "../settings";
import type { Task } from "../tasks";
import { Lines } from "./lines";

/** After these nothing of a task is left to look at. */
const DECIDED: readonly EventRecord["event"][] = ["accepted", "discarded", "undone"];

export class Highlight implements View {
  private readonly changed = new Map<string, { lines: Lines; task: TaskId }>();
  private readonly look = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor("diffEditor.insertedLineBackground"),
    overviewRulerColor: new ThemeColor("editorOverviewRuler.addedForeground"),
    overviewRulerLane: OverviewRulerLane.Left,
  });
  private readonly listeners: Disposable[] = [
    window.onDidChangeVisibleTextEditors((editors) => {
      editors.forEach((editor) => { this.draw(editor); });
    }),
    workspace.onDidChangeTextDocument((change) => {
      this.follow(change);
    }),
    workspace.onDidSaveTextDocument(({ uri }) => {
      if (!isSavedForServer(uri)) this.forget(uri.toString());
    }),
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("devika.highlightChanges")) this.drawAll();
    }),
  ];

  onEvent(task: Task, record: EventRecord): void {
    if (record.event === "edit_applied") this.add(task, record);
    else if (DECIDED.includes(record.event)) this.settle(task.id);
  }

  /** What was changed before this window looked has nothing new in it. */
  onHistory(): void {
    return;
  }

  dispose(): void {
    for (const disposable of [this.look, ...this.listeners]) disposable.dispose();
    this.changed.clear();
  }

  private add(task: Task, record: Extract<EventRecord, { event: "edit_applied" }>): void {
    const root = task.worktree ?? task.project;
    const whole = path.resolve(root, record.path);
    if (!whole.startsWith(root + path.sep)) return;
    const key = Uri.file(whole).toString();
    const [file] = parseDiff(record.diff).files;
    const added = (file?.hunks ?? []).flatMap(({ lines }) => lines.filter(({ kind }) => kind === "added"));
    const earlier = this.changed.get(key)?.lines ?? new Lines();
    const lines = earlier.with(added.flatMap(({ after }) => (after === undefined ? [] : [after - 1])));
    this.changed.set(key, { lines, task: task.id });
    this.drawAll();
  }

  private follow({ document, contentChanges }: TextDocumentChangeEvent): void {
    const key = document.uri.toString();
    const known = this.changed.get(key);
    if (!known || contentChanges.length === 0) return;
    // The later ones in the text first: those do not move the earlier ones.
    const changes = [...contentChanges].sort((one, other) => other.range.start.line - one.range.start.line);
    const lines = changes.reduce((lines, { range, text }) => lines.after(range.start, range.end, text), known.lines);
    this.changed.set(key, { ...known, lines });
    this.drawAll();
  }

  private settle(task: TaskId): void {
    for (const [key, known] of this.changed) if (known.task === task) this.forget(key);
  }

  private forget(key: string): void {
    if (this.changed.delete(key)) this.drawAll();
  }

  private drawAll(): void {
    window.visibleTextEditors.forEach((editor) => { this.draw(editor); });
  }

  private draw(editor: TextEditor): void {
    const known = highlightsChanges() ? this.changed.get(editor.document.uri.toString()) : undefined;
    const ranges = (known?.lines.runs() ?? []).map(([first, last]) => new Range(first, 0, last, 0));
    editor.setDecorations(this.look, ranges);
  }
}
