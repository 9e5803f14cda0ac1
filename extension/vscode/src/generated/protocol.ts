// Printed from the crate `devika-protocol`; not to be edited. After a change of that crate:
//   UPDATE_TYPES=1 cargo test -p devika-protocol --test typescript

export const EVENT_METHOD = "devika/event";
export const SAVE_METHOD = "devika/save";
export const OPEN_FOLDER_METHOD = "devika/openFolder";
export const DIAGNOSTICS_METHOD = "devika/diagnostics";
export const DEFINITION_METHOD = "devika/definition";
export const REFERENCES_METHOD = "devika/references";
export const SYMBOLS_METHOD = "devika/symbols";
export const LM_MODELS_METHOD = "devika/lm/models";
export const LM_METHOD = "devika/lm";
export const LM_CHUNK_METHOD = "devika/lm/chunk";

/** The commands of `workspace/executeCommand`: what each takes and answers. */
export interface Commands {
  "devika.task.start": { args: StartArgs; reply: StartReply };
  "devika.task.cancel": { args: CancelArgs; reply: null };
  "devika.task.list": { args: ListArgs; reply: TaskSummary[] };
  "devika.task.show": { args: ShowArgs; reply: TaskView };
  "devika.task.reply": { args: ReplyArgs; reply: null };
  "devika.task.approve": { args: ApproveArgs; reply: null };
  "devika.task.resume": { args: ResumeArgs; reply: null };
  "devika.task.steer": { args: SteerArgs; reply: null };
  "devika.task.pause": { args: PauseArgs; reply: null };
  "devika.task.undo": { args: UndoArgs; reply: null };
  "devika.task.redo": { args: UndoArgs; reply: null };
  "devika.task.checkpoints": { args: CheckpointsArgs; reply: TaskCheckpoint[] };
  "devika.task.restore": { args: RestoreArgs; reply: null };
  "devika.task.accept": { args: AcceptArgs; reply: null };
  "devika.task.discard": { args: DiscardArgs; reply: null };
  "devika.task.push": { args: PublishArgs; reply: null };
  "devika.task.pullRequest": { args: PublishArgs; reply: null };
  "devika.task.diff": { args: DiffArgs; reply: DiffReply };
  "devika.doctor": { args: DoctorArgs; reply: Check[] };
  "devika.model.list": { args: ModelListArgs; reply: ModelOffer[] };
  "devika.model.select": { args: ModelSelectArgs; reply: null };
  "devika.task.open": { args: OpenArgs; reply: null };
  "devika.memory.search": { args: MemorySearchArgs; reply: MemoryPassage[] };
  "devika.memory.remember": { args: MemoryRememberArgs; reply: null };
  "devika.memory.forget": { args: MemoryForgetArgs; reply: MemoryForgetReply };
  "devika.memory.stats": { args: MemoryStatsArgs; reply: MemoryStats };
}

/** Brings a task's work to the branch that it began on. */
export interface AcceptArgs {
  /** The task. */
  task: TaskId;
  /** How; as configured where absent. */
  by?: Joining | null;
  /** The branch that the task began on; has to be named where that is protected. */
  onto?: string | null;
}

/** The role a stage asks the model to play. */
export type Agent =
  /** Chooses what kind of task it is, and plans it. */
  | "planner"
  /** The same for what the user says next in a conversation. */
  | "action"
  /** Writes code. */
  | "coder"
  /** Changes code that the conversation is about. */
  | "feature"
  /** Repairs code. */
  | "patcher"
  /** Finds out how a project is run. */
  | "runner"
  /** Answers questions. */
  | "answer"
  /** Describes a project. */
  | "reporter";

/** For how long a command is allowed. */
export type ApprovalScope =
  /** This one time. */
  | "once"
  /** For the task. */
  | "task"
  /**
   * In this project from now on, while the command line and the scripts that it runs stay as they
   * are. Kept outside the project.
   */
  | "project";

/** Answers an approval. */
export interface ApproveArgs {
  /** The task that asked. */
  task: TaskId;
  /** The approval that is meant; the pending one where absent. */
  ask?: AskId | null;
  /** Whether it may. */
  allow: boolean;
  /** For how long a command is allowed; for the task where absent. */
  scope?: ApprovalScope | null;
  /** Of edits: what is not to be applied. The rest is; all where absent. */
  refused?: Refusal[];
}

/** Names a question or an approval. */
export type AskId = number;

