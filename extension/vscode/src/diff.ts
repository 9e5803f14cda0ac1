/** Reads unified diffs, such as the server's. */

export interface DiffLine {
  kind: "same" | "added" | "removed" | "remark";
  text: string;
  /** Line numbers, from 1. */
  before?: number;
  after?: number;
}

export interface Hunk {
  heading: string;
  lines: DiffLine[];
}

export interface FileDiff {
  path: string;
  change: "created" | "modified" | "deleted";
  hunks: Hunk[];
}

/** The diffs of files in a text, and the text around them. */
export function parseDiff(text: string): { files: FileDiff[]; rest: string } {
  const files: FileDiff[] = [];
  const rest: string[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    if (line.startsWith("--- ") && lines[at + 1]?.startsWith("+++ ")) {
      files.push(head(line.slice(4), lines[at + 1]?.slice(4) ?? ""));
      at += 2;
      continue;
    }
    const file = files.at(-1);
    const counts = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/u.exec(line);
    if (file && counts) {
      const [, beforeAt, beforeCount = "1", afterAt, afterCount = "1"] = counts;
      const hunk = readHunk(lines, at, {
        before: Number(beforeAt), befores: Number(beforeCount), after: Number(afterAt), afters: Number(afterCount),
      });
      file.hunks.push(hunk.read);
      at = hunk.next;
      continue;
    }
    rest.push(line);
    at += 1;
  }
  return { files, rest: rest.join("\n").trim() };
}

function head(before: string, after: string): FileDiff {
  const change = before === "/dev/null" ? "created" : after === "/dev/null" ? "deleted" : "modified";
  return { path: (change === "deleted" ? before : after).replace(/^[ab]\//u, ""), change, hunks: [] };
}

interface Position {
  before: number;
  befores: number;
  after: number;
  afters: number;
}

/** Reads as many lines as the hunk's head announces: a removed line may look like a file's head. */
function readHunk(lines: string[], start: number, position: Position): { read: Hunk; next: number } {
  const read: Hunk = { heading: lines[start] ?? "", lines: [] };
  let { before, befores, after, afters } = position;
  let at = start + 1;
  for (; at < lines.length && (befores > 0 || afters > 0 || lines[at]?.startsWith("\\")); at += 1) {
    const line = lines[at] ?? "";
    const text = line.slice(1);
    if (line.startsWith("\\")) read.lines.push({ kind: "remark", text: text.trim() });
    else if (line.startsWith("-")) {
      read.lines.push({ kind: "removed", text, before });
      [before, befores] = [before + 1, befores - 1];
    } else if (line.startsWith("+")) {
      read.lines.push({ kind: "added", text, after });
      [after, afters] = [after + 1, afters - 1];
    } else if (line.startsWith(" ") || (line === "" && at < lines.length - 1)) {
      read.lines.push({ kind: "same", text, before, after });
      [before, befores, after, afters] = [before + 1, befores - 1, after + 1, afters - 1];
    } else break;
  }
  return { read, next: at };
}
