import { clampPage, pageCount } from "./paging.js";

/** The links under a page: numbers, with the current one in brackets. */
export function links(items, number, size) {
  const current = clampPage(number, items, size);
  const all = [];
  for (let page = 1; page <= pageCount(items, size); page++) {
    all.push(page === current ? `[${page}]` : `${page}`);
  }
  return all.join(" ");
}
