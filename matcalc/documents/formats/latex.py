"""LaTeX documents as a reader sees them: prose without its markup, and all mathematics, the writer's own commands replaced."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from matcalc.base.budgets import EXPANSIONS_OF_A_CHARACTER, MOST_DOCUMENT_CHARACTERS, MOST_EXPANSIONS, MOST_FAULTS
from matcalc.base.errors import LimitError
from matcalc.base.lazy import pattern
from matcalc.documents.formats.definitions import with_definitions
from matcalc.documents.formats.latex_files import Files, Refusal
from matcalc.documents.formats.latex_formula import Collector, Ending
from matcalc.documents.formats.latex_tables import symbols, tables
from matcalc.documents.formats.lengths import bounded
from matcalc.documents.pieces import Break, Closing, Directive, Fault, Formula, Heading, Listing, Manuscript, Opening, Piece, Words, joined
from matcalc.language.latex.latex_conditions import Conditions
from matcalc.language.latex.latex_definitions import Definitions, define
from matcalc.language.latex.latex_expansion import Expansion
from matcalc.language.latex.latex_mouth import Mouth, Token
from matcalc.language.latex.latex_runs import Runs
from matcalc.language.latex.latex_slices import Slice, Text, string_of

_DIRECTIVE = pattern(r"%+\s*matcalc:\s*(?P<text>[^\n]*)")
_TYPOGRAPHY = pattern(r"``|''|---?|&")
_QUOTES = {"``": '"', "''": '"', "--": "–", "---": "—"}
_SPACES = str.maketrans({"~": " "})
_LONGEST_EXCERPT = 200


def manuscript(text: str, path: str, root: Path | None = None) -> Manuscript:
    r"""The pieces of a LaTeX document and of the files that it takes in, in the order in which they are read.

    Files are taken in only below ``root``, without one below the folder of the document. What cannot be read is a fault at its place, and
    reading goes on behind it. Raises MatcalcError without pylatexenc, and LimitError for a text that is too long.

    >>> found = manuscript(r"Let $\R^n$ be" "\n\n" r"\def\R{\mathbb{R}} $x \in \R$.", "a.tex")
    >>> [type(piece).__name__ for piece in found.pieces]
    ['Words', 'Formula', 'Words', 'Break', 'Formula', 'Words', 'Break']
    >>> found.pieces[4].text.text
    'x \\in \\mathbb{R}'
    """
    if len(text) > MOST_DOCUMENT_CHARACTERS:
        raise LimitError(f"{path or 'the document'} has more than {MOST_DOCUMENT_CHARACTERS:,} characters", suggestion="several files")
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

    name: str
    origin: int
    kind: str = ""
    title: str = ""


class _Input(NamedTuple):
    """A file that is being read: its folder, its resolved path, and what is called at its end."""

    folder: str
    place: str
    done: Callable[[], None]


class Reader:
    """Turns tokens into pieces. ``whole``: there is no preamble, whatever the document says."""

    def __init__(self, text: str, path: str, root: Path, *, whole: bool = False) -> None:
        self.tables = tables()
        self.symbols = symbols()
        self.files = Files(path, root)
        self.mouth = Mouth(self.fault, self.tables.kept, most=MOST_EXPANSIONS)
        self.conditions = Conditions(self.mouth)
        Definitions(self.mouth)
        Expansion(self.mouth)
        self.pieces: list[Piece] = []
        self.preamble = False
        self.formula: Collector | None = None
        self.faults: Counter[str] = Counter()
        self._whole = whole
        self._words = Runs()
        self._opened: list[_Opened] = []
        self._open_names: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        """Ends that will come of environments that were given up."""
        self._titles: dict[str, str] = dict(self.tables.titles)
        self._theorems = set(self.tables.theorems)
        self._verbatim = set(self.tables.verbatim)
        self._unseen = set(self.tables.unseen)
        self._notes: deque[tuple[Token, list[Slice]]] = deque()
        self._in_note = False
        self._items: list[bool] = []
        """For each open list, whether an item is open in it."""
        self._tables = 0
        self._handlers = self._all_handlers()
        self._inputs: list[_Input] = []
        self._enter(self.files.add(text, path), os.path.dirname(path), os.path.realpath(path))

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

    def fault(self, reason: str, advice: str, origin: int, until: int) -> None:
        """Says what cannot be read; of many places of a kind only the first."""
        kind = reason if "\\" not in reason and "{" not in reason else reason.split()[-1]
        self.faults[kind] += 1
        if self.faults[kind] < MOST_FAULTS:
            shown = self.files.excerpt(origin, min(until, origin + _LONGEST_EXCERPT))
            self.pieces.append(Fault(shown, self.files.place(origin), reason, advice))

    def _finish(self) -> None:
        while self._opened:
            self._close(self._opened[-1], ended=False)
        for kind, count in self.faults.items():
            if count >= MOST_FAULTS:
                self.pieces.append(Fault("", self.files.place(0), f"{count - MOST_FAULTS + 1:,} more places like this: {kind}"))
        self._level_headings()

    def _level_headings(self) -> None:
        """Lets the outermost heading be of level 1."""
        levels = [piece.level for piece in self.pieces if isinstance(piece, Heading)]
        shift = 1 - min(levels, default=1)
        if shift:
            self.pieces = [Heading(one.text, one.level + shift) if isinstance(one, Heading) else one for one in self.pieces]

    def _comment(self, token: Token) -> None:
        match = _DIRECTIVE.match(token.text) if token.until < 0 else None
        if match is not None:
            runs = Runs()
            runs.add(match["text"].rstrip(), token.origin + match.start("text"))
            self._flush()
            self.pieces.append(Directive(self.files.placed(runs)))

    # ------------------------------------------------------------ files

    def _enter(self, text: Text, folder: str, place: str) -> None:
        def done() -> None:
            formula = self.formula
            if formula is None or formula.frame.done is not done or not self._give_up():
                self._inputs.pop()

        self._inputs.append(_Input(folder, place, done))
        self._read_next(text, done)

    def _read_next(self, text: Text, done: Callable[[], None]) -> None:
        self.mouth.most += EXPANSIONS_OF_A_CHARACTER * len(text.string)
        self.mouth.push_text(text, done)

    def _input(self, token: Token) -> None:
        name = self._file_name()
        self._take(token, name, self._inputs[0].folder)

    def _sub_input(self, token: Token) -> None:
        """``\\import{folder/}{file}``, ``\\subimport``: files in it are looked for in its own folder."""
        self.mouth.after("*")
        folder, name = self.mouth.string(), self.mouth.string()
        if folder is not None and name is not None:
            base = self._inputs[-1].folder if token.text.startswith("sub") else self._inputs[0].folder
            self._take(token, name, os.path.join(base, folder), own=True)

    def _file_name(self) -> str | None:
        """In braces, or up to the next space."""
        if self.mouth.peek() == "{":
            return self.mouth.string()
        letters: list[str] = []
        while len(letters) < _LONGEST_EXCERPT and not self.mouth.at_once(" ") and not self.mouth.at_once("\n"):
            one = self.mouth.single()
            if not one or one in "{}%$":
                break
            letters.append(one)
        return "".join(letters)

    def _take(self, token: Token, name: str | None, folder: str, *, own: bool = False) -> None:
        end = self.mouth.ending(token)
        if name is None:
            self.fault(f"\\{token.text} names no file", f"\\{token.text}{{name of a file}}", token.origin, end)
            return
        found = self.files.take(name, folder)
        if isinstance(found, Refusal) and folder != self._inputs[-1].folder:
            other = self.files.take(name, self._inputs[-1].folder)
            found = other if not isinstance(other, Refusal) else found
        if isinstance(found, Refusal):
            self.fault(found.reason, found.advice, token.origin, end)
            return
        text, place = found
        if any(one.place == place for one in self._inputs):
            self.fault(f"{name} takes in itself", "each file once", token.origin, end)
            return
        self._enter(text, os.path.join(folder, os.path.dirname(name)) if own else self._inputs[-1].folder, place)

    def _package(self, token: Token) -> None:
        self.mouth.optional()
        names = self.mouth.string() or ""
        for name in names.split(","):
            known = self.tables.packages.get(name.strip())
            if known is not None:
                define(self.mouth, known)
                continue
            found = self.files.take(name, self._inputs[0].folder, ".sty")
            if not isinstance(found, Refusal) and all(one.place != found[1] for one in self._inputs):
                self._silently(*found)

    def _silently(self, text: Text, place: str) -> None:
        """Reads the definitions of a file."""
        before, self.preamble = self.preamble, True
        inputs = self._inputs

        def done() -> None:
            self.preamble = before
            inputs.pop()

        inputs.append(_Input(inputs[-1].folder, place, done))
        self._read_next(text, done)

    # ------------------------------------------------------------ before \begin{document}

    def _before(self, token: Token) -> None:
        if token.kind == "begin":
            if token.text == "document":
                self.preamble = False
            elif token.text in self._unseen:
                self._raw(token)
        elif token.kind == "command":
            handler = self._preamble_handlers.get(token.text)
            if handler is not None:
                handler(token)

    def _class(self, token: Token) -> None:
        options = self.mouth.optional()
        name = (self.mouth.string() or "").strip()
        if not self._whole:
            self.preamble = True
            self._words = Runs()
        if name == "subfiles" and options is not None:
            found = self.files.take(string_of(options), self._inputs[-1].folder)
        else:
            found = self.files.take(name, self._inputs[0].folder, ".cls")
        if not isinstance(found, Refusal) and all(one.place != found[1] for one in self._inputs):
            self._silently(*found)

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

    def _text(self, token: Token) -> None:
        text = token.text.translate(_SPACES) if "~" in token.text else token.text
        at = 0
        for match in _TYPOGRAPHY.finditer(text):
            step = token.until < 0
            self._words.add(text[at : match.start()], token.origin + at * step, token.until)
            at = match.end()
            if match[0] != "&":
                self._words.add(_QUOTES[match[0]], token.origin + match.start() * step, token.origin + match.end() * step)
            elif self._tables:
                self._break(token.origin + match.start() * step)
        if at < len(text):
            self._words.add(text[at:], token.origin + (at if token.until < 0 else 0), token.until)

    def _flush(self) -> None:
        """Ends the words before what comes."""
        if self._words.length:
            placed = self.files.placed(self._words)
            if not placed.text.isspace():
                self.pieces.append(Words(placed))
            self._words = Runs()

    def _break(self, origin: int) -> None:
        self._flush()
        if self.pieces and not isinstance(self.pieces[-1], (Break, Heading, Opening)):
            self.pieces.append(Break(self.files.place(origin)))

    def _paragraph(self, token: Token | None = None) -> None:
        """Ends a paragraph; its footnotes follow."""
        self._break(self.mouth_place() if token is None else token.origin)
        if self._notes and not self._in_note:
            self._in_note = True
            self._note()

    def mouth_place(self) -> int:
        """The place of what comes next."""
        return self.mouth.here() if self.mouth.reading else 0

    def _note(self) -> None:
        token, text = self._notes.popleft()
        self.pieces.append(Opening("footnote", self.files.place(token.origin)))

        def done() -> None:
            self._end_of_part()
            self.pieces.append(Closing("footnote", self.files.place(token.origin)))
            self.pieces.append(Break(self.files.place(token.origin)))
            self._in_note = False
            if self._notes:
                self._in_note = True
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
            handler(token)
            return
        if name in self.tables.commands:
            self._pass(self.tables.commands[name])
            return
        if name in self.tables.spaces or not name.strip():
            self._words.add(" ", token.origin, self.mouth.ending(token))
            return
        if not name.isalpha() and name in "%&$#_{}":
            self._words.add(name, token.origin, self.mouth.ending(token))
            return
        shown = self.symbols.text(name)
        if shown is not None:
            self._words.add(shown, token.origin, self.mouth.ending(token))
        elif name in _ACCENTS:
            letters = self.mouth.string() or ""
            self._words.add(self.symbols.accented(name, letters), token.origin, self.mouth.ending(token))

    def _pass(self, arguments: str) -> None:
        """Passes what a command takes, save what is shown."""
        mouth = self.mouth
        shown: list[Slice] = []
        for sign in arguments:
            match sign:
                case "*":
                    mouth.at_once("*")
                case "[":
                    mouth.optional()
                case "<":
                    mouth.between("<", ">")
                case "{":
                    mouth.group()
                case _:
                    shown += mouth.group() or []
        mouth.push(shown)

    def _all_handlers(self) -> dict[str, Callable[[Token], None]]:
        handlers: dict[str, Callable[[Token], None]] = {
            "[": lambda token: self._open("\\[", token),
            "(": lambda token: self._open("\\(", token),
            "]": self._stray,
            ")": self._stray,
            "\\": self._new_line,
            "tabularnewline": self._new_line,
            "par": self._paragraph,
            "ensuremath": self._ensure,
            "item": self._item,
            "footnote": self._footnote,
            "thanks": self._footnote,
            "caption": self._caption,
            "captionof": self._caption_of,
            "title": self._title,
            "frametitle": self._title,
            "framesubtitle": self._title,
            "eqref": self._named_equation,
            "verb": self._verb,
            "lstinline": self._verb,
            "mintinline": self._verb,
            "lstinputlisting": lambda _: self._pass("[{"),
            "input": self._input,
            "include": self._input,
            "subfile": self._input,
            "import": self._sub_input,
            "subimport": self._sub_input,
            "includefrom": self._sub_input,
            "subincludefrom": self._sub_input,
            "endinput": lambda _: self.mouth.leave(self._inputs[-1].done),
            "documentclass": self._class,
            "documentstyle": self._class,
            "usepackage": self._package,
            "RequirePackage": self._package,
            "newtheorem": self._new_theorem,
            "spnewtheorem": self._new_theorem,
            "newmdtheoremenv": self._new_theorem,
            "declaretheorem": self._declare_theorem,
            "excludecomment": lambda _: self._unseen.add((self.mouth.string() or "").strip()),
            "lstnewenvironment": self._new_verbatim,
            "DefineVerbatimEnvironment": self._new_verbatim,
        }
        handlers |= dict.fromkeys(self.tables.headings, self._heading)
        handlers |= dict.fromkeys(self.tables.references, self._reference)
        self._preamble_handlers = {
            name: handlers[name]
            for name in (
                "input", "include", "import", "subimport", "endinput", "documentclass", "usepackage", "RequirePackage", "newtheorem",
                "spnewtheorem", "newmdtheoremenv", "declaretheorem", "excludecomment", "lstnewenvironment", "DefineVerbatimEnvironment",
                "documentstyle",
            )
        }  # fmt: skip
        return handlers

    def _new_line(self, token: Token) -> None:
        self.mouth.at_once("*")
        if self.mouth.at_once("["):
            self.mouth.until("]")
        if self._tables:
            self._break(token.origin)
        else:
            self._words.add(" ", token.origin, token.origin + 2)

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
                self.pieces.append(Heading(joined(parts).stripped(), self.tables.headings[token.text]))
            self.pieces += [piece for piece in inner if not isinstance(piece, Words)]

        self.mouth.push(title, done)

    def _item(self, token: Token) -> None:
        self.mouth.between("<", ">")
        label = self.mouth.optional()
        self._paragraph(token)
        if self._opened and self._opened[-1].kind == "list":
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

    def _reference(self, token: Token) -> None:
        self.mouth.at_once("*")
        self._words.add(self.mouth.string() or "", token.origin, self.mouth.ending(token))

    def _named_equation(self, token: Token) -> None:
        self.mouth.at_once("*")
        self._words.add(f"({self.mouth.string() or ''})", token.origin, self.mouth.ending(token))

    def _stray(self, token: Token) -> None:
        opening = "\\[" if token.text == "]" else "\\("
        self.fault(f"\\{token.text} without {opening}", opening, token.origin, token.origin + 2)

    # ------------------------------------------------------------ theorems that the writer names

    def _new_theorem(self, token: Token) -> None:
        self.mouth.at_once("*")
        name = self.mouth.string()
        self.mouth.optional()
        title = self.mouth.string()
        self.mouth.optional()
        if token.text == "spnewtheorem":
            self._pass("{{")
        self._theorem(name, title)

    def _declare_theorem(self, token: Token) -> None:
        options = string_of(self.mouth.optional() or [])
        name = self.mouth.string()
        match = _NAME_OPTION.search(options)
        self._theorem(name, match["name"] if match else name)

    def _theorem(self, name: str | None, title: str | None) -> None:
        if name is not None and title is not None:
            self._theorems.add(name.strip())
            plain = title.strip()
            if plain and all(sign.isalpha() or sign in " -" for sign in plain):
                self._titles[name.strip()] = plain.lower()

    def _new_verbatim(self, token: Token) -> None:
        self._verbatim.add((self.mouth.string() or "").strip())
        self._pass("[[{{" if token.text.startswith("lst") else "{{")

    # ------------------------------------------------------------ environments in prose

    def _begin(self, token: Token) -> None:
        name = token.text
        plain = name.removesuffix("*")
        if name == "document":
            return
        if plain in self._verbatim or plain in self._unseen or plain in self.tables.drawings:
            self._raw(token)
            return
        if plain in self.tables.mathematics and name not in self.tables.tables:
            self._pass(self.tables.mathematics[plain])
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
        elif plain in self.tables.lists:
            kind = "list"
            self._items.append(False)
        elif name in self.tables.tables or plain in self.tables.tables:
            kind = "table"
            self._tables += 1
        self._opened.append(_Opened(name, token.origin, kind, title))
        self._open_names[name] += 1
        given = self.tables.tables.get(name) or self.tables.tables.get(plain) or self.tables.others.get(plain)
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
        elif not self._open_names[name]:
            self.fault(f"\\end{{{name}}} has no beginning", f"\\begin{{{name}}}", token.origin, token.origin + len(name) + 6)
        else:
            self._paragraph(token)
            while self._opened[-1].name != name:
                self._close(self._opened[-1], ended=False)
            self._close(self._opened[-1], ended=True, origin=token.origin)

    def _close(self, opened: _Opened, *, ended: bool, origin: int | None = None) -> None:
        self._opened.pop()
        self._open_names[opened.name] -= 1
        place = self.files.place(opened.origin if origin is None else origin)
        if not ended:
            name = opened.name
            self.fault(f"\\begin{{{name}}} has no end", f"\\end{{{name}}}", opened.origin, opened.origin + len(name) + 8)
        if opened.kind == "list" and self._items.pop():
            self.pieces.append(Closing("item", place))
        elif opened.kind == "theorem":
            self.pieces.append(Closing(opened.title, place))
        elif opened.kind == "table":
            self._tables -= 1

    # ------------------------------------------------------------ text that is not read

    def _raw(self, token: Token) -> None:
        """Passes an environment up to its end."""
        frame = self.mouth.frame
        name, ending = token.text, f"\\end{{{token.text}}}"
        end = frame.text.following(ending, frame.at)
        if not frame.at <= end < frame.end:
            self.fault(f"\\begin{{{name}}} has no end", ending, token.origin, token.origin + len(name) + 8)
            return
        start = frame.at
        frame.at = end + len(ending)
        if name.removesuffix("*") in self._unseen:
            return
        runs = Runs()
        runs.add(frame.string[start:end], frame.place(start), frame.until)
        self._flush()
        language = "" if name.removesuffix("*") in self._verbatim else name
        self.pieces.append(Listing(self.files.placed(runs), language))

    def _verb(self, token: Token) -> None:
        r"""``\verb|x|``, ``\lstinline[language=C]{x}``."""
        mouth = self.mouth
        mouth.at_once("*")
        if token.text == "lstinline":
            mouth.optional()
        elif token.text == "mintinline":
            self._pass("[{")
        frame = mouth.frame
        quote = frame.string[frame.at : min(frame.at + 1, frame.end)]
        if not quote or quote.isspace():
            return
        start = frame.at + 1
        end = frame.text.closing.get(frame.at, -1) if quote == "{" else frame.text.following(quote, start)
        line = frame.text.following("\n", start)
        if not start <= end < frame.end or 0 <= line < end:
            advice = f"\\{token.text}{quote}...{quote}"
            self.fault(f"\\{token.text}{quote} has no end in its line", advice, token.origin, start + frame.base)
            return
        frame.at = end + 1
        runs = Runs()
        runs.add(frame.string[start:end], frame.place(start), frame.until)
        self._flush()
        self.pieces.append(Listing(self.files.placed(runs)))

    # ------------------------------------------------------------ formulas

    def _open(self, kind: str, token: Token) -> None:
        self._flush()
        self.formula = Collector(kind, token, self.mouth.frame)
        self.conditions.mathematical = True

    def _in_formula(self, formula: Collector, token: Token) -> None:
        ending = formula.take(token, self.mouth)
        match ending:
            case Ending.NONE:
                return
            case Ending.COMPLETE:
                self._complete(formula)
            case Ending.OTHER:
                self._complete(formula)
                self.fault(f"{formula.shown} ends with another sign", formula.closing, formula.opening.origin, self._formula_end(formula))
            case Ending.PARAGRAPH:
                self._give_up(resume=False)
                self._paragraph(token)
            case Ending.BROKEN:
                self._give_up(token)
            case Ending.ASIDE:
                self._aside(formula, token)

    def _formula_end(self, formula: Collector) -> int:
        return formula.opening.origin + len(formula.shown)

    def _complete(self, formula: Collector) -> None:
        self.formula = None
        self.conditions.mathematical = False
        placed = self.files.placed(formula.runs).stripped()
        if placed.text:
            self._flush()
            name = formula.kind if formula.environment else ""
            self.pieces.append(bounded(Formula(placed, formula.display, name if formula.display else "")))

    def _give_up(self, token: Token | None = None, *, resume: bool = True) -> bool:
        """Says that the formula has no end, and goes on behind its paragraph, or with the token that cannot stand in it.

        Whether it went back.
        """
        formula = self.formula
        if formula is None:
            return False
        self.formula = None
        self.conditions.mathematical = False
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
            self.formula = formula.following()
            self.conditions.mathematical = True

        self.mouth.push(text, done)


_NAME_OPTION = pattern(r"(?:^|,)\s*(?:name|title)\s*=\s*\{?(?P<name>[^,{}]*)")
_ACCENTS = frozenset("'`\"^~=.uvHtcdbkr")
