r"""Markdown as GitHub, Jekyll, Quarto, R Markdown and MyST read it, all their spellings of mathematics together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from matcalc.documents.formats.delimiters import DISPLAYS, Delimiters, Enclosed, Lines, formula
from matcalc.documents.formats.finishing import finished
from matcalc.documents.formats.html import hypertext
from matcalc.documents.formats.plain import code_span, notes
from matcalc.documents.pieces import (
    Break,
    Closing,
    Directive,
    Fault,
    Formula,
    Heading,
    Listing,
    Manuscript,
    Opening,
    Piece,
    Place,
    Placed,
    Words,
    joined,
    placed,
)

_MOST_NESTED_FENCES = 10
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*\Z")
_DISPLAY = re.compile(
    rf"(?P<code>`+)|\\begin[ ]*\{{(?P<name>(?:{'|'.join(sorted(DISPLAYS))})\*?)\}}|(?P<bracket>\\\\?\[)|\\.|(?P<dollars>\$\$)", re.DOTALL
)
_PROSE = re.compile(r"#{1,6}[ ]|```|~~~|(?:[^\\${}]*?[A-Za-z]{2,}[,.;:]?[ ]+){4}")
_COLONS = re.compile(r":{3,}[ \t]*(?P<info>.*)\Z")
_GITHUB = re.compile(r"\$(`+)([^`]+)\1\$")
_ROLE = re.compile(r"\{(?:math|eq-inline)\}(`+)([^`]+)\1")
_COMMENT = re.compile(r"<!--+[ \t\n]*matcalc:(.*?)--+>", re.DOTALL)
_ATTRIBUTES = re.compile(r"[ \t]*\{[#.:][^{}]*\}[ \t]*\Z")
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\Z")
_OPTION = re.compile(r":[\w-]+:[^\n]*(?:\n|\Z)|---\n.*?\n---(?:\n|\Z)|\s+", re.DOTALL)
_TEXTS = frozenset({"", "text", "txt", "plain", "plaintext", "none", "matcalc", "ascii", "no-highlight"})
_PROSE_FENCES = frozenset(
    {
        "admonition",
        "note",
        "warning",
        "tip",
        "hint",
        "important",
        "caution",
        "danger",
        "error",
        "attention",
        "seealso",
        "dropdown",
        "card",
        "grid",
        "grid-item",
        "tab-set",
        "tab-item",
        "margin",
        "sidebar",
        "topic",
        "epigraph",
        "exercise",
        "solution",
        "figure",
        "table",
        "list-table",
        "todo",
    }
)
_STATEMENTS = {"thm": "theorem", "lem": "lemma", "cor": "corollary", "prp": "proposition", "def": "definition", "exm": "example"}


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    """The pieces of a Markdown document. It takes in no other files."""
    return Manuscript(path, tuple(finished(markdown(placed(text, Place(path, 1))))))


def markdown(text: Placed, depth: int = 0) -> Iterator[Piece]:
    """The pieces of a Markdown text, the writer's own commands not yet replaced; ``depth`` counts the fences around it."""
    return _Reader(text, depth).pieces()


