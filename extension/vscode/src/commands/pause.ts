/** "Devika: Pause Task". */

import { chooseRunning } from "./choose";
import type { Window } from "./index";

export async function pause({ session }: Window): Promise<void> {
  const task = await chooseRunning(session.tasks.running(), "Devika: Pause Task");
  if (task !== undefined) await session.execute("devika.task.pause", { task });
}
