"""Damaged and hostile documents: work grows no faster than the text, each damage is told at its place, and the rest is read.

Work is counted in calls of functions, so that no clock decides: four times the text may cost little more than four times the calls (a
sentence has a greatest length, up to which its parts are compared with each other).
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from matcalc.base.budgets import LONGEST_FORMULA, MOST_DOCUMENT_CHARACTERS, MOST_FAULTS
from matcalc.documents.blocks import Fault, Formula
from matcalc.documents.context.survey import survey
from matcalc.documents.examination import numbered
from matcalc.documents.formats import manuscript, reader

SMALL = 25
UNITS = {
    "many formulas in one sentence": ("tex", "and $x = y$ too "),
    "many formulas without words": ("tex", "$x = y$"),
    "many notes in one paragraph": ("tex", r"a\footnote{b $c = d$.} "),
    "many notes": ("tex", "a\\footnote{b $c = d$.}\n\n"),
    "many definitions of one name": ("tex", "Let $f(x) = x + 1$ be given.\n\n"),
    "many facts about one name": ("tex", "Suppose that $A$ is symmetric.\n\n"),
    "many conventions": ("tex", "We use the numerator layout.\n\n$a = b$\n\n"),
    "many sections": ("tex", r"\section{A} Let $x = y + 1$. "),
    "many lists that do not end": ("tex", r"so: \begin{itemize}\item $a = b$ "),
    "many theorems that do not end": ("tex", r"\begin{theorem} $a = b$ "),
    "many calls of a macro": ("tex", r"\def\x{y}$\x$ "),
    "many groups": ("tex", r"{\def\x{y} $\x = 1$} "),
    "many names without an end": ("tex", r"\csname x "),
    "many paragraphs between rows": ("tex", r"\begin{align} a &= b \\ \intertext{so $c = d$} e &= f \end{align}"),
    "dollars": ("md", "$"),
    "double dollars": ("md", "$$\n"),
    "headings": ("md", "# A\n\nLet $x = y$.\n\n"),
    "tables": ("md", "|a|b|\n|-|-|\n|$x = y$|b|\n\n"),
    "divisions of a page": ("html", "<div>$$x = y$$"),
    "directives": ("rst", ".. math::\n\n   x = y\n\n"),
    "lines of a plain text": ("txt", "x = y + z\n"),
}


def _work(suffix: str, text: str) -> int:
    """How many functions are called to read a text, find its rows and survey it."""
    count = 0

    def counting(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        survey(numbered(reader(Path(f"a.{suffix}"))(text, f"a.{suffix}", None)))
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", UNITS)
def test_work_grows_no_faster_than_the_text(kind: str) -> None:
    suffix, unit = UNITS[kind]
    _work(suffix, unit)
    few, many = _work(suffix, unit * SMALL), _work(suffix, unit * 4 * SMALL)
    assert many < 6 * few


def _read(tmp_path: Path, text: str, name: str = "a.tex") -> tuple[list[str], list[Fault]]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    pieces = manuscript(path).pieces
    return [one.text.text for one in pieces if isinstance(one, Formula)], [one for one in pieces if isinstance(one, Fault)]


_NAMES = [f"\\m{first}{second}" for first in "abc" for second in "abcdefghijklmnopqrst"]
_DOUBLING = "\\def\\maa{x}\n" + "".join(f"\\def{one}{{{before}{before}}}\n" for before, one in zip(_NAMES, _NAMES[1:]))


def test_macros_that_double_are_told_at_each_place_and_the_rest_is_read(tmp_path: Path) -> None:
    found, faults = _read(tmp_path, f"{_DOUBLING}\n${_NAMES[-1]}$\n\nThen ${_NAMES[2]} = y$.\n")
    assert found[-1] == "xxxx = y"
    assert [(fault.place.line, fault.reason) for fault in faults] == [(62, f"{_NAMES[-1]} stands for too long a text")]


def test_a_formula_without_an_end_in_sight_is_told(tmp_path: Path) -> None:
    for name in ("a.tex", "a.md"):
        found, faults = _read(tmp_path, "$$ a" + " + b" * LONGEST_FORMULA + " $$\n\nthen $c = d$\n", name)
        assert found == ["c = d"]
        assert [fault.place.line for fault in faults] == [1]
        assert "characters" in faults[0].reason


def test_many_damages_of_one_kind_are_counted(tmp_path: Path) -> None:
    _, faults = _read(tmp_path, "$$\n" * 1001, "a.md")
    assert len(faults) <= 2 * MOST_FAULTS
    assert "more places like this" in faults[-1].reason


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        (r"\def\x{a}{\renewcommand{\x}{b} $\x = 1$} $\x = 2$", ["b = 1", "a = 2"]),
        (r"\def\x{a}\begingroup\def\x{b}$\x = 1$\endgroup $\x = 2$", ["b = 1", "a = 2"]),
        (r"\def\x{a}{\gdef\x{b}} $\x = 2$ {\global\def\x{c}} $\x = 3$", ["b = 2", "c = 3"]),
        (r"\documentclass{article}\AtBeginDocument{\def\x{b}}\begin{document}$\x = 2$\end{document}", ["b = 2"]),
        (r"\expandafter\def\csname v1\endcsname{y} $\csname v1\endcsname = 1$", ["y = 1"]),
        (r"\expandafter\newcommand\csname sq\endcsname[1]{#1^2} $\sq{x} = 2$", ["x^2 = 2"]),
        (r"\def\pair{{a}{b}}\newcommand{\f}[2]{#1 + #2} $\expandafter\f\pair = 1$", ["a + b = 1"]),
        (r"\def\y{1}\edef\x{\y}\def\y{2} $\x = \y$", ["1 = 2"]),
        (r"\def\x{a}\edef\x{\x b} $\x = 1$", ["a b = 1"]),
        (r"see \url{http://a.b/c%20d} and $a = b$", ["a = b"]),
        (r"\footnote{see \href{http://a.b/c%20d}{here}} $a = b$", ["a = b"]),
    ],
)  # fmt: skip
def test_commands_that_say_when_others_are_replaced(text: str, formulas: list[str], tmp_path: Path) -> None:
    assert _read(tmp_path, text)[0] == formulas


_NESTED = [r"\expandafter", r"\csname ", r"\noexpand", r"\edef\x{", r"\edef\x{\edef\y{\x}}", "{", r"\begingroup"]


@pytest.mark.parametrize("unit", _NESTED)
def test_nesting_has_no_bound_that_breaks(unit: str, tmp_path: Path) -> None:
    found, _ = _read(tmp_path, unit * 1200 + " $a = b$")
    assert found == ["a = b"]


def test_a_circle_through_a_name_ends(tmp_path: Path) -> None:
    found, faults = _read(tmp_path, r"\def\x{\csname x\endcsname}\x $a = b$")
    assert found == ["a = b"]
    assert len(faults) == 1


@pytest.mark.parametrize("text", [".. |a| replace:: |a|\n", ".. |a| replace:: |b| |b|\n.. |b| replace:: |a| |a|\n"])
def test_a_circle_of_substitutions_ends(text: str, tmp_path: Path) -> None:
    assert _read(tmp_path, f"{text}\n|a|\n\n:math:`x = y`\n", "a.rst")[0] == ["x = y"]


def test_files_that_do_not_fit_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"part{number}.tex").write_text("x" * (MOST_DOCUMENT_CHARACTERS // 2), encoding="utf-8")
    found, faults = _read(tmp_path, "".join(rf"\input{{part{number}}}" for number in range(3)) + " $a = b$")
    assert found == ["a = b"]
    assert [fault.reason.split()[1] for fault in faults] == ["part1", "part2"]
