// The page as a person sees it, as HTML: without what is not shown, with what shadows hold.
(() => {
  const BYTES = 8000000, ELEMENTS = 60000;
  const root = document.documentElement;
  if (!root) return { html: "", title: "", address: location.href };
  const copy = root.cloneNode(true);
  const seen = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
  const kept = document.createTreeWalker(copy, NodeFilter.SHOW_ELEMENT);
  const gone = [], shadows = [];
  let element = root, twin = copy;
  for (let n = 0; element && twin && n < ELEMENTS; n++) {
    const inHead = document.head && document.head.contains(element);
    if (!inHead) {
      const style = getComputedStyle(element);
      if (style.display === "none" && element.tagName !== "NOSCRIPT") gone.push(twin);
      else if (style.visibility !== "visible" || parseFloat(style.fontSize) < 1)
        for (const child of [...twin.childNodes]) { if (child.nodeType === 3) gone.push(child); }
      else if (parseFloat(style.opacity) < 0.05 && element.textContent.length < 3000) gone.push(twin);
    }
    if (element.shadowRoot) shadows.push([twin, element.shadowRoot]);
    element = seen.nextNode();
    twin = kept.nextNode();
  }
  for (const node of gone) node.remove();
  for (const [twin, shadow] of shadows)
    twin.prepend(...[...shadow.childNodes].map((child) => child.cloneNode(true)));
  return {
    html: copy.outerHTML.slice(0, BYTES),
    title: document.title.slice(0, 1000),
    address: location.href.slice(0, 4000),
  };
})()
