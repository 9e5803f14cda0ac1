// Events for the panel: a task with everything that the panel can show, and one with very many events.

const START = Date.now() - 60_000;

/** The history of one task, as the extension gives it to the panel. */
export function history(id, state, events) {
  const records = events.map((event, at) => ({ ...event, task: id, seq: id * 100_000 + at, time: new Date(START + at * 1000).toISOString() }));
  const { prompt, project, mode } = events[0];
  return { id, project, prompt, mode, model: null, state, created: records[0].time, events: records };
}

const queued = (prompt) => ({ event: "queued", prompt, project: "/home/user/shop", mode: "review", ahead: 0 });
const usage = (input, output, cost) => ({ input, cached: Math.floor(input / 2), output, cost });
const turn = (number, agent, used) => [
  { event: "turn_started", turn: number, agent, model: "anthropic/claude-sonnet-4-5", prompt_tokens: used.input },
  { event: "turn_finished", turn: number, stop: "complete", usage: used, millis: 4200, model: "anthropic/claude-sonnet-4-5" },
];

const DIFF = `--- a/cart.py
+++ b/cart.py
@@ -1,7 +1,9 @@
 from dataclasses import dataclass
+from decimal import Decimal
 
 @dataclass
 class Item:
     name: str
-    price: float
+    price: Decimal
+    count: int = 1
 
`;
const NEW = `--- /dev/null
+++ b/test_cart.py
@@ -0,0 +1,6 @@
+from cart import Item
+
+
+def test_price_is_exact():
+    item = Item("tea", Decimal("0.10"))
+    assert item.price * 3 == Decimal("0.30")
`;

const PLAN = {
  reply: "I will make prices exact.",
  focus: "exact prices",
  steps: [
    { text: "Use Decimal for prices", files: ["cart.py"] },
    { text: "Add tests for sums and discounts", files: ["test_cart.py"] },
    { text: "Describe it in the README", files: ["README.md"] },
  ],
  verify: ["python3 -m pytest -q"],
};

const ANSWER = `Prices are **exact** now: \`Decimal\` all the way, see [cart.py](cart.py#L4) and the [documentation](https://docs.python.org/3/library/decimal.html).

\`\`\`python
def total(items: list[Item]) -> Decimal:
    """The sum of all items."""
    return sum((item.price * item.count for item in items), Decimal(0))
\`\`\`

| case | result |
|---|---|
| three teas | 0.30 |

<img src="https://example.org/x.png" onerror="alert(1)"> ![a chart](https://example.org/chart.png) [click](javascript:alert(1))`;

const begun = [
  queued("Make the prices in the cart exact, with tests"),
  { event: "started", resumed: false },
  { event: "stage_started", stage: "plan", round: 1 },
  ...turn(1, "planner", usage(2310, 240, 10_530_000)),
  { event: "monologue", agent: "planner", text: "Floats cannot hold 0.10; the type of the price is the root of it." },
  { event: "reply", text: PLAN.reply },
  { event: "planned", plan: PLAN },
  { event: "queries", queries: ["python decimal money rounding"] },
  { event: "searched", query: "python decimal money rounding", found: 8 },
  { event: "page_read", address: "https://docs.python.org/3/library/decimal.html", title: "decimal: Decimal fixed-point arithmetic", screenshot: "/tmp/page.png" },
  { event: "stage_started", stage: "code", step: 1, round: 1 },
  { event: "passages_used", step: 1, sources: ["https://docs.python.org/3/library/decimal.html"] },
  ...turn(2, "coder", usage(4100, 610, 21_450_000)),
  { event: "edit_applied", step: 1, path: "cart.py", change: "modified", added: 3, removed: 1, diff: DIFF },
  { event: "edit_applied", step: 1, path: "test_cart.py", change: "created", added: 6, removed: 0, diff: NEW },
  { event: "command_started", command: 1, line: "python3 -m pytest -q" },
  { event: "command_finished", command: 1, exit: { code: 1 }, output: "\u001b[31mFAILED\u001b[0m test_cart.py::test_price_is_exact - \u001b[1mNameError\u001b[0m: name 'Decimal' is not defined\n\u001b[32m3 passed\u001b[0m, \u001b[31m1 failed\u001b[0m in 0.12s\n", millis: 820 },
  { event: "complaint", agent: "patcher", text: "test_cart.py: the block to replace is not in the file.\nNearest lines:\n4: def test_price_is_exact():" },
  ...turn(3, "patcher", usage(3900, 120, 13_500_000)),
  { event: "command_started", command: 2, line: "python3 -m pytest -q" },
  { event: "command_finished", command: 2, exit: { code: 0 }, output: "\u001b[32m4 passed\u001b[0m in 0.11s\n", millis: 790 },
  { event: "committed", step: 1, commit: "5ed2328c0ffee", branch: "devika/exact-prices", subject: "Use Decimal for prices" },
  { event: "step_finished", step: 1 },
  { event: "stage_started", stage: "code", step: 2, round: 1 },
  { event: "budget_warning", scope: "task", use: { money: { used: 45_480_000, cap: 50_000_000 } } },
];

