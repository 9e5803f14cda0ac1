/** Looking into the memory, adding to it, and forgetting. */

import { commands, window } from "vscode";
import { plain } from "../words";
import { chooseFolder } from "./folder";
import type { About, Window } from "./index";

/** "Devika: Search Memory": what is found is shown in the tree. */
export async function searchMemory({ session, memory }: Window): Promise<void> {
  const folder = await chooseFolder();
  if (!folder) return;
  const text = await ask("Search Memory", "What is looked for?");
  if (!text) return;
  memory.show(text, await session.execute("devika.memory.search", { text, limit: 20, root: folder.uri.toString() }));
  await commands.executeCommand("devika.memory.focus");
}

/** "Devika: Remember": a note of the user's. */
export async function remember({ session, memory }: Window): Promise<void> {
  const folder = await chooseFolder();
  if (!folder) return;
  const text = await ask("Remember", `What is Devika to remember in ${folder.name}?`);
  if (!text) return;
  await session.execute("devika.memory.remember", { text, root: folder.uri.toString() });
  memory.refresh();
}

/** Forgets all that is from the source of a passage, once the user is sure. */
export async function forgetSource({ session, memory }: Window, about: About): Promise<void> {
  const source = about?.passage?.source;
  const folder = source === undefined ? undefined : await chooseFolder();
  if (source === undefined || !folder) return;
  const question = plain(`Devika: forget all that is remembered from ${source}?`);
  if ((await window.showWarningMessage(question, { modal: true }, "Forget")) !== "Forget") return;
  const { forgotten } = await session.execute("devika.memory.forget", { source, root: folder.uri.toString() });
  memory.clear();
  void window.showInformationMessage(`Devika: forgot ${forgotten === 1 ? "one passage" : `${forgotten} passages`}.`);
}

async function ask(title: string, prompt: string): Promise<string | undefined> {
  return (await window.showInputBox({ title: `Devika: ${title}`, prompt, ignoreFocusOut: true }))?.trim();
}
