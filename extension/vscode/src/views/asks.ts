/**
 * Questions and approvals: a message when one comes, and an entry in the status bar for as long as
 * it waits. Nothing takes the keyboard from the user on its own.
 */

import { StatusBarAlignment, type StatusBarItem, ThemeColor, commands, window } from "vscode";
import type { Approval } from "../commands/approve";
import type { EventRecord } from "../protocol";
import type { View } from "../session";
import { type Ask, type Task, type Tasks, pendingAsk } from "../tasks";
import { hasMore, hasScopes, headline, oneLine, plain } from "../words";

const ALLOW = "Allow";
const ALWAYS = "Always in This Project";
const DENY = "Deny";
const ANSWER = "Answer…";
const SHOW = "Show";
const SHOW_EDITS = "Show the Edits";

/** How an ask is answered. */
export interface Answers {
  approve: (ask: Ask, answer: Approval) => Promise<void>;
  /** Opens an input box for the answer to a question. */
  answer: (ask: Ask) => Promise<void>;
  /** Shows what is to be approved in an editor. */
  preview: (ask: Ask, isWanted: boolean) => Promise<void>;
  /** Closes that editor. */
  close: (ask: Ask) => Promise<void>;
  /** Whether the user sees the panel, which asks the same. */
  isSeen: () => boolean;
}

export class Asks implements View {
  private readonly offered = new Set<string>();
  private readonly previewed = new Map<string, Ask>();
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
    this.closeAnswered();
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
    if (!ask || this.offered.has(key(ask)) || this.answers.isSeen()) return;
    this.offered.add(key(ask));
    void this.show(ask);
  }

  private async show(ask: Ask): Promise<void> {
    if (hasMore(ask)) {
      this.previewed.set(key(ask), ask);
      await this.answers.preview(ask, false);
    }
    const message = plain(`Devika: ${headline(ask)}`);
    const choice = await window.showInformationMessage(message, ...choices(ask));
    const waits = this.tasks.asks().some((pending) => key(pending) === key(ask));
    if (choice === undefined || !waits) return;
    if (choice === ANSWER) await this.answers.answer(ask);
    else if (choice === SHOW || choice === SHOW_EDITS) await this.again(ask);
    else if (choice === ALWAYS) await this.answers.approve(ask, { allow: true, scope: "project" });
    else await this.answers.approve(ask, { allow: choice === ALLOW });
  }

  private async again(ask: Ask): Promise<void> {
    await this.answers.preview(ask, true);
    await commands.executeCommand("devika.approve");
  }

  private closeAnswered(): void {
    const waiting = new Set(this.tasks.asks().map(key));
    for (const [name, ask] of this.previewed) {
      if (waiting.has(name)) continue;
      this.previewed.delete(name);
      void this.answers.close(ask);
    }
  }

  private refresh(): void {
    const [first, ...more] = this.tasks.asks();
    if (!first) {
      this.bar.hide();
      return;
    }
    const others = more.length > 0 ? ` (and ${more.length} more)` : "";
    this.bar.text = `$(question) Devika: ${oneLine(headline(first), 50)}${others}`;
    this.bar.tooltip = plain(first.text);
    this.bar.command = first.kind === "question" ? "devika.answer" : "devika.approve";
    this.bar.show();
  }
}

function choices(ask: Ask): string[] {
  if (ask.kind === "question") return [ANSWER];
  const allow = hasScopes(ask) ? [ALLOW, ALWAYS] : [ALLOW];
  return [...allow, DENY, ...(hasMore(ask) ? [ask.kind === "edits" ? SHOW_EDITS : SHOW] : [])];
}

function key(ask: Ask): string {
  return `${ask.task}/${ask.id}`;
}