/** What kind of answer is wanted. */
export type AskKind =
  /** Words, by `devika.task.reply`. */
  | "question"
  /** Whether the plan may be carried out, by `devika.task.approve`. */
  | "plan"
  /** Whether the edits may be applied, by `devika.task.approve`. */
  | "edits"
  /** Whether a command may be run, by `devika.task.approve`. */
  | "command"
  /** Whether the workspace is trusted, by `devika.task.approve`. */
  | "trust"
  /** Whether a step may be committed in spite of what was found in it, by `devika.task.approve`. */
  | "finding"
  /**
   * Whether something may be done outside of the project, such as to put it on the web, by
   * `devika.task.approve`.
   */
  | "outside"
  /** Whether commands may reach a host that they were refused, by `devika.task.approve`. */
  | "host";

/** Stops a task. */
export interface CancelArgs {
  /** The task; the one that runs in the workspace where absent. */
  task?: TaskId | null;
}

/** What a cap is for. */
export type CapScope =
  /** One task. */
  | "task"
  /** All tasks of the user on one day, by UTC. */
  | "day"
  /** All tasks of one project, since its first. */
  | "project";

/** How far a cap is used up. Exactly one of the two pairs is there. */
export type CapUse =
  /** Of a cap in money. */
  | {
      money: {
        /** Spent or set aside. */
        used: Money;
        /** The cap. */
        cap: Money;
      };
    }
  /** Of a cap in tokens. */
  | {
      tokens: {
        /** Used or set aside. */
        used: number;
        /** The cap. */
        cap: number;
      };
    };

/** What a client declares under `capabilities.experimental.devika`; all off where absent. */
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
  /** Tells its language models by `devika/lm/models`, and answers the `devika/lm` request. */
  models: boolean;
  /**
   * Puts questions and approvals to the user itself and tells how tasks end, from the events, so
   * that the server shows no messages for them.
   */
  asks: boolean;
}

/** What was done to a file. */
export type ChangeKind =
  /** It is new. */
  | "created"
  /** Its text changed. */
  | "modified"
  /** It is gone. */
  | "deleted"
  /** It has this path now. */
  | "renamed";

/** How one thing was found to be. */
export interface Check {
  /** What was looked at, e.g. `database` or `provider openai`. */
  name: string;
  /** How it is. */
  verdict: Verdict;
  /** What was found, in words. */
  text: string;
  /** The one command line that mends it, where there is one. */
  mend?: string;
  /** How long the look took, in milliseconds. */
  millis: number;
}

/** Lists what was kept while a task worked, the oldest first. */
export interface CheckpointsArgs {
  /** The task. */
  task: TaskId;
}

/** How a command ended. */
export type CommandExit =
  /** It returned; 0 is success. */
  | {
      code: number;
    }
  /** A signal ended it. */
  | {
      signal: number;
    }
  /** It was stopped at the time limit. */
  | "timed_out"
  /** It was stopped because it used more than it may. */
  | {
      limit: CommandLimit;
    }
  /** It is a server that has started; then it was stopped. */
  | "ready";

/** What a command used more of than it may. */
export type CommandLimit =
  /** Processor time. */
  | "cpu_time"
  /** Memory. */
  | "memory"
  /** Processes at one time. */
  | "processes"
  /** The size of one file. */
  | "file_size"
  /** Disk space. */
  | "disk";

/** Asks for what is wrong in the workspace. */
export interface DiagnosticsArgs {
  /** Documents that must have been looked at: the client loads those that it has not. */
  uris: string[];
  /**
   * How long the language servers must have been silent before the answer, in milliseconds; 0
   * asks for what is known now.
   */
  settleMillis: number;
  /** How long the client may wait for that silence, in milliseconds. */
  limitMillis: number;
}

/** Answers `DiagnosticsArgs`: errors of these documents, and of all others the client knows of. */
export interface DiagnosticsReply {
  /** What is wrong; errors alone. */
  errors: Problem[];
}

/** Shows what a task, or a step of it, has changed. */
export interface DiffArgs {
  /** The task. */
  task: TaskId;
  /** The step, counted from 1; all of them where absent. */
  step?: number | null;
}

/** Answers `DiffArgs`. */
export interface DiffReply {
  /** In the unified format, as `git apply` takes it; binary files are named only. */
  diff: string;
}

/** Takes all of a task back, and its branch away. */
export interface DiscardArgs {
  /** The task. */
  task: TaskId;
}

