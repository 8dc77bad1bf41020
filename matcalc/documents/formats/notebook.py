"""Jupyter notebooks: the mathematics of their Markdown cells, each with its place in the file and
in its cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from matcalc.base.errors import MatcalcError, ParseError, Span
from matcalc.documents.blocks import Break, Heading, Listing, Manuscript, Piece, Place, Placed
from matcalc.documents.formats.delimiters import Lines
from matcalc.documents.formats.finishing import finished
from matcalc.documents.formats.markdown import markdown

_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    """The pieces of a notebook. Raises ParseError for what is no JSON, and MatcalcError for JSON
    that is no notebook."""
    try:
        notebook = _Decoder().decode(text)
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
    return Manuscript(path, tuple(finished(_pieces(cells, text, path))))


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


def _pieces(cells: list[Any], text: str, path: str) -> Iterator[Piece]:
    lines = Lines(text)
    for number, cell in enumerate([cell for cell in cells if isinstance(cell, dict)], 1):
        strings = _strings(cell.get("source", cell.get("input")))
        if not strings:
            continue
        source = _Source(path, number).placed(text, strings, lines)
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


class _Located(str):
    """A string of a file that knows where it stands there, without its quotes."""

    __slots__ = ("span",)
    span: tuple[int, int]


def _strings(given: Any) -> list[_Located]:
    """The lines of a cell, which may be one string."""
    return [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, _Located)]


def _located(text: str, start: int, strict: bool = True) -> tuple[_Located, int]:
    value, end = scanstring(text, start, strict)
    found = _Located(value)
    found.span = (start, end - 1)
    return found, end


class _Decoder(json.JSONDecoder):
    """Reads JSON whose strings know their places."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_string = _located
        self.scan_once = py_make_scanner(self)


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

    def placed(self, text: str, strings: Iterable[_Located], lines: Lines) -> Placed:
        for one in strings:
            self.add(text[slice(*one.span)], one.span[0], lines)
        return Placed("".join(self._texts), tuple(self._marks))
