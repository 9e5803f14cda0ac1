/** What the server finds out for the user: how its set-up is, and which models there are. */

/** How one thing that Devika needs was found to be. */
export interface Check {
  name: string;
  verdict: "ok" | "warning" | "failed";
  text: string;
  /** The one command line that mends it. */
  mend?: string;
  millis: number;
}

/** What a million tokens cost, in nano-dollars. */
export interface Price {
  input: number;
  cached: number;
  cache_write: number;
  output: number;
}

/** A model that a provider offers. */
export interface ModelOffer {
  provider: string;
  model: string;
  /** Tokens of prompt and answer together. */
  context: number | null;
  /** Tokens of an answer at the most. */
  output: number | null;
  price: Price | null;
  /** Whether a task that names no model gets this one. */
  current: boolean;
}