/** Checks that everything Devika needs is there. */
export type DoctorArgs = Record<string, never>;

/** What happened. */
export type Event =
  /** The task was taken. */
  | {
      event: "queued";
      /** What the user asked for. */
      prompt: string;
      /** The workspace root, absolute. */
      project: string;
      /** How much Devika does before it asks. */
      mode: Mode;
      /** How many tasks of the workspace come first. */
      ahead: number;
    }
  /** Work began, or began again after an interruption or a pause. */
  | {
      event: "started";
      /** Whether the task had been started before. */
      resumed: boolean;
      /** The task's own worktree, absolute, where it works; in the project where absent. */
      worktree?: string;
    }
  /** A stage of the pipeline began. */
  | {
      event: "stage_started";
      /** The stage. */
      stage: Stage;
      /** The step it is about, counted from 1. */
      step?: number;
      /** Which attempt at it, counted from 1. */
      round: number;
    }
  /** The one-line thought of an agent. */
  | {
      event: "monologue";
      /** The agent. */
      agent: Agent;
      /** The thought. */
      text: string;
    }
  /** An agent's words to the user, as Markdown. */
  | {
      event: "reply";
      /** The words. */
      text: string;
    }
  /** The plan is made. */
  | {
      event: "planned";
      /** The plan. */
      plan: Plan;
    }
  /** Web searches that the planner wants. */
  | {
      event: "queries";
      /** The searches. */
      queries: string[];
    }
  /** A search engine was asked. */
  | {
      event: "searched";
      /** For what. */
      query: string;
      /** How many pages it names. */
      found: number;
    }
  /** A page of the web was read. */
  | {
      event: "page_read";
      /** Its address, after redirects. */
      address: string;
      /** Its title. */
      title: string;
      /** A picture of it: an absolute path of a PNG file. */
      screenshot?: string;
    }
  /** Passages of pages are quoted to an agent. */
  | {
      event: "passages_used";
      /** The step that they are for, counted from 1; an answer where absent. */
      step?: number;
      /** The pages' addresses. */
      sources: string[];
    }
  /** A step is verified and committed. */
  | {
      event: "step_finished";
      /** The step, counted from 1. */
      step: number;
    }
  /** A request was sent to a model. */
  | {
      event: "turn_started";
      /** The turn. */
      turn: TurnId;
      /** The agent that asks. */
      agent: Agent;
      /** `provider/model`. */
      model: string;
      /** Estimated size of the prompt, in tokens. */
      prompt_tokens: number;
    }
  /** A piece of the answer arrived. Live only. */
  | {
      event: "turn_delta";
      /** The turn. */
      turn: TurnId;
      /** The piece. */
      text: string;
      /** Whether it is the model's reasoning, not its answer. */
      reasoning: boolean;
    }
  /** The whole answer arrived and is stored. */
  | {
      event: "turn_finished";
      /** The turn. */
      turn: TurnId;
      /** Why the model stopped. */
      stop: StopReason;
      /** What it cost, in tokens. */
      usage: Usage;
      /** How long it took, in milliseconds. */
      millis: number;
      /** `provider/model` that answered, which after a fallback is another than the one asked. */
      model: string;
    }
  /** A request failed in a way that passes, and is made again after a while. */
  | {
      event: "turn_retried";
      /** The turn. */
      turn: TurnId;
      /** `provider/model`. */
      model: string;
      /** Why. */
      error: string;
      /** How long is waited before the next attempt, in milliseconds. */
      wait_millis: number;
    }
  /** A model could not answer, and the next one of `models.fallback` is asked. */
  | {
      event: "fell_back";
      /** The turn. */
      turn: TurnId;
      /** `provider/model` that could not. */
      from: string;
      /** `provider/model` that is asked now. */
      to: string;
      /** Why. */
      error: string;
    }
  /** A provider failed so often in a row that it is left alone for a while. */
  | {
      event: "provider_down";
      /** The provider. */
      provider: string;
      /** For how long, in milliseconds. */
      wait_millis: number;
    }
  /** Four fifths of a cap are used up. */
  | {
      event: "budget_warning";
      /** What the cap is for. */
      scope: CapScope;
      /** How far it is used up. */
      use: CapUse;
    }
  /** The turn failed. */
  | {
      event: "turn_failed";
      /** The turn. */
      turn: TurnId;
      /** Why. */
      error: string;
    }
  /** An answer could not be used and goes back to the model. */
  | {
      event: "complaint";
      /** The agent that is asked again. */
      agent: Agent;
      /** What was wrong. */
      text: string;
    }
  /** One file was changed in the editor and on disk. */
  | {
      event: "edit_applied";
      /** The step, counted from 1. */
      step: number;
      /** Relative to the workspace root. */
      path: string;
      /** What was done to it. */
      change: ChangeKind;
      /** Lines added. */
      added: number;
      /** Lines removed. */
      removed: number;
      /** Unified diff. */
      diff: string;
    }
  /** A command was started. */
  | {
      event: "command_started";
      /** Names the command within the task. */
      command: number;
      /** The command line. */
      line: string;
    }
  /** A command printed something. Live only. */
  | {
      event: "command_output";
      /** The command. */
      command: number;
      /** What it printed, escape sequences kept. */
      text: string;
    }
  /** How far something has come that takes a while. Live only. */
  | {
      event: "progress";
      /** How far, in words. */
      text: string;
    }
  /** A command ended. */
  | {
      event: "command_finished";
      /** The command. */
      command: number;
      /** How it ended. */
      exit: CommandExit;
      /** What it printed, its middle cut where it is long. */
      output: string;
      /** How long it took, in milliseconds. */
      millis: number;
    }
  /** A step was committed. */
  | {
      event: "committed";
      /** The step, counted from 1. */
      step: number;
      /** The commit's full id. */
      commit: string;
      /** The branch. */
      branch: string;
      /** The first line of the message. */
      subject: string;
    }
  /** The user is asked. */
  | {
      event: "asked";
      /** Names the question or approval. */
      ask: AskId;
      /** What kind of answer is wanted. */
      kind: AskKind;
      /** The question, or what is to be approved. */
      text: string;
    }
  /** The question or approval is answered. */
  | {
      event: "answered";
      /** Names the question or approval. */
      ask: AskId;
      /** The answer; `yes` or `no` to an approval, `partly` to one of edits. */
      answer: string;
      /** Of edits: what is not applied. */
      refused?: Refusal[];
    }
  /** The user said more while the task runs, or before it goes on; the next turn gets it. */
  | {
      event: "steered";
      /** The user's words. */
      text: string;
    }
  /** Something was made that the user wants to see. */
  | {
      event: "made";
      /** What it is. */
      what: MadeKind;
      /** Where it is: an absolute path, or the address of a page. */
      place: string;
    }
  /** Changes of the task were taken back, or made again, after its end. */
  | {
      event: "undone";
      /** The step; all of them where absent. */
      step?: number;
      /** Whether they were made again. */
      redo: boolean;
      /** The files that changed. */
      paths: string[];
      /** What stays as the user has it. */
      kept?: Kept[];
      /** The commit, where the task's branch was checked out. */
      commit?: string;
    }
  /** The task's work is on the branch that the task began on, which is checked out again. */
  | {
      event: "accepted";
      /** That branch. */
      branch: string;
      /** Its new commit. */
      commit: string;
      /** The task's worktree, where it stays for what is not committed in it. */
      worktree?: string;
    }
  /** Nothing of the task is left in the files, and the branch that it began on is checked out again. */
  | {
      event: "discarded";
      /** That branch. */
      branch: string;
      /** The task's worktree, where it stays for what is not committed in it. */
      worktree?: string;
    }
  /** Something the user should know that stops nothing. */
  | {
      event: "warning";
      /** What. */
      text: string;
    }
  /** Terminal: done. */
  | {
      event: "completed";
      /** What was done, as Markdown. */
      summary: string;
      /** The branch the commits are on, where there are any. */
      branch?: string;
      /** All turns together. */
      usage: Usage;
    }
  /** Terminal: gave up. */
  | {
      event: "failed";
      /** What failed, why, and what to do next. */
      reason: string;
    }
  /** Terminal: stopped by the user. */
  | {
      event: "cancelled";
    }
  /** Terminal for now: stopped until the user does something. */
  | {
      event: "paused";
      /** What is waited for. */
      reason: PauseReason;
      /** What the user can do. */
      text: string;
    };

