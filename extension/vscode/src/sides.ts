/** Both sides of a change, made of one of them and a unified diff. */

import type { DiffLine, FileDiff, Hunk } from "./diff";

/** A file before and after a change. */
export interface Sides {
  before: string;
  after: string;
}

/**
 * The sides of a change of a file whose text is `current`; absent where the diff does not fit it,
 * such as when the user has typed there since.
 */
export function sidesOf(current: string, { hunks }: FileDiff): Sides | undefined {
  const before = linesOf(current);
  const after: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    const start = startOf(hunk);
    const lines = wholeLines(hunk);
    const old = lines.filter(({ kind }) => kind !== "added").map(({ text }) => text);
    if (start < at || !old.every((line, index) => before[start + index] === line)) return undefined;
    after.push(...before.slice(at, start), ...lines.filter(({ kind }) => kind !== "removed").map(({ text }) => text));
    at = start + old.length;
  }
  return { before: current, after: [...after, ...before.slice(at)].join("") };
}

/** The lines of a text with their ends. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/u);
}

/** Where a hunk begins, from 0. Only one that fills an empty file has no line from before. */
function startOf({ lines }: Hunk): number {
  return (lines.find(({ before }) => before !== undefined)?.before ?? 1) - 1;
}

/** A hunk's lines with their ends; the remark after a line says that it has none. */
function wholeLines({ lines }: Hunk): DiffLine[] {
  const whole = lines.map((line, at) => (lines[at + 1]?.kind === "remark" ? line : { ...line, text: `${line.text}\n` }));
  return whole.filter(({ kind }) => kind !== "remark");
}
