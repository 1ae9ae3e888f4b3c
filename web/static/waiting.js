// What a worker does meanwhile, in a sentence.

import { count } from "./numbers.js";

export function progress({ state, position, log }) {
  if (state !== "queued") return log.at(-1) ?? "Begun";
  return position ? `Waits: ${count(position, "job")} in front of it` : "Waits for a worker";
}

// The same for a question: its log says how many rows there are, which who asked knows.
export function share(job) {
  return job.state === "queued" ? `${progress(job)} …` : `A worker is at it: ${Math.round(100 * job.progress)} % …`;
}
