"""reStructuredText of docutils and Sphinx, whose own directives and roles are no errors here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Directive as RstDirective, Parser, directives, roles, states
from docutils.utils import new_document

from matcalc.documents.blocks import (
    Break,
    Closing,
    Directive,
    Fault,
    Formula,
    Listing,
    Manuscript,
    Opening,
    Piece,
    Place,
    Placed,
    placed,
)
from matcalc.documents.formats.delimiters import Lines, Running, blocks, display, equations, titled
from matcalc.documents.formats.finishing import finished
from matcalc.documents.formats.plain import code_span, notes

_LONGEST_PARAGRAPH = 10_000
"""Characters without a blank line: docutils looks from each mark of inline markup to the end of its
paragraph."""
_ROLE = re.compile(r"`+")


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    """The pieces of a reStructuredText document. It takes in no other files."""
    return Manuscript(path, tuple(finished(restructured(placed(text, Place(path, 1))))))


def restructured(text: Placed) -> Iterator[Piece]:
    """The pieces of a text in reStructuredText, the writer's own commands not yet replaced."""
    try:
        yield from _Reader(text).pieces()
    except Exception:  # docutils gave up, for the nesting say: what does not trouble it is read all the same
        for start, end in _parts(text.text):
            yield from _alone(text.part(start, end))


def _alone(part: Placed) -> list[Piece]:
    """The pieces of a part of a text that as a whole cannot be read."""
    try:
        return list(_Reader(part).pieces())
    except RecursionError:
        return [
            Fault(
                _shown(part), part.place(), "blocks are too deep inside each other", "less indentation, or fewer lists in lists"
            )
        ]
    except Exception as error:
        return [Fault(_shown(part), part.place(), f"docutils does not read this: {type(error).__name__}: {error}")]


def _shown(part: Placed) -> str:
    return part.text.strip().split("\n", 1)[0][:80]


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """The parts of a text that begin behind a blank line and at the margin."""
    start = 0
    for match in re.finditer(r"\n[ \t]*\n(?=\S)", text):
        yield start, match.end()
        start = match.end()
    yield start, len(text)


class _Found(nodes.General, nodes.Element):
    """What a directive stands for: pieces before its content, and behind it."""

    def __init__(self, before: tuple[Piece, ...] = (), behind: tuple[Piece, ...] = ()) -> None:
        super().__init__()
        self.before = before
        self.behind = behind


_MOST_REPLACED = 200
"""Substitutions in one paragraph: they may be defined by each other, in a circle too."""


class _TooLong(nodes.Inline, nodes.TextElement):
    """A paragraph in which no inline markup is looked for."""


