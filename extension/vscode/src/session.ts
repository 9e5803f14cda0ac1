/** One connection to the server, and the tasks seen over it. */

import { type Disposable, type LogOutputChannel, workspace } from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { LanguageServers } from "./languageServers";
import type { LanguageModels } from "./lm";
import { offerFolder } from "./openFolder";
import {
  type Commands,
  EVENT_METHOD,
  type EventRecord,
  OPEN_FOLDER_METHOD,
  type OpenFolderArgs,
  SAVE_METHOD,
  type SaveArgs,
  type TaskId,
} from "./protocol";
import { save } from "./save";
import { serverSettings } from "./settings";
import { type Ask, type Task, Tasks } from "./tasks";

/** Something that is drawn from the events. */
export interface View extends Disposable {
  /** An event happened. */
  onEvent(task: Task, record: EventRecord): void;
  /** The history of a task that began elsewhere was read. */
  onHistory(task: Task, records: EventRecord[]): void;
  /** The server is gone; what ran on it does not run any more. */
  onDisconnect?(): void;
}

/** Owns the client, which starts with the window or with the first command. */
export class Session implements Disposable {
  readonly tasks = new Tasks();
  private readonly views: View[] = [];
  private readonly languageServers = new LanguageServers();
  private readonly listeners: Disposable[];
  private client: Promise<LanguageClient> | undefined;
  /** Whether the next command starts a server anew, once the tasks of this one have ended. */
  private isStale = false;

  /**
   * @param bundled the path of the server inside the extension
   * @param models the editor's own, for the server to ask
   * @param environment what a server gets in its environment besides the editor's own, such as keys
   */
  constructor(
    private readonly bundled: string,
    private readonly log: LogOutputChannel,
    private readonly environment: () => Promise<Record<string, string>>,
    private readonly models: LanguageModels,
  ) {
    this.listeners = [
      workspace.onDidGrantWorkspaceTrust(() => void this.quietly(this.tellTrust()).then(() => this.begin())),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("devika.server.path")) this.disconnect();
        else if (change.affectsConfiguration("devika")) void this.quietly(this.tellSettings());
      }),
    ];
  }

  /** Draws `view` from now on. */
  add<V extends View>(view: V): V {
    this.views.push(view);
    return view;
  }

  /** Has the server execute a command; starts it first where it is not running. */
  async execute<N extends keyof Commands>(name: N, args: Commands[N]["args"]): Promise<Commands[N]["reply"]> {
    const client = await this.connected();
    const params = { command: name, arguments: [args] };
    return client.sendRequest<Commands[N]["reply"]>("workspace/executeCommand", params);
  }

  /**
   * Starts the server where there is a folder that the user trusts: it offers what was interrupted there,
   * and has code actions before anybody opens a view of Devika's.
   */
  async begin(): Promise<void> {
    if (workspace.isTrusted && workspace.workspaceFolders?.length) await this.quietly(this.connected());
  }

  /** Whether a task of this window is at work. */
  get isBusy(): boolean {
    return this.tasks.running().length > 0;
  }

  /** Has the server start anew, with its environment of then, as soon as no task is at work. */
  renew(): void {
    this.isStale = true;
  }

  /** Reads a task's history where this window does not have it yet. */
  async recover(id: TaskId): Promise<void> {
    const records = this.tasks.load(await this.execute("devika.task.show", { task: id }));
    const task = this.tasks.get(id);
    if (task && records.length > 0) for (const view of this.views) view.onHistory(task, records);
  }

  dispose(): void {
    this.disconnect();
    for (const disposable of [this.languageServers, this.models, ...this.listeners, ...this.views]) disposable.dispose();
  }

  private async connected(): Promise<LanguageClient> {
    if (this.isStale && !this.isBusy) this.disconnect();
    const starting = (this.client ??= this.newClient());
    try {
      const client = await starting;
      await client.start();
      return client;
    } catch (error) {
      if (this.client === starting) this.disconnect();
      throw error;
    }
  }

  private disconnect(): void {
    // Nobody waits for the end: the server ends with its standard input at the latest.
    void this.client?.then((client) => client.dispose()).catch(() => undefined);
    this.client = undefined;
    this.isStale = false;
  }

  private async newClient(): Promise<LanguageClient> {
    // The library is large, and nothing of it is needed before the first command.
    const { connect } = await import("./server");
    const client = connect(this.bundled, await this.environment(), this.log, {
      ready: () => void this.quietly(this.models.tell(client)),
      gone: () => {
        this.models.hangUp();
        for (const view of this.views) view.onDisconnect?.();
      },
    });
    client.onNotification(EVENT_METHOD, (record: EventRecord) => {
      this.take(record);
    });
    client.onRequest(SAVE_METHOD, (args: SaveArgs) =>
      save(args, (uri) => client.protocol2CodeConverter.asUri(uri)),
    );
    client.onRequest(OPEN_FOLDER_METHOD, (args: OpenFolderArgs) =>
      offerFolder(args, (uri) => client.protocol2CodeConverter.asUri(uri)),
    );
    this.languageServers.answer(client);
    this.models.answer(client);
    return client;
  }

  private take(record: EventRecord): void {
    const known = this.tasks.take(record);
    if (known === "unknown") void this.quietly(this.recover(record.task));
    const task = this.tasks.get(record.task);
    if (known !== "news" || !task) return;
    for (const view of this.views) view.onEvent(task, record);
    this.tasks.tidy();
  }

  /** The editor's trust answers what Devika would ask. */
  private async tellTrust(): Promise<void> {
    const waiting = this.tasks.asks().filter(({ kind }) => kind === "trust");
    const allow = ({ task, id }: Ask): Promise<null> =>
      this.execute("devika.task.approve", { task, ask: id, allow: true });
    await Promise.all([...waiting.map(allow), this.tellSettings()]);
  }

  /** A server without work starts anew with the settings; a busy one is told, and goes on. */
  private async tellSettings(): Promise<void> {
    const client = await this.client;
    if (!client?.isRunning()) return;
    if (!this.isBusy) {
      await client.restart();
      return;
    }
    const params = { settings: { devika: serverSettings() } };
    await client.sendNotification("workspace/didChangeConfiguration", params);
  }

  /** What nobody asked for fails into the log. */
  private async quietly(work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      this.log.warn(String(error));
    });
  }
}
