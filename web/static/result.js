// An answer on the page: its warnings, what its kind shows of it, its other forms, the lines that ask the same.

import * as api from "./api.js";
import { copyButton } from "./copy.js";
import { element } from "./element.js";
import { count, grouped } from "./numbers.js";
import { curl, php } from "./snippets.js";

const FORMS = ["json", "csv", "txt", "html", "svg", "png"];

export function showResult(place, answer, question, kind) {
  const title = `${place.id}-title`;
  place.replaceChildren(
    element("h2", { id: title }, kind.heading ? kind.heading(answer) : element("code", {}, answer.formula)),
    element("p", { class: "used" }, (kind.used ?? usedRows)(answer)),
    ...answer.warnings.length ? [warnings(answer.warnings)] : [],
    ...kind.parts(answer),
    forms(answer, kind),
    lines(answer, question, kind),
  );
  place.setAttribute("aria-labelledby", title);
}

function usedRows(answer) {
  if (!answer.rows_dropped) return `All ${count(answer.rows, "row")} used.`;
  return `${grouped(answer.nobs)} of ${count(answer.rows, "row")} used; ${grouped(answer.rows_dropped)} left out for a missing value.`;
}

function warnings(list) {
  return element("ul", { class: "warnings", "aria-label": "Warnings" }, ...list.map((warning) => element("li", {}, warning.detail)));
}

function forms(answer, kind) {
  const link = (href, form, text) => element("a", { href, click: (event) => take(event, answer, form) }, text);
  const all = [...FORMS, ...kind.views.map((view) => `svg?view=${view}`)];
  const links = all.map((form) => element("li", {}, link(`${answer.url}.${form}`, form, form)));
  return element("div", {}, element("h3", {}, "Kept at"),
    element("p", { class: "kept" }, link(answer.url, "json", element("code", {}, location.origin + answer.url))),
    element("ul", { class: "forms", "aria-label": "Other forms of this result" }, ...links));
}

// A link cannot carry a key: with one, fetch the file and hand it over as a download.
async function take(event, answer, form) {
  if (!api.key()) return;
  event.preventDefault();
  const address = URL.createObjectURL(await api.blob(`${answer.url}.${form}`));
  element("a", { href: address, download: `${answer.id}.${form.split("?")[0]}` }).click();
  URL.revokeObjectURL(address);
}

function lines(answer, question, kind) {
  const rows = typeof kind.rows === "function" ? kind.rows(answer) : kind.rows;
  const address = api.addressOf(kind.path, question);
  const withKey = Boolean(api.key());
  const csv = typeof question.csv === "string" ? question.csv : "";
  const named = { dataset: question.dataset, query: question.query, csv, file: question.csv?.name };
  return element("div", {}, element("h3", {}, "The same from elsewhere"),
    code("Shell", curl(location.origin, address, named, withKey)),
    code("PHP", php(location.origin, address, named, withKey, rows, kind.printed?.(answer))));
}

function code(name, text) {
  return element("div", { class: "snippet" },
    element("div", { class: "heading" }, element("h4", {}, name), copyButton(`Copy ${name === "Shell" ? "curl" : name}`, () => text)),
    element("pre", { tabindex: "0", "aria-label": name }, text));
}
