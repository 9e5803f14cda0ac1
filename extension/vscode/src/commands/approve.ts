/** "Devika: Approve or Deny". */

import { window } from "vscode";
import type { Session } from "../session";
import type { Ask } from "../tasks";
import { hasMore, headline, plain } from "../words";
import { chooseAsk } from "./choose";
import type { Window } from "./index";

export async function approve({ session, preview }: Window): Promise<void> {
  const approvals = session.tasks.asks().filter(({ kind }) => kind !== "question");
  const ask = await chooseAsk(approvals, "Devika waits for no approval.");
  if (!ask) return;
  if (hasMore(ask)) await preview.show(ask);
  const items = [
    { label: "$(check) Allow", detail: plain(headline(ask)), allow: true },
    { label: "$(x) Deny", allow: false },
  ];
  const chosen = await window.showQuickPick(items, {
    title: `Devika: Task ${ask.task} asks`,
    placeHolder: "Escape decides later",
    ignoreFocusOut: true,
  });
  if (chosen) await decide(session, ask, chosen.allow);
}

/** Allows or denies exactly this ask. */
export async function decide(session: Session, ask: Ask, allow: boolean): Promise<void> {
  await session.execute("devika.task.approve", { task: ask.task, ask: ask.id, allow });
}
