/**
 * The editor's own language models, such as those of GitHub Copilot, for the server: it is told which
 * there are, and asks them as it asks any provider. Who may ask them is the editor's to say, which
 * puts it to the user at the first turn.
 */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { LM_CHUNK_METHOD, LM_METHOD, LM_MODELS_METHOD, type LmArgs, type LmFailure, type LmModels, type LmReply } from "./protocol";

/** What the editor tells the user where it asks whether Devika may use its models. */
const JUSTIFICATION = "Devika carries out the task that you have given it.";

/** What is used of a connection to the server. */
export type Connection = Pick<LanguageClient, "onRequest" | "sendNotification">;

/** Whether this editor lets its own models be asked. */
export function hasModels(): boolean {
  return "lm" in vscode && "selectChatModels" in vscode.lm;
}

/** The language models of this editor. */
export class LanguageModels implements vscode.Disposable {
  private readonly changes: vscode.Disposable | undefined;
  private connection: Connection | undefined;

  /** @param access says which models the user has allowed or forbidden already */
  constructor(private readonly access?: Pick<vscode.LanguageModelAccessInformation, "canSendRequest">) {
    if (hasModels()) this.changes = vscode.lm.onDidChangeChatModels(() => void this.tell());
  }

  /** Answers over this connection from now on. */
  answer(connection: Connection): void {
    connection.onRequest(LM_METHOD, (args: LmArgs, token: vscode.CancellationToken) =>
      this.turn(args, token, (text) => void connection.sendNotification(LM_CHUNK_METHOD, { id: args.id, text })),
    );
  }

  /** Tells the server which models there are, now and whenever they change; without one, no more. */
  async tell(connection = this.connection): Promise<void> {
    this.connection = connection;
    if (!connection || !hasModels()) return;
    const models = await vscode.lm.selectChatModels();
    const told = models.map(({ id, family, maxInputTokens }) => ({ id, family, inputTokens: maxInputTokens }));
    await connection.sendNotification(LM_MODELS_METHOD, { models: told } satisfies LmModels);
  }

  /** Nothing is told any more: the server is gone. */
  hangUp(): void {
    this.connection = undefined;
  }

  dispose(): void {
    this.hangUp();
    this.changes?.dispose();
  }

  private async turn(args: LmArgs, token: vscode.CancellationToken, piece: (text: string) => void): Promise<LmReply> {
    try {
      const [model] = await vscode.lm.selectChatModels({ id: args.model });
      if (!model) return failed("gone", "the editor does not have it any more");
      if (this.access?.canSendRequest(model) === false) return failed("consent", "it was forbidden");
      const asked = messages(args);
      const answer = await model.sendRequest(asked, { justification: JUSTIFICATION }, token);
      let text = "";
      for await (const part of answer.text) {
        text += part;
        piece(part);
      }
      return { outcome: "answered", text, ...(await counts(model, asked, text, token)) };
    } catch (error) {
      return failed(reason(error), words(error));
    }
  }
}

/** The API has no place for instructions, which so come first. */
function messages({ system, messages: said }: LmArgs): vscode.LanguageModelChatMessage[] {
  const by = vscode.LanguageModelChatMessage;
  const begin = system ? [by.User(system)] : [];
  return [...begin, ...said.map(({ role, text }) => (role === "user" ? by.User(text) : by.Assistant(text)))];
}

/** The tokens, as the model counts them; nothing where it does not, and the server estimates them. */
async function counts(
  model: vscode.LanguageModelChat,
  asked: vscode.LanguageModelChatMessage[],
  text: string,
  token: vscode.CancellationToken,
): Promise<{ inputTokens?: number; outputTokens?: number }> {
  try {
    const [outputTokens, ...prompt] = await Promise.all([text, ...asked].map((part) => model.countTokens(part, token)));
    return { inputTokens: prompt.reduce((sum, tokens) => sum + tokens, 0), ...(outputTokens === undefined ? {} : { outputTokens }) };
  } catch {
    return {};
  }
}

function failed(why: LmFailure, message: string): LmReply {
  return { outcome: "failed", reason: why, message };
}

/** What the words of a failure, and of what caused it, tell of its kind; the first that fits. */
const KINDS: readonly [RegExp, LmFailure][] = [
  [/NoPermissions|consent|not allowed|access (was |is )?denied/iu, "consent"],
  [/NotFound|model_not_found|does not exist/iu, "gone"],
  [/rate.?limit|too many requests|\b429\b|temporarily/iu, "busy"],
  [/off.?topic|content.?filter|responsible ai|filtered/iu, "refused"],
  [/quota|payment|premium requests|\b402\b|blocked/iu, "quota"],
  [/context.?(length|window)|token.?limit|too (long|large|many tokens)|exceeds the limit/iu, "overflow"],
];

function reason(error: unknown): LmFailure {
  const code = error instanceof vscode.LanguageModelError ? error.code : "";
  const said = `${code} ${named(error)}`;
  return KINDS.find(([pattern]) => pattern.test(said))?.[1] ?? "broken";
}

/** Its name and words, and those of its cause. */
function named(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name} ${error.message} ${error.cause === undefined ? "" : named(error.cause)}`;
}

function words(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return said || "the editor gave no reason";
}
