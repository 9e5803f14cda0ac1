import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { WebviewView } from "vscode";
import { type Around, carryOut } from "../src/panel/actions";
import type { FromPanel, ToPanel } from "../src/panel/messages";
import { Panel } from "../src/panel/panel";
import { Tail } from "../src/panel/tail";
import type { Event, TaskView } from "../src/protocol";
import { QUEUED, STARTED, records, taskAfter, view } from "./records";
import { Uri, commands, env, window, workspace } from "./vscode";

const TURN: Event = { event: "turn_started", turn: 1, agent: "coder", model: "a/b", prompt_tokens: 1 };
const delta = (text: string, turn = 1): Event => ({ event: "turn_delta", turn, text, reasoning: false });

beforeEach(() => {
  vi.resetAllMocks();
  workspace.getConfiguration.mockReturnValue({ get: () => "" });
});

/** A panel that is open, over a server with these tasks; its page is played by the test. */
function open(...tasks: TaskView[]): { panel: Panel; told: ToPanel[]; say: (message: FromPanel) => void; html: () => string; asked: unknown[] } {
  const told: ToPanel[] = [];
  const asked: unknown[] = [];
  const execute = (name: string, args: { task?: number; limit?: number }): Promise<unknown> => {
    asked.push([name, args]);
    if (name === "devika.task.list") return Promise.resolve(tasks.slice(0, args.limit));
    return Promise.resolve(tasks.find(({ id }) => id === args.task));
  };
  const session = { execute } as unknown as Around["session"];
  const panel: Panel = new Panel({ extensionUri: Uri.file("/ext") } as never, session, async (message) => {
    await carryOut({ session, feed: (shown) => panel.feed(shown), tell: (message) => panel.tell(message) }, message);
  });
  let say: (message: FromPanel) => void = () => undefined;
  const webview = {
    html: "",
    cspSource: "https://own.example",
    asWebviewUri: (uri: Uri) => uri,
    onDidReceiveMessage: (take: typeof say) => (say = take),
    postMessage: (message: ToPanel) => Promise.resolve(told.push(structuredClone(message)) > 0),
  };
  panel.resolveWebviewView({ webview, visible: true, onDidDispose: () => undefined } as unknown as WebviewView);
  return { panel, told, say: (message) => { say(message); }, html: () => webview.html, asked };
}

const ofType = (told: ToPanel[], type: ToPanel["type"]): ToPanel[] => told.filter((message) => message.type === type);

