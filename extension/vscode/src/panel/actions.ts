/** What the user does in the panel, carried out. */

import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { Uri, commands, env, window, workspace } from "vscode";
import { chooseFolder } from "../commands/folder";
import { offerFolder } from "../openFolder";
import type { EventRecord, TaskId, TaskView } from "../protocol";
import type { Session } from "../session";
import { taskSettings } from "../settings";
import type { FromPanel, ToPanel } from "./messages";

/** A picture of more than this is not shown, in bytes. */
const PICTURE_LIMIT = 8 * 1024 * 1024;

const PNG = [0x89, 0x50, 0x4e, 0x47];

/** What actions need around them. */
export interface Around {
  session: Pick<Session, "execute">;
  feed: (shown?: number) => Promise<void>;
  tell: (message: ToPanel) => unknown;
}

export async function carryOut({ session, feed, tell }: Around, message: FromPanel): Promise<unknown> {
  switch (message.type) {
    case "ready":
      return feed();
    case "earlier":
      return feed(message.shown);
    case "start":
      return start(session, message);
    case "steer":
      return session.execute("devika.task.steer", { task: message.task, text: message.text });
    case "reply":
      return session.execute("devika.task.reply", { task: message.task, answer: message.answer });
    case "approve": {
      const { task, ask, allow, scope, refused } = message;
      const answer = { allow, ...(scope ? { scope } : {}), ...(refused ? { refused } : {}) };
      return session.execute("devika.task.approve", { task, ask, ...answer });
    }
    case "pause":
    case "cancel":
    case "resume":
    case "accept":
    case "push":
    case "pullRequest":
      return session.execute(`devika.task.${message.type}`, { task: message.task });
    case "discard":
      return discard(session, message.task);
    case "undo":
    case "redo": {
      const { task, step } = message;
      return session.execute(`devika.task.${message.type}`, { task, ...(step === undefined ? {} : { step }) });
    }
    case "showEdits":
      return commands.executeCommand("devika.showEdits", { task: { id: message.task } });
    case "chooseModel":
      return commands.executeCommand("devika.chooseModel");
    case "openFile":
      return openFile(await taskView(session, message.task), message.path);
    case "openLink":
      return openLink(message.address);
    case "openMade":
      return openMade(await taskView(session, message.task), message.seq);
    case "picture":
      return tell({ ...message, png: await picture(await taskView(session, message.task), message.seq) });
    case "copy":
      return env.clipboard.writeText(message.text);
  }
}

async function start(session: Around["session"], { prompt, mode, git }: Extract<FromPanel, { type: "start" }>): Promise<void> {
  const folder = await chooseFolder();
  if (!folder) return;
  const root = folder.uri.toString();
  await session.execute("devika.task.start", { prompt, root, ...taskSettings(), ...(mode ? { mode } : {}), ...(git ? { git } : {}) });
}

/** Discards a task, once the user is sure. */
export async function discard(session: Around["session"], task: TaskId): Promise<void> {
  const detail = "Its changes are taken back, and its branch is deleted.";
  const choice = await window.showWarningMessage(`Devika: discard task ${task}?`, { modal: true, detail }, "Discard");
  if (choice === "Discard") await session.execute("devika.task.discard", { task });
}

function taskView(session: Around["session"], task: TaskId): Promise<TaskView> {
  return session.execute("devika.task.show", { task });
}

/** Opens a file of where the task works or has worked; a path that leads out of there opens nothing. */
async function openFile(task: TaskView, file: string): Promise<void> {
  const folder = folderOf(task);
  const whole = path.resolve(folder, file);
  if (!whole.startsWith(folder + path.sep)) throw new Error(`${file} is not in ${folder}.`);
  await window.showTextDocument(await workspace.openTextDocument(Uri.file(whole)), { preview: true });
}

/** The task's own worktree for as long as it is there, else the project. */
function folderOf({ project, events }: TaskView): string {
  const started = events.findLast(({ event }) => event === "started");
  const worktree = started?.event === "started" ? started.worktree : undefined;
  return worktree !== undefined && existsSync(worktree) ? worktree : project;
}

/** Opens an address of the web; the editor shows it to the user first. */
async function openLink(address: string): Promise<void> {
  const uri = Uri.parse(address, true);
  if (!["http", "https"].includes(uri.scheme)) throw new Error(`${address} is no address of the web.`);
  await env.openExternal(uri);
}

async function openMade({ events }: TaskView, seq: number): Promise<void> {
  const made = recordOf(events, seq, "made");
  if (!made) return;
  switch (made.what) {
    case "site":
    case "request":
      return openLink(made.place);
    case "project":
      await offerFolder({ uri: Uri.file(made.place).toString() }, (text) => Uri.parse(text));
      return;
    case "report":
      await commands.executeCommand("vscode.open", Uri.file(made.place));
      return;
    case "branch":
      // It is at a forge, and has no page of its own.
      return;
  }
}

async function picture({ events }: TaskView, seq: number): Promise<Uint8Array | null> {
  const file = recordOf(events, seq, "page_read")?.screenshot;
  if (file === undefined) return null;
  try {
    if ((await stat(file)).size > PICTURE_LIMIT) return null;
    const bytes = new Uint8Array(await readFile(file));
    return PNG.every((byte, at) => bytes[at] === byte) ? bytes : null;
  } catch {
    return null;
  }
}

function recordOf<K extends EventRecord["event"]>(events: EventRecord[], seq: number, kind: K): Extract<EventRecord, { event: K }> | undefined {
  const is = (record: EventRecord): record is Extract<EventRecord, { event: K }> => record.event === kind;
  return events.filter(is).find((record) => record.seq === seq);
}
