/** Words for people, made of what the server and models say. */

import type { Ask, Task } from "./tasks";
import type { Check, CommandExit, ModelOffer, Stage, TaskState, Usage } from "./protocol";

const DOING: Record<Stage, string> = {
  decision: "Thinking",
  plan: "Planning",
  research: "Reading the web",
  code: "Writing code",
  apply: "Applying edits",
  verify: "Verifying",
  patch: "Repairing",
  commit: "Committing",
  clone: "Fetching the repository",
  deploy: "Putting it on the web",
  report: "Summing up",
};

/** What a stage does, with its step and its attempt: `Step 1/2: Repairing, attempt 2`. */
export function doing(stage: Stage, step: number | undefined, round: number, steps?: number): string {
  const what = round > 1 ? `${DOING[stage]}, attempt ${round}` : DOING[stage];
  if (step === undefined) return what;
  return `Step ${step}${steps === undefined ? "" : `/${steps}`}: ${what}`;
}

/** The line of progress for a task. */
export function progressLine(task: Task): string {
  if (task.ask && !task.ended) return "Waiting for your answer";
  if (!task.started) {
    return task.ahead > 0 ? `Waiting for ${count(task.ahead, "earlier task")}` : "Starting";
  }
  const parts = [task.stage ? doing(task.stage, task.step, task.round, task.plan?.steps.length) : "Starting"];
  if (task.command !== undefined) parts.push(`running ${oneLine(task.command)}`);
  else if (task.doing !== undefined) parts.push(oneLine(task.doing));
  else if (task.streamed > 0) parts.push(`${roundly(task.streamed)} characters`);
  if (task.monologue) parts.push(`“${oneLine(task.monologue)}”`);
  return parts.join(" · ");
}

export function ending(exit: CommandExit): string {
  if (exit === "timed_out") return "stopped at the time limit";
  if (exit === "ready") return "started, and was stopped again";
  if ("limit" in exit) return `stopped at its limit of ${exit.limit.replace("_", " ")}`;
  if ("signal" in exit) return `ended by signal ${exit.signal}`;
  return exit.code === 0 ? "succeeded" : `failed with code ${exit.code}`;
}

export function seconds(millis: number): string {
  return millis < 1000 ? `${millis} ms` : `${(millis / 1000).toFixed(1)} s`;
}

export function tokens(usage: Usage): string {
  const cached = usage.cached > 0 ? ` (${number(usage.cached)} cached)` : "";
  return `${number(usage.input)} tokens in${cached}, ${number(usage.output)} out`;
}

/** The state as an icon of the editor's set. */
export const STATE_ICON: Record<TaskState, string> = {
  queued: "$(clock)",
  running: "$(sync)",
  waiting: "$(question)",
  interrupted: "$(debug-disconnect)",
  paused: "$(debug-pause)",
  completed: "$(pass)",
  failed: "$(error)",
  cancelled: "$(circle-slash)",
};

/** A verdict of the doctor as an icon of the editor's set. */
export const CHECK_ICON: Record<Check["verdict"], string> = {
  ok: "$(pass)",
  warning: "$(warning)",
  failed: "$(error)",
};

/** What is known of a model, in one line; nothing where nothing is. */
export function modelFacts({ context, price }: ModelOffer): string {
  const facts = context === null ? [] : [`${number(context)} tokens of context`];
  if (price) facts.push(`${dollars(price.input)} in and ${dollars(price.output)} out for a million tokens`);
  return facts.join(" · ");
}

function dollars(nanos: number): string {
  return `$${(nanos / 1e9).toFixed(2)}`;
}

/** Longer command lines, and those of several lines, do not fit into a message. */
const HEADLINE_LIMIT = 300;

/** What is asked, in one line. */
export function headline(ask: Ask): string {
  switch (ask.kind) {
    case "plan":
      return "Carry out this plan?";
    case "edits":
      return "Apply these edits?";
    case "finding":
      return ask.text.split("\n")[0] ?? ask.text;
    case "host":
    case "outside":
      return ask.text.split("\n").join(" · ");
    case "command":
      return hasMore(ask) ? `Run this command in ${folder(ask)}?` : `Run in ${folder(ask)}?  ${commandLine(ask)}`;
    case "question":
    case "trust":
      return ask.text;
  }
}

/** Whether it can be allowed once or for good, and not only for the task. */
export function hasScopes(ask: Ask): boolean {
  return ask.kind === "command" || ask.kind === "host" || ask.kind === "finding";
}

/** Whether the headline does not say all that is to be decided on. */
export function hasMore(ask: Ask): boolean {
  if (ask.kind === "command") return commandLine(ask).length > HEADLINE_LIMIT || commandLine(ask).includes("\n");
  return ask.kind === "plan" || ask.kind === "edits" || ask.kind === "finding";
}

/** What follows the first line, which is the question about it; all, where there is one line only. */
function commandLine(ask: Ask): string {
  const [question = "", ...rest] = ask.text.split("\n");
  return rest.length > 0 ? rest.join("\n") : question;
}

function folder(ask: Ask): string {
  return `“${ask.project.split(/[\\/]/u).pop() ?? ask.project}”`;
}

/**
 * Text that a notification shows as it is: characters that hide or reorder others become visible,
 * and nothing in it turns into a link, which could run a command of the editor.
 */
export function plain(text: string): string {
  return text
    .replace(/[\p{Cf}\p{Cc}]/gu, (c) => (/\s/u.test(c) ? " " : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`))
    .replaceAll("](", "] (");
}

/** At most `limit` characters of the text, on one line. */
export function oneLine(text: string, limit = 80): string {
  const line = text.replace(/\s+/gu, " ").trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** A title for a task: `Task 3: Write a hello world program`. */
export function title(task: { id: number; prompt: string }): string {
  return `Task ${task.id}: ${oneLine(task.prompt, 60)}`;
}

function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}

function number(n: number): string {
  return n.toLocaleString("en-US");
}

/** Rounded, so that the progress line does not flicker. */
function roundly(n: number): string {
  return n < 100 ? "under 100" : number(Math.floor(n / 100) * 100);
}
