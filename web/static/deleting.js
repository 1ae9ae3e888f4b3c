// The button that deletes a dataset or a model for good, once that is confirmed.

import * as api from "./api.js";
import { confirmed } from "./confirm.js";
import { action } from "./form.js";
import { say } from "./said.js";
import { lead } from "./shelf.js";

export function deleting(what, name, told) {
  return action(`Delete this ${what}`, async () => {
    if (!(await confirmed(`Delete ${name}?`, told, `Delete ${name}`))) return "";
    await api.remove(`/${what}s/${encodeURIComponent(name)}`);
    lead(`#${what}s`);
    say(`${name} is deleted.`);
    return "";
  }, "quiet grave");
}
