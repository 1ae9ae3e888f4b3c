// Times for people: how long ago, with the moment itself as the title.

import { element } from "./element.js";

const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [30, "day"], [12, "month"], [Infinity, "year"]];
const JUST = 45; // seconds that are "just now"

// moment: as the API tells it. seconds: its age by the server's clock, where that is known.
export function ago(moment, seconds = (Date.now() - Date.parse(moment)) / 1000) {
  return element("time", { datetime: moment, title: exactly(moment) }, since(seconds));
}

export function since(seconds) {
  if (seconds < JUST) return "just now";
  let [left, unit] = [seconds, ""];
  for (const [size, name] of STEPS) {
    unit = name;
    if (left < size) break;
    left /= size;
  }
  const whole = Math.floor(left);
  return `${whole} ${unit}${whole === 1 ? "" : "s"} ago`;
}

export function exactly(moment) {
  return new Date(moment).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

export function day(moment) {
  return new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

export function clock(moment) {
  return new Date(moment).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
