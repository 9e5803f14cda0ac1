import { beforeEach, describe, expect, it, vi } from "vitest";
import { LanguageModels, hasModels } from "../src/lm";
import { LM_CHUNK_METHOD, LM_METHOD, LM_MODELS_METHOD, type LmArgs, type LmReply } from "../src/protocol";
import { LanguageModelError, lm } from "./vscode";

type Answering = (args: LmArgs, token: unknown) => Promise<LmReply>;

const ARGS: LmArgs = {
  id: 7,
  model: "gpt-4.1",
  system: "Answer briefly.",
  messages: [
    { role: "user", text: "One and one?" },
    { role: "assistant", text: "Two." },
    { role: "user", text: "And two and two?" },
  ],
};

const TOKEN = { isCancellationRequested: false };

/** The text in pieces, and then perhaps a failure. */
async function* stream(pieces: string[], failure?: Error): AsyncGenerator<string> {
  for (const piece of pieces) yield await Promise.resolve(piece);
  if (failure) throw failure;
}

/** An editor with one model, which answers a turn in this way. */
function world(sendRequest: () => Promise<unknown>, more: object = {}): { turn: () => Promise<LmReply>; sent: unknown[]; model: { sendRequest: ReturnType<typeof vi.fn> }; models: LanguageModels; connection: never } {
  const model = { id: "gpt-4.1", family: "gpt-4.1", maxInputTokens: 111_000, sendRequest: vi.fn(sendRequest), countTokens: (part: unknown) => Promise.resolve(typeof part === "string" ? 1 : 10), ...more };
  lm.selectChatModels.mockImplementation((wanted) => Promise.resolve(wanted === undefined || wanted.id === model.id ? [model] : []));
  const sent: unknown[] = [];
  let answering: Answering | undefined;
  const connection = {
    onRequest: (method: string, answer: Answering) => { if (method === LM_METHOD) answering = answer; },
    sendNotification: (method: string, params: unknown) => Promise.resolve(void sent.push([method, params])),
  } as never;
  const models = new LanguageModels({ canSendRequest: () => undefined });
  models.answer(connection);
  return { turn: () => answering?.(ARGS, TOKEN) ?? Promise.reject(new Error("nobody answers")), sent, model, models, connection };
}

const answering = (...pieces: string[]) => (): Promise<unknown> => Promise.resolve({ text: stream(pieces) });
const failing = (error: Error) => (): Promise<unknown> => Promise.reject(error);

beforeEach(() => {
  vi.resetAllMocks();
});

describe("a turn of the editor's model", () => {
  it("is asked with its reason, streams its pieces, and ends with the whole answer and its tokens", async () => {
    const { turn, sent, model } = world(answering("Fo", "ur."));
    expect(await turn()).toEqual({ outcome: "answered", text: "Four.", inputTokens: 40, outputTokens: 1 });
    expect(sent).toEqual([
      [LM_CHUNK_METHOD, { id: 7, text: "Fo" }],
      [LM_CHUNK_METHOD, { id: 7, text: "ur." }],
    ]);
    expect(model.sendRequest).toHaveBeenCalledExactlyOnceWith(
      [
        { role: "user", text: "Answer briefly." },
        { role: "user", text: "One and one?" },
        { role: "assistant", text: "Two." },
        { role: "user", text: "And two and two?" },
      ],
      { justification: "Devika carries out the task that you have given it." },
      TOKEN,
    );
  });

  it("has no counts where the model counts nothing", async () => {
    const countTokens = (): Promise<number> => Promise.reject(new Error("it does not count"));
    const { turn } = world(answering("Four."), { countTokens });
    expect(await turn()).toEqual({ outcome: "answered", text: "Four." });
  });

  it("that breaks off is no answer", async () => {
    const { turn } = world(() => Promise.resolve({ text: stream(["Fo"], new Error("net::ERR_CONNECTION_RESET")) }));
    expect(await turn()).toEqual({ outcome: "failed", reason: "broken", message: "net::ERR_CONNECTION_RESET" });
  });

  it("is not asked of a model that is gone, or that the user forbade", async () => {
    const { turn } = world(answering("Four."));
    lm.selectChatModels.mockResolvedValue([]);
    expect(await turn()).toEqual({ outcome: "failed", reason: "gone", message: "the editor does not have it any more" });
    const { turn: forbidden, connection, model } = world(answering("Four."));
    new LanguageModels({ canSendRequest: () => false }).answer(connection);
    expect(await forbidden()).toEqual({ outcome: "failed", reason: "consent", message: "it was forbidden" });
    expect(model.sendRequest).not.toHaveBeenCalled();
  });

  it.each([
    ["consent", new LanguageModelError("The user denied it", "NoPermissions")],
    ["gone", new LanguageModelError("No such model", "NotFound")],
    ["quota", new LanguageModelError("You have used up your premium requests", "unknown")],
    ["quota", new LanguageModelError("The extension is blocked", "Blocked")],
    ["busy", new LanguageModelError("Sorry, you have been rate-limited", "ChatRateLimited")],
    ["refused", new LanguageModelError("Request failed", "unknown", new Error("off_topic"))],
    ["overflow", new Error("The message exceeds the limit of 8000 tokens")],
    ["broken", new Error("socket hang up")],
  ] as const)("fails as %s: %s", async (reason, error) => {
    const { turn } = world(failing(error));
    expect(await turn()).toEqual({ outcome: "failed", reason, message: error.message });
  });
});

describe("the editor's models", () => {
  const TOLD = [LM_MODELS_METHOD, { models: [{ id: "gpt-4.1", family: "gpt-4.1", inputTokens: 111_000 }] }];

  it("are told to the server, and again when they change, as long as it runs", async () => {
    const { models, connection, sent } = world(answering());
    await models.tell(connection);
    expect(sent).toEqual([TOLD]);
    lm.change();
    await vi.waitFor(() => { expect(sent).toEqual([TOLD, TOLD]); });
    models.hangUp();
    lm.change();
    await models.tell();
    expect(sent).toHaveLength(2);
    models.dispose();
  });

  it("are there where the editor has the API for them", () => {
    expect(hasModels()).toBe(true);
  });
});
