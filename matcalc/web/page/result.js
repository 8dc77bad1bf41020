// What was derived: the formula, texts to copy, where it holds; its steps, programs and pictures, each asked for when it is looked at.
import { byId, copies, element } from "./dom.js";
import { formula } from "./math.js";
import { tabs } from "./tabs.js";

/** Shows a derivative; `ask(operation, more)` asks for what belongs to it, `change(name, value)` tells of a choice. */
export function showDerivative(found, state, settings, ask, change) {
  const markdown = `$$\n${found.equation?.latex ?? found.latex}\n$$`;
  const place = byId("answer");
  const views = tabs(
    "More about the result",
    [
      { name: "steps", title: "Steps" },
      { name: "code", title: "Code" },
      ...(settings.operations?.includes("draw") ? [{ name: "picture", title: "Picture" }] : []),
      { name: "details", title: "Details" },
    ],
    state.view,
    (name, panel) => {
      change("view", name);
      panel.replaceChildren();
      ({ steps, code, picture, details })[name](panel, { found, state, settings, ask, change });
    },
  );
  place.replaceChildren(
    element("div", { class: "shown" }),
    copies([["LaTeX", found.latex], ["Unicode", found.unicode], ["ASCII", found.ascii], ["Markdown", markdown], ["Typst", found.typst]]),
    remarks(found),
    views.node,
  );
  showEquation(found, place.firstChild);
  views.open();
}

/** The equation on one line, or on two where it is wider than the page. */
function showEquation(found, place) {
  const label = found.equation.unicode;
  place.replaceChildren(formula(found.equation.latex, { display: true, label }));
  const [shown] = place.children;
  document.fonts.ready.then(() => place.contains(shown) && breakIfWide(found, place, shown));
  breakIfWide(found, place, shown);
}

function breakIfWide(found, place, shown) {
  const left = found.equation.latex.slice(0, -found.latex.length);
  if (shown.scrollWidth <= shown.clientWidth || `${left}${found.latex}` !== found.equation.latex) return;
  const broken = String.raw`\begin{aligned}&${left.replace(/\s*=\s*$/, "")}\\[0.4em]&\quad=${found.latex}\end{aligned}`;
  place.replaceChildren(formula(broken, { display: true, label: found.equation.unicode }));
}

function remarks(found) {
  const shape = found.shape?.length ? found.shape.join("×") : "scalar";
  const rows = [
    ["Shape", [`${shape}, ${found.layout} layout`]],
    ["Holds if", found.conditions],
    ["Note", found.notes.filter((note) => !found.reading.warnings.includes(note))],
  ];
  return element(
    "dl",
    { class: "remarks" },
    rows.filter(([, texts]) => texts?.length).map(([name, texts]) => [element("dt", {}, name), texts.map((text) => element("dd", {}, text))]),
  );
}

/** The differential of a formula, or a Hessian along a direction, which have no steps and no code here. */
export function showDifferential(found) {
  byId("answer").replaceChildren(
    formula(found.latex, { display: true, label: found.unicode }),
    copies([["LaTeX", found.latex], ["Unicode", found.unicode], ["ASCII", found.ascii]]),
    remarks({ ...found, shape: null }),
  );
}

/** Another form of a formula, with the way to it. */
export function showForm(found) {
  const way = element("ol", { class: "steps" }, found.steps.map(step));
  byId("answer").replaceChildren(
    formula(found.latex, { display: true, label: found.unicode }),
    copies([["LaTeX", found.latex], ["Unicode", found.unicode], ["ASCII", found.ascii]]),
    found.steps.length ? way : element("p", { class: "hint" }, "No shorter form was found."),
    remarks({ ...found, shape: null }),
  );
}

// ---------------------------------------------------------------- what is asked for when it is looked at

/** Fills a panel with what an operation answers, unless another was chosen meanwhile. */
async function filled(panel, asked, fill) {
  const turn = {};
  panel.turn = turn;
  panel.setAttribute("aria-busy", "true");
  if (!panel.hasChildNodes()) panel.append(element("p", { class: "wait" }, "…"));
  const answer = await asked;
  if (panel.turn !== turn || answer === null) return;
  panel.removeAttribute("aria-busy");
  panel.replaceChildren(...(answer.ok ? fill(answer.result) : [element("p", { class: "message" }, answer.error.message)]));
}

const STYLES = [
  { name: "index", title: "Entry by entry" },
  { name: "differential", title: "By differentials" },
];

function steps(panel, { state, ask, change }) {
  const styles = tabs("Style of the steps", STYLES, state.style, (style, inner) => {
    change("style", style);
    filled(inner, ask("steps", { style }), (result) => [
      element("ol", { class: "steps" }, result.steps.map(step)),
      copies([["LaTeX", result.latex], ["Markdown", result.markdown], ["Unicode", result.unicode]]),
    ]);
  });
  panel.replaceChildren(styles.node);
  styles.open();
}

function step(one) {
  const more = [one.remark, one.source].filter(Boolean).map((words) => element("small", {}, words));
  return element("li", {}, element("div", { class: "rule" }, element("span", {}, one.rule), more), formula(one.latex, { display: true, label: one.text }));
}

function code(panel, { state, settings, ask, change }) {
  const targets = tabs("Language", settings.targets, state.target, (target, inner) => {
    change("target", target);
    filled(inner, ask("code", { target }), (result) => [
      copies([["code", result.code]]),
      element("pre", { class: "code", tabindex: "0", "aria-label": `Program for ${target}` }, element("code", {}, result.code)),
    ]);
  });
  panel.replaceChildren(targets.node);
  targets.open();
}

const PICTURES = [
  { name: "graph", title: "Chain rule" },
  { name: "network", title: "Tensor network" },
  { name: "sparsity", title: "Sparsity" },
];

/** A drawing is shown as an image: nothing in it can run. The chain rule is drawn for a first derivative. */
function picture(panel, { found, state, ask, change }) {
  const second = found.order === 2;
  const pictures = tabs("Picture", second ? PICTURES.slice(1) : PICTURES, state.picture, (name, inner) => {
    change("picture", name);
    filled(inner, ask("draw", { picture: name, order: second ? 2 : null }), (result) => [
      element("img", { class: "picture", alt: result.alt, src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(result.svg)}` }),
    ]);
  });
  panel.replaceChildren(pictures.node);
  pictures.open();
}

function details(panel, { found }) {
  const rows = [
    ["In index notation", found.index],
    ["Read as", found.reading.echo.replace(/^read as: /, "")],
    ["Dialect", found.reading.dialect],
    ["Closed form", found.closed ? "yes" : "no: an index is left"],
    ["Symmetric variables", found.symmetric],
  ];
  panel.append(element("dl", { class: "remarks" }, rows.map(([name, text]) => [element("dt", {}, name), element("dd", {}, text)])));
}
