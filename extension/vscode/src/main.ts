/** Devika in VS Code: wires the session, its views and the commands. All else is in the server. */

import { type ExtensionContext, window } from "vscode";
import { Chat } from "./chat";
import { answerQuestion } from "./commands/answer";
import { decide } from "./commands/approve";
import { attempt, registerCommands } from "./commands/index";
import { Keys, isKey } from "./keys";
import { LanguageModels } from "./lm";
import { carryOut } from "./panel/actions";
import { PANEL, Panel } from "./panel/panel";
import { Session } from "./session";
import { HealthTree } from "./trees/health";
import { MemoryTree } from "./trees/memory";
import { TaskTree } from "./trees/tasks";
import { Asks } from "./views/asks";
import { Endings } from "./views/endings";
import { Highlight } from "./views/highlight";
import { Log } from "./views/log";
import { Preview } from "./views/preview";
import { Progress } from "./views/progress";
import { Status } from "./views/status";

export function activate(context: ExtensionContext): void {
  const bundled = context.asAbsolutePath(process.platform === "win32" ? "server/devika.exe" : "server/devika");
  const serverLog = window.createOutputChannel("Devika Server", { log: true });
  const keys = new Keys(context.secrets);
  const session = new Session(bundled, serverLog, () => keys.environment(), new LanguageModels(context.languageModelAccessInformation));
  const preview = new Preview();
  const log = session.add(new Log(window.createOutputChannel("Devika")));
  const trying = (act: () => Promise<unknown>): Promise<void> => attempt(log, act);
  const panel: Panel = session.add(
    new Panel(context, session, (message) =>
      trying(() => carryOut({ session, feed: (shown) => panel.feed(shown), tell: (told) => panel.tell(told) }, message)),
    ),
  );
  const isSeen = (): boolean => panel.isVisible;
  const tasks = session.add(new TaskTree(session));
  const health = new HealthTree(session);
  const memory = new MemoryTree(session);

  const chat = session.add(new Chat(session));
  session.add(new Highlight());
  session.add(new Status(session.tasks));
  session.add(new Progress((task) => void trying(() => session.execute("devika.task.cancel", { task })), isSeen));
  session.add(
    new Asks(session.tasks, {
      approve: (ask, answer) => trying(() => decide(session, ask, answer)),
      answer: (ask) => trying(() => answerQuestion(session, ask)),
      preview: (ask, isWanted) => trying(() => preview.show(ask, isWanted)),
      close: (ask) => trying(() => preview.close(ask)),
      isSeen,
    }),
  );
  session.add(
    new Endings({
      showLog: () => {
        log.show();
      },
      accept: (task) => void trying(() => session.execute("devika.task.accept", { task })),
      undo: (task) => void trying(() => session.execute("devika.task.undo", { task })),
      resume: (task) => void trying(() => session.execute("devika.task.resume", { task })),
      isSeen,
    }),
  );
  context.subscriptions.push(
    session,
    preview,
    health,
    memory,
    serverLog,
    context.secrets.onDidChange(({ key }) => {
      if (isKey(key)) session.renew();
    }),
    ...chat.register(),
    window.registerWebviewViewProvider(PANEL, panel),
    window.registerTreeDataProvider("devika.tasks", tasks),
    window.registerTreeDataProvider("devika.health", health),
    window.registerTreeDataProvider("devika.memory", memory),
    ...registerCommands({ session, keys, log, preview, panel, tasks, health, memory }),
  );
  void session.begin();
}
