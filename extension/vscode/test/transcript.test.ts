import { describe, expect, it } from "vitest";
import type { Event } from "../src/protocol";
import { Transcript } from "../src/transcript";
import { PLAN, QUEUED, STARTED, records } from "./records";

function told(...events: Event[]): string {
  const transcript = new Transcript();
  return records(events)
    .map((record) => transcript.text(record))
    .join("");
}

const USAGE = { input: 1234, cached: 900, output: 56, cost: 0 };

describe("the log", () => {
  it("tells a task from its prompt to its end", () => {
    const text = told(
      QUEUED,
      STARTED,
      { event: "stage_started", stage: "plan", round: 1 },
      { event: "turn_finished", turn: 1, stop: "complete", usage: USAGE, millis: 1500, model: "a/b" },
      { event: "planned", plan: PLAN },
      { event: "stage_started", stage: "code", step: 1, round: 1 },
      { event: "edit_applied", step: 1, path: "hello.py", change: "created", added: 3, removed: 0, diff: "" },
      { event: "asked", ask: 1, kind: "command", text: "Run this command in /ws?\npython3 -m unittest" },
      { event: "answered", ask: 1, answer: "yes" },
      { event: "command_started", command: 7, line: "python3 -m unittest" },
      { event: "command_output", command: 7, text: "\u001b[32mRan 1" },
      { event: "command_output", command: 7, text: " test\u001b[0m\r\nOK\n" },
      { event: "command_finished", command: 7, exit: { code: 0 }, output: "Ran 1 test\nOK\n", millis: 120 },
      { event: "committed", step: 1, commit: "0123456789abcdef", branch: "devika/hello", subject: "Add hello" },
      { event: "step_finished", step: 1 },
      { event: "completed", summary: "Hello says hello.", branch: "devika/hello", usage: USAGE },
    );
    expect(text).toMatchInlineSnapshot(`
      "
      10:00:01  Task 1: Write hello
                in /ws, mode auto
      10:00:03  Planning …
      10:00:04  Answered in 1.5 s: 1,234 tokens in (900 cached), 56 out
      10:00:05  Plan:
                [ ] 1. Write hello.py (hello.py)
                [ ] 2. Write its test (test_hello.py)
                then: python3 -m unittest
      10:00:06  Step 1/2: Writing code …
      10:00:07  created hello.py  +3 -0
      10:00:08  Asks you:
                Run this command in /ws?
                python3 -m unittest
      10:00:09  You answered: yes
      10:00:10  $ python3 -m unittest
                | Ran 1 test
                | OK
      10:00:13  succeeded after 120 ms
      10:00:14  Committed 01234567 on devika/hello: Add hello
      10:00:15  [x] 1. Write hello.py
      10:00:16  Task 1 is done, with 1,234 tokens in (900 cached), 56 out
                Hello says hello.
                The commits are on devika/hello.
      "
    `);
  });

  it("shows a command's output once, live or at its end", () => {
    const finished = { event: "command_finished", command: 1, exit: { code: 1 }, output: "no\n", millis: 5 } as const;
    expect(told(finished)).toBe("10:00:01  | no\n          failed with code 1 after 5 ms\n");
    const live = told({ event: "command_output", command: 1, text: "no" }, finished);
    expect(live).toBe("          | no\n10:00:02  failed with code 1 after 5 ms\n");
  });

  it("keeps lines apart when an event comes in the middle of a line of output", () => {
    const text = told(
      { event: "command_output", command: 1, text: "half" },
      { event: "warning", text: "Careful." },
      { event: "command_output", command: 1, text: "rest\n" },
    );
    expect(text).toBe("          | half\n10:00:02  Note:\n          Careful.\n          | rest\n");
  });

  it("tells what the user adds and what was made", () => {
    const text = told(
      { event: "steered", text: "In German" },
      { event: "made", what: "report", place: "/reports/hello.pdf" },
    );
    expect(text).toMatchInlineSnapshot(`
      "10:00:01  You add: In German
      10:00:02  Made /reports/hello.pdf
      "
    `);
  });
});
