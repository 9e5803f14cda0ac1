/** What the panel shows, as the extension tells it; events are drawn once a frame. */

import { SvelteMap } from "svelte/reactivity";
import type { FromPanel, ToPanel } from "../src/panel/messages";
import type { EventRecord, Mode, TaskId } from "../src/protocol";
import type { Host } from "./host";
import { type Conversation, entriesOf, foremost, gone, hear, recall, waiting } from "./story/conversation";

/** What takes its own button away. */
const DECISIONS: readonly FromPanel["type"][] = ["approve", "pause", "cancel", "resume", "accept", "discard", "undo", "redo"];

export class Panel {
  conversation = $state.raw<Conversation>([]);
  /** Whether all that there is has been told once. */
  loaded = $state(false);
  /** Whether there are earlier tasks than those shown. */
  earlier = $state(false);
  settings = $state.raw<{ model: string; mode: Mode | "" }>({ model: "", mode: "" });
  /** The task to bring into view, counted so that the same one can be asked for again. */
  revealed = $state.raw<{ task: TaskId; times: number }>({ task: 0, times: 0 });
  /** How often the keyboard was asked for. */
  composing = $state(0);
  /** Pages' pictures by the number of their event; null where there is none any more. */
  readonly pictures = new SvelteMap<number, string | null>();

  readonly entries = $derived(entriesOf(this.conversation));
  readonly story = $derived(foremost(this.conversation));
  readonly ask = $derived(waiting(this.story));

  private arrived: EventRecord[] = [];

  constructor(private readonly host: Host) {
    host.listen((message) => {
      this.take(message);
    });
    host.send({ type: "ready" });
  }

  send(message: FromPanel): void {
    this.host.send(message);
    // What was pressed may be gone in a moment, and the keyboard must not be lost with it.
    if (DECISIONS.includes(message.type)) this.composing += 1;
  }

  get draft(): string {
    return this.host.kept().draft ?? "";
  }

  set draft(text: string) {
    this.host.keep({ draft: text });
  }

  /** Asks for a page's picture, once. */
  wantPicture(task: TaskId, seq: number): void {
    if (!this.pictures.has(seq)) this.send({ type: "picture", task, seq });
  }

  private take(message: ToPanel): void {
    switch (message.type) {
      case "history":
        this.arrived = [];
        this.conversation = hear(message.tasks.reduce(recall, []), message.events);
        this.earlier = message.earlier;
        this.loaded = true;
        return;
      case "task":
        this.draw();
        this.conversation = recall(this.conversation, message.task);
        return;
      case "events":
        this.arrived.push(...message.events);
        if (this.arrived.length === message.events.length) requestAnimationFrame(() => { this.draw(); });
        return;
      case "settings":
        this.settings = { model: message.model, mode: message.mode };
        return;
      case "gone":
        this.draw();
        this.conversation = gone(this.conversation);
        return;
      case "picture":
        this.pictures.set(message.seq, message.png ? asAddress(message.png) : null);
        return;
      case "reveal":
        this.revealed = { task: message.task, times: this.revealed.times + 1 };
        return;
      case "compose":
        this.composing += 1;
        return;
    }
  }

  private draw(): void {
    const news = this.arrived;
    this.arrived = [];
    this.conversation = hear(this.conversation, news);
  }
}

function asAddress(png: Uint8Array): string {
  return URL.createObjectURL(new Blob([new Uint8Array(png)], { type: "image/png" }));
}
