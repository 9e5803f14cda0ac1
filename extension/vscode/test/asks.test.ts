import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Event } from "../src/protocol";
import { Tasks } from "../src/tasks";
import { Asks } from "../src/views/asks";
import { QUEUED, STARTED, records } from "./records";
import { bar, window } from "./vscode";

const COMMAND: Event = { event: "asked", ask: 5, kind: "command", text: "Run this command in /ws?\nls -la" };

/** A window with a view of asks, to which events happen. */
function world(isSeen = false): { happen: (...events: Event[]) => void; answers: Record<"approve" | "answer" | "preview" | "close", ReturnType<typeof vi.fn>> } {
  const tasks = new Tasks();
  const answers = { approve: vi.fn(), answer: vi.fn(), preview: vi.fn(), close: vi.fn() };
  const asks = new Asks(tasks, { ...answers, isSeen: () => isSeen });
  let seq = 1;
  const happen = (...events: Event[]): void => {
    for (const record of records(events, 1, seq)) {
      seq += 1;
      tasks.take(record);
      const task = tasks.get(1);
      if (task) asks.onEvent(task, record);
    }
  };
  happen(QUEUED, STARTED);
  return { happen, answers };
}

/** The user's choice, made when the test calls the function. */
function choosing(): (choice: string | undefined) => void {
  let choose: (choice: string | undefined) => void = () => undefined;
  window.showInformationMessage.mockReturnValueOnce(new Promise((resolve) => (choose = resolve)));
  return (choice) => {
    choose(choice);
  };
}

beforeEach(() => {
  vi.clearAllMocks();
  bar.hide();
});

describe("an approval", () => {
  it("shows the exact command line, and tells the server what was chosen", async () => {
    const { happen, answers } = world();
    const choose = choosing();
    happen(COMMAND);
    expect(window.showInformationMessage).toHaveBeenCalledWith(
      "Devika: Run in “ws”?  ls -la",
      "Allow",
      "Always in This Project",
      "Deny",
    );
    choose("Allow");
    await vi.waitFor(() => {
      expect(answers.approve).toHaveBeenCalledWith(expect.objectContaining({ task: 1, id: 5 }), { allow: true });
    });
  });

  it("of a command can be for the whole project", async () => {
    const { happen, answers } = world();
    const choose = choosing();
    happen(COMMAND);
    choose("Always in This Project");
    await vi.waitFor(() => {
      expect(answers.approve).toHaveBeenCalledWith(expect.anything(), { allow: true, scope: "project" });
    });
  });

  it("stays in the status bar until it is answered", () => {
    const { happen } = world();
    choosing();
    happen(COMMAND);
    expect([bar.visible, bar.command]).toEqual([true, "devika.approve"]);
    happen({ event: "answered", ask: 5, answer: "yes" });
    expect(bar.visible).toBe(false);
  });

  it("is not answered by a message that has been overtaken", async () => {
    const { happen, answers } = world();
    const choose = choosing();
    happen(COMMAND, { event: "answered", ask: 5, answer: "no" });
    choose("Allow");
    await Promise.resolve();
    expect(answers.approve).not.toHaveBeenCalled();
  });

  it("of a plan shows the plan in an editor, until it is answered", async () => {
    const { happen, answers } = world();
    choosing();
    happen({ event: "asked", ask: 6, kind: "plan", text: "I will.\n1. Write\n2. Test\nCarry out this plan?" });
    await vi.waitFor(() => {
      expect(answers.preview).toHaveBeenCalledTimes(1);
      expect(window.showInformationMessage).toHaveBeenCalledWith("Devika: Carry out this plan?", "Allow", "Deny", "Show");
    });
    happen({ event: "answered", ask: 6, answer: "yes" });
    expect(answers.close).toHaveBeenCalledWith(expect.objectContaining({ id: 6 }));
  });
});

it("a question opens its input box when the user chooses to answer, not before", async () => {
  const { happen, answers } = world();
  const choose = choosing();
  happen({ event: "asked", ask: 7, kind: "question", text: "Which database?" });
  expect(answers.answer).not.toHaveBeenCalled();
  choose("Answer…");
  await vi.waitFor(() => {
    expect(answers.answer).toHaveBeenCalledWith(expect.objectContaining({ id: 7 }));
  });
});
