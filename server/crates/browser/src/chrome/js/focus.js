// Makes an input ready to be typed into; a choice takes the text at once.
(() => {
  const element = globalThis.devika && globalThis.devika.elements[$NUMBER$];
  if (!element || !element.isConnected) return "gone";
  if (["password", "file"].includes((element.type || "").toLowerCase())) return "secret";
  if (element.tagName === "SELECT") {
    const option = [...element.options].find((it) => it.label.trim() === $TEXT$ || it.value === $TEXT$);
    if (!option) return "none";
    element.value = option.value;
    for (const name of ["input", "change"]) element.dispatchEvent(new Event(name, { bubbles: true }));
    return "done";
  }
  if (!["INPUT", "TEXTAREA"].includes(element.tagName) && !element.isContentEditable) return "none";
  element.scrollIntoView({ block: "center" });
  element.focus();
  if (element.select) element.select();
  return "ready";
})()
