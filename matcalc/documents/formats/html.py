r"""HTML with mathematics for MathJax or KaTeX, not yet set or already set by them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from matcalc.documents.formats.delimiters import Delimiters, Lines, read_words
from matcalc.documents.formats.finishing import finished
from matcalc.documents.formats.plain import code_span, notes
from matcalc.documents.pieces import (
    Break,
    Closing,
    Directive,
    Fault,
    Formula,
    Heading,
    Manuscript,
    Opening,
    Piece,
    Place,
    Placed,
    Words,
    joined,
    placed,
)

_DOLLARS = re.compile(r"""inlineMath["']?\s*:\s*\[[^;]{0,200}?["']\$["']|left["']?\s*:\s*["']\$["']""")
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"})
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    }
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset(
    {"script", "style", "template", "noscript", "title", "head", "svg", "canvas", "iframe", "object", "select", "textarea", "button"}
)
_STATEMENTS = frozenset(
    {
        "theorem",
        "lemma",
        "corollary",
        "proposition",
        "definition",
        "proof",
        "remark",
        "example",
        "note",
        "admonition",
        "warning",
        "tip",
        "exercise",
        "claim",
        "assumption",
    }
)
_SET = re.compile(r"(?:^|\s)(?:katex|katex-display|MathJax|MathJax_Display|MathJax_SVG|MathJax_CHTML|mwe-math-element|ltx_Math)(?:\s|$)")
_GIVEN = re.compile(r"(?:^|\s)math(?:\s|$)")
_DIRECTIVE = re.compile(r"\s*matcalc:(.*)", re.DOTALL)


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    """The pieces of a page. Single dollars count where its configuration of MathJax or KaTeX says so. It takes in no other files."""
    pieces = hypertext(placed(text, Place(path, 1)), dollars=_DOLLARS.search(text) is not None, wary=False)
    return Manuscript(path, tuple(finished(pieces)))


def hypertext(text: Placed, *, dollars: bool, wary: bool = True) -> Iterator[Piece]:
    """The pieces of a text in HTML, the writer's own commands not yet replaced."""
    parser = _Parser(text, dollars=dollars, wary=wary)
    parser.feed(text.text)
    parser.close()
    parser.end()
    return iter(parser.pieces)


