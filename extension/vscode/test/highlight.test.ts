import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Event } from "../src/protocol";
import { Highlight } from "../src/views/highlight";
import { Lines } from "../src/views/lines";
import { QUEUED, STARTED, records, taskAfter } from "./records";
import { Uri, window, workspace } from "./vscode";

const EDIT: Event = {
  event: "edit_applied", step: 1, path: "a.py", change: "modified", added: 2, removed: 1,
  diff: "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,4 @@\n one\n-two\n+2\n+2b\n three\n",
};

/** An editor of a file, and the lines that are highlighted there. */
function editor(path: string): { document: { uri: Uri }; setDecorations: ReturnType<typeof vi.fn>; lines: () => unknown } {
  const setDecorations = vi.fn();
  return { document: { uri: Uri.file(path) }, setDecorations, lines: (): unknown => setDecorations.mock.lastCall?.[1] as unknown };
}

function happen(view: Highlight, event: Event, started = STARTED): void {
  const [record] = records([event], 1, 9);
  if (record) view.onEvent(taskAfter(QUEUED, started), record);
}

const LINES = [{ start: { line: 1, character: 0 }, end: { line: 2, character: 0 } }];

beforeEach(() => {
  vi.clearAllMocks();
  workspace.getConfiguration.mockReturnValue({ get: () => undefined });
});

describe("what Devika changed", () => {
  it("is highlighted in the editors of that file, and in no other", () => {
    const [mine, other] = [editor("/ws/a.py"), editor("/ws/b.py")];
    window.visibleTextEditors = [mine, other];
    happen(new Highlight(), EDIT);
    expect([mine.lines(), other.lines()]).toEqual([LINES, []]);
  });

  it("is not, where the user does not want it, or outside of the project", () => {
    const mine = editor("/ws/a.py");
    window.visibleTextEditors = [mine];
    workspace.getConfiguration.mockReturnValue({ get: () => false });
    happen(new Highlight(), EDIT);
    expect(mine.lines()).toEqual([]);
    happen(new Highlight(), { ...EDIT, path: "../a.py" });
    expect(mine.setDecorations).toHaveBeenCalledTimes(1);
  });

  it("is highlighted where a task works that has a worktree of its own", () => {
    const [mine, copy] = [editor("/ws/a.py"), editor("/trees/1/a.py")];
    window.visibleTextEditors = [mine, copy];
    happen(new Highlight(), EDIT, { event: "started", resumed: false, worktree: "/trees/1" });
    expect([mine.lines(), copy.lines()]).toEqual([[], LINES]);
  });

  it("is highlighted no more when the task is accepted, or the user saves the file", () => {
    const mine = editor("/ws/a.py");
    window.visibleTextEditors = [mine];
    const view = new Highlight();
    happen(view, EDIT);
    happen(view, { event: "accepted", branch: "main", commit: "c0ffee" });
    expect(mine.lines()).toEqual([]);
    happen(view, EDIT);
    expect(mine.lines()).toEqual(LINES);
    workspace.saved.fire(mine.document);
    expect(mine.lines()).toEqual([]);
  });

  it("moves with the lines above it, and a line that the user types in is theirs", () => {
    const mine = editor("/ws/a.py");
    window.visibleTextEditors = [mine];
    happen(new Highlight(), EDIT);
    const at = (line: number, character: number): unknown => ({ start: { line, character }, end: { line, character } });
    workspace.changed.fire({ document: mine.document, contentChanges: [{ range: at(0, 0), text: "zero\n" }] });
    expect(mine.lines()).toEqual([{ start: { line: 2, character: 0 }, end: { line: 3, character: 0 } }]);
    workspace.changed.fire({ document: mine.document, contentChanges: [{ range: at(2, 1), text: "x" }] });
    expect(mine.lines()).toEqual([{ start: { line: 3, character: 0 }, end: { line: 3, character: 0 } }]);
  });
});

describe("lines", () => {
  const lines = new Lines().with([3, 4, 5, 9]);
  const place = (line: number, character = 0): { line: number; character: number } => ({ line, character });

  it("stand in runs", () => {
    expect(lines.runs()).toEqual([[3, 5], [9, 9]]);
  });

  it("go away with the text that is deleted, and those below move up", () => {
    expect(lines.after(place(4), place(6), "").runs()).toEqual([[3, 3], [7, 7]]);
  });

  it("are split by a line that is typed into them", () => {
    expect(lines.after(place(4, 2), place(4, 2), "x\ny").runs()).toEqual([[3, 3], [6, 6], [10, 10]]);
  });
});
