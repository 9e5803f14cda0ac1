/** What the user refuses of proposed edits: changes of files, named as the server numbers them. */

import type { FileDiff } from "./diff";
import type { Refusal } from "./protocol";

/** The numbers of the refused changes of each file. */
export type Refused = ReadonlyMap<string, ReadonlySet<number>>;

/** What can be decided on of a file: its hunks, from 1; the file itself, as 0, where it has none. */
export function partsOf({ hunks }: FileDiff): number[] {
  return hunks.length === 0 ? [0] : hunks.map((_, at) => at + 1);
}

/** The same with these changes of a file accepted, or refused. */
export function decided(refused: Refused, path: string, parts: readonly number[], accept: boolean): Refused {
  const before = refused.get(path) ?? new Set<number>();
  const now = accept ? [...before].filter((part) => !parts.includes(part)) : [...before, ...parts];
  return new Map([...refused, [path, new Set(now)]]);
}

/** How many changes there are, and how many of them are accepted. */
export function tally(files: readonly FileDiff[], refused: Refused): { all: number; accepted: number } {
  const parts = files.flatMap((file) => partsOf(file).map((part) => refused.get(file.path)?.has(part) ?? false));
  return { all: parts.length, accepted: parts.filter((isRefused) => !isRefused).length };
}

/** What is refused, as the server takes it. */
export function refusals(files: readonly FileDiff[], refused: Refused): Refusal[] {
  return files.flatMap((file) => {
    const hunks = partsOf(file).filter((part) => refused.get(file.path)?.has(part));
    if (hunks.length === 0) return [];
    return hunks.length === partsOf(file).length ? [{ path: file.path }] : [{ path: file.path, hunks }];
  });
}
