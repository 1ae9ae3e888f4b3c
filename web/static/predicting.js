// What a model predicts: for rows that are pasted, or so many steps ahead.

import * as api from "./api.js";
import { element } from "./element.js";
import { steps } from "./forecast.js";
import { form, labelled, wanting } from "./form.js";
import { brief, count } from "./numbers.js";
import { pasted } from "./pasted.js";
import { copied, number, table } from "./tables.js";

const SHOWN = 200; // rows; the copy has all

export function predicting(model) {
  const place = element("div", { "aria-live": "polite" });
  const question = model.kind === "forecast" ? ahead(model) : rows(model);
  const asking = form("predict", "Predict", async () => {
    const answer = await api.post(`/models/${encodeURIComponent(model.name)}/predict`, question.asked());
    const found = answer.predictions ?? answer.results;
    place.replaceChildren(...warnings(answer.warnings ?? []), question.shown(found));
    return `${count(found.length, question.noun)}, by version ${answer.version}.`;
  }, element("h3", {}, "Predict"), question.whole);
  return element("div", { class: "predict" }, asking, place);
}

function ahead({ spec }) {
  const field = element("input", { name: "h", type: "number", min: "1", max: String(spec.h ?? 1000), value: String(spec.h ?? 12), inputmode: "numeric" });
  return { whole: labelled("Steps ahead", field, spec.h ? `It was fitted for ${spec.h}.` : null), noun: "step", shown: (found) => steps({ forecast: found }), asked: () => ({ h: Number(field.value) }) };
}

function rows({ spec }) {
  const csv = pasted("Rows, as CSV with names in the first row", { rows: 4, placeholder: spec.formula ? `${predictors(spec.formula)}\n…` : (spec.columns ?? []).join(",") });
  return {
    whole: csv.whole,
    noun: "row",
    shown,
    asked() {
      if (csv.value() === "") throw wanting("Paste rows to predict, or choose a file.", csv.field());
      return csv.value();
    },
  };
}

// A sketch of the names that rows need: those right of the tilde.
function predictors(formula) {
  const names = formula.split("~")[1]?.match(/[\p{L}.][\p{L}\p{N}._]*(?!\s*\()/gu) ?? [];
  return [...new Set(names)].filter((name) => name !== ".").join(",");
}

function warnings(list) {
  return list.length ? [element("ul", { class: "warnings", "aria-label": "Warnings" }, ...list.map(({ detail }) => element("li", {}, detail)))] : [];
}

function shown(found) {
  const flat = found.map(flattened);
  const names = Object.keys(flat[0] ?? {});
  const body = flat.slice(0, SHOWN).map((row, at) => [String(at + 1), ...names.map((name) => cell(row[name]))]);
  return copied("Predictions", flat, table("coefficients", ["Row", ...names], body));
}

// {a: {b: 1}} → {"a b": 1}; lists and what lies deeper become text.
function flattened(row) {
  const inner = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  return Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (
    inner(value) ? Object.entries(value).map(([key, each]) => [`${name} ${key}`, plain(each)]) : [[name, plain(value)]])));
}

function plain(value) {
  if (Array.isArray(value)) return value.map((each) => each?.column ?? plain(each)).join(", "); // a reason is told by its column
  return value !== null && typeof value === "object" ? JSON.stringify(value) : value;
}

function cell(value) {
  if (value === null) return "—";
  return typeof value === "number" ? number(value, brief(value)) : String(value);
}
