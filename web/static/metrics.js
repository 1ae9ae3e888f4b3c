// The figures that a fit is judged by: what they are called, and which of a kind's is told first.

import { count, percent, significant } from "./numbers.js";

const NAMES = {
  rmse: "RMSE", mae: "MAE", r_squared: "R²", coverage: "Coverage", loss: "Mean loss", mase: "MASE", smape: "sMAPE", crps: "CRPS",
  average_precision: "Average precision", roc_auc: "ROC AUC",
};
const FIRST = { regress: "rmse", mixed: "rmse", forecast: "mase", fraud: "average_precision" };
const SIZES = ["rows", "frauds"]; // of the holdout: how many, not how well

export function called(metric) {
  const level = /^coverage_(.+)$/.exec(metric);
  if (level) return `Coverage of ${percent(Number(level[1]) / 100)}`;
  const alerts = /^recall_at_(.+)$/.exec(metric);
  if (alerts) return `Recall at ${percent(Number(alerts[1]))} alerts`;
  const words = metric.replaceAll("_", " ");
  return NAMES[metric] ?? words[0].toUpperCase() + words.slice(1);
}

// The metrics that are numbers, [name, value], the kind's first one first.
export function measured(kind, metrics) {
  const found = Object.entries(metrics ?? {}).filter(([name, value]) => typeof value === "number" && !SIZES.includes(name));
  return found.sort(([one], [other]) => (other === FIRST[kind]) - (one === FIRST[kind]));
}

export function written(value) {
  return significant(value);
}

export function holdout(metrics) {
  return metrics?.rows ? `on ${count(metrics.rows, "row")} held back` : "";
}
