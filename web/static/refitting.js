// A refit: asked for with a button, or under way already; how far it is, how it ended, and a button that stops it.

import * as api from "./api.js";
import { element } from "./element.js";
import { action } from "./form.js";
import { say } from "./said.js";
import { lead } from "./shelf.js";
import { progress } from "./waiting.js";

export function refitting(model, runs) {
  const bar = element("progress", { max: "1", value: "0", hidden: true, "aria-label": `Refit of ${model.name}` });
  const started = runs.find((run) => run.state === "queued" && run.job);
  let job = null;
  const stop = action("Stop it", async () => { await api.remove(job.url); return ""; });
  stop.hidden = true;
  const whole = element("div", { class: "refit" }, action("Refit now", async (tell) => {
    job = started && !bar.hidden ? await api.get(`/jobs/${started.job}`) : await api.post(`/models/${encodeURIComponent(model.name)}/refit`);
    stop.hidden = false;
    try {
      return await follow(model, job, bar, tell);
    } finally {
      stop.hidden = true;
    }
  }, ""), bar, stop);
  if (started) {
    bar.hidden = false;
    whole.querySelector("button").click();
  }
  return whole;
}

async function follow(model, job, bar, tell) {
  bar.hidden = false;
  try {
    const done = await api.ended(job, (seen) => { bar.value = seen.progress; tell(progress(seen)); });
    if (bar.isConnected) lead(`#models/${model.name}`);
    say(`${model.name}: ${done.log.at(-1) ?? "done"}.`);
  } finally {
    bar.hidden = true;
  }
  return "";
}
