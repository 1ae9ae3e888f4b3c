// Where the table comes from: a sample, pasted text, or a file. Knows its columns, as far as they can be known here.

import * as api from "./api.js";
import { PREVIEW_BYTES, summary } from "./csv.js";
import { DROPPED, sized } from "./drop.js";
import { byId, element } from "./element.js";
import { count } from "./numbers.js";

const PAUSE = 250; // milliseconds without a key pressed before pasted text is read

// changed(info) is called with {rows, columns} or null whenever the table is another; failed(problem) when a sample cannot be read.
export function source(changed, failed) {
  const state = { file: null, wanted: null };
  let timer = null;
  const own = () => byId("ask").elements.origin.value === "own";

  async function refresh() {
    byId("sample-panel").hidden = own();
    byId("own-panel").hidden = !own();
    byId("csv").hidden = state.file !== null;
    byId("chosen").hidden = state.file === null;
    const name = own() ? null : byId("sample").value;
    if (own()) changed(state.file ? await ofFile(state.file) : summary(byId("csv").value));
    else if (!name) changed(null);
    else await api.dataset(name).then((info) => { if (!own() && byId("sample").value === name) changed(info); }, failed);
  }

  function choose(file) {
    state.file = file;
    if (file) byId("chosen-name").textContent = `${file.name}, ${sized(file.size)}`;
    byId("file").value = "";
    byId("ask").elements.origin.value = "own";
    refresh();
  }

  for (const radio of byId("ask").elements.origin) radio.addEventListener("change", refresh);
  byId("sample").addEventListener("change", () => { state.wanted = null; refresh(); });
  byId("csv").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(refresh, PAUSE); });
  byId("file").addEventListener("change", (event) => { if (event.target.files.length) choose(event.target.files[0]); });
  byId("unchoose").addEventListener("click", () => { choose(null); byId("csv").focus(); });
  byId("ask").addEventListener(DROPPED, (event) => choose(event.detail));
  refresh(); // a browser that goes back restores the fields without telling

  return {
    own,
    // Choose a sample by name, "" for none; while the list is still to come, it is remembered.
    use(name) {
      byId("sample").value = name;
      state.wanted = byId("sample").value === name ? null : name;
      refresh();
    },
    // {dataset} or {csv}; null when nothing is chosen yet.
    asked() {
      if (!own()) return byId("sample").value ? { dataset: byId("sample").value } : null;
      const csv = state.file || byId("csv").value;
      return csv === "" ? null : { csv };
    },
    field: () => (own() ? byId(state.file ? "unchoose" : "csv") : byId("sample")),
    async fill() {
      const option = (set) => element("option", { value: set.name }, `${set.name} (${count(set.rows, "row")})`);
      const options = (await api.samples()).map(option);
      const [kept, wanted] = [byId("sample").value, state.wanted];
      byId("sample").replaceChildren(element("option", { value: "" }, "Choose one …"), ...options);
      byId("sample").value = wanted ?? kept;
      if (byId("sample").selectedIndex < 0) byId("sample").value = "";
      state.wanted = null;
      if (wanted) refresh();
    },
  };
}

async function ofFile(file) {
  const text = await file.slice(0, PREVIEW_BYTES).text();
  const partial = file.size > PREVIEW_BYTES;
  const info = summary(partial ? text.slice(0, text.lastIndexOf("\n") + 1) : text);
  return info && { ...info, partial };
}
