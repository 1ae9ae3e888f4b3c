// The tab of /mixed: sleepstudy ready to run, what it suggests, and what it shows of an answer.

import { quoted } from "./names.js";
import { count, fixed, grouped, significant } from "./numbers.js";
import { picture } from "./picture.js";
import { copied, estimates, facts, number, table } from "./tables.js";

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
  parts: (answer) => [fixedEffects(answer), randomEffects(answer), fit(answer), ...pictures(answer)],
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
    ...LOOPS.includes(answer.method) ? [drawn("Steps of the loop", "trace", "Each variance and the criterion, step by step, and where they end.")] : [],
  ];
}
