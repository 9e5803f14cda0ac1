/**
 * The words Devika speaks with its clients: commands, events and the plan, as they travel in JSON.
 * They mirror the serde types of the crate `devika-protocol`; the two change together.
 */

import type { Check, ModelOffer } from "./findings";

export type { Check, ModelOffer, Price } from "./findings";

export type TaskId = number;
export type AskId = number;
export type TurnId = number;

/** How much Devika does before it asks. */
export type Mode = "plan" | "review" | "auto";

export type TaskState =
  | "queued"
  | "running"
  | "waiting"
  | "interrupted"
  | "paused"
  | "completed"
  | "failed"
  | "cancelled";

/** The states from which `devika.task.resume` takes a task up again. */
export const RESUMABLE: readonly TaskState[] = ["interrupted", "paused", "failed"];

export interface TaskSummary {
  id: TaskId;
  /** The workspace root, absolute. */
  project: string;
  prompt: string;
  mode: Mode;
  /** `provider/model` where the task named its own. */
  model: string | null;
  state: TaskState;
  /** RFC 3339, UTC. */
  created: string;
}

export interface TaskView extends TaskSummary {
  /** Everything stored of the task, in order. */
  events: EventRecord[];
}

export interface Step {
  text: string;
  files: string[];
}

export interface Plan {
  /** One sentence to the user. */
  reply: string;
  focus: string;
  steps: Step[];
  /** The command lines that show that the work is right. */
  verify: string[];
}

export interface StartArgs {
  prompt: string;
  mode?: Mode;
  /** `provider/model`. */
  model?: string;
  /** A `file:` URI of, or in, the workspace folder to work in. */
  root?: string;
}

/** For how long a command is allowed; for good ends where the command or its scripts change. */
export type ApprovalScope = "once" | "task" | "project";

export interface ApproveArgs {
  task: TaskId;
  ask?: AskId;
  allow: boolean;
  /** Of a command alone; for the task where absent. */
  scope?: ApprovalScope;
}

/** The commands of `workspace/executeCommand`: what each takes and answers. */
export interface Commands {
  "devika.task.start": { args: StartArgs; reply: { task: TaskId } };
  "devika.task.cancel": { args: { task?: TaskId }; reply: null };
  "devika.task.list": { args: { limit?: number }; reply: TaskSummary[] };
  "devika.task.show": { args: { task: TaskId }; reply: TaskView };
  "devika.task.reply": { args: { task: TaskId; answer: string }; reply: null };
  "devika.task.approve": { args: ApproveArgs; reply: null };
  "devika.task.resume": { args: { task: TaskId }; reply: null };
  "devika.task.steer": { args: { task?: TaskId; text: string }; reply: null };
  "devika.task.pause": { args: { task?: TaskId }; reply: null };
  "devika.task.undo": { args: { task: TaskId; step?: number }; reply: null };
  "devika.task.redo": { args: { task: TaskId; step?: number }; reply: null };
  "devika.task.accept": { args: { task: TaskId; by?: "merge" | "squash" | "rebase"; onto?: string }; reply: null };
  "devika.task.diff": { args: { task: TaskId; step?: number }; reply: { diff: string } };
  "devika.task.discard": { args: { task: TaskId }; reply: null };
  "devika.task.push": { args: { task: TaskId }; reply: null };
  "devika.task.pullRequest": { args: { task: TaskId }; reply: null };
  "devika.doctor": { args: Record<string, never>; reply: Check[] };
  "devika.model.list": { args: { root?: string }; reply: ModelOffer[] };
  /** Null forgets the choice. */
  "devika.model.select": { args: { model: string | null; root?: string }; reply: null };
}

/** What this client declares under `capabilities.experimental.devika`. */
export interface Capabilities {
  /** Takes `devika/event` notifications. */
  events: boolean;
  /** Answers the `devika/save` request. */
  save: boolean;
  /** Answers the `devika/diagnostics` request. */
  diagnostics: boolean;
  /** Answers the `devika/definition`, `devika/references` and `devika/symbols` requests. */
  navigation: boolean;
  /** Answers the `devika/openFolder` request. */
  folders: boolean;
  /** Puts questions and approvals to the user itself, from the events. */
  asks: boolean;
}

/** The notification that carries an {@link EventRecord}. */
export const EVENT_METHOD = "devika/event";

/** The request that has this client save documents. */
export const SAVE_METHOD = "devika/save";

export interface SaveArgs {
  uris: string[];
}

export interface SaveReply {
  /** The URIs that are saved now. */
  saved: string[];
}

/** The request that has this client offer to open a folder. */
export const OPEN_FOLDER_METHOD = "devika/openFolder";

export interface OpenFolderArgs {
  uri: string;
}

