/** "Devika: Cancel Task". */

import { chooseRunning } from "./choose";
import type { About, Window } from "./index";

export async function cancel({ session }: Window, about: About): Promise<void> {
  const task = about?.task?.id ?? (await chooseRunning(session.tasks.running(), "Devika: Cancel Task"));
  if (task !== undefined) await session.execute("devika.task.cancel", { task });
}
