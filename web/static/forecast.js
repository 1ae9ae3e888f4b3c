// The tab of /forecast: which columns, how far ahead, and what it shows of an answer: the steps, the picture, the stack.

import { byId, element, scrolling } from "./element.js";
import { count, decimalsFor, fixed, significant } from "./numbers.js";
import { picture } from "./picture.js";
import { copied, facts, number, table } from "./tables.js";

const TIMES = /^(ds|t|date|day|month|quarter|week|year|time|when|timestamp|datetime)$/i;
const FIELDS = ["y", "ds", "unique_id", "h", "differences", "model", "season", "level", "transform", "interval", "missing"];
const SHOWN = 60; // steps of the stack
const LINES = 100; // series of many

export const forecast = {
  name: "forecast",
  title: "Forecast",
  path: "/forecast",
  button: "Forecast",
  rows: (answer) => (answer.series ? "series" : "forecast"),
  printed: (answer) => (answer.series ? ["unique_id", "rows", "season"] : ["ds", "median", "mean"]),
  views: [],
  start: { sample: "AirPassengers", formula: "" },
  options: [],
  suggestions: () => [],
  offer,
  press: (name) => { byId("forecast-y").value = name; },
  query,
  field: (pointer) => (FIELDS.includes(pointer) ? byId(`forecast-${pointer}`) : null),
  heading,
  used,
  parts: (answer) => (answer.series ? partsOfMany(answer) : parts(answer)),
  done: (answer) => (answer.series
    ? `Done: ${count(answer.series.length - answer.refused, "series", "series")} ahead by ${count(answer.h, "step")}.`
    : `Done: ${count(answer.forecast.length, "step")}, the last ${answer.forecast.at(-1).ds}.`),
};

// Fill the choices of columns; what is likely the time and the values is chosen already.
function offer(columns) {
  const names = columns.map((column) => column.name);
  const numbers = columns.filter((column) => column.type === "number").map((column) => column.name);
  const time = names.find((name) => TIMES.test(name)) ?? "";
  const id = names.includes("unique_id") ? "unique_id" : "";
  const values = numbers.includes("y") ? "y" : numbers.find((name) => name !== time && name !== id) ?? "";
  choices("forecast-y", numbers, "choose one …", values);
  choices("forecast-ds", names, "none: 1, 2, 3, …", time);
  choices("forecast-unique_id", names, "one series", id);
}

function choices(id, names, none, chosen) {
  const kept = byId(id).value;
  const option = (name) => element("option", { value: name }, name);
  byId(id).replaceChildren(element("option", { value: "" }, none), ...names.map(option));
  byId(id).value = kept !== "" && names.includes(kept) ? kept : chosen;
}

function query() {
  const asked = {};
  for (const name of FIELDS) {
    const field = byId(`forecast-${name}`);
    const value = field.value.trim();
    if (value !== "" && (name === "h" || value !== (field.dataset.default ?? ""))) asked[name] = value;
  }
  return asked;
}

function heading(answer) {
  if (answer.series) return `Forecasts of ${count(answer.series.length, "series", "series")}`;
  return `${answer.columns ? `${answer.columns.y}: ` : ""}${called(answer.model)}`;
}

function used(answer) {
  if (answer.series) return `${count(answer.rows, "value")}; ${count(answer.refused, "series", "series")} could not be forecast.`;
  return `${count(answer.rows, "value")}, from ${answer.first} to ${answer.last}.`;
}

function called({ name }) {
  return { average: "an average of forms", constant: "a constant" }[name] ?? name;
}

function parts(answer) {
  const told = `History and forecast with its intervals; under them, for each step and level, whether it stands on a real value.`;
  return [
    picture("Picture", `${answer.url}.svg`, told),
    steps(answer),
    ...answer.differences.applied.length ? [stack(answer)] : [],
    made(answer),
    ...answer.model.parts.length > 1 ? [forms(answer.model)] : coefficients(answer.model),
    ...answer.backtest ? [backtest(answer.backtest)] : [],
  ];
}

export function steps({ forecast: rows }) {
  const levels = Object.keys(rows[0].lo);
  const decimals = decimalsFor(rows.map((row) => row.se), 3);
  const shown = (value) => number(value, fixed(value, decimals));
  const adjusted = rows.some((row) => row.mean !== row.median);
  const heads = ["Step", "Forecast", ...adjusted ? ["Mean"] : [], ...levels.flatMap((level) => [`${level} % from`, "to"]), "Depth"];
  const body = rows.map((row) => [
    String(row.ds), shown(row.median), ...adjusted ? [shown(row.mean)] : [],
    ...levels.flatMap((level) => [shown(row.lo[level]), shown(row.hi[level])]), number(row.stack.depth, String(row.stack.depth)),
  ]);
  return copied("Forecast", rows.map(({ stack: { depth, all_real }, lo, hi, ...row }) => ({ ...row, ...flat("lo", lo), ...flat("hi", hi), depth, all_real })),
    table("steps", heads, body));
}