describe("the panel's page", () => {
  it("runs its own script alone, and loads nothing from elsewhere", () => {
    const html = open().html();
    const [, policy = ""] = /Content-Security-Policy" content="([^"]+)"/u.exec(html) ?? [];
    const [, nonce = ""] = /nonce="([^"]+)"/u.exec(html) ?? [];
    expect(policy).toBe(
      `default-src 'none'; script-src 'nonce-${nonce}'; style-src https://own.example; font-src https://own.example; img-src blob:`,
    );
    expect(nonce.length).toBeGreaterThan(20);
    expect(open().html()).not.toContain(nonce);
  });

  it("gets the history when it is ready, the oldest task first, and events from then on", async () => {
    const { panel, told, say } = open(view([QUEUED], 2), view([QUEUED], 1));
    for (const record of records([STARTED], 2, 9)) panel.onEvent(taskAfter(), record);
    say({ type: "ready" });
    await vi.waitFor(() => {
      expect(ofType(told, "history")).toEqual([
        { type: "history", tasks: [view([QUEUED], 1), view([QUEUED], 2)], events: records([STARTED], 2, 9), earlier: false },
      ]);
    });
    for (const record of records([TURN, delta("a")], 2, 10)) panel.onEvent(taskAfter(), record);
    await vi.waitFor(() => {
      expect(ofType(told, "events")).toEqual([{ type: "events", events: records([TURN, delta("a")], 2, 10) }]);
    });
  });

  it("gets what streams at the moment when it is opened again", async () => {
    const { panel, told, say } = open(view([QUEUED, STARTED, TURN], 1));
    for (const record of records([delta("Hel"), delta("lo")], 1, 4)) panel.onEvent(taskAfter(), record);
    say({ type: "ready" });
    await vi.waitFor(() => {
      const [history] = ofType(told, "history") as Extract<ToPanel, { type: "history" }>[];
      expect(history?.events).toEqual([expect.objectContaining({ event: "turn_delta", text: "Hello" })]);
    });
  });

  it("gets ten tasks, and more when it asks for earlier ones", async () => {
    const all = Array.from({ length: 12 }, (_, at) => view([QUEUED], 12 - at));
    const { told, say } = open(...all);
    const counts = (): [number, boolean][] => (ofType(told, "history") as Extract<ToPanel, { type: "history" }>[]).map(({ tasks, earlier }) => [tasks.length, earlier]);
    say({ type: "ready" });
    await vi.waitFor(() => { expect(counts()).toEqual([[10, true]]); });
    say({ type: "earlier", shown: 10 });
    await vi.waitFor(() => { expect(counts()).toEqual([[10, true], [12, false]]); });
  });

  it("gets a task that began elsewhere, beside all those that it shows", async () => {
    const { panel, told, say } = open(...Array.from({ length: 12 }, (_, at) => view([QUEUED], 12 - at)));
    say({ type: "earlier", shown: 10 });
    await vi.waitFor(() => { expect(ofType(told, "history")).toHaveLength(1); });
    panel.onHistory(taskAfter(), records([QUEUED], 12));
    await vi.waitFor(() => {
      expect(ofType(told, "history").map((message) => message.type === "history" && message.tasks.length)).toEqual([12, 12]);
    });
  });

  it("is told when the server is gone", () => {
    const { panel, told } = open();
    panel.onDisconnect();
    expect(told).toEqual([{ type: "gone" }]);
  });
});

describe("the tail of what streams", () => {
  const after = (...events: Event[]): string[] => {
    const tail = new Tail();
    for (const record of records(events)) tail.take(record);
    return tail.all().map((record) => ("text" in record ? record.text : record.event));
  };

  it("is what has arrived of turns and commands that are not over", () => {
    const output: Event = { event: "command_output", command: 1, text: "out" };
    expect(after(delta("a"), delta("b"), output, delta("c", 2))).toEqual(["ab", "out", "c"]);
    expect(after(delta("a"), output, { event: "turn_failed", turn: 1, error: "" })).toEqual(["out"]);
    expect(after(delta("a"), output, { event: "command_finished", command: 1, exit: { code: 0 }, output: "", millis: 1 })).toEqual(["a"]);
    expect(after(delta("a"), output, { event: "cancelled" })).toEqual([]);
  });
});

