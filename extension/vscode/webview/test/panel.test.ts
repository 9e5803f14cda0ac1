// @vitest-environment happy-dom
import { fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FromPanel, ToPanel } from "../../src/panel/messages";
import type { Event, TaskState } from "../../src/protocol";
import { PLAN, QUEUED, STARTED, records, view } from "../../test/records";
import App from "../App.svelte";
import Entry from "../entries/Entry.svelte";
import type { Host, Kept } from "../host";
import { Panel } from "../panel.svelte";

/** A panel whose extension is the test. */
function opened(kept: Kept = {}): { panel: Panel; tell: (message: ToPanel) => void; sent: FromPanel[]; kept: () => Kept } {
  const sent: FromPanel[] = [];
  let tell: (message: ToPanel) => void = () => undefined;
  const host: Host = {
    send: (message) => sent.push(message),
    listen: (take) => (tell = take),
    kept: () => kept,
    keep: (what) => (kept = what),
  };
  const panel = new Panel(host);
  return { panel, tell, sent, kept: () => kept };
}

const history = (state: TaskState, ...events: Event[]): ToPanel => ({
  type: "history",
  tasks: [{ ...view([QUEUED, STARTED, ...events]), state }],
  events: [],
  earlier: false,
});

const composer = (): HTMLTextAreaElement => screen.getByRole<HTMLTextAreaElement>("textbox");

beforeEach(() => {
  // A frame comes at once.
  vi.stubGlobal("requestAnimationFrame", (draw: FrameRequestCallback) => {
    draw(0);
    return 0;
  });
});
afterEach(() => {
  document.body.replaceChildren();
});

describe("the composer", () => {
  it("starts a task with Enter, and keeps a line with Shift+Enter", async () => {
    const { panel, sent } = opened();
    render(App, { panel });
    await fireEvent.input(composer(), { target: { value: "Write hello" } });
    await fireEvent.keyDown(composer(), { key: "Enter", shiftKey: true });
    expect(sent).toEqual([{ type: "ready" }]);
    await fireEvent.keyDown(composer(), { key: "Enter" });
    expect(sent.at(-1)).toEqual({ type: "start", prompt: "Write hello", mode: "" });
    expect(composer().value).toBe("");
  });

  it("starts a task beside the one that runs, where that is wanted", async () => {
    const { panel, tell, sent } = opened();
    render(App, { panel });
    tell(history("running"));
    await fireEvent.click(await screen.findByRole("button", { name: "Work beside my files" }));
    await fireEvent.input(composer(), { target: { value: "Write hello" } });
    await fireEvent.keyDown(composer(), { key: "Enter" });
    expect(sent.at(-1)).toEqual({ type: "start", prompt: "Write hello", mode: "", git: "worktree" });
    expect(screen.getByRole("button", { name: "Work beside my files" }).getAttribute("aria-pressed")).toBe("false");
  });

  it("adds to the task that runs", async () => {
    const { panel, tell, sent } = opened();
    render(App, { panel });
    tell(history("running"));
    await fireEvent.input(composer(), { target: { value: "In French" } });
    await fireEvent.keyDown(composer(), { key: "Enter" });
    expect(sent.at(-1)).toEqual({ type: "steer", task: 1, text: "In French" });
  });

  it("answers the question that waits", async () => {
    const { panel, tell, sent } = opened();
    render(App, { panel });
    tell(history("waiting", { event: "asked", ask: 4, kind: "question", text: "Which currency?" }));
    await vi.waitFor(() => screen.getByText("Which currency?"));
    await fireEvent.input(composer(), { target: { value: "Pounds" } });
    await fireEvent.keyDown(composer(), { key: "Enter" });
    expect(sent.at(-1)).toEqual({ type: "reply", task: 1, answer: "Pounds" });
  });

  it("shows edits in the diff editor before they are decided on", async () => {
    const { panel, tell, sent } = opened();
    render(App, { panel });
    tell(history("waiting", { event: "asked", ask: 4, kind: "edits", text: "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-1\n+2\n\nApply these edits?" }));
    await fireEvent.click(await screen.findByText("Show the edits"));
    expect(sent.at(-1)).toEqual({ type: "showEdits", task: 1 });
  });

  it("keeps what was typed through a reload", async () => {
    const first = opened();
    render(App, { panel: first.panel });
    await fireEvent.input(composer(), { target: { value: "Half a sent" } });
    document.body.replaceChildren();
    render(App, { panel: opened(first.kept()).panel });
    expect(composer().value).toBe("Half a sent");
  });
});

