"""Reading takes time in proportion to the text, or ends with LimitError.

Work is counted in lines that are executed, of a text and of one four times as long. What goes on inside one call, as in a regular
expression, cannot be counted: so all texts are read in a process of their own as well, which has a minute or two.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import matcalc
from matcalc.base.budgets import LONGEST_RUN, MOST_CHARACTERS, MOST_DOCUMENT_CHARACTERS
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.documents.examination import numbered
from matcalc.documents.formats import manuscript, reader
from matcalc.language import elaborate
from matcalc.language.statements import elaborate_statement
from matcalc.language.syntax import parser
from matcalc.language.text.terminals import partners
from tests.counting import lines

ROOT = Path(__file__).resolve().parents[2]
FORMULAS = [
    "x'*x" + "\n" * 90_000,
    "||" * 1000, "||" * 40_000, "|x" * 40_000,
    "x" * 99_000, "xAx" * 33_000, "a_b_c_" * 16_000, "lambda" * 16_000, "x1" * 49_000,
    "x_max\u1d40" * 16_000, "x\u1d40" * 49_000, "x\u0301" * 49_000, "x" + "\u0301" * 99_000,
    "1" * 99_000, "1.5" * 30_000, "1e5" * 30_000, "x" + "+x" * 24_000, "x" + "'" * 49_000, "-" * 49_000 + "x",
    "(" * 10_000 + "x" + ")" * 10_000, "{" * 10_000 + "x" + "}" * 10_000, "(" * 99_000,
    r"\sqrt{" * 5_000 + "x" + "}" * 5_000, r"\sqrt" * 15_000 + "x", r"\frac" * 15_000, r"\frac1" * 14_000, r"\mathbf " * 12_000 + "x",
    "^{(" * 7_000 + ")}" * 7_000, r"\left(" * 3_000 + "x" + r"\right)" * 3_000, r"\begin{bmatrix}" * 6_000,
    r"\newcommand{\a}{" * 6_000, r"\newcommand{\a}[1][" * 5_000, r"\def\a#1{" * 9_000, "%\n" * 9_000 + r"\newcommand{\a}{x}" * 4_000,
    "".join(rf"\newcommand{{\{chr(98 + k)}}}{{\{chr(97 + k)}\{chr(97 + k)}}}" for k in range(24)) + r"\newcommand{\a}{x} \y",
    "a=x;" * 20_000 + "a", ";" * 99_000 + "x", "x = \n" * 19_000, " " * 99_000 + "x", "d/dx " * 19_000 + "x", "f(x) = " * 14_000 + "x",
    "+".join(["sum_i (y_i - w'x_i)^2"] * 1_700), "x " + "where " * 6_600, "+".join(["r"] * 19_000) + " where r = X*w - y",
    "+".join(["<x,y>"] * 6_600), "+".join(["X.sum(axis=0)"] * 2_800), "+".join(["A(2, 1)"] * 5_000), "+".join(["X[i,:]"] * 5_600),
    "+".join(["uv' x"] * 6_600), "lam*" * 9_900 + "x", "log.(x)+" * 4_900 + "x", "A\\b+" * 9_900 + "x", "x" + "^(i)" * 9_900,
    "a" + "=a" * 19_000,
    "\u2202" * 99_000, "\u2211_i " * 24_000, "sum(i, " * 14_000, "sin " * 24_000, "np." * 33_000, "x.T" * 33_000,
]  # fmt: skip
DOCUMENTS = [
    r"\begin{align}" * 60_000, r"\begin{align}x\end{align}" * 40_000, r"\newcommand{\a}{" * 60_000, r"\[" * 400_000, r"\(" * 400_000,
    "$$" * 400_001, "$x" * 400_001, "%" * 900_000, "% \n" * 300_000, "\n" * 900_000, r"\label{" * 100_000, "\\\\[" * 300_000,
    "$$ d(" + "d(" * 400_000 + " = 1 $$", "$$ d(x)/dx" + r" \\ = x" * 100_000 + "$$", "$$ d(x)/dx" + " = x" * 200_000 + "$$",
    "$$ d(x)/dx = x" + " " * 900_000 + "y$$", "<!-- matcalc:" * 70_000, "```\n" * 100_001, "~~~\n" + "`x` " * 200_000, "`" * 900_001,
    r"\begin{align} d(x'*x)/dx &= 2*x \end{align}" * 50 + "\n" * 400_000,
]  # fmt: skip
UNITS = {
    "a.md": ["$ a", "`", "(a ", "a $$\n\n", "{% highlight a %}\n", "\\begin{align}\\begin{align}\\end{align}"],
    "a.rst": [":math:`", "``a "],
    "a.html": ["<!--", "<a ", "<svg>"],
    "a.txt": ["x =      ", "a, ", "= a", "x = y +\n"],
}
NOTEBOOKS = ['{"cells": [' * 20_000, '{"cells": [' + '{"source": ["$x$"]},' * 20_000 + "{}]}", '"' * 200_000, "[" * 200_000]


def read_formula(text: str) -> None:
    with contextlib.suppress(MatcalcError):
        elaborate_statement(text) if len(text) % 3 == 0 else elaborate(text)


def read_document(text: str, name: str) -> None:
    with contextlib.suppress(MatcalcError):
        numbered(reader(Path(name))(text, name, None))


def read_all(formulas: int, documents: int) -> None:
    """Reads the beginnings of all texts, so many characters of each."""
    for text in FORMULAS:
        read_formula(text[:formulas])
    for name in ("a.tex", "a.md"):
        for text in DOCUMENTS:
            read_document(text[:documents], name)
    for name, units in UNITS.items():
        for unit in units:
            read_document(unit * (documents // len(unit)), name)
    for text in NOTEBOOKS:
        read_document(text[:documents], "a.ipynb")


def test_no_text_takes_more_than_its_length() -> None:
    program = "from tests.budget.test_reading import read_all; read_all(6_000, 15_000)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=240, check=True)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text is parsed anew, so that all of its work is seen."""
    monkeypatch.setattr(parser, "_parsed_long", parser._parsed.__wrapped__)
    monkeypatch.setattr(parser, "_LONGEST_OF_MANY", 0)


