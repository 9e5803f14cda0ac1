/** `@devika` in the editor's chat, where it has one: a prompt starts a task, and its course is told. */

import * as vscode from "vscode";
import { chooseFolder } from "./commands/folder";
import { type EventRecord, type Plan, type TaskId, isEnding } from "./protocol";
import type { Session, View } from "./session";
import { taskSettings } from "./settings";
import type { Task } from "./tasks";
import { headline, oneLine, plain, progressLine } from "./words";

const PARTICIPANT = "devika.chat";

/** As much of the chat's answer as is written to. */
export type Answer = Pick<vscode.ChatResponseStream, "markdown" | "progress" | "button">;

/** As much of a request as is read. */
export type Request = Pick<vscode.ChatRequest, "prompt">;

/** Hears of an event of its task. */
type Listener = (task: Task, record: EventRecord) => void;

export class Chat implements View {
  private readonly listeners = new Set<Listener>();
  private readonly gone = new Set<() => void>();

  constructor(private readonly session: Pick<Session, "execute">) {}

  /** Makes `@devika` known to the editor; an editor without a chat has none. */
  register(): { dispose: () => void }[] {
    if (!("chat" in vscode)) return [];
    const { chat } = vscode;
    return [chat.createChatParticipant(PARTICIPANT, (request, _context, answer, token) => this.answer(request, answer, token))];
  }

  onEvent(task: Task, record: EventRecord): void {
    for (const listener of this.listeners) listener(task, record);
  }

  onHistory(): void {
    // Tasks that began elsewhere are told elsewhere.
  }

  onDisconnect(): void {
    for (const end of this.gone) end();
  }

  dispose(): void {
    this.onDisconnect();
  }

  /** Carries a request out, and is over when its task is. */
  async answer({ prompt }: Request, answer: Answer, token: vscode.CancellationToken): Promise<vscode.ChatResult> {
    if (!prompt.trim()) {
      answer.markdown("Say in a sentence what is to be done, or ask about this project.");
      return {};
    }
    const folder = await chooseFolder();
    if (!folder) return { errorDetails: { message: "Devika works in a folder on disk, and none is chosen." } };
    try {
      await this.follow({ prompt: prompt.trim(), root: folder.uri.toString(), ...taskSettings() }, answer, token);
      return {};
    } catch (error) {
      return { errorDetails: { message: error instanceof Error ? error.message : String(error) } };
    }
  }

  private async follow(args: { prompt: string; root: string }, answer: Answer, token: vscode.CancellationToken): Promise<void> {
    const early: Parameters<Listener>[] = [];
    const over = outcome();
    let id: TaskId | undefined;
    const hear: Listener = (task, record) => {
      // The first events may come before the server has named the task.
      if (id === undefined) early.push([task, record]);
      if (record.task !== id) return;
      tell(task, record, answer);
      if (isEnding(record)) over.resolve();
    };
    const lost = (): void => {
      over.reject(new Error("The server is gone. “Devika: Show Tasks” resumes the task."));
    };
    this.listeners.add(hear);
    this.gone.add(lost);
    const stop = token.onCancellationRequested(() => {
      if (id !== undefined) void this.session.execute("devika.task.cancel", { task: id }).catch(over.reject);
    });
    try {
      ({ task: id } = await this.session.execute("devika.task.start", args));
      if (token.isCancellationRequested) await this.session.execute("devika.task.cancel", { task: id });
      for (const [task, record] of early) hear(task, record);
      await over.promise;
    } finally {
      this.listeners.delete(hear);
      this.gone.delete(lost);
      stop.dispose();
    }
  }
}

/** An end that others bring about. Where nobody waits for it any more, its failure is of no concern. */
function outcome(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let settle: { resolve: () => void; reject: (error: unknown) => void } = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  return { promise, ...settle };
}

/** Tells one event of a task. */
function tell(task: Task, record: EventRecord, answer: Answer): void {
  const about = [{ task: { id: task.id } }];
  switch (record.event) {
    case "queued":
      answer.button({ command: "devika.cancel", title: "Stop", arguments: about });
      return;
    case "reply":
      answer.markdown(`${quiet(record.text)}\n\n`);
      return;
    case "planned":
      answer.markdown(planText(record.plan));
      return;
    case "stage_started":
      answer.progress(progressLine(task));
      return;
    case "committed":
      answer.markdown(`Committed \`${record.commit.slice(0, 8)}\`: ${words(record.subject)}\n\n`);
      return;
    case "asked":
      if (task.ask) answer.markdown(`**Devika asks:** ${words(headline(task.ask))}\n\n`);
      if (record.kind === "question") answer.button({ command: "devika.answer", title: "Answer" });
      else answer.button({ command: "devika.approve", title: "Approve or Deny" });
      return;
    case "completed":
      answer.markdown(`${quiet(record.summary)}\n\n`);
      if (record.branch === undefined) return;
      answer.button({ command: "devika.accept", title: "Accept", arguments: about });
      answer.button({ command: "devika.undo", title: "Undo", arguments: about });
      return;
    case "failed":
      answer.markdown(`**It failed.** ${quiet(record.reason)}`);
      answer.button({ command: "devika.resume", title: "Resume", arguments: about });
      return;
    case "paused":
      answer.markdown(`**It is paused.** ${quiet(record.text)}`);
      answer.button({ command: "devika.resume", title: "Resume", arguments: about });
      return;
    case "cancelled":
      answer.markdown("It was cancelled.");
      return;
    default:
  }
}

function planText({ reply, steps }: Plan): string {
  const lines = steps.map(({ text }, at) => `${at + 1}. ${words(text)}`);
  return `${quiet(reply)}\n\n${lines.join("\n")}\n\n`;
}

/** One line of words, in which nothing is a link. */
function words(text: string): string {
  return plain(oneLine(text, 300));
}

/** What a model wrote as Markdown, without pictures: none that it names is fetched. */
function quiet(text: string): string {
  return text.replaceAll("![", "!\\[").replace(/<(?=[a-z!/])/giu, "&lt;");
}
