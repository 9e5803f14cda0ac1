/**
 * The keys of providers. They are kept in the editor's secret storage, which encrypts them, and reach
 * the server in its environment: never a setting, a file or a log.
 */

import type { SecretStorage } from "vscode";

/** A provider that needs a key. */
export interface KeyedProvider {
  /** As the configuration names it. */
  provider: string;
  /** As people name it. */
  label: string;
  /** The environment variable in which the server looks for the key. */
  variable: string;
}

/** The providers that the server knows without configuration. */
export const KEYED_PROVIDERS: readonly KeyedProvider[] = [
  { provider: "anthropic", label: "Anthropic", variable: "ANTHROPIC_API_KEY" },
  { provider: "openai", label: "OpenAI", variable: "OPENAI_API_KEY" },
  { provider: "gemini", label: "Google Gemini", variable: "GEMINI_API_KEY" },
  { provider: "mistral", label: "Mistral", variable: "MISTRAL_API_KEY" },
  { provider: "groq", label: "Groq", variable: "GROQ_API_KEY" },
];

/** The keys that were entered in the editor. */
export class Keys {
  constructor(private readonly secrets: Pick<SecretStorage, "get" | "store" | "delete">) {}

  /** Keeps a key, in the place of the one before. */
  async set({ variable }: KeyedProvider, key: string): Promise<void> {
    await this.secrets.store(nameOf(variable), key);
  }

  async forget({ variable }: KeyedProvider): Promise<void> {
    await this.secrets.delete(nameOf(variable));
  }

  /** The providers whose key is kept. */
  async kept(): Promise<KeyedProvider[]> {
    const environment = await this.environment();
    return KEYED_PROVIDERS.filter(({ variable }) => variable in environment);
  }

  /** The keys as the environment of the server. */
  async environment(): Promise<Record<string, string>> {
    const entries = await Promise.all(
      KEYED_PROVIDERS.map(async ({ variable }) => [variable, await this.secrets.get(nameOf(variable))] as const),
    );
    return Object.fromEntries(entries.flatMap(([variable, key]) => (key ? [[variable, key] as const] : [])));
  }
}

/** Whether a name in the secret storage is that of a key. */
export function isKey(name: string): boolean {
  return name.startsWith(PREFIX);
}

const PREFIX = "devika.key.";

function nameOf(variable: string): string {
  return PREFIX + variable;
}