/** An event as it is stored and sent. */
export type EventRecord = Event & {
  /**
   * Counted up over all tasks of the user. A live-only event (`Event::is_live`) is not stored
   * and carries the number of the stored event before it.
   */
  seq: number;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  /** The task it is about. */
  task: TaskId;
};

/** Where a task works, and where its commits go. */
export type GitMode =
  /** In the user's files; commits go to a branch of the task's own. */
  | "task-branch"
  /** In the user's files; commits go to the branch that is checked out. */
  | "current"
  /**
   * In a worktree of its own, on a branch of its own: the user's files stay as they are, and several
   * such tasks run at once.
   */
  | "worktree";

/** How a task's commits come to the branch that it began on. */
export type Joining =
  /** All of them, under a merge commit where that branch has moved on. */
  | "merge"
  /** As one commit. */
  | "squash"
  /** Each of them anew, on top of what that branch has got. */
  | "rebase";

/** A file that was not changed back, or again, because of what the user did since. */
export interface Kept {
  /** The file, relative to the root. */
  path: string;
  /** Why it stays. */
  why: string;
  /** The change that is not made, as a unified diff. */
  diff?: string;
}

/** Lists the tasks of the open workspace folders. */
export interface ListArgs {
  /** How many at the most; 50 where absent. */
  limit?: number | null;
}

