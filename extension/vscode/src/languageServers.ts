/** Answers the server, which cannot speak to the editor's other language servers itself. */

import {
  commands,
  type Diagnostic,
  DiagnosticSeverity,
  type Disposable,
  languages,
  type Location,
  type LocationLink,
  Position,
  type Range,
  type SymbolInformation,
  type TextDocument,
  type Uri,
  workspace,
} from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import {
  DEFINITION_METHOD,
  DIAGNOSTICS_METHOD,
  type DiagnosticsArgs,
  type DiagnosticsReply,
  type Place,
  type PlaceArgs,
  type PlacesReply,
  type Problem,
  REFERENCES_METHOD,
  SYMBOLS_METHOD,
  type SymbolsArgs,
  type SymbolsReply,
} from "./protocol";
import { Settling } from "./settling";
import { openBehind } from "./tabs";

/** What Devika itself reports is not news to it. */
const OWN_SOURCE = "devika";

/** What is used of a connection to the server. */
export type Connection = Pick<LanguageClient, "onRequest" | "protocol2CodeConverter" | "code2ProtocolConverter">;

/** What the editor's other language servers know. */
export class LanguageServers implements Disposable {
  private readonly settling = new Settling();

  /** Answers over this connection from now on. */
  answer(connection: Connection): void {
    const { protocol2CodeConverter: from, code2ProtocolConverter: to } = connection;
    const asUri = (uri: Uri): string => to.asUri(uri);
    const places = async (command: string, place: PlaceArgs): Promise<PlacesReply> => {
      const uri = from.asUri(place.uri);
      return { places: (await placesBy(command, uri, place)).map((found) => asPlace(found, asUri)) };
    };
    connection.onRequest(DIAGNOSTICS_METHOD, async ({ uris, ...wait }: DiagnosticsArgs): Promise<DiagnosticsReply> => {
      return { errors: await this.errors(uris.map((uri) => from.asUri(uri)), wait, asUri) };
    });
    connection.onRequest(DEFINITION_METHOD, (place: PlaceArgs) => places("vscode.executeDefinitionProvider", place));
    connection.onRequest(REFERENCES_METHOD, (place: PlaceArgs) => places("vscode.executeReferenceProvider", place));
    connection.onRequest(SYMBOLS_METHOD, async ({ query }: SymbolsArgs): Promise<SymbolsReply> => {
      const found = await commands.executeCommand<SymbolInformation[] | undefined>(
        "vscode.executeWorkspaceSymbolProvider",
        query,
      );
      const symbols = (found ?? []).map(({ name, location }) => {
        return { name, ...asPlace(location, asUri), character: location.range.start.character };
      });
      return { symbols };
    });
  }

  dispose(): void {
    this.settling.dispose();
  }

  private async errors(uris: Uri[], wait: Omit<DiagnosticsArgs, "uris">, asUri: (uri: Uri) => string): Promise<Problem[]> {
    const documents = (await Promise.all(uris.map(load))).filter((document) => document !== undefined);
    const behind = await openBehind(documents);
    this.settling.forget(behind.added);
    try {
      await this.settling.settled(documents, { settle: wait.settleMillis, limit: wait.limitMillis });
      return errors(asUri);
    } finally {
      await behind.close();
    }
  }
}

/** The document, without showing it; none where there is no such file. */
async function load(uri: Uri): Promise<TextDocument | undefined> {
  try {
    return await workspace.openTextDocument(uri);
  } catch {
    return undefined;
  }
}

/** The errors in files of the workspace. */
function errors(asUri: (uri: Uri) => string): Problem[] {
  const inWorkspace = ([uri]: [Uri, Diagnostic[]]): boolean =>
    uri.scheme === "file" && workspace.getWorkspaceFolder(uri) !== undefined;
  const isError = ({ severity, source }: Diagnostic): boolean =>
    severity === DiagnosticSeverity.Error && source !== OWN_SOURCE;
  const asProblem = (uri: Uri, { range, message, source }: Diagnostic): Problem => {
    return { uri: asUri(uri), line: range.start.line, message, ...(source === undefined ? {} : { source }) };
  };
  return languages
    .getDiagnostics()
    .filter(inWorkspace)
    .flatMap(([uri, found]) => found.filter(isError).map((diagnostic) => asProblem(uri, diagnostic)));
}

async function placesBy(command: string, uri: Uri, { line, character }: PlaceArgs): Promise<(Location | LocationLink)[]> {
  // A provider looks only into documents that are open.
  if (!(await load(uri))) return [];
  const at = new Position(line, character);
  return (await commands.executeCommand<(Location | LocationLink)[] | undefined>(command, uri, at)) ?? [];
}

function asPlace(found: Location | LocationLink, asUri: (uri: Uri) => string): Place {
  const [uri, range]: [Uri, Range] =
    "targetUri" in found ? [found.targetUri, found.targetSelectionRange ?? found.targetRange] : [found.uri, found.range];
  return { uri: asUri(uri), line: range.start.line };
}
