// A button that copies a text and says so.

import { element } from "./element.js";

const SAID_FOR = 2000; // milliseconds

export function copyButton(label, text) {
  const button = element("button", { type: "button", class: "quiet", "aria-live": "polite" }, label);
  button.addEventListener("click", async () => {
    button.textContent = (await copied(text())) ? "Copied" : "Not copied: select it by hand";
    setTimeout(() => { button.textContent = label; }, SAID_FOR);
  });
  return button;
}

// Browsers give the clipboard to https and localhost only.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
