/** Tabs for documents, because some language servers, TypeScript's among them, look only at what has one. */

import { commands, type Tab, TabInputText, type TextDocument, type Uri, window } from "vscode";

/** Documents with tabs behind what the user sees. */
export interface Behind {
  /** Those that had none before. */
  added: TextDocument[];
  /** Closes their tabs again, but for those that the user went to or changed. */
  close(): Promise<void>;
}

/** Gives documents without a tab one behind what the user sees, and says which. */
export async function openBehind(documents: TextDocument[]): Promise<Behind> {
  const added = documents.filter(({ uri }) => tabsOf(uri).length === 0);
  // The first tab of an empty editor is in front of the user without having been chosen.
  const inFront = window.tabGroups.activeTabGroup.activeTab === undefined;
  const how = { background: true, preserveFocus: true, preview: false };
  // One that cannot be shown is judged as far as it can be without a tab.
  await Promise.allSettled(added.map(({ uri }) => commands.executeCommand("vscode.open", uri, how)));
  const close = async (): Promise<void> => {
    const tabs = added.flatMap(({ uri }) => tabsOf(uri));
    const unused = tabs.filter((tab) => !tab.isDirty && (inFront || !tab.isActive));
    await window.tabGroups.close(unused, true);
  };
  return { added, close };
}

function tabsOf(uri: Uri): Tab[] {
  const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.filter(({ input }) => input instanceof TabInputText && String(input.uri) === String(uri));
}
