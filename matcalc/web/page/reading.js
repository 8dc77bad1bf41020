// How the text was read, what is doubtful in that, and what the derivative is to be.
import { byId, button, choice, element } from "./dom.js";
import { formula } from "./math.js";
import * as editor from "./editor.js";

const DECLARE = "declare ";

/** Shows a reading; `declare(name, text)` takes an answer to a question, `alternatives()` looks for other readings. */
export function showReading(reading, declare, alternatives) {
  const place = byId("reading");
  place.hidden = false;
  const doubtful = reading.decisions.filter((one) => one.weight === "doubtful");
  const asked = doubtful.map((one) => question(one, reading, declare));
  const said = reading.warnings.filter((words) => !doubtful.some((one) => one.words === words));
  place.replaceChildren(
    element("div", { class: "read" }, element("span", { class: "label" }, "Read as"), formula(reading.latex, { display: true, label: reading.echo })),
    ...said.map((words) => element("p", { class: "warning" }, words)),
    ...asked,
    otherwise(reading, declare, alternatives),
  );
}

function question(decision, reading, declare) {
  return element(
    "div",
    { class: "warning question", role: "group", "aria-label": "Question" },
    element("span", {}, decision.words),
    decision.instead.map((said) => answer(said, decision.span, reading, declare)),
  );
}

/** What else the text could mean, folded away: notes, and alternatives that are looked for when somebody wants to see them. */
function otherwise(reading, declare, alternatives) {
  const assumed = reading.decisions.filter((one) => one.weight === "assumed");
  if (!assumed.length && reading.symbols.every((one) => one.declared)) return null;
  const notes = assumed.map((one) =>
    element("p", {}, element("span", {}, one.words), ...one.instead.map((said) => answer(said, one.span, reading, declare))),
  );
  const many = element("p", {}, "Looking for other readings …");
  const place = element("details", { class: "otherwise" }, element("summary", {}, "Assumed, and what else it could mean"), ...notes, many);
  place.addEventListener("toggle", () => alternatives().then((found) => showAlternatives(many, found, reading, declare)), { once: true });
  return place;
}

function showAlternatives(place, found, reading, declare) {
  const others = found.map(({ words, instead }) => answer(`${words}: ${instead}`, null, reading, declare));
  place.replaceChildren(...(others.length ? [element("span", {}, "Or: "), ...others] : ["No other reading fits."]));
}

/** A button for an answer such as "C is a scalar: declare C: scalar" or "a product: l*a*m"; its words alone where it is none. */
function answer(said, span, reading, declare) {
  const at = said.indexOf(": ");
  const [words, does] = at < 0 ? [said, ""] : [said.slice(0, at), said.slice(at + 2)];
  if (does.startsWith(DECLARE)) {
    const [, name, kind] = /^([^:]+):\s*(.+)$/.exec(does.slice(DECLARE.length)) ?? [];
    if (name) return button(words, () => declare(name.trim(), kind), { class: "quiet", title: `${name}: ${kind}` });
  }
  if (does && span) return button(words, () => editor.replace(reading.text, span, does), { class: "quiet", title: does });
  return element("span", { class: "hint" }, said);
}

/** Shows an error, with its place marked, which may be in what was declared; `forget()` takes that back. */
export function showProblem(error, forget = null) {
  const place = byId("problem");
  if (!error) {
    editor.unmark();
    return place.replaceChildren();
  }
  const { message, expected, suggestion, span } = error;
  const source = error.source ?? editor.text();
  const marked = span ? editor.mark(source, span) : false;
  place.replaceChildren(
    element("p", { class: "message" }, message),
    span && !marked ? element("p", { class: "place" }, "in ", element("code", {}, source)) : "",
    expected ? element("p", {}, "Expected: ", element("span", {}, shortened(expected))) : "",
    suggestion ? element("p", {}, "Try: ", element("span", { class: "try" }, suggestion)) : "",
    span && !marked && forget ? button("Forget what was declared", forget, { class: "quiet" }) : "",
    marked ? button("Go to the place", () => editor.goTo(source, span), { class: "quiet" }) : "",
  );
}

const shortened = (words) => (words.length > 220 ? `${words.slice(0, 200).replace(/,[^,]*$/, "")}, …` : words);

/** The choices: by which variable, which order, which conventions; `change(name, value)` tells of one. */
export function showChoices(reading, state, settings, change) {
  const form = byId("choices");
  form.hidden = false;
  const focused = document.activeElement?.id;
  const parts = [];
  if (!["verify", "simplify"].includes(reading.operation)) parts.push(...ofDerivative(reading, state, change));
  parts.push(conventions(reading, state, settings, change));
  form.replaceChildren(...parts);
  if (focused && document.activeElement?.id !== focused) byId(focused)?.focus();
}

function ofDerivative(reading, state, change) {
  if (reading.says_itself) {
    return [element("p", { class: "by" }, "By ", element("strong", {}, [...new Set(reading.wrt)].join(", ")), ", as the formula says")];
  }
  const names = reading.variables;
  const asks = state.wrt === "" && reading.wrt.length === 0 && names.length > 0;
  const second = state.order === "2";
  const radios = names.map((name) =>
    element(
      "label",
      { class: "chip" },
      element("input", { type: "radio", name: "wrt", id: `wrt-${name}`, value: name, "aria-label": name, checked: name === chosenName(reading, state), onchange: () => change("wrt", name) }),
      element("span", {}, formula(reading.symbols.find((one) => one.name === name)?.latex ?? name)),
    ),
  );
  const by = element("fieldset", { class: asks ? "by asks" : "by" }, element("legend", {}, asks ? "By which symbol?" : "By"), radios);
  const order = choice("Derivative", [["1", "first"], ["2", "second"]], state.order, (value) => change("order", value), { id: "order" });
  const and = [["", "the same"], ...names.map((name) => [name, name])];
  return [by, order, second ? choice("and by", and, state.and, (value) => change("and", value), { id: "and" }) : ""];
}

/** The variable that is chosen, or that alone can be meant. */
export function chosenName(reading, state) {
  return reading.variables.includes(state.wrt) ? state.wrt : (reading.wrt[0] ?? "");
}

function conventions(reading, state, settings, change) {
  const layouts = settings.layouts.map((name) => [name, name]);
  const usual = state.layout === "denominator" && state.symmetric === "projected" && !state.dialect;
  const summary = usual ? "Conventions" : `Conventions: ${[state.layout, state.symmetric, state.dialect].filter(Boolean).join(", ")}`;
  const open = byId("conventions")?.open ?? false;
  return element(
    "details",
    { id: "conventions", class: "conventions", open },
    element("summary", {}, summary),
    element(
      "div",
      { class: "group" },
      choice("Layout", layouts, state.layout, (value) => change("layout", value), { id: "layout" }),
      choice("Symmetric variables", settings.symmetric.map((name) => [name, name]), state.symmetric, (value) => change("symmetric", value), { id: "symmetric" }),
      choice("Written in", [["", `as found (${reading.dialect})`], ...settings.dialects.map((name) => [name, name])], state.dialect, (value) => change("dialect", value), { id: "dialect" }),
    ),
  );
}
