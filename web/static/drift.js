// How far the data of a model are now from those that its version was fitted to: a bar and a verdict for each column.

import * as api from "./api.js";
import { badge } from "./badge.js";
import { mark } from "./chart.js";
import { element, scrolling } from "./element.js";
import { told } from "./form.js";
import { count, grouped, percent, significant } from "./numbers.js";
import { number, table } from "./tables.js";

const MOST = 0.5; // of the index: what fills the bar; over 0.25 is called large
const ABOUT = "The population stability index of each column: under 0.1 is stable, over 0.25 large. Chance alone stays under the value beside it 99 times in 100.";

// It reads all rows, so it is asked for when somebody looks.
export function driftOf(model) {
  const place = element("div", { "aria-live": "polite" });
  const look = async () => {
    if (!whole.open || place.childElementCount) return;
    try {
      place.replaceChildren(...shown(await api.get(`/models/${encodeURIComponent(model.name)}/drift`)));
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      place.replaceChildren(element("p", { class: "fault" }, told(problem)));
    }
  };
  const whole = element("details", { class: "drift", open: true, toggle: look }, element("summary", {}, element("h3", {}, "Drift")), element("p", { class: "hint" }, ABOUT), place);
  return whole;
}

function shown(answer) {
  const rows = [...answer.columns, ...answer.score ? [{ column: "what it predicts", ...answer.score }] : []];
  const body = rows.map((row) => [row.column, number(row.psi, significant(row.psi, 3)), bar(row.psi, row.chance), number(row.chance, significant(row.chance, 3)),
    badge(row.verdict), bins(row)]);
  const missing = answer.missing_columns.length ? [element("p", { class: "warnings" }, `The data lack ${answer.missing_columns.join(", ")}.`)] : [];
  return [
    element("p", { class: "used" }, `${count(answer.rows, "row")} now, ${grouped(answer.rows_before)} when version ${answer.version} was fitted.`),
    ...missing,
    scrolling("Drift", table("drifts", ["Column", "PSI", "0 to 0.5", "Chance", "Verdict", "Bins"], body)),
  ];
}

function bar(psi, chance) {
  const width = (value) => 100 * Math.min(1, value / MOST);
  return mark("svg", { viewBox: "0 0 100 12", width: "120", height: "12", class: "psi", "aria-hidden": "true" },
    mark("rect", { width: "100", height: "12", class: "psi-ground" }),
    mark("rect", { width: width(psi), height: "12", class: psi > chance ? "psi-over" : "psi-bar" }),
    mark("line", { x1: width(chance), x2: width(chance), y1: "0", y2: "12", class: "psi-chance" }));
}

function bins({ bins: list }) {
  const rows = list.map(({ bin, before, now }) => [bin, number(before, percent(round(before))), number(now, percent(round(now)))]);
  return element("details", {}, element("summary", {}, String(list.length)), table("bins", ["Values", "Before", "Now"], rows));
}

function round(share) {
  return Math.round(share * 1000) / 1000;
}
