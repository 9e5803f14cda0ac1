/**
 * The words Devika speaks with its clients, as they travel in JSON: the types of the server, and
 * what this extension says about them.
 */

import type { Event, TaskState } from "./generated/protocol";

export * from "./generated/protocol";
export type { Symbol as WorkspaceSymbol } from "./generated/protocol";

/** The states from which `devika.task.resume` takes a task up again. */
export const RESUMABLE: readonly TaskState[] = ["interrupted", "paused", "failed"];

/** The states of a task that is at work, or will be. */
export const ACTIVE: readonly TaskState[] = ["queued", "running", "waiting"];

/** Whether the event is sent to those who listen and not stored. */
export function isLive(event: Event): boolean {
  return ["turn_delta", "command_output", "progress"].includes(event.event);
}

/** The events that end a task. */
export type Ending = Extract<Event, { event: "completed" | "failed" | "cancelled" | "paused" }>;

export function isEnding<E extends Event>(event: E): event is E & Ending {
  return ["completed", "failed", "cancelled", "paused"].includes(event.event);
}
