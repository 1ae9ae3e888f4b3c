// The formula's field: putting names in, suggesting whole formulas, telling early what is not there.

import { element } from "./element.js";
import { nearest, used } from "./names.js";

export function insertInto(field, text) {
  const [start, end] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
  const before = field.value.slice(0, start);
  const glue = joined(before);
  field.setRangeText(glue + text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

// What has to stand between what is written and a name put after it.
function joined(before) {
  if (before.trim() === "") return "";
  const space = /\s$/.test(before) ? "" : " ";
  if (/[~+\-*/:^(,|]\s*$/.test(before)) return /\(\s*$/.test(before) ? "" : space;
  return before.includes("~") ? `${space}+ ` : `${space}~ `;
}

export function showSuggestions(place, found, use) {
  if (!found.length) return place.replaceChildren();
  const button = (text) => element("button", { type: "button", class: "quiet code", click: () => use(text) }, text);
  const buttons = found.map((text) => element("li", {}, button(text)));
  place.replaceChildren(element("p", { class: "hint", id: "suggestions-label" }, "For this table, for example"),
    element("ul", { "aria-labelledby": "suggestions-label" }, ...buttons));
}

// A sentence about names the table lacks; empty when all are there or nothing is known of the table.
export function hint(formula, columns) {
  if (!columns.length) return "";
  const names = columns.map((column) => column.name);
  const unknown = used(formula).find((name) => !names.includes(name));
  if (unknown === undefined) return "";
  const near = nearest(unknown, names);
  return `There is no column ${unknown} in this table${near ? `; is it ${near}?` : "."}`;
}

// A refusal: the sentence, and below it the formula with the server's mark under the place.
export function showRefusal(place, detail) {
  place.replaceChildren(...refusal(detail));
  place.hidden = false;
}

export function refusal(detail) {
  const at = detail.indexOf("\n");
  const sentence = element("p", {}, at < 0 ? detail : detail.slice(0, at));
  return at < 0 ? [sentence] : [sentence, marked(detail.slice(at + 1).replace(/^ {4}/gm, ""))];
}

// Where the server's mark stands in the formula, -1 when there is none. It indents formula and mark by four.
export function markOf(detail) {
  const lines = detail.split("\n");
  return lines.length < 3 ? -1 : lines[2].indexOf("^") - 4;
}

// Put the caret there: a narrow field scrolls to it.
export function showPlace(field, place) {
  const at = place + field.value.length - field.value.trimStart().length;
  if (place >= 0) field.setSelectionRange(at, at);
}

function marked(lines) {
  return element("pre", { tabindex: "0", "aria-label": "The formula with a mark under the place" }, lines);
}
