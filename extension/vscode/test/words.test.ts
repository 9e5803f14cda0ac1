import { describe, expect, it } from "vitest";
import { hasMore, hasScopes, headline, oneLine, plain, progressLine } from "../src/words";
import { PLAN, taskAfter } from "./records";

describe("the line of progress", () => {
  it("says what happens to which step, and the thought of the moment", () => {
    const task = taskAfter(
      { event: "planned", plan: PLAN },
      { event: "monologue", agent: "planner", text: "One module is enough." },
      { event: "stage_started", stage: "patch", step: 2, round: 2 },
      { event: "turn_delta", turn: 1, text: "x".repeat(1234), reasoning: false },
    );
    expect(progressLine(task)).toBe("Step 2/2: Repairing, attempt 2 · 1,200 characters · “One module is enough.”");
  });

  it("shows the command that runs", () => {
    const task = taskAfter(
      { event: "stage_started", stage: "verify", step: 1, round: 1 },
      { event: "command_started", command: 1, line: "python3 -m unittest" },
    );
    expect(progressLine(task)).toBe("Step 1: Verifying · running python3 -m unittest");
  });

  it("says so while the user is waited for", () => {
    const task = taskAfter({ event: "asked", ask: 1, kind: "question", text: "Which?" });
    expect(progressLine(task)).toBe("Waiting for your answer");
  });
});

describe("text in a notification", () => {
  it("never becomes a link", () => {
    expect(plain("see [this](command:evil)")).toBe("see [this] (command:evil)");
  });

  it("hides and reorders nothing", () => {
    expect(plain("rm\u202e -rf\u200b\u0007 x")).toBe("rm\\u{202e} -rf\\u{200b}\\u{7} x");
    expect(plain("two\nlines")).toBe("two lines");
  });

  it("is cut where it is long", () => {
    expect(oneLine("a  b\nc", 4)).toBe("a b…");
  });
});

describe("the headline of an ask", () => {
  const ask = { task: 1, project: "/home/me/hello", id: 1, kind: "command" as const };

  it("shows the exact command line and its folder", () => {
    const text = "Run this command in /home/me/hello?\npython3 -m  unittest";
    expect(headline({ ...ask, text })).toBe("Run in “hello”?  python3 -m  unittest");
  });

  it("shows what is to be done outside of the project with its place", () => {
    const text = "Clone this repository?\nFrom: https://example.org/a\nTo: /projects/a";
    const outside = { ...ask, kind: "outside" as const, text };
    expect([headline(outside), hasMore(outside)]).toEqual([
      "Clone this repository? · From: https://example.org/a · To: /projects/a",
      false,
    ]);
  });

  it("shows the host that a command asks for, and the command", () => {
    const text = "Let commands reach example.org:443? It failed.\npip install a";
    const host = { ...ask, kind: "host" as const, text };
    expect([headline(host), hasMore(host), hasScopes(host)]).toEqual([
      "Let commands reach example.org:443? It failed. · pip install a",
      false,
      true,
    ]);
  });

  it("leaves to an editor what is too long for a message", () => {
    const long = { ...ask, text: `Run this command in /home/me/hello?\n${"x".repeat(301)}` };
    expect([headline(long), hasMore(long)]).toEqual(["Run this command in “hello”?", true]);
  });
});
