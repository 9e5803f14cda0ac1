// What the tests of a real VS Code begin with.
import fs from "node:fs";
import path from "node:path";
import { after, before } from "node:test";
import { open } from "./drive.mjs";
import { build, required } from "./world.mjs";

const artefacts = path.join(required("ARTEFACTS"), "vscode");

/**
 * A window on a new project, for the tests of a block; its last state is kept as a picture. `how` says
 * what of the editor is not as usual.
 */
export function openWindow(name, settings, how) {
  const folder = path.join(artefacts, name);
  const at = {};
  before(async () => {
    fs.mkdirSync(folder, { recursive: true });
    at.folder = folder;
    at.world = await build(path.join(folder, "world"), settings);
    at.window = await open(at.world, folder, how?.(at.world));
  });
  after(async () => {
    await at.window?.screenshot("last");
    await at.window?.end();
    at.world?.end();
  });
  return at;
}

/** Starts a task as a person does, from the palette. */
export async function runTask(window, prompt) {
  await window.command("Devika: Run Task");
  await window.asked("Devika: Run Task");
  await window.type(prompt);
  await window.press("Enter");
}
