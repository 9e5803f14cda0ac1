/**
 * Questions and approvals: a message when one comes, and an entry in the status bar for as long as
 * it waits. Nothing takes the keyboard from the user on its own.
 */

import { StatusBarAlignment, type StatusBarItem, ThemeColor, commands, window } from "vscode";
import type { EventRecord } from "../protocol";
import type { View } from "../session";
import { type Ask, type Task, type Tasks, pendingAsk } from "../tasks";
import { askParts, oneLine, plain } from "../words";

const ALLOW = "Allow";
const DENY = "Deny";
const ANSWER = "Answer…";
const SHOW = "Show";

/** Longer subjects, and those of several lines, are shown in an editor. */
const MESSAGE_LIMIT = 300;

/** How an ask is answered. */
export interface Answers {
  approve: (ask: Ask, allow: boolean) => Promise<void>;
  /** Opens an input box for the answer to a question. */
  answer: (ask: Ask) => Promise<void>;
  /** Shows what is to be approved in an editor. */
  preview: (ask: Ask) => Promise<void>;
}

export class Asks implements View {
  private readonly offered = new Set<string>();
  private readonly bar: StatusBarItem;

  constructor(
    private readonly tasks: Tasks,
    private readonly answers: Answers,
  ) {
    this.bar = window.createStatusBarItem("devika.asks", StatusBarAlignment.Left, 100);
    this.bar.name = "Devika";
    this.bar.backgroundColor = new ThemeColor("statusBarItem.warningBackground");
  }

  onEvent(task: Task, record: EventRecord): void {
    if (record.event === "asked") this.offer(task);
    this.refresh();
  }

  onHistory(task: Task): void {
    this.offer(task);
    this.refresh();
  }

  dispose(): void {
    this.bar.dispose();
  }

  /** Puts what the task waits for before the user. */
  private offer(task: Task): void {
    const ask = pendingAsk(task);
    if (!ask || this.offered.has(key(ask))) return;
    this.offered.add(key(ask));
    void this.show(ask);
  }

  private async show(ask: Ask): Promise<void> {
    if (isLong(ask)) await this.answers.preview(ask);
    const choice = await window.showInformationMessage(message(ask), ...choices(ask));
    const waits = this.tasks.asks().some((pending) => key(pending) === key(ask));
    if (choice === undefined || !waits) return;
    if (choice === ANSWER) await this.answers.answer(ask);
    else if (choice === SHOW) await this.again(ask);
    else await this.answers.approve(ask, choice === ALLOW);
  }

  private async again(ask: Ask): Promise<void> {
    await this.answers.preview(ask);
    await commands.executeCommand("devika.approve");
  }

  private refresh(): void {
    const [first, ...more] = this.tasks.asks();
    if (!first) {
      this.bar.hide();
      return;
    }
    const { question } = askParts(first);
    this.bar.text = `$(question) Devika asks${more.length > 0 ? ` (${more.length + 1})` : ""}: ${oneLine(question, 40)}`;
    this.bar.tooltip = plain(first.text);
    this.bar.command = first.kind === "question" ? "devika.answer" : "devika.approve";
    this.bar.show();
  }
}

/** Whether the subject needs more room than a message or a list has. */
export function isLong(ask: Ask): boolean {
  const { subject } = askParts(ask);
  return subject.length > MESSAGE_LIMIT || subject.includes("\n");
}

function message(ask: Ask): string {
  const { question, subject } = askParts(ask);
  if (ask.kind === "question") return plain(`Devika asks: ${ask.text}`);
  if (ask.kind === "plan") return "Devika: carry out this plan?";
  if (ask.kind === "edits") return "Devika: apply these edits?";
  return plain(subject && !isLong(ask) ? `Devika: ${question}  ${subject}` : `Devika: ${question}`);
}

function choices(ask: Ask): string[] {
  if (ask.kind === "question") return [ANSWER];
  return isLong(ask) ? [ALLOW, DENY, SHOW] : [ALLOW, DENY];
}

function key(ask: Ask): string {
  return `${ask.task}/${ask.id}`;
}
