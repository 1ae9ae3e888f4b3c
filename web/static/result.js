// An answer of /regress on the page: coefficients, fit, warnings, picture, its other forms, the lines that ask the same.

import * as api from "./api.js";
import { copyButton } from "./copy.js";
import { element, scrolling } from "./element.js";
import { count, decimalsFor, fixed, grouped, percent, probability, significant } from "./numbers.js";
import { picture } from "./picture.js";
import { curl, php } from "./snippets.js";

const FORMS = ["json", "csv", "txt", "html", "svg", "png"];

export function showResult(place, answer, question) {
  place.replaceChildren(
    element("h2", { id: "result-title" }, element("code", {}, answer.formula)),
    element("p", { class: "used" }, usedRows(answer)),
    ...answer.warnings.length ? [warnings(answer.warnings)] : [],
    coefficients(answer),
    fit(answer),
    picture(answer),
    forms(answer),
    lines(question),
  );
  place.setAttribute("aria-labelledby", "result-title");
}

function usedRows(answer) {
  if (!answer.rows_dropped) return `All ${count(answer.rows, "row")} used.`;
  return `${grouped(answer.nobs)} of ${count(answer.rows, "row")} used; ${grouped(answer.rows_dropped)} left out for a missing value.`;
}

function warnings(list) {
  return element("ul", { class: "warnings", "aria-label": "Warnings" }, ...list.map((warning) => element("li", {}, warning.detail)));
}

function coefficients(answer) {
  const decimals = decimalsFor(answer.coefficients.map((row) => row.std_error));
  const heads = ["Term", "Estimate", "Std. error", "t", "p", `${percent(answer.level)} from`, "to"];
  const table = element("table", { class: "coefficients" },
    element("thead", {}, element("tr", {}, ...heads.map((name, at) => element("th", { scope: "col", class: at ? "number" : null }, name)))),
    element("tbody", {}, ...answer.coefficients.map((row) => coefficient(row, decimals))),
  );
  return element("div", {},
    element("div", { class: "heading" }, element("h3", {}, "Coefficients"), copyButton("Copy table", () => separated(answer.coefficients))),
    scrolling("Coefficients", table),
  );
}

function coefficient(row, decimals) {
  return element("tr", {},
    element("th", { scope: "row" }, row.term),
    number(row.estimate, fixed(row.estimate, decimals)),
    number(row.std_error, fixed(row.std_error, decimals)),
    number(row.statistic, fixed(row.statistic, 3)),
    number(row.p_value, probability(row.p_value)),
    number(row.conf_low, fixed(row.conf_low, decimals)),
    number(row.conf_high, fixed(row.conf_high, decimals)),
  );
}

function number(value, shown) {
  return element("td", { class: "number", title: value === null ? "not estimable" : String(value) }, shown);
}

// Every digit, tab-separated, as a spreadsheet takes it.
function separated(rows) {
  const names = Object.keys(rows[0]);
  return [names.join("\t"), ...rows.map((row) => names.map((name) => row[name] ?? "").join("\t"))].join("\n");
}

function fit(answer) {
  const found = answer.fit;
  const facts = [
    ["R²", found.r_squared, significant(found.r_squared)],
    ["Adjusted R²", found.adj_r_squared, significant(found.adj_r_squared)],
    ["Residual std. error", found.sigma, `${significant(found.sigma)} on ${found.df_residual} df`],
    ["F", found.statistic, `${significant(found.statistic)} on ${found.df}, ${found.df_residual} df`],
    ["p of F", found.p_value, probability(found.p_value)],
    ["Log-likelihood", found.log_lik, significant(found.log_lik, 5)],
    ["AIC", found.aic, significant(found.aic, 5)],
    ["BIC", found.bic, significant(found.bic, 5)],
  ].filter(([, value]) => value !== null && value !== undefined);
  const pairs = facts.map(([name, value, shown]) => (
    element("div", {}, element("dt", {}, name), element("dd", { title: String(value) }, shown))));
  return element("div", {}, element("h3", {}, "Fit"), element("dl", { class: "fit" }, ...pairs));
}

function forms(answer) {
  const link = (href, form, text) => element("a", { href, click: (event) => take(event, answer, form) }, text);
  const links = FORMS.map((form) => element("li", {}, link(`${answer.url}.${form}`, form, form)));
  return element("div", {}, element("h3", {}, "Kept at"),
    element("p", { class: "kept" }, link(answer.url, "json", element("code", {}, location.origin + answer.url))),
    element("ul", { class: "forms", "aria-label": "Other forms of this result" }, ...links));
}

// A link cannot carry a key: with one, fetch the file and hand it over as a download.
async function take(event, answer, form) {
  if (!api.key()) return;
  event.preventDefault();
  const address = URL.createObjectURL(await api.blob(`${answer.url}.${form}`));
  element("a", { href: address, download: `${answer.id}.${form}` }).click();
  URL.revokeObjectURL(address);
}

function lines(question) {
  const address = api.addressOf(question);
  const withKey = Boolean(api.key());
  const csv = typeof question.csv === "string" ? question.csv : "";
  const named = { dataset: question.dataset, query: question.query, csv, file: question.csv?.name };
  return element("div", {}, element("h3", {}, "The same from elsewhere"),
    code("Shell", curl(location.origin, address, named, withKey)),
    code("PHP", php(location.origin, address, named, withKey)));
}

function code(name, text) {
  return element("div", { class: "snippet" },
    element("div", { class: "heading" }, element("h4", {}, name), copyButton(`Copy ${name === "Shell" ? "curl" : name}`, () => text)),
    element("pre", { tabindex: "0", "aria-label": name }, text));
}
