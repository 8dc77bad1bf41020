"""LaTeX documents as a reader sees them: prose without its markup, and all mathematics, the
writer's own commands replaced."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from matcalc.base.budgets import MOST_DOCUMENT_CHARACTERS, MOST_FAULTS
from matcalc.base.errors import LimitError
from matcalc.documents.blocks import Break, Closing, Fault, Formula, Heading, Manuscript, Nest, Opening, Words, joined
from matcalc.documents.formats.finishing import bounded, with_definitions
from matcalc.documents.formats.latex_files import Desk
from matcalc.documents.formats.latex_formula import (
    COMMANDS,
    DRAWINGS,
    HEADINGS,
    LISTS,
    MATHEMATICS,
    OTHERS,
    REFERENCES,
    SPACES,
    TABLES,
    Collector,
    accented,
    symbol,
)
from matcalc.language.latex.latex_texts import Slice, Token
from matcalc.language.latex.primitives import Conditions, Definitions


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    r"""The pieces of a LaTeX document and of the files that it takes in, in the order in which they
    are read.

    Files are taken in only below ``root``, without one below the folder of the document. What
    cannot be read is a fault at its place, and reading goes on behind it. Raises MatcalcError
    without pylatexenc, and LimitError for a text that is too long.

    >>> found = manuscript(r"Let $\R^n$ be" "\n\n" r"\def\R{\mathbb{R}} $x \in \R$.", "a.tex")
    >>> [type(piece).__name__ for piece in found.pieces]
    ['Words', 'Formula', 'Words', 'Break', 'Formula', 'Words', 'Break']
    >>> found.pieces[4].text.text
    'x \\in \\mathbb{R}'
    """
    if len(text) > MOST_DOCUMENT_CHARACTERS:
        raise LimitError(
            f"{path or 'the document'} has more than {MOST_DOCUMENT_CHARACTERS:,} characters", suggestion="several files"
        )
    below = Path(path).parent if root is None else root
    reader = Reader(text, path, below)
    reader.read()
    if reader.preamble:
        cut = Reader(text, path, below, whole=True)
        cut.fault("there is no \\begin{document}: all is read as if it stood behind it", "\\begin{document}", 0, 0)
        cut.read()
        reader = cut
    return Manuscript(path, tuple(with_definitions(reader.pieces, frozenset(reader.mouth.commands))), tuple(reader.files.taken))


class _Opened(NamedTuple):
    """An environment in the prose: ``title`` is that of a theorem."""

    origin: int
    kind: str = ""
    title: str = ""


class Reader(Desk):
    """Turns tokens into pieces. ``whole``: there is no preamble, whatever the document says."""

    def __init__(self, text: str, path: str, root: Path, *, whole: bool = False) -> None:
        super().__init__(text, path, root, whole=whole)
        self.conditions = Conditions(self.mouth)
        Definitions(self.mouth)
        self.formula: Collector | None = None
        self._nest: Nest[_Opened] = Nest()
        self._broken: Counter[str] = Counter()
        """Ends that will come of environments that were given up."""
        self._notes: deque[tuple[Token, list[Slice]]] = deque()
        self._in_note = False
        self._items: list[bool] = []
        """For each open list, whether an item is open in it."""
        self._handlers: dict[str, _Handler] = {
            **_HANDLERS,
            **dict.fromkeys(HEADINGS, Reader._heading),
            **dict.fromkeys(REFERENCES, Reader._reference),
        }

    def _at_end(self, done: Callable[[], None]) -> None:
        formula = self.formula
        if formula is None or formula.frame.done is not done or not self._give_up():
            super()._at_end(done)

    # ------------------------------------------------------------ all

    def read(self) -> None:
        """Reads to the end."""
        while True:
            token = self.mouth.next()
            if token.kind == "stop":
                self._paragraph()
                if not self.mouth.reading:
                    break
                continue
            if token.kind == "comment":
                self._comment(token)
            elif self.preamble:
                self._before(token)
            elif self.formula is not None:
                self._in_formula(self.formula, token)
            else:
                self._in_prose(token)
        self._finish()

    def _finish(self) -> None:
        while self._nest.open:
            self._close()
        for kind, count in self.faults.items():
            if count >= MOST_FAULTS:
                self.pieces.append(Fault("", self.files.place(0), f"{count - MOST_FAULTS + 1:,} more places like this: {kind}"))
        self._level_headings()

    # ------------------------------------------------------------ before \begin{document}

    def _before(self, token: Token) -> None:
        if token.kind == "begin":
            if token.text == "document":
                self.preamble = False
            elif token.text in self._unseen:
                self._raw(token)
        elif token.kind == "command" and token.text in _PREAMBLE:
            _PREAMBLE[token.text](self, token)

    # ------------------------------------------------------------ prose

    def _in_prose(self, token: Token) -> None:
        match token.kind:
            case "text":
                self._text(token)
            case "command":
                self._command(token)
            case "$":
                self._open("$$" if self.mouth.at_once("$") else "$", token)
            case "begin":
                self._begin(token)
            case "end":
                self._end(token)
            case "par":
                self._paragraph(token)
            case _:
                pass

    def _paragraph(self, token: Token | None = None) -> None:
        """Ends a paragraph; its footnotes follow."""
        self._break(self.mouth_place() if token is None else token.origin)
        if not self._in_note:
            self._note()

    def _note(self) -> None:
        """Reads the next footnote that waits, if there is one."""
        self._in_note = bool(self._notes)
        if not self._notes:
            return
        token, text = self._notes.popleft()
        self.pieces.append(Opening("footnote", self.files.place(token.origin)))

        def done() -> None:
            self._end_of_part()
            self.pieces.append(Closing("footnote", self.files.place(token.origin)))
            self.pieces.append(Break(self.files.place(token.origin)))
            self._note()

        self.mouth.push(text, done)

    def _end_of_part(self) -> None:
        """A formula does not reach beyond the argument that it stands in."""
        if self.formula is not None:
            self._give_up(resume=False)
        self._flush()

    def _shown(self, parts: list[Slice] | None, *, apart: bool = False) -> None:
        """Reads an argument as prose; ``apart``: as a paragraph of its own."""
        if parts is None:
            return
        if not apart:
            self.mouth.push(parts)
            return
        self._break(self.mouth_place())

        def done() -> None:
            self._end_of_part()
            self._break(self.mouth_place())

        self.mouth.push(parts, done)

    # ------------------------------------------------------------ commands in prose

    def _command(self, token: Token) -> None:
        name = token.text
        handler = self._handlers.get(name)
        if handler is not None:
            handler(self, token)
        elif name in COMMANDS:
            self._pass(COMMANDS[name])
        elif (said := self._said_by(name)) is not None:
            self._words.add(said, token.origin, self.mouth.ending(token))

    def _said_by(self, name: str) -> str | None:
        """What a command stands for in prose: space, a sign, or an accent on what follows."""
        if name in SPACES or not name.strip():
            return " "
        if not name.isalpha() and name in "%&$#_{}":
            return name
        shown = symbol(name)
        return accented(name, self.mouth.string() or "") if shown is None and name in _ACCENTS else shown

    def _open_bracketed(self, token: Token) -> None:
        self._open(f"\\{token.text}", token)

    def _heading(self, token: Token) -> None:
        self.mouth.at_once("*")
        self.mouth.optional()
        title = self.mouth.argument()
        if title is None:
            self.fault(f"\\{token.text} has no title", f"\\{token.text}{{title}}", token.origin, self.mouth.ending(token))
            return
        self._paragraph(token)
        outer, self.pieces = self.pieces, []

        def done() -> None:
            self._end_of_part()
            inner, self.pieces = self.pieces, outer
            parts = [piece.text for piece in inner if isinstance(piece, (Words, Formula))]
            if parts:
                self.pieces.append(Heading(joined(parts).stripped(), HEADINGS[token.text]))
            self.pieces += [piece for piece in inner if not isinstance(piece, Words)]

        self.mouth.push(title, done)

    def _item(self, token: Token) -> None:
        self.mouth.between("<", ">")
        label = self.mouth.optional()
        self._paragraph(token)
        if self._nest.open and self._nest.open[-1][1].kind == "list":
            if self._items[-1]:
                self.pieces.append(Closing("item", self.files.place(token.origin)))
            self._items[-1] = True
            self.pieces.append(Opening("item", self.files.place(token.origin)))
        self._shown(label)

    def _footnote(self, token: Token) -> None:
        self.mouth.optional()
        text = self.mouth.argument()
        if text is not None:
            self._notes.append((token, text))

    def _caption(self, token: Token) -> None:
        self.mouth.at_once("*")
        self.mouth.optional()
        self._shown(self.mouth.argument(), apart=True)

    def _caption_of(self, token: Token) -> None:
        self.mouth.argument()
        self._caption(token)

    def _title(self, token: Token) -> None:
        self.mouth.optional()
        self._shown(self.mouth.argument(), apart=True)

    def _ensure(self, token: Token) -> None:
        text = self.mouth.argument()
        if text is None:
            return
        self._flush()
        self.formula = Collector("\\ensuremath", token, self.mouth.frame)

        def done() -> None:
            if self.formula is not None:
                self._complete(self.formula)

        self.mouth.push(text, done)

    # ------------------------------------------------------------ environments in prose

    def _begin(self, token: Token) -> None:
        name = token.text
        plain = name.removesuffix("*")
        if name == "document":
            return
        if plain in self._verbatim or plain in self._unseen or plain in DRAWINGS:
            self._raw(token)
            return
        if plain in MATHEMATICS and name not in TABLES:
            self._pass(MATHEMATICS[plain])
            self._open(name, token)
            return
        self._enter_environment(name, plain, token)

    def _enter_environment(self, name: str, plain: str, token: Token) -> None:
        kind = title = ""
        self._paragraph(token)
        if name in self._theorems or plain in self._theorems:
            kind = "theorem"
            title = self._titles.get(name) or self._titles.get(plain, plain)
            self.pieces.append(Opening(title, self.files.place(token.origin)))
        elif plain in LISTS:
            kind = "list"
            self._items.append(False)
        elif name in TABLES or plain in TABLES:
            kind = "table"
            self._tables += 1
        self._nest.begin(name, _Opened(token.origin, kind, title))
        given = TABLES.get(name) or TABLES.get(plain) or OTHERS.get(plain)
        if given is not None:
            self._pass(given)
        elif kind == "theorem":
            self.mouth.between("<", ">")
            self._shown(self.mouth.optional())
        else:
            self.mouth.optional()

    def _end(self, token: Token) -> None:
        name = token.text
        if name == "document":
            self._paragraph(token)
            self.mouth.leave(self._inputs[-1].done)
        elif self._broken[name]:
            self._broken[name] -= 1
        elif not self._nest.counts[name]:
            self.fault(f"\\end{{{name}}} has no beginning", f"\\begin{{{name}}}", token.origin, token.origin + len(name) + 6)
        else:
            self._paragraph(token)
            while self._nest.open[-1][0] != name:
                self._close()
            self._close(token.origin)

    def _close(self, end: int | None = None) -> None:
        """Closes the last environment; ``end`` is where it says so itself."""
        name, opened = self._nest.pop()
        place = self.files.place(opened.origin if end is None else end)
        if end is None:
            self.fault(f"\\begin{{{name}}} has no end", f"\\end{{{name}}}", opened.origin, opened.origin + len(name) + 8)
        if opened.kind == "list" and self._items.pop():
            self.pieces.append(Closing("item", place))
        elif opened.kind == "theorem":
            self.pieces.append(Closing(opened.title, place))
        elif opened.kind == "table":
            self._tables -= 1

    # ------------------------------------------------------------ formulas

    def _open(self, kind: str, token: Token) -> None:
        self._flush()
        self._collect(Collector(kind, token, self.mouth.frame))

    def _collect(self, formula: Collector | None) -> None:
        """Begins a formula, or ends the one before."""
        self.formula = formula
        self.conditions.mathematical = formula is not None

    def _in_formula(self, formula: Collector, token: Token) -> None:
        ending = formula.take(token, self.mouth)
        match ending:
            case "none":
                return
            case "complete":
                self._complete(formula)
            case "other":
                self._complete(formula)
                shown, origin = formula.shown, formula.opening.origin
                self.fault(f"{shown} ends with another sign", formula.closing, origin, origin + len(shown))
            case "paragraph":
                self._give_up(resume=False)
                self._paragraph(token)
            case "broken":
                self._give_up(token)
            case "aside":
                self._aside(formula, token)

    def _complete(self, formula: Collector) -> None:
        self._collect(None)
        placed = self.files.placed(formula.runs).stripped()
        if placed.text:
            self._flush()
            name = formula.kind if formula.environment else ""
            self.pieces.append(bounded(Formula(placed, formula.display, name if formula.display else "")))

    def _give_up(self, token: Token | None = None, *, resume: bool = True) -> bool:
        """Says that the formula has no end, and goes on behind its paragraph, or with the token
        that cannot stand in it.

        Whether it went back.
        """
        formula = self.formula
        if formula is None:
            return False
        self._collect(None)
        end = formula.opening.origin + len(formula.shown) + formula.runs.length
        self.fault(f"{formula.shown} has no end", formula.closing, formula.opening.origin, end)
        if formula.environment:
            self._broken[formula.kind] += 1
        if resume and formula.resume >= 0:
            self.mouth.resume(formula.frame, formula.resume)
            while self._inputs[-1].done is not formula.frame.done:
                self._inputs.pop()
            return True
        if token is not None:
            self._in_prose(token)
        return False

    def _aside(self, formula: Collector, token: Token) -> None:
        """Prose between the rows of a formula, or a note or a picture in it."""
        if token.kind == "begin":
            self._raw(token)
            return
        if token.text in ("footnote", "thanks"):
            self._footnote(token)
            return
        text = self.mouth.argument()
        if text is None:
            return
        self._complete(formula)

        def done() -> None:
            self._end_of_part()
            self._collect(formula.following())

        self.mouth.push(text, done)


_ACCENTS = frozenset("'`\"^~=.uvHtcdbkr")

_Handler: TypeAlias = Callable[[Reader, Token], None]


def _by_name(handlers: Mapping[str, _Handler]) -> dict[str, _Handler]:
    return {name: handler for names, handler in handlers.items() for name in names.split()}


_PREAMBLE = _by_name(
    {
        "input include": Reader._input,
        "import subimport": Reader._sub_input,
        "endinput": Reader._leave,
        "documentclass documentstyle": Reader._class,
        "usepackage RequirePackage": Reader._package,
        "newtheorem spnewtheorem newmdtheoremenv": Reader._new_theorem,
        "declaretheorem": Reader._declare_theorem,
        "excludecomment": Reader._exclude,
        "lstnewenvironment DefineVerbatimEnvironment": Reader._new_verbatim,
    }
)
_HANDLERS = _PREAMBLE | _by_name(
    {
        "[ (": Reader._open_bracketed,
        "] )": Reader._stray,
        "\\ tabularnewline": Reader._new_line,
        "par": Reader._paragraph,
        "ensuremath": Reader._ensure,
        "item": Reader._item,
        "footnote thanks": Reader._footnote,
        "caption": Reader._caption,
        "captionof": Reader._caption_of,
        "title frametitle framesubtitle": Reader._title,
        "eqref": Reader._named_equation,
        "verb lstinline mintinline": Reader._verb,
        "lstinputlisting": Reader._pass_listing,
        "subfile": Reader._input,
        "includefrom subincludefrom": Reader._sub_input,
    }
)
