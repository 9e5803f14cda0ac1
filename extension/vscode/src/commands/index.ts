/** The commands of the palette. */

import { type Disposable, commands, window } from "vscode";
import type { Keys } from "../keys";
import type { Session } from "../session";
import type { Log } from "../views/log";
import type { Preview } from "../views/preview";
import type { Panel } from "../panel/panel";
import type { HealthTree } from "../trees/health";
import type { MemoryTree } from "../trees/memory";
import type { TaskTree } from "../trees/tasks";
import type { MemoryPassage, TaskSummary } from "../protocol";
import { accept, discard, pullRequest, push, redo, resume, undo } from "./afterwards";
import { answer } from "./answer";
import { allowShown, approve, chooseShown, denyShown, showEdits } from "./approve";
import { cancel } from "./cancel";
import { checkSetup, copyMend } from "./checkSetup";
import { chooseModel } from "./chooseModel";
import { forgetKey, setKey } from "./keys";
import { openLog } from "./log";
import { forgetSource, remember, searchMemory } from "./memory";
import { pause } from "./pause";
import { restore } from "./restore";
import { run, runBeside } from "./run";
import { show, showTask } from "./show";
import { steer } from "./steer";

/** What commands work with. */
export interface Window {
  session: Session;
  keys: Keys;
  log: Log;
  preview: Preview;
  panel: Panel;
  tasks: TaskTree;
  health: HealthTree;
  memory: MemoryTree;
}

/** What a command is about: the line of a tree whose menu it was chosen from, or an editor's document. */
export type About = { task?: Pick<TaskSummary, "id">; mend?: string; passage?: MemoryPassage; path?: string } | undefined;

const COMMANDS: Record<string, (window: Window, about: About) => Promise<void>> = {
  "devika.run": run,
  "devika.runBeside": runBeside,
  "devika.steer": steer,
  "devika.pause": pause,
  "devika.cancel": cancel,
  "devika.undo": undo,
  "devika.redo": redo,
  "devika.restore": restore,
  "devika.accept": accept,
  "devika.discard": discard,
  "devika.push": push,
  "devika.pullRequest": pullRequest,
  "devika.showTasks": show,
  "devika.answer": answer,
  "devika.approve": approve,
  "devika.showEdits": showEdits,
  "devika.allowShown": allowShown,
  "devika.chooseShown": chooseShown,
  "devika.denyShown": denyShown,
  "devika.openLog": openLog,
  "devika.checkSetup": checkSetup,
  "devika.chooseModel": chooseModel,
  "devika.key.set": setKey,
  "devika.key.forget": forgetKey,
  "devika.resume": resume,
  "devika.showTask": showTask,
  "devika.openPanel": ({ panel }) => panel.compose(),
  "devika.refreshTasks": refresh(({ tasks }) => tasks),
  "devika.refreshHealth": refresh(({ health }) => health),
  "devika.copyMend": copyMend,
  "devika.searchMemory": searchMemory,
  "devika.remember": remember,
  "devika.forgetSource": forgetSource,
  "devika.refreshMemory": refresh(({ memory }) => memory),
};

export function registerCommands(of: Window): Disposable[] {
  return Object.entries(COMMANDS).map(([id, command]) =>
    commands.registerCommand(id, (about: About) => attempt(of.log, () => command(of, about))),
  );
}

function refresh(tree: (of: Window) => { refresh: () => void }): (of: Window) => Promise<void> {
  return (of) => {
    tree(of).refresh();
    return Promise.resolve();
  };
}

/** Does what the user asked for; says so where it fails. */
export async function attempt(log: Log, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const choice = await window.showErrorMessage(`Devika: ${text}`, "Open Log");
    if (choice) log.show();
  }
}
