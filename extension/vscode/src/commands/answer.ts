/** "Devika: Answer Question". */

import { window } from "vscode";
import type { Session } from "../session";
import type { Ask } from "../tasks";
import { chooseAsk } from "./choose";
import type { Window } from "./index";

export async function answer({ session }: Window): Promise<void> {
  const questions = session.tasks.asks().filter(({ kind }) => kind === "question");
  const ask = await chooseAsk(questions, "Devika has no question.");
  if (ask) await answerQuestion(session, ask);
}

/** Asks the user the question; an empty answer, or none, leaves it open. */
export async function answerQuestion(session: Session, ask: Ask): Promise<void> {
  const words = await window.showInputBox({
    title: `Devika: Task ${ask.task} asks`,
    prompt: ask.text,
    ignoreFocusOut: true,
  });
  if (words?.trim()) await session.execute("devika.task.reply", { task: ask.task, answer: words.trim() });
}
