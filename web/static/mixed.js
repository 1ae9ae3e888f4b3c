// The tab of /mixed: sleepstudy ready to run, what it suggests, and what it shows of an answer.

import { parse } from "./csv.js";
import { byId } from "./element.js";
import { quoted } from "./names.js";
import { count, decimalsFor, fixed, grouped, percent, probability, significant } from "./numbers.js";
import { picture } from "./picture.js";
import { copied, estimates, facts, number, table } from "./tables.js";

const BESIDE = ["intervals", "f_tests", "anova", "predict", "variances"];
const LOOPS = ["mackay", "mackay_gamma", "em", "px_em"];

export const mixed = {
  name: "mixed",
  title: "Mixed model",
  path: "/mixed",
  rows: "fixed",
  views: ["lines", "trace"],
  start: { sample: "sleepstudy", formula: "Reaction ~ Days + (Days | Subject)" },
  options: ["method", "df", "family"],
  suggestions,
  more,
  field: (name) => (BESIDE.includes(name) ? shownField(name) : null),
  parts: (answer) => [fixedEffects(answer), randomEffects(answer), ...beside(answer), fit(answer), ...pictures(answer)],
  done: (answer) => `Done: ${count(answer.fixed.length, "fixed effect")}, ${count(answer.random.length, "random effect")}.`,
};

// Numbers may be names of groups: the last column is taken for them where no column holds text.
function suggestions(columns) {
  const numbers = columns.filter((column) => column.type === "number").map((column) => quoted(column.name));
  const texts = columns.filter((column) => column.type !== "number" && column.distinct !== 1).map((column) => quoted(column.name));
  const group = texts[0] ?? (numbers.length > 2 ? numbers.pop() : undefined);
  const [y, x] = numbers;
  if (!y || !group) return [];
  const found = x ? [`${y} ~ ${x} + (1 | ${group})`, `${y} ~ ${x} + (${x} | ${group})`] : [`${y} ~ 1 + (1 | ${group})`];
  if (texts.length > 1) found.push(`${y} ~ ${x ?? 1} + (1 | ${group}) + (1 | ${texts[1]})`);
  return found;
}

// What is asked for beside the fit, as fields of a query string: those with structure are JSON there.
function more() {
  const asked = {};
  for (const name of BESIDE) {
    const text = byId(`mixed-${name}`).value.trim();
    if (text) asked[name] = (WRITTEN[name] ?? String)(text);
  }
  return asked;
}

const WRITTEN = {
  anova: (text) => JSON.stringify(text.split("\n").map((line) => line.trim()).filter(Boolean)),
  predict: (text) => JSON.stringify(columnsOf(parse(text))),
};

function columnsOf([names, ...rows]) {
  return Object.fromEntries(names.map((name, at) => [name.trim(), typed(rows.map((row) => (row[at] ?? "").trim() || null))]));
}

function typed(values) {
  const numbers = values.map((value) => (value === null ? null : Number(value)));
  return numbers.every((value) => value === null || Number.isFinite(value)) ? numbers : values;
}

function shownField(name) {
  const field = byId(`mixed-${name}`);
  field.closest("details").open = true;
  return field;
}

function fixedEffects(answer) {
  return estimates("Fixed effects", answer.fixed, answer.level, { statistic: answer.family === "gaussian" ? "t" : "z", digits: 4 });
}

function randomEffects(answer) {
  const correlated = answer.random.some((row) => Object.keys(row.correlations).length);
  const rows = answer.random.map((row) => [row.group, row.term, ...spread(row), ...correlated ? [correlations(row)] : []]);
  if (answer.residual) rows.push(["Residual", "", ...spread(answer.residual), ...correlated ? [""] : []]);
  const heads = ["Group", "Term", "Std. dev.", "Variance", ...correlated ? ["Correlation"] : []];
  const all = answer.residual ? [...answer.random, { group: "Residual", term: "", ...answer.residual, correlations: {} }] : answer.random;
  return copied("Random effects", all, table("random", heads, rows));
}

function spread({ sd, variance }) {
  return [number(sd, significant(sd)), number(variance, significant(variance))];
}

function correlations(row) {
  return Object.entries(row.correlations).map(([term, value]) => `${fixed(value, 3)} with ${term}`).join(", ");
}

