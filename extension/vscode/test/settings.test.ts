import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { serverPath, serverSettings, taskSettings } from "../src/settings";
import { configurationSchema, withConfiguration } from "./configuration";
import { workspace } from "./vscode";

function withSettings(settings: Record<string, unknown>): void {
  workspace.getConfiguration.mockReturnValue({ get: (key: string) => settings[key] });
}

it("what is not set overrides nothing", () => {
  withSettings({ "server.path": "", model: "", mode: "", config: {} });
  expect(taskSettings()).toEqual({});
  expect(serverPath()).toBeUndefined();
  expect(serverSettings()).toEqual({ config: {}, trusted: true, codeLens: false });
});

it("what is set reaches the server", () => {
  withSettings({ "server.path": "/bin/devika", model: " a/b ", mode: "plan", codeLens: true, config: { tasks: { queue: 1 } } });
  expect(taskSettings()).toEqual({ model: "a/b", mode: "plan" });
  expect(serverPath()).toBe("/bin/devika");
  expect(serverSettings()).toEqual({ config: { tasks: { queue: 1 } }, trusted: true, codeLens: true });
});

it("an unknown mode is left to the server's configuration", () => {
  withSettings({ mode: "yolo" });
  expect(taskSettings()).toEqual({});
});

describe("the settings below devika.config", () => {
  const example = readFileSync("../../config.example.toml", "utf8");

  it("are the keys of the configuration file, with its words; `npm test -- -u` writes them", async () => {
    await expect(withConfiguration(readFileSync("package.json", "utf8"), example)).toMatchFileSnapshot("../package.json");
  });

  it("say what a key is for, and what holds without it", () => {
    const tasks = configurationSchema(example).properties?.tasks?.properties;
    expect(tasks?.prompt_bytes).toEqual({ markdownDescription: "Bytes of a prompt at the most. Default: `262144`" });
  });

  it("hold every key that the file shows with its default", () => {
    const shown = [...example.matchAll(/^#([a-z_]+) = /gmu)].map(([, key]) => key);
    const held = JSON.stringify(configurationSchema(example));
    expect(shown.filter((key) => !held.includes(`"${key}":`))).toEqual([]);
    expect(shown.length).toBeGreaterThan(50);
  });

  it("offer no key of a provider to be written down", () => {
    expect(JSON.stringify(configurationSchema(example))).not.toMatch(/"key(?:_env|_keyring|_command)?":/u);
  });
});
