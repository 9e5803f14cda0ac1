/** The connection to the server: how it is started, and what it is told of this editor. */

import { existsSync } from "node:fs";
import path from "node:path";
import type { LogOutputChannel } from "vscode";
import { LanguageClient, State, type StaticFeature } from "vscode-languageclient/node";
import { hasModels } from "./lm";
import type { Capabilities } from "./protocol";
import { serverPath, serverSettings } from "./settings";

const CAPABILITIES: Omit<Capabilities, "models"> = {
  events: true,
  save: true,
  diagnostics: true,
  navigation: true,
  folders: true,
  asks: true,
};

function capabilitiesHere(): Capabilities {
  return { ...CAPABILITIES, models: hasModels() };
}

/** Who is told how the connection fares. */
export interface Watcher {
  /** The server runs, for the first time or once more. */
  ready(): void;
  /** The server that ran does not run any more. */
  gone(): void;
}

/**
 * A client of the server, not yet started.
 *
 * @param keys environment variables of the server besides the editor's own
 * @throws where there is no server to start, with what to do about it.
 */
export function connect(bundled: string, keys: Record<string, string>, log: LogOutputChannel, watcher: Watcher): LanguageClient {
  const command = findServer(bundled);
  const client = new LanguageClient(
    "devika",
    "Devika",
    { command, args: ["lsp"], options: { env: { ...process.env, ...keys } } },
    {
      documentSelector: [{ scheme: "file" }],
      initializationOptions: serverSettings,
      outputChannel: log,
    },
  );
  client.registerFeature(declaration);
  client.onDidChangeState(({ oldState, newState }) => {
    if (oldState === State.Running && newState !== State.Running) watcher.gone();
    if (oldState !== State.Running && newState === State.Running) watcher.ready();
  });
  return client;
}

/** The path of the server: the one the user has set, else the one inside the extension. */
function findServer(bundled: string): string {
  const chosen = serverPath();
  const file = chosen ?? bundled;
  if (existsSync(file)) return file;
  throw new Error(
    chosen
      ? `There is no file ${chosen}. Correct the setting devika.server.path, or clear it to use the server inside the extension.`
      : `The server is missing from the extension (${path.basename(bundled)} for ${process.platform}-${process.arch}). Install Devika for this platform, or name a server in the setting devika.server.path.`,
  );
}

/**
 * Declares what this client adds to the protocol. Progress is drawn from the events, so the server
 * need not draw it a second time.
 */
const declaration: StaticFeature = {
  fillClientCapabilities(capabilities) {
    const others = capabilities.experimental as Record<string, unknown> | undefined;
    capabilities.experimental = { ...others, devika: capabilitiesHere() };
    capabilities.window = { ...capabilities.window, workDoneProgress: false };
  },
  initialize() {
    // Nothing is registered dynamically.
  },
  getState: () => ({ kind: "static" }),
  clear() {
    // Nothing is held.
  },
};
