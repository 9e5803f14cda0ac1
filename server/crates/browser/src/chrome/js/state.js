// How far a page is: milliseconds since it last changed, how much text it shows, and whether scripts may
// add some.
(() => {
  const own = globalThis.devika;
  const body = document.body;
  const unchanged = own ? performance.now() - own.changed : 0;
  return {
    ready: document.readyState,
    unchanged,
    chars: body && unchanged >= 50 ? Math.min(body.innerText.length, 100000) : 0,
    scripts: document.scripts.length,
  };
})()
