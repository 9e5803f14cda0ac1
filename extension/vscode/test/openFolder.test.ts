import { beforeEach, expect, it, vi } from "vitest";
import type { Uri } from "vscode";
import { offerFolder } from "../src/openFolder";
import { commands, window } from "./vscode";

const folder = { fsPath: "/projects/shop" } as unknown as Uri;

async function offered(choice: string | undefined): Promise<unknown> {
  window.showInformationMessage.mockResolvedValue(choice);
  const reply = await offerFolder({ uri: "file:///projects/shop" }, () => folder);
  await vi.runAllTimersAsync();
  return reply;
}

beforeEach(() => {
  vi.clearAllMocks();
  vi.useFakeTimers();
});

it("opens the folder where the user wants it", async () => {
  expect(await offered("Open in New Window")).toEqual({ opened: true });
  expect(commands.executeCommand).toHaveBeenCalledWith("vscode.openFolder", folder, { forceNewWindow: true });
  expect(await offered("Open")).toEqual({ opened: true });
  expect(commands.executeCommand).toHaveBeenCalledWith("vscode.openFolder", folder, { forceNewWindow: false });
});

it("opens nothing where the user does not want it", async () => {
  expect(await offered(undefined)).toEqual({ opened: false });
  expect(window.showInformationMessage).toHaveBeenCalledWith(
    "Devika: /projects/shop is ready.",
    "Open",
    "Open in New Window",
  );
  expect(commands.executeCommand).not.toHaveBeenCalled();
});
