import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { TextDocument } from "vscode";
import { Settling } from "../src/settling";
import { languages, workspace } from "./vscode";

const PATIENCE = { settle: 700, limit: 8000 };
const MAIN = { uri: "file:///p/main.ts", languageId: "typescript", version: 1 };
const NOTES = { uri: "file:///p/notes.txt", languageId: "plaintext", version: 1 };

let settling: Settling;

beforeEach(() => {
  vi.useFakeTimers();
  workspace.textDocuments = [MAIN, NOTES];
  settling = new Settling();
});

afterEach(() => {
  settling.dispose();
  vi.useRealTimers();
});

/** How long it takes, in milliseconds, when `reports` happen at these times. */
async function wait(documents: object[], reports: Record<number, string> = {}): Promise<number> {
  const begin = Date.now();
  for (const [time, uri] of Object.entries(reports)) setTimeout(languages.report, Number(time), uri);
  const settled = settling.settled(documents as TextDocument[], PATIENCE);
  let end: number | undefined;
  void settled.then(() => (end = Date.now()));
  await vi.advanceTimersByTimeAsync(20_000);
  return (end ?? Infinity) - begin;
}

it("waits for the first report of a document, and then for silence", async () => {
  expect(await wait([MAIN], { 3000: MAIN.uri, 3500: "file:///p/other.ts" })).toBe(4200);
});

it("waits no longer than the limit, however much is reported", async () => {
  const times = Array.from({ length: 40 }, (_, index) => [index * 500, MAIN.uri] as const);
  expect(await wait([MAIN], Object.fromEntries(times))).toBe(8000);
});

it("waits once for a language of which nobody speaks, until somebody does", async () => {
  expect(await wait([NOTES])).toBe(8000);
  expect(await wait([NOTES])).toBe(700);
  languages.report(NOTES.uri);
  expect(await wait([{ ...NOTES, version: 2 }])).toBe(2800);
});

it("gives the servers of a document that changed a little time, and one that did not none", async () => {
  languages.report(MAIN.uri);
  expect(await wait([MAIN])).toBe(700);
  expect(await wait([{ ...MAIN, version: 2 }])).toBe(2800);
});

it("answers at once where what is known now is asked for", async () => {
  await settling.settled([MAIN as unknown as TextDocument], { settle: 0, limit: 8000 });
  expect(vi.getTimerCount()).toBe(0);
});
