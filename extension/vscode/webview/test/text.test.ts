import { describe, expect, it } from "vitest";
import { plainText, spans } from "../text/ansi";
import { parseDiff } from "../../src/diff";
import { highlight, languageOf } from "../text/highlight";
import { decoded, target, withLanguages } from "../text/markdown";
import { capUse, clock, money, short } from "../text/words";

describe("terminal output", () => {
  it("has the colours of the terminal's theme", () => {
    expect(spans("a \u001b[31mred\u001b[0m \u001b[1;92mbold\u001b[0m")).toEqual([
      { text: "a ", classes: "" },
      { text: "red", classes: "fg-red" },
      { text: " ", classes: "" },
      { text: "bold", classes: "fg-bright-green is-bold" },
    ]);
  });

  it("has colours beyond the theme's as they are", () => {
    expect(spans("\u001b[38;2;1;2;3mx\u001b[0m\u001b[48;5;196my\u001b[0m\u001b[38;5;232mz")).toEqual([
      { text: "x", classes: "", colour: "1, 2, 3" },
      { text: "y", classes: "", ground: "255, 0, 0" },
      { text: "z", classes: "", colour: "8, 8, 8" },
    ]);
  });

  it("shows the end of a line that is written anew, and no other escapes", () => {
    expect(plainText("10%\r50%\r100%\r\n\u001b]0;title\u0007\u001b[2K\u001b[?25lok\u0008")).toBe("100%\nok");
  });

  it("is text, whatever is in it", () => {
    expect(spans("<img src=x>")).toEqual([{ text: "<img src=x>", classes: "" }]);
  });
});

describe("a diff", () => {
  const DIFF = "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n one\n--- two\n+++ 2\n three\n\\ No newline at end of file\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+new\n\nApply these edits?";

  it("is read by the counts of its hunks, so that a line may look like a head", () => {
    const { files, rest } = parseDiff(DIFF);
    expect(rest).toBe("Apply these edits?");
    expect(files.map(({ path, change }) => [path, change])).toEqual([["a.py", "modified"], ["new.py", "created"]]);
    expect(files[0]?.hunks[0]?.lines).toEqual([
      { kind: "same", text: "one", before: 1, after: 1 },
      { kind: "removed", text: "-- two", before: 2 },
      { kind: "added", text: "++ 2", after: 2 },
      { kind: "same", text: "three", before: 3, after: 3 },
      { kind: "remark", text: "No newline at end of file" },
    ]);
    expect(files[1]?.hunks[0]?.lines).toEqual([{ kind: "added", text: "new", after: 1 }]);
  });

  it("that was cut is read as far as it goes", () => {
    const { files, rest } = parseDiff("--- a/a\n+++ b/a\n@@ -1,9 +1,9 @@\n one\n(the rest is left out)\n");
    expect(files[0]?.hunks[0]?.lines).toHaveLength(1);
    expect(rest).toBe("(the rest is left out)");
  });

  it("of a file that is gone has its old name", () => {
    expect(parseDiff("--- a/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n").files[0]).toMatchObject({ path: "old.py", change: "deleted" });
  });
});

describe("code", () => {
  it("is coloured by its language, and stays what it is", () => {
    const pieces = highlight("def f():\n    return 'x'", "py");
    expect(pieces.map(({ text }) => text).join("")).toBe("def f():\n    return 'x'");
    expect(pieces).toContainEqual({ text: "def", classes: "hljs-keyword" });
    expect(pieces).toContainEqual({ text: "'x'", classes: "hljs-string" });
  });

  it("in an unknown language, or very long, is one piece", () => {
    expect(highlight("x <y>", "klingon")).toEqual([{ text: "x <y>", classes: "" }]);
    expect(highlight("x = 1\n".repeat(4000), "py")).toHaveLength(1);
    expect([languageOf("a/b.rs"), languageOf("Dockerfile")]).toEqual(["rs", "dockerfile"]);
  });
});

describe("Markdown of a model", () => {
  it("leads to the web or into the project, and nowhere else", () => {
    expect(target("https://example.org/a")).toEqual({ address: "https://example.org/a" });
    expect(target("src/a.rs#L3")).toEqual({ path: "src/a.rs" });
    for (const bad of ["javascript:alert(1)", "command:run", "file:///etc/passwd", "//example.org", "/etc/passwd", "../up", "a/../../b", "data:x", "#here", "https://"]) {
      expect(target(bad), bad).toBeUndefined();
    }
  });

  it("shows entities as their characters", () => {
    expect(decoded("a &lt;b&gt; &amp; &#39;c&#x27; &unknown; &#99999999;")).toBe("a <b> & 'c' &unknown; &#99999999;");
  });

  it("colours a file of a coder's answer by its name", () => {
    expect(withLanguages("Commit: x\n\nFile: `a.py`\n```\ncode\n```")).toBe("Commit: x\n\n`a.py`\n\n```py\ncode\n```");
  });
});

describe("figures", () => {
  it("are short", () => {
    expect([short(999), short(1234), short(99_960), short(1_234_567)]).toEqual(["999", "1.2k", "100k", "1.2M"]);
    expect([money(0), money(1_234_000), money(45_480_000), money(2_500_000_000)]).toEqual(["$0.00", "$0.0012", "$0.045", "$2.50"]);
    expect([clock(65_000), clock(3_723_000)]).toEqual(["1:05", "1:02:03"]);
    expect(capUse({ tokens: { used: 400, cap: 500 } })).toEqual({ share: 0.8, text: "400 of 500 tokens" });
  });
});
