import { beforeEach, describe, expect, it, vi } from "vitest";
import { restore } from "../src/commands/restore";
import type { Window } from "../src/commands/index";
import type { TaskCheckpoint } from "../src/protocol";
import { window } from "./vscode";

const KEPT: TaskCheckpoint[] = [
  { name: "1", commit: "a", at: 1_700_000_000, bytes: 5, left_out: [], command: "make", about: "before `make`" },
  { name: "1-after", commit: "b", at: 1_700_000_009, bytes: 5, left_out: ["video.mp4 (too large)"], command: null, about: "what a command left" },
];

/** A window whose server has kept this of task 7, and what it was asked. */
function keeping(checkpoints: TaskCheckpoint[]): { of: Window; asked: unknown[] } {
  const asked: unknown[] = [];
  const execute = (...command: unknown[]): Promise<unknown> => {
    asked.push(command);
    return Promise.resolve(command[0] === "devika.task.checkpoints" ? checkpoints : null);
  };
  return { of: { session: { execute } } as unknown as Window, asked };
}

describe("what was kept before commands", () => {
  beforeEach(() => {
    vi.resetAllMocks();
  });

  it("is restored where the user chooses a checkpoint, the newest first", async () => {
    window.showQuickPick.mockImplementation((items: unknown[]) => Promise.resolve(items[1]));
    const { of, asked } = keeping(KEPT);
    await restore(of, { task: { id: 7 } });
    expect(asked).toEqual([
      ["devika.task.checkpoints", { task: 7 }],
      ["devika.task.restore", { task: 7, checkpoint: "1" }],
    ]);
    const [items] = window.showQuickPick.mock.calls[0] as [{ label: string; detail: string }[]];
    expect(items.map(({ label }) => label)).toEqual(["what a command left", "before `make`"]);
    expect(items[0]?.detail).toContain("without video.mp4 (too large)");
  });

  it("stays where the user chooses none", async () => {
    window.showQuickPick.mockResolvedValue(undefined);
    const { of, asked } = keeping(KEPT);
    await restore(of, { task: { id: 7 } });
    expect(asked).toEqual([["devika.task.checkpoints", { task: 7 }]]);
  });

  it("is said to be nothing where the task ran no commands", async () => {
    const { of, asked } = keeping([]);
    await restore(of, { task: { id: 7 } });
    expect(window.showInformationMessage).toHaveBeenCalledWith(expect.stringContaining("nothing is kept"));
    expect(asked).toHaveLength(1);
  });
});
