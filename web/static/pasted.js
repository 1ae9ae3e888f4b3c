// A CSV that is pasted, chosen as a file, or dropped; what it seems to hold is told below it.

import { PREVIEW_BYTES, summary } from "./csv.js";
import { DROPPED, sized } from "./drop.js";
import { element } from "./element.js";
import { labelled } from "./form.js";
import { count } from "./numbers.js";

const PAUSE = 250; // milliseconds without a key pressed before pasted text is read

// value(): a string or a File, "" when there is none. changed() is called when it is another.
export function pasted(label, { rows = 6, placeholder = "", changed = () => {} } = {}) {
  let file = null;
  let timer = null;
  const text = element("textarea", {
    name: "csv", rows, placeholder, class: "code", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off",
    input: () => { clearTimeout(timer); timer = setTimeout(tell, PAUSE); changed(); },
  });
  const chosen = element("p", { hidden: true });
  const picker = element("input", { type: "file", accept: ".csv,.txt,text/csv,text/plain", change: () => choose(picker.files[0] ?? null) });
  const holds = element("span", { class: "hint", "aria-live": "polite" }, "or paste above, or drop a file anywhere on this page");

  function choose(taken) {
    file = taken;
    picker.value = "";
    text.hidden = file !== null;
    chosen.hidden = file === null;
    const remove = element("button", { type: "button", class: "quiet", click: () => { choose(null); text.focus(); } }, "Remove");
    chosen.replaceChildren(...file ? [element("span", {}, `${file.name}, ${sized(file.size)}`), " ", remove] : []);
    tell();
    changed();
  }

  async function tell() {
    const found = summary(file ? await file.slice(0, PREVIEW_BYTES).text() : text.value);
    const more = file && file.size > PREVIEW_BYTES ? "at least " : "";
    holds.textContent = found ? `${count(found.columns.length, "column")}, ${more}${count(found.rows, "row")}` : "";
  }

  const whole = element("div", { class: "pasted", "data-drops": true },
    labelled(label, text),
    chosen,
    element("p", { class: "file" }, element("label", { class: "button quiet" }, "Choose a file", picker), holds));
  whole.addEventListener(DROPPED, (event) => choose(event.detail));
  return {
    whole,
    value: () => file ?? text.value,
    name: () => file?.name ?? "",
    field: () => (file ? chosen.querySelector("button") : text),
    clear() { text.value = ""; choose(null); },
  };
}
