/** As much of the editor's API as the unit tests need; tests replace what they look at. */

import { vi } from "vitest";

const nothing = { dispose: (): void => undefined };

export const bar = { name: "", text: "", tooltip: "", command: "", backgroundColor: undefined, visible: false,
  show(): void { this.visible = true; }, hide(): void { this.visible = false; }, dispose(): void { this.visible = false; } };

/** Tells all who listen. */
function emitter(): { fire: (value: unknown) => void; event: (take: (value: never) => void) => typeof nothing } {
  const takers: ((value: never) => void)[] = [];
  return { fire: (value) => { for (const take of takers) take(value as never); }, event: (take) => (takers.push(take), nothing) };
}
const [saved, changed] = [emitter(), emitter()];

export const window = {
  showInformationMessage: vi.fn<(...words: string[]) => Promise<string | undefined>>(),
  showWarningMessage: vi.fn<(...words: string[]) => Promise<string | undefined>>(),
  showErrorMessage: vi.fn<(...words: string[]) => Promise<string | undefined>>(),
  showTextDocument: vi.fn(),
  showInputBox: vi.fn<() => Promise<string | undefined>>(),
  showQuickPick: vi.fn(),
  withProgress: vi.fn(),
  createStatusBarItem: () => bar,
  visibleTextEditors: [] as unknown[],
  createTextEditorDecorationType: () => nothing,
  onDidChangeVisibleTextEditors: () => nothing,
  tabGroups: { all: [] as { tabs: unknown[] }[], activeTabGroup: { activeTab: undefined as unknown }, close: vi.fn() },
};
export const workspace = {
  isTrusted: true,
  textDocuments: [] as unknown[],
  getWorkspaceFolder: vi.fn(),
  openTextDocument: vi.fn(),
  getConfiguration: vi.fn(),
  workspaceFolders: undefined as unknown,
  fs: { readFile: vi.fn<() => Promise<Uint8Array>>() },
  registerTextDocumentContentProvider: () => nothing,
  onDidChangeConfiguration: () => nothing,
  /** The user saves a document, or types. */
  saved,
  changed,
  onDidSaveTextDocument: saved.event,
  onDidChangeTextDocument: changed.event,
};
export const env = { clipboard: { writeText: vi.fn<(text: string) => Promise<void>>() }, openExternal: vi.fn() };
const listeners = new Set<(change: { uris: string[] }) => void>();
export const languages = {
  getDiagnostics: vi.fn<() => unknown[]>(),
  onDidChangeDiagnostics: (listener: (change: { uris: string[] }) => void): typeof nothing => {
    listeners.add(listener);
    return { dispose: () => void listeners.delete(listener) };
  },
  /** A language server reports something of these documents. */
  report: (...uris: string[]): void => {
    for (const listener of [...listeners]) listener({ uris });
  },
};
export class TabInputText {
  constructor(readonly uri: unknown) {}
}
export class TabInputTextDiff {
  constructor(
    readonly original: unknown,
    readonly modified: unknown,
  ) {}
}
export const DiagnosticSeverity = { Error: 0, Warning: 1 };
export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}
export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(startLine: number, startCharacter: number, endLine: number, endCharacter: number) {
    this.start = new Position(startLine, startCharacter);
    this.end = new Position(endLine, endCharacter);
  }
}
export const OverviewRulerLane = { Left: 1 };
export const QuickPickItemKind = { Separator: -1 };
export class Uri {
  private constructor(readonly scheme: string, readonly path: string) {}
  static file(path: string): Uri {
    return new Uri("file", path);
  }
  static from({ scheme, path }: { scheme: string; path: string }): Uri {
    return new Uri(scheme, path);
  }
  static parse(text: string): Uri {
    const { protocol, pathname } = new URL(text);
    return new Uri(protocol.slice(0, -1), pathname);
  }
  static joinPath(base: Uri, ...parts: string[]): Uri {
    return new Uri(base.scheme, [base.path, ...parts].join("/"));
  }
  toString(): string {
    return `${this.scheme}://${this.path}`;
  }
}
export class EventEmitter<T> {
  private readonly takers = new Set<(value: T) => void>();
  readonly event = (take: (value: T) => void): typeof nothing => {
    this.takers.add(take);
    return nothing;
  };
  fire(value: T): void {
    for (const take of this.takers) take(value);
  }
  dispose(): void {
    this.takers.clear();
  }
}
export class TreeItem {
  constructor(
    readonly label: string,
    readonly collapsibleState: number,
  ) {}
}
export class ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: unknown,
  ) {}
}
export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
export const commands = { executeCommand: vi.fn() };
const modelListeners = new Set<() => void>();
export const lm = {
  selectChatModels: vi.fn<(wanted?: { id: string }) => Promise<unknown[]>>(),
  onDidChangeChatModels: (listener: () => void): typeof nothing => {
    modelListeners.add(listener);
    return { dispose: () => void modelListeners.delete(listener) };
  },
  /** A model comes or goes. */
  change: (): void => {
    for (const listener of [...modelListeners]) listener();
  },
};
export const LanguageModelChatMessage = {
  User: (text: string): unknown => ({ role: "user", text }),
  Assistant: (text: string): unknown => ({ role: "assistant", text }),
};
export class LanguageModelError extends Error {
  constructor(
    message: string,
    readonly code: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
export const StatusBarAlignment = { Left: 1 };
export const ProgressLocation = { Notification: 15 };
export class ThemeColor {
  constructor(readonly id: string) {}
}