function flat(side, bounds) {
  return Object.fromEntries(Object.entries(bounds).map(([level, value]) => [`${side}_${level}`, value]));
}

// A row for each step, a cell for each level: what the step stands on there, shaded where that is itself a forecast.
function stack({ forecast: rows }) {
  const levels = rows[0].stack.levels;
  const heads = ["Step", ...levels.map(({ of, lag }) => `${of}, ${lag} earlier`), "Inflation"];
  const cell = ({ anchor, real, depth }) => element("td", { class: real ? "real" : "stands", title: real ? "a real value" : "a forecast" },
    real ? `${anchor}` : `${anchor} · ${depth} deep`);
  const body = rows.slice(0, SHOWN).map((row) => element("tr", {}, element("th", { scope: "row" }, String(row.ds)), ...row.stack.levels.map(cell),
    element("td", { class: "number" }, fixed(row.stack.inflation, 2))));
  return element("div", {}, element("h3", {}, "What each step stands on"),
    element("p", { class: "hint" }, "Undoing a difference adds the value one lag earlier. Shaded ones are forecasts themselves. Inflation is what the undoing costs: the error in y over the error in the differenced series."),
    scrolling("What each step stands on", element("table", { class: "stack" },
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...body))));
}

function made({ model, differences, intervals, season, frequency }) {
  return facts("How it was made", [
    ["Model", model.name, called(model)],
    ["Chosen by", model.chosen_by, model.chosen_by],
    ["Differences", differences.applied.join(", ") || "none", differences.applied.join(", ") || "none"],
    ["Because", differences.chosen_by, differences.chosen_by],
    ["Season", season, season === 1 ? "none" : `${season}${frequency ? ` (${frequency})` : ""}`],
    ["Intervals", intervals.multiplier, widened(intervals)],
    ["σ²", model.sigma2, significant(model.sigma2)],
    ["Log-likelihood", model.log_lik, significant(model.log_lik, 5)],
    ["AICc", model.aicc, significant(model.aicc, 5)],
  ]);
}

function widened({ method, multiplier, last_multiplier: last, df }) {
  if (df == null) return method;
  const [first, further] = [multiplier, last].map((each) => fixed(each, 2));
  return `${method}: ${first === further ? first : `${first} to ${further}`} × the model’s own, Student’s t with ${df} df`;
}

function forms(model) {
  const body = model.parts.map((part) => [part.name, part.transform, part.differences.join(", ") || "none", number(part.weight, fixed(part.weight, 3))]);
  return copied("Forms and their weights", model.parts, table("random", ["Form", "Scale", "Differences", "Weight"], body));
}

function coefficients({ coefficients: found, std_errors: errors }) {
  const rows = Object.entries(found).map(([term, estimate]) => ({ term, estimate, std_error: errors[term] ?? null }));
  if (!rows.length) return [];
  const body = rows.map((row) => [row.term, number(row.estimate, significant(row.estimate)), number(row.std_error, significant(row.std_error))]);
  return [copied("Coefficients", rows, table("random", ["Term", "Estimate", "Std. error"], body))];
}

function backtest(found) {
  const covered = Object.entries(found.coverage).map(([level, share]) => [`Inside ${level} %`, share, `${Math.round(100 * share)} %`]);
  return facts(`Backtest from ${count(found.origins, "earlier origin")}`, [
    ["MASE", found.mase, significant(found.mase, 3)],
    ["sMAPE", found.smape, `${significant(found.smape, 3)} %`],
    ["OWA, 1 is Naive2", found.owa, significant(found.owa, 3)],
    ["MSIS", found.msis, significant(found.msis, 3)],
    ["CRPS", found.crps, significant(found.crps, 3)],
    ...covered,
  ]);
}

function partsOfMany(answer) {
  const told = "A panel for each of the first series: history, forecast and its intervals.";
  return [...answer.refused < answer.series.length ? [picture("Picture", `${answer.url}.svg`, told)] : [], many(answer)];
}

function many({ series }) {
  const heads = ["Series", "Values", "Model", "First", "Last", "Depth"];
  const body = series.slice(0, LINES).map((one) => {
    if (one.error) return [one.unique_id, "", one.error.detail, "", "", ""];
    const [first, last] = [one.forecast[0], one.forecast.at(-1)];
    const shown = (row) => number(row.median, `${significant(row.median)} (${row.ds})`);
    return [one.unique_id, number(one.rows, String(one.rows)), called(one.model), shown(first), shown(last), number(last.stack.depth, String(last.stack.depth))];
  });
  const rows = series.flatMap((one) => (one.error ? [] : one.forecast.map(({ h, ds, median, mean, se }) => ({ unique_id: one.unique_id, h, ds, median, mean, se }))));
  const title = series.length > LINES ? `The first ${LINES} of ${series.length} series` : "Series";
  return copied(title, rows.length ? rows : [{ unique_id: "" }], table("steps many", heads, body));
}