class _Reader:
    """Turns the tokens of a text into pieces."""

    def __init__(self, text: Placed, depth: int) -> None:
        self._text = text
        self._lines = Lines(text.text)
        self._depth = depth
        self._parser = _parser()
        self._divisions: list[str] = []

    def pieces(self) -> Iterator[Piece]:
        tokens: list[Token] = []
        self._parser.block.parse(self._text.text, self._parser, {}, tokens)
        level = 0
        opened: list[str] = []
        for token in tokens:
            match token.type:
                case "heading_open":
                    level = int(token.tag[1:])
                case "heading_close":
                    level = 0
                case "inline":
                    yield from self._block(token, level)
                case "fence":
                    yield from self._fence(token)
                case "code_block":
                    yield from self._indented(token)
                case "html_block":
                    yield from self._html(token)
                case "front_matter":
                    yield Listing(self._anchored(token.content, (token.map or [0])[0] + 1), "yaml")
                case "division":
                    yield from self._division(token)
                case "blockquote_open" | "list_item_open" | "admonition_open" | "dd_open":
                    opened.append(_named(token))
                    yield Opening(opened[-1], self._place(token))
                case "blockquote_close" | "list_item_close" | "admonition_close" | "dd_close":
                    yield Closing(opened.pop(), self._place(token))
                case _:
                    pass
        while self._divisions:
            yield Closing(self._divisions.pop(), self._text.place(len(self._text.text)))

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
            yield Heading(content, level)
            yield from [piece for piece in self._inline(content) if isinstance(piece, Formula)]
            return
        rows = content.text.split("\n")
        header = next((k for k, row in enumerate(rows[1:]) if "|" in rows[k] and "|" in row and _DELIMITER_ROW.match(row)), None)
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
        return _Line(self._parser, text).pieces()

    def _fence(self, token: Token) -> Iterator[Piece]:
        content = self._anchored(token.content, (token.map or [0])[0] + 1)
        info = token.info.strip()
        braced = re.match(r"\{(?:[=.]?)([\w:+-]+)", info)
        language = braced[1] if braced else info.split()[0] if info else ""
        language = language.lower().split(",")[0]
        if language == "math":
            option = 0
            while braced and (match := _OPTION.match(content.text, option)):
                option = match.end()
            content = content.part(option).stripped()
            if content.text:
                yield Formula(content, True)
        elif braced and info[1] != "." and (language in _PROSE_FENCES or language.startswith(("prf:", "proof:"))):
            yield from self._nested(language.rpartition(":")[2], content)
        elif language in _TEXTS:
            yield from notes(content, language)
        else:
            yield Listing(content, language)

    def _nested(self, name: str, content: Placed) -> Iterator[Piece]:
        if self._depth >= _MOST_NESTED_FENCES:
            yield Fault(content.text, content.place(), f"more than {_MOST_NESTED_FENCES} fences are inside each other")
            return
        option = 0
        while match := _OPTION.match(content.text, option):
            option = match.end()
        yield Opening(name, content.place())
        yield from markdown(content.part(option), self._depth + 1)
        yield Closing(name, content.place(len(content.text)))

    def _indented(self, token: Token) -> Iterator[Piece]:
        """An indented block: MathJax reads mathematics in it wherever it is no program."""
        content = self._anchored(token.content, (token.map or [0])[0])
        if any(found.display for found in Delimiters(content.text).all()) and self._depth < _MOST_NESTED_FENCES:
            shift = min(len(line) - len(line.lstrip()) for line in content.text.split("\n") if line.strip())
            lines = [content.part(start + shift, end) for start, end in _lines(content.text) if end > start + shift]
            yield from markdown(joined(lines), self._depth + 1)
        else:
            yield from notes(content, "")

    def _html(self, token: Token) -> Iterator[Piece]:
        content = self._anchored(token.content, (token.map or [0])[0])
        yield from hypertext(content, dollars=True)

    def _division(self, token: Token) -> Iterator[Piece]:
        info = token.info.strip()
        if not info:
            if self._divisions:
                yield Closing(self._divisions.pop(), self._place(token))
            return
        named = re.search(r"\.([\w-]+)", info) or re.match(r"\{?([\w:-]+)", info)
        label = re.search(r"#(\w+)-", info)
        name = _STATEMENTS.get(label[1], "") if label else ""
        self._divisions.append(name or (named[1].rpartition(":")[2].removeprefix("callout-") if named else "division"))
        yield Opening(self._divisions[-1], self._place(token))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins, and ends with its line end."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


def _named(token: Token) -> str:
    match token.type:
        case "blockquote_open":
            return "quote"
        case "admonition_open":
            return str(token.meta.get("tag", "note"))
        case _:
            return "item"


