import assert from "node:assert/strict";
import { test } from "node:test";

import { links } from "../src/links.js";
import { page, pageCount } from "../src/paging.js";

const items = ["a", "b", "c", "d", "e"];

test("the last page may be short", () => {
  assert.equal(pageCount(items, 2), 3);
});

test("the first page shows the first items", () => {
  assert.deepEqual(page(items, 1, 2), ["a", "b"]);
});

test("a page that does not exist shows the nearest", () => {
  assert.deepEqual(page(items, 99, 2), ["e"]);
});

test("the current page is marked", () => {
  assert.equal(links(items, 2, 2), "1 [2] 3");
});
