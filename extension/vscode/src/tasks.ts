/** The tasks of this window, each drawn from its events. */

import {
  type AskId,
  type AskKind,
  type Ending,
  type EventRecord,
  type Plan,
  type Stage,
  type TaskId,
  type TaskView,
  type Usage,
  isLive,
} from "./protocol";

/** A question or an approval that waits for the user. */
export interface Ask {
  task: TaskId;
  /** The workspace root it is about. */
  project: string;
  /** The task's own worktree, where its files are in one. */
  worktree?: string;
  id: AskId;
  kind: AskKind;
  text: string;
}

/** What the events of a task say about it so far. */
export interface Task {
  id: TaskId;
  prompt: string;
  project: string;
  /** The task's own worktree, where it does not work in the project itself. */
  worktree?: string;
  /** Tasks of the workspace that come first, until this one starts. */
  ahead: number;
  started: boolean;
  stage?: Stage;
  step?: number;
  round: number;
  plan?: Plan;
  /** The thought of the moment. */
  monologue?: string;
  /** Characters of the answer that is being streamed. */
  streamed: number;
  /** The command that runs. */
  command?: string;
  /** How far something has come that takes a while. */
  doing?: string;
  /** The last question or approval, until it is answered. */
  ask?: Ask;
  /** What its turns have used. */
  usage: Usage;
  ended?: Ending;
}

/** The ask that the task waits for now; one that has ended, where its work is to be published. */
export function pendingAsk(task: Task): Ask | undefined {
  return task.ask;
}

/** The task after one more event. */
export function next(task: Task, record: EventRecord): Task {
  switch (record.event) {
    case "queued":
      return { ...task, prompt: record.prompt, project: record.project, ahead: record.ahead };
    case "started":
      return forgetting({ ...task, ...(record.worktree ? { worktree: record.worktree } : {}), started: true, ahead: 0 }, "ended", "command");
    case "stage_started": {
      const { stage, round, step } = record;
      const now = forgetting({ ...task, stage, round, streamed: 0 }, "command", "step", "doing");
      return step === undefined ? now : { ...now, step };
    }
    case "monologue":
      return { ...task, monologue: record.text };
    case "planned":
      return { ...task, plan: record.plan };
    case "turn_started":
      return { ...task, streamed: 0 };
    case "turn_delta":
      return { ...task, streamed: task.streamed + record.text.length };
    case "progress":
      return { ...task, doing: record.text };
    case "command_started":
      return { ...task, command: record.line };
    case "command_finished":
      return forgetting(task, "command");
    case "asked":
      return { ...task, ask: askOf(task, record) };
    case "answered":
      return forgetting(task, "ask");
    case "turn_finished":
      return { ...task, usage: sum(task.usage, record.usage) };
    case "completed":
      return { ...stopped(task), ended: record, usage: record.usage };
    case "failed":
    case "cancelled":
    case "paused":
      return { ...stopped(task), ended: record };
    case "reply":
    case "queries":
    case "step_finished":
    case "turn_retried":
    case "fell_back":
    case "provider_down":
    case "budget_warning":
    case "turn_failed":
    case "complaint":
    case "edit_applied":
    case "command_output":
    case "committed":
    case "steered":
    case "made":
    case "searched":
    case "page_read":
    case "passages_used":
    case "undone":
    case "accepted":
    case "discarded":
    case "warning":
      return task;
  }
}

function stopped(task: Task): Task {
  return forgetting(task, "command", "ask");
}

/** The usage of both together. */
export function sum(one: Usage, other: Usage): Usage {
  return {
    input: one.input + other.input,
    cached: one.cached + other.cached,
    output: one.output + other.output,
    cost: one.cost + other.cost,
  };
}

function askOf({ id: task, project, worktree }: Task, { ask: id, kind, text }: Extract<EventRecord, { event: "asked" }>): Ask {
  return { task, project, ...(worktree ? { worktree } : {}), id, kind, text };
}

/** The fields a task can be without. */
type Optional = "stage" | "step" | "plan" | "monologue" | "command" | "doing" | "ask" | "ended";

/** The task without what these fields say. */
function forgetting(task: Task, ...keys: Optional[]): Task {
  const kept = Object.entries(task).filter(([key]) => !keys.some((gone) => gone === key));
  return Object.fromEntries(kept) as unknown as Task;
}

/** The tasks this window has heard of. Events of a task that began elsewhere wait for its history. */
export class Tasks {
  private readonly known = new Map<TaskId, { task: Task; last: number }>();
  private readonly early = new Map<TaskId, EventRecord[]>();

  get(id: TaskId): Task | undefined {
    return this.known.get(id)?.task;
  }

  all(): Task[] {
    return [...this.known.values()].map(({ task }) => task);
  }

  running(): Task[] {
    return this.all().filter((task) => !task.ended);
  }

  asks(): Ask[] {
    return this.all().flatMap((task) => pendingAsk(task) ?? []);
  }

  /**
   * Takes an event. `"news"` where the task changed; `"old"` where the event was known; `"unknown"`
   * where the task's history is missing: then the event waits for {@link load}.
   */
  take(record: EventRecord): "news" | "old" | "unknown" {
    const entry = this.known.get(record.task);
    if (!entry && record.event !== "queued") {
      const waiting = this.early.get(record.task);
      if (waiting) waiting.push(record);
      else this.early.set(record.task, [record]);
      return "unknown";
    }
    const { task, last } = entry ?? { task: unheardOf(record.task), last: 0 };
    if (!isLive(record) && record.seq <= last) return "old";
    this.known.set(record.task, { task: next(task, record), last: Math.max(last, record.seq) });
    return "news";
  }

  /** Takes a task's history, and the events that waited for it. Returns all that is new, in order. */
  load(view: TaskView): EventRecord[] {
    const early = this.early.get(view.id) ?? [];
    this.early.delete(view.id);
    return [...view.events, ...early].filter((record) => this.take(record) === "news");
  }

  /** Forgets the tasks that have ended, but for the last few. */
  tidy(keep = 20): void {
    const ended = this.all().filter((task) => task.ended);
    for (const task of ended.slice(0, Math.max(0, ended.length - keep))) this.known.delete(task.id);
  }
}

function unheardOf(id: TaskId): Task {
  return { id, prompt: "", project: "", ahead: 0, started: false, round: 1, streamed: 0, usage: { input: 0, cached: 0, output: 0, cost: 0 } };
}
