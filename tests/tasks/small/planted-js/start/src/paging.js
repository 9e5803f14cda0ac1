/** Which items a page shows. Pages count from 1. */

/** How many pages there are; an empty list has one. */
export function pageCount(items, size) {
  return Math.max(1, Math.ceil(items.length / size));
}

/** The number, moved into the range of pages that exist. */
export function clampPage(number, items, size) {
  return Math.min(Math.max(number, 1), pageCount(items, size));
}

/** The items of a page. */
export function page(items, number, size) {
  const start = clampPage(number, items, size) * size;
  return items.slice(start, start + size);
}
