r"""HTML with mathematics for MathJax or KaTeX, not yet set or already set by them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from matcalc.documents.blocks import (
    Break,
    Closing,
    Directive,
    Fault,
    Formula,
    Heading,
    Listing,
    Manuscript,
    Nest,
    Opening,
    Piece,
    Place,
    Placed,
    Words,
    joined,
    placed,
)
from matcalc.documents.formats.delimiters import Delimiters, Dollars, Lines, html, read_words, theorems, titled
from matcalc.documents.formats.finishing import finished
from matcalc.documents.formats.plain import code_span, notes

_DOLLARS = re.compile(r"""inlineMath["']?\s*:\s*\[[^;]{0,200}?["']\$["']|left["']?\s*:\s*["']\$["']""")
_SETTER = re.compile(r"mathjax|katex|tex2jax", re.IGNORECASE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TECHNICAL = frozenset({"unseen", "pre", "code", "math", "set", "annotation", "tex", "row"})
RAISED = {"<sup>": "^(", "</sup>": ")", "<sub>": "_", "</sub>": ""}
"""How exponents and indices are written in plain characters."""
_SIGNS = {**RAISED, "<br>": "\n"}
_LANGUAGE = re.compile(r"(?:language|lang|highlight|sourceCode)-?\s*(\w+)")
_BLOCKS = {"li": "item", "blockquote": "quote"}
_DIRECTIVE = re.compile(r"\s*matcalc:(.*)", re.DOTALL)


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    """The pieces of a page. Single dollars count where its configuration of MathJax or KaTeX says
    so. It takes in no other files."""
    dollars: Dollars = "always" if _DOLLARS.search(text) else "signed" if _SETTER.search(text) else "never"
    pieces = hypertext(placed(text, Place(path, 1)), dollars=dollars, wary=False)
    return Manuscript(path, tuple(finished(pieces)))


def hypertext(text: Placed, *, dollars: Dollars, wary: bool = True, opened: list[str] | None = None) -> Iterator[Piece]:
    """The pieces of a text in HTML, the writer's own commands not yet replaced.

    ``opened`` are the theorems, notes and items that are open before the text; those that are open
    behind it are put there.
    """
    parser = _Parser(text, dollars=dollars, wary=wary)
    for name in opened or ():
        parser.resume(name)
    parser.feed(text.text)
    parser.close()
    still_open = parser.end(close=opened is None)
    if opened is not None:
        opened[:] = still_open
    return iter(parser.pieces)


@cache
def _noted() -> frozenset[str]:
    """The classes of theorems and notes."""
    return html("notes").union(theorems())


class _Parser(HTMLParser):
    def __init__(self, text: Placed, *, dollars: Dollars, wary: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[Piece] = []
        self._given = text
        self._lines = Lines(text.text)
        self._dollars = dollars
        self._wary = wary
        self._run: list[Placed] = []
        self._nest: Nest[str] = Nest()
        """The tags that are open, each with its role: ``unseen``, ``pre``, ``code``, ``math``,
        ``set``, the name of a statement, or nothing."""
        self._roles: Counter[str] = Counter()
        self._language = ""
        self._before_code = 0
        """How much of the running text stands before the code that is open."""
        self._coloured = False
        """Whether a preformatted text is set in colours, as programs are."""
        self._display = False
        self._source: list[Placed] = []
        """The LaTeX of what is set already,"""
        self._spoken: list[Placed] = []
        """and what is said of it for those who do not see it."""
        self._row = 0
        """How many pieces stood before the row of a display that is open."""
        self._last: dict[str, int] = {}

    # ---------------------------------------------------------------- what the parser finds

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        role = self._role(tag, given)
        if f"<{tag}>" in _SIGNS:
            self._add(_SIGNS[f"<{tag}>"])
        elif tag == "img":
            self._image(given)
        if tag in html("blocks") or tag in _HEADINGS or role == "pre":
            self._flush()
        if tag == "li" and self._nest.open and self._nest.open[-1][0] == "li":
            self._close()
        if tag == "span" and "class" in given and self._roles["pre"]:
            self._coloured = True
        if tag not in html("void"):
            self._begin(tag, role)

    def _begin(self, tag: str, role: str) -> None:
        """Opens an element that has an end."""
        if role == "row":
            self._row = len(self.pieces)
        elif role == "math":
            self._flush(end=False)
        elif role == "code":
            self._before_code = len(self._run)
        self._opens(tag, role)
        if role and role not in _TECHNICAL:
            self.pieces.append(Opening(role, self._place()))

    def _opens(self, tag: str, role: str) -> None:
        self._nest.begin(tag, role)
        self._roles[role] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in html("void"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._nest.counts[tag] and self._close() != tag:
            pass

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

    def resume(self, name: str) -> None:
        """To be called before the text: something of that name is open."""
        self._opens("div", name)

    def end(self, *, close: bool) -> list[str]:
        """To be called after the last of the text. Closes what is open, or gives the names of what
        stays open."""
        left = [role for tag, role in self._nest.open if not close and tag == "div" and role and role not in _TECHNICAL]
        while self._nest.open:
            tag, role = self._nest.open[-1]
            if role in left and tag == "div":
                self._nest.pop()
                self._roles[role] -= 1
            else:
                self._close()
        self._flush()
        return left

    # ---------------------------------------------------------------- what it means

    def _role(self, tag: str, given: dict[str, str]) -> str:
        role = self._unread_role(tag, given)
        if role is None and self._is_set(tag, given):
            return "set"
        if role is not None or tag == "pre":
            return role or "pre"
        return "code" if tag in html("code") and not self._roles["pre"] else self._shown_role(tag, given)

    def _shown_role(self, tag: str, given: dict[str, str]) -> str:
        """The role of an element that is shown as it stands."""
        classes = given.get("class", "")
        if tag in ("code", "div") and (language := _LANGUAGE.search(classes)):
            self._language = language[1]
        if html("written") & {tag, *(classes.split() if tag in ("span", "div") else ())}:
            self._display = "display" in classes or tag == "div" or "block" in given
            return "math"
        if html("rows") & {*classes.split()}:
            return _BLOCKS.get(tag, "row")
        named = (name for name in classes.lower().split() if name in _noted())
        return _BLOCKS.get(tag) or next(named, "")

    def _unread_role(self, tag: str, given: dict[str, str]) -> str | None:
        """The role of what is not shown as it stands; None for another element."""
        if tag == "script" and given.get("type", "").startswith("math/tex"):
            self._display = "display" in given["type"]
            return "tex"
        if tag == "annotation":
            return "annotation" if "tex" in given.get("encoding", "") else ""
        return "unseen" if tag in html("unseen") else None

    def _is_set(self, tag: str, given: dict[str, str]) -> bool:
        """Whether an element is a formula that is set already."""
        if tag == "math" and given.get("alttext"):
            self._spoken.append(self._attribute(given["alttext"]))
        classes, kind = given.get("class", ""), given.get("display")
        named = tag == "math" or given.get("id", "").startswith("MathJax-Element")
        if not named and not html("set") & {tag, *classes.split()}:
            return False
        self._display = self._display or "display" in (classes if kind is None else kind).lower() or "block" in (kind or "")
        return True

    def _attribute(self, value: str) -> Placed:
        return Placed(value, ((0, self._place()),))

    def _image(self, given: dict[str, str]) -> None:
        """A picture of a formula, which says what it shows."""
        alt = given.get("alt", "").strip("$ ")
        if re.search(r"latex|math|tex\b|equation", given.get("class", "")) and "\\" in alt and not self._roles["set"]:
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
        if self._roles["annotation"]:
            self._source.append(part)
        elif not self._roles["unseen"] and not self._roles["set"]:
            self._run.append(part)

    def _close(self) -> str:
        """Closes the last element that is open; its tag."""
        tag, role = self._nest.pop()
        self._roles[role] -= 1
        if f"</{tag}>" in RAISED:
            self._add(RAISED[f"</{tag}>"])
        elif tag in _HEADINGS:
            self._heading(int(tag[1]))
        elif role in _ENDS:
            _ENDS[role](self, tag)
        elif role and role not in _TECHNICAL:
            self._flush()
            self.pieces.append(Closing(role, self._place()))
        elif tag in html("blocks"):
            self._flush()
        return tag

    def _preformatted(self, _: str) -> None:
        if self._run:
            text = joined(self._run)
            program = self._coloured or self._language not in ("", "text", "plaintext", "none", "matcalc")
            self.pieces += [Listing(text, self._language)] if program else notes(text, self._language)
        self._run, self._language, self._coloured = [], "", False

    def _heading(self, level: int) -> None:
        if self._run:
            self.pieces += titled(list(self._read(joined(self._run).stripped())), level)
        self._run = []

    def _code(self, _: str) -> None:
        """What stood between tags for code: a formula, or words like those around it."""
        self._run, inside = self._run[: self._before_code], self._run[self._before_code :]
        if not inside:
            return
        read = code_span(joined(inside))
        if isinstance(read, Words):
            self._run.append(read.text)
        else:
            self._flush(end=False)
            self.pieces.append(read)

    def _mathematics(self, _: str) -> None:
        """What stands between tags for mathematics, with delimiters or without."""
        text = joined(self._run).stripped() if self._run else None
        self._run = []
        if text is None or not text.text:
            return
        read = list(read_words(text, Delimiters(text.text, wary=False)))
        if any(isinstance(piece, Formula) for piece in read):
            self.pieces += read
        else:
            self.pieces.append(Formula(text, self._display))
        self._display = False

    def _already_set(self, tag: str) -> None:
        if self._roles["set"]:
            return
        source = self._source or self._spoken
        self._flush(end=False)
        if source:
            self.pieces.append(Formula(joined(source).stripped(), self._display))
        elif tag == "math":
            self.pieces.append(
                Fault("<math>", self._place(), "a formula in MathML without its LaTeX", "an <annotation> with the LaTeX")
            )
        self._source, self._spoken, self._display = [], [], False

    def _one_formula(self, _: str) -> None:
        """Makes one formula of those in a row of a display, which a converter has put into cells of
        a table."""
        cells = [piece for piece in self.pieces[self._row :] if isinstance(piece, Formula)]
        if len(cells) > 1:
            parts = [part for cell in cells for part in (Placed(" & ", cell.text.marks[:1]), cell.text)]
            others = [piece for piece in self.pieces[self._row :] if not isinstance(piece, Formula | Break)]
            self.pieces[self._row :] = [Formula(joined(parts[1:]), True), *others]

    def _read(self, text: Placed) -> Iterator[Words | Formula]:
        return read_words(text, Delimiters(text.text, dollars=self._dollars, wary=self._wary))

    def _flush(self, *, end: bool = True) -> None:
        """Ends the running text; ``end`` says that a paragraph ends with it."""
        if self._roles["pre"]:
            return
        read = list(self._read(joined(self._run))) if self._run else []
        self.pieces += read
        self._run = []
        if end and self.pieces and not isinstance(self.pieces[-1], (Break, Heading, Opening)):
            self.pieces.append(Break(self._place()))


_ENDS: Mapping[str, Callable[[_Parser, str], None]] = {
    "pre": _Parser._preformatted,
    "code": _Parser._code,
    "math": _Parser._mathematics,
    "tex": _Parser._mathematics,
    "set": _Parser._already_set,
    "row": _Parser._one_formula,
}
"""What is done at the end of an element, by its role."""