describe("an approval", () => {
  const ask = (kind: "edits" | "command", text: string): ToPanel => history("waiting", { event: "asked", ask: 5, kind, text });

  it("of a command shows exactly the command, and is given once, for the task, or here for good", async () => {
    const { panel, tell, sent } = opened();
    render(App, { panel });
    tell(ask("command", "Run this command in /ws?\nrm -rf build && make"));
    await vi.waitFor(() => { expect(document.querySelector("section pre")?.textContent).toBe("rm -rf build && make"); });
    for (const label of ["Allow", "Once", "Always here", "Deny"]) await fireEvent.click(screen.getByText(label));
    const answer = { type: "approve", task: 1, ask: 5 };
    expect(sent.slice(1)).toEqual([
      { ...answer, allow: true },
      { ...answer, allow: true, scope: "once" },
      { ...answer, allow: true, scope: "project" },
      { ...answer, allow: false },
    ]);
  });

  it("of edits shows each file's difference", async () => {
    const { panel, tell } = opened();
    render(App, { panel });
    tell(ask("edits", "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-one\n+two\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n+x\n\nApply these edits?"));
    await vi.waitFor(() => screen.getByText("b.py"));
    expect([...document.querySelectorAll("tr.added .text, tr.removed .text")].map((cell) => cell.textContent)).toEqual(["one", "two", "x"]);
  });
});

describe("edits that wait", () => {
  const hunk = (at: number): string => `@@ -${at} +${at} @@\n-old ${at}\n+new ${at}\n`;
  const text = `--- a/a.py\n+++ b/a.py\n${hunk(1)}${hunk(20)}--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n+x\n\nApply these edits?`;
  const box = (label: string): HTMLInputElement => screen.getByLabelText<HTMLInputElement>(label);

  async function reviewed(): Promise<{ sent: FromPanel[]; tell: (message: ToPanel) => void }> {
    const { panel, tell, sent } = opened();
    render(App, { panel });
    tell(history("waiting", { event: "asked", ask: 5, kind: "edits", text }));
    await vi.waitFor(() => screen.getByText("Accept all"));
    return { sent, tell };
  }

  it("are accepted without the changes and files that are refused", async () => {
    const { sent } = await reviewed();
    await fireEvent.click(box("Accept change 2 of 2 in a.py"));
    expect(box("Accept the changes of a.py").indeterminate).toBe(true);
    await fireEvent.click(box("Accept the changes of b.py"));
    await fireEvent.click(screen.getByText("Accept 1 of 3"));
    const refused = [{ path: "a.py", hunks: [2] }, { path: "b.py" }];
    expect(sent.at(-1)).toEqual({ type: "approve", task: 1, ask: 5, allow: true, refused });
  });

  it("are all of a file's, or none, by the file's own box", async () => {
    const { sent } = await reviewed();
    await fireEvent.click(box("Accept the changes of a.py"));
    expect(box("Accept change 1 of 2 in a.py").checked).toBe(false);
    await fireEvent.click(box("Accept the changes of a.py"));
    await fireEvent.click(screen.getByText("Accept all"));
    expect(sent.at(-1)).toEqual({ type: "approve", task: 1, ask: 5, allow: true });
  });

  it("are decided on anew when others are asked about", async () => {
    const { tell } = await reviewed();
    await fireEvent.click(box("Accept the changes of b.py"));
    tell({ type: "events", events: records([{ event: "answered", ask: 5, answer: "partly" }, { event: "asked", ask: 6, kind: "edits", text }], 1, 9) });
    await vi.waitFor(() => screen.getByText("Accept all"));
    expect(box("Accept the changes of b.py").checked).toBe(true);
  });
});

