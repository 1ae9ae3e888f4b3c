// The tabs are links of the navigation to a hash: what only some of them show carries data-kind with their names.

const FIRST = "regression";

// What the address names: a tab, and the thing in it (#models/sales). The tab is "" where the address names a place of the page.
export function addressed(tabs) {
  const [name, thing = ""] = (location.hash.slice(1) || FIRST).split("/");
  return tabs.some((tab) => tab.name === name) ? { name, thing } : { name: "", thing: "" };
}

export function show({ name, title }) {
  document.title = `${title} · Lamplight`;
  for (const part of document.querySelectorAll("[data-kind]")) part.hidden = !part.dataset.kind.split(" ").includes(name);
  for (const link of document.querySelectorAll("nav a[href^='#']")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
