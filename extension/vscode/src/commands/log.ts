/** "Devika: Open Log". */

import type { Window } from "./index";

export function openLog({ log }: Window): Promise<void> {
  log.show();
  return Promise.resolve();
}