class _Parser(HTMLParser):
    def __init__(self, text: Placed, *, dollars: bool, wary: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[Piece] = []
        self._given = text
        self._lines = Lines(text.text)
        self._dollars = dollars
        self._wary = wary
        self._run: list[Placed] = []
        self._open: list[tuple[str, str]] = []
        """Tag and role of each open element: ``unseen``, ``pre``, ``code``, ``math``, ``set``, the name of a statement, or nothing."""
        self._counts: dict[str, int] = {}
        self._roles: dict[str, int] = {}
        self._language = ""
        self._display = False
        self._source: list[Placed] = []
        self._last: dict[str, int] = {}

    # ---------------------------------------------------------------- what the parser finds

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        role = self._role(tag, given)
        if tag == "br":
            self._add("\n")
        elif tag == "img":
            self._image(given)
        if tag in _BLOCKS or tag in _HEADINGS or role == "pre":
            self._flush()
        if tag == "li" and self._open and self._open[-1][0] == "li":
            self._close(1)
        if tag in _VOID:
            return
        if role in ("code", "math"):
            self._flush(end=False)
        self._open.append((tag, role))
        self._counts[tag] = self._counts.get(tag, 0) + 1
        self._roles[role] = self._roles.get(role, 0) + 1
        if role and role not in ("unseen", "pre", "code", "math", "set", "annotation", "tex"):
            self.pieces.append(Opening(role, self._place()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._counts.get(tag):
            return
        count = 1
        while self._open[-count][0] != tag:
            count += 1
        self._close(count)

    def handle_data(self, data: str) -> None:
        offset = self._offset()
        self._add_part(self._given.part(offset, offset + len(data)))

    def handle_entityref(self, name: str) -> None:
        self._add(unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self._add(unescape(f"&#{name};"))

    def handle_comment(self, data: str) -> None:
        match = _DIRECTIVE.match(data)
        if match is not None:
            self._flush(end=False)
            start = self._offset() + len("<!--") + match.start(1)
            self.pieces.append(Directive(self._given.part(start, start + len(match[1])).stripped()))

    # An unfinished construct is looked for once, not at each place where it might begin.

    def parse_comment(self, i: int, report: bool = True) -> int:
        return super().parse_comment(i, report) if self._ends("-->", i) else -1

    def parse_pi(self, i: int) -> int:
        return super().parse_pi(i) if self._ends(">", i) else -1

    def parse_html_declaration(self, i: int) -> int:
        return super().parse_html_declaration(i) if self._ends(">", i) else -1

    def check_for_whole_start_tag(self, i: int) -> int:
        return super().check_for_whole_start_tag(i) if self._ends(">", i) else -1

    def _ends(self, mark: str, start: int) -> bool:
        if mark not in self._last:
            self._last[mark] = self.rawdata.rfind(mark)
        return self._last[mark] >= start

    def end(self) -> None:
        """To be called after the last of the text."""
        self._close(len(self._open))
        self._flush()

    # ---------------------------------------------------------------- what it means

    def _role(self, tag: str, given: dict[str, str]) -> str:
        classes = given.get("class", "")
        if tag == "script" and given.get("type", "").startswith("math/tex"):
            self._display = "display" in given["type"]
            return "tex"
        if tag == "annotation":
            return "annotation" if "tex" in given.get("encoding", "") else ""
        if tag in _UNSEEN:
            return "unseen"
        if tag == "math" and given.get("alttext"):
            self._source.append(self._attribute(given["alttext"]))
        if tag in ("math", "mjx-container") or _SET.search(classes) or given.get("id", "").startswith("MathJax-Element"):
            self._display = "display" in given.get("display", classes).lower() or "block" in given.get("display", "") or self._display
            return "set"
        if tag == "pre":
            return "pre"
        language = re.search(r"(?:language|lang|highlight|sourceCode)-?\s*(\w+)", classes) if tag in ("code", "div", "pre") else None
        if tag in ("code", "tt", "kbd", "samp", "var") and not self._roles.get("pre"):
            return "code"
        if language:
            self._language = language[1]
        if tag in ("d-math", "tex-math") or (_GIVEN.search(classes) and tag in ("span", "div")):
            self._display = "display" in classes or tag == "div" or "block" in given
            return "math"
        if tag == "li":
            return "item"
        if tag == "blockquote":
            return "quote"
        return next((name for name in classes.lower().split() if name in _STATEMENTS), "")

    def _attribute(self, value: str) -> Placed:
        return Placed(value, ((0, self._place()),))

    def _image(self, given: dict[str, str]) -> None:
        """A picture of a formula, which says what it shows."""
        alt = given.get("alt", "").strip("$ ")
        if re.search(r"latex|math|tex\b|equation", given.get("class", "")) and "\\" in alt and not self._roles.get("set"):
            self._flush(end=False)
            self.pieces.append(Formula(self._attribute(alt)))

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines.start(line - 1) + column

    def _place(self) -> Place:
        return self._given.place(self._offset())

    def _add(self, text: str) -> None:
        self._add_part(Placed(text, ((0, self._place()),)))

    def _add_part(self, part: Placed) -> None:
        if self._roles.get("annotation"):
            self._source.append(part)
        elif not self._roles.get("unseen") and not self._roles.get("set"):
            self._run.append(part)

    def _close(self, count: int) -> None:
        for _ in range(count):
            tag, role = self._open.pop()
            self._counts[tag] -= 1
            self._roles[role] -= 1
            self._closed(tag, role)

    def _closed(self, tag: str, role: str) -> None:
        if tag in _HEADINGS:
            self._heading(int(tag[1]))
        elif role == "pre":
            if self._run:
                self.pieces += notes(joined(self._run), "") if not self._language else [_listing(joined(self._run), self._language)]
            self._run, self._language = [], ""
        elif role == "code":
            self._code()
        elif role in ("math", "tex"):
            self._mathematics()
        elif role == "set":
            if not self._roles.get("set"):
                self._already_set(tag)
        elif role and role not in ("unseen", "annotation"):
            self._flush()
            self.pieces.append(Closing(role, self._place()))
        elif tag in _BLOCKS:
            self._flush()

    def _heading(self, level: int) -> None:
        if self._run:
            text = joined(self._run).stripped()
            self.pieces.append(Heading(text, level))
            self.pieces += [piece for piece in self._read(text) if isinstance(piece, Formula)]
        self._run = []

    def _code(self) -> None:
        if self._run:
            read = code_span(joined(self._run))
            if isinstance(read, Words):
                self._flush(end=False)
            else:
                self.pieces.append(read)
        self._run = []

    def _mathematics(self) -> None:
        """What stands between tags for mathematics, with delimiters or without."""
        text = joined(self._run).stripped() if self._run else None
        self._run = []
        if text is None or not text.text:
            return
        read = list(self._read(text))
        if any(isinstance(piece, Formula) for piece in read):
            self.pieces += read
        else:
            self.pieces.append(Formula(text, self._display))
        self._display = False

    def _already_set(self, tag: str) -> None:
        source = self._source[-1:] if tag == "math" and len(self._source) == 1 else self._source
        if source:
            self._flush(end=False)
            text = joined(source).stripped()
            self.pieces.append(Formula(text, self._display))
        elif tag == "math":
            self.pieces.append(Fault("<math>", self._place(), "a formula in MathML without its LaTeX", "an <annotation> with the LaTeX"))
        self._source, self._display = [], False

    def _read(self, text: Placed) -> Iterator[Words | Formula]:
        return read_words(text, Delimiters(text.text, dollars=self._dollars, wary=self._wary))

    def _flush(self, *, end: bool = True) -> None:
        """Ends the running text; ``end`` says that a paragraph ends with it."""
        if self._roles.get("pre"):
            return
        read = list(self._read(joined(self._run))) if self._run else []
        self.pieces += read
        self._run = []
        if end and self.pieces and not isinstance(self.pieces[-1], (Break, Heading, Opening)):
            self.pieces.append(Break(self._place()))


def _listing(text: Placed, language: str) -> Piece:
    from_notes = notes(text, language)
    return next(from_notes)
