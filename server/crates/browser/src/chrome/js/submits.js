// What using an element would send, if it would send a form.
(() => {
  const element = globalThis.devika && globalThis.devika.elements[$NUMBER$];
  if (!element || !element.form && !element.closest("form")) return null;
  const form = element.form || element.closest("form");
  const type = (element.type || "").toLowerCase();
  const sends = (element.tagName === "BUTTON" || element.tagName === "INPUT") && ["submit", "image"].includes(type);
  if (!sends) return null;
  const fields = [];
  const by = element.input ? element.button : element;
  for (const [name, value] of new FormData(form, by && by.type === "image" ? undefined : by)) {
    if (fields.length === 100) break;
    const hidden = form.elements[name] && form.elements[name].type === "password";
    fields.push({ name: name.slice(0, 200), value: hidden ? "(hidden)" : typeof value === "string" ? value.slice(0, 1000) : "(a file)" });
  }
  const action = element.getAttribute("formaction") ? element.formAction : form.action;
  return { action: String(action).slice(0, 2000), method: (element.getAttribute("formmethod") || form.method || "get").toUpperCase(), fields };
})()
