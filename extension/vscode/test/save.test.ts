import { beforeEach, expect, it, vi } from "vitest";
import type { Uri } from "vscode";
import { save } from "../src/save";
import { workspace } from "./vscode";

const parse = (uri: string): Uri => uri as unknown as Uri;

beforeEach(() => {
  vi.clearAllMocks();
});

it("saves what is not saved, and names what is saved now", async () => {
  const saving = vi.fn().mockResolvedValue(true);
  const documents: Record<string, unknown> = {
    "file:///clean": { isDirty: false },
    "file:///dirty": { isDirty: true, save: saving },
    "file:///conflict": { isDirty: true, save: () => Promise.resolve(false) },
  };
  workspace.openTextDocument.mockImplementation((uri: string) =>
    uri in documents ? Promise.resolve(documents[uri]) : Promise.reject(new Error("gone")),
  );
  const uris = [...Object.keys(documents), "file:///gone"];
  expect(await save({ uris }, parse)).toEqual({ saved: ["file:///clean", "file:///dirty"] });
  expect(saving).toHaveBeenCalledTimes(1);
});
