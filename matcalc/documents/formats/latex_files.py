r"""The files of a LaTeX project with the places of what comes from them, and the desk on which what
is read of them is kept."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from matcalc.base.budgets import EXPANSIONS_OF_A_CHARACTER, MOST_DOCUMENT_CHARACTERS, MOST_EXPANSIONS, MOST_FAULTS
from matcalc.base.files import decoded, whereabouts
from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Break, Directive, Fault, Heading, Listing, Opening, Piece, Place, Placed, Words, line_starts
from matcalc.documents.formats.latex_formula import KEPT, PACKAGES, THEOREMS, TITLES, UNSEEN, VERBATIM
from matcalc.language.latex.latex_texts import Runs, Slice, Text, Token, string_of
from matcalc.language.latex.mouth import Mouth
from matcalc.language.latex.primitives import define

_MOST_BYTES = 4
"""Of a character."""


class Refusal(NamedTuple):
    """Why a file is not taken in, and what to do about it."""

    reason: str
    advice: str = ""


def _outside(name: str) -> Refusal:
    return Refusal(
        f"{name} lies outside of the folder of the document", "--root FOLDER names the folder below which files are read"
    )


class _Source(NamedTuple):
    path: str
    text: Text
    lines: list[int]
    """Where its lines begin."""


class Files:
    """The texts that are read, one behind the other: a place in them all is a file, a line and a
    column.

    Only files below ``root`` are taken in, links and ``..`` resolved.
    """

    def __init__(self, path: str, root: Path) -> None:
        self.path = path
        self.root = os.path.realpath(whereabouts(root))
        self.taken: list[str] = []
        self._full = False
        """Whether a file was too long for the rest of the document."""
        self._sources: list[_Source] = []
        self._bases: list[int] = []
        self._length = 0

    def add(self, text: str, path: str) -> Text:
        """A text with a place of its own."""
        source = Text(text, self._length)
        self._sources.append(_Source(path, source, line_starts(text)))
        self._bases.append(self._length)
        self._length += len(text) + 1
        return source

    def take(self, name: str, folder: str, suffix: str = ".tex") -> tuple[Text, str] | Refusal:
        """The text of a file that another one in ``folder`` names, and its resolved path."""
        shown = name.strip().strip('"').strip()
        if not shown or "\0" in shown:
            return Refusal("no file is named here", "\\input{name of a file}")
        for candidate in (shown + suffix, shown) if not shown.endswith(suffix) else (shown,):
            path = os.path.join(folder, candidate)
            place = os.path.realpath(whereabouts(path))
            if os.path.isfile(place) and not self._within(place):
                return _outside(shown)
            if os.path.isfile(place):
                return self._read(path, place, shown)
        if not self._within(os.path.realpath(whereabouts(os.path.join(folder, shown)))):
            return _outside(shown)
        return Refusal(f"the file {shown} is not there", "the path from the folder of the document")

    def _read(self, path: str, place: str, shown: str) -> tuple[Text, str] | Refusal:
        left = MOST_DOCUMENT_CHARACTERS - self._length
        too_long = Refusal(
            f"with {shown} the document has more than {MOST_DOCUMENT_CHARACTERS:,} characters", "several documents"
        )
        try:
            if os.path.getsize(place) > (left if self._full else _MOST_BYTES * left):
                return too_long
            with open(place, "rb") as opened:
                text = decoded(opened.read())
        except OSError as error:
            return Refusal(f"{shown} cannot be read: {error.strerror or error}")
        if len(text) > left:
            self._full = True
            return too_long
        path = os.path.normpath(path)
        if path not in self.taken:
            self.taken.append(path)
        return self.add(text, path), place

    def _within(self, place: str) -> bool:
        return place == self.root or place.startswith(self.root.rstrip(os.sep) + os.sep)

    def place(self, origin: int) -> Place:
        """The place of a character."""
        source = self._sources[max(0, bisect_right(self._bases, origin) - 1)]
        offset = min(max(0, origin - source.text.base), len(source.text.string))
        line = bisect_right(source.lines, offset)
        return Place(source.path, line, offset - source.lines[line - 1] + 1)

    def excerpt(self, origin: int, until: int) -> str:
        """What stands from one place to another one in the same file."""
        source = self._sources[max(0, bisect_right(self._bases, origin) - 1)]
        return source.text.string[origin - source.text.base : max(until, origin) - source.text.base]

    def placed(self, runs: Runs) -> Placed:
        """A text with the places of its characters, also behind line breaks."""
        text = runs.text()
        marks: list[tuple[int, Place]] = []
        for number, mark in enumerate(runs.marks):
            end = runs.marks[number + 1].offset if number + 1 < len(runs.marks) else len(text)
            marks.append((mark.offset, self.place(mark.origin)))
            at = mark.offset
            while mark.until < 0 and 0 < (at := text.find("\n", at, end) + 1) < end:
                marks.append((at, self.place(mark.origin + at - mark.offset)))
        return Placed(text, tuple(marks) or ((0, self.place(0)),))


_LONGEST_EXCERPT = 200
_DIRECTIVE = pattern(r"%+\s*matcalc:\s*(?P<text>[^\n]*)")
_SPACES = str.maketrans({"~": " "})
_QUOTES = {"``": '"', "''": '"', "--": "–", "---": "—"}
_NAME_OPTION = pattern(r"(?:^|,)\s*(?:name|title)\s*=\s*\{?(?P<name>[^,{}]*)")
_TYPOGRAPHY = pattern(r"``|''|---?|&")


class Input(NamedTuple):
    """A file that is being read: its folder, its resolved path, and what is called at its end."""

    folder: str
    place: str
    done: Callable[[], None]


class Desk:
    """What is read of a document: the pieces so far, the words that wait for what comes, the places
    that cannot be read, and the files that are open."""

    def __init__(self, text: str, path: str, root: Path, *, whole: bool) -> None:
        self._whole = whole
        self.files = Files(path, root)
        self.mouth = Mouth(self.fault, KEPT, most=MOST_EXPANSIONS)
        self.pieces: list[Piece] = []
        self.preamble = False
        self.faults: Counter[str] = Counter()
        self._words = Runs()
        self._titles: dict[str, str] = dict(TITLES)
        self._theorems = set(THEOREMS)
        self._verbatim = set(VERBATIM)
        self._unseen = set(UNSEEN)
        self._tables = 0
        """How many tables are open."""
        self._inputs: list[Input] = []
        self._enter(self.files.add(text, path), os.path.dirname(path), os.path.realpath(whereabouts(path)))

    def fault(self, reason: str, advice: str, origin: int, until: int) -> None:
        """Says what cannot be read; of many places of a kind only the first."""
        kind = reason if "\\" not in reason and "{" not in reason else reason.split()[-1]
        self.faults[kind] += 1
        if self.faults[kind] < MOST_FAULTS:
            shown = self.files.excerpt(origin, min(until, origin + _LONGEST_EXCERPT))
            self.pieces.append(Fault(shown, self.files.place(origin), reason, advice))

    # ------------------------------------------------------------ files

    def _enter(self, text: Text, folder: str, place: str) -> None:
        def done() -> None:
            self._at_end(done)

        self._inputs.append(Input(folder, place, done))
        self._read_next(text, done)

    def _at_end(self, done: Callable[[], None]) -> None:
        """Leaves the file that has ended."""
        self._inputs.pop()

    def _read_next(self, text: Text, done: Callable[[], None]) -> None:
        self.mouth.most += EXPANSIONS_OF_A_CHARACTER * len(text.string)
        self.mouth.push_text(text, done)

    def _input(self, token: Token) -> None:
        name = self._file_name()
        self._take(token, name, self._inputs[0].folder)

    def _sub_input(self, token: Token) -> None:
        """``\\import{folder/}{file}``, ``\\subimport``: files in it are looked for in its own
        folder."""
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
            known = PACKAGES.get(name.strip())
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

        inputs.append(Input(inputs[-1].folder, place, done))
        self._read_next(text, done)

    def _class(self, token: Token) -> None:
        options = self.mouth.optional()
        name = (self.mouth.string() or "").strip()
        if not self._whole:
            self.preamble = True
            self._words = Runs()
        found = (
            self.files.take(string_of(options), self._inputs[-1].folder)
            if name == "subfiles" and options is not None
            else self.files.take(name, self._inputs[0].folder, ".cls")
        )
        if not isinstance(found, Refusal) and all(one.place != found[1] for one in self._inputs):
            self._silently(*found)

    def _leave(self, _: Token) -> None:
        """Passes the rest of the file."""
        self.mouth.leave(self._inputs[-1].done)

    # ------------------------------------------------------------ words

    def _reference(self, token: Token) -> None:
        self.mouth.at_once("*")
        self._words.add(self.mouth.string() or "", token.origin, self.mouth.ending(token))

    def _named_equation(self, token: Token) -> None:
        self.mouth.at_once("*")
        self._words.add(f"({self.mouth.string() or ''})", token.origin, self.mouth.ending(token))

    def _stray(self, token: Token) -> None:
        opening = "\\[" if token.text == "]" else "\\("
        self.fault(f"\\{token.text} without {opening}", opening, token.origin, token.origin + 2)

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

    def _apart(self, text: str, origin: int, until: int = -1) -> Placed:
        """A text of its own with its places; the words before it end."""
        self._flush()
        runs = Runs()
        runs.add(text, origin, until)
        return self.files.placed(runs)

    def _break(self, origin: int) -> None:
        self._flush()
        if self.pieces and not isinstance(self.pieces[-1], (Break, Heading, Opening)):
            self.pieces.append(Break(self.files.place(origin)))

    def _new_line(self, token: Token) -> None:
        self.mouth.at_once("*")
        if self.mouth.at_once("["):
            self.mouth.until("]")
        if self._tables:
            self._break(token.origin)
        else:
            self._words.add(" ", token.origin, token.origin + 2)

    def _comment(self, token: Token) -> None:
        match = _DIRECTIVE.match(token.text) if token.until < 0 else None
        if match is not None:
            self.pieces.append(Directive(self._apart(match["text"].rstrip(), token.origin + match.start("text"))))

    def _level_headings(self) -> None:
        """Lets the outermost heading be of level 1."""
        levels = [piece.level for piece in self.pieces if isinstance(piece, Heading)]
        shift = 1 - min(levels, default=1)
        if shift:
            self.pieces = [Heading(one.text, one.level + shift) if isinstance(one, Heading) else one for one in self.pieces]

    def mouth_place(self) -> int:
        """The place of what comes next."""
        return self.mouth.here() if self.mouth.reading else 0

    # ------------------------------------------------------------ names that the writer gives, and
    # text that is not read

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

    def _pass_listing(self, _: Token) -> None:
        self._pass("[{")

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

    def _exclude(self, _: Token) -> None:
        self._unseen.add((self.mouth.string() or "").strip())

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
        language = "" if name.removesuffix("*") in self._verbatim else name
        self.pieces.append(Listing(self._apart(frame.string[start:end], frame.place(start), frame.until), language))

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
        self.pieces.append(Listing(self._apart(frame.string[start:end], frame.place(start), frame.until)))
