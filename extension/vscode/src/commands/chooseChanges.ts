/** The changes of proposed edits in a list, of which the user takes some. */

import { type QuickPickItem, QuickPickItemKind, window } from "vscode";
import { type FileDiff, type Hunk, parseDiff } from "../diff";
import { type Refused, decided, partsOf, refusals, tally } from "../refusals";
import type { Ask } from "../tasks";
import { oneLine, plain } from "../words";
import type { Approval } from "./approve";

type Item = QuickPickItem & { path?: string; part?: number };

/** Whether there is more than one change to choose from. */
export function canChoose(ask: Ask): boolean {
  return ask.kind === "edits" && tally(parseDiff(ask.text).files, new Map()).all > 1;
}

/** Has the user choose; nothing where they decide later. */
export async function chooseChanges(ask: Ask): Promise<Approval | undefined> {
  const { files } = parseDiff(ask.text);
  const items = files.flatMap(itemsOf);
  const chosen = await window.showQuickPick(items, {
    title: `Devika: the changes to make for task ${ask.task}`,
    placeHolder: "What is not ticked is refused",
    canPickMany: true,
    ignoreFocusOut: true,
    matchOnDescription: true,
  });
  if (!chosen) return undefined;
  const all: Refused = new Map(files.map((file) => [file.path, new Set(partsOf(file))]));
  const refused = chosen.reduce(
    (left, { path, part }) => (path === undefined || part === undefined ? left : decided(left, path, [part], true)),
    all,
  );
  return chosen.length === 0 ? { allow: false } : { allow: true, refused: refusals(files, refused) };
}

function itemsOf(file: FileDiff): Item[] {
  const heading: Item = { label: file.path, kind: QuickPickItemKind.Separator };
  return [heading, ...partsOf(file).map((part) => itemOf(file, part))];
}

function itemOf({ path, change, hunks }: FileDiff, part: number): Item {
  const hunk = hunks[part - 1];
  const label = hunk ? `Change ${part} of ${hunks.length}` : `The file is ${change === "modified" ? "renamed" : change}`;
  return { label, description: path, ...(hunk ? { detail: plain(glimpse(hunk)) } : {}), picked: true, path, part };
}

/** The first line that changes, with where it is and how much changes. */
function glimpse({ lines }: Hunk): string {
  const count = (kind: string): number => lines.filter((line) => line.kind === kind).length;
  const first = lines.find(({ kind }) => kind === "added") ?? lines.find(({ kind }) => kind === "removed");
  const where = first?.after ?? first?.before ?? 1;
  return `line ${where}, +${count("added")} −${count("removed")}: ${oneLine(first?.text.trim() ?? "", 80)}`;
}
