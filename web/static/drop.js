// A file dropped anywhere on the page goes to the first open place that takes one: it carries data-drops.

export const DROPPED = "dropped"; // the event that brings such a place its file, as its detail

export function takeDrops() {
  for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, hold);
  document.addEventListener("drop", (event) => {
    const file = event.dataTransfer.files[0];
    if (file) taker()?.dispatchEvent(new CustomEvent(DROPPED, { detail: file }));
  });
}

export function sized(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function hold(event) {
  if (!taker() || ![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("dropping", event.type === "dragover");
}

function taker() {
  return [...document.querySelectorAll("[data-drops]")].find((place) => !place.closest("[hidden], details:not([open])"));
}
