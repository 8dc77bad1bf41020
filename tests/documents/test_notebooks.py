"""Notebooks as pieces, each with its place in the file and in its cell."""

from __future__ import annotations

import json

import pytest

from matcalc.base.errors import MatcalcError
from matcalc.documents.blocks import Formula
from matcalc.documents.formats.notebook import manuscript
from tests.documents.showing import lines


def cell(kind: str, source: str | list[str], **more: object) -> dict[str, object]:
    return {"cell_type": kind, "metadata": {"source": "$no$"}, "source": source, **more}


CELLS = [
    cell("markdown", ["# Títle $x$\n", "\n", 'so $\\frac{a}{b} = "c"$ and\n', "$$\n", "y\\tag{1}\n", "$$"]),
    cell("code", "y = x  # $z$", outputs=[{"text": ["$z$"], "data": {"source": ["$z$"]}}]),
    cell("markdown", "$$\\newcommand{\\v}{\\mathbf{v}}$$"),
    cell("raw", "$w$"),
    cell("markdown", "one\n\n$\\v = 1$\n\n😀 $\\v$"),
]


def test_markdown_cells_are_read() -> None:
    expected = [
        "# Títle $x$",
        "[x]",
        "so",
        '[\\frac{a}{b} = "c"]',
        "and",
        r"[display: y\tag{1}]",
        "/",
        "`y = x  # $z$`",
        "/",
        "`$w$`",
    ]
    found = lines(manuscript(json.dumps({"cells": CELLS, "nbformat": 4}), "n.ipynb").pieces)
    assert found == [*expected, "one", "/", r"[\mathbf{v} = 1]", "/", "😀", r"[\mathbf{v}]"]


@pytest.mark.parametrize(("indent", "ascii"), [(1, True), (None, True), (4, False)])
def test_a_formula_stands_where_the_file_has_it(indent: int | None, ascii: bool) -> None:
    text = json.dumps({"cells": CELLS, "nbformat": 4}, indent=indent, ensure_ascii=ascii)
    pieces = manuscript(text, "n.ipynb").pieces
    for piece in pieces:
        if isinstance(piece, Formula):
            place = piece.text.place()
            source = CELLS[place.cell - 1]["source"]
            line = "".join(source).split("\n")[place.line_in_cell - 1]  # type: ignore[arg-type]
            shown = json.dumps(line, ensure_ascii=ascii)[1:-1]
            there = text.split("\n")[place.line - 1][place.column - 1 :]
            start = piece.text.text.split("\n")[0]
            written = start if "mathbf" not in start else "\\v"
            assert written[:2] in line
            assert there.startswith(json.dumps(written[:2], ensure_ascii=ascii)[1:-1])
            assert there[:2] in shown


def test_the_macros_of_a_place_know_the_line_in_the_cell() -> None:
    found = [piece for piece in manuscript(json.dumps({"cells": CELLS}), "n.ipynb").pieces if isinstance(piece, Formula)]
    assert [(piece.text.place().cell, piece.text.place().line_in_cell) for piece in found] == [
        (1, 1),
        (1, 3),
        (1, 5),
        (5, 3),
        (5, 5),
    ]


def test_old_notebooks_have_worksheets() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Title"]},
        {"cell_type": "code", "input": "y = x"},
        cell("markdown", "$a$"),
    ]
    assert lines(manuscript(json.dumps({"worksheets": [{"cells": cells}]}), "n.ipynb").pieces) == [
        "## Title",
        "`y = x`",
        "[a]",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"cells": [\n{"cell_type": "mark', r"n.ipynb:2: this is no notebook: Unterminated string"),
        ("\x00\x01", "n.ipynb:1: this is no notebook"),
        ("[1, 2]", "this is no notebook"),
        ('{"a": 1}', "this is no notebook"),
        ("[" * 200_000, "n.ipynb: this is no notebook"),
    ],
)
def test_what_is_no_notebook_is_said(text: str, complaint: str) -> None:
    with pytest.raises(MatcalcError, match=complaint):
        manuscript(text, "n.ipynb")


ODD = [[1, None, "a"], [{"cell_type": 1, "source": {"source": "$a$"}}], [{"source": "$a$"}], [[{"source": "$a$"}]]]


@pytest.mark.parametrize("cells", ODD)
def test_odd_cells_are_left_out(cells: list[object]) -> None:
    pieces = manuscript(json.dumps({"cells": [*cells, cell("markdown", "$b$")]}), "n.ipynb").pieces
    assert [piece.text.text for piece in pieces if isinstance(piece, Formula)] == ["b"]
