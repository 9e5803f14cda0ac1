/** What the panel and the extension say to each other. The panel is drawn from events alone. */

import type { AskId, EventRecord, GitMode, Mode, Refusal, TaskId, TaskView } from "../protocol";

/** What the panel is told. */
export type ToPanel =
  /** All that it is to show, instead of what it showed. */
  | { type: "history"; tasks: TaskView[]; events: EventRecord[]; earlier: boolean }
  /** One more task, or one with more events. */
  | { type: "task"; task: TaskView }
  | { type: "events"; events: EventRecord[] }
  /** The settings that new tasks get. */
  | { type: "settings"; model: string; mode: Mode | "" }
  /** The server is gone, and with it what ran there. */
  | { type: "gone" }
  /** A page's picture; none where there is none any more. */
  | { type: "picture"; task: TaskId; seq: number; png: Uint8Array | null }
  /** Bring a task into view. */
  | { type: "reveal"; task: TaskId }
  /** Put the keyboard into the composer. */
  | { type: "compose" };

/** What the user does in the panel. */
export type FromPanel =
  | { type: "ready" }
  | { type: "earlier"; shown: number }
  | { type: "start"; prompt: string; mode: Mode | ""; git?: GitMode }
  | { type: "steer"; task: TaskId; text: string }
  | { type: "reply"; task: TaskId; answer: string }
  | { type: "approve"; task: TaskId; ask: AskId; allow: boolean; scope?: "once" | "project"; refused?: Refusal[] }
  | { type: "pause" | "cancel" | "resume" | "accept" | "discard" | "push" | "pullRequest"; task: TaskId }
  | { type: "undo" | "redo"; task: TaskId; step?: number }
  /** Show the edits that wait for approval in the diff editor. */
  | { type: "showEdits"; task: TaskId }
  | { type: "chooseModel" }
  /** Open a file of the task's project. */
  | { type: "openFile"; task: TaskId; path: string }
  /** Open an address outside, after the user has seen it. */
  | { type: "openLink"; address: string }
  /** Open what the task made. */
  | { type: "openMade"; task: TaskId; seq: number }
  | { type: "picture"; task: TaskId; seq: number }
  | { type: "copy"; text: string };
