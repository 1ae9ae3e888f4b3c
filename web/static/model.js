// One model: how it is, its nights as a chart, its versions, what it predicts, how far its data have drifted.

import * as api from "./api.js";
import { badge } from "./badge.js";
import { cardOf } from "./card.js";
import { changing } from "./changing.js";
import { deleting } from "./deleting.js";
import { driftOf } from "./drift.js";
import { element } from "./element.js";
import { called, holdout, measured, written } from "./metrics.js";
import { nights } from "./nights.js";
import { count, significant } from "./numbers.js";
import { predicting } from "./predicting.js";
import { refitting } from "./refitting.js";
import { back } from "./shelf.js";
import { estimates, facts } from "./tables.js";
import { ago } from "./times.js";
import { versionsOf } from "./versions.js";

const NIGHTS = 60; // two months of nights are read by eye
const LOST = "Its versions and runs are lost, and it answers no more. Its dataset stays.";

export async function oneModel(name) {
  const path = `/models/${encodeURIComponent(name)}`;
  const [model, { runs }, { versions }] = await Promise.all([
    api.get(path), api.get(`/runs?${new URLSearchParams({ model: name, limit: NIGHTS })}`), api.get(`${path}/versions`)]);
  return [
    back("models", "All models"),
    head(model, runs),
    element("div", { class: "split even" },
      element("div", {}, state(model), ...runs.length ? [nights(model.kind, runs)] : []),
      element("div", {}, ...model.live ? [...says(model.live), predicting(model)] : [unfitted()])),
    ...cardOf(model),
    ...versions.length ? [versionsOf(model, versions)] : [],
    ...model.live ? [driftOf(model)] : [],
    element("div", { class: "end" }, changing(model), deleting("model", model.name, LOST)),
  ];
}

function head(model, runs) {
  const states = [...model.stale ? [badge("stale", "Its last refit is too long ago")] : [], ...model.public ? [badge("public", "Publishable keys may ask it")] : []];
  return element("div", { class: "named" },
    element("h2", {}, model.name, ...states.flatMap((each) => [" ", each])),
    element("p", { class: "used" }, asked(model), " of ", element("a", { href: `#datasets/${model.dataset}` }, model.dataset), `, fitted ${WHEN[model.refit]}. `,
      element("a", { href: `#runs/${model.name}` }, "Its runs")),
    refitting(model, runs));
}

const WHEN = { nightly: "every night", weekly: "every week", manual: "when it is asked for" };

function asked({ kind, spec }) {
  const question = spec.formula ?? (kind === "forecast" ? `the next ${spec.h ?? "steps"} of ${spec.y}` : `${spec.columns?.length ?? ""} columns`);
  return element("span", {}, `${kind}: `, element("code", {}, question));
}

function unfitted() {
  return element("p", { class: "empty" }, "There is no version yet: fit it, and what it says and predicts will stand here.");
}

function state(model) {
  const metrics = measured(model.kind, model.live?.metrics);
  const drift = model.drift?.verdict && (model.drift.worst ? `${model.drift.verdict}: ${model.drift.worst}, ${significant(model.drift.psi, 3)}` : model.drift.verdict);
  return facts(model.live ? `Version ${model.live.number}` : "No version", [
    ["Fitted", model.fitted_at, model.fitted_at && ago(model.fitted_at, model.age_seconds)],
    ["Found up to date", model.checked_at, model.checked_at && ago(model.checked_at)],
    ["Rows", model.live?.rows, count(model.live?.rows ?? 0, "row")],
    ["Drift since", model.drift?.verdict, drift],
    ...metrics.slice(0, 4).map(([name, value]) => [called(name), value, written(value)]),
    ["Judged", model.live?.metrics.rows, holdout(model.live?.metrics)],
  ]);
}

function says({ summary }) {
  const rows = summary.coefficients ?? summary.fixed;
  return rows ? [estimates(summary.fixed ? "Fixed effects" : "Coefficients", rows, summary.level)] : [];
}
