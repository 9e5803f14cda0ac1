/** What the events of a task tell: the model that the panel is drawn from. */

import type {
  Agent,
  AskId,
  AskKind,
  CapScope,
  CapUse,
  ChangeKind,
  CommandExit,
  Ending,
  MadeKind,
  Mode,
  Stage,
  TaskId,
  TaskState,
  TurnId,
  Usage,
} from "../../src/protocol";

export interface Story {
  id: TaskId;
  prompt: string;
  project: string;
  mode: Mode;
  state: TaskState;
  /** Tasks of the workspace that come first, until this one starts. */
  ahead: number;
  /** `provider/model` that was asked last. */
  model?: string;
  stage?: Stage;
  step?: number;
  round: number;
  /** The thought of the moment. */
  monologue: string;
  /** How far something has come that takes a while. */
  doing: string;
  steps: readonly StoryStep[];
  /** What waits for the user. */
  ask?: PendingAsk;
  usage: Usage;
  /** How far the caps are used up that are nearly so. */
  budgets: readonly Budget[];
  /** Milliseconds of work, up to `since`. */
  worked: number;
  /** When the work began that is going on, in milliseconds since 1970. */
  since?: number;
  /** The branch that the work is on. */
  branch?: string;
  /** Whether it is accepted or discarded, after which nothing is left to decide. */
  settled: boolean;
  /** The last stored event that it tells. */
  last: number;
  entries: readonly Entry[];
}

export interface StoryStep {
  text: string;
  files: readonly string[];
  state: "open" | "doing" | "done" | "undone";
}

export interface PendingAsk {
  ask: AskId;
  kind: AskKind;
  text: string;
}

export interface Budget {
  scope: CapScope;
  use: CapUse;
}

export interface FileChange {
  path: string;
  change: ChangeKind;
  added: number;
  removed: number;
  diff: string;
}

export interface Page {
  seq: number;
  address: string;
  title: string;
  /** Whether there is a picture of it. */
  pictured: boolean;
}

/** One thing that is shown in the conversation. */
export type Entry = Head & Told;

export interface Head {
  /** Unique in the conversation, and the same whenever the events are told. */
  key: string;
  task: TaskId;
  /** RFC 3339. */
  time: string;
}

export type Told =
  | { kind: "prompt"; text: string }
  | { kind: "says"; text: string }
  | { kind: "plan"; focus: string; verify: readonly string[] }
  | { kind: "step"; step: number; text: string }
  | Turn
  | Queries
  | { kind: "page"; page: Page }
  | { kind: "sources"; sources: readonly string[] }
  | Changes
  | Command
  | { kind: "commit"; step: number; commit: string; branch: string; subject: string }
  | Asked
  | { kind: "steer"; text: string }
  | { kind: "note"; tone: "info" | "warning" | "error"; text: string; detail?: string }
  | { kind: "made"; seq: number; what: MadeKind; place: string }
  | { kind: "afterwards"; icon: "discard" | "redo" | "git-merge" | "trash"; text: string; kept: readonly string[] }
  | { kind: "end"; ending: Ending };

export interface Queries {
  kind: "queries";
  queries: readonly string[];
  /** How many pages a search has found. */
  found: Readonly<Record<string, number>>;
}

export interface Changes {
  kind: "changes";
  step: number;
  files: readonly FileChange[];
}

export interface Asked {
  kind: "ask";
  ask: AskId;
  asks: AskKind;
  text: string;
  answer?: string;
}

export interface Turn {
  kind: "turn";
  turn: TurnId;
  agent: Agent;
  model: string;
  /** What has arrived, until the turn is over: then it is told by other entries. */
  text: string;
  reasoning: string;
  state: "running" | "done" | "cut" | "failed";
  usage?: Usage;
  millis?: number;
  error?: string;
}

export interface Command {
  kind: "command";
  command: number;
  line: string;
  output: string;
  exit?: CommandExit;
  millis?: number;
  /** The task stopped before the command ended. */
  stopped?: true;
}

/** A task of which nothing is known yet. */
export function untold(id: TaskId): Story {
  return {
    id,
    prompt: "",
    project: "",
    mode: "auto",
    state: "queued",
    ahead: 0,
    round: 1,
    monologue: "",
    doing: "",
    steps: [],
    usage: { input: 0, cached: 0, output: 0, cost: 0 },
    budgets: [],
    worked: 0,
    settled: false,
    last: 0,
    entries: [],
  };
}
