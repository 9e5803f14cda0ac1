/** "Devika: Choose Model": the model of this folder's tasks, of those that the providers have. */

import { ProgressLocation, type QuickPickItem, window } from "vscode";
import type { ModelOffer } from "../protocol";
import { taskSettings } from "../settings";
import { modelFacts } from "../words";
import { chooseFolder } from "./folder";
import type { Window } from "./index";
import { setKey } from "./keys";

type Item = QuickPickItem & { model: string | null };

const ENTER_KEY = "Enter Key";

const FORGET: Item = {
  label: "$(discard) As the configuration says",
  detail: "Forget the choice that was made for this folder",
  model: null,
};

export async function chooseModel(of: Window): Promise<void> {
  const { session } = of;
  const folder = await chooseFolder();
  if (!folder) return;
  const root = folder.uri.toString();
  const progress = { location: ProgressLocation.Notification, title: "Devika: Asking the providers…" };
  const offers = await window.withProgress(progress, () => session.execute("devika.model.list", { root }));
  if (offers.length === 0) {
    const text = "Devika: no model can be asked. “Devika: Check Set-up” says what is missing.";
    if ((await window.showWarningMessage(text, ENTER_KEY)) === ENTER_KEY) await setKey(of);
    return;
  }
  const chosen = await window.showQuickPick([...offers.map(item), FORGET], {
    title: `Devika: the model for ${folder.name}`,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (!chosen) return;
  await session.execute("devika.model.select", { model: chosen.model, root });
  const { model } = taskSettings();
  if (model !== undefined && model !== chosen.model) {
    void window.showWarningMessage(`Devika: the setting devika.model names ${model}, which comes first.`);
  }
}

function item(offer: ModelOffer): Item {
  return {
    label: `${offer.current ? "$(check) " : ""}${offer.model}`,
    description: offer.provider,
    detail: modelFacts(offer),
    model: `${offer.provider}/${offer.model}`,
  };
}
