/** The reducer: what a task's events tell, and nothing else, is what the panel shows. */

import { ACTIVE, type EventRecord, isEnding, isLive } from "../../src/protocol";
import { sum } from "../../src/tasks";
import { Draft, grown } from "./draft";
import type { Asked, Budget, Changes, Entry, Queries, Story } from "./story";

/** The story with these events, in order. What it told already is not told again. */
export function tell(story: Story, records: readonly EventRecord[]): Story {
  const draft = new Draft(story);
  let isNew = false;
  for (const record of records) {
    if (!isLive(record)) {
      if (record.seq <= draft.story.last) continue;
      draft.story.last = record.seq;
    }
    isNew = true;
    take(draft, record);
  }
  return isNew ? draft.finished() : story;
}

function take(draft: Draft, record: EventRecord): void {
  if (isEnding(record)) end(draft, record);
  else if (!progress(draft, record) && !turns(draft, record) && !work(draft, record)) talk(draft, record);
}

/** What moves the task itself. Answers whether the event was of that kind, here and below. */
function progress(draft: Draft, record: EventRecord): boolean {
  const { story } = draft;
  switch (record.event) {
    case "queued":
      Object.assign(story, { prompt: record.prompt, project: record.project, mode: record.mode, ahead: record.ahead });
      draft.add(record, { kind: "prompt", text: record.prompt });
      return true;
    case "started":
      Object.assign(story, { state: "running", ahead: 0, since: Date.parse(record.time) });
      if (record.worktree && !record.resumed) draft.add(record, { kind: "note", tone: "info", text: `Works in a worktree of its own: ${record.worktree}` });
      if (record.resumed) draft.add(record, { kind: "note", tone: "info", text: "Goes on where it stopped" });
      return true;
    case "stage_started":
      stage(draft, record);
      return true;
    case "monologue":
      story.monologue = record.text;
      return true;
    case "progress":
      story.doing = record.text;
      return true;
    case "planned":
      story.steps = record.plan.steps.map(({ text, files }) => ({ text, files, state: "open" }));
      if (record.plan.steps.length > 0) draft.add(record, { kind: "plan", focus: record.plan.focus, verify: record.plan.verify });
      return true;
    case "step_finished":
      draft.step(record.step, "done");
      return true;
    default:
      return false;
  }
}

function stage(draft: Draft, record: Extract<EventRecord, { event: "stage_started" }>): void {
  const { story } = draft;
  const before = story.step;
  Object.assign(story, { stage: record.stage, round: record.round, doing: "" });
  if (record.step === undefined) {
    delete story.step;
    return;
  }
  story.step = record.step;
  const step = story.steps[record.step - 1];
  if (step?.state === "open" || step?.state === "undone") draft.step(record.step, "doing");
  if (record.step !== before && story.steps.length > 1 && step) {
    draft.add(record, { kind: "step", step: record.step, text: step.text });
  }
}

function turns(draft: Draft, record: EventRecord): boolean {
  const { story } = draft;
  switch (record.event) {
    case "turn_started":
      story.model = record.model;
      draft.add(record, {
        kind: "turn", turn: record.turn, agent: record.agent, model: record.model, text: "", reasoning: "", state: "running",
      });
      return true;
    case "turn_delta":
      draft.turn(record.turn, ({ text, reasoning }) =>
        record.reasoning ? { reasoning: grown(reasoning, record.text) } : { text: grown(text, record.text) },
      );
      return true;
    case "turn_finished": {
      const { usage, millis, stop } = record;
      story.usage = sum(story.usage, usage);
      if (record.model) story.model = record.model;
      draft.turn(record.turn, ({ model }) => ({
        text: "", reasoning: "", state: stop === "length" ? "cut" : "done", usage, millis, model: record.model || model,
      }));
      return true;
    }
    case "turn_failed":
      draft.turn(record.turn, () => ({ text: "", reasoning: "", state: "failed", error: record.error }));
      return true;
    case "turn_retried":
      draft.turn(record.turn, () => ({ text: "", reasoning: "" }));
      note(draft, record, "warning", `${record.model} is asked again in ${seconds(record.wait_millis)}`, record.error);
      return true;
    case "fell_back":
      story.model = record.to;
      draft.turn(record.turn, () => ({ text: "", reasoning: "", model: record.to }));
      note(draft, record, "warning", `${record.to} is asked instead of ${record.from}`, record.error);
      return true;
    case "provider_down":
      note(draft, record, "warning", `${record.provider} keeps failing and is left alone for ${seconds(record.wait_millis)}`);
      return true;
    case "budget_warning":
      story.budgets = withBudget(story.budgets, { scope: record.scope, use: record.use });
      note(draft, record, "warning", `The budget of the ${record.scope} is nearly used up`);
      return true;
    default:
      return false;
  }
}