class _Line:
    """The words and formulas of a paragraph, a heading or a cell."""

    def __init__(self, parser: MarkdownIt, text: Placed) -> None:
        self._parser = parser
        self._text = text
        self._words: list[Placed] = []
        self._cursor = 0

    def pieces(self) -> Iterator[Piece]:
        tokens: list[Token] = []
        self._parser.inline.parse(self._text.text, self._parser, {}, tokens)
        waiting = [(token, 0) for token in reversed(tokens)]
        while waiting:
            token, base = waiting.pop()
            if token.type == "image":
                label = self._text.text.find(token.content, self._cursor)
                waiting += [(child, label) for child in reversed(token.children or [])]
            else:
                yield from self._piece(token, base)
        yield from self._flushed()

    def _flushed(self) -> Iterator[Words]:
        if any(part.text.strip() for part in self._words):
            yield Words(joined(self._words))
        self._words = []

    def _piece(self, token: Token, base: int) -> Iterator[Piece]:
        match token.type:
            case "formula":
                found: Enclosed = token.meta["found"]
                found = Enclosed(
                    found.start + base,
                    found.end + base,
                    (found.inner[0] + base, found.inner[1] + base),
                    found.display,
                    found.environment,
                    found.escaped,
                )
                yield from self._flushed()
                yield formula(self._text, found)
                self._cursor = found.end
            case "code_inline":
                part = self._taken(token.content, token.markup)
                read = code_span(part)
                if isinstance(read, Words):
                    self._words.append(read.text)
                else:
                    yield from self._flushed()
                    yield read
            case "softbreak" | "hardbreak":
                at = self._text.text.find("\n", self._cursor)
                if at >= 0:
                    self._words.append(self._text.part(at, at + 1))
                    self._cursor = at + 1
            case "html_inline":
                part = self._taken(token.content)
                comment = _COMMENT.match(part.text)
                if comment:
                    yield from self._flushed()
                    yield Directive(part.part(*comment.span(1)).stripped())
            case "text" | "text_special":
                yield from self._text_pieces(token)
            case _:
                pass

    def _text_pieces(self, token: Token) -> Iterator[Piece]:
        if not token.content:
            return
        part = self._taken(token.markup or token.content)
        if token.type == "text_special":
            part = Placed(token.content, part.marks[:1])
        self._words.append(part)
        opening = _unclosed(part.text) if token.type == "text" else None
        if opening is not None:
            yield from self._flushed()
            shown = part.part(opening.start()).text.split("\n")[0]
            mark = opening[0]
            closing = mark.replace("begin", "end")
            yield Fault(shown, part.place(opening.start()), f"the mathematics that {mark} begins does not end", f"{closing} behind it")

    def _taken(self, content: str, mark: str = "") -> Placed:
        """The next place where this stands in the text."""
        text = self._text.text
        start = text.find(mark, self._cursor) if mark else self._cursor
        at = text.find(content.rstrip(), max(start, 0)) if mark else text.find(content, self._cursor)
        if at < 0:
            return Placed(content, ((0, self._text.place(self._cursor)),))
        self._cursor = at + len(content) + len(mark)
        return self._text.part(at, at + len(content))


_UNCLOSED = re.compile(rf"\$\$|\\begin\{{(?:{'|'.join(sorted(DISPLAYS))})\*?\}}|\$(?=[^\s$][^\n$]*\\[A-Za-z])")


def _unclosed(text: str) -> re.Match[str] | None:
    """What begins mathematics in a text in which all mathematics that ends is no longer there."""
    return _UNCLOSED.search(text) if "$" in text or "\\" in text else None


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    parser.use(front_matter_plugin).use(admon_plugin).use(deflist_plugin)
    parser.disable(["reference", "lheading"])
    parser.block.ruler.at("paragraph", _paragraph)
    parser.block.ruler.before("fence", "division", _division, {"alt": ["paragraph", "blockquote", "list"]})
    parser.inline.ruler.before("escape", "formula", _formula)
    return parser


