import { beforeEach, describe, expect, it, vi } from "vitest";
import { pause } from "../src/commands/pause";
import { steer } from "../src/commands/steer";
import type { Window } from "../src/commands/index";
import { QUEUED, STARTED, taskAfter } from "./records";
import { window } from "./vscode";

/** A window in which so many tasks run, and what it has had the server do. */
function running(...ids: number[]): { of: Window; done: unknown[] } {
  const done: unknown[] = [];
  const tasks = ids.map((id) => ({ ...taskAfter(QUEUED, STARTED), id }));
  const execute = (...command: unknown[]): Promise<null> => {
    done.push(command);
    return Promise.resolve(null);
  };
  return { of: { session: { tasks: { running: () => tasks }, execute } } as unknown as Window, done };
}

describe("speaking while a task runs", () => {
  beforeEach(() => {
    vi.resetAllMocks();
  });

  it("gives the running task the words", async () => {
    window.showInputBox.mockResolvedValue(" In German ");
    const { of, done } = running(7);
    await steer(of);
    expect(done).toEqual([["devika.task.steer", { task: 7, text: "In German" }]]);
  });

  it("says nothing where the user has nothing to say", async () => {
    window.showInputBox.mockResolvedValue(undefined);
    const { of, done } = running(7);
    await steer(of);
    expect(done).toEqual([]);
  });

  it("pauses the task that is chosen among several", async () => {
    window.showQuickPick.mockResolvedValue({ task: 8 });
    const { of, done } = running(7, 8);
    await pause(of);
    expect(done).toEqual([["devika.task.pause", { task: 8 }]]);
  });

  it("tells where no task runs", async () => {
    const { of, done } = running();
    await pause(of);
    expect(window.showInformationMessage).toHaveBeenCalledWith("Devika: no task is running here.");
    expect(done).toEqual([]);
  });
});
