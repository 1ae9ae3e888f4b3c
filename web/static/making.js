// The form that makes a model: a name, a kind with its question, a dataset, when it is fitted anew.

import * as api from "./api.js";
import { confirmed } from "./confirm.js";
import { element } from "./element.js";
import { choices, form, labelled, ticked, wanting } from "./form.js";
import { hint } from "./formula.js";
import { mixed } from "./mixed.js";
import { regression } from "./regression.js";
import { lead } from "./shelf.js";

const KINDS = [["regress", "Regression"], ["mixed", "Mixed model"], ["forecast", "Forecast"], ["fraud", "Fraud detector"]];
export const REFITS = [["nightly", "every night"], ["weekly", "every week"], ["manual", "when it is asked for"]];
const TIMES = /^(ds|t|time|date|day|week|month|quarter|year|timestamp)$/i;

export function making(models, datasets) {
  const text = (name, more = {}) => element("input", { name, spellcheck: "false", autocapitalize: "off", autocomplete: "off", ...more });
  const fields = {
    name: text("name", { maxlength: "63", placeholder: "sales_by_price" }),
    dataset: element("select", { name: "dataset" }, ...grouped("Of this site", datasets.filter((each) => !each.sample)), ...grouped("Samples", datasets.filter((each) => each.sample))),
    kind: choices("kind", KINDS),
    formula: text("formula", { class: "code" }),
    y: choices("y", []),
    ds: choices("ds", []),
    h: element("input", { name: "h", type: "number", min: "1", max: "1000", value: "12", inputmode: "numeric" }),
    columns: text("columns", { class: "code" }),
    label: choices("label", []),
    more: element("textarea", { name: "spec", rows: "2", class: "code", spellcheck: "false", placeholder: '{"level": 0.9}' }),
    refit: choices("refit", REFITS),
    holdout: element("input", { name: "holdout", type: "number", min: "0", max: "0.5", step: "0.05", value: "0.2", inputmode: "decimal" }),
    public: element("input", { name: "public", type: "checkbox" }),
  };
  const formula = labelled("Formula", fields.formula, " ");
  const parts = {
    regress: [formula], mixed: [formula],
    forecast: [labelled("Values", fields.y), labelled("Time", fields.ds), labelled("Steps ahead", fields.h)],
    fraud: [labelled("Columns to judge by", fields.columns, "Numbers, with commas between."), labelled("Label, where there is one", fields.label)],
  };
  const question = element("div", { class: "question" });
  const columns = () => datasets.find((each) => each.name === fields.dataset.value)?.columns ?? [];
  const check = () => { formula.querySelector(".hint").textContent = hint(fields.formula.value, columns()); };
  const draw = () => { question.replaceChildren(...parts[fields.kind.value]); offer(fields, columns()); check(); };
  for (const field of [fields.dataset, fields.kind]) field.addEventListener("change", draw);
  fields.formula.addEventListener("input", check);
  draw();
  return form("make-model", "Make and fit it", () => make(fields, models), element("h2", {}, "Make a model"), labelled("Name", fields.name),
    element("div", { class: "pair" }, labelled("Dataset", fields.dataset), labelled("Kind", fields.kind)),
    question,
    element("div", { class: "pair" }, labelled("Fitted anew", fields.refit), labelled("Share held back", fields.holdout)),
    element("details", {}, element("summary", {}, "More options"),
      labelled("Other fields of the question, as JSON", fields.more),
      ticked("Pages with a publishable key may ask it for predictions", fields.public)));
}

function grouped(label, datasets) {
  return datasets.length ? [element("optgroup", { label }, ...datasets.map(({ name }) => element("option", { value: name }, name)))] : [];
}

// What the dataset's columns let one ask.
function offer(fields, columns) {
  const all = columns.map((column) => column.name);
  const numbers = columns.filter((column) => column.type === "number").map((column) => column.name);
  const time = all.find((name) => TIMES.test(name)) ?? "";
  const suggested = (fields.kind.value === "mixed" ? mixed : regression).suggestions(columns);
  fields.formula.placeholder = suggested[0] ?? "y ~ x";
  options(fields.y, numbers, null, numbers.find((name) => name !== time));
  options(fields.ds, all, "none: 1, 2, 3, …", time);
  options(fields.label, numbers, "none", numbers.find((name) => /^(class|fraud|is_fraud|label)$/i.test(name)) ?? "");
  fields.columns.placeholder = numbers.filter((name) => name !== fields.label.value).join(", ");
}

function options(select, names, none, chosen) {
  const option = (value, text) => element("option", { value }, text);
  select.replaceChildren(...none === null ? [] : [option("", none)], ...names.map((name) => option(name, name)));
  select.value = chosen ?? select.options[0]?.value ?? "";
}

async function make(fields, models) {
  const name = fields.name.value.trim();
  if (!name) throw wanting("Give it a name: a letter, then letters, digits, _ and -.", fields.name);
  const asked = {
    kind: fields.kind.value, spec: { ...SPECS[fields.kind.value](fields), ...others(fields.more) }, dataset: fields.dataset.value,
    refit: fields.refit.value, holdout: Number(fields.holdout.value), public: fields.public.checked,
  };
  const told = "The model of this name will answer another question. Its versions are kept, and judged no more against new ones.";
  if (models.some((model) => model.name === name) && !(await confirmed(`Change ${name}?`, told, "Change it"))) return "";
  await api.put(`/models/${encodeURIComponent(name)}`, asked);
  await api.post(`/models/${encodeURIComponent(name)}/refit`);
  lead(`#models/${name}`);
  return "";
}

const SPECS = { regress: byFormula, mixed: byFormula, forecast: bySteps, fraud: byColumns };

function byFormula({ formula }) {
  if (!formula.value.trim()) throw wanting(`Write a formula, such as ${formula.placeholder}`, formula);
  return { formula: formula.value.trim() };
}

function bySteps({ y, ds, h }) {
  return { y: y.value, ...ds.value ? { ds: ds.value } : {}, h: Number(h.value) };
}

function byColumns({ columns, label }) {
  const names = (columns.value.trim() || columns.placeholder).split(",").map((name) => name.trim()).filter(Boolean);
  return { columns: names, ...label.value ? { label: label.value } : {} };
}

function others(field) {
  if (!field.value.trim()) return {};
  try {
    return Object.fromEntries(Object.entries(JSON.parse(field.value)));
  } catch {
    throw wanting("The other fields must be a JSON object.", field);
  }
}
