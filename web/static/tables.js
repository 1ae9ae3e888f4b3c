// Tables of estimates and lists of facts, alike for every kind of answer.

import { copyButton } from "./copy.js";
import { element, scrolling } from "./element.js";
import { decimalsFor, fixed, percent, probability, significant } from "./numbers.js";

// rows: {term, estimate, std_error, df?, statistic, p_value, conf_low, conf_high}. `digits` of the smallest standard error are shown.
export function estimates(title, rows, level, { statistic = "t", digits = 3 } = {}) {
  const decimals = decimalsFor(rows.map((row) => row.std_error), digits);
  const shown = [
    ["Estimate", "estimate", (value) => fixed(value, decimals)],
    ["Std. error", "std_error", (value) => fixed(value, decimals)],
    ["df", "df", (value) => significant(value)],
    [statistic, "statistic", (value) => fixed(value, 3)],
    ["p", "p_value", probability],
    [`${percent(level)} from`, "conf_low", (value) => fixed(value, decimals)],
    ["to", "conf_high", (value) => fixed(value, decimals)],
  ].filter(([, name]) => name !== "df" || rows.some((row) => row.df !== undefined && row.df !== null));
  const heads = ["Term", ...shown.map(([head]) => head)];
  const body = rows.map((row) => [row.term, ...shown.map(([, name, write]) => number(row[name], write(row[name])))]);
  return copied(title, rows, table("coefficients", heads, body));
}

// A row's first cell names it; a cell is a text, an element, or {value, shown} for a number.
export function table(name, heads, rows) {
  const numeric = (at) => rows.some((row) => row[at]?.shown !== undefined);
  const head = heads.map((text, at) => element("th", { scope: "col", class: numeric(at) ? "number" : null }, text));
  return element("table", { class: name },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell)))));
}

export function number(value, shown) {
  return { value, shown };
}

// A table under its title, with every digit to copy, tab-separated, as a spreadsheet takes it.
export function copied(title, rows, shown) {
  return element("div", {},
    element("div", { class: "heading" }, element("h3", {}, title), copyButton("Copy table", () => separated(rows))),
    scrolling(title, shown));
}

// list: [name, value, shown]; what has no value is left out.
export function facts(title, list) {
  const pairs = list.filter(([, value]) => value !== null && value !== undefined).map(([name, value, shown]) => (
    element("div", {}, element("dt", {}, name), element("dd", { title: String(value) }, shown))));
  return element("div", {}, element("h3", {}, title), element("dl", { class: "fit" }, ...pairs));
}

function cell(content, at) {
  if (typeof content === "string" || content instanceof Node) return at ? element("td", {}, content) : element("th", { scope: "row" }, content);
  const { value, shown } = content;
  return element("td", { class: "number", title: value === null || value === undefined ? "not estimable" : String(value) }, shown);
}

function separated(rows) {
  const names = Object.keys(rows[0]);
  const text = (value) => (value !== null && typeof value === "object" ? JSON.stringify(value) : value ?? "");
  return [names.join("\t"), ...rows.map((row) => names.map((name) => text(row[name])).join("\t"))].join("\n");
}
