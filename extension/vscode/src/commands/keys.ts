/** "Devika: Enter Key" and "Devika: Forget Key". */

import { type QuickPickItem, window } from "vscode";
import { KEYED_PROVIDERS, type KeyedProvider } from "../keys";
import type { Window } from "./index";

export async function setKey({ keys, session }: Window): Promise<void> {
  const provider = await choose(KEYED_PROVIDERS, await keys.kept(), "Devika: Enter Key");
  if (!provider) return;
  const key = await window.showInputBox({
    title: `Devika: the key for ${provider.label}`,
    prompt: "It is kept in VS Code's secret storage, and not in a setting or a file.",
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (/^\S+$/u.test(text.trim()) ? undefined : "Paste the key: one word without spaces."),
  });
  if (!key?.trim()) return;
  await keys.set(provider, key.trim());
  session.renew();
  void window.showInformationMessage(`Devika: the key for ${provider.label} is kept.${whenUsed(session.isBusy)}`);
}

export async function forgetKey({ keys, session }: Window): Promise<void> {
  const kept = await keys.kept();
  if (kept.length === 0) {
    void window.showInformationMessage("Devika: no key is kept here.");
    return;
  }
  const provider = await choose(kept, [], "Devika: Forget Key");
  if (!provider) return;
  await keys.forget(provider);
  session.renew();
  void window.showInformationMessage(`Devika: the key for ${provider.label} is forgotten.${whenUsed(session.isBusy)}`);
}

function whenUsed(isBusy: boolean): string {
  return isBusy ? " The running task ends with what it began with." : "";
}

async function choose(offered: readonly KeyedProvider[], kept: KeyedProvider[], title: string): Promise<KeyedProvider | undefined> {
  const items = offered.map((provider): QuickPickItem & { provider: KeyedProvider } => ({
    label: provider.label,
    description: kept.includes(provider) ? "a key is kept; a new one replaces it" : "",
    provider,
  }));
  return (await window.showQuickPick(items, { title, ignoreFocusOut: true }))?.provider;
}
