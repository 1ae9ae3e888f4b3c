// A sentence that outlives the part of the page that caused it: "40 rows added."

import { byId } from "./element.js";

const SAID_FOR = 6000; // milliseconds
let timer = null;

export function say(text) {
  clearTimeout(timer);
  byId("said").textContent = text;
  timer = setTimeout(() => { byId("said").textContent = ""; }, SAID_FOR);
}
