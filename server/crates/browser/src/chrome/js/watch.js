// Runs before any script of a page, in a world that the page does not see.
(() => {
  const now = () => performance.now();
  globalThis.devika = { changed: now(), elements: [] };
  new MutationObserver(() => { globalThis.devika.changed = now(); })
    .observe(document, { subtree: true, childList: true, characterData: true });
})();