function beside(answer) {
  return [
    ...answer.intervals ? [intervals(answer)] : [],
    ...answer.f_tests?.length ? [termTests(answer)] : [],
    ...answer.anova ? [comparison(answer)] : [],
    ...answer.predictions ? [predictions(answer)] : [],
  ];
}

function intervals({ intervals: { method, rows }, level }) {
  const row = ({ term, ...ends }) => [term, ...[ends.estimate, ends.conf_low, ends.conf_high].map((value) => number(value, significant(value)))];
  const heads = ["Parameter", "Estimate", `${percent(level)} from`, "to"];
  return copied(`Intervals by ${method}`, rows, table("coefficients", heads, rows.map(row)));
}

function termTests({ f_tests: rows }) {
  const row = (test) => [test.term, number(test.num_df, String(test.num_df)), number(test.den_df, test.den_df === null ? "∞" : significant(test.den_df)),
    number(test.statistic, fixed(test.statistic, 3)), number(test.p_value, probability(test.p_value))];
  return copied("Tests of the terms, type III", rows, table("coefficients", ["Term", "df", "of", "F", "p"], rows.map(row)));
}

function comparison({ anova: rows }) {
  const optional = (value, shown) => (value === null ? "" : number(value, shown));
  const row = (model) => [model.formula, number(model.npar, String(model.npar)), number(model.aic, fixed(model.aic, 1)), number(model.bic, fixed(model.bic, 1)),
    number(model.deviance, fixed(model.deviance, 1)), optional(model.statistic, fixed(model.statistic, 3)), optional(model.df, String(model.df)),
    optional(model.p_value, probability(model.p_value))];
  const heads = ["Model", "Parameters", "AIC", "BIC", "Deviance", "χ²", "df", "p"];
  return copied("Comparison, by maximum likelihood", rows, table("coefficients", heads, rows.map(row)));
}

function predictions({ predictions: rows, level, family }) {
  const decimals = decimalsFor(rows.map((row) => row.std_error), 3);
  const names = ["fit", "std_error", "conf_low", "conf_high", ...family === "gaussian" ? ["pred_low", "pred_high"] : []];
  const heads = ["Row", "Fit", "Std. error", `${percent(level)} from`, "to", ...family === "gaussian" ? ["a new value from", "to"] : [], "New level of"];
  const row = (each, at) => [String(at + 1), ...names.map((name) => number(each[name], fixed(each[name], decimals))), each.new_levels.join(", ")];
  return copied("Predictions", rows, table("coefficients", heads, rows.map(row)));
}

function fit({ fit: found, method }) {
  return facts("Fit", [
    ["REML criterion", found.reml_criterion, significant(found.reml_criterion, 6)],
    ["Deviance", found.deviance, significant(found.deviance, 6)],
    ["Log-likelihood", found.log_lik, significant(found.log_lik, 5)],
    ["AIC", found.aic, significant(found.aic, 6)],
    ["BIC", found.bic, significant(found.bic, 6)],
    ["ICC", found.icc, significant(found.icc)],
    ["R², fixed effects", found.r_squared_marginal, significant(found.r_squared_marginal)],
    ["R², with random effects", found.r_squared_conditional, significant(found.r_squared_conditional)],
    ["Groups", JSON.stringify(found.groups), Object.entries(found.groups).map(([name, size]) => `${grouped(size)} ${name}`).join(", ")],
    ["Converged", found.converged, `${found.converged ? "yes" : "no"}, ${count(found.evaluations, LOOPS.includes(method) ? "step" : "evaluation")}`],
    ["Singular", found.singular, found.singular ? "yes: see the warning" : "no"],
  ]);
}

function pictures(answer) {
  const drawn = (title, view, told) => picture(title, `${answer.url}.svg?view=${view}`, told);
  const level = `${Number((100 * answer.level).toPrecision(6))} %`;
  return [
    drawn("Effects of the groups", "effects", `The conditional modes of every group with ${level} intervals, sorted, a panel for each term.`),
    drawn("Groups and their fits", "lines", `What was observed and what ${answer.formula} fits, a panel for each group.`),
    ...answer.intervals?.method === "profile" ? [drawn("Profiles", "profile", "Zeta over each parameter, with the ends of its interval.")] : [],
    ...LOOPS.includes(answer.method) ? [drawn("Steps of the loop", "trace", "Each variance and the criterion, step by step, and where they end.")] : [],
  ];
}
