// A word of state beside a name. Its colour says nothing that the word does not.

import { element } from "./element.js";

const TONES = {
  live: "good", promoted: "good", stable: "good",
  stale: "bad", failed: "bad", large: "bad",
  kept: "plain", unchanged: "plain", queued: "plain", sample: "plain", registered: "plain", public: "plain", moderate: "notice",
};

export function badge(word, told = null, tone = TONES[word] ?? "plain") {
  return element("span", { class: `badge ${tone}`, title: told }, word);
}