/** Asks for one turn. */
export interface LmArgs {
  /** The id of this request, for the chunks of its answer. */
  id: number;
  /** The model's id. */
  model: string;
  /** The fixed instructions; may be empty. */
  system: string;
  /** The conversation; roles alternate and the last is the user's. */
  messages: LmMessage[];
}

/** A piece of an answer. */
export interface LmChunk {
  /** The id of the request. */
  id: number;
  /** The text that follows what was sent before. */
  text: string;
}

/** Why the editor's model gave no answer. */
export type LmFailure =
  /** The user does not let Devika use the editor's models. */
  | "consent"
  /** The plan's quota is used up. */
  | "quota"
  /** Too many requests: may be tried again. */
  | "busy"
  /** The request, or the answer, was filtered. */
  | "refused"
  /** The editor does not have the model any more. */
  | "gone"
  /** The prompt is larger than the model takes. */
  | "overflow"
  /** Anything else: may be tried again. */
  | "broken";

/** One entry of the conversation. */
export interface LmMessage {
  /** Who speaks. */
  role: LmRole;
  /** What is said. */
  text: string;
}

/** A model that the client has. */
export interface LmModel {
  /** What names it and no other. */
  id: string;
  /** What it is a version of, e.g. `gpt-4.1`. */
  family: string;
  /** Tokens of the prompt at the most, where the client knows. */
  inputTokens?: number;
}

/** All models that the client has, in its own order. */
export interface LmModels {
  /** The models. */
  models: LmModel[];
}

/** How a turn ended. */
export type LmReply =
  /** The model said all. */
  | {
      outcome: "answered";
      /** The whole answer, with what the chunks told. */
      text: string;
      /** Tokens of the prompt, where the client counts them. */
      inputTokens?: number;
      /** Tokens of the answer, where the client counts them. */
      outputTokens?: number;
    }
  /** There is no answer. */
  | {
      outcome: "failed";
      /** What kind of failure it is. */
      reason: LmFailure;
      /** The editor's words. */
      message: string;
    };

/** Who speaks. */
export type LmRole =
  /** Devika, on behalf of the user. */
  | "user"
  /** The model. */
  | "assistant";

/** What was made besides the code of the project. */
export type MadeKind =
  /** A description of the project: a Markdown or a PDF file. */
  | "report"
  /** A page on the web: its address. */
  | "site"
  /** Another project: its folder. */
  | "project"
  /** A branch at a forge: where it was pushed to. */
  | "branch"
  /** A request to merge a branch: its address. */
  | "request";

/** A line of `MemoryStats`. */
export interface MemoryCount {
  /** The workspace root, absolute. */
  project: string;
  /** The kind, as in `MemoryPassage`. */
  kind: string;
  /** How many passages. */
  passages: number;
}

/** Forgets what is remembered of a workspace; a kind, a source or `everything` must be named. */
export interface MemoryForgetArgs {
  /** Only this kind: `research`, `code`, `conversation`, `outcome` or `note`. */
  kind?: string | null;
  /** What the source begins with: an address, a path. */
  source?: string | null;
  /** All that is remembered of the workspace. */
  everything?: boolean;
  /** A `file:` URI of, or in, the workspace folder that is meant; needed where several are open. */
  root?: string | null;
}

/** Answers `MemoryForgetArgs`. */
export interface MemoryForgetReply {
  /** How many passages are forgotten. */
  forgotten: number;
}

