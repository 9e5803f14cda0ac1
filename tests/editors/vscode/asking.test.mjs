// What Devika asks besides its commands, in the panel, and proposed edits in VS Code's own diff editor;
// hello.test.mjs says how to run it.
import assert from "node:assert/strict";
import http from "node:http";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { openWindow, runTask } from "./scene.mjs";
import { HELLO, code, plan } from "./world.mjs";

const THEMES = [["dark", "Dark 2026"], ["light", "Light 2026"]];

/** Takes a picture of what is on the screen in dark and in light colours. */
async function pictures(window, panel, name) {
  for (const [kind, theme] of THEMES) {
    await window.theme(theme, kind, panel);
    await window.screenshot(`${name}-${kind}`);
  }
}

async function say(panel, words) {
  await panel.locator("textarea").fill(words);
  await panel.locator("textarea").press("Enter");
}

const button = (panel, label) => panel.getByText(label, { exact: true });

describe("a host that commands may not reach", () => {
  const site = http.createServer((_, answer) => answer.end("welcome"));
  // Not one of the addresses for which Python leaves a proxy out.
  const host = () => `127.0.0.2:${site.address().port}`;
  const replies = [];
  before(async () => {
    site.listen(0, "0.0.0.0");
    await once(site, "listening");
    const visit = `import urllib.request\nprint(urllib.request.urlopen('http://${host()}/').read().decode())\n`;
    const steps = [{ text: "Write visit.py", files: ["visit.py"] }];
    replies.push(plan({ steps, verify: ["python3 visit.py"] }), code("Visit the site", { "visit.py": visit }));
  });
  after(() => site.close());
  const at = openWindow("host", { replies, config: '[sandbox]\nprivate_hosts = ["127.0.0.2"]\n' });

  test("is asked for in the panel, and reached once it is allowed", async () => {
    const { window, world } = at;
    const panel = await window.panel();
    await say(panel, "Visit the site");
    await button(panel, "Allow").click();
    await panel.getByText("Let commands reach this host?").waitFor();
    assert.ok((await panel.locator("section .exact").innerText()).includes("127.0.0.2"));
    await pictures(window, panel, "1-host");
    await button(panel, "Once").click();
    await panel.locator(".completed .head").waitFor();
    assert.equal(world.git("log", "--format=%s"), "feat: visit the site");
  });
});

describe("a secret in what is to be committed", () => {
  const token = ["glpat", "q7Zp2LxV9mKd4TfR8wNb3H"].join("-");
  const at = openWindow("finding", {
    files: { "a.txt": "a\n" },
    replies: [
      plan({ steps: [{ text: "Log in", files: ["login.py"] }], verify: [] }),
      code("Log in", { "login.py": `import lab\n\nlab.login('${token}')\n` }),
    ],
  });

  test("is shown by its place in the panel, and committed only where the user says so", async () => {
    const { window, world } = at;
    const panel = await window.panel();
    await say(panel, "Log in");
    await panel.getByText("Commit it all the same?").waitFor();
    const asked = await panel.locator("section .exact").innerText();
    assert.match(asked, /login\.py:3: a token of GitLab/);
    assert.ok(!asked.includes(token.slice(0, 12)));
    await pictures(window, panel, "1-finding");
    await button(panel, "Deny").click();
    await panel.locator("header", { hasText: /Paused|Failed/u }).waitFor();
    await pictures(window, panel, "2-denied");
    assert.equal(world.git("log", "--format=%s", "--all"), "Begin");
  });
});

describe("edits that wait for approval", () => {
  const before = 'def greeting():\n    return "Hello"\n';
  const at = openWindow("diff-editor", {
    config: '[tasks]\nmode = "review"\n',
    files: { "hello.py": before, "test_hello.py": HELLO["test_hello.py"] },
    replies: [
      plan({ steps: [{ text: "Greet the world", files: ["hello.py"] }], verify: [] }),
      code("Greet the world", { "hello.py": HELLO["hello.py"] }),
    ],
  });

  test("are in VS Code's own diff editor, and in the file once they are allowed", async () => {
    const { window, world } = at;
    await runTask(window, "Greet the world");
    await window.choose("python3 -m unittest", "Allow");
    await window.notification("Apply these edits?");
    const diff = window.page.locator(".monaco-diff-editor");
    await diff.locator(".editor.modified .view-line", { hasText: "Hello, world!" }).first().waitFor();
    await diff.locator(".editor.original .view-line", { hasText: 'return "Hello"' }).first().waitFor();
    for (const [kind, theme] of THEMES) {
      await window.theme(theme, kind);
      await window.screenshot(`1-diff-${kind}`);
    }
    assert.equal(world.read("hello.py"), before, "nothing is written before it is allowed");
    assert.deepEqual(await window.unsaved(), []);
    await window.page.locator(".editor-actions").getByRole("button", { name: "Allow" }).click();
    await window.notification("Devika is done");
    assert.equal(await diff.count(), 0, "the diff is closed with its ask");
    assert.equal(world.read("hello.py"), HELLO["hello.py"]);
    await window.screenshot("2-done");
  });
});
