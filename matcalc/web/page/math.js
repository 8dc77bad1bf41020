// Formulas in LaTeX as KaTeX sets them: into nodes, with no markup in between, trusting nothing.
import { element } from "./dom.js";

const OPTIONS = { trust: false, throwOnError: true, strict: false, maxExpand: 2000, maxSize: 50, output: "htmlAndMathml" };

/** A formula; where KaTeX is not there or does not read it, its label or its source. */
export function formula(latex, { display = false, label = null } = {}) {
  const place = element("span", { class: display ? "formula display" : "formula" });
  if (label) place.setAttribute("aria-label", label);
  if (display) place.tabIndex = 0; // so that a long one is scrolled by keys
  if (display) place.setAttribute("role", "group");
  try {
    const tree = globalThis.katex.__renderToDomTree(latex, { ...OPTIONS, displayMode: display });
    place.append(styled(tree).toNode());
  } catch {
    place.append(element("code", {}, label ?? latex));
  }
  return place;
}

/** The tree with style attributes, which the content security policy refuses, set as properties, which it does not mind. */
function styled(tree) {
  const open = [tree];
  while (open.length) {
    const node = open.pop();
    const style = node.attributes?.style;
    if (style !== undefined) {
      delete node.attributes.style;
      const make = node.toNode;
      node.toNode = function () {
        const made = make.call(this);
        made.style.cssText = style;
        return made;
      };
    }
    open.push(...(node.children ?? []));
  }
  return tree;
}
