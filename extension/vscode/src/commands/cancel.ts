/** "Devika: Cancel Task". */

import { chooseRunning } from "./choose";
import type { Window } from "./index";

export async function cancel({ session }: Window): Promise<void> {
  const task = await chooseRunning(session.tasks.running(), "Devika: Cancel Task");
  if (task !== undefined) await session.execute("devika.task.cancel", { task });
}
