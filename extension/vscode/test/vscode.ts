/** As much of the editor's API as the unit tests need; tests replace what they look at. */

import { vi } from "vitest";

const nothing = { dispose: (): void => undefined };

export const bar = { name: "", text: "", tooltip: "", command: "", backgroundColor: undefined, visible: false,
  show(): void { this.visible = true; }, hide(): void { this.visible = false; }, dispose(): void { this.visible = false; } };

export const window = {
  showInformationMessage: vi.fn<(...words: string[]) => Promise<string | undefined>>(),
  showWarningMessage: vi.fn<(...words: string[]) => Promise<string | undefined>>(),
  showErrorMessage: vi.fn<(...words: string[]) => Promise<string | undefined>>(),
  showInputBox: vi.fn<() => Promise<string | undefined>>(),
  showQuickPick: vi.fn(),
  withProgress: vi.fn(),
  createStatusBarItem: () => bar,
};
export const workspace = {
  isTrusted: true,
  openTextDocument: vi.fn(),
  getConfiguration: vi.fn(),
  workspaceFolders: undefined as unknown,
  registerTextDocumentContentProvider: () => nothing,
};
export const env = { clipboard: { writeText: vi.fn<(text: string) => Promise<void>>() } };
export const commands = { executeCommand: vi.fn() };
export const StatusBarAlignment = { Left: 1 };
export const ProgressLocation = { Notification: 15 };
export class ThemeColor {
  constructor(readonly id: string) {}
}
