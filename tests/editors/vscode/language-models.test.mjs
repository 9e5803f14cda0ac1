// A task by a language model of the editor itself, as GitHub Copilot brings some, and Devika in the
// editor's chat; hello.test.mjs says how to run it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { openWindow } from "./scene.mjs";
import { HELLO, code, plan, required } from "./world.mjs";

const VSCE = path.join(import.meta.dirname, "../../../extension/vscode/node_modules/.bin/vsce");

/** The models' own extension, packaged; it gives `replies`, in order. */
function withModels(replies) {
  return ({ env, project }) => {
    const folder = path.dirname(project);
    env.EDITOR_MODEL_SCRIPT = path.join(folder, "editor-model.json");
    fs.writeFileSync(env.EDITOR_MODEL_SCRIPT, JSON.stringify(replies));
    const file = path.join(folder, "models.vsix");
    const pack = ["package", "--no-dependencies", "--skip-license", "--allow-missing-repository", "--out", file];
    execFileSync(VSCE, pack, { cwd: path.join(import.meta.dirname, "models"), stdio: "pipe" });
    return { extensions: [required("VSIX"), file], settings: { "chat.disableAIFeatures": false } };
  };
}

describe("the editor's own language models", () => {
  const replies = [plan({ verify: [] }), code("Add a hello world program with a test", HELLO)];
  // No provider has a key, and no server runs on this machine.
  const nowhere = "http://127.0.0.1:1/";
  const config = `[providers.ollama]\nbase_url = "${nowhere}"\n[providers.lmstudio]\nbase_url = "${nowhere}v1/"\n`;
  const at = openWindow("language-models", { replies: [], models: () => "", config }, withModels(replies));

  test("are offered by name, and one is chosen", async () => {
    const { window } = at;
    await window.command("Devika: Choose Model");
    await window.asked("Devika: the model for project");
    await window.row("scripted-large").waitFor();
    assert.match(await window.row("scripted-mini").getAttribute("aria-label"), /editor/u);
    await window.screenshot("1-models");
    await window.row("scripted-mini").click();
  });

  test("carry out a task without any key", async () => {
    const { window, world } = at;
    const panel = await window.panel();
    await panel.locator("textarea").fill("Write a hello world program in Python, with a test");
    await panel.locator("textarea").press("Enter");
    await panel.locator(".completed .head").waitFor();
    await window.screenshot("2-done");
    for (const [file, text] of Object.entries(HELLO)) assert.equal(world.read(file), text);
    assert.match(world.git("log", "--format=%B"), /Assisted-by: editor\/scripted-mini/u);
  });
});