describe("what the user does in the panel", () => {
  async function does(message: FromPanel, task = view([QUEUED])): Promise<unknown[]> {
    const asked: unknown[] = [];
    const execute = (...command: unknown[]): Promise<unknown> => {
      if (command[0] === "devika.task.show") return Promise.resolve(task);
      asked.push(command);
      return Promise.resolve(null);
    };
    const tell = (message: ToPanel): unknown => asked.push(message);
    await carryOut({ session: { execute } as unknown as Around["session"], feed: () => Promise.resolve(), tell }, message);
    return asked;
  }

  it("becomes the server's commands", async () => {
    workspace.workspaceFolders = [{ name: "ws", uri: Uri.file("/ws") }];
    expect(await does({ type: "start", prompt: "Greet", mode: "review" })).toEqual([["devika.task.start", { prompt: "Greet", root: "file:///ws", mode: "review" }]]);
    expect(await does({ type: "start", prompt: "Greet", mode: "", git: "worktree" })).toEqual([["devika.task.start", { prompt: "Greet", root: "file:///ws", git: "worktree" }]]);
    expect(await does({ type: "steer", task: 1, text: "more" })).toEqual([["devika.task.steer", { task: 1, text: "more" }]]);
    expect(await does({ type: "approve", task: 1, ask: 2, allow: true, scope: "project" })).toEqual([["devika.task.approve", { task: 1, ask: 2, allow: true, scope: "project" }]]);
    expect(await does({ type: "undo", task: 1, step: 2 })).toEqual([["devika.task.undo", { task: 1, step: 2 }]]);
    expect(await does({ type: "pause", task: 1 })).toEqual([["devika.task.pause", { task: 1 }]]);
  });

  it("discards only what the user is sure of", async () => {
    window.showWarningMessage.mockResolvedValueOnce(undefined).mockResolvedValueOnce("Discard");
    expect(await does({ type: "discard", task: 1 })).toEqual([]);
    expect(await does({ type: "discard", task: 1 })).toEqual([["devika.task.discard", { task: 1 }]]);
  });

  it("opens files of the project, and none outside of it", async () => {
    await does({ type: "openFile", task: 1, path: "src/a.py" });
    expect(workspace.openTextDocument).toHaveBeenCalledWith(Uri.file("/ws/src/a.py"));
    for (const path of ["../secret", "/etc/passwd", "a/../../b"]) {
      await expect(does({ type: "openFile", task: 1, path })).rejects.toThrow(`${path} is not in /ws.`);
    }
  });

  it("opens a file of the task's own worktree for as long as that is there", async () => {
    const worktree = mkdtempSync(path.join(tmpdir(), "worktree-"));
    const task = view([QUEUED, { event: "started", resumed: false, worktree }]);
    await does({ type: "openFile", task: 1, path: "a.py" }, task);
    expect(workspace.openTextDocument).toHaveBeenLastCalledWith(Uri.file(path.join(worktree, "a.py")));
    rmSync(worktree, { recursive: true });
    await does({ type: "openFile", task: 1, path: "a.py" }, task);
    expect(workspace.openTextDocument).toHaveBeenLastCalledWith(Uri.file("/ws/a.py"));
  });

  it("opens addresses of the web alone", async () => {
    await does({ type: "openLink", address: "https://example.org/a" });
    expect(env.openExternal).toHaveBeenCalledTimes(1);
    for (const address of ["file:///etc/passwd", "command:workbench.action.quit", "vscode://x"]) {
      await expect(does({ type: "openLink", address })).rejects.toThrow("is no address of the web");
    }
    expect(commands.executeCommand).not.toHaveBeenCalled();
  });

  it("opens the address of a request in the browser, and a branch that was pushed nowhere", async () => {
    const made = view([QUEUED, { event: "made", what: "request", place: "https://example.org/pull/1" }, { event: "made", what: "branch", place: "origin/devika/x" }]);
    await does({ type: "openMade", task: 1, seq: 2 }, made);
    await does({ type: "openMade", task: 1, seq: 3 }, made);
    expect(env.openExternal).toHaveBeenCalledTimes(1);
    expect(commands.executeCommand).not.toHaveBeenCalled();
  });

  it("sees a page's picture where it is one, and where it is that of an event", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "devika-"));
    const file = (name: string, bytes: number[]): string => {
      writeFileSync(path.join(folder, name), new Uint8Array(bytes));
      return path.join(folder, name);
    };
    const read = (screenshot: string): Event => ({ event: "page_read", address: "https://e.org", title: "", screenshot });
    const task = view([QUEUED, read(file("a.png", [0x89, 0x50, 0x4e, 0x47, 1])), read(file("b.png", [1, 2, 3, 4])), read("/gone.png")]);
    const pictures = await Promise.all([1, 2, 3, 4].map((seq) => does({ type: "picture", task: 1, seq }, task)));
    expect(pictures.map(([told]) => (told as { png: Uint8Array | null }).png?.length)).toEqual([undefined, 5, undefined, undefined]);
  });
});
