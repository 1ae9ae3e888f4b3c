// The picture of a result, fetched with the key when there is one.

import * as api from "./api.js";
import { element, scrolling } from "./element.js";

let shown = null; // the object URL of the picture on the page, given back when the next one comes

export function picture(answer) {
  const image = element("img", { alt: described(answer), width: "720", height: "360", class: "plot" });
  const figure = scrolling("Picture", image);
  if (shown) URL.revokeObjectURL(shown);
  shown = null;
  if (api.key()) load(image, `${answer.url}.svg`);
  else image.src = `${answer.url}.svg`;
  image.addEventListener("error", () => figure.replaceChildren(element("p", { class: "hint" }, "There is no picture of this result.")));
  return element("div", {}, element("h3", {}, "Picture"), figure);
}

async function load(image, address) {
  try {
    shown = URL.createObjectURL(await api.blob(address));
    image.src = shown;
  } catch {
    image.dispatchEvent(new Event("error"));
  }
}

function described(answer) {
  return `Left, what was observed against what ${answer.formula} fits; right, the residuals against the fitted values.`;
}
