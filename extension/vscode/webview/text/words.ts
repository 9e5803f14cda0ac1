/** Figures and names for people. */

import type { Agent, CapUse, CommandExit, Stage, TaskState, Usage } from "../../src/protocol";
import { doing, money, short } from "../../src/words";
import type { Story } from "../story/story";

export { ending, hasScopes, iconOf, money, oneLine, seconds, short } from "../../src/words";

export const AGENT: Record<Agent, string> = {
  planner: "Planner",
  action: "Planner",
  coder: "Coder",
  feature: "Coder",
  patcher: "Patcher",
  runner: "Runner",
  answer: "Answer",
  reporter: "Reporter",
};

/** The state in a word. */
export const STATE: Record<TaskState, string> = {
  queued: "Queued",
  running: "Running",
  waiting: "Waiting for you",
  interrupted: "Interrupted",
  paused: "Paused",
  completed: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** What happens at the moment, in a line. */
export function nowLine(story: Story): string {
  if (story.state === "queued" && story.ahead > 0) return `Waits for ${story.ahead} earlier`;
  if (story.state !== "running") return STATE[story.state];
  const stage: Stage | undefined = story.stage;
  const line = stage ? doing(stage, story.step, story.round, story.steps.length || undefined) : "Starting";
  return story.doing ? `${line} · ${story.doing}` : line;
}

export function tokensOf({ input, output }: Usage): number {
  return input + output;
}

/** `1:02:03`, or `2:03`. */
export function clock(millis: number): string {
  const all = Math.floor(millis / 1000);
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const tail = String(rest).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** How far a cap is used up. */
export function capUse(use: CapUse): { share: number; text: string } {
  if ("money" in use) {
    const { used, cap } = use.money;
    return { share: used / cap, text: `${money(used)} of ${money(cap)}` };
  }
  const { used, cap } = use.tokens;
  return { share: used / cap, text: `${short(used)} of ${short(cap)} tokens` };
}

export function isSuccess(exit: CommandExit): boolean {
  return exit === "ready" || (typeof exit === "object" && "code" in exit && exit.code === 0);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.split(/[\\/]/u).pop() ?? path;
}