/** What is done to files, on the web and by commands. */
function work(draft: Draft, record: EventRecord): boolean {
  switch (record.event) {
    case "queries":
      draft.add(record, { kind: "queries", queries: record.queries, found: {} });
      return true;
    case "searched":
      draft.amend(
        (entry): entry is Entry & Queries => entry.kind === "queries",
        (entry) => ({ found: { ...entry.found, [record.query]: record.found } }),
      );
      return true;
    case "page_read": {
      const { address, title, screenshot, seq } = record;
      draft.add(record, { kind: "page", page: { seq, address, title, pictured: screenshot !== undefined } });
      return true;
    }
    case "passages_used":
      draft.add(record, { kind: "sources", sources: [...new Set(record.sources)] });
      return true;
    case "edit_applied":
      edit(draft, record);
      return true;
    case "command_started":
      draft.add(record, { kind: "command", command: record.command, line: record.line, output: "" });
      return true;
    case "command_output":
      draft.command(record.command, ({ output }) => ({ output: grown(output, record.text) }));
      return true;
    case "command_finished":
      draft.command(record.command, () => ({ output: record.output, exit: record.exit, millis: record.millis }));
      return true;
    case "committed":
      draft.story.branch = record.branch;
      draft.add(record, {
        kind: "commit", step: record.step, commit: record.commit, branch: record.branch, subject: record.subject,
      });
      return true;
    default:
      return false;
  }
}

/** Neighbouring edits of a step are one entry. */
function edit(draft: Draft, record: Extract<EventRecord, { event: "edit_applied" }>): void {
  const { step, path, change, added, removed, diff } = record;
  const file = { path, change, added, removed, diff };
  const last = draft.last();
  if (last?.kind !== "changes" || last.step !== step) {
    draft.add(record, { kind: "changes", step, files: [file] });
    return;
  }
  draft.amend(
    (entry): entry is Entry & Changes => entry.kind === "changes",
    (entry) => ({ files: [...entry.files, file] }),
  );
}

/** What is said: by Devika to the user, and back. */
function talk(draft: Draft, record: EventRecord): void {
  const { story } = draft;
  switch (record.event) {
    case "reply":
      draft.add(record, { kind: "says", text: record.text });
      return;
    case "asked":
      // A task that has ended may ask, too, such as whether its work is to be published.
      if (ACTIVE.includes(story.state)) story.state = "waiting";
      Object.assign(story, { ask: { ask: record.ask, kind: record.kind, text: record.text } });
      // A task that is taken up asks again what it asked before.
      if (!draft.has((entry) => entry.kind === "ask" && entry.ask === record.ask)) {
        draft.add(record, { kind: "ask", ask: record.ask, asks: record.kind, text: record.text });
      }
      return;
    case "answered":
      delete story.ask;
      if (story.state === "waiting") story.state = "running";
      draft.amend(
        (entry): entry is Entry & Asked => entry.kind === "ask" && entry.ask === record.ask,
        () => ({ answer: record.answer }),
      );
      return;
    case "steered":
      draft.add(record, { kind: "steer", text: record.text });
      return;
    case "complaint":
      note(draft, record, "info", `The ${record.agent}'s answer goes back`, record.text);
      return;
    case "warning":
      note(draft, record, "warning", record.text);
      return;
    case "made":
      draft.add(record, { kind: "made", seq: record.seq, what: record.what, place: record.place });
      return;
    case "undone":
      undone(draft, record);
      return;
    case "accepted":
      story.settled = true;
      draft.add(record, { kind: "afterwards", icon: "git-merge", text: `Accepted; the work is on ${record.branch}`, kept: [] });
      return;
    case "discarded":
      story.settled = true;
      draft.add(record, { kind: "afterwards", icon: "trash", text: `Discarded; ${record.branch} is checked out again`, kept: [] });
      return;
    default:
      return;
  }
}

function undone(draft: Draft, record: Extract<EventRecord, { event: "undone" }>): void {
  draft.step(record.step, record.redo ? "done" : "undone");
  const what = record.step === undefined ? "The task" : `Step ${record.step}`;
  draft.add(record, {
    kind: "afterwards",
    icon: record.redo ? "redo" : "discard",
    text: `${what} is ${record.redo ? "done again" : "undone"}: ${record.paths.join(", ") || "no file changed"}`,
    kept: (record.kept ?? []).map(({ path, why }) => `${path} stays as it is: ${why}`),
  });
}

function end(draft: Draft, record: EventRecord & { event: "completed" | "failed" | "cancelled" | "paused" }): void {
  const { story } = draft;
  draft.rest(record.time);
  story.state = record.event;
  if (record.event === "completed") {
    story.usage = record.usage;
    if (record.branch !== undefined) story.branch = record.branch;
  }
  draft.add(record, { kind: "end", ending: record });
}

function note(draft: Draft, record: EventRecord, tone: "info" | "warning" | "error", text: string, detail?: string): void {
  draft.add(record, { kind: "note", tone, text, ...(detail ? { detail } : {}) });
}

function withBudget(budgets: readonly Budget[], news: Budget): Budget[] {
  return [...budgets.filter(({ scope }) => scope !== news.scope), news];
}

function seconds(millis: number): string {
  return `${Math.ceil(millis / 1000)} s`;
}
