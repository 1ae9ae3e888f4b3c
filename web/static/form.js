// Forms that are built by scripts: labelled fields, one button, a place for what went wrong.

import * as api from "./api.js";
import { element } from "./element.js";
import { showRefusal } from "./formula.js";
import { askForKey } from "./key.js";

const NEEDS_KEY = "This needs the secret key of the site.";
let made = 0; // fields so far: each has an id of its own

// A control under its label, with a hint below.
export function labelled(label, control, hint = null) {
  made += 1;
  control.id = `field-${made}`;
  const told = hint && element("p", { class: "hint", id: `${control.id}-hint` }, hint);
  if (told) control.setAttribute("aria-describedby", told.id);
  return element("div", { class: "field" }, element("label", { for: control.id }, label), control, told);
}

export function ticked(label, control) {
  return element("label", { class: "tick" }, control, ` ${label}`);
}

export function choices(name, list) {
  return element("select", { name }, ...list.map(([value, text]) => element("option", { value }, text)));
}

// act(say) does what the form is for, and may say how far it is; what it returns is said at the end.
export function form(name, button, act, ...parts) {
  const status = element("p", { role: "status" });
  const fault = element("div", { class: "fault", role: "alert", hidden: true });
  const submit = element("button", { type: "submit" }, button);
  const whole = element("form", { name, novalidate: true }, ...parts, element("div", { class: "go" }, submit, status), fault);
  whole.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(submit, status, fault, act);
  });
  return whole;
}

// A button by itself, with the same place for what went wrong below it.
export function action(button, act, kind = "quiet") {
  const status = element("span", { role: "status" });
  const fault = element("div", { class: "fault", role: "alert", hidden: true });
  const pressed = element("button", { type: "button", class: kind, click: () => attempt(pressed, status, fault, act) }, button);
  return element("div", { class: "action" }, pressed, status, fault);
}

async function attempt(button, status, fault, act) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  fault.hidden = true;
  try {
    status.textContent = (await act((text) => { status.textContent = text; })) ?? "";
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    status.textContent = "";
    if (problem.status === 401) return askForKey(NEEDS_KEY);
    showRefusal(fault, told(problem));
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

export function told(problem) {
  return problem.requestId && problem.status >= 500 ? `${problem.message} (request ${problem.requestId})` : problem.message;
}

// What a form refuses before the server is asked.
export function wanting(text, field) {
  field.focus();
  return new api.Problem(0, { detail: text });
}
