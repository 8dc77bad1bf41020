"""Plain text as pieces: titles, lines that hold an equation, and prose that does."""

from __future__ import annotations

import pytest

from matcalc.documents.blocks import Formula, Place, placed
from matcalc.documents.formats.finishing import is_program, with_equations
from matcalc.documents.formats.plain import manuscript
from tests.documents.showing import lines


def read(text: str) -> list[str]:
    return lines(manuscript(text, "notes.txt").pieces)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Title\n=====\n\n1. Part\n-------\n\n  y = A*x", ["# Title", "/", "## 1. Part", "/", "{y = A*x}"]),
        ("=====\nTitle\n=====\na", ["/", "# Title", "a"][1:]),
        ("MATRIX CALCULUS\n\n1.2 Traces\n\na", ["# MATRIX CALCULUS", "/", "### 1.2 Traces", "/", "a"]),
        (
            "1. Start with a choice,\n2. go on with y = A*x, and so on.\n",
            ["1. Start with a choice,", "/", "2. go on with", "{y = A*x}", ", and so on."],
        ),
        ("  d(A*x)/dx = A'    (denominator layout)", ["{d(A*x)/dx = A'    (denominator layout)}"]),
        (
            "  df/dx = Q*x   if Q = Q'\n  optimality: df/dx = 0",
            ["{df/dx = Q*x   if Q = Q'}", "/", "{optimality: df/dx = 0}"],
        ),
        (
            "  norm(A*x) <= norm(A)*norm(x)\n  tol = 1e-8, n = 200",
            ["{norm(A*x) <= norm(A)*norm(x)}", "/", "{tol = 1e-8, n = 200}"],
        ),
        ("y = A*x\n    + b\n  = c\nz = y", ["{y = A*x\n    + b\n  = c}", "/", "{z = y}"]),
        ("y = A*(x +\n       b)", ["{y = A*(x +\n       b)}"]),
        ("* tr(A*B) = tr(B*A)\n* vec(A) = a", ["{tr(A*B) = tr(B*A)}", "/", "{vec(A) = a}"]),
        ("We use y = A*x\nwhere A is n by n.", ["We use", "{y = A*x}", "where A is n by n."]),
        ("with LaTeX, $x_1 = 2$ and\n$$y\n= z$$", ["with LaTeX,", "[x_1 = 2]", "and", "[display: y\n= z]"]),
        ("for i = 1:3\n  x = y(i);\nend", ["`for i = 1:3\n  x = y(i);\nend`"]),
        ("a\n-----\n\n-----\nb", ["## a", "/", "b"]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thus ∂(3x²y)/∂x = 6xy and (so) d(x'Ax)/dx = 2Ax.", ["∂(3x²y)/∂x = 6xy", "d(x'Ax)/dx = 2Ax"]),
        ("(where y = f(x, w) = x w), a = b.", ["y = f(x, w) = x w", "a = b"]),
        ("We take a f(x) = x² a day", ["f(x) = x²"]),
        ("that tr(AB) = tr(BA), ∇f(x) = 0: so", ["tr(AB) = tr(BA)", "∇f(x) = 0"]),
        ("x = sum of the rows, y = number of columns, n = total there", []),
        ("the flags a=b.c, path=/a/b?x=y and --n=3, x = np.ones(3)", []),
        ("u, v = f(x) and u == v and u >= v", ["u >= v"]),
        ("a value of 1.0 = x\nand y\n= 2 z", ["1.0 = x", "y\n= 2 z"]),
        ("set x = y + z # a comment", []),
        ('class="x = y"', []),
        ("the step on y 1 * -4 = -4 of 32 x 32 x 3 = 3072", ["1 * -4 = -4"]),
        ("x = (y and z", []),
        ("loss = x'x and α = β and lam = 2", ["α = β"]),
    ],
)
def test_equations_in_prose(text: str, expected: list[str]) -> None:
    pieces = with_equations(placed(text, Place("notes.txt", 1)))
    assert [piece.text.text for piece in pieces if isinstance(piece, Formula)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = A*x + b\ndy/dx = A'", False),
        ("x = x + 1\nprint(x)", True),
        ("for k in range(3):\n    x = y", True),
        ("y <- A %*% x", True),
        ("if (a) {\n x = y;\n}", True),
        ("d(A*x)/dx = A'; # print(x)", False),
        ("x'*S*u = u'*S*x   (S symmetric)", False),
        ('x = "text"', True),
        ("w.backward()", True),
        ("f(x) = exp(x).*x", False),
    ],
)
def test_programs_are_told_from_notes(text: str, expected: bool) -> None:
    assert is_program(text) == expected


def test_a_formula_stands_where_it_is_written() -> None:
    text = "a\n\n  - tr(A) = 1\n\nso that\n  and y = A*x holds\n"
    found = [piece.text.place() for piece in manuscript(text, "notes.txt").pieces if isinstance(piece, Formula)]
    assert [(place.line, place.column) for place in found] == [(3, 5), (6, 7)]
