import { beforeEach, describe, expect, it, vi } from "vitest";
import { parseDiff } from "../src/diff";
import { sidesOf } from "../src/sides";
import type { Ask } from "../src/tasks";
import { Review } from "../src/views/review";
import { TabInputTextDiff, Uri, commands, window, workspace } from "./vscode";

const CHANGED = "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n";
const CREATED = "--- /dev/null\n+++ b/b.py\n@@ -0,0 +1,1 @@\n+new\n";
const CURRENT = "one\ntwo\nthree\nfour\n";

function edits(...diffs: string[]): Ask {
  return { task: 3, project: "/ws", id: 9, kind: "edits", text: `${diffs.join("")}\nApply these edits?` };
}

/** The after side of a text and a diff. */
function after(current: string, diff: string): string | undefined {
  const [file] = parseDiff(diff).files;
  return file && sidesOf(current, file)?.after;
}

function file(text: string): void {
  workspace.fs.readFile.mockResolvedValue(new TextEncoder().encode(text));
}

/** What the diff editor of one file shows. */
function shown(review: Review): string[] {
  const [, ...sides] = commands.executeCommand.mock.calls[0] as [string, Uri, Uri];
  return sides.slice(0, 2).map((uri) => review.provideTextDocumentContent(uri as never));
}

beforeEach(() => {
  vi.resetAllMocks();
  workspace.textDocuments = [];
  window.tabGroups.all = [];
});

describe("a change is made of the file and the diff", () => {
  it("with what is around it", () => {
    expect(after(CURRENT, CHANGED)).toBe("one\n2\nthree\nfour\n");
  });

  it("and with the end of the last line, or without", () => {
    const ended = "--- a/a\n+++ b/a\n@@ -1 +1,2 @@\n-x\n\\ No newline at end of file\n+x\n+y\n";
    expect(after("x", ended)).toBe("x\ny\n");
  });

  it("and with the line ends that the file has", () => {
    expect(after("one\r\ntwo\r\n", "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n one\r\n-two\r\n+2\r\n")).toBe("one\r\n2\r\n");
  });

  it("until nothing is left", () => {
    expect(after("x\n", "--- a/a\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n")).toBe("");
  });

  it("unless the file is another by now", () => {
    expect(after("one\ntyped\nthree\n", CHANGED)).toBeUndefined();
  });
});

describe("edits to be approved", () => {
  it("are shown in the diff editor, of documents that are no files", async () => {
    file(CURRENT);
    const review = new Review();
    expect(await review.show(edits(CHANGED), false)).toBe(true);
    const [command, before, changed, title, how] = commands.executeCommand.mock.calls[0] as [string, Uri, Uri, string, unknown];
    expect([command, title, how]).toEqual(["vscode.diff", "Task 3 proposes: a.py", { preserveFocus: true, preview: true }]);
    expect([before, changed].map(String)).toEqual(["devika:///task 3/9/before/a.py", "devika:///task 3/9/after/a.py"]);
    expect(shown(review)).toEqual([CURRENT, "one\n2\nthree\nfour\n"]);
  });

  it("are compared to the text that the user has, saved or not", async () => {
    workspace.textDocuments = [{ uri: Uri.file("/ws/a.py"), getText: () => `${CURRENT}typed\n` }];
    const review = new Review();
    await review.show(edits(CHANGED), false);
    expect(shown(review)).toEqual([`${CURRENT}typed\n`, "one\n2\nthree\nfour\ntyped\n"]);
    expect(workspace.fs.readFile).not.toHaveBeenCalled();
  });

  it("are compared to the task's own worktree, where it has one", async () => {
    file(CURRENT);
    await new Review().show({ ...edits(CHANGED), worktree: "/trees/3" }, false);
    expect(workspace.fs.readFile).toHaveBeenCalledWith(Uri.file("/trees/3/a.py"));
  });

  it("of several files are shown in one editor, which takes the keyboard: where the user wants it", async () => {
    file(CURRENT);
    expect(await new Review().show(edits(CHANGED, CREATED), false)).toBe(false);
    expect(commands.executeCommand).not.toHaveBeenCalled();
    expect(await new Review().show(edits(CHANGED, CREATED), true)).toBe(true);
    const [command, title, files] = commands.executeCommand.mock.calls[0] as [string, string, unknown[][]];
    expect([command, title]).toEqual(["vscode.changes", "Task 3 proposes: 2 files"]);
    expect(files.map(([, , changed]) => String(changed))).toEqual(["devika:///task 3/9/after/a.py", "devika:///task 3/9/after/b.py"]);
  });

  it("are left to the text of the diff where they do not fit, or lead out of the project", async () => {
    file("quite another\n");
    expect(await new Review().show(edits(CHANGED), false)).toBe(false);
    expect(await new Review().show(edits(CHANGED.replaceAll("/a.py", "/../../a.py")), true)).toBe(false);
    expect(commands.executeCommand).not.toHaveBeenCalled();
  });

  it("are closed with the question, and no other editor is", async () => {
    const diff = (path: string): unknown => new TabInputTextDiff(undefined, Uri.from({ scheme: "devika", path }));
    const [mine, several, other, others] = [
      { input: diff("/task 3/9/after/a.py"), label: "a" },
      { input: undefined, label: "Task 3 proposes: 2 files" },
      { input: diff("/task 3/10/after/a.py"), label: "a" },
      { input: undefined, label: "Welcome" },
    ];
    window.tabGroups.all = [{ tabs: [mine, several, other, others] }];
    await new Review().close(edits(CHANGED));
    expect(window.tabGroups.close).toHaveBeenCalledWith([mine, several], true);
  });
});
