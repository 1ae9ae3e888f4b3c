// The nights of a model: what each new fit was judged to be, and what answered from then on; a chart, and a table behind it.

import { chart } from "./chart.js";
import { element, scrolling } from "./element.js";
import { choices, labelled } from "./form.js";
import { called, measured, written } from "./metrics.js";
import { number, table } from "./tables.js";
import { clock, day, exactly } from "./times.js";

const MARKS = { promoted: "full", kept: "hollow", failed: "cross", unchanged: "none" };
const LEGEND = [["full", "promoted"], ["hollow", "not promoted"], ["cross", "failed"], ["line", "what answers"]];

// runs: newest first, as the API tells them.
export function nights(kind, runs) {
  const decided = runs.filter((run) => run.state !== "queued").reverse();
  const last = decided.findLast((run) => run.figures.challenger);
  const names = measured(kind, last?.figures.challenger).map(([name]) => name);
  if (!names.length) return element("div", {});
  const select = choices("metric", names.map((name) => [name, called(name)]));
  const place = element("div", {});
  const draw = () => place.replaceChildren(...drawn(decided, select.value));
  select.addEventListener("change", draw);
  draw();
  return element("div", { class: "nights" },
    element("div", { class: "heading" }, element("h3", {}, "The nights"), labelled("Metric", select)), place);
}

function drawn(decided, metric) {
  const slots = slotsOf(decided, metric);
  const title = `${called(metric)} over ${slots.length === 1 ? "one refit" : `${slots.length} refits`}`;
  return [
    chart({ title, told: "A dot for each refit at what its fit was judged to be; the line follows what answered from then on. The table below has the numbers.", slots, legend: LEGEND }),
    element("details", {}, element("summary", {}, "The numbers of the chart"), scrolling(title, numbers(slots, metric))),
  ];
}

// Each refit: where its dot stands, and where what answers does. Both are judged on the same rows, those of that refit.
function slotsOf(decided, metric) {
  const days = new Set(decided.map((run) => day(run.finished_at)));
  let answers = null;
  return decided.map((run) => {
    const value = run.figures.challenger?.[metric] ?? null;
    const champion = run.figures.champion?.[metric] ?? null;
    if (run.state === "promoted") answers = value ?? answers;
    else if (champion !== null) answers = champion;
    const label = days.size > 1 ? day(run.finished_at) : clock(run.finished_at);
    return { label, value, champion, line: answers, mark: MARKS[run.state], run, title: `${exactly(run.finished_at)}: ${run.state}, ${called(metric)} ${written(value)}` };
  });
}

function numbers(slots, metric) {
  const rows = slots.toReversed().map(({ value, champion, run }) => [
    exactly(run.finished_at), run.state, run.version === null ? "" : String(run.version), number(value, written(value)), number(champion, written(champion))]);
  return table("numbers", ["When", "Decision", "Version", called(metric), "Of what answered before"], rows);
}
