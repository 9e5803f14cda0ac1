import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Connection, LanguageServers } from "../src/languageServers";
import { commands, DiagnosticSeverity, languages, Position, workspace } from "./vscode";

interface FakeUri {
  scheme: string;
  path: string;
}
const uri = (text: string): FakeUri => ({ scheme: text.split(":")[0] ?? "", path: text });
const at = (line: number, character = 0): object => ({ start: { line, character } });

let servers: LanguageServers;
const answers = new Map<string, (args: object) => unknown>();

beforeEach(() => {
  vi.clearAllMocks();
  const connection = {
    onRequest: (method: string, answer: (args: object) => unknown) => answers.set(method, answer),
    protocol2CodeConverter: { asUri: uri },
    code2ProtocolConverter: { asUri: ({ path }: FakeUri) => path },
  };
  servers = new LanguageServers();
  servers.answer(connection as unknown as Connection);
  workspace.getWorkspaceFolder.mockImplementation(({ path }: FakeUri) => (path.includes("/p/") ? {} : undefined));
  workspace.openTextDocument.mockImplementation(({ path }: FakeUri) =>
    path.endsWith("gone") ? Promise.reject(new Error("gone")) : Promise.resolve({ uri: uri(path), languageId: "x", version: 1 }),
  );
});

afterEach(() => {
  servers.dispose();
});

it("names the errors in files of the workspace, and nothing else", async () => {
  const { Error: error, Warning: warning } = DiagnosticSeverity;
  const found = { range: at(3), message: "Cannot find name 'x'.", severity: error, source: "ts" };
  languages.getDiagnostics.mockReturnValue([
    [uri("file:///p/a.ts"), [found, { ...found, severity: warning }, { ...found, source: "devika" }]],
    [uri("file:///elsewhere/b.ts"), [found]],
    [uri("untitled:/p/c.ts"), [found]],
    [uri("file:///p/d.json"), [{ ...found, source: undefined }]],
  ]);
  const args = { uris: ["file:///p/a.ts", "file:///p/gone"], settleMillis: 0, limitMillis: 0 };
  const { message } = found;
  expect(await answers.get("devika/diagnostics")?.(args)).toEqual({
    errors: [
      { uri: "file:///p/a.ts", line: 3, message, source: "ts" },
      { uri: "file:///p/d.json", line: 3, message },
    ],
  });
  expect(workspace.openTextDocument).toHaveBeenCalledTimes(2);
});

it("finds definitions and references of the symbol at a place", async () => {
  const place = { uri: "file:///p/main.ts", line: 2, character: 5 };
  commands.executeCommand.mockResolvedValueOnce([
    { targetUri: uri("file:///p/lib.ts"), targetRange: at(7), targetSelectionRange: at(8) },
    { targetUri: uri("file:///p/lib.d.ts"), targetRange: at(7) },
  ]);
  expect(await answers.get("devika/definition")?.(place)).toEqual({
    places: [
      { uri: "file:///p/lib.ts", line: 8 },
      { uri: "file:///p/lib.d.ts", line: 7 },
    ],
  });
  commands.executeCommand.mockResolvedValueOnce([{ uri: uri("file:///p/main.ts"), range: at(2) }]);
  expect(await answers.get("devika/references")?.(place)).toEqual({ places: [{ uri: "file:///p/main.ts", line: 2 }] });
  const asked = [uri(place.uri), new Position(2, 5)];
  expect(commands.executeCommand.mock.calls).toEqual([
    ["vscode.executeDefinitionProvider", ...asked],
    ["vscode.executeReferenceProvider", ...asked],
  ]);
});

it("knows no place in a document that is gone", async () => {
  const place = { uri: "file:///p/gone", line: 0, character: 0 };
  expect(await answers.get("devika/references")?.(place)).toEqual({ places: [] });
  expect(commands.executeCommand).not.toHaveBeenCalled();
});

it("finds symbols by name, and none where no language server knows any", async () => {
  const symbol = { name: "greet", location: { uri: uri("file:///p/lib.ts"), range: at(8, 9) } };
  commands.executeCommand.mockResolvedValueOnce([symbol]);
  const find = answers.get("devika/symbols");
  expect(await find?.({ query: "greet" })).toEqual({
    symbols: [{ name: "greet", uri: "file:///p/lib.ts", line: 8, character: 9 }],
  });
  expect(commands.executeCommand).toHaveBeenCalledWith("vscode.executeWorkspaceSymbolProvider", "greet");
  commands.executeCommand.mockResolvedValueOnce(undefined);
  expect(await find?.({ query: "other" })).toEqual({ symbols: [] });
});
