// Elements with text: nothing here takes markup, so that no text from anywhere becomes any.

/** An element with attributes (those that begin with "on" are listeners, true stands for an empty one, null and false for none). */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** A button with a text, and what a click does. */
export function button(text, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, text);
}

/** A drop-down with a label; the options are pairs of a value and its words. */
export function choice(label, options, value, onchange, attributes = {}) {
  const select = element(
    "select",
    { onchange: (event) => onchange(event.target.value), ...attributes },
    options.map(([name, words]) => element("option", { value: name, selected: name === value }, words)),
  );
  return element("label", { class: "choice" }, element("span", {}, label), select);
}

let announced;

/** Tells a screen reader, and shows for a moment. */
export function announce(words, shown = false) {
  const place = byId("status");
  place.textContent = words;
  place.classList.toggle("shown", shown);
  clearTimeout(announced);
  if (shown) announced = setTimeout(() => place.classList.remove("shown"), 1800);
}

/** Puts a text on the clipboard, and says so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = element("textarea", { class: "hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) return announce("The browser does not let this page copy", true);
  }
  announce(`${what} copied`, true);
}

/** Buttons that copy: pairs of what is copied and its text. */
export function copies(texts) {
  const buttons = texts
    .filter(([, text]) => text)
    .map(([what, text]) => button(what, () => copy(text, what), { "aria-label": `Copy ${what}`, class: "quiet" }));
  return element("div", { class: "copies", role: "group", "aria-label": "Copy" }, element("span", { "aria-hidden": "true" }, "Copy"), buttons);
}
