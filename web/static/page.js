// The page at /: a tab for each kind of question, in each a table, a formula or columns, one button, an answer;
// and a tab for each shelf of what a site keeps, which fills a section of its own (shelf.js).

import * as api from "./api.js";
import { showColumns } from "./columns.js";
import { takeDrops } from "./drop.js";
import { byId, element } from "./element.js";
import { forecast } from "./forecast.js";
import { fraud } from "./fraud.js";
import { hint, insertInto, markOf, showPlace, showRefusal, showSuggestions } from "./formula.js";
import { askForKey, showKey, takeKeys } from "./key.js";
import { mixed } from "./mixed.js";
import { regression } from "./regression.js";
import { showResult } from "./result.js";
import { source } from "./source.js";
import { addressed, show } from "./tabs.js";
import { share } from "./waiting.js";

const KINDS = [regression, mixed, forecast, fraud];
const SHELVES = [
  { name: "datasets", title: "Datasets", load: () => import("./datasets.js") },
  { name: "models", title: "Models", load: () => import("./models.js") },
  { name: "runs", title: "Runs", load: () => import("./runs.js") },
];
const left = new Map(); // a kind → {sample, formula}, as its tab was left

let kind = null; // the question whose tab is open, or was before a shelf's
let info = null; // of the table: {rows, columns}, null when none is chosen
let fitting = false;

const table = source(useTable, showProblem);
takeKeys(() => { fillSamples(); open(); });
takeDrops();
byId("formula").addEventListener("input", () => { clearFaults(); showHint(); });
byId("ask").addEventListener("submit", (event) => { event.preventDefault(); fit(); });
for (const field of document.querySelectorAll("#ask :is(select, details input, details textarea)")) field.addEventListener("change", clearFaults);
addEventListener("hashchange", open);
open();
fillSamples();

// Open the tab that the address names; where it names a place of the page, the tab stays.
async function open() {
  const { name, thing } = addressed([...KINDS, ...SHELVES]);
  const shelf = SHELVES.find((each) => each.name === name);
  const next = KINDS.find((each) => each.name === name) ?? (kind || shelf ? null : regression);
  if (next) ask(next);
  else if (shelf) await look(shelf, thing);
}

// A shelf's scripts are loaded when it is looked at for the first time.
async function look(shelf, thing) {
  show(shelf);
  byId("bench").hidden = true;
  showKey(true);
  const { open: fill } = await shelf.load();
  await fill(thing);
}

// Show a kind's tab as it was left. The table of one's own goes along, a sample belongs to its tab.
function ask(next) {
  show(next);
  byId("bench").hidden = false;
  showKey(false);
  if (next === kind) return;
  if (kind) left.set(kind, { sample: byId("sample").value, formula: byId("formula").value });
  const filled = kind === null && (next === regression || byId("formula").value !== ""); // by a browser that goes back
  kind = next;
  byId("fit").textContent = kind.button ?? "Fit";
  say("");
  if (kind.own) return kind.own((problem) => askForKey(problem.message)); // a tab with a form of its own
  if (!filled) take(left.get(kind) ?? kind.start, left.has(kind));
  useTable(info);
}

function take({ sample, formula }, known) {
  byId("formula").value = known || !table.own() ? formula : "";
  if (!table.own() && byId("sample").value !== sample) {
    info = null;
    table.use(sample);
  }
}

function useTable(now) {
  info = now;
  if (!kind) return;
  clearFaults();
  showColumns(byId("columns"), info, kind.press ?? ((name) => insertInto(byId("formula"), name)));
  const found = kind.suggestions(columns());
  showSuggestions(byId("suggestions"), found, useFormula);
  byId("formula").placeholder = found[0] || kind.start.formula || "y ~ x + z";
  offerWeights();
  kind.offer?.(columns());
  showHint();
}

function columns() {
  return info ? info.columns : [];
}

function useFormula(text) {
  byId("formula").value = text;
  clearFaults();
  showHint();
  byId("formula").focus();
}

function offerWeights() {
  const names = columns().filter((column) => column.type === "number").map((column) => column.name);
  const kept = byId("weights").value;
  byId("weights").replaceChildren(element("option", { value: "" }, "none"), ...names.map((name) => element("option", { value: name }, name)));
  byId("weights").value = names.includes(kept) ? kept : "";
}

function showHint() {
  byId("formula-hint").textContent = hint(byId("formula").value, columns());
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
  if (!kind.query && !byId("formula").value.trim()) return refuse("formula-fault", `Write a formula, such as ${byId("formula").placeholder}`, byId("formula"));
  const question = { ...chosen, query: (kind.query ?? queryOf)() };
  const fitted = kind;
  busy(true);
  try {
    const answer = await api.ask(fitted.path, question, (job) => { if (kind === fitted) say(share(job)); });
    const place = document.querySelector(`section[data-kind=${fitted.name}]`);
    showResult(place, answer, question, fitted);
    if (kind !== fitted) return;
    say(kind.done(answer));
    place.focus({ preventScroll: true });
    place.scrollIntoView({ block: "nearest" });
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    say("");
    if (kind === fitted) showProblem(problem);
  } finally {
    busy(false);
  }
}

function queryOf() {
  const query = { formula: byId("formula").value.trim() };
  if (byId("level").value !== "0.95") query.level = byId("level").value;
  if (byId("missing").value !== "drop") query.missing = byId("missing").value;
  if (byId("weights").value) query.weights = byId("weights").value;
  for (const name of kind.options) if (byId(name).selectedIndex) query[name] = byId(name).value; // the first is the default
  return Object.assign(query, kind.more?.());
}

// Put a refusal where it belongs: at the formula, at the data, at the key, or above the button.
function showProblem(problem) {
  if (problem.status === 401) {
    askForKey(problem.message);
  } else if (!kind) {
    say(problem.message); // of the samples: a shelf is open, which tells it itself
  } else if (problem.pointers.some((pointer) => /^[/?]formula/.test(pointer))) {
    refuse("formula-fault", problem.message, byId("formula"));
    showPlace(byId("formula"), markOf(problem.message));
  } else if (problem.pointers.some((pointer) => /^[/?]data/.test(pointer))) {
    refuse("data-fault", problem.message, table.field());
  } else {
    const names = problem.pointers.map((pointer) => pointer.slice(1).split("/")[0]);
    const option = kind.options.find((name) => names.includes(name));
    const field = names.map((name) => kind.field?.(name)).find(Boolean) ?? byId(option ?? "fit");
    refuse("fault", problem.requestId && problem.status >= 500 ? `${problem.message} (request ${problem.requestId})` : problem.message, field);
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
