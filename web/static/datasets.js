// The shelf of datasets: what is kept, a form that puts one more; and by its name one dataset (dataset.js).

import * as api from "./api.js";
import { badge } from "./badge.js";
import { confirmed } from "./confirm.js";
import { oneDataset } from "./dataset.js";
import { element, scrolling } from "./element.js";
import { form, labelled, wanting } from "./form.js";
import { count, grouped } from "./numbers.js";
import { pasted } from "./pasted.js";
import { say } from "./said.js";
import { lead, shelf } from "./shelf.js";
import { number, table } from "./tables.js";
import { ago } from "./times.js";

export const open = shelf("datasets", (name) => (name ? oneDataset(name) : all()), { forAll: true });

async function all() {
  const { datasets } = await api.get("/datasets");
  const own = datasets.filter((dataset) => !dataset.sample);
  const samples = datasets.filter((dataset) => dataset.sample);
  return [element("div", { class: "split" },
    element("div", {}, ...own.length ? [element("h2", {}, "Of this site"), listed("Of this site", own)] : [nothing()],
      element("h2", {}, "Samples that come with the server"), listed("Samples", samples)),
    putting(own.map((dataset) => dataset.name)))];
}

function nothing() {
  const told = api.key() ? "This site keeps no data yet. Put a table here, and it will stand in this list." : "With the site’s secret key, its own data stand here.";
  return element("p", { class: "empty" }, told);
}

function listed(title, datasets) {
  const rows = datasets.map((dataset) => [
    element("span", {}, element("a", { href: `#datasets/${dataset.name}` }, dataset.name), ...dataset.registered ? [" ", badge("registered")] : []),
    number(dataset.rows, grouped(dataset.rows)), number(dataset.columns.length, grouped(dataset.columns.length)), ...dataset.sample ? [] : [ago(dataset.updated_at)]]);
  return scrolling(title, table("kept-list", ["Name", "Rows", "Columns", ...datasets[0].sample ? [] : ["Changed"]], rows));
}

function putting(taken) {
  const name = element("input", { name: "name", maxlength: "63", spellcheck: "false", autocapitalize: "off", autocomplete: "off", placeholder: "sales" });
  const csv = pasted("CSV, with names in the first row", { placeholder: "month,sold\n2026-01,41\n2026-02,52", changed: () => offer(name, csv.name()) });
  const rules = element("textarea", { name: "rules", rows: "3", class: "code", spellcheck: "false", placeholder: '{"mask": {"user": 2}, "fill": {"Class": -1}}' });
  const more = element("details", {}, element("summary", {}, "What is done on the way in"),
    labelled("Rules, as JSON", rules, "types, columns, mask, join, drop_null, where and fill. They are done to rows that are added later, too."));
  return form("put-dataset", "Put it here", () => putIt(name, csv, rules, taken), element("h2", {}, "Put a dataset"), labelled("Name", name), csv.whole, more);
}

// A file's name is likely the dataset's.
function offer(name, file) {
  if (file && !name.value) name.value = file.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9_-]+/g, "_").replace(/^[^A-Za-z]+/, "");
}

async function putIt(name, csv, rules, taken) {
  const wanted = name.value.trim();
  if (!wanted) throw wanting("Give it a name: a letter, then letters, digits, _ and -.", name);
  if (csv.value() === "") throw wanting("Paste a CSV, or choose a file.", csv.field());
  const question = query(rules);
  if (taken.includes(wanted) && !(await confirmed(`Replace ${wanted}?`, "Its rows will be those that you put now; the ones it has are lost.", "Replace it"))) return "";
  const kept = await api.put(`/datasets/${encodeURIComponent(wanted)}${question}`, csv.value());
  lead(`#datasets/${kept.name}`);
  say(`${kept.name}: ${count(kept.rows_added, "row")} kept.`);
  return "";
}

function query(field) {
  if (!field.value.trim()) return "";
  try {
    const rules = Object.entries(JSON.parse(field.value));
    return `?${new URLSearchParams(rules.map(([rule, value]) => [rule, JSON.stringify(value)]))}`;
  } catch {
    throw wanting("The rules must be a JSON object.", field);
  }
}
