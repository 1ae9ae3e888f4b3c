// A shelf: a section of the page that shows what the site keeps, all of it or one thing by its name.

import * as api from "./api.js";
import { byId, element } from "./element.js";
import { told } from "./form.js";
import { askForKey } from "./key.js";

const NEEDS_KEY = "It takes the secret key of the site to see what it keeps.";

// name: of the tab. parts(thing) resolves to the elements to show. forAll: can anything be seen without a key?
// Returns open(thing), which asks the server anew.
export function shelf(name, parts, { forAll = false } = {}) {
  let last = 0;
  return async function open(thing) {
    const turn = (last += 1);
    const place = byId(`shelf-${name}`);
    place.setAttribute("aria-busy", "true");
    const made = api.key() || forAll ? await shown(name, thing, parts) : [locked()];
    if (turn !== last) return; // another was asked for meanwhile
    place.replaceChildren(...made);
    place.removeAttribute("aria-busy");
  };
}

// Lead to a tab, or a thing in it; when it is there already, ask for it anew.
export function lead(address) {
  if (location.hash === address) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = address;
}

export function back(name, text) {
  return element("p", { class: "back" }, element("a", { href: `#${name}` }, `← ${text}`));
}

async function shown(name, thing, parts) {
  try {
    return await parts(thing);
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    if (problem.status !== 401) return [...thing ? [back(name, `All ${name}`)] : [], element("p", { class: "fault", role: "alert" }, told(problem))];
    if (api.key()) askForKey("");
    return [locked()];
  }
}

function locked() {
  return element("p", { class: "empty" }, NEEDS_KEY);
}
