// A detector's card: how it was learned and judged, what it did since, and its pictures.

import { element } from "./element.js";
import { count, percent, significant } from "./numbers.js";
import { picture } from "./picture.js";
import { facts } from "./tables.js";

const SIZE = { height: "360" };
const DETECTORS = { ensemble: "four views, an autoencoder's among them", mahalanobis: "trimmed Mahalanobis" };
const JUDGES = { labels: "labelled frauds of its own newest rows", anomalies: "made anomalies: labels are few" };
const AGAINST = { more: "more than chance explains", fewer: "fewer than chance explains", "as planned": "as planned" };

// Nothing for a model of another kind, or one without a version.
export function cardOf({ card }) {
  if (!card) return [];
  return [element("div", { class: "card" },
    element("div", { class: "split even" }, learned(card), since(card)),
    element("div", { class: "split even" }, ...pictures(card)))];
}

function learned(card) {
  return facts("The detector", [
    ["Scores by", card.detector, DETECTORS[card.detector]],
    ["Learned from", card.rows_trained, count(card.rows_trained, "row")],
    ["Strangest left out", card.trim, percent(card.trim)],
    ["Judged by", card.judged_by, JUDGES[card.judged_by]],
    ["Average precision there", card.metrics.average_precision, significant(card.metrics.average_precision, 3)],
    ["Mahalanobis alone", card.baseline.average_precision, significant(card.baseline.average_precision, 3)],
  ]);
}

function since({ payments, alerts, drift }) {
  if (!payments.payments) {
    const hint = element("p", { class: "hint" }, "No payment was scored under an id yet.");
    return element("div", {}, element("h3", {}, "Since then"), hint);
  }
  const planned = payments.planned === null ? "" : `, ${percent(payments.planned)} planned`;
  return facts("Since then", [
    ["Payments", payments.payments, count(payments.payments, "payment")],
    ["Alerts", payments.alert_rate, `${percent(round(payments.alert_rate))}${planned}`],
    ["Against the plan", alerts, AGAINST[alerts]],
    ["Labelled", payments.labelled, count(payments.labelled, "payment")],
    ["Precision", payments.precision, payments.precision !== null && percent(round(payments.precision))],
    ["Recall", payments.recall, payments.recall !== null && percent(round(payments.recall))],
    ["Drift of the score", drift.score, drift.score !== null && `${drift.verdict}: ${significant(drift.score, 3)}`],
  ]);
}

// Only those that there is something to draw of.
function pictures(card) {
  const labelled = card.judged_by === "labels";
  const drawn = [
    ["scores", "Risk scores", "How the risk scores of payments are spread", labelled || card.payments.payments > 0],
    ["precision", "Precision and recall", "Precision against recall along the risk score", labelled],
    ["reasons", "Reasons", "The columns that make the strangest payments strange", true],
    ["drift", "Drift", "How far the data moved, night after night", card.nights.some((night) => night.worst)],
  ];
  return drawn.filter(([, , , there]) => there).map(([view, title, about]) => picture(title, card.pictures[view], about, SIZE));
}

function round(share) {
  return Math.round(share * 1000) / 1000;
}
