// The page at /: a table, a formula, one button, an answer.

import * as api from "./api.js";
import { showColumns } from "./columns.js";
import { byId, element } from "./element.js";
import { hint, insertInto, markOf, showPlace, showRefusal, showSuggestions, suggestions } from "./formula.js";
import { showResult } from "./result.js";
import { source } from "./source.js";

let columns = [];
let fitting = false;

const table = source(useTable, showProblem);
byId("key").value = api.key();
byId("formula").addEventListener("input", () => { clearFaults(); showHint(); });
byId("key").addEventListener("change", () => { api.setKey(byId("key").value.trim()); fillSamples(); });
byId("ask").addEventListener("submit", (event) => { event.preventDefault(); fit(); });
fillSamples();

function useTable(info) {
  columns = info ? info.columns : [];
  clearFaults();
  showColumns(byId("columns"), info, (name) => insertInto(byId("formula"), name));
  const found = suggestions(columns);
  showSuggestions(byId("suggestions"), found, useFormula);
  byId("formula").placeholder = found[0] || "y ~ x + z";
  offerWeights();
  showHint();
}

function useFormula(text) {
  byId("formula").value = text;
  clearFaults();
  showHint();
  byId("formula").focus();
}

function offerWeights() {
  const names = columns.filter((column) => column.type === "number").map((column) => column.name);
  byId("weights").replaceChildren(element("option", { value: "" }, "none"), ...names.map((name) => element("option", { value: name }, name)));
}

function showHint() {
  byId("formula-hint").textContent = hint(byId("formula").value, columns);
}

async function fillSamples() {
  try {
    await table.fill();
  } catch (problem) {
    showProblem(problem);
  }
}

async function fit() {
  if (fitting) return;
  clearFaults();
  const chosen = table.asked();
  if (!chosen) return refuse("data-fault", "Choose a sample, or paste a CSV with names in the first row.", table.field());
  if (!byId("formula").value.trim()) return refuse("formula-fault", `Write a formula, such as ${byId("formula").placeholder}`, byId("formula"));
  const question = { ...chosen, query: queryOf() };
  busy(true);
  try {
    const answer = await api.regress(question);
    showResult(byId("result"), answer, question);
    say(`Done: ${answer.coefficients.length} coefficients.`);
    byId("result").focus({ preventScroll: true });
    byId("result").scrollIntoView({ block: "nearest" });
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    say("");
    showProblem(problem);
  } finally {
    busy(false);
  }
}

function queryOf() {
  const query = { formula: byId("formula").value.trim() };
  if (byId("level").value !== "0.95") query.level = byId("level").value;
  if (byId("missing").value !== "drop") query.missing = byId("missing").value;
  if (byId("weights").value) query.weights = byId("weights").value;
  return query;
}

// Put a refusal where it belongs: at the formula, at the data, at the key, or above the button.
function showProblem(problem) {
  if (problem.status === 401) {
    byId("key-panel").hidden = false;
    refuse("fault", api.key() ? "This key is not known here." : problem.message, byId("key"));
  } else if (problem.pointers.some((pointer) => /^[/?]formula/.test(pointer))) {
    refuse("formula-fault", problem.message, byId("formula"));
    showPlace(byId("formula"), markOf(problem.message));
  } else if (problem.pointers.some((pointer) => /^[/?]data/.test(pointer))) {
    refuse("data-fault", problem.message, table.field());
  } else {
    refuse("fault", problem.requestId && problem.status >= 500 ? `${problem.message} (request ${problem.requestId})` : problem.message, byId("fit"));
  }
}

function refuse(place, text, field) {
  if (place === "formula-fault") byId("formula-hint").textContent = "";
  showRefusal(byId(place), text);
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

function clearFaults() {
  for (const name of ["data-fault", "formula-fault", "fault"]) byId(name).hidden = true;
  for (const field of document.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

function busy(now) {
  fitting = now;
  byId("fit").setAttribute("aria-disabled", String(now));
  if (now) say("Fitting …");
}

function say(text) {
  byId("status").textContent = text;
}
