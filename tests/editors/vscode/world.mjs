// What a test of an editor needs around it: a scripted model, Devika's own folder, and a project.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

/** The value of an environment variable that the test cannot do without. */
export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; see the head of the test file`);
  return path.resolve(value);
}

/**
 * A world in `folder`, which is made anew. The model gives `replies`, in order; `files` are committed.
 * `models` is what the configuration says of models and providers, at this address of the model.
 */
export async function build(folder, { replies, config = "", files = {}, models = scripted }) {
  fs.rmSync(folder, { recursive: true, force: true });
  const [home, project] = ["home", "project"].map((name) => path.join(folder, name));
  for (const dir of [home, project]) fs.mkdirSync(dir, { recursive: true });
  const identity = "[user]\n\tname = A User\n\temail = user@example.org\n[init]\n\tdefaultBranch = main\n";
  fs.writeFileSync(path.join(home, ".gitconfig"), identity);

  const script = path.join(folder, "script.json");
  fs.writeFileSync(script, JSON.stringify(replies));
  const model = spawn(required("SCRIPTED_MODEL_BIN"), ["--script", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(model.stdout), "line");
  const url = line.replace("listening on ", "");
  const devika = path.join(home, "devika");
  fs.mkdirSync(devika, { mode: 0o700 });
  fs.writeFileSync(path.join(devika, "config.toml"), `${models(url)}${config}`, { mode: 0o600 });

  const env = { HOME: home, DEVIKA_HOME: devika };
  const run = (program, ...args) =>
    execFileSync(program, args, { cwd: project, env: { ...process.env, ...env }, encoding: "utf8" });
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    fs.writeFileSync(path.join(project, name), text);
  }
  if (Object.keys(files).length > 0) {
    run("git", "init", "--quiet");
    run("git", "add", ".");
    run("git", "commit", "--quiet", "--message", "Begin");
  }
  return {
    project,
    env,
    git: (...args) => run("git", ...args).trim(),
    tasks: () => run(required("DEVIKA_BIN"), "tasks"),
    read: (file) => fs.readFileSync(path.join(project, file), "utf8"),
    end: () => model.kill(),
  };
}

/** Every task gets the scripted model. */
const scripted = (url) => `[models]\ndefault = "scripted/model"\n[providers.scripted]\nkind = "openai"\nbase_url = "${url}"\n`;

/** The planner's answer. */
export const plan = (answer) => ({
  text: JSON.stringify({
    monologue: "One module and one test are enough.",
    kind: "code",
    reply: "I will write hello.py and a test for it.",
    focus: "hello world",
    steps: [{ text: "Write hello.py and its test", files: ["hello.py", "test_hello.py"] }],
    verify: ["python3 -m unittest"],
    queries: [],
    question: "",
    ...answer,
  }),
});

/** The coder's answer: these files, and the first line of the commit message. */
export const code = (subject, files) => ({
  text: [`Commit: ${subject}`, ...Object.entries(files).map(([name, text]) => `File: \`${name}\`\n\`\`\`\n${text}\`\`\``)].join("\n\n"),
});

export const HELLO = {
  "hello.py": 'def greeting():\n    return "Hello, world!"\n\n\nif __name__ == "__main__":\n    print(greeting())\n',
  "test_hello.py":
    "import unittest\n\nfrom hello import greeting\n\n\nclass GreetingTest(unittest.TestCase):\n" +
    '    def test_greets_the_world(self):\n        self.assertEqual(greeting(), "Hello, world!")\n',
};
