import { beforeEach, expect, it, vi } from "vitest";
import type { TextDocument } from "vscode";
import { openBehind } from "../src/tabs";
import { commands, TabInputText, window } from "./vscode";

const document = (uri: string): TextDocument => ({ uri }) as unknown as TextDocument;
const tab = (uri: string, state: object = {}): object => ({ input: new TabInputText(uri), isActive: false, isDirty: false, ...state });

beforeEach(() => {
  vi.clearAllMocks();
});

it("opens a document without a tab behind the others, and closes it unless the user took it up", async () => {
  const [mine, seen, typed] = [tab("file:///mine"), tab("file:///seen", { isActive: true }), tab("file:///typed", { isDirty: true })];
  const users = tab("file:///open", { isActive: true });
  window.tabGroups.all = [{ tabs: [users] }];
  window.tabGroups.activeTabGroup = { activeTab: users };
  const documents = ["open", "mine", "seen", "typed"].map((name) => document(`file:///${name}`));
  const behind = await openBehind(documents);
  expect(behind.added).toEqual(documents.slice(1));
  const how = { background: true, preserveFocus: true, preview: false };
  expect(commands.executeCommand.mock.calls).toEqual(documents.slice(1).map(({ uri }) => ["vscode.open", uri, how]));

  window.tabGroups.all = [{ tabs: [users, mine, seen, typed] }];
  await behind.close();
  expect(window.tabGroups.close).toHaveBeenCalledExactlyOnceWith([mine], true);
});

it("closes what came to the front only because nothing was open", async () => {
  window.tabGroups.all = [];
  window.tabGroups.activeTabGroup = { activeTab: undefined };
  const behind = await openBehind([document("file:///mine")]);
  const mine = tab("file:///mine", { isActive: true });
  window.tabGroups.all = [{ tabs: [mine] }];
  await behind.close();
  expect(window.tabGroups.close).toHaveBeenCalledExactlyOnceWith([mine], true);
});