/** Something that is remembered. It is data with a source, whatever it says. */
export interface MemoryPassage {
  /** What it is a part of: `research`, `code`, `conversation`, `outcome` or `note`. */
  kind: string;
  /** Where it is from: a page's address, a file with its lines, a task, `you`. */
  source: string;
  /** The headings above it, or a definition's name; may be empty. */
  title: string;
  /** What it says. */
  text: string;
  /** When it was read or made, in milliseconds since 1970 (UTC). */
  at: number;
  /** Whether other projects find it, too. */
  shared: boolean;
}

/** Remembers a note of the user's. */
export interface MemoryRememberArgs {
  /** What is to be remembered. */
  text: string;
  /** For all projects. */
  shared?: boolean;
  /** A `file:` URI of, or in, the workspace folder that is meant; needed where several are open. */
  root?: string | null;
}

/**
 * Looks for what is remembered of a workspace. Answered by an array of `MemoryPassage`, the best
 * first.
 */
export interface MemorySearchArgs {
  /** Words, identifiers, a sentence. */
  text: string;
  /** Only this kind: `research`, `code`, `conversation`, `outcome` or `note`. */
  kind?: string | null;
  /** How many at the most; 5 where absent. */
  limit?: number | null;
  /** A `file:` URI of, or in, the workspace folder that is meant; needed where several are open. */
  root?: string | null;
}

/** Answers `MemoryStatsArgs`. */
export interface MemoryStats {
  /** Where it is kept: a file or an address. */
  place: string;
  /** Bytes on disk of all projects together, where that is known. */
  bytes: number | null;
  /** Passages of all projects that have no vector yet. */
  without_vector: number;
  /** How much of each kind. */
  counts: MemoryCount[];
}

/** Asks how much is remembered of the open workspace folders, and where. */
export type MemoryStatsArgs = Record<string, never>;

/** How much Devika does before it asks. */
export type Mode =
  /** Show the plan and wait for approval before any file changes. */
  | "plan"
  /** Show each step's edits and wait for approval before they are applied. */
  | "review"
  /** Apply and commit each step without asking. Commands still need approval. */
  | "auto";

/** Lists the models of all providers that can be asked. Answered by an array of `ModelOffer`. */
export interface ModelListArgs {
  /**
   * A `file:` URI of, or in, the workspace folder whose choice is meant; needed where several are
   * open and the choice is of interest.
   */
  root?: string | null;
}

/** A model that a provider offers. */
export interface ModelOffer {
  /** The provider's name. */
  provider: string;
  /** The model's name there; `provider/model` is what tasks and `devika.model.select` take. */
  model: string;
  /** Tokens of prompt and answer together, where the provider says. */
  context: number | null;
  /** Tokens of an answer at the most, where the provider says. */
  output: number | null;
  /** What it costs, where that is known. */
  price: Price | null;
  /** Whether a task that names no model gets this one. */
  current: boolean;
}

/** Chooses the model of a workspace's tasks that name none. The choice is remembered. */
export interface ModelSelectArgs {
  /** `provider/model`; null forgets the choice, so that the configuration decides again. */
  model?: string | null;
  /** A `file:` URI of, or in, the workspace folder that is meant; needed where several are open. */
  root?: string | null;
}

/**
 * An amount in nano-dollars: a price of $3 for a million tokens is 3,000 of them a token. The range
 * ends at 18 thousand million dollars.
 */
export type Money = number;

/**
 * Shows a task as a file to read: its prompt, plan, changes and report. The file is opened in the
 * client, or named in a message where the client opens none.
 */
export interface OpenArgs {
  /** The task. */
  task: TaskId;
}

/** Asks the client to offer the user a folder. */
export interface OpenFolderArgs {
  /** The folder's URI. */
  uri: string;
}

/** Answers `OpenFolderArgs`. */
export interface OpenFolderReply {
  /**
   * Whether the user wants it opened; a client that opens it in the same window may not get to
   * answer.
   */
  opened: boolean;
}

/** Pauses a task after what it does at the moment. */
export interface PauseArgs {
  /** The task; the one that runs in the workspace where absent. */
  task?: TaskId | null;
}

/** What a paused task waits for. */
export type PauseReason =
  /** An answer or an approval. */
  | "question"
  /** A raised cap. */
  | "budget"
  /** The provider, which asks to be left alone for longer than a task waits. */
  | "provider"
  /** The user's and Devika's changes meet; the user decides. */
  | "conflict"
  /** The user, who asked for the pause. */
  | "user";

