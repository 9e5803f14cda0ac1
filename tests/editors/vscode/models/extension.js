// Language models of the editor, as GitHub Copilot brings some: they say what the file EDITOR_MODEL_SCRIPT
// holds, an array of answers, one a turn.
const fs = require("node:fs");
const vscode = require("vscode");

const model = (id, family) => ({ id, family, name: id, version: "1", maxInputTokens: 64_000, maxOutputTokens: 8_000, capabilities: {} });

exports.activate = ({ subscriptions }) => {
  const replies = JSON.parse(fs.readFileSync(process.env.EDITOR_MODEL_SCRIPT, "utf8"));
  const provider = {
    provideLanguageModelChatInformation: () => [model("scripted-large", "large"), model("scripted-mini", "gpt-5-mini")],
    provideLanguageModelChatResponse: (_model, _messages, _options, progress) => {
      const { text } = replies.shift() ?? { text: "" };
      for (const piece of text.match(/[^]{1,24}/gu) ?? []) progress.report(new vscode.LanguageModelTextPart(piece));
      return Promise.resolve();
    },
    provideTokenCount: (_model, text) => Promise.resolve(JSON.stringify(text).length >> 2),
  };
  subscriptions.push(vscode.lm.registerLanguageModelChatProvider("scripted", provider));
};
