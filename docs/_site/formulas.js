// Formulas are typeset by the copy of KaTeX that the site brings.
document$.subscribe(() => {
  for (const node of document.querySelectorAll(".arithmatex")) {
    const text = node.textContent.trim().replace(/^\\[[(]/, "").replace(/\\[\])]$/, "");
    katex.render(text, node, { displayMode: node.tagName === "DIV", throwOnError: false });
  }
});
