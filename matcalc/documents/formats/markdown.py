r"""Markdown as GitHub, Jekyll, Quarto, R Markdown and MyST read it, all their spellings of
mathematics together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from matcalc.documents.blocks import (
    Break,
    Closing,
    Directive,
    Fault,
    Listing,
    Manuscript,
    Opening,
    Piece,
    Place,
    Placed,
    Words,
    joined,
    line_starts,
    placed,
)
from matcalc.documents.formats.delimiters import (
    Delimiters,
    Enclosed,
    Lines,
    Running,
    blocks,
    display,
    equations,
    formula,
    labelled,
    theorems,
    titled,
)
from matcalc.documents.formats.finishing import finished
from matcalc.documents.formats.html import RAISED, hypertext
from matcalc.documents.formats.markdown_rules import DEEPEST, parser
from matcalc.documents.formats.plain import code_span, notes

_MOST_NESTED_FENCES = 10
_COMMENT = re.compile(r"<!--+[ \t\n]*matcalc:(.*?)--+>", re.DOTALL)
_ATTRIBUTES = re.compile(r"[ \t]*\{[#.:][^{}]*\}[ \t]*\Z")
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\Z")
_OPTION = re.compile(r":[\w-]+:[^\n]*(?:\n|\Z)|---\n.*?\n---(?:\n|\Z)|\s+", re.DOTALL)


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    """The pieces of a Markdown document. It takes in no other files."""
    return Manuscript(path, tuple(finished(markdown(placed(text, Place(path, 1))))))


def markdown(text: Placed, depth: int = 0) -> Iterator[Piece]:
    """The pieces of a Markdown text, the writer's own commands not yet replaced; ``depth`` counts
    the fences around it."""
    return _Reader(text, depth).pieces()


class _Reader:
    """Turns the tokens of a text into pieces."""

    def __init__(self, text: Placed, depth: int) -> None:
        self._text = text
        self._lines = Lines(text.text)
        self._depth = depth
        self._parser = parser()
        self._line = 0
        self._opened: list[str] = []
        self._divisions: list[str] = []
        self._elements: list[str] = []
        """Names of the HTML elements that are open, in which Markdown may stand."""

    def pieces(self) -> Iterator[Piece]:
        tokens: list[Token] = []
        self._parser.block.parse(self._text.text, self._parser, {}, tokens)
        level = 0
        for token, following in zip(tokens, [*tokens[1:], None]):
            if token.nesting > 0 and following is not None and following.nesting < 0 and token.level >= DEEPEST - 1:
                yield self._too_deep(token)
            self._line = token.map[1] if token.map and token.nesting <= 0 else self._line
            kind, _, end = token.type.rpartition("_")
            if kind == "heading":
                level = int(token.tag[1:]) if end == "open" else 0
            elif token.type == "inline":
                yield from self._block(token, level)
            elif token.type in _BLOCKS:
                yield from _BLOCKS[token.type](self, token)
            elif kind in _ENCLOSED:
                yield self._enclosed(token)
        yield from (
            Closing(name, self._text.place(len(self._text.text)))
            for name in [*reversed(self._divisions), *reversed(self._elements)]
        )

    def _enclosed(self, token: Token) -> Opening | Closing:
        """The beginning or the end of a block of its own."""
        if token.nesting < 0:
            return Closing(self._opened.pop(), self._text.place(self._lines.start(self._line)))
        self._opened.append(_named(token))
        return Opening(self._opened[-1], self._place(token))

    def _too_deep(self, token: Token) -> Fault:
        place = self._place(token)
        shown = self._lines.lines[(token.map or [0])[0]][:80]
        return Fault(shown, place, f"more than {DEEPEST} lists and quotations are inside each other", "less nesting")

    def _place(self, token: Token) -> Place:
        line = token.map[0] if token.map else 0
        return self._text.place(self._lines.start(line))

    def _anchored(self, content: str, first: int) -> Placed:
        return self._lines.anchored(self._text, content, first)

    def _block(self, token: Token, level: int) -> Iterator[Piece]:
        first, last = token.map or [0, 1]
        content = self._anchored(token.content, first)
        if level:
            attributes = _ATTRIBUTES.search(content.text)
            content = content.part(0, attributes.start()) if attributes else content
            yield from titled(list(self._inline(content)), level)
            return
        rows = content.text.split("\n")
        header = next((k for k in range(len(rows) - 1) if _is_header(*rows[k : k + 2])), None)
        if header is None:
            yield from self._inline(content)
            yield Break(self._text.place(self._lines.start(last)))
            return
        at = 0
        for number, row in enumerate(rows):
            part = content.part(at, at + len(row))
            at += len(row) + 1
            if number < header:
                yield from self._inline(part)
            elif number != header + 1:
                yield from self._row(part)

    def _row(self, row: Placed) -> Iterator[Piece]:
        """The cells of a row of a table; a bar within mathematics is no border."""
        pieces: list[Piece] = []
        for piece in self._inline(row):
            if not isinstance(piece, Words):
                pieces.append(piece)
                continue
            start = 0
            for match in re.finditer(r"\|", piece.text.text):
                pieces += [Words(piece.text.part(start, match.start())), Break(piece.text.place(match.start()))]
                start = match.end()
            pieces.append(Words(piece.text.part(start)))
        yield from [piece for piece in pieces if not isinstance(piece, Words) or piece.text.text.strip()]
        yield Break(row.place(len(row.text)))

    def _inline(self, text: Placed) -> Iterator[Piece]:
        return _Line(text).pieces(self._parser)

    def _fence(self, token: Token) -> Iterator[Piece]:
        content = self._anchored(token.content, (token.map or [0])[0] + 1)
        info = token.info.strip()
        braced = re.match(r"\{(?:[=.]?)([\w:+-]+)", info)
        words = [braced[1]] if braced else info.split()
        language = "".join(words[:1]).lower().split(",")[0]
        if language == "math":
            formulas = _without_options(content) if braced else content
            yield from [display(part) for part in equations(formulas)]
        elif braced and info[1] != "." and _is_of_text(language):
            yield from self._nested(language.rpartition(":")[2], content)
        elif not language or language in blocks("notes"):
            yield from notes(content, language)
        else:
            yield Listing(content, language)

    def _nested(self, name: str, content: Placed) -> Iterator[Piece]:
        if self._depth >= _MOST_NESTED_FENCES:
            yield Fault(content.text, content.place(), f"more than {_MOST_NESTED_FENCES} fences are inside each other")
            return
        yield Opening(name, content.place())
        yield from markdown(_without_options(content), self._depth + 1)
        yield Closing(name, content.place(len(content.text)))

    def _indented(self, token: Token) -> Iterator[Piece]:
        """An indented block: MathJax reads mathematics in it wherever it is no program."""
        content = self._anchored(token.content, (token.map or [0])[0])
        if any(found.display for found in Delimiters(content.text).all()) and self._depth < _MOST_NESTED_FENCES:
            shift = min(len(line) - len(line.lstrip()) for line in content.text.split("\n") if line.strip())
            ends = pairwise([*line_starts(content.text), len(content.text)])
            lines = [content.part(start + shift, end) for start, end in ends if end > start + shift]
            yield from markdown(joined(lines), self._depth + 1)
        else:
            yield from notes(content, "")

    def _front_matter(self, token: Token) -> Iterator[Piece]:
        yield Listing(self._anchored(token.content, (token.map or [0])[0] + 1), "yaml")

    def _html(self, token: Token) -> Iterator[Piece]:
        content = self._anchored(token.content, (token.map or [0])[0])
        yield from hypertext(content, dollars="always", opened=self._elements)

    def _division(self, token: Token) -> Iterator[Piece]:
        info = token.info.strip()
        if not info:
            if self._divisions:
                yield Closing(self._divisions.pop(), self._place(token))
            return
        named = re.search(r"\.([\w-]+)", info) or re.match(r"\{?([\w:-]+)", info)
        label = re.search(r"#(\w+)-", info)
        name = labelled(label[1]) if label else ""
        self._divisions.append(name or (named[1].rpartition(":")[2].removeprefix("callout-") if named else "division"))
        yield Opening(self._divisions[-1], self._place(token))


def _is_header(row: str, below: str) -> bool:
    return "|" in row and "|" in below and _DELIMITER_ROW.match(below) is not None


def _is_of_text(language: str) -> bool:
    """Whether a fence holds text, not a program."""
    return language in blocks("text") or language in theorems() or language.startswith(("prf:", "proof:"))


def _without_options(content: Placed) -> Placed:
    """A fence without the options that it begins with."""
    option = 0
    while match := _OPTION.match(content.text, option):
        option = match.end()
    return content.part(option)


_ENCLOSED = frozenset(["blockquote", "list_item", "admonition", "dd"])
"""What is a block of its own, by the name that its tokens begin with."""
_BLOCKS: Mapping[str, Callable[[_Reader, Token], Iterator[Piece]]] = {
    "fence": _Reader._fence,
    "code_block": _Reader._indented,
    "html_block": _Reader._html,
    "front_matter": _Reader._front_matter,
    "division": _Reader._division,
}
"""What reads the tokens of a type."""


def _named(token: Token) -> str:
    match token.type:
        case "blockquote_open":
            return "quote"
        case "admonition_open":
            return str(token.meta.get("tag", "note"))
        case _:
            return "item"


_SHOWN = 200
"""Characters of a formula without an end."""


class _Line(Running):
    """The words and formulas of a paragraph, a heading or a cell."""

    def pieces(self, parser: MarkdownIt) -> Iterator[Piece]:
        tokens: list[Token] = []
        parser.inline.parse(self._text.text, parser, {}, tokens)
        waiting = [(token, 0) for token in reversed(tokens)]
        while waiting:
            token, base = waiting.pop()
            if token.type == "image":
                label = self._text.text.find(token.content, self._cursor)
                waiting += [(child, label) for child in reversed(token.children or [])]
            else:
                yield from self._piece(token, base)
        yield from self._flushed()

    def _piece(self, token: Token, base: int) -> Iterator[Piece]:
        match token.type:
            case "formula":
                found: Enclosed = token.meta["found"]
                inner = (found.inner[0] + base, found.inner[1] + base)
                yield from self._flushed()
                yield formula(self._text, replace(found, inner=inner))
                self._cursor = found.end + base
            case "code_inline":
                yield from self._put(code_span(self._taken(token.content, token.markup)))
            case "softbreak" | "hardbreak":
                at = self._text.text.find("\n", self._cursor)
                if at >= 0:
                    self._words.append(self._text.part(at, at + 1))
                    self._cursor = at + 1
            case "html_inline":
                yield from self._hypertext(self._taken(token.content))
            case "statement":
                part = self._taken(token.content)
                yield from self._flushed()
                yield (Opening if token.info == "begin" else Closing)(token.markup, part.place())
            case "unclosed":
                yield from self._unclosed(token)
            case "text" if token.content:
                self._words.append(self._taken(token.markup or token.content))
            case "text_special" if token.content:
                self._words.append(Placed(token.content, self._taken(token.markup or token.content).marks[:1]))
            case _:
                pass

    def _hypertext(self, part: Placed) -> Iterator[Piece]:
        comment = _COMMENT.match(part.text)
        if comment:
            yield from self._flushed()
            yield Directive(part.part(*comment.span(1)).stripped())
        elif part.text.lower() in RAISED:
            self._words.append(Placed(RAISED[part.text.lower()], part.marks[:1]))

    def _unclosed(self, token: Token) -> Iterator[Piece]:
        """Mathematics that begins and does not end: what follows is read as words."""
        part = self._taken(token.content)
        yield from self._flushed()
        start = self._cursor - len(token.content)
        shown = self._text.text[start : start + _SHOWN].split("\n")[0]
        closing = token.content.replace("begin", "end").replace("[", "]")
        yield Fault(shown, part.place(), f"the mathematics that {token.content} begins does not end", f"{closing} behind it")
        self._words.append(part)
