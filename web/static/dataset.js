// One dataset: its columns, its rows page by page, rows to add; it can be taken along as CSV, and deleted.

import * as api from "./api.js";
import { badge } from "./badge.js";
import { holds } from "./columns.js";
import { deleting } from "./deleting.js";
import { element, scrolling } from "./element.js";
import { action, form, wanting } from "./form.js";
import { brief, count, grouped } from "./numbers.js";
import { pasted } from "./pasted.js";
import { say } from "./said.js";
import { back, lead } from "./shelf.js";
import { number, table } from "./tables.js";
import { ago } from "./times.js";

const PAGE = 25; // rows

export async function oneDataset(name) {
  const found = await page(name, 0);
  const ours = !found.sample && !found.registered;
  return [
    back("datasets", "All datasets"),
    head(found),
    element("div", { class: "split even" },
      element("div", {}, element("h3", {}, "Rows"), rows(found)),
      element("div", {}, element("h3", {}, "Columns"), columns(found), ...ours ? [adding(found)] : [])),
    ...ours ? [element("div", { class: "end" }, deleting("dataset", found.name, lost(found)))] : [],
  ];
}

function page(name, after) {
  return api.get(`/datasets/${encodeURIComponent(name)}?${new URLSearchParams({ rows: PAGE, after })}`);
}

function head(found) {
  const states = [...found.sample ? [badge("sample", "It comes with the server, and is everybody's")] : [],
    ...found.registered ? [badge("registered", "A table of the database that is somebody else's")] : []];
  return element("div", { class: "named" },
    element("h2", {}, found.name, ...states.flatMap((each) => [" ", each])),
    element("p", { class: "used" }, `${count(found.rows, "row")}, ${count(found.columns.length, "column")}; changed `, ago(found.updated_at), "."),
    action("Take it along as CSV", () => take(found.name)));
}

async function take(name) {
  const address = URL.createObjectURL(await api.blob(`/datasets/${encodeURIComponent(name)}.csv`));
  element("a", { href: address, download: `${name}.csv` }).click();
  URL.revokeObjectURL(address);
}

function columns(found) {
  const rows = found.columns.map((column) => [column.name, column.type, number(column.missing, grouped(column.missing)), holds(column)]);
  return scrolling("Columns", table("columns", ["Column", "Kind", "Missing", "Holds"], rows));
}

// The pages that were seen are known by where they began: the API tells only where the next one does.
function rows(first) {
  const place = element("div", { class: "rows" });
  const starts = [0];
  const draw = (found) => {
    const after = starts.at(-1);
    const shown = element("p", { class: "hint", role: "status" }, found.page.length ? `Rows ${grouped(after + 1)} to ${grouped(after + found.page.length)} of ${grouped(found.rows)}` : "No rows.");
    const turn = (label, possible, to) => element("div", { hidden: !possible }, action(label, async () => draw(await to())));
    place.replaceChildren(
      element("div", { class: "pager" }, shown,
        turn("Earlier", starts.length > 1, () => { starts.pop(); return page(first.name, starts.at(-1)); }),
        turn("Later", found.next !== null, () => { starts.push(found.next); return page(first.name, found.next); })),
      scrolling(`Rows of ${first.name}`, cells(found, after)));
  };
  draw(first);
  return place;
}

function cells(found, after) {
  const names = found.columns.map((column) => column.name);
  const rows = found.page.map((row, at) => [grouped(after + at + 1), ...names.map((name) => cell(row[name]))]);
  return table("grid", ["", ...names], rows);
}

function cell(value) {
  if (value === null) return element("span", { class: "none", title: "missing" }, "—");
  return typeof value === "number" ? number(value, brief(value)) : String(value);
}

function adding(found) {
  let once = null; // the same for a repetition, so that a request whose answer was lost is not done twice
  const csv = pasted("CSV, with the columns it has", { rows: 4, placeholder: found.columns.map((column) => column.name).join(","), changed: () => { once = null; } });
  return form("append", "Add rows", async () => {
    if (csv.value() === "") throw wanting("Paste the rows to add, or choose a file.", csv.field());
    once ??= random();
    const kept = await api.post(`/datasets/${encodeURIComponent(found.name)}/rows`, csv.value(), { "Idempotency-Key": once });
    csv.clear();
    lead(`#datasets/${found.name}`);
    say(`${count(kept.rows_added, "row")} added to ${found.name}.`);
    return "";
  }, element("h3", {}, "Add rows"), csv.whole);
}

function random() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function lost(found) {
  return `Its ${count(found.rows, "row")} are lost. Models of it keep their versions, but cannot be fitted again.`;
}