def _division(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line of colons, which opens or closes a part of the text with a name."""
    if state.is_code_block(start):
        return False
    match = _COLONS.match(state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]])
    if match is None:
        return False
    if not silent:
        token = state.push("division", "", 0)
        token.info = match["info"]
        token.map = [start, start + 1]
        state.line = start + 1
    return True


def _paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A paragraph, or a heading with a line below it. Where a display is open, nothing ends it."""
    rules = state.md.block.ruler.getRules("paragraph")
    before, state.parentType = state.parentType, "paragraph"
    following, level = _behind_displays(state, start), 0
    while following < state.lineMax and not state.isEmpty(following):
        line = state.src[state.bMarks[following] + state.tShift[following] : state.eMarks[following]]
        if state.sCount[following] - state.blkIndent <= 3 and state.sCount[following] >= 0:
            underline = _UNDERLINE.match(line)
            if underline and state.sCount[following] >= state.blkIndent:
                level = 1 if underline[1][0] == "=" else 2
                break
            if any(rule(state, following, state.lineMax, True) for rule in rules):
                break
        following = _behind_displays(state, following)
    state.parentType = before
    kind = "heading" if level else "paragraph"
    tag = f"h{level}" if level else "p"
    state.line = following + (1 if level else 0)
    opening = state.push(f"{kind}_open", tag, 1)
    opening.map = [start, state.line]
    token = state.push("inline", "", 0)
    token.content = state.getLines(start, following, state.blkIndent, False).strip()
    token.map = [start, following]
    token.children = []
    state.push(f"{kind}_close", tag, -1)
    return True


def _behind_displays(state: StateBlock, line: int) -> int:
    """The line after this one, or after the end of a display that is open at the end of this one."""
    waiting = _waiting(_line(state, line), "")
    while waiting:
        last = _closing_line(state, line + 1, waiting)
        if last is None:
            break
        line = last
        waiting = _waiting(_line(state, line), waiting)
    return line + 1


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _waiting(line: str, waiting: str) -> str:
    """What closes the display that is open at the end of a line; ``waiting`` closes the one that is open at its beginning."""
    position = 0
    while True:
        if waiting:
            at = line.find(waiting, position)
            if at < 0:
                return waiting
            position, waiting = at + len(waiting), ""
        match = _DISPLAY.search(line, position)
        if match is None:
            return ""
        position = match.end()
        if match["code"]:
            closed = line.find(match["code"], position)
            position = position if closed < 0 else closed + len(match["code"])
        elif match["name"]:
            waiting = rf"\end{{{match['name']}}}"
        elif match["bracket"]:
            waiting = match["bracket"][:-1] + "]"
        elif match["dollars"]:
            waiting = "$$"


def _closing_line(state: StateBlock, line: int, waiting: str) -> int | None:
    """The line in which an open display is closed; None where prose, or another one, comes before."""
    lasts: dict[str, int] = state.env.setdefault("last closing", {})
    if waiting not in lasts:
        lasts[waiting] = state.src.rfind(waiting)
    opening = waiting.replace("]", "[").replace(r"\end", r"\begin")
    blank = False
    while line < state.lineMax and lasts[waiting] >= state.bMarks[line]:
        text = _line(state, line)
        if blank and (_PROSE.match(text) or 0 <= state.sCount[line] < state.blkIndent):
            return None
        if waiting in text:
            return line
        if opening in text or text.startswith(("```", "~~~")):
            return None
        blank = blank or not text
        line += 1
    return None


def _formula(state: StateInline, silent: bool) -> bool:
    """Mathematics in a line of text."""
    found = _found(state)
    if found is None or found.end > state.posMax:
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.meta = {"found": found}
    state.pos = found.end
    return True


def _found(state: StateInline) -> Enclosed | None:
    character = state.src[state.pos]
    if character not in "$\\{":
        return None
    pattern = _GITHUB if character == "$" else _ROLE
    match = pattern.match(state.src, state.pos) if character != "\\" else None
    if match is not None:
        return Enclosed(match.start(), match.end(), match.span(2), False)
    return None if character == "{" else _delimiters(state.env, state.src).at(state.pos)


def _delimiters(env: Any, text: str) -> Delimiters:
    """The delimiters of the text that is read, found once."""
    found: dict[str, Delimiters] = env.setdefault("delimiters", {})
    if text not in found:
        found[text] = Delimiters(text)
    return found[text]
