// The columns of the chosen table. Each name is a button that puts it into the formula.

import { element, scrolling } from "./element.js";
import { quoted } from "./names.js";
import { brief, count } from "./numbers.js";

const HEADS = ["Column", "Kind", "Missing", "Holds"];
const SHOWN = 60; // a table with more columns is not read by eye

export function showColumns(place, info, insert) {
  if (!info) return place.replaceChildren();
  const columns = info.columns.slice(0, SHOWN);
  const table = element("table", { class: "columns" },
    element("caption", {}, caption(info)),
    element("thead", {}, element("tr", {}, ...HEADS.map((name) => element("th", { scope: "col", class: name === "Missing" ? "number" : null }, name)))),
    element("tbody", {}, ...columns.map((column) => rowOf(column, insert))),
  );
  place.replaceChildren(scrolling("Columns", table));
}

function caption(info) {
  const rows = info.partial ? `the first ${count(info.rows, "row")}` : count(info.rows, "row");
  const hidden = info.columns.length > SHOWN ? `; the first ${SHOWN} are shown` : "";
  return `${count(info.columns.length, "column")}, ${rows}${hidden}. Press a name to use it.`;
}

function rowOf(column, insert) {
  const press = () => insert(quoted(column.name));
  const name = element("button", { type: "button", class: "name", click: press, title: "Put into the formula" }, column.name);
  return element("tr", {},
    element("th", { scope: "row" }, name),
    element("td", {}, column.type),
    element("td", { class: "number" }, String(column.missing ?? 0)),
    element("td", {}, holds(column)),
  );
}

export function holds(column) {
  if (Array.isArray(column.levels)) return column.levels.slice(0, 4).join(", ") + (column.levels.length > 4 ? " …" : "");
  if (column.distinct !== undefined && column.distinct !== null) return count(column.distinct, "level");
  if (column.min === undefined || column.min === null) return "nothing";
  return `${brief(column.min)} to ${brief(column.max)}`;
}
