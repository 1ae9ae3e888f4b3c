// The form that changes how a model is kept: when it is fitted anew, when a new fit is worse, who may ask. Its question stays.

import * as api from "./api.js";
import { element } from "./element.js";
import { choices, form, labelled, ticked } from "./form.js";
import { REFITS } from "./making.js";
import { say } from "./said.js";
import { lead } from "./shelf.js";

export function changing(model) {
  const number = (name, value, bounds) => element("input", { name, type: "number", value: String(value), inputmode: "decimal", ...bounds });
  const fields = {
    refit: choices("refit", REFITS),
    tolerance: number("tolerance", model.guard.tolerance, { min: "0", max: "10", step: "0.01" }),
    confidence: number("confidence", model.guard.confidence, { min: "0.5", max: "0.9999", step: "0.01" }),
    public: element("input", { name: "public", type: "checkbox", checked: model.public }),
  };
  fields.refit.value = model.refit;
  return element("details", { class: "change" }, element("summary", {}, element("h3", {}, "Settings")),
    form("change-model", "Keep these settings", () => change(model, fields),
      labelled("Fitted anew", fields.refit),
      element("div", { class: "pair" },
        labelled("Loss may grow by", fields.tolerance, "A share: 0.02 is 2 %."),
        labelled("Confidence that it did", fields.confidence, "0.5 looks at the means alone.")),
      ticked("Pages with a publishable key may ask it for predictions", fields.public)));
}

async function change({ name, kind, spec, dataset, holdout }, fields) {
  const guard = { tolerance: Number(fields.tolerance.value), confidence: Number(fields.confidence.value) };
  const asked = { kind, spec, dataset, holdout, refit: fields.refit.value, guard, public: fields.public.checked };
  await api.put(`/models/${encodeURIComponent(name)}`, asked);
  lead(`#models/${name}`);
  say(`${name}: the settings are kept.`);
  return "";
}
