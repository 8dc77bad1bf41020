// Whether a statement holds: the verdict, what is wrong, a counterexample, the right answer.
import { byId, button, copies, element } from "./dom.js";
import { formula } from "./math.js";

const MEANING = {
  proved: "Equal for all sizes and all values.",
  confirmed: "Equal at every point and size that was tried; no proof in symbols was found.",
  conditional: "False in general, true under a condition.",
  refuted: "Not equal.",
  undecided: "Neither proved nor refuted.",
};

/** Shows a verdict; `use(text)` takes a statement in place of this one, `assume(condition)` a condition, `prove()` asks for lines. */
export function showVerdict(found, { use, assume, prove }) {
  const title = found.status[0].toUpperCase() + found.status.slice(1);
  byId("answer").replaceChildren(
    element("p", { class: `verdict ${found.status}` }, element("strong", {}, title), element("span", {}, MEANING[found.status])),
    ...list([
      reason(found),
      condition(found, assume),
      correction(found, use),
      found.other_layout && element("p", {}, `True in ${found.other_layout} layout; this is ${found.layout} layout.`),
      links(found.links),
      counterexample(found.counterexample),
      remarks(found),
      proof(found, prove),
    ]),
    copies([["verdict", found.unicode]]),
  );
}

const list = (parts) => parts.filter(Boolean);

function reason(found) {
  return found.reason && element("p", { class: "reason" }, found.reason);
}

function condition(found, assume) {
  if (!found.condition) return null;
  const words = found.condition_exact ? "True exactly if" : "True if";
  const [, name, fact] = /^(\w+)(?:: | )(\w+)$/.exec(found.condition) ?? [];
  return element(
    "p",
    { class: "condition" },
    `${words} `,
    element("strong", {}, found.condition_text || found.condition),
    name ? button("Assume it", () => assume(name, fact), { class: "quiet" }) : "",
  );
}

function correction(found, use) {
  if (!found.correction) return null;
  const changed = corrected(found.statement, found.correction);
  return element(
    "div",
    { class: "correction" },
    element("span", { class: "label" }, "Right answer"),
    found.correction_latex ? formula(found.correction_latex, { display: true, label: found.correction }) : element("code", {}, found.correction),
    changed ? button("Use this", () => use(changed), { class: "primary" }) : "",
  );
}

/** The statement with the right answer in place of the side that is no derivative; null where that side is not seen. */
function corrected(statement, answer) {
  const sides = statement.split(/(?<![<>=!:])==?(?!=)/);
  if (sides.length !== 2) return null;
  const [left, right] = sides;
  return DERIVATIVE.test(right) && !DERIVATIVE.test(left) ? `${answer} =${right}` : `${left.trimEnd()} = ${answer}`;
}

const DERIVATIVE = /(^|[^A-Za-z])d\s*\(|\bd\/d|∂|∇|\\frac\s*\{\s*(\\partial|\\mathrm\{d\}|d)|\b(grad|gradient|hessian|jacobian|diff)\b/;

function links(all) {
  if (!all?.length) return null;
  return element("ul", { class: "links" }, all.map((one) => element("li", {}, element("strong", {}, one.status), ` ${one.statement}`)));
}

// ---------------------------------------------------------------- numbers as tables

function counterexample(example) {
  if (!example) return null;
  const sizes = Object.entries(example.sizes).map(([name, size]) => `${name} = ${size}`).join(", ");
  const values = Object.entries(example.values).map(([name, value]) => array(name, value));
  const functions = Object.entries(example.functions ?? {}).map(([name, text]) => element("p", {}, `${name} = ${text}`));
  return element(
    "figure",
    { class: "counterexample" },
    element("figcaption", {}, sizes ? `Counterexample with ${sizes}` : "Counterexample"),
    element("div", { class: "arrays" }, values),
    functions,
    element("div", { class: "arrays sides" }, array("left side", example.left), array("right side", example.right)),
  );
}

/** A number, a vector as a column, a matrix in rows, or slices of a tensor. */
function array(name, value) {
  const rows = !Array.isArray(value) ? [[value]] : value.map((row) => (Array.isArray(row) ? row : [row]));
  const body = rows.map((row) => element("tr", {}, row.map((entry) => element("td", {}, number(entry)))));
  return element("div", { class: "array", tabindex: "0", role: "group", "aria-label": name }, element("table", {}, element("caption", {}, name), element("tbody", {}, body)));
}

function number(entry) {
  if (Array.isArray(entry)) return `[${entry.map(number).join(", ")}]`;
  if (typeof entry !== "number") return String(entry).slice(0, 24);
  return Number.isInteger(entry) && Math.abs(entry) < 1e9 ? String(entry).replace("-", "−") : String(Number(entry.toPrecision(6))).replace("-", "−");
}

function remarks(found) {
  const where = Object.entries(found.declarations ?? {}).map(([name, kind]) => `${name}: ${kind}`).join("; ");
  const notes = found.notes.filter((note) => !note.startsWith("assumed "));
  const rows = [
    ["Where", where ? [where] : []],
    ["Assumed", found.assumed],
    ["Holds if", found.ok ? found.holds_if : []],
    ["Note", notes],
  ];
  return element(
    "dl",
    { class: "remarks" },
    rows.filter(([, texts]) => texts.length).map(([name, texts]) => [element("dt", {}, name), texts.map((text) => element("dd", {}, text))]),
  );
}

function proof(found, prove) {
  if (found.status !== "proved" || found.links?.length) return null;
  const lines = element("div", {});
  const details = element("details", { class: "proof" }, element("summary", {}, "Proof, line by line"), lines);
  details.addEventListener("toggle", async () => {
    if (!details.open || lines.hasChildNodes()) return;
    lines.append(element("p", { class: "wait" }, "…"));
    const answer = await prove();
    const said = answer?.ok ? answer.result.proof : null;
    lines.replaceChildren(said ? element("pre", { class: "code", tabindex: "0", "aria-label": "Proof" }, said.join("\n")) : element("p", {}, "No proof by single lines was found."));
  });
  return details;
}