/** A place in a document. */
export interface Place {
  /** The document. */
  uri: string;
  /** The line, counted from 0. */
  line: number;
}

/** Names a place in a document. */
export interface PlaceArgs {
  /** The document. */
  uri: string;
  /** The line, counted from 0. */
  line: number;
  /** The character in the line, counted from 0 in UTF-16 code units. */
  character: number;
}

/** Places in documents. */
export interface PlacesReply {
  /** The places. */
  places: Place[];
}

/** The planner's ordered answer. */
export interface Plan {
  /** One sentence to the user. */
  reply: string;
  /** What the task is about, in a few words; names the branch. */
  focus: string;
  /** What is coded, verified and committed, in order. */
  steps: Step[];
  /** The command lines that show that the work is right, run after each step that can be run. */
  verify: string[];
}

/** What a model's tokens cost, each for a **million** tokens. */
export interface Price {
  /** Of the prompt. */
  input: Money;
  /** Of the part of the prompt that the provider had cached. */
  cached: Money;
  /** Of the part of the prompt that the provider put into its cache. */
  cache_write: Money;
  /** Of the answer. */
  output: Money;
}

/** An error that a language server reports. */
export interface Problem {
  /** The document. */
  uri: string;
  /** Its line, counted from 0. */
  line: number;
  /** What is wrong. */
  message: string;
  /** Who says so, e.g. `Pyright`. */
  source?: string;
}

/** Pushes a task's branch to the forge of a remote, or asks there for it to be merged, after asking. */
export interface PublishArgs {
  /** The task. */
  task: TaskId;
  /**
   * The remote, by its name; the configured one where absent, else the one that the branch follows,
   * else `origin`.
   */
  remote?: string | null;
}

/** What the user refuses of the edits that are proposed: changes of one file. */
export interface Refusal {
  /** The file, as the proposed diff names it after the change; before it, where the file is deleted. */
  path: string;
  /**
   * Which of the file's hunks, counted from 1 in the order of the proposed diff; the whole file where
   * absent.
   */
  hunks?: number[];
}

/** Answers a question. */
export interface ReplyArgs {
  /** The task that asked. */
  task: TaskId;
  /** The user's words. */
  answer: string;
}

/**
 * Makes files what they were at a checkpoint. What is there now is kept in another one first; texts
 * change as by an edit, and what the user types at the moment stays.
 */
export interface RestoreArgs {
  /** The task. */
  task: TaskId;
  /** The checkpoint's name. */
  checkpoint: string;
  /** Only this file or folder, by its path from the root; all files where absent. */
  path?: string | null;
}

/** Takes up a task that was interrupted, paused or failed. */
export interface ResumeArgs {
  /** The task. */
  task: TaskId;
  /**
   * What the task may spend from now on, where its budget was used up: dollars such as `2.50`, or
   * tokens such as `500000t`.
   */
  budget?: string | null;
}

/** Asks the client to save documents. */
export interface SaveArgs {
  /** The documents' URIs. */
  uris: string[];
}

/** Answers `SaveArgs`. */
export interface SaveReply {
  /** The URIs that are saved now. */
  saved: string[];
}

/** Shows one task. */
export interface ShowArgs {
  /** The task. */
  task: TaskId;
}

/** One part of the pipeline. */
export type Stage =
  /** What kind of task it is; shares its turn with the plan. */
  | "decision"
  /** The ordered steps. */
  | "plan"
  /** Reading the web. */
  | "research"
  /** Writing a step's code. */
  | "code"
  /** Giving the edits to the editor. */
  | "apply"
  /** Running the step's commands. */
  | "verify"
  /** Repairing what verification found. */
  | "patch"
  /** One commit a step. */
  | "commit"
  /** Fetching a repository. */
  | "clone"
  /** Putting the project on the web. */
  | "deploy"
  /** Telling the user. */
  | "report";

/** Starts a task. */
export interface StartArgs {
  /** What is to be done, in plain language. */
  prompt: string;
  /** How much Devika does before it asks; the configured mode where absent. */
  mode?: Mode | null;
  /** `provider/model`; the configured default where absent. */
  model?: string | null;
  /** A `file:` URI of, or in, the workspace folder to work in; needed where several are open. */
  root?: string | null;
  /** Where it works and commits; as configured where absent. */
  git?: GitMode | null;
}

