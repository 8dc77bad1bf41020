// A row for each symbol of the formula: its kind, its size and its facts, as they were found and to be changed.
import { byId, button, element } from "./dom.js";
import { formula } from "./math.js";

const KIND_WORDS = new Set(["scalar", "vector", "matrix", "function", "tensor"]);
const words = (name) => name.replaceAll("_", " ");

/** Shows the symbols; `declare(name, text)` is called with what a change says, null where it is taken back. */
export function showSymbols(symbols, declared, settings, declare) {
  const section = byId("symbols");
  const list = byId("symbol-list");
  section.hidden = symbols.length === 0;
  const open = list.querySelector("details[open]")?.dataset.name;
  const focused = document.activeElement?.id;
  list.replaceChildren(...symbols.map((symbol) => row(symbol, declared.get(symbol.name), settings, declare)));
  const facts = [...list.querySelectorAll("details")].find((one) => one.dataset.name === open);
  if (facts) facts.open = true;
  if (focused && document.activeElement?.id !== focused) byId(focused)?.focus();
}

function row(symbol, said, settings, declare) {
  const { name } = symbol;
  const id = (part) => `symbol-${part}-${name}`;
  const kinds = settings.kinds.includes(symbol.kind) ? settings.kinds : [...settings.kinds, symbol.kind];
  const kind = element(
    "select",
    { id: id("kind"), "aria-label": `Kind of ${name}`, onchange: (event) => declare(name, declaration(event.target.value, "", keptFacts(event.target.value))) },
    kinds.map((one) => element("option", { value: one, selected: one === symbol.kind }, one)),
  );
  const sized = symbol.kind === "vector" || symbol.kind === "matrix" || symbol.kind === "tensor";
  const size = element("input", {
    id: id("size"), "aria-label": `Size of ${name}`, value: symbol.size, size: "5", autocomplete: "off", spellcheck: "false", maxlength: "60",
    disabled: !sized, placeholder: sized ? "size" : "—",
    onchange: (event) => declare(name, declaration(symbol.kind, spelled(event.target.value), symbol.facts)),
  });

  function keptFacts(other) {
    return symbol.facts.filter((fact) => settings.facts.some((one) => one.name === fact && fits(one, other)));
  }

  function change(fact, is) {
    const facts = is ? [...symbol.facts, fact] : symbol.facts.filter((one) => one !== fact);
    declare(name, declaration(symbol.kind, explicitSize(said), facts));
  }

  return element(
    "div",
    { class: "symbol", role: "group", "aria-label": name },
    element("span", { class: "name", title: name }, formula(symbol.latex)),
    kind,
    size,
    symbol.kind === "function" ? null : factsOf(symbol, settings, change),
    said === undefined ? null : button("as found", () => declare(name, null), { class: "quiet", "aria-label": `Forget what was said of ${name}` }),
  );
}

function factsOf(symbol, settings, change) {
  const choices = settings.facts.filter((fact) => fits(fact, symbol.kind));
  const boxes = choices.map((fact) =>
    element(
      "label",
      { title: fact.meaning.replace(/\bX\b/g, symbol.name) },
      element("input", { type: "checkbox", id: `symbol-${fact.name}-${symbol.name}`, checked: symbol.facts.includes(fact.name), onchange: (event) => change(fact.name, event.target.checked) }),
      words(fact.name),
    ),
  );
  const summary = symbol.facts.length ? symbol.facts.map(words).join(", ") : "facts";
  return element(
    "details",
    { class: "facts", "data-name": symbol.name },
    element("summary", { "aria-label": `Facts about ${symbol.name}: ${symbol.facts.map(words).join(", ") || "none"}`, class: symbol.facts.length ? "some" : null }, summary),
    element("div", { class: "boxes" }, boxes),
  );
}

/** Whether a fact can be said of a kind. */
function fits(fact, kind) {
  if (fact.shape === "any") return kind !== "function";
  if (fact.shape === "array") return kind === "vector" || kind === "matrix";
  return fact.shape === "vector" ? kind === "vector" : kind === "matrix";
}

function declaration(kind, size, facts) {
  const sized = kind === "vector" || kind === "matrix" || kind === "tensor";
  return [sized && size ? size : kind, ...facts].join(" ");
}

/** The size that was said itself; none where only a kind or a fact was. */
function explicitSize(said) {
  const first = (said ?? "").split(/\s/)[0];
  return KIND_WORDS.has(first) ? "" : first;
}

const spelled = (size) => size.trim().replace(/\s*[×]\s*|\s+(?:x|by)\s+|(?<=\d)x(?=\d)|(?<=^[A-Za-z])x(?=[A-Za-z]$)/g, "×").replaceAll(" ", "");
