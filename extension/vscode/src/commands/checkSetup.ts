/** "Devika: Check Set-up": is everything there? The chosen line's remedy is copied. */

import { ProgressLocation, type QuickPickItem, env, window } from "vscode";
import type { Check } from "../protocol";
import { CHECK_ICON, plain } from "../words";
import type { About, Window } from "./index";

export async function checkSetup({ session }: Window): Promise<void> {
  const progress = { location: ProgressLocation.Notification, title: "Devika: Checking the set-up…" };
  const checks = await window.withProgress(progress, () => session.execute("devika.doctor", {}));
  const chosen = await window.showQuickPick(checks.map(item), {
    title: `Devika: ${verdict(checks)}`,
    placeHolder: "Choose a line to copy the command that mends it",
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  await copyMend(undefined, chosen);
}

/** Copies the command line that mends what a check found. */
export async function copyMend(_of: Window | undefined, about: About): Promise<void> {
  if (!about?.mend) return;
  await env.clipboard.writeText(about.mend);
  void window.showInformationMessage(`Devika: copied, to be run in a terminal: ${plain(about.mend)}`);
}

function item({ name, verdict, text, mend }: Check): QuickPickItem & { mend?: string } {
  const line = text.replace(/\s+/gu, " ");
  return {
    label: `${CHECK_ICON[verdict]} ${name}`,
    detail: mend ? `${line} → ${mend}` : line,
    ...(mend ? { mend } : {}),
  };
}

function verdict(checks: Check[]): string {
  const count = (wanted: Check["verdict"]): number => checks.filter(({ verdict }) => verdict === wanted).length;
  const [failed, warnings] = [count("failed"), count("warning")];
  if (failed > 0) return failed === 1 ? "one thing does not work" : `${failed} things do not work`;
  if (warnings > 0) return warnings === 1 ? "it works, with one warning" : `it works, with ${warnings} warnings`;
  return "everything is there";
}
