"""Renders the LaTeX of every case with KaTeX: ``python -m tests.latex_rendering``. Needs Node.js and npm, which fetches KaTeX.

Prints what KaTeX refuses, in its strict mode, and ends with status 1 then; ``--html FILE`` keeps a page to look at.
A formula that KaTeX must refuse is rendered too: when it is not refused, the check itself is broken.
"""

from __future__ import annotations

import html
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click

import matcalc
from matcalc.steps import presented
from tests.cases.reading import read_cases

_RENDER = """
const katex = require("katex"), fs = require("fs");
const rows = JSON.parse(fs.readFileSync("rows.json"));
fs.writeFileSync("out.json", JSON.stringify(rows.map(row => {
  try { return {html: katex.renderToString(row, {throwOnError: true, strict: "error", displayMode: true, output: "mathml"})}; }
  catch (error) { return {error: String(error.message)}; }
})));
"""
_PLANTED = r"\left( x"


def formulas() -> dict[str, str]:
    """The equation of every case, plain and in bold type, and its derivation in steps, by the place of the case."""
    found: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / "cases").glob("*.cases")):
        for case in read_cases(path):
            wrt = case.wrt[0] if len(case.wrt) == 1 else case.wrt
            layout, symmetric = case.options["layout"], case.options["symmetric"]
            derivation = matcalc.derive(case.expression, wrt, declare=case.declare or None, layout=layout, symmetric=symmetric)  # type: ignore[arg-type]
            found[f"{case} steps"] = presented(tuple(derivation.steps), "latex")
            for bold in (False, True):
                found[f"{case}{' bold' * bold}"] = derivation.latex(True, bold=bold)
    return found


def rendered(sources: list[str]) -> list[dict[str, str]]:
    """For each source its MathML, or the error."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rows.json").write_text(json.dumps(sources), encoding="utf-8")
        (Path(folder) / "render.js").write_text(_RENDER, encoding="utf-8")
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "katex@0.16"], cwd=folder, check=True)
        subprocess.run(["node", "render.js"], cwd=folder, check=True)
        answers: list[dict[str, str]] = json.loads((Path(folder) / "out.json").read_text(encoding="utf-8"))
    return answers


@click.command()
@click.option("--html", "page", type=click.Path(dir_okay=False), help="Where to write a page of everything rendered.")
def main(page: str | None) -> None:
    """Render the LaTeX of every case with KaTeX."""
    sources = formulas()
    *answers, planted = rendered([*sources.values(), _PLANTED])
    if "error" not in planted:
        raise SystemExit("the planted error was not seen")
    refused = [(place, source, answer["error"]) for (place, source), answer in zip(sources.items(), answers) if "error" in answer]
    for place, source, error in refused:
        print(f"{place}: {error}\n  {source}")
    print(f"{len(sources)} formulas rendered, {len(refused)} refused")
    if page:
        rows = [f"<p><small>{html.escape(place)}</small> {answer.get('html', '')}</p>" for place, answer in zip(sources, answers)]
        Path(page).write_text('<meta charset="utf-8">\n' + "\n".join(rows), encoding="utf-8")
    sys.exit(1 if refused else 0)


if __name__ == "__main__":
    main()