/** Answers `StartArgs`. */
export interface StartReply {
  /** The new task. */
  task: TaskId;
}

/** Says more to a task that runs, or that can be resumed: its next turn gets it. */
export interface SteerArgs {
  /** The task; the one that runs in the workspace where absent. */
  task?: TaskId | null;
  /** The user's words. */
  text: string;
}

/** The unit that is coded, verified and committed. */
export interface Step {
  /** What is done, as an imperative sentence. */
  text: string;
  /** The files it is expected to touch, relative to the workspace root. */
  files: string[];
}

/** Why a model stopped. */
export type StopReason =
  /** It said all. */
  | "complete"
  /** It reached the limit of the answer's length. */
  | "length";

/** A symbol of the workspace. */
export interface Symbol {
  /** Its name. */
  name: string;
  /** The document. */
  uri: string;
  /** The line, counted from 0. */
  line: number;
  /** The character in the line, counted from 0 in UTF-16 code units. */
  character: number;
}

/** Asks for symbols by name. */
export interface SymbolsArgs {
  /** The name, or a part of it. */
  query: string;
}

/** Answers `SymbolsArgs`. */
export interface SymbolsReply {
  /** The symbols. */
  symbols: Symbol[];
}

/** What the work tree held at one moment of a task. */
export interface TaskCheckpoint {
  /** Its name among those of its task: `3`. */
  name: string;
  /** The id of its commit. */
  commit: string;
  /** When it was made, in seconds since 1970. */
  at: number;
  /** Bytes of the files that it was the first to keep. */
  bytes: number;
  /** What is not in it although git does not ignore it, each with the reason. */
  left_out: string[];
  /** The command that came after it, where one did. */
  command: string | null;
  /** What it holds, in words: "before `make test`". */
  about: string;
}

/** Names a task of this user; counted up, never reused. */
export type TaskId = number;

/** Where a task stands. */
export type TaskState =
  /** Waits for its turn in the workspace's queue. */
  | "queued"
  /** Is being worked on by a live process. */
  | "running"
  /** Runs, and waits for the user's answer. */
  | "waiting"
  /** Its process died; it can be resumed. */
  | "interrupted"
  /** Stopped for budget, a question or a conflict; it can be resumed. */
  | "paused"
  /** Done. */
  | "completed"
  /** Gave up, with a reason. */
  | "failed"
  /** Stopped by the user. */
  | "cancelled";

/** One line of the list of tasks. */
export interface TaskSummary {
  /** The task. */
  id: TaskId;
  /** The workspace root, absolute. */
  project: string;
  /** What the user asked for. */
  prompt: string;
  /** How much Devika does before it asks. */
  mode: Mode;
  /** `provider/model` where the task named its own. */
  model: string | null;
  /** Where it works and commits; not known of tasks of older versions. */
  git?: GitMode;
  /** Where it stands. */
  state: TaskState;
  /** RFC 3339, UTC. */
  created: string;
}

/** Answers `ShowArgs`. */
export interface TaskView {
  /** The task. */
  id: TaskId;
  /** The workspace root, absolute. */
  project: string;
  /** What the user asked for. */
  prompt: string;
  /** How much Devika does before it asks. */
  mode: Mode;
  /** `provider/model` where the task named its own. */
  model: string | null;
  /** Where it works and commits; not known of tasks of older versions. */
  git?: GitMode;
  /** Where it stands. */
  state: TaskState;
  /** RFC 3339, UTC. */
  created: string;
  /** Everything stored of it, in order. */
  events: EventRecord[];
}

/** Names a turn. */
export type TurnId = number;

/** Takes changes of a task back, or makes them again, around what came after. */
export interface UndoArgs {
  /** The task. */
  task: TaskId;
  /** The step, counted from 1; all of them where absent. */
  step?: number | null;
}

/** Tokens of one turn, or of several. */
export interface Usage {
  /** Tokens of the prompt, those from the cache included. */
  input: number;
  /** Tokens of the prompt that the provider had cached. */
  cached: number;
  /** Tokens of the answer. */
  output: number;
  /** What they cost. */
  cost: Money;
}

/** How a thing is. */
export type Verdict =
  /** As it should be. */
  | "ok"
  /** Devika works, but the user should know. */
  | "warning"
  /** Something that is needed does not work. */
  | "failed";
