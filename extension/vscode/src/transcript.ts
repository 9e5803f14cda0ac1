/** The events of tasks as text for a log that people read. */

import type { CommandExit, EventRecord, Plan, Step } from "./protocol";
import { doing, ending, seconds, tokens } from "./words";

const INDENT = " ".repeat(10);

/** Turns events, in order, into text; each call's text is to be appended to what came before. */
export class Transcript {
  private readonly plans = new Map<number, Plan>();
  /** Commands whose output was shown as it came. */
  private readonly live = new Set<string>();
  private midLine = false;

  /** The text of an event; empty where it has none. */
  text(record: EventRecord): string {
    if (record.event === "command_output") return this.output(record.task, record.command, record.text);
    const lines = this.lines(record);
    const [first, ...rest] = lines;
    if (first === undefined) return "";
    const time = clock(record.time);
    const text = [`${time}  ${first}`, ...rest.map((line) => `${INDENT}${line}`.trimEnd())].join("\n");
    const heading = record.event === "queued" ? "\n" : "";
    return `${this.lineEnd()}${heading}${text}\n`;
  }

  private lines(record: EventRecord): string[] {
    switch (record.event) {
      case "queued":
        return [
          `Task ${record.task}: ${record.prompt.split("\n").join(`\n${INDENT}`)}`,
          `in ${record.project}, mode ${record.mode}`,
          ...(record.ahead > 0 ? [`waits for ${record.ahead} earlier`] : []),
        ];
      case "started":
        return record.resumed ? ["Goes on where it stopped"] : [];
      case "stage_started": {
        const steps = this.plans.get(record.task)?.steps.length;
        return [`${doing(record.stage, record.step, record.round, steps)} …`];
      }
      case "monologue":
        return record.text ? [`“${record.text}”`] : [];
      case "reply":
        return block(record.text);
      case "planned":
        this.plans.set(record.task, record.plan);
        return ["Plan:", ...checklist(record.plan)];
      case "queries":
        return ["Wants to look up:", ...record.queries.map((query) => `- ${query}`)];
      case "step_finished":
        return [this.finishedStep(record.task, record.step)];
      case "turn_started":
        return [`Asking ${record.model} (about ${record.prompt_tokens} tokens)`];
      case "turn_finished":
        return [
          `Answered in ${seconds(record.millis)}: ${tokens(record.usage)}`,
          ...(record.stop === "length" ? ["The answer was cut at its limit."] : []),
        ];
      case "turn_retried":
        return [`${record.error}; ${record.model} is asked again in ${seconds(record.wait_millis)}`];
      case "fell_back":
        return [`${record.error}; ${record.to} is asked instead`];
      case "provider_down":
        return [`${record.provider} keeps failing and is left alone for ${seconds(record.wait_millis)}`];
      case "budget_warning":
        return [`The budget of the ${record.scope} is nearly used up`];
      case "turn_failed":
        return ["The model failed:", ...block(record.error)];
      case "complaint":
        return [`The ${record.agent}'s answer goes back:`, ...block(record.text)];
      case "edit_applied":
        return [`${record.change} ${record.path}  +${record.added} -${record.removed}`];
      case "command_started":
        return [`$ ${record.line}`];
      case "command_finished":
        return this.finishedCommand(record);
      case "committed":
        return [`Committed ${record.commit.slice(0, 8)} on ${record.branch}: ${record.subject}`];
      case "asked":
        return ["Asks you:", ...block(record.text)];
      case "answered":
        return [`You answered: ${record.answer}`];
      case "steered":
        return [`You add: ${record.text}`];
      case "made":
        return [`Made ${record.place}`];
      case "searched":
        return [`Searched ${record.query}: ${record.found} found`];
      case "page_read":
        return [`Read ${record.title} <${record.address}>`];
      case "passages_used":
        return [`Uses ${record.sources.join(", ")}`];
      case "undone":
        return [
          `${record.redo ? "Made again" : "Taken back"}: ${record.paths.join(", ") || "nothing"}`,
          ...(record.kept ?? []).map((kept) => `  ${kept.path} stays: ${kept.why}`),
        ];
      case "accepted":
        return [`Accepted: ${record.commit.slice(0, 8)} on ${record.branch}`];
      case "discarded":
        return [`Discarded; ${record.branch} is checked out again`];
      case "warning":
        return ["Note:", ...block(record.text)];
      case "completed":
        return [
          `Task ${record.task} is done, with ${tokens(record.usage)}`,
          ...block(record.summary),
          ...(record.branch === undefined ? [] : [`The commits are on ${record.branch}.`]),
        ];
      case "failed":
        return [`Task ${record.task} failed:`, ...block(record.reason)];
      case "cancelled":
        return [`Task ${record.task} was cancelled`];
      case "paused":
        return [`Task ${record.task} is paused:`, ...block(record.text)];
      case "turn_delta":
      case "progress":
      case "command_output":
        return [];
    }
  }

  private finishedStep(task: number, number: number): string {
    const step = this.plans.get(task)?.steps[number - 1];
    return step ? `[x] ${number}. ${step.text}` : `[x] Step ${number}`;
  }

  private finishedCommand(record: {
    task: number;
    command: number;
    exit: CommandExit;
    output: string;
    millis: number;
  }): string[] {
    const shown = this.live.delete(`${record.task}/${record.command}`);
    const output = shown ? [] : block(withoutEscapes(record.output)).map((line) => `| ${line}`);
    return [...output, `${ending(record.exit)} after ${seconds(record.millis)}`];
  }

  private output(task: number, command: number, text: string): string {
    this.live.add(`${task}/${command}`);
    const clean = withoutEscapes(text);
    const start = this.midLine ? "" : `${INDENT}| `;
    this.midLine = !clean.endsWith("\n");
    const body = this.midLine ? clean : clean.slice(0, -1);
    return start + body.replaceAll("\n", `\n${INDENT}| `) + (this.midLine ? "" : "\n");
  }

  private lineEnd(): string {
    const end = this.midLine ? "\n" : "";
    this.midLine = false;
    return end;
  }
}

/** The plan as a checklist. */
export function checklist(plan: Plan): string[] {
  const files = (step: Step): string => (step.files.length > 0 ? ` (${step.files.join(", ")})` : "");
  return [
    ...plan.steps.map((step, index) => `[ ] ${index + 1}. ${step.text}${files(step)}`),
    ...plan.verify.map((line) => `then: ${line}`),
  ];
}

function block(text: string): string[] {
  return text.trimEnd().split("\n");
}

function clock(time: string): string {
  return new Date(time).toLocaleTimeString("en-GB");
}

/** The text without terminal escape sequences, and with the line ends of the log. */
function withoutEscapes(text: string): string {
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return text.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g, "").replace(/\r\n?/g, "\n");
}
