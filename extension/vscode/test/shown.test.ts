import { beforeEach, expect, it, vi } from "vitest";
import { allowShown, chooseShown, denyShown } from "../src/commands/approve";
import type { Event } from "../src/protocol";
import type { Session } from "../src/session";
import { Tasks } from "../src/tasks";
import { QUEUED, STARTED, records } from "./records";
import { Uri, window } from "./vscode";

const DIFF = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n";
const ASKED: Event = { event: "asked", ask: 9, kind: "edits", text: `${DIFF}\nApply these edits?` };

/** What the server is told after a press on the button of an editor. */
async function pressed(button: typeof allowShown, path: string): Promise<unknown[]> {
  const tasks = new Tasks();
  for (const record of records([QUEUED, STARTED, ASKED])) tasks.take(record);
  const execute = vi.fn();
  await button({ session: { tasks, execute } as unknown as Session }, Uri.from({ scheme: "devika", path }));
  return execute.mock.calls;
}

beforeEach(() => {
  vi.clearAllMocks();
});

it("the buttons of a diff decide on what it shows", async () => {
  const path = "/task 1/9/after/a.py";
  expect(await pressed(allowShown, path)).toEqual([["devika.task.approve", { task: 1, ask: 9, allow: true }]]);
  expect(await pressed(denyShown, path)).toEqual([["devika.task.approve", { task: 1, ask: 9, allow: false }]]);
  window.showQuickPick.mockImplementationOnce((items: unknown[]) => Promise.resolve(items.slice(1)));
  expect(await pressed(chooseShown, path)).toEqual([["devika.task.approve", { task: 1, ask: 9, allow: true, refused: [] }]]);
  window.showQuickPick.mockResolvedValueOnce(undefined);
  expect(await pressed(chooseShown, path)).toEqual([]);
});

it("what is shown no longer waits, or is another task's", async () => {
  await expect(pressed(allowShown, "/task 1/8/after/a.py")).rejects.toThrow("This approval is over.");
  await expect(pressed(allowShown, "/task 11/9/after/a.py")).rejects.toThrow("This approval is over.");
});
