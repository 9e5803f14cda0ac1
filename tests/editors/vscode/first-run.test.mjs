// Devika as somebody meets it for the first time: from the .vsix to the first accepted task, with what it
// takes of them. hello.test.mjs says how to run it.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { openWindow } from "./scene.mjs";
import { HELLO, code, plan, required } from "./world.mjs";

const PROMPT = "Write a hello world program in Python, with a test";
const KEY = "gsk-first-run-4b7d1e90";

/**
 * What people need, in seconds: to press a key, to point at something and click it, and to think about
 * what comes next (Card, Moran and Newell's keystroke-level model).
 */
const [KEYSTROKE, POINT, THINK] = [0.28, 1.3, 1.35];

/** Somebody at the window, whose doings are counted. */
class Person {
  clicks = 0;
  keys = 0;
  steps = 0;

  constructor(page) {
    this.page = page;
  }

  /** Looks for something and clicks it. */
  async click(target) {
    await target.click();
    this.clicks += 1;
    this.steps += 1;
  }

  /** Thinks of a text, types it into the box that asks, and presses Enter there. */
  async enter(box, text) {
    await box.fill(text);
    await box.press("Enter");
    this.keys += text.length + 1;
    this.steps += 1;
  }

  async press(box, key) {
    await box.press(key);
    this.keys += 1;
  }

  /** Pastes a text in the place of what is in the box. */
  async paste(box, text) {
    await box.fill(text);
    this.keys += 1;
    this.steps += 1;
  }

  /** Names a file or folder in the editor's dialog for one, and presses its button. */
  async name(window, title, file, button) {
    await window.asked(title);
    // It begins with the folder of the user, a moment after it opens.
    await window.page.waitForFunction(() => document.querySelector(".quick-input-widget input")?.value.endsWith("/"));
    await this.paste(window.input(), file);
    const dialog = window.page.locator(".quick-input-widget");
    this.clicks += 1;
    // While the dialog looks a file up, it takes no press of its button, and may put its folder back in the box.
    for (let i = 0; i < 10 && (await dialog.isVisible()); i += 1) {
      if (i > 0) await window.input().fill(file, { timeout: 5_000 }).catch(() => undefined);
      await dialog.getByText(button, { exact: true }).click({ timeout: 5_000 }).catch(() => undefined);
      await dialog.waitFor({ state: "hidden", timeout: 5_000 }).catch(() => undefined);
    }
  }

  /** Picks a command from the palette by a part of its title. */
  async command(window, typed, title) {
    await window.command(title, typed);
    this.keys += 1 + typed.length;
    this.clicks += 1;
    this.steps += 1;
  }

  get seconds() {
    return Math.round(this.keys * KEYSTROKE + this.clicks * POINT + this.steps * THINK);
  }
}

/** Everything below a folder, as one text. */
function allText(folder) {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((file) => fs.readFileSync(path.join(file.parentPath, file.name), "latin1")).join("\n");
}

describe("somebody new", () => {
  const at = openWindow(
    "first-run",
    {
      files: { "README.md": "# Greetings\n" },
      replies: [plan({}), code("Add a hello world program with a test", HELLO)],
      // A provider that everybody knows, which is the scripted model here. It has no key yet.
      models: (url) =>
        `[providers.groq]\nbase_url = "${url}"\n` +
        '[providers.ollama]\nbase_url = "http://127.0.0.1:1/"\n[providers.lmstudio]\nbase_url = "http://127.0.0.1:1/v1/"\n',
    },
    () => ({ extensions: [], folder: null }),
  );
  const begun = Date.now();
  let person;

  test("installs the extension from its file, and is shown how to begin", async () => {
    const { window } = at;
    person = new Person(window.page);
    await person.command(window, "install from vsix", "Install from VSIX");
    await person.name(window, "Install from VSIX", required("VSIX"), "Install");
    await window.notification("Completed installing extension");
    await person.command(window, "walkthrough", "Open Walkthrough");
    await person.click(window.row("Begin with Devika"));
    await window.text("Choose a model, or enter a key");
    for (const [kind, theme] of [["light", "Light 2026"], ["dark", "Dark 2026"]]) {
      await window.theme(theme, kind);
      await window.screenshot(`1-walkthrough-${kind}`);
    }
  });

  test("enters a key, which is a secret of the editor's and in no file", async () => {
    const { window, world } = at;
    await person.click(window.page.locator(".gettingStartedContainer").getByRole("button", { name: "Enter Key" }).first());
    await window.asked("Devika: Enter Key");
    await window.screenshot("2-providers");
    await person.enter(window.input(), "groq");
    await window.asked("Devika: the key for Groq");
    const hidden = window.page.locator(".quick-input-widget input[type=password]");
    assert.equal(await hidden.count(), 1, "the key is not shown");
    await person.paste(hidden, KEY);
    await window.screenshot("3-key");
    await person.press(hidden, "Enter");
    await window.notification("the key for Groq is kept");
    await window.screenshot("4-kept");
    const settings = fs.readFileSync(path.join(at.folder, "code-server", "user", "User", "settings.json"), "utf8");
    assert.ok(!settings.includes(KEY));
    assert.ok(!allText(path.join(at.folder, "code-server", "user")).includes(KEY), "the key is in no file of the editor");
    assert.ok(!allText(world.env.HOME).includes(KEY), "the key is in no file of Devika");
  });

  test("opens a folder, and has the first task done there", async () => {
    const { window, world } = at;
    await person.command(window, "open folder", "File: Open Folder");
    await person.name(window, "Open Folder", `${world.project}/`, "OK");
    await window.page.locator(".explorer-folders-view").waitFor();
    // What was open before comes back last, and takes the keyboard.
    await window.text("Begin with Devika");
    await person.command(window, "devika run", "Devika: Run Task");
    await window.asked("Devika: Run Task");
    await person.enter(window.input(), PROMPT);
    const asked = await window.notification("Run in “project”?");
    await window.screenshot("5-asked");
    await person.click(asked.locator(".monaco-button", { hasText: "Allow" }).first());
    await window.notification("Devika is done");
    await window.screenshot("6-done");
    assert.ok(!allText(world.env.HOME).includes(KEY), "the key is in no file of Devika");
  });

  test("accepts it", async (t) => {
    const { window, world } = at;
    const done = await window.notification("Devika is done");
    await person.click(done.locator(".monaco-button", { hasText: "Accept" }).first());
    await window.notification("is accepted; its work is on");
    assert.equal(world.git("log", "-1", "--format=%s", "main"), "feat: add a hello world program with a test");
    await window.screenshot("7-accepted");
    const { clicks, keys, seconds } = person;
    t.diagnostic(`${clicks} clicks and ${keys} keys, about ${seconds} s of a person's time; ${Math.round((Date.now() - begun) / 1000)} s on this machine`);
  });
});
