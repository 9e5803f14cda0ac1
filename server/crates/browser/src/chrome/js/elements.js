// What can be used on a page, numbered; the numbers hold until the next look.
(() => {
  const MOST = 200;
  const LINES = ["text", "search", "tel", "url", "email", "password", "number", "date", "month", "week", "time", "datetime-local"];
  const label = (element) => {
    const named = element.labels && element.labels[0] ? element.labels[0].innerText : "";
    const own = ["SELECT", "TEXTAREA"].includes(element.tagName) ? "" : element.innerText;
    const text = element.getAttribute("aria-label") || named || own ||
      element.getAttribute("placeholder") || element.getAttribute("title") ||
      element.getAttribute("alt") || (element.type === "submit" ? element.value : "") || element.name || "";
    return String(text).replace(/\s+/g, " ").trim().slice(0, 120);
  };
  const isShown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility === "visible";
  };
  // A form that a person sends by the Enter key, since it shows no button for it. Without any, the key
  // sends a form of one line alone, by the HTML standard ("Implicit submission").
  const enters = (form, shown) => {
    const fields = [...form.elements];
    const button = fields.find((it) => ["submit", "image"].includes(it.type));
    const lines = fields.filter((it) => it.tagName === "INPUT" && LINES.includes(it.type));
    const input = lines.find((it) => shown.includes(it));
    if (!input || (button ? shown.includes(button) || button.disabled : lines.length > 1)) return null;
    return {
      form, button, input, tagName: "BUTTON", type: "submit",
      get isConnected() { return form.isConnected; },
      getAttribute: (name) => (button ? button.getAttribute(name) : null),
      get formAction() { return button.formAction; },
      scrollIntoView: (how) => input.scrollIntoView(how),
      click: () => form.requestSubmit(button),
    };
  };
  const found = [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]")]
    .filter((element) => isShown(element) && !element.disabled).slice(0, MOST);
  globalThis.devika = globalThis.devika || { changed: 0 };
  const entered = [...document.forms].map((form) => enters(form, found)).filter(Boolean);
  globalThis.devika.elements = [...found, ...entered].slice(0, MOST);
  return globalThis.devika.elements.map((element) => {
    if (element.input) return { kind: "button", label: `Enter in ${label(element.input)}`.slice(0, 120), value: "" };
    const name = element.tagName.toLowerCase();
    const type = (element.type || "").toLowerCase();
    const isButton = name === "button" || name === "summary" ||
      ["submit", "button", "image", "reset"].includes(type) || (name !== "a" && element.getAttribute("role") === "button");
    const kind = name === "a" ? "link" : isButton ? "button" : name === "select" ? "choice" : "input";
    const value = kind === "link" ? element.href
      : kind === "input" && type !== "password" ? (["checkbox", "radio"].includes(type) ? String(element.checked) : element.value)
      : kind === "choice" ? [...element.options].slice(0, 30).map((it) => it.label).join(" | ") : "";
    return { kind, label: label(element), value: String(value).slice(0, 500) };
  });
})()