class _Reader:
    """Turns the nodes of docutils into pieces."""

    def __init__(self, text: Placed) -> None:
        self._text = text
        self._lines = Lines(text.text)
        self._line = 0
        self._level = 0
        self._document = self._parsed()

    def pieces(self) -> Iterator[Piece]:
        waiting: list[tuple[nodes.Node, bool]] = [(self._document, False)]
        while waiting:
            node, left = waiting.pop()
            if left:
                yield from self._left(node)
                continue
            line = getattr(node, "line", None)
            if isinstance(line, int) and line > 0:
                self._line = line - 1
            yield from self._entered(node)
            if not isinstance(node, nodes.TextElement | nodes.system_message | nodes.substitution_definition | nodes.Text):
                waiting.append((node, True))
                waiting += [(child, False) for child in reversed(node.children)]

    def _place(self) -> Place:
        return self._text.place(self._lines.start(self._line))

    def _entered(self, node: nodes.Node) -> Iterator[Piece]:
        match node:
            case _Found():
                yield from node.before
            case nodes.section():
                self._level += 1
            case nodes.title() if isinstance(node.parent, nodes.section):
                yield from titled(list(self._inline(node, self._written(node))), self._level)
            case nodes.literal_block():
                yield from notes(self._written(node), "")
            case nodes.doctest_block():
                yield Listing(self._written(node), "python")
            case nodes.comment():
                directive = re.match(r"\s*matcalc:\s*", node.astext())
                if directive:
                    yield Directive(self._written(node).part(directive.end()))
            case nodes.system_message():
                yield from self._complaint(node)
            case nodes.substitution_definition():
                pass
            case nodes.TextElement():
                written = self._written(node)
                yield from self._inline(node, written)
                yield Break(written.place(len(written.text)))
            case _ if name := _name(node):
                yield Opening(name, self._place())
            case _:
                pass

    def _left(self, node: nodes.Node) -> Iterator[Piece]:
        if isinstance(node, _Found):
            yield from node.behind
        self._level -= isinstance(node, nodes.section)
        if name := _name(node):
            yield Closing(name, self._place())

    def _complaint(self, node: nodes.system_message) -> Iterator[Fault]:
        """What docutils leaves out."""
        if node["level"] >= 3 and node.children:
            place = self._text.place(self._lines.start(int(node.get("line") or 1) - 1))
            reason = node.children[0].astext().replace("\n", " ")
            shown = (
                node.children[1].astext() if len(node.children) > 1 else self._lines.lines[place.line - self._text.place().line]
            )
            yield Fault(shown, place, reason)

    def _written(self, node: nodes.Element) -> Placed:
        """What was written for a node, with its places."""
        raw = node.rawsource or node.astext()
        first = raw.split("\n", 1)[0].strip()
        for line in (self._line, self._line - 1, *range(self._line + 1, self._line + 6), self._line - 2):
            if 0 <= line < len(self._lines.lines) and first in self._lines.lines[line]:
                self._line = line
                break
        return self._lines.anchored(self._text, raw, self._line)

    def _inline(self, node: nodes.Element, raw: Placed) -> Iterator[Piece]:
        return _Line(raw).pieces(self._within(node))

    def _within(self, node: nodes.Element) -> Iterator[nodes.Node]:
        """The texts and formulas of a paragraph in order."""
        waiting: list[nodes.Node] = list(reversed(node.children))
        replaced = 0
        while waiting:
            child = waiting.pop()
            if isinstance(child, nodes.substitution_reference):
                replaced += 1
                known = self._document.substitution_defs if replaced <= _MOST_REPLACED else {}
                defined = known.get(child.get("refname", child.astext()))
                waiting += reversed(defined.children if defined is not None else child.children)
            elif isinstance(child, nodes.math | nodes.literal | nodes.Text | _TooLong):
                yield child
            else:
                waiting += reversed(child.children)

    # ---------------------------------------------------------------- docutils

    def _parsed(self) -> nodes.document:
        settings = get_default_settings(Parser)
        settings.file_insertion_enabled = False
        settings.raw_enabled = False
        settings.report_level = settings.halt_level = 5
        settings.line_length_limit = 10**9
        settings.syntax_highlight = "none"
        settings.warning_stream = False
        document = new_document("", settings)
        with _tolerant(self._directive):
            Parser(inliner=_inliner()).parse(self._text.text, document)
        return document

    def _directive(self, name: str) -> type[_Tolerant] | None:
        """The class for a directive by its name; None for those that docutils reads as they are
        meant."""
        for use, kind in _DIRECTIVES.items():
            if name in blocks(use):
                return None if kind is None else type(kind.__name__, (kind,), {"reader": self})
        return type("Other", (_Other,), {"reader": self})

    def part(self, content: str, line: int) -> Placed:
        """What a directive holds, with its places."""
        return self._lines.anchored(self._text, content, line)

    def place(self, line: int) -> Place:
        """The place of a line, from 1."""
        return self._text.place(self._lines.start(line - 1))

    def near(self, text: str, line: int) -> int:
        """The line in which an argument begins: that of its directive, or the next."""
        first = text.split("\n", 1)[0].strip()
        return line if line >= len(self._lines.lines) or first in self._lines.lines[line] else line + 1


def _name(node: nodes.Node) -> str:
    """What a node is called whose words may hold in it alone; empty for others."""
    match node:
        case nodes.Admonition() | nodes.topic() | nodes.sidebar():
            return type(node).__name__
        case nodes.list_item() | nodes.definition_list_item():
            return "item"
        case nodes.block_quote():
            return "quote"
        case _:
            return ""


class _Line(Running):
    """The words and formulas of a paragraph."""

    def pieces(self, children: Iterable[nodes.Node]) -> Iterator[Piece]:
        for node in children:
            match node:
                case _TooLong():
                    reason = f"a paragraph of more than {_LONGEST_PARAGRAPH:,} characters"
                    yield Fault(_shown(self._text), self._text.place(), reason, "a blank line between its parts")
                case nodes.Text():
                    self._words.append(self._taken(node.astext()))
                case nodes.math() | nodes.literal():
                    yield from self._marked(node)
                case _:
                    pass
        yield from self._flushed()

    def _marked(self, node: nodes.math | nodes.literal) -> Iterator[Piece]:
        at = self._text.text.find(node.rawsource, self._cursor) if node.rawsource else -1
        if at >= 0:
            opening = _ROLE.search(self._text.text, at)
            self._cursor = opening.end() if opening else at
        part = self._taken(node.astext())
        if at >= 0:
            self._cursor = at + len(node.rawsource)
        yield from self._put(Formula(part.stripped()) if isinstance(node, nodes.math) else code_span(part))


