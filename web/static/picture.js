// A picture of a result, fetched with the key when there is one.

import * as api from "./api.js";
import { element, scrolling } from "./element.js";

// size: {height} where it is known before the picture is there, so that nothing moves when it comes.
export function picture(title, address, told, size = {}) {
  const image = element("img", { alt: told, width: "720", ...size, class: "plot" });
  const figure = scrolling(title, image);
  image.addEventListener("error", () => figure.replaceChildren(element("p", { class: "hint" }, "There is no picture of this result.")));
  if (api.key()) load(image, address);
  else image.src = address;
  return element("div", {}, element("h3", {}, title), figure);
}

async function load(image, address) {
  try {
    const bytes = URL.createObjectURL(await api.blob(address));
    image.addEventListener("load", () => URL.revokeObjectURL(bytes), { once: true });
    image.src = bytes;
  } catch {
    image.dispatchEvent(new Event("error"));
  }
}
