import assert from "node:assert/strict";
import { test } from "node:test";

import { evaluate } from "../src/evaluate.js";

test("numbers are themselves", () => {
  assert.equal(evaluate("42"), 42);
  assert.equal(evaluate(" 2.5 "), 2.5);
});

test("multiplication comes before addition", () => {
  assert.equal(evaluate("1 + 2 * 3"), 7);
});

test("operators of one kind go from left to right", () => {
  assert.equal(evaluate("10 - 3 - 2"), 5);
});

test("parentheses come first", () => {
  assert.equal(evaluate("2 * (3 + 4) - -1"), 15);
});

test("what is no expression is refused", () => {
  assert.throws(() => evaluate("1 +"), SyntaxError);
});
