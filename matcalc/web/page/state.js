// What the page is asked: kept in the address, so that a link brings all of it back, and in the browser's own storage as history.

export const DEFAULTS = { f: "", wrt: "", and: "", order: "1", layout: "denominator", symmetric: "projected", dialect: "", view: "steps", style: "index", target: "numpy", picture: "graph" };

/** The state that the page begins with; `declared` are declarations by name. */
export function fresh() {
  return { ...DEFAULTS, declared: new Map() };
}

/** The part of the address behind "#" that says a state. */
export function toFragment(state) {
  const said = new URLSearchParams();
  for (const [name, usual] of Object.entries(DEFAULTS)) if (state[name] !== usual) said.set(name, state[name]);
  if (state.declared.size) said.set("declare", declarations(state.declared));
  return said.toString();
}

/** The state that such a part of an address says. */
export function fromFragment(fragment) {
  const state = fresh();
  const said = new URLSearchParams(fragment.replace(/^#/, ""));
  for (const name of Object.keys(DEFAULTS)) if (said.has(name)) state[name] = said.get(name);
  if (said.has("declare")) state.declared = declared(said.get("declare"));
  return state;
}

/** Declarations as one text, "A: n×n symmetric; x: n". */
export function declarations(map) {
  return [...map].map(([name, said]) => `${name}: ${said}`).join("; ");
}

/** Declarations by name, from such a text. */
export function declared(text) {
  const found = new Map();
  for (const part of text.split(/[;\n]/)) {
    const [, names, said] = /^\s*([^:]+):\s*(.+?)\s*$/.exec(part) ?? [];
    for (const name of (names ?? "").split(",")) if (name.trim()) found.set(name.trim(), said);
  }
  return found;
}

// ---------------------------------------------------------------- what is kept in the browser

const HISTORY = "matcalc.history";
const MOST = 60;

function stored(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function store(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, typeof value === "string" ? value : JSON.stringify(value));
  } catch {
    // No storage, or a full one: the page works without.
  }
}

/** What was asked here before, the last first: objects with the formula, the fragment and the answer. */
export function history() {
  const found = stored(HISTORY, []);
  return Array.isArray(found) ? found.filter((one) => typeof one?.f === "string" && typeof one?.fragment === "string") : [];
}

export function remember(state, answer) {
  const one = { f: state.f, fragment: toFragment({ ...state, view: DEFAULTS.view, style: DEFAULTS.style, target: DEFAULTS.target, picture: DEFAULTS.picture }), answer };
  store(HISTORY, [one, ...history().filter((other) => other.fragment !== one.fragment)].slice(0, MOST));
}

export function forget() {
  store(HISTORY, null);
}