# -------------------------------------------------------------------- what docutils does not know


class _Options(dict[str, Callable[[str], str]]):
    """Whatever options there are."""

    def __bool__(self) -> bool:
        return True

    def __missing__(self, name: str) -> Callable[[str], str]:
        return directives.unchanged


class _Tolerant(RstDirective):
    """A directive with any argument, options and content."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _Options()
    has_content = True
    reader: _Reader

    def written(self) -> Placed | None:
        """The content as it is written; None without any."""
        return self.reader.part("\n".join(self.content), self.content.offset(0)) if self.content else None


class _Mathematics(_Tolerant):
    def run(self) -> list[nodes.Node]:
        arguments = [self.reader.part(one, self.reader.near(one, self.lineno - 1)) for one in self.arguments]
        parts = [part for part in (*arguments, self.written()) if part is not None]
        return [_Found(tuple([display(part) for whole in parts for part in equations(whole)]))]


class _Program(_Tolerant):
    def run(self) -> list[nodes.Node]:
        content = self.written()
        if content is None:
            return []
        language = self.arguments[0].split()[0] if self.arguments else self.name
        return [_Found(tuple(notes(content, language)) if language in blocks("notes") else (Listing(content, language),))]


class _Included(_Tolerant):
    def run(self) -> list[nodes.Node]:
        shown = f".. {self.name}:: {' '.join(self.arguments)}"
        place = self.reader.place(self.lineno)
        return [_Found((Fault(shown, place, "other files are not taken in", "matcalc verify with that file, too"),))]


class _Unseen(_Tolerant):
    def run(self) -> list[nodes.Node]:
        return []


class _Other(_Tolerant):
    def run(self) -> list[nodes.Node]:
        name, place = self.name.rpartition(":")[2], self.reader.place(self.lineno)
        found = _Found((Opening(name, place),), (Closing(name, place),))
        if self.arguments:
            children, messages = self.state.inline_text(self.arguments[0], self.lineno)
            found += [nodes.paragraph(self.arguments[0], "", *children), *messages]
            found[0].line = self.lineno
        self.state.nested_parse(self.content, self.content_offset, found)
        return [found]


_DIRECTIVES: Mapping[str, type[_Tolerant] | None] = {
    "mathematics": _Mathematics,
    "programs": _Program,
    "included": _Included,
    "unseen": _Unseen,
    "docutils": None,
}
"""What reads the directives of each use."""


def _inliner() -> states.Inliner:
    """What looks for markup in a paragraph, unless it is too long for that."""
    inliner = states.Inliner()
    whole = inliner.parse

    def parse(text: str, lineno: int, memo: Any, parent: Any) -> Any:
        return ([_TooLong(text, text)], []) if len(text) > _LONGEST_PARAGRAPH else whole(text, lineno, memo, parent)

    inliner.parse = parse  # type: ignore[method-assign]
    return inliner


def _mathematics(name: str, rawtext: str, text: str, *_: Any, **__: Any) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    return [nodes.math(rawtext, nodes.unescape(text, True))], []


def _any_role(name: str, rawtext: str, text: str, *_: Any, **__: Any) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    sign = {"sup": "^(", "superscript": "^(", "sub": "_", "subscript": "_"}.get(name, "")
    shown = nodes.unescape(text)
    return [nodes.inline(rawtext, sign + shown + (")" if sign == "^(" else ""))], []


_lock = RLock()
"""docutils keeps its directives and roles for the whole process."""


@contextmanager
def _tolerant(classes: Callable[[str], type[_Tolerant] | None]) -> Iterator[None]:
    """Lets docutils read directives and roles of other programs, as Sphinx does it."""

    def directive(name: str, language: Any, document: Any) -> Any:
        found = classes(name.lower())
        return (found, []) if found is not None else known_directive(name, language, document)

    def role(name: str, language: Any, lineno: int, reporter: Any) -> Any:
        if name == "math":
            return _mathematics, []
        return known_role(name, language, lineno, reporter) if name in ("", "code", "literal") else (_any_role, [])

    with _lock:
        known_directive, known_role = directives.directive, roles.role
        directives.directive, roles.role = directive, role  # type: ignore[assignment]
        try:
            yield
        finally:
            directives.directive, roles.role = known_directive, known_role