describe("an entry", () => {
  /** The page of the last entry that these events make. */
  async function shown(...events: Event[]): Promise<{ page: HTMLElement; sent: FromPanel[] }> {
    const { panel, tell, sent } = opened();
    tell(history("running", ...events));
    const entry = panel.entries.at(-1);
    if (!entry) throw new Error("there is no entry");
    const { container } = render(Entry, { panel, entry });
    await Promise.resolve();
    return { page: container, sent };
  }

  it("shows what a model says as text, whatever HTML is in it, and loads nothing", async () => {
    const evil = '<img src="https://x.org/a.png" onerror="x()">\n\n![p](https://x.org/b.png) <script>x()</script> **bold** [go](javascript:x()) &lt;b&gt;';
    const { page } = await shown({ event: "reply", text: evil });
    expect(page.querySelectorAll("img, script, iframe, link, a").length).toBe(0);
    expect(page.querySelector("strong")?.textContent).toBe("bold");
    expect(page.textContent).toContain("<b>");
    expect(page.textContent).toContain("[picture: p]");
  });

  it("leads out of the editor, or to a file of the project, through the extension alone", async () => {
    const { page, sent } = await shown({ event: "reply", text: "[web](https://example.org) [file](src/a.py#L3)" });
    for (const link of page.querySelectorAll("a")) {
      expect(await fireEvent.click(link), "the page itself goes nowhere").toBe(false);
    }
    expect(sent.slice(1)).toEqual([
      { type: "openLink", address: "https://example.org" },
      { type: "openFile", task: 1, path: "src/a.py" },
    ]);
  });

  it("ticks the plan", async () => {
    const { page } = await shown({ event: "step_finished", step: 1 }, { event: "planned", plan: PLAN });
    expect([...page.querySelectorAll("li")].map((step) => step.className.split(" ")[0])).toEqual(["open", "open"]);
    const ticked = await shown({ event: "planned", plan: PLAN }, { event: "step_finished", step: 1 });
    expect([...ticked.page.querySelectorAll("li")].map((step) => step.className.split(" ")[0])).toEqual(["done", "open"]);
  });

  it("of a command that failed is open, and of one that went well is closed", async () => {
    const run = (code: number): Event[] => [
      { event: "command_started", command: 1, line: "make" },
      { event: "command_finished", command: 1, exit: { code }, output: "\u001b[31mred\u001b[0m", millis: 5 },
    ];
    const bad = await shown(...run(2));
    expect(bad.page.querySelector("pre span")?.className).toContain("fg-red");
    expect(bad.page.textContent).toContain("failed with code 2");
    const good = await shown(...run(0));
    expect(good.page.querySelector("pre")).toBeNull();
    await fireEvent.click(good.page.querySelector("button") as HTMLElement);
    expect(good.page.querySelector("pre")?.textContent).toBe("red");
  });

  it("pushes a task's work by a button, or proposes it for merging", async () => {
    const { panel, tell, sent } = opened();
    const usage = { input: 1, cached: 0, output: 1, cost: 0 };
    tell(history("completed", { event: "completed", summary: "", branch: "devika/x", usage }));
    const entry = panel.entries.at(-1);
    if (!entry) throw new Error("there is no entry");
    render(Entry, { panel, entry });
    await fireEvent.click(screen.getByText("Push"));
    await fireEvent.click(screen.getByText("Pull request"));
    expect(sent.slice(-2)).toEqual([{ type: "push", task: 1 }, { type: "pullRequest", task: 1 }]);
  });

  it("names a branch that was pushed, and links to a request", async () => {
    const branch = await shown({ event: "made", what: "branch", place: "origin/devika/x" });
    expect([branch.page.textContent.trim(), branch.page.querySelector("button")]).toEqual(["Pushed to origin/devika/x", null]);
    const request = await shown({ event: "made", what: "request", place: "https://example.org/pull/1" });
    await fireEvent.click(request.page.querySelector("button") as HTMLElement);
    expect(request.sent.at(-1)).toEqual({ type: "openMade", task: 1, seq: 3 });
  });

  it("shows a page's picture when it is asked for", async () => {
    const { panel, tell, sent } = opened();
    tell(history("running", { event: "page_read", address: "https://example.org/a", title: "A page", screenshot: "/x.png" }));
    const entry = panel.entries.at(-1);
    if (!entry) throw new Error("there is no entry");
    const { container } = render(Entry, { panel, entry });
    expect(sent).toHaveLength(1);
    await fireEvent.click(container.querySelector("vscode-toolbar-button") as HTMLElement);
    expect(sent.at(-1)).toEqual({ type: "picture", task: 1, seq: 3 });
    tell({ type: "picture", task: 1, seq: 3, png: new Uint8Array([1]) });
    await vi.waitFor(() => { expect(container.querySelector("img")?.getAttribute("src")).toMatch(/^blob:/u); });
  });
});

describe("the head", () => {
  const controls = (): (string | null)[] => [...document.querySelectorAll("header vscode-toolbar-button")].map((button) => button.getAttribute("title"));

  it("offers what can be done with the task now", async () => {
    const { panel, tell } = opened();
    render(App, { panel });
    tell(history("running"));
    await vi.waitFor(() => { expect(controls()).toEqual(["Pause the task", "Stop the task"]); });
    tell(history("failed", { event: "failed", reason: "It broke." }));
    await vi.waitFor(() => { expect(controls()).toEqual(["Resume the task"]); });
    const usage = { input: 1, cached: 0, output: 1, cost: 0 };
    tell({ type: "history", tasks: [], events: records([QUEUED, { event: "completed", summary: "", branch: "devika/x", usage }]), earlier: false });
    await vi.waitFor(() => { expect(controls()).toEqual(["Accept: bring the work to your branch", "Undo the task", "Discard the task and its branch"]); });
  });

  it("tells screen readers what happens, and what is asked", async () => {
    const { panel, tell } = opened();
    render(App, { panel });
    const status = (): string | null | undefined => document.querySelector("[role=status]")?.textContent;
    tell(history("running", { event: "stage_started", stage: "verify", step: 1, round: 1 }));
    await vi.waitFor(() => { expect(status()).toBe("Step 1: Verifying"); });
    tell({ type: "events", events: records([{ event: "asked", ask: 9, kind: "trust", text: "Trust /ws?" }], 1, 9) });
    await vi.waitFor(() => { expect(status()).toBe("Devika asks: Trust /ws?"); });
  });
});
