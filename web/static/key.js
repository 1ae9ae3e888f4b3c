// The key: typed once, held by this page alone; kept for the tab only where its owner ticks that. Never part of an address.

import * as api from "./api.js";
import { byId } from "./element.js";

let wanted = false; // another than the one in use

// changed() is called whenever another key is in use.
export function takeKeys(changed) {
  const use = (text, keep) => {
    api.setKey(text, keep);
    wanted = false;
    byId("key").value = "";
    byId("key").removeAttribute("aria-invalid");
    byId("key-fault").hidden = true;
    draw();
    changed();
  };
  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("key").value.trim();
    if (text) use(text, byId("key-keep").checked);
    else byId("key").focus();
  });
  byId("key-forget").addEventListener("click", () => { use("", false); byId("key").focus(); });
}

// Show the panel or not, and of it no more than it needs.
export function showKey(now) {
  byId("key-panel").hidden = !now;
  draw();
}

// The server wants a key, or another: say so, and let it be typed.
export function askForKey(told) {
  wanted = true;
  showKey(true);
  byId("key-fault").textContent = api.key() ? "This key is not known here." : told;
  byId("key-fault").hidden = false;
  byId("key").setAttribute("aria-invalid", "true");
  byId("key").focus();
}

function draw() {
  const used = api.key() !== "";
  byId("key-form").hidden = used && !wanted;
  byId("key-used").hidden = !used || wanted;
  byId("key-kept").textContent = api.keyIsKept() ? "kept in this tab until it is closed" : "held until this page is closed";
}
