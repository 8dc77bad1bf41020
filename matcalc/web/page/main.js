// The page: what is typed is read, what is read is derived or verified, and the address says it all.
import { connect, latest } from "./backend.js";
import { announce, byId, copy, element } from "./dom.js";
import * as editor from "./editor.js";
import * as library from "./library.js";
import { chosenName, showChoices, showProblem, showReading } from "./reading.js";
import { showDerivative, showDifferential, showForm } from "./result.js";
import * as stored from "./state.js";
import { showSymbols } from "./symbols.js";
import { showVerdict } from "./verdict.js";

const PAUSE = 250; // milliseconds after the last key
const KEPT = 2500; // until a result that stays is history

let state = stored.fromFragment(location.hash);
let reading = null;
let pause, keeping;

const backend = await connect((words) => showProgress(words));
const channels = { read: latest(backend), answer: latest(backend), view: latest(backend), library: backend };
const settingsAnswer = backend.ask("settings", {});
const examplesAnswer = backend.ask("examples", {});

// ---------------------------------------------------------------- asking

/** The declarations that are said of names in the formula; those of others wait. */
function declareText() {
  const spelledOut = /[^\x00-\x7f]/.test(state.f); // λ has the name lambda
  const known = (name) => spelledOut && reading?.symbols.some((one) => one.name === name);
  const used = [...state.declared].filter(([name]) => state.f.includes(name) || known(name));
  return used.length ? stored.declarations(new Map(used)) : null;
}

function request() {
  return { text: state.f, declare: declareText(), dialect: state.dialect || null };
}

function derivativeRequest() {
  const asked = { ...request(), layout: state.layout, symmetric: state.symmetric };
  if (reading.says_itself) return asked;
  const wrt = chosenName(reading, state);
  if (state.order === "2" && reading.variables.includes(state.and) && state.and !== wrt) return { ...asked, wrt: `${wrt}, ${state.and}`, order: 2 };
  return { ...asked, wrt, order: Number(state.order) };
}

/** What is asked for a Hessian along a direction, which the text says. */
function productRequest() {
  const asked = { ...request(), layout: state.layout, symmetric: state.symmetric };
  return reading.says_itself ? asked : { ...asked, wrt: chosenName(reading, state) };
}

/** Reads the text, then asks for what it asks for. */
async function read() {
  const { settings } = await choices();
  const offered = { ...settings, orders: ["1", "2"], dialects: ["", ...settings.dialects] };
  for (const [name, from] of [["order", "orders"], ["layout", "layouts"], ["symmetric", "symmetric"], ["dialect", "dialects"]]) {
    if (!offered[from].includes(state[name])) state[name] = stored.DEFAULTS[name]; // a link may say anything
  }
  clearTimeout(pause);
  clearTimeout(keeping);
  saveAddress();
  if (!state.f.trim()) return showNothing();
  stale(true);
  const asked = request();
  const answer = await channels.read("read", { ...asked, alternatives: false });
  if (answer === null) return;
  if (!answer.ok) return fail(answer.error);
  reading = answer.result;
  showProblem(null);
  showReading(reading, declare, () => alternatives(asked));
  showSymbols(reading.symbols, state.declared, settings, declare);
  byId("run").textContent = RUN[reading.operation] ?? "Derive";
  await answerIt(settings);
}

/** Other readings of what was read, each of which takes as long as the first. */
async function alternatives(asked) {
  const answer = await backend.ask("read", asked);
  return answer.ok ? answer.result.alternatives : [];
}

const RUN = { verify: "Verify", simplify: "Simplify" };

async function answerIt(settings) {
  showChoices(reading, state, settings, choose);
  if (reading.operation === "simplify") return simplify();
  if (reading.operation === "verify") return verify();
  if (!reading.says_itself && !chosenName(reading, state)) {
    stale(false);
    const words = reading.variables.length ? "Choose the symbol to differentiate by." : "There is nothing here to differentiate by.";
    return byId("answer").replaceChildren(element("p", { class: "hint" }, words));
  }
  const requests = { differential: () => ({ ...request(), text: reading.formula }), hvp: productRequest };
  const operation = reading.operation in requests ? reading.operation : "derive";
  const asked = (requests[operation] ?? derivativeRequest)();
  const answer = await channels.answer(operation, asked);
  if (answer === null) return;
  if (!answer.ok) return fail(answer.error);
  stale(false);
  const found = answer.result;
  if (operation !== "derive") showDifferential(found);
  else showDerivative(found, state, settings, (view, more) => channels.view(view, { ...asked, ...more }), note);
  done(found.unicode);
}

async function simplify() {
  const answer = await channels.answer("simplify", request());
  if (answer === null) return;
  if (!answer.ok) return fail(answer.error);
  stale(false);
  showForm(answer.result);
  done(answer.result.unicode);
}

