"""reStructuredText as pieces: mathematics, what Sphinx adds, and what docutils gives up on."""

from __future__ import annotations

from pathlib import Path

import pytest
from docutils.parsers.rst import directives, roles

from matcalc.documents.blocks import Fault, Formula
from matcalc.documents.formats.restructured import manuscript
from tests.documents.showing import formulas, lines


def read(text: str) -> list[str]:
    return lines(manuscript(text, "page.rst").pieces)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where :math:`x_1` and `y`:math: are", ["where", "[x_1]", "and", "[y]", "are"]),
        (".. math:: x = y\n\nso", ["[display: x = y]", "so"]),
        (".. math::\n   :label: eq-a\n   :nowrap:\n\n   x = y\n\n   z = w", ["[display: x = y]", "[display: z = w]"]),
        (
            ".. math::\n\n   \\begin{aligned} a &= b\n\n   &= c \\end{aligned}\n\n   d",
            ["[display: \\begin{aligned} a &= b\n\n&= c \\end{aligned}]", "[display: d]"],
        ),
        (".. math::\n   :nowrap:\n\n   \\begin{align} a &= b \\end{align}", ["[align: a &= b]"]),
        (".. math:: x\n   = y\n\n   z", ["[display: x\n= y]", "[display: z]"]),
        ("A\n=\n\nB :math:`x`\n-----------\n\nc", ["# A", "## B $x$", "[x]", "c"]),
        (".. note:: a :math:`x`\n\nb", ["<note>", "a", "[x]", "/", "</note>", "b"]),
        (".. admonition:: T\n\n   a", ["<admonition>", "T", "/", "a", "/", "</admonition>"]),
        (
            ".. prf:theorem:: On :math:`x`\n   :label: t\n\n   a",
            ["<theorem>", "On", "[x]", "/", "a", "/", "</theorem>"],
        ),
        (".. unheard:of:: x\n\n   :math:`y`", ["<of>", "x", "/", "[y]", "/", "</of>"]),
        ("* a :math:`x`\n* b", ["<item>", "a", "[x]", "/", "</item>", "<item>", "b", "/", "</item>"]),
        ("a\n\n  b", ["a", "/", "<quote>", "b", "/", "</quote>"]),
        ("+---+-------------+\n| a | :math:`x|y` |\n+---+-------------+", ["a", "/", "[x|y]"]),
        ("+---+---+\n| a | :math:`x` |\n+---+---+", ["?Malformed table. Right border not aligned or missing."]),
        ("=== =========\n a  :math:`x`\n b  c\n=== =========", ["a", "/", "[x]", "/", "b", "/", "c"]),
        (".. code-block:: python\n\n   x = y  # :math:`z`\n\nb", ["`x = y  # :math:`z``", "b"]),
        ("a::\n\n  d(A*x)/dx = A'\n\nb", ["a:", "/", "{d(A*x)/dx = A'}", "/", "b"]),
        ("a::\n\n  import numpy as np\n\nb", ["a:", "/", "`import numpy as np`", "b"]),
        (
            "see ``d(A*x)/dx = A'`` and ``x`` and ``np.eye(3)``",
            ["see", "{d(A*x)/dx = A'}", "and", "{x}", "and `np.eye(3)`"],
        ),
        ("f(x) = x\\ :sup:`2`, say", ["{f(x) = x^(2)}", ", say"]),
        ("see :eq:`eq-a`, :py:func:`f <g>` and :unheard:`of :math:`", ["see eq-a, f <g> and of :math:"]),
        (".. matcalc: declare A: n×n symmetric\n\na", ["!declare A: n×n symmetric", "a"]),
        ("with |N| normal\n\n.. |N| replace:: :math:`x`", ["with", "[x]", "normal"]),
        (".. math::\n\n   \\newcommand{\\v}{\\mathbf{v}}\n\n:math:`\\v = 1`", [r"[\mathbf{v} = 1]"]),
        (".. default-role:: math\n\nwith `x` here", ["with", "[x]", "here"]),
        (".. toctree::\n\n   a\n   b\n\nc", ["c"]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert read(text) == expected


def test_an_error_of_docutils_is_a_fault_and_the_rest_is_read() -> None:
    pieces = manuscript("a :math:`x`\n\n.. math::\n   :label: l\n   y = z\n\nb :math:`c`\n", "page.rst").pieces
    assert formulas(pieces) == ["[x]", "[c]"]
    (fault,) = [piece for piece in pieces if isinstance(piece, Fault)]
    assert fault.place.line == 3
    assert "option" in fault.reason


def test_too_deep_a_text_is_a_fault_and_the_rest_is_read() -> None:
    pieces = manuscript("a :math:`x`\n\n" + "- " * 2000 + "b\n\nc :math:`y`\n", "page.rst").pieces
    assert formulas(pieces) == ["[x]", "[y]"]
    assert [piece.place.line for piece in pieces if isinstance(piece, Fault)] == [3]


def test_too_long_a_paragraph_is_a_fault() -> None:
    pieces = manuscript("a :math:`x`\n\n" + "``b " * 5000 + "\n\nc :math:`y`\n", "page.rst").pieces
    assert formulas(pieces) == ["[x]", "[y]"]
    assert [piece.place.line for piece in pieces if isinstance(piece, Fault)] == [3]


@pytest.mark.parametrize(
    "text",
    [
        ".. include:: {}",
        ".. literalinclude:: {}",
        ".. raw:: html\n   :file: {}",
        ".. csv-table::\n   :file: {}",
        ".. code-block::\n   :include: {}",
        ".. figure:: {}\n\n   a",
    ],
)
def test_no_other_file_is_read(text: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.rst"
    secret.write_text(":math:`secret`\n\nsecret = 1, secret", encoding="utf-8")
    pieces = manuscript(text.format(secret) + "\n\nb", str(tmp_path / "page.rst")).pieces
    shown = [piece for piece in pieces if not isinstance(piece, Fault)]
    assert "secret" not in " ".join(lines(shown)).replace(str(secret), "")
    assert lines(shown)[-1] == "b"


def test_docutils_is_left_as_it_was() -> None:
    before = directives.directive, roles.role
    manuscript(".. unheard:: of\n\n:unheard:`of`", "page.rst")
    manuscript("- " * 2000, "page.rst")
    assert (directives.directive, roles.role) == before


def test_a_formula_stands_where_it_is_written() -> None:
    text = "A :math:`\\alpha` b\nc :math:`d`\n\n  * e :math:`f`\n\n    .. math:: g\n       = h\n\n       k\n"
    found = [piece.text.place() for piece in manuscript(text, "page.rst").pieces if isinstance(piece, Formula)]
    assert [(place.line, place.column) for place in found] == [(1, 10), (2, 10), (4, 14), (6, 15), (9, 8)]
