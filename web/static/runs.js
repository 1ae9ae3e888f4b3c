// The shelf of runs: what each refit decided, with the figures, newest first; all of them or those of one model.

import * as api from "./api.js";
import { badge } from "./badge.js";
import { element, scrolling } from "./element.js";
import { action, choices, labelled } from "./form.js";
import { refusal } from "./formula.js";
import { called, measured, written } from "./metrics.js";
import { percent, significant } from "./numbers.js";
import { shelf } from "./shelf.js";
import { number, table } from "./tables.js";
import { ago } from "./times.js";

const PAGE = 50;
const STATES = {
  promoted: "The new fit answers from then on",
  kept: "The version that answered was kept",
  unchanged: "The data were those of a version that is there",
  failed: "There was no new fit",
  queued: "A worker will do it",
};

export const open = shelf("runs", async (model) => {
  const [{ models }, first] = await Promise.all([api.get("/models"), page(model)]);
  return [filter(models.map(({ name }) => name), model), listed(first, model)];
});

function page(model, before = null) {
  return api.get(`/runs?${new URLSearchParams({ limit: PAGE, ...model ? { model } : {}, ...before === null ? {} : { before } })}`);
}

function filter(names, model) {
  const known = model && !names.includes(model) ? [...names, model] : names;
  const select = choices("model", [["", "all models"], ...known.map((name) => [name, name])]);
  select.value = model;
  select.addEventListener("change", () => { location.hash = select.value ? `#runs/${select.value}` : "#runs"; });
  return element("div", { class: "filter" }, labelled("Runs of", select));
}

function listed(first, model) {
  if (!first.runs.length) return element("p", { class: "empty" }, "No run yet. One comes each night, and with each refit that is asked for.");
  const list = element("ol", { class: "runs" }, ...first.runs.map(run));
  const more = element("div", {});
  const offer = (next) => more.replaceChildren(...next === null ? [] : [action("Earlier runs", async () => {
    const found = await page(model, next);
    list.append(...found.runs.map(run));
    offer(found.next);
  })]);
  offer(first.next);
  return element("div", {}, list, more);
}

function run(told) {
  return element("li", {},
    element("div", { class: "run-head" }, element("a", { href: `#models/${told.model}` }, told.model), badge(told.state, STATES[told.state])),
    element("div", { class: "run-when hint" }, ...told.version === null ? [] : [`version ${told.version}, `], ago(told.finished_at ?? told.created_at),
      told.trigger === "night" ? `, the night of ${told.date}` : ", asked for"),
    element("div", { class: "run-reason" }, ...refusal(told.reason ?? "Not decided yet.")),
    ...figures(told));
}

function figures({ figures: { challenger, champion, comparison, drift } }) {
  const metrics = measured(null, challenger);
  if (!metrics.length) return [];
  const rows = metrics.map(([name, value]) => [called(name), number(value, written(value)), before(champion?.[name])]);
  if (comparison) rows.unshift(["Mean loss, decided by", number(comparison.challenger, written(comparison.challenger)), before(comparison.champion)]);
  return [element("details", {}, element("summary", {}, "The figures"),
    scrolling("Figures", table("figures", ["", "New fit", "The one before"], rows)),
    ...comparison ? [element("p", { class: "hint" }, guard(comparison))] : [],
    ...drift ? [element("p", { class: "hint" }, drifted(drift))] : [])];
}

function before(value) {
  return value === undefined ? "" : number(value, written(value));
}

function guard({ rows, tolerance, confidence }) {
  const lets = tolerance === undefined ? "" : `; the guard lets the loss grow by ${percent(tolerance)}, at a confidence of ${percent(confidence)}`;
  return `Judged on ${rows} rows that neither fit has seen${lets}.`;
}

function drifted({ since, columns }) {
  const list = Object.entries(columns ?? {}).map(([name, psi]) => `${name} ${significant(psi, 2)}`).join(", ");
  return `Drift of the data since version ${since}, PSI: ${list || "none told"}.`;
}
