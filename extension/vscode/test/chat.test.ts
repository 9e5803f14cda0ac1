import { beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../src/chat";
import type { Event } from "../src/protocol";
import { Tasks } from "../src/tasks";
import { PLAN, QUEUED, STARTED, records } from "./records";
import { Uri, workspace } from "./vscode";

const USAGE = { input: 1, cached: 0, output: 1, cost: 0 };
const DONE: Event = { event: "completed", summary: "It says hello.", branch: "devika/hello", usage: USAGE };

/** A chat whose server starts a task, to which these events happen before the server has answered, and after. */
function world(before: Event[], after: Event[]): { ask: (prompt: string) => Promise<unknown>; said: unknown[]; asked: unknown[]; stop: () => void; chat: Chat } {
  const tasks = new Tasks();
  const said: unknown[] = [];
  const asked: unknown[] = [];
  let stop: () => void = () => undefined;
  const happen = (events: Event[], first: number): void => {
    for (const record of records(events, 1, first)) {
      tasks.take(record);
      const task = tasks.get(1);
      if (task) chat.onEvent(task, record);
    }
  };
  const execute = (name: string, args: unknown): Promise<unknown> => {
    asked.push([name, args]);
    if (name !== "devika.task.start") return Promise.resolve(null);
    happen(before, 1);
    setTimeout(() => { happen(after, before.length + 1); });
    return Promise.resolve({ task: 1 });
  };
  const chat = new Chat({ execute } as never);
  const answer = {
    markdown: (text: unknown) => said.push(text),
    progress: (text: string) => said.push({ progress: text }),
    button: ({ command, arguments: about }: { command: string; arguments?: unknown }) => said.push({ button: command, about }),
  };
  const token = { isCancellationRequested: false, onCancellationRequested: (act: () => void) => { stop = act; return { dispose: () => undefined }; } };
  return { ask: (prompt) => chat.answer({ prompt }, answer, token as never), said, asked, stop: () => { stop(); }, chat };
}

const ABOUT = [{ task: { id: 1 } }];

beforeEach(() => {
  vi.resetAllMocks();
  workspace.getConfiguration.mockReturnValue({ get: () => undefined });
  workspace.workspaceFolders = [{ name: "ws", uri: Uri.file("/ws") }];
});

describe("@devika", () => {
  it("starts a task, and tells its plan and its result, with buttons for what can be done", async () => {
    const { ask, said, asked } = world([QUEUED, STARTED], [{ event: "planned", plan: PLAN }, DONE]);
    expect(await ask(" Write hello ")).toEqual({});
    expect(asked).toEqual([["devika.task.start", { prompt: "Write hello", root: "file:///ws" }]]);
    expect(said).toEqual([
      { button: "devika.cancel", about: ABOUT },
      "I will write hello.py.\n\n1. Write hello.py\n2. Write its test\n\n",
      "It says hello.\n\n",
      { button: "devika.accept", about: ABOUT },
      { button: "devika.undo", about: ABOUT },
    ]);
  });

  it("answers a question, of which there is nothing to accept", async () => {
    const { ask, said } = world([QUEUED], [STARTED, { event: "reply", text: "In `main.rs`." }, { event: "completed", summary: "", usage: USAGE }]);
    await ask("Where does it start?");
    expect(said).toEqual([{ button: "devika.cancel", about: ABOUT }, "In `main.rs`.\n\n", "\n\n"]);
  });

  it("puts what the task asks to the user", async () => {
    const { ask, said } = world([QUEUED, STARTED], [{ event: "asked", ask: 4, kind: "question", text: "Which currency?" }, DONE]);
    await ask("Add prices");
    expect(said.slice(1, 3)).toEqual(["**Devika asks:** Which currency?\n\n", { button: "devika.answer", about: undefined }]);
  });

  it("stops the task where the user stops the answer", async () => {
    const { ask, said, asked, stop } = world([QUEUED, STARTED], []);
    const answered = ask("Write hello");
    await vi.waitFor(() => { expect(said).toHaveLength(1); });
    stop();
    expect(asked.at(-1)).toEqual(["devika.task.cancel", { task: 1 }]);
    void answered;
  });

  it("fetches no picture that a model names, and follows none of its HTML", async () => {
    const { ask, said } = world([QUEUED], [{ event: "reply", text: "![x](https://e.org/x.png) <img src=x>" }, DONE]);
    await ask("Draw");
    expect(said[1]).toBe("!\\[x](https://e.org/x.png) &lt;img src=x>\n\n");
  });

  it("says so where the server is gone, or there is nothing to do", async () => {
    const lost = world([QUEUED], []);
    const answered = lost.ask("Write hello");
    await vi.waitFor(() => { expect(lost.said).toHaveLength(1); });
    lost.chat.onDisconnect();
    expect(await answered).toEqual({ errorDetails: { message: "The server is gone. “Devika: Show Tasks” resumes the task." } });
    const idle = world([], []);
    await idle.ask("  ");
    expect([idle.said, idle.asked]).toEqual([["Say in a sentence what is to be done, or ask about this project."], []]);
  });

  it("is not there where the editor has no chat", () => {
    expect(world([], []).chat.register()).toEqual([]);
  });
});
