import { beforeEach, expect, it, vi } from "vitest";
import { checkSetup } from "../src/commands/checkSetup";
import { chooseModel } from "../src/commands/chooseModel";
import type { Window } from "../src/commands/index";
import type { Check, ModelOffer } from "../src/protocol";
import { env, window, workspace } from "./vscode";

const CHECKS: Check[] = [
  { name: "database", verdict: "ok", text: "whole", millis: 3 },
  { name: "provider openai", verdict: "failed", text: "refused the key", mend: "export OPENAI_API_KEY=YOUR_KEY", millis: 90 },
];
const OFFERS: ModelOffer[] = [
  { provider: "openai", model: "gpt-5-mini", context: 400_000, output: 128_000, price: price(0.25, 2), current: true },
  { provider: "ollama", model: "qwen2.5-coder", context: null, output: null, price: null, current: false },
];

function price(input: number, output: number): ModelOffer["price"] {
  return { input: input * 1e9, cached: 0, cache_write: 0, output: output * 1e9 };
}

/** A window whose server answers this; what was executed is kept. */
function world(answers: Record<string, unknown>): { of: Window; execute: ReturnType<typeof vi.fn> } {
  const execute = vi.fn((name: string) => Promise.resolve(answers[name] ?? null));
  return { of: { session: { execute } } as unknown as Window, execute };
}

/** The user chooses the item with this label. */
function choosing(label: string): void {
  window.showQuickPick.mockImplementationOnce((items: { label: string }[]) =>
    Promise.resolve(items.find((item) => item.label.includes(label))),
  );
}

beforeEach(() => {
  vi.clearAllMocks();
  window.withProgress.mockImplementation((_: unknown, act: () => unknown) => act());
  workspace.getConfiguration.mockReturnValue({ get: () => "" });
  workspace.workspaceFolders = [{ name: "project", uri: { scheme: "file", toString: () => "file:///project" } }];
});

it("checking the set-up shows each check, and copies the command that mends the chosen one", async () => {
  choosing("provider openai");
  await checkSetup(world({ "devika.doctor": CHECKS }).of);
  const [items, options] = window.showQuickPick.mock.calls[0] as [unknown, { title: string }];
  expect(options.title).toBe("Devika: one thing does not work");
  expect(items).toEqual([
    { label: "$(pass) database", detail: "whole" },
    {
      label: "$(error) provider openai",
      detail: "refused the key → export OPENAI_API_KEY=YOUR_KEY",
      mend: "export OPENAI_API_KEY=YOUR_KEY",
    },
  ]);
  expect(env.clipboard.writeText).toHaveBeenCalledWith("export OPENAI_API_KEY=YOUR_KEY");
});

it("choosing a model shows what each costs, and tells the server which one is chosen for the folder", async () => {
  choosing("qwen2.5-coder");
  const { of, execute } = world({ "devika.model.list": OFFERS });
  await chooseModel(of);
  const [items] = window.showQuickPick.mock.calls[0] as [unknown[]];
  expect(items[0]).toEqual({
    label: "$(check) gpt-5-mini",
    description: "openai",
    detail: "400,000 tokens of context · $0.25 in and $2.00 out for a million tokens",
    model: "openai/gpt-5-mini",
  });
  expect(execute).toHaveBeenLastCalledWith("devika.model.select", { model: "ollama/qwen2.5-coder", root: "file:///project" });
  expect(window.showWarningMessage).not.toHaveBeenCalled();
});

it("the choice can be given back to the configuration", async () => {
  choosing("As the configuration says");
  const { of, execute } = world({ "devika.model.list": OFFERS });
  await chooseModel(of);
  expect(execute).toHaveBeenLastCalledWith("devika.model.select", { model: null, root: "file:///project" });
});

it("a setting that comes before the choice is told of", async () => {
  workspace.getConfiguration.mockReturnValue({ get: (key: string) => (key === "model" ? "a/b" : "") });
  choosing("qwen2.5-coder");
  await chooseModel(world({ "devika.model.list": OFFERS }).of);
  expect(window.showWarningMessage).toHaveBeenCalledWith(
    "Devika: the setting devika.model names a/b, which comes first.",
  );
});

it("where no provider can be asked, the user is told how to find out why", async () => {
  const { of, execute } = world({ "devika.model.list": [] });
  await chooseModel(of);
  expect(window.showQuickPick).not.toHaveBeenCalled();
  expect(window.showWarningMessage).toHaveBeenCalledTimes(1);
  expect(execute).toHaveBeenCalledTimes(1);
});
