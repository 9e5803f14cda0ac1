/** The panel in the side bar: shows what the events tell, and takes what the user does there. */

import { type ExtensionContext, type WebviewView, type WebviewViewProvider, commands, workspace } from "vscode";
import { type EventRecord, type TaskView, isLive } from "../protocol";
import type { Session, View } from "../session";
import { taskSettings } from "../settings";
import type { Task } from "../tasks";
import type { FromPanel, ToPanel } from "./messages";
import { page, pageRoot } from "./page";
import { Tail } from "./tail";

export const PANEL = "devika.panel";

/** How many tasks are shown at first, and more each time that earlier ones are asked for. */
const TASKS = 10;

/** Carries out what the user does in the panel. */
export type Act = (message: FromPanel) => Promise<void>;

export class Panel implements WebviewViewProvider, View {
  private view: WebviewView | undefined;
  private readonly tail = new Tail();
  /** Events on their way; those of one reading of the server's output travel together. */
  private leaving: EventRecord[] = [];
  /** How many tasks the page shows beyond the first ones. */
  private more = 0;
  /** Whether the page has its history, and takes events. */
  private isFed = false;

  constructor(
    private readonly context: Pick<ExtensionContext, "extensionUri">,
    private readonly session: Pick<Session, "execute">,
    private readonly act: Act,
  ) {}

  /** Whether the user sees the panel. */
  get isVisible(): boolean {
    return this.view?.visible ?? false;
  }

  resolveWebviewView(view: WebviewView): void {
    this.view = view;
    view.webview.options = { enableScripts: true, localResourceRoots: [pageRoot(this.context.extensionUri)] };
    view.webview.onDidReceiveMessage((message: FromPanel) => void this.take(message));
    const settings = workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("devika")) this.tellSettings();
    });
    view.onDidDispose(() => {
      settings.dispose();
      this.view = undefined;
      this.isFed = false;
    });
    view.webview.html = page(view.webview, this.context.extensionUri);
  }

  onEvent(_task: Task, record: EventRecord): void {
    this.tail.take(record);
    if (!this.view) return;
    if (this.leaving.length === 0) {
      setImmediate(() => {
        this.send();
      });
    }
    this.leaving.push(record);
  }

  onHistory(_task: Task, records: EventRecord[]): void {
    for (const record of records) if (isLive(record)) this.tail.take(record);
    void this.act({ type: "earlier", shown: this.more });
  }

  onDisconnect(): void {
    this.tail.clear();
    this.send();
    void this.tell({ type: "gone" });
  }

  /** Shows the panel, with the keyboard in the composer. */
  async compose(): Promise<void> {
    await commands.executeCommand(`${PANEL}.focus`);
    void this.tell({ type: "compose" });
  }

  /** Shows a task in the panel. */
  async reveal(task: TaskView): Promise<void> {
    await commands.executeCommand(`${PANEL}.focus`);
    void this.tell({ type: "task", task });
    void this.tell({ type: "reveal", task: task.id });
  }

  /** Whether the page got the message. */
  async tell(message: ToPanel): Promise<boolean> {
    return (await this.view?.webview.postMessage(message)) ?? false;
  }

  dispose(): void {
    this.tail.clear();
  }

  private async take(message: FromPanel): Promise<void> {
    if (message.type === "ready") this.tellSettings();
    await this.act(message);
  }

  /** Gives the page everything that it shows, and more tasks than it has; what happens meanwhile follows. */
  async feed(shown = 0): Promise<void> {
    if (!this.view) return;
    this.isFed = false;
    this.more = shown;
    const count = shown + TASKS;
    let tasks: TaskView[] = [];
    let earlier = false;
    try {
      const listed = await this.session.execute("devika.task.list", { limit: count + 1 });
      earlier = listed.length > count;
      tasks = await Promise.all(listed.slice(0, count).map(({ id: task }) => this.session.execute("devika.task.show", { task })));
    } finally {
      // Even without its history the page takes what happens from now on.
      const events = [...this.leaving.filter((record) => !isLive(record)), ...this.tail.all()];
      this.leaving = [];
      this.isFed = true;
      void this.tell({ type: "history", tasks: tasks.reverse(), events, earlier });
    }
  }

  private send(): void {
    // Until the page has its history, events wait to follow it.
    if (!this.isFed || this.leaving.length === 0) return;
    const events = this.leaving;
    this.leaving = [];
    void this.tell({ type: "events", events });
  }

  private tellSettings(): void {
    const { model = "", mode = "" } = taskSettings();
    void this.tell({ type: "settings", model, mode });
  }
}