async function verify() {
  const asked = { ...request(), layout: state.layout, symmetric: state.symmetric };
  const answer = await channels.answer("verify", asked);
  if (answer === null) return;
  if (!answer.ok) return fail(answer.error);
  stale(false);
  showVerdict(answer.result, {
    use: (text) => open({ ...state, f: text }),
    assume,
    prove: () => channels.view("verify", { ...asked, proof: true }),
  });
  done(answer.result.status);
}

function assume(name, fact) {
  const symbol = reading.symbols.find((one) => one.name === name);
  const said = state.declared.get(name) ?? (symbol && symbol.kind !== fact ? symbol.kind : "");
  declare(name, symbol && fact === "scalar" ? fact : `${said} ${fact}`.trim());
}

// ---------------------------------------------------------------- showing

function done(words) {
  announce(`Result: ${words}`);
  clearTimeout(keeping);
  keeping = setTimeout(() => stored.remember(state, words), KEPT);
}

function fail(error) {
  stale(false);
  showProblem(error, state.declared.size ? forget : null);
  byId("answer").classList.add("old");
}

function stale(is) {
  byId("result-title").textContent = "Result";
  byId("answer").classList.remove("old");
  byId("result").setAttribute("aria-busy", String(is));
}

async function showNothing() {
  stale(false);
  reading = null;
  showProblem(null);
  for (const id of ["reading", "choices", "symbols"]) byId(id).hidden = true;
  byId("run").textContent = "Derive";
  const { examples } = await choices();
  if (state.f.trim()) return;
  byId("result-title").textContent = "Examples";
  byId("answer").replaceChildren(element("p", { class: "hint" }, "Type a formula, or begin with one of these."), library.exampleList(examples, open));
}

async function choices() {
  const [settings, examples] = await Promise.all([settingsAnswer, examplesAnswer]);
  if (!settings.ok) fail(settings.error);
  return { settings: settings.result ?? { kinds: [], facts: [], targets: [], layouts: [], symmetric: [], dialects: [] }, examples: examples.result?.examples ?? [] };
}

function showProgress(words) {
  const place = byId("status");
  place.classList.toggle("loading", words !== null);
  place.classList.toggle("shown", words !== null);
  place.textContent = words ?? "";
}

// ---------------------------------------------------------------- changing

/** A state in place of this one: an example, something from history, a link. */
function open(other) {
  state = other;
  editor.setText(state.f);
  editor.focusEnd();
  read();
}

function declare(name, said) {
  state.declared = new Map(state.declared);
  if (said === null) state.declared.delete(name);
  else state.declared.set(name, said);
  read();
}

function forget() {
  state.declared = new Map();
  read();
}

/** A choice that asks anew. */
function choose(name, value) {
  state[name] = value;
  if (name === "dialect") read();
  else {
    saveAddress();
    stale(true);
    choices().then(({ settings }) => answerIt(settings));
  }
}

/** A choice that only shows another side of the same answer. */
function note(name, value) {
  state[name] = value;
  saveAddress();
}

function saveAddress() {
  document.title = state.f.trim() ? `${state.f.trim().slice(0, 60)} · matcalc` : "matcalc: matrix derivatives";
  const fragment = stored.toFragment(state);
  if (fragment !== location.hash.slice(1)) window.history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
}

function typed() {
  state.f = editor.text();
  clearTimeout(pause);
  pause = setTimeout(read, PAUSE);
}

function run() {
  state.f = editor.text();
  read();
}

// ---------------------------------------------------------------- beginning

function darkNow() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function showTheme() {
  byId("theme").setAttribute("aria-pressed", String(darkNow()));
}

byId("theme").addEventListener("click", () => {
  const next = darkNow() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  stored.store("matcalc.theme", next);
  showTheme();
});
byId("share").addEventListener("click", () => {
  saveAddress();
  copy(location.href, "Link");
});
byId("run").addEventListener("click", run);
addEventListener("hashchange", () => open(stored.fromFragment(location.hash)));
addEventListener("keydown", (event) => {
  const within = event.target.closest("input, textarea, select, dialog");
  if (event.key === "Escape") {
    const facts = event.target.closest?.("details.facts[open]");
    if (facts) {
      facts.open = false;
      facts.querySelector("summary").focus();
    } else if (event.target.id === "formula") event.target.blur();
  }
  if (within || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    editor.focus();
  } else if (event.key === "?") byId("open-keys").click();
});
document.addEventListener("click", (event) => {
  for (const facts of document.querySelectorAll("details.facts[open]")) if (!facts.contains(event.target)) facts.open = false;
});

showTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
library.functions((operation, asked) => backend.ask(operation, asked), editor.insertCall);
let examples = [];
library.examples(() => examples, open);
library.history(open);
library.keys();
editor.listen(typed, run);
editor.setText(state.f);
if (!state.f) editor.focus();
read();
choices().then((found) => {
  examples = found.examples;
  byId("about").textContent = `matcalc ${found.settings.version ?? ""}`;
});