export interface OpenFolderReply {
  /** Whether the user wants it opened. */
  opened: boolean;
}

export type Stage =
  | "decision"
  | "plan"
  | "research"
  | "code"
  | "apply"
  | "verify"
  | "patch"
  | "commit"
  | "clone"
  | "deploy"
  | "report";

export type Agent =
  | "planner"
  | "action"
  | "coder"
  | "feature"
  | "patcher"
  | "runner"
  | "answer"
  | "reporter";
export type ChangeKind = "created" | "modified" | "deleted" | "renamed";
export type CommandExit =
  | { code: number }
  | { signal: number }
  | { limit: CommandLimit }
  | "timed_out"
  | "ready";
export type CommandLimit = "cpu_time" | "memory" | "processes" | "file_size" | "disk";
export type StopReason = "complete" | "length";
export type AskKind = "question" | "plan" | "edits" | "command" | "trust" | "finding" | "outside" | "host";
export type PauseReason = "question" | "budget" | "provider" | "conflict" | "user";

/** What was made besides the code of the project. */
export type MadeKind = "report" | "site" | "project" | "branch" | "request";

/** What a cap of money or tokens is for. */
export type CapScope = "task" | "day" | "project";

/** Tokens of one turn, or of several. */
export interface Usage {
  /** Of the prompt, those from the cache included. */
  input: number;
  /** Of the prompt, from the provider's cache. */
  cached: number;
  output: number;
}

/** What happened. Steps and rounds count from 1; `millis` are milliseconds. */
export type Event =
  | { event: "queued"; prompt: string; project: string; mode: Mode; ahead: number }
  | { event: "started"; resumed: boolean }
  | { event: "stage_started"; stage: Stage; step?: number; round: number }
  | { event: "monologue"; agent: Agent; text: string }
  | { event: "reply"; text: string }
  | { event: "planned"; plan: Plan }
  | { event: "queries"; queries: string[] }
  | { event: "step_finished"; step: number }
  | { event: "turn_started"; turn: TurnId; agent: Agent; model: string; prompt_tokens: number }
  | { event: "turn_delta"; turn: TurnId; text: string; reasoning: boolean }
  | { event: "turn_finished"; turn: TurnId; stop: StopReason; usage: Usage; millis: number }
  | { event: "turn_retried"; turn: TurnId; model: string; error: string; wait_millis: number }
  | { event: "fell_back"; turn: TurnId; from: string; to: string; error: string }
  | { event: "provider_down"; provider: string; wait_millis: number }
  | { event: "budget_warning"; scope: CapScope }
  | { event: "turn_failed"; turn: TurnId; error: string }
  | { event: "complaint"; agent: Agent; text: string }
  | {
      event: "edit_applied";
      step: number;
      path: string;
      change: ChangeKind;
      added: number;
      removed: number;
      diff: string;
    }
  | { event: "command_started"; command: number; line: string }
  | { event: "command_output"; command: number; text: string }
  | { event: "progress"; text: string }
  | {
      event: "command_finished";
      command: number;
      exit: CommandExit;
      output: string;
      millis: number;
    }
  | { event: "committed"; step: number; commit: string; branch: string; subject: string }
  | { event: "asked"; ask: AskId; kind: AskKind; text: string }
  | { event: "answered"; ask: AskId; answer: string }
  | { event: "steered"; text: string }
  | { event: "made"; what: MadeKind; place: string }
  | {
      event: "undone";
      step?: number;
      redo: boolean;
      paths: string[];
      kept?: { path: string; why: string; diff?: string }[];
      commit?: string;
    }
  | { event: "accepted"; branch: string; commit: string }
  | { event: "discarded"; branch: string }
  | { event: "searched"; query: string; found: number }
  | { event: "page_read"; address: string; title: string; screenshot?: string }
  | { event: "passages_used"; step?: number; sources: string[] }
  | { event: "warning"; text: string }
  | { event: "completed"; summary: string; branch?: string; usage: Usage }
  | { event: "failed"; reason: string }
  | { event: "cancelled" }
  | { event: "paused"; reason: PauseReason; text: string };

/** An event as it is stored and sent. */
export type EventRecord = Event & {
  /** Counted up over all tasks; a live event carries the number of the stored one before it. */
  seq: number;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  task: TaskId;
};

/** Whether the event is sent to those who listen and not stored. */
export function isLive(event: Event): boolean {
  return ["turn_delta", "command_output", "progress"].includes(event.event);
}

/** The events that end a task. */
export type Ending = Extract<Event, { event: "completed" | "failed" | "cancelled" | "paused" }>;

export function isEnding<E extends Event>(event: E): event is E & Ending {
  return ["completed", "failed", "cancelled", "paused"].includes(event.event);
}