def grows(work: Callable[[int], None]) -> bool:
    """Whether work grows with the square of a length, or more."""
    work(280)
    return lines(lambda: work(1120)) > 7 * lines(lambda: work(280))


@pytest.mark.parametrize("text", [text for text in FORMULAS if text[-2:] != r"\y"], ids=lambda text: text[:12])
def test_work_grows_with_the_length_of_a_formula(text: str) -> None:
    assert not grows(lambda length: read_formula(text[:length].rpartition("+")[0] or text[:length]))


@pytest.mark.parametrize("name", ["a.tex", "a.md"])
@pytest.mark.parametrize("text", DOCUMENTS, ids=[text[:12] for text in DOCUMENTS])
def test_work_grows_with_the_length_of_a_document(text: str, name: str) -> None:
    assert not grows(lambda length: read_document(text[:length], name))


def test_work_that_grows_with_the_square_is_seen() -> None:
    def again_for_each(length: int) -> None:
        tokens = matcalc.language.text.scanner.scan("(x)+" * (length // 4) + "x")
        for token in tokens:
            if token.type == "LPAR":
                partners(tokens)

    assert grows(again_for_each)


def test_a_text_has_a_greatest_length() -> None:
    with pytest.raises(LimitError, match="more than 100,000 characters"):
        matcalc.derive("x" + "+x" * (MOST_CHARACTERS // 2), "x")


@pytest.mark.parametrize("text", ["x" * (LONGEST_RUN + 1), r"\frac{" + "x" * (LONGEST_RUN + 1) + "}{2}"])
def test_a_run_of_letters_has_a_greatest_length(text: str) -> None:
    with pytest.raises(LimitError, match="a run of more than 500 letters"):
        matcalc.parse(text)


def test_a_document_has_a_greatest_length(tmp_path: Path) -> None:
    path = tmp_path / "long.md"
    path.write_text("x" * (MOST_DOCUMENT_CHARACTERS + 1), encoding="utf-8")
    with pytest.raises(LimitError, match="characters"):
        manuscript(path)
