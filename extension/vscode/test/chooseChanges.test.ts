import { beforeEach, expect, it, vi } from "vitest";
import { canChoose, chooseChanges } from "../src/commands/chooseChanges";
import type { Ask } from "../src/tasks";
import { window } from "./vscode";

const ONE = "--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n+x = 1\n";
const TWO = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n@@ -20,0 +21 @@\n+more\n";
const RENAMED = "--- a/old.py\n+++ b/new.py\n";

interface Item {
  label: string;
  detail?: string;
  path?: string;
  part?: number;
}

const asked = (...diffs: string[]): Ask => ({ task: 3, project: "/ws", id: 9, kind: "edits", text: `${diffs.join("")}\nApply these edits?` });

/** The user leaves the items ticked that the test says. */
function ticking(fits: (item: Item) => boolean): void {
  window.showQuickPick.mockImplementationOnce((items: Item[]) => Promise.resolve(items.filter((item) => item.part !== undefined && fits(item))));
}

beforeEach(() => {
  vi.clearAllMocks();
});

it("there is nothing to choose of one change", () => {
  expect([canChoose(asked(ONE)), canChoose(asked(TWO)), canChoose(asked(ONE, RENAMED))]).toEqual([false, true, true]);
});

it("changes are listed under their files, each ticked, with where and what they are", async () => {
  ticking(() => true);
  expect(await chooseChanges(asked(TWO, RENAMED))).toEqual({ allow: true, refused: [] });
  const [items] = window.showQuickPick.mock.calls[0] as [Item[]];
  expect(items.map(({ label, detail }) => detail ?? label)).toEqual([
    "a.py", "line 1, +1 −1: new", "line 21, +1 −0: more", "new.py", "The file is renamed",
  ]);
});

it("what is not ticked is refused: changes, or a file", async () => {
  ticking(({ path, part }) => path === "a.py" && part === 2);
  expect(await chooseChanges(asked(TWO, ONE))).toEqual({ allow: true, refused: [{ path: "a.py", hunks: [1] }, { path: "b.py" }] });
});

it("nothing ticked is a no, and to go away is no answer", async () => {
  ticking(() => false);
  expect(await chooseChanges(asked(TWO))).toEqual({ allow: false });
  window.showQuickPick.mockResolvedValueOnce(undefined);
  expect(await chooseChanges(asked(TWO))).toBeUndefined();
});
