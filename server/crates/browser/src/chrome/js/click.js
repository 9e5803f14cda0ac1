(() => {
  const element = globalThis.devika && globalThis.devika.elements[$NUMBER$];
  if (!element || !element.isConnected) return false;
  element.scrollIntoView({ block: "center" });
  element.click();
  return true;
})()