/** A task in the middle of its work: its second answer streams. */
export const streaming = history(1, "running", [...begun, { event: "turn_started", turn: 9, agent: "coder", model: "anthropic/claude-sonnet-4-5", prompt_tokens: 900 }]);
export const delta = (text) => ({ event: "turn_delta", turn: 9, text, reasoning: false, task: 1, seq: 100_000 + begun.length, time: new Date().toISOString() });
export const ANSWERED = ANSWER;

/** A task that waits for edits to be approved. */
export const reviewing = history(1, "waiting", [...begun, { event: "asked", ask: 5, kind: "edits", text: `${DIFF}${NEW}\nApply these edits?` }]);

/** A task that asks a question. */
export const asking = history(1, "waiting", [...begun, { event: "asked", ask: 6, kind: "question", text: "Which currency do the prices have?" }]);

/** One that is done, and one that failed. */
export const finished = history(1, "completed", [
  ...begun,
  { event: "steered", text: "Use British spelling" },
  { event: "reply", text: ANSWER },
  { event: "committed", step: 2, commit: "71c0ffee00000", branch: "devika/exact-prices", subject: "Test sums and discounts" },
  { event: "step_finished", step: 2 },
  { event: "step_finished", step: 3 },
  { event: "completed", summary: "Prices are exact.\n\n- `5ed2328c` Use Decimal for prices\n- `71c0ffee` Test sums and discounts", branch: "devika/exact-prices", usage: usage(10_310, 970, 45_480_000) },
]);
export const failed = history(2, "failed", [
  queued("Deploy it"),
  { event: "started", resumed: false },
  { event: "warning", text: "The budget of today is nearly used up" },
  { event: "failed", reason: "The host of sites refused the token. Set `NETLIFY_AUTH_TOKEN` and resume the task." },
]);

/** A long task: so many events after its beginning, in rounds of a turn, edits and a command. */
export function* many(count, first = 200_000) {
  const line = (text) => ({ ...text, task: 1, seq: first++, time: new Date(START + first * 100).toISOString() });
  for (let made = 0, round = 100; made < count; round += 1, made += 10) {
    yield line({ event: "stage_started", stage: "patch", step: 2, round: round % 7 + 1 });
    yield line({ event: "monologue", agent: "patcher", text: `Thought ${round}` });
    for (const event of turn(round, "patcher", usage(3000, 200, 12_000_000))) yield line(event);
    yield line({ event: "edit_applied", step: 2, path: `src/part_${round}.py`, change: "modified", added: 3, removed: 1, diff: DIFF });
    yield line({ event: "command_started", command: round, line: `python3 -m pytest -q tests/test_${round}.py` });
    yield line({ event: "command_output", command: round, text: "collecting…\n" });
    yield line({ event: "command_finished", command: round, exit: { code: round % 3 }, output: "\u001b[31m1 failed\u001b[0m\n".repeat(8), millis: 900 });
    yield line({ event: "complaint", agent: "patcher", text: "The block is not in the file." });
    yield line({ event: "reply", text: `Round ${round} of the repair.` });
  }
}
