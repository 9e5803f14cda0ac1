import { expect, it } from "vitest";
import { serverPath, serverSettings, taskSettings } from "../src/settings";
import { workspace } from "./vscode";

function withSettings(settings: Record<string, unknown>): void {
  workspace.getConfiguration.mockReturnValue({ get: (key: string) => settings[key] });
}

it("what is not set overrides nothing", () => {
  withSettings({ "server.path": "", model: "", mode: "", config: {} });
  expect(taskSettings()).toEqual({});
  expect(serverPath()).toBeUndefined();
  expect(serverSettings()).toEqual({ config: {}, trusted: true });
});

it("what is set reaches the server", () => {
  withSettings({ "server.path": "/bin/devika", model: " a/b ", mode: "plan", config: { tasks: { queue: 1 } } });
  expect(taskSettings()).toEqual({ model: "a/b", mode: "plan" });
  expect(serverPath()).toBe("/bin/devika");
  expect(serverSettings().config).toEqual({ tasks: { queue: 1 } });
});

it("an unknown mode is left to the server's configuration", () => {
  withSettings({ mode: "yolo" });
  expect(taskSettings()).toEqual({});
});
