// The input: it grows with its lines, and shows the place of an error.
import { byId, element } from "./dom.js";

const area = byId("formula");
const marks = byId("marks");

/** Spans count characters, strings in JavaScript count halves of some. */
function offset(text, characters) {
  return [...text].slice(0, characters).join("").length;
}

export function text() {
  return area.value;
}

export function setText(value) {
  area.value = value;
  unmark();
}

/** Shows the text without a mark. */
export function unmark() {
  area.removeAttribute("aria-invalid");
  marks.replaceChildren(`${area.value}\n`);
}

/** Marks what stands at a span of `source`, which is the text or a part of it; gives whether it is there. */
export function mark(source, [start, end]) {
  const whole = area.value;
  const at = whole.indexOf(source);
  if (at < 0) return false;
  const from = at + offset(source, start);
  const to = Math.max(at + offset(source, end), from);
  const shown = whole.slice(from, to);
  area.setAttribute("aria-invalid", "true");
  const marked = element("mark", { class: shown.trim() ? null : "gap" }, shown || "\u200b");
  marks.replaceChildren(whole.slice(0, from), marked, `${whole.slice(to)}\n`);
  return true;
}

/** Puts the cursor to a span of `source`. */
export function goTo(source, [start, end]) {
  const at = area.value.indexOf(source);
  area.focus();
  if (at >= 0) area.setSelectionRange(at + offset(source, start), at + offset(source, end));
}

/** Replaces a span of `source` by other words, as typed. */
export function replace(source, span, words) {
  goTo(source, span);
  type(words);
}

/** Writes at the cursor; a call takes what is selected as its argument. */
export function insertCall(name) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  area.focus();
  area.setSelectionRange(start, end);
  type(`${name}(${value.slice(start, end)})`);
  if (start === end) area.setSelectionRange(start + name.length + 1, start + name.length + 1);
}

// execCommand keeps the browser's undo, which setRangeText does not.
function type(words) {
  if (!document.execCommand("insertText", false, words)) {
    area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

export function focus() {
  area.focus();
  area.select();
}

export function focusEnd() {
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

/** `changed()` after every change, `run()` at Enter in a single line and Ctrl+Enter in any. */
export function listen(changed, run) {
  area.addEventListener("input", () => {
    unmark();
    changed();
  });
  area.addEventListener("scroll", () => (marks.scrollTop = area.scrollTop));
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || (!event.shiftKey && !area.value.includes("\n"))) {
      event.preventDefault();
      run();
    }
  });
}
