import { beforeEach, describe, expect, it, vi } from "vitest";
import { accept, undo } from "../src/commands/afterwards";
import type { Window } from "../src/commands/index";
import { window } from "./vscode";

/** A window whose server lists tasks in these states, numbered from 1, and what it was asked. */
function listing(...states: string[]): { of: Window; asked: unknown[] } {
  const asked: unknown[] = [];
  const tasks = states.map((state, index) => ({ id: index + 1, state, prompt: "Greet", created: "2026-01-01" }));
  const execute = (...command: unknown[]): Promise<unknown> => {
    asked.push(command);
    return Promise.resolve(command[0] === "devika.task.list" ? tasks : null);
  };
  return { of: { session: { execute } } as unknown as Window, asked: asked };
}

describe("a task's work, once it is there", () => {
  beforeEach(() => {
    vi.resetAllMocks();
  });

  it("is taken back where the user chooses the task", async () => {
    window.showQuickPick.mockResolvedValue({ task: 2 });
    const { of, asked } = listing("running", "completed");
    await undo(of, undefined);
    expect(asked[1]).toEqual(["devika.task.undo", { task: 2 }]);
    const [items] = window.showQuickPick.mock.calls[0] as [{ task: number }[]];
    expect(items.map((item) => item.task)).toEqual([2]);
  });

  it("stays where the user chooses none", async () => {
    window.showQuickPick.mockResolvedValue(undefined);
    const { of, asked } = listing("completed");
    await accept(of, undefined);
    expect(asked).toEqual([["devika.task.list", {}]]);
  });

  it("is not there while the task runs", async () => {
    const { of, asked } = listing("running");
    await accept(of, undefined);
    expect(window.showInformationMessage).toHaveBeenCalledWith("Devika: there is no such task here yet.");
    expect(asked).toHaveLength(1);
  });
});
