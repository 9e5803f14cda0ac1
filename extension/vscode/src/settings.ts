/** What the user has set in the editor. */

import { workspace } from "vscode";
import type { Mode } from "./protocol";

/** What the server is told when it starts, and when it changes. */
export interface ServerSettings {
  /** Keys of Devika's configuration file that the editor's settings override. */
  config: Record<string, unknown>;
  /** Whether the editor vouches for the workspace. */
  trusted: boolean;
  /** Whether what Devika can be told at a line is shown above it. */
  codeLens: boolean;
}

export function serverSettings(): ServerSettings {
  const config = devika().get<Record<string, unknown> | null>("config") ?? {};
  return { config, trusted: workspace.isTrusted, codeLens: devika().get<unknown>("codeLens") === true };
}

/** Whether editors show what Devika changed. */
export function highlightsChanges(): boolean {
  return devika().get<unknown>("highlightChanges") !== false;
}

/** The path of a server to use instead of the one inside the extension. */
export function serverPath(): string | undefined {
  return chosen("server.path");
}

/** The model and mode for new tasks, where the user chose them here. */
export function taskSettings(): { model?: string; mode?: Mode } {
  const [model, mode] = [chosen("model"), chosen("mode")];
  return { ...(model ? { model } : {}), ...(isMode(mode) ? { mode } : {}) };
}

function chosen(key: string): string | undefined {
  const value = devika().get<unknown>(key);
  return typeof value === "string" && value.trim() ? value.trim() : undefined;
}

function isMode(text: string | undefined): text is Mode {
  return text === "plan" || text === "review" || text === "auto";
}

function devika(): ReturnType<typeof workspace.getConfiguration> {
  return workspace.getConfiguration("devika");
}
