/** Choosing one of the asks that wait. */

import { window } from "vscode";
import type { Ask } from "../tasks";
import { oneLine } from "../words";

/** The ask that is meant; the user chooses where there are several, and is told where there is none. */
export async function chooseAsk(asks: Ask[], none: string): Promise<Ask | undefined> {
  const [only, ...more] = asks;
  if (!only) {
    void window.showInformationMessage(none);
    return undefined;
  }
  if (more.length === 0) return only;
  const items = asks.map((ask) => ({ label: oneLine(ask.text), description: `Task ${ask.task}`, ask }));
  return (await window.showQuickPick(items, { title: "Devika: which one?" }))?.ask;
}
