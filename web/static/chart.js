// A small chart as SVG, built element by element: dots in the order of time, a line, an axis whose ticks are round numbers.

import { element } from "./element.js";
import { brief } from "./numbers.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 240;
const EDGE = { left: 58, right: 14, top: 12, bottom: 30 };
const NARROWEST = 280;
const LABEL = 64; // wide: a date needs so much
const TICKS = 4;

export function mark(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// slots: {label, value, line, mark: full | hollow | cross | none, title}, oldest first; value and line may be null.
// The chart is as wide as its place, and drawn anew when that changes, so that its letters keep their size.
export function chart({ title, told, slots, legend }) {
  const place = element("div", { class: "drawing" });
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.max(NARROWEST, Math.floor(entry.contentRect.width));
    if (now === width) return;
    width = now;
    place.replaceChildren(drawn(title, told, slots, width));
  }).observe(place);
  return element("figure", { class: "chart" }, place, element("figcaption", {}, ...legend.map(key)));
}

// Ticks at 1, 2 or 5 times a power of ten, that lie around what is shown.
export function ticks(low, high) {
  if (low === high) [low, high] = [low - (Math.abs(low) / 10 || 1), high + (Math.abs(high) / 10 || 1)];
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((each) => each * power > 0.999 * rough) ?? 10);
  const first = Math.floor(low / step);
  const count = Math.ceil(high / step) - first;
  return Array.from({ length: count + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

function drawn(title, told, slots, width) {
  const values = slots.flatMap(({ value, line }) => [value, line]).filter((value) => value !== null);
  const at = ticks(Math.min(...values), Math.max(...values));
  const [low, high] = [at[0], at.at(-1)];
  const wide = width - EDGE.left - EDGE.right;
  const tall = HEIGHT - EDGE.top - EDGE.bottom;
  const x = (slot) => EDGE.left + (wide * (slot + 0.5)) / slots.length;
  const y = (value) => EDGE.top + (tall * (high - value)) / (high - low);
  return mark("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": `${title}. ${told}` },
    ...at.map((value) => level(value, y(value), width)),
    ...labels(slots, x, wide),
    mark("path", { class: "answers", d: path(slots, x, y) }),
    ...slots.map((slot, place) => dot(slot, x(place), slot.value === null ? HEIGHT - EDGE.bottom : y(slot.value))));
}

function level(value, y, width) {
  return mark("g", {}, mark("line", { class: "level", x1: EDGE.left, x2: width - EDGE.right, y1: y, y2: y }),
    mark("text", { x: EDGE.left - 8, y: y + 4, "text-anchor": "end" }, brief(value)));
}

// As many labels as there is room for, evenly, the last one always; of equal neighbours the last.
function labels(slots, x, wide) {
  const every = Math.max(1, Math.ceil((slots.length * LABEL) / wide));
  const last = slots.length - 1;
  return slots.map(({ label }, at) => ({ label, at })).filter(({ at }) => (last - at) % every === 0)
    .filter(({ label }, at, shown) => label !== shown[at + 1]?.label)
    .map(({ label, at }) => mark("text", { x: x(at), y: HEIGHT - 8, "text-anchor": "middle" }, label));
}

function path(slots, x, y) {
  let pen = "M";
  return slots.map(({ line }, at) => {
    if (line === null) return "";
    const piece = `${pen}${x(at).toFixed(1)} ${y(line).toFixed(1)}`;
    pen = "L";
    return piece;
  }).join("");
}

function dot({ mark: kind, title }, x, y) {
  const told = mark("title", {}, title);
  if (kind === "none") return mark("g", {}, told);
  if (kind === "cross") return mark("path", { class: "cross", d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` }, told);
  return mark("circle", { class: kind, cx: x, cy: y, r: "4.5" }, told);
}

function key([kind, text]) {
  const shape = kind === "line" ? mark("path", { class: "answers", d: "M0 7H20" }) : dot({ mark: kind, title: text }, 10, 7);
  return element("span", {}, mark("svg", { viewBox: "0 0 20 14", width: "20", height: "14", "aria-hidden": "true" }, shape), text);
}
