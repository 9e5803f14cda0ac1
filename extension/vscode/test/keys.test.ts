import { existsSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Window } from "../src/commands/index";
import { forgetKey, setKey } from "../src/commands/keys";
import { KEYED_PROVIDERS, Keys } from "../src/keys";
import { window } from "./vscode";

/** A window with a secret storage. */
function world(): { of: Window; secrets: Map<string, string>; keys: Keys; renew: ReturnType<typeof vi.fn> } {
  const secrets = new Map<string, string>();
  const keys = new Keys({
    get: (name) => Promise.resolve(secrets.get(name)),
    store: (name, value) => Promise.resolve(void secrets.set(name, value)),
    delete: (name) => Promise.resolve(void secrets.delete(name)),
  });
  const renew = vi.fn();
  return { of: { keys, session: { renew, isBusy: false } } as unknown as Window, secrets, keys, renew };
}

const provider = (name: string): unknown => KEYED_PROVIDERS.find(({ provider }) => provider === name);

beforeEach(() => {
  vi.resetAllMocks();
});

describe("a key", () => {
  it("is entered unseen, kept as a secret, and handed to a new server in its environment", async () => {
    const { of, keys, secrets, renew } = world();
    window.showQuickPick.mockResolvedValue({ provider: provider("groq") });
    window.showInputBox.mockResolvedValue(" gsk-1 ");
    await setKey(of);
    expect(window.showInputBox).toHaveBeenCalledWith(expect.objectContaining({ password: true }));
    expect([...secrets]).toEqual([["devika.key.GROQ_API_KEY", "gsk-1"]]);
    expect(await keys.environment()).toEqual({ GROQ_API_KEY: "gsk-1" });
    expect(renew).toHaveBeenCalledTimes(1);
    expect(window.showInformationMessage.mock.calls.flat().join()).not.toContain("gsk-1");
  });

  it("is not kept where the user enters none", async () => {
    const { of, secrets, renew } = world();
    window.showQuickPick.mockResolvedValue({ provider: provider("groq") });
    window.showInputBox.mockResolvedValue(undefined);
    await setKey(of);
    expect(secrets.size).toBe(0);
    expect(renew).not.toHaveBeenCalled();
  });

  it("is forgotten where the user says so, and the others are kept", async () => {
    const { of, keys, secrets, renew } = world();
    secrets.set("devika.key.GROQ_API_KEY", "a").set("devika.key.OPENAI_API_KEY", "b");
    window.showQuickPick.mockResolvedValue({ provider: provider("openai") });
    await forgetKey(of);
    expect(await keys.environment()).toEqual({ GROQ_API_KEY: "a" });
    expect(renew).toHaveBeenCalledTimes(1);
  });

  it("is for a provider that the server knows by this variable", () => {
    const example = readFileSync("../../config.example.toml", "utf8").replace(/\n#\s*/gu, " ");
    for (const { provider, variable } of KEYED_PROVIDERS) expect(example).toContain(`${provider} (${variable})`);
  });
});

it("the walkthrough leads to commands and pages that are there", () => {
  const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
    contributes: {
      commands: { command: string }[];
      walkthroughs: { steps: { description: string; media: { markdown: string }; completionEvents: string[] }[] }[];
    };
  };
  const known = contributes.commands.map(({ command }) => command);
  const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
  const named = steps.flatMap(({ description, completionEvents }) => [
    ...[...description.matchAll(/\(command:([\w.]+)\)/gu)].map(([, command]) => command),
    ...completionEvents.map((event) => event.replace("onCommand:", "")),
  ]);
  expect(named.filter((command) => command === undefined || !known.includes(command))).toEqual([]);
  expect(steps.filter(({ media }) => !existsSync(media.markdown))).toEqual([]);
  expect(steps).toHaveLength(4);
});
