/** The way to the extension. */

import type { FromPanel, ToPanel } from "../src/panel/messages";

/** What the panel keeps through a reload: what the user has typed and not sent. */
export interface Kept {
  draft?: string;
}

export interface Host {
  send(message: FromPanel): void;
  listen(take: (message: ToPanel) => void): void;
  kept(): Kept;
  keep(what: Kept): void;
}

interface EditorApi {
  postMessage(message: FromPanel): void;
  getState(): Kept | undefined;
  setState(state: Kept): void;
}

declare function acquireVsCodeApi(): EditorApi;

/** The extension that this page is shown by. */
export function editor(): Host {
  const api = acquireVsCodeApi();
  return {
    send: (message) => {
      api.postMessage(message);
    },
    listen: (take) => {
      window.addEventListener("message", ({ data }: MessageEvent<ToPanel>) => {
        take(data);
      });
    },
    kept: () => api.getState() ?? {},
    keep: (what) => {
      api.setState(what);
    },
  };
}
