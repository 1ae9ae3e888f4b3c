// The tab of /fraud: one payment, scored by the sample detector, with the reasons for its score.

import * as api from "./api.js";
import { copyButton } from "./copy.js";
import { byId, element } from "./element.js";
import { fixed, significant } from "./numbers.js";
import { curl } from "./snippets.js";
import { copied, facts, number, table } from "./tables.js";

const MODEL = "cards";
const DATASET = "payments";
const COLUMNS = [...Array.from({ length: 28 }, (_, at) => `V${at + 1}`), "Amount"];
const REASONS = 6;

export const fraud = {
  name: "fraud",
  title: "Fraud",
  own: opened,
  start: { sample: "", formula: "" },
  options: [],
  suggestions: () => [],
};

let askForKey = null; // what is done when the service wants one
let scoring = false;

// The first time the tab is open: fill the form with a payment.
function opened(whenRefused) {
  if (askForKey) return;
  askForKey = whenRefused;
  byId("fraud-columns").replaceChildren(...COLUMNS.filter((name) => name !== "Amount").map(field));
  byId("fraud-payment").addEventListener("change", take);
  byId("fraud-form").addEventListener("submit", (event) => { event.preventDefault(); score(); });
  take();
}

function field(name) {
  return element("div", {}, element("label", { for: `fraud-${name}` }, name),
    element("input", { id: `fraud-${name}`, type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false" }));
}

// Take the payment that is chosen out of the sample data.
async function take() {
  clear();
  try {
    const row = (await api.rows(DATASET, byId("fraud-payment").value, 1))[0];
    for (const name of COLUMNS) byId(`fraud-${name}`).value = row[name];
  } catch (problem) {
    show(problem);
  }
}

async function score() {
  if (scoring) return;
  clear();
  busy(true);
  const question = asked();
  try {
    const answer = await api.ask("/fraud", question);
    const [result] = answer.results;
    if (result.error) refuse(`${result.error.detail}.`, byId(`fraud-${result.error.columns[0]}`));
    else tell(answer, result, question);
  } catch (problem) {
    show(problem);
  } finally {
    busy(false);
  }
}

// The payment as a CSV of one row; what is no number is sent as it is, and the service says so.
function asked() {
  const cell = (name) => quoted(byId(`fraud-${name}`).value.trim());
  const threshold = JSON.stringify({ mode: "alert_rate", value: Number(byId("fraud-rate").value) });
  return { csv: `${COLUMNS.join(",")}\n${COLUMNS.map(cell).join(",")}\n`, query: { model: MODEL, reasons: String(REASONS), threshold } };
}

function tell(answer, result, question) {
  const place = byId("fraud-result");
  place.replaceChildren(
    element("h2", { id: "fraud-result-title" }, `Risk score ${fixed(result.risk_score, 1)}: ${result.risk_level}`),
    element("p", { class: "used" }, verdict(answer, result)),
    meter(answer, result),
    figures(answer, result),
    reasons(result),
    elsewhere(question),
  );
  place.setAttribute("aria-labelledby", "fraud-result-title");
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
}

function verdict(answer, result) {
  const at = fixed(answer.threshold.score, 1);
  return result.alert ? `An alert: the score is at or above ${at}.` : `No alert: the score is below ${at}.`;
}

// How far along the scale the score is, and where alerts begin.
function meter(answer, result) {
  const mark = element("span", { class: "mark" });
  mark.style.left = `${answer.threshold.score}%`;
  const bar = element("span", { class: `bar ${result.risk_level}` });
  bar.style.width = `${result.risk_score}%`;
  return element("div", { class: "meter", role: "img", "aria-label": `${fixed(result.risk_score, 1)} of 100; alerts from ${fixed(answer.threshold.score, 1)}` }, bar, mark);
}

function figures(answer, result) {
  const share = 10 ** (-result.risk_score / 25);
  return facts("In other words", [
    ["Legitimate payments as strange", share, share < 1e-4 ? "fewer than 1 in 10,000" : `1 in ${significant(Math.max(1, 1 / share), 2)}`],
    ["Probability of fraud", result.probability, result.probability === null ? "" : percentOf(result.probability)],
    ["Alerts among legitimate payments", answer.threshold.expected_alert_rate, percentOf(answer.threshold.expected_alert_rate)],
    ["Model", answer.model, `${answer.model}, version ${answer.version}`],
  ]);
}

function percentOf(share) {
  return share < 0.001 ? "under 0.1 %" : share > 0.999 ? "over 99.9 %" : `${significant(100 * share, 3)} %`;
}

function reasons(result) {
  const rows = result.reasons.map((reason) => [
    reason.column,
    number(reason.observed, significant(reason.observed)),
    number(reason.expected, significant(reason.expected)),
    reason.direction,
    number(reason.share, `${fixed(100 * reason.share, 1)} %`),
  ]);
  return copied("Reasons", result.reasons, table("reasons", ["Column", "Observed", "Expected", "Direction", "Share"], rows));
}

function elsewhere(question) {
  const text = curl(location.origin, api.addressOf("/fraud", question), question, Boolean(api.key()));
  return element("div", {}, element("h3", {}, "The same from elsewhere"),
    element("div", { class: "snippet" },
      element("div", { class: "heading" }, element("h4", {}, "Shell"), copyButton("Copy curl", () => text)),
      element("pre", { tabindex: "0", "aria-label": "Shell" }, text)));
}

function show(problem) {
  if (!(problem instanceof api.Problem)) throw problem;
  if (problem.status === 401) askForKey(problem);
  else refuse(problem.message, null);
}

function refuse(text, input) {
  byId("fraud-fault").textContent = text;
  byId("fraud-fault").hidden = false;
  if (!input) return;
  input.closest("details")?.setAttribute("open", "");
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

function clear() {
  byId("fraud-fault").hidden = true;
  for (const input of byId("fraud-form").querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

function busy(now) {
  scoring = now;
  byId("fraud-score").setAttribute("aria-disabled", String(now));
}

function quoted(text) {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
