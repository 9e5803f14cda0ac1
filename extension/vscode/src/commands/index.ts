/** The commands of the palette. */

import { type Disposable, commands, window } from "vscode";
import type { Session } from "../session";
import type { Log } from "../views/log";
import type { Preview } from "../views/preview";
import { accept, discard, pullRequest, push, redo, undo } from "./afterwards";
import { answer } from "./answer";
import { approve } from "./approve";
import { cancel } from "./cancel";
import { checkSetup } from "./checkSetup";
import { chooseModel } from "./chooseModel";
import { openLog } from "./log";
import { pause } from "./pause";
import { run } from "./run";
import { show } from "./show";
import { steer } from "./steer";

/** What commands work with. */
export interface Window {
  session: Session;
  log: Log;
  preview: Preview;
}

const COMMANDS: Record<string, (window: Window) => Promise<void>> = {
  "devika.run": run,
  "devika.steer": steer,
  "devika.pause": pause,
  "devika.cancel": cancel,
  "devika.undo": undo,
  "devika.redo": redo,
  "devika.accept": accept,
  "devika.discard": discard,
  "devika.push": push,
  "devika.pullRequest": pullRequest,
  "devika.showTasks": show,
  "devika.answer": answer,
  "devika.approve": approve,
  "devika.openLog": openLog,
  "devika.checkSetup": checkSetup,
  "devika.chooseModel": chooseModel,
};

export function registerCommands(of: Window): Disposable[] {
  return Object.entries(COMMANDS).map(([id, command]) =>
    commands.registerCommand(id, () => attempt(of.log, () => command(of))),
  );
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
