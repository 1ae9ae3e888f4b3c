// The shelf of models: which there are and how they do, a form that makes one more; and by its name one model (model.js).

import * as api from "./api.js";
import { badge } from "./badge.js";
import { element, scrolling } from "./element.js";
import { making } from "./making.js";
import { called, measured, written } from "./metrics.js";
import { oneModel } from "./model.js";
import { shelf } from "./shelf.js";
import { number, table } from "./tables.js";
import { ago } from "./times.js";

const HEADS = ["Name", "Version", "Fitted", "Judged by", "Kind", "Dataset", "Refit"];

export const open = shelf("models", (name) => (name ? oneModel(name) : all()));

async function all() {
  const [{ models }, { datasets }] = await Promise.all([api.get("/models"), api.get("/datasets")]);
  const list = models.length ? scrolling("Models", table("kept-list", HEADS, models.map(row))) : nothing();
  return [element("div", { class: "split" }, element("div", {}, element("h2", {}, "Of this site"), list), making(models, datasets))];
}

function nothing() {
  return element("p", { class: "empty" }, "This site has no model yet. Say what one shall be, and it is fitted at once.");
}

function row(model) {
  const states = [...model.stale ? [" ", badge("stale", "Its last refit is too long ago")] : [], ...model.public ? [" ", badge("public")] : []];
  return [
    element("span", {}, element("a", { href: `#models/${model.name}` }, model.name), ...states),
    number(model.version, model.version === null ? "—" : String(model.version)),
    model.fitted_at === null ? "not yet" : ago(model.fitted_at, model.age_seconds),
    metric(model), model.kind, model.dataset, model.refit];
}

function metric(model) {
  const [first] = measured(model.kind, model.metrics);
  return first ? `${called(first[0])} ${written(first[1])}` : "—";
}
