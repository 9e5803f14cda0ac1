/** "Devika: Approve or Deny". */

import { type QuickPickItem, window } from "vscode";
import type { ApproveArgs } from "../protocol";
import type { Session } from "../session";
import type { Ask } from "../tasks";
import { folderOf } from "../views/review";
import { hasMore, hasScopes, headline, plain } from "../words";
import { chooseAsk } from "./choose";
import { canChoose, chooseChanges } from "./chooseChanges";
import type { About, Window } from "./index";

/** The answer to an approval. */
export type Approval = Pick<ApproveArgs, "allow" | "scope" | "refused">;

export async function approve({ session, preview }: Window): Promise<void> {
  const approvals = session.tasks.asks().filter(({ kind }) => kind !== "question");
  const ask = await chooseAsk(approvals, "Devika waits for no approval.");
  if (!ask) return;
  if (hasMore(ask)) await preview.show(ask);
  const items: (QuickPickItem & { answer?: Approval })[] = [
    { label: "$(check) Allow", detail: plain(headline(ask)), answer: { allow: true } },
    ...(hasScopes(ask) ? withScopes(ask) : []),
    ...(canChoose(ask) ? [{ label: "$(checklist) Choose Changes…", detail: "Allow some of them, and refuse the rest" }] : []),
    { label: "$(x) Deny", answer: { allow: false } },
  ];
  const chosen = await window.showQuickPick(items, {
    title: `Devika: Task ${ask.task} asks`,
    placeHolder: "Escape decides later",
    ignoreFocusOut: true,
  });
  if (!chosen) return;
  const answer = chosen.answer ?? (await chooseChanges(ask));
  if (answer) await decide(session, ask, answer);
}

/** Opens the edits that wait for approval in the diff editor: those of a task, or that the user chooses. */
export async function showEdits({ session, preview }: Window, about: About): Promise<void> {
  const edits = session.tasks.asks().filter(({ kind, task }) => kind === "edits" && task === (about?.task?.id ?? task));
  const ask = await chooseAsk(edits, "Devika: no edits wait for approval.");
  if (ask) await preview.show(ask, true);
}

/** The buttons of an editor that shows what waits for approval. */
export const allowShown = shown(() => Promise.resolve({ allow: true }));
export const denyShown = shown(() => Promise.resolve({ allow: false }));
export const chooseShown = shown(chooseChanges);

function shown(answerTo: (ask: Ask) => Promise<Approval | undefined>) {
  return async ({ session }: Pick<Window, "session">, about: About): Promise<void> => {
    const ask = session.tasks.asks().find((ask) => about?.path?.startsWith(folderOf(ask)));
    if (!ask) throw new Error("This approval is over.");
    const answer = await answerTo(ask);
    if (answer) await decide(session, ask, answer);
  };
}

function withScopes(ask: Ask): (QuickPickItem & { answer: Approval })[] {
  const details: Partial<Record<Ask["kind"], string>> = {
    host: "for all commands of the project",
    finding: "what was found is no secret, and is not asked about again",
  };
  const detail = details[ask.kind] ?? "while the command and the scripts that it runs stay as they are";
  return [
    { label: "$(check) Allow once", answer: { allow: true, scope: "once" } },
    { label: "$(check-all) Always allow in this project", detail, answer: { allow: true, scope: "project" } },
  ];
}

/** Allows or denies exactly this ask. */
export async function decide(session: Session, ask: Ask, answer: Approval): Promise<void> {
  await session.execute("devika.task.approve", { task: ask.task, ask: ask.id, ...answer });
}
