// What a click away holds: the functions, examples, what was asked before, and the keys.
import { byId, button, element } from "./dom.js";
import * as stored from "./state.js";

/** A dialog with a title, opened by its button; `fill(body)` is called each time. */
function dialog(id, title, fill) {
  const place = byId(id);
  const body = element("div", { class: "body" });
  const close = () => place.close();
  place.append(
    element("header", {}, element("h2", { id: `${id}-title` }, title), button("×", close, { class: "round", "aria-label": "Close" })),
    body,
  );
  place.addEventListener("click", (event) => event.target === place && close()); // beside it
  byId(`open-${id}`)?.addEventListener("click", () => {
    fill(body, close);
    place.showModal();
  });
}

const GROUPS = { elementwise: "Entry by entry", scalar: "To a number", vector: "To a vector", matrix: "Of matrices", "built in": "Built in" };

/** All functions, to be sought and inserted; `ask` gives the list and the help on one. */
export function functions(ask, insert) {
  let cards = null;
  dialog("functions", "Functions", async (body, close) => {
    const search = element("input", { type: "search", placeholder: "softmax, determinant, largest …", "aria-label": "Search functions", autocomplete: "off" });
    const list = element("div", { class: "cards" });
    body.replaceChildren(search, list);
    search.addEventListener("input", () => show());
    const answer = cards ? null : await ask("functions", {});
    if (answer && !answer.ok) return list.replaceChildren(element("p", { class: "message" }, answer.error.message));
    cards ??= answer.result.functions;
    show();

    function show() {
      const sought = search.value.trim().toLowerCase().split(/\s+/);
      const found = cards.filter((one) => sought.every((word) => `${one.call} ${one.meaning} ${one.aliases}`.toLowerCase().includes(word)));
      const kinds = [...new Set(found.map((one) => one.kind))];
      const groups = kinds.map((kind) => [
        element("h3", {}, GROUPS[kind] ?? kind),
        element("ul", {}, found.filter((one) => one.kind === kind).map((one) => card(one, close))),
      ]);
      list.replaceChildren(...(found.length ? groups.flat() : [element("p", {}, "No function has these words.")]));
    }
  });

  function card(one, close) {
    const use = () => {
      close();
      insert(one.name);
    };
    const help = element("pre", { class: "code", hidden: true, tabindex: "0", "aria-label": `Help on ${one.name}` });
    const more = button("?", toggle, { class: "round quiet", "aria-label": `About ${one.name}`, "aria-expanded": "false", title: "Derivative and source" });
    async function toggle() {
      help.hidden = !help.hidden;
      more.setAttribute("aria-expanded", String(!help.hidden));
      if (help.hidden || help.textContent) return;
      help.textContent = "…";
      const answer = await ask("help", { name: one.name });
      help.textContent = answer.ok ? answer.result.text : answer.error.message;
    }
    const meaning = one.aliases ? `${one.meaning} (also ${one.aliases})` : one.meaning;
    return element(
      "li",
      {},
      element("div", { class: "line" }, element("button", { type: "button", class: "entry", onclick: use }, element("code", {}, one.call), element("span", {}, meaning)), more),
      help,
    );
  }
}

const stateOf = (example) => {
  const [wrt = "", and = ""] = (example.wrt ?? "").split(",").map((name) => name.trim());
  return { ...stored.fresh(), f: example.text, wrt, order: and ? "2" : "1", and: and === wrt ? "" : and, declared: stored.declared(example.declare ?? "") };
};

/** Buttons for the examples; `open(state)` runs one. */
export function exampleList(examples, open) {
  return element(
    "ul",
    { class: "entries" },
    examples.map((one) =>
      element("li", {}, element("button", { type: "button", class: "entry", onclick: () => open(stateOf(one)) }, element("span", {}, one.title), element("code", {}, one.text))),
    ),
  );
}

export function examples(list, open) {
  dialog("examples", "Examples", (body, close) => {
    body.replaceChildren(
      exampleList(list(), (state) => {
        close();
        open(state);
      }),
    );
  });
}

export function history(open) {
  dialog("history", "History", function fill(body, close) {
    const entries = stored.history().map(({ f, fragment, answer }) => {
      const again = () => {
        close();
        open(stored.fromFragment(fragment));
      };
      return element("li", {}, element("button", { type: "button", class: "entry", onclick: again }, element("code", {}, f), element("span", {}, answer)));
    });
    const clear = button("Clear the history", () => {
      stored.forget();
      fill(body, close);
    });
    body.replaceChildren(
      ...(entries.length ? [element("ul", { class: "entries" }, entries), clear] : [element("p", {}, "Nothing yet.")]),
      element("p", { class: "hint" }, "Kept in this browser alone."),
    );
  });
}

const KEYS = [
  ["/", "to the formula, from anywhere"],
  ["Enter", "derive or verify; in a text of several lines Ctrl+Enter"],
  ["Shift+Enter", "a new line"],
  ["← →, Home, End", "between tabs"],
  ["Esc", "closes what is open, else leaves the formula"],
  ["?", "these keys"],
];

export function keys() {
  dialog("keys", "Keys", (body) => {
    body.replaceChildren(element("dl", { class: "keys" }, KEYS.map(([key, does]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, does)])));
  });
}
