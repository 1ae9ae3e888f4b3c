// What cannot be undone is asked for twice. The dialog opens on the answer that does nothing.

import { element } from "./element.js";

// Resolves to whether it shall be done. Escape is a no.
export function confirmed(question, told, yes) {
  return new Promise((resolve) => {
    const end = (answer) => () => { dialog.close(); resolve(answer); };
    const no = element("button", { type: "button", class: "quiet", autofocus: true, click: end(false) }, "No, keep it");
    const dialog = element("dialog", { "aria-labelledby": "confirm-title", close: () => { dialog.remove(); resolve(false); } },
      element("h2", { id: "confirm-title" }, question),
      element("p", {}, told),
      element("div", { class: "go" }, no, element("button", { type: "button", class: "danger", click: end(true) }, yes)));
    document.body.append(dialog);
    dialog.showModal();
  });
}
