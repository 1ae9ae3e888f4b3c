// The tab of /regress: what it suggests, and what it shows of an answer.

import { quoted } from "./names.js";
import { count, probability, significant } from "./numbers.js";
import { picture } from "./picture.js";
import { estimates, facts } from "./tables.js";

export const regression = {
  name: "regression",
  title: "Regression",
  path: "/regress",
  rows: "coefficients",
  views: [],
  start: { sample: "", formula: "" },
  options: [],
  suggestions,
  parts: (answer) => [estimates("Coefficients", answer.coefficients, answer.level), fit(answer), drawn(answer)],
  done: (answer) => `Done: ${count(answer.coefficients.length, "coefficient")}.`,
};

function suggestions(columns) {
  const numbers = columns.filter((column) => column.type === "number").map((column) => quoted(column.name));
  const groups = columns.filter((column) => column.type !== "number" && column.distinct !== 1).map((column) => quoted(column.name));
  const [y, first, second] = numbers;
  if (!y) return [];
  const found = [];
  if (second) found.push(`${y} ~ ${first} + ${second}`);
  if (first) found.push(`${y} ~ ${first}`);
  if (first && groups.length) found.push(`${y} ~ ${first} * ${groups[0]}`);
  if (!first && groups.length) found.push(`${y} ~ ${groups[0]}`);
  return found;
}

function fit({ fit: found }) {
  return facts("Fit", [
    ["R²", found.r_squared, significant(found.r_squared)],
    ["Adjusted R²", found.adj_r_squared, significant(found.adj_r_squared)],
    ["Residual std. error", found.sigma, `${significant(found.sigma)} on ${found.df_residual} df`],
    ["F", found.statistic, `${significant(found.statistic)} on ${found.df}, ${found.df_residual} df`],
    ["p of F", found.p_value, probability(found.p_value)],
    ["Log-likelihood", found.log_lik, significant(found.log_lik, 5)],
    ["AIC", found.aic, significant(found.aic, 5)],
    ["BIC", found.bic, significant(found.bic, 5)],
  ]);
}

function drawn(answer) {
  const told = `Left, what was observed against what ${answer.formula} fits; right, the residuals against the fitted values.`;
  return picture("Picture", `${answer.url}.svg`, told, { height: "360" });
}
