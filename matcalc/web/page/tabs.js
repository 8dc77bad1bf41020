// Tabs as WAI-ARIA describes them: one of them is in the tab order, arrows, Home and End move.
import { element } from "./dom.js";

let count = 0;

/**
 * Tabs of `{name, title}`, and the panel that they share; `onchoose(name, panel)` fills it. A choice that was made
 * before stands in `chosen`.
 */
export function tabs(label, entries, chosen, onchoose) {
  count += 1;
  const id = `tabs-${count}`;
  const panel = element("div", { role: "tabpanel", id: `${id}-panel`, tabindex: "0" });
  const buttons = entries.map(({ name, title }) =>
    element("button", { type: "button", role: "tab", id: `${id}-${name}`, "aria-controls": panel.id, "data-name": name }, title),
  );
  const list = element("div", { role: "tablist", "aria-label": label }, buttons);

  function choose(button, focus = false) {
    for (const other of buttons) {
      const is = other === button;
      other.setAttribute("aria-selected", String(is));
      other.tabIndex = is ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", button.id);
    if (focus) button.focus();
    onchoose(button.dataset.name, panel);
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("[role=tab]");
    if (button) choose(button);
  });
  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const last = buttons.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    choose(buttons[to], true);
  });
  const first = buttons.find((button) => button.dataset.name === chosen) ?? buttons[0];
  return { node: element("div", { class: "tabs" }, list, panel), open: () => choose(first) };
}
