// The versions of a model that are kept, and which of them answers: any of them can be made to.

import * as api from "./api.js";
import { badge } from "./badge.js";
import { element, scrolling } from "./element.js";
import { action } from "./form.js";
import { called, measured, written } from "./metrics.js";
import { grouped } from "./numbers.js";
import { say } from "./said.js";
import { lead } from "./shelf.js";
import { number, table } from "./tables.js";
import { ago } from "./times.js";

const SHOWN = 3; // metrics beside each other

export function versionsOf(model, versions) {
  const names = measured(model.kind, versions[0].metrics).slice(0, SHOWN).map(([name]) => name);
  const heads = ["Version", "State", "Fitted", "Rows", ...names.map(called), "Data", ""];
  const rows = versions.map((version) => [
    String(version.number), state(version), ago(version.fitted_at), number(version.rows, grouped(version.rows)),
    ...names.map((name) => number(version.metrics[name] ?? null, written(version.metrics[name]))),
    element("code", { title: `Fingerprint of the data: ${version.fingerprint}` }, version.fingerprint.slice(0, 8)),
    version.live ? "" : action("Let it answer", () => rollback(model, version))]);
  return element("div", {}, element("h3", {}, "Versions"), scrolling("Versions", table("versions", heads, rows)));
}

function state({ live, promoted }) {
  if (live) return badge("live", "This version answers");
  return promoted ? badge("promoted", "It has answered", "plain") : badge("not promoted", "It was found worse, and has not answered");
}

async function rollback(model, { number: version }) {
  await api.post(`/models/${encodeURIComponent(model.name)}/rollback`, { version });
  lead(`#models/${model.name}`);
  say(`Version ${version} of ${model.name} answers now.`);
  return "";
}
