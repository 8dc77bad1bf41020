"""Jupyter notebooks: the mathematics of their Markdown cells, each with its place in the file and
in its cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matcalc.base.errors import MatcalcError, ParseError, Span
from matcalc.documents.blocks import Break, Heading, Listing, Manuscript, Piece, Place, Placed
from matcalc.documents.formats.delimiters import Lines
from matcalc.documents.formats.finishing import finished
from matcalc.documents.formats.markdown import markdown

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    """The pieces of a notebook. Raises ParseError for what is no JSON, and MatcalcError for JSON
    that is no notebook."""
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        place = Span(error.pos, error.pos + 1)
        raise ParseError(
            f"{path}:{error.lineno}: this is no notebook: {error.msg}", text=text, span=place, expected="JSON"
        ) from error
    except RecursionError as error:
        raise MatcalcError(f"{path}: this is no notebook: its JSON is nested too deeply") from error
    cells = _cells(notebook)
    if cells is None:
        raise MatcalcError(f"{path}: this is no notebook", expected='JSON with "cells"')
    return Manuscript(path, tuple(finished(_pieces(cells, _sources(text, path)))))


def _cells(notebook: Any) -> list[Any] | None:
    """The cells, also of a notebook before version 4, which has them in worksheets."""
    if not isinstance(notebook, dict):
        return None
    if isinstance(notebook.get("cells"), list):
        return list(notebook["cells"])
    sheets = notebook.get("worksheets")
    if not isinstance(sheets, list):
        return None
    return [
        cell for sheet in sheets if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list) for cell in sheet["cells"]
    ]


def _pieces(cells: list[Any], sources: dict[int, Placed]) -> Iterator[Piece]:
    for number, cell in enumerate([cell for cell in cells if isinstance(cell, dict)], 1):
        source = sources.get(number)
        if source is None:
            continue
        match cell.get("cell_type"):
            case "markdown":
                yield from markdown(source)
                yield Break(source.place(len(source.text)))
            case "heading":
                yield Heading(source.stripped(), cell["level"] if isinstance(cell.get("level"), int) else 1)
            case "code":
                yield Listing(source, str(cell.get("language", "python")))
            case _:
                yield Listing(source, "raw")


def _sources(text: str, path: str) -> dict[int, Placed]:
    """The source of each cell, by its number, with places in the file and in the cell."""
    lines = Lines(text)
    found: dict[int, _Source] = {}
    cell = 0
    opened: list[str] = []
    key = ""
    for match in _TOKEN.finditer(text):
        token, inside = match[0], opened[-1] if opened else None
        if token in "{[":
            cell += token == "{" and inside == "cells"
            opened.append(key if token == "[" else "")
            key = ""
        elif token in "}]":
            del opened[-1:]
            key = ""
        elif token == ",":
            key = key if inside else ""
        elif token != ":" and inside == "" and not key:
            key = token[1:-1]
        elif token != ":" and _is_source(opened, key):
            found.setdefault(cell, _Source(path, cell)).add(token[1:-1], match.start() + 1, lines)
    return {number: source.placed() for number, source in found.items()}


def _is_source(opened: list[str], key: str) -> bool:
    """Whether a string is (a line of) the source of a cell."""
    if key in ("source", "input") and len(opened) >= 2 and opened[-1] == "" and opened[-2] == "cells":
        return True
    return len(opened) >= 3 and opened[-1] in ("source", "input") and opened[-3] == "cells"


class _Source:
    """Puts the text of a cell together from strings of the file."""

    def __init__(self, path: str, cell: int) -> None:
        self._path = path
        self._cell = cell
        self._line = 1
        self._length = 0
        self._texts: list[str] = []
        self._marks: list[tuple[int, Place]] = []

    def add(self, raw: str, offset: int, lines: Lines) -> None:
        position = 0
        self._mark(offset, lines)
        for match in _ESCAPE.finditer(raw):
            self._text(raw[position : match.start()])
            character = json.loads(f'"{match[0]}"')
            if position != match.start() or not self._marks or self._marks[-1][0] != self._length:
                self._mark(offset + match.start(), lines)
            self._text(character)
            self._line += character == "\n"
            position = match.end()
            self._mark(offset + position, lines)
        self._text(raw[position:])

    def _text(self, text: str) -> None:
        self._texts.append(text)
        self._length += len(text)

    def _mark(self, offset: int, lines: Lines) -> None:
        line, column = lines.at(offset)
        self._marks.append((self._length, Place(self._path, line, column, self._cell, self._line)))

    def placed(self) -> Placed:
        return Placed("".join(self._texts), tuple(self._marks))
