// A real VS Code with the packaged extension, in a headless browser, driven as a person drives it.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";
import { required } from "./world.mjs";

/** How long anything on the screen may take, in milliseconds: a busy machine is slow. */
const PATIENCE = 60_000;

/** What would only be noise on the screen, or on the network. */
const SETTINGS = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.reduceMotion": "on",
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "telemetry.telemetryLevel": "off",
  "files.autoSave": "off",
};

const BROWSER = [
  "--no-sandbox", // a test may run as root, where Chromium has no sandbox
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--disable-sync",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
  "--enable-precise-memory-info",
];

/**
 * Opens the project of a world. Screenshots and logs go to `artefacts`.
 *
 * @param extensions what is installed beforehand, as files
 * @param settings the user's settings besides those that keep the screen calm
 * @param folder the folder that is open; none where it is null
 */
export async function open(world, artefacts, { extensions = [required("VSIX")], settings = {}, folder = world.project } = {}) {
  const server = await startServer(world, artefacts, extensions, settings);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: BROWSER });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  context.setDefaultTimeout(PATIENCE);
  await context.route((url) => url.hostname !== "127.0.0.1" && url.protocol.startsWith("http"), (route) => route.abort());
  const page = await context.newPage();
  await page.goto(`${server.url}/?${folder === null ? "ew=true" : `folder=${encodeURIComponent(folder)}`}`);
  await page.locator(folder === null ? ".monaco-workbench .statusbar" : ".explorer-folders-view").waitFor();
  return new Window(page, artefacts, async () => {
    await browser.close();
    await server.end();
  });
}

class Window {
  constructor(page, artefacts, end) {
    Object.assign(this, { page, artefacts, end });
  }

  /** Types into the palette, and leaves it open. */
  async palette(typed) {
    await this.page.keyboard.press("F1");
    await this.input().fill(`>${typed}`, { timeout: 3_000 });
  }

  /** Runs a command by its title, of which a part may be typed. */
  async command(title, typed = title) {
    // The palette lists what was known when it opened, and an extension may come a moment later; it closes
    // when a window that has just opened moves the keyboard elsewhere, or does not get the key at all.
    for (const end = Date.now() + PATIENCE; ; ) {
      const missing = await this.palette(typed)
        .then(() => this.row(title).click({ timeout: 3_000 }))
        .catch((error) => error);
      if (!missing) return;
      if (Date.now() > end) throw missing;
      await this.press("Escape");
    }
  }

  /** Opens a file of the project by its name. */
  async file(name) {
    await this.command("Go to File");
    await this.type(name);
    await this.row(name).click();
    await this.page.locator(".tab", { hasText: name }).waitFor();
  }

  /** Waits for an input box with this title. */
  async asked(title) {
    await this.page.locator(".quick-input-title", { hasText: title }).waitFor();
  }

  /** Types into the input box that is open. */
  async type(text) {
    await this.input().fill(text);
  }

  async press(key) {
    await this.page.keyboard.press(key);
  }

  /** The notification with this text, once it is there. */
  async notification(text) {
    const found = this.page.locator(".notification-toast .notification-list-item", { hasText: text }).first();
    await found.waitFor();
    return found;
  }

  /** Presses a button of the notification with this text. */
  async choose(text, button) {
    const found = await this.notification(text);
    await found.locator(".monaco-button", { hasText: button }).first().click();
  }

  /** Opens the panel, and returns its page. */
  async panel() {
    await this.command("Devika: Open Panel");
    return this.shownPanel();
  }

  /** Loads the window anew, with the panel as it was: open. */
  async reload() {
    await this.page.reload();
    return this.shownPanel();
  }

  async shownPanel() {
    const inner = this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
    const page = inner.locator("main");
    await page.waitFor();
    return (await page.elementHandle()).ownerFrame();
  }

  /** Opens a collapsed part of the side bar by the label of its head. */
  async pane(label) {
    await this.page.locator(`.pane-header[aria-label="${label}"]`).click();
  }

  /** Changes the colour theme, and waits until the workbench and the panel, where one is shown, are of that kind. */
  async theme(name, kind, panel) {
    await this.command("Preferences: Color Theme");
    await this.input().fill(name);
    await this.row(name).click();
    const workbench = { dark: "vs-dark", light: "vs", "high-contrast": "hc-black" }[kind];
    await this.page.locator(`.monaco-workbench.${workbench}`).waitFor();
    await panel?.locator(`body[data-vscode-theme-kind="vscode-${kind}"]`).waitFor();
  }

  /** Waits for a file in the explorer. */
  async explorer(file) {
    await this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: file }).first().waitFor();
  }

  /** Waits for a text anywhere in the workbench. */
  async text(text) {
    await this.page.locator(".monaco-workbench").getByText(text).first().waitFor();
  }

  /** The tabs of files that are not saved. */
  async unsaved() {
    return this.page.locator(".tab.dirty").allTextContents();
  }

  async screenshot(name) {
    await this.page.screenshot({ path: path.join(this.artefacts, `${name}.png`), animations: "disabled" });
  }

  input() {
    return this.page.locator(".quick-input-widget input[type=text]:visible").first();
  }

  row(text) {
    return this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
  }
}

async function startServer(world, artefacts, extensions, settings) {
  const codeServer = required("CODE_SERVER");
  const folder = path.join(artefacts, "code-server");
  fs.rmSync(folder, { recursive: true, force: true });
  const user = path.join(folder, "user");
  fs.mkdirSync(path.join(user, "User"), { recursive: true });
  fs.writeFileSync(path.join(user, "User", "settings.json"), JSON.stringify({ ...SETTINGS, ...settings }));
  const dirs = ["--user-data-dir", user, "--extensions-dir", path.join(folder, "extensions")];
  const env = { ...clean(process.env), ...world.env };
  for (const extension of extensions) {
    execFileSync(codeServer, [...dirs, "--install-extension", extension], { env, stdio: "ignore" });
  }

  const flags = ["--auth=none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override"];
  const args = [...dirs, ...flags, "--bind-addr=127.0.0.1:0", "--ignore-last-opened"];
  const server = spawn(codeServer, args, { env, detached: true });
  const log = fs.createWriteStream(path.join(artefacts, "code-server.log"));
  server.stderr.pipe(log);
  server.stdout.pipe(log, { end: false });
  const url = await address(server);
  const end = async () => {
    const ended = once(server, "exit");
    process.kill(-server.pid, "SIGTERM");
    await ended;
  };
  return { url, end };
}

/** The address that code-server says it listens on. */
function address(server) {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stdout.on("data", (chunk) => {
      said += chunk;
      const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(said);
      if (found) resolve(found[1]);
    });
    server.once("exit", (exit) => reject(new Error(`code-server ended with ${exit}:\n${said}`)));
  });
}

/** The environment without what an editor, where the test was started in one, adds to it. */
function clean(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(VSCODE_|CODE_SERVER_|npm_)/.test(name)));
}
