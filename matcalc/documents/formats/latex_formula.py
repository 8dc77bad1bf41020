"""Formulas of a LaTeX document while their tokens are collected, and what commands mean for a
reader."""

from __future__ import annotations

from enum import Enum
from functools import cache, partial

from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latex2text import get_default_latex_context_db as get_default_texts
from pylatexenc.latexwalker import get_default_latex_context_db as get_default_arguments

from matcalc.documents.cues import table
from matcalc.documents.formats.delimiters import latex
from matcalc.language.latex.latex_texts import Frame, Runs, Token
from matcalc.language.latex.mouth import Mouth

_LONGEST_ACCENTED = 8


_STRUCTURE = frozenset(
    [
        "begin", "end", "item", "footnote", "caption", "label", "ref", "eqref", "cite", "input", "include", "title", "thanks", "document",
        "maketitle", "abstract", "documentclass", "usepackage", "verb", "[", "]", "(", ")", "\\", "cref", "autoref",
    ]
)  # fmt: skip


_ENVIRONMENTS, _COMMANDS = partial(latex, "environments"), partial(latex, "commands")
MATHEMATICS, TABLES, OTHERS, INLINE, OUTER, VERBATIM, UNSEEN, DRAWINGS, LISTS, THEOREMS = map(_ENVIRONMENTS, (
    "mathematics", "tables", "others", "inline", "outer", "verbatim", "unseen", "drawings", "lists", "theorems",
))  # fmt: skip
"""Names of environments with the arguments they take."""
COMMANDS, SPACES, REFERENCES, PROSE = map(_COMMANDS, ("arguments", "space", "references", "prose"))
TITLES, HEADINGS, PACKAGES = (table("latex_text.toml")[name] for name in ("titles", "headings", "packages"))
KEPT = _STRUCTURE.union(THEOREMS, LISTS, HEADINGS, MATHEMATICS)
"""Names that keep their meaning when a writer redefines them."""


@cache
def symbols() -> Symbols:
    """The symbols that pylatexenc knows."""
    return Symbols()


class Symbols:
    """The text that commands stand for in prose: accents and symbols, as pylatexenc knows them."""

    def __init__(self) -> None:
        self._reader = LatexNodes2Text()
        self._texts = get_default_texts()
        self._arguments = get_default_arguments()
        self._known: dict[str, str] = {}

    def text(self, name: str) -> str | None:
        """What a command without arguments stands for; None for one that is not known."""
        known = self._known.get(name)
        if known is None:
            found = self._texts.get_macro_spec(name)
            shown = getattr(found, "simplify_repl", None)
            known = self._known[name] = shown if isinstance(shown, str) and "%" not in shown and not self.arguments(name) else ""
        return known or None

    def arguments(self, name: str) -> str:
        """What a command takes, ``[{``."""
        found = self._arguments.get_macro_spec(name)
        given = getattr(getattr(found, "args_parser", None), "argspec", None)
        return given if isinstance(given, str) else ""

    def accented(self, name: str, letters: str) -> str:
        r"""What an accent makes of letters: ``\"`` of ``o``."""
        if len(letters) > _LONGEST_ACCENTED:
            return letters
        written = f"\\{name}{{{letters}}}"
        if written not in self._known:
            self._known[written] = str(self._reader.latex_to_text(written)).strip()
        return self._known[written]


_SIGNS = {"$": "$", "$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_SILENT = frozenset(["ensuremath", "xspace", "relax", "protect", "allowbreak", "noindent", "leavevmode", "par"])
_ASIDE = frozenset(["intertext", "shortintertext", "footnote", "thanks"])
_NEVER = frozenset(["item", "caption", "frametitle", "documentclass", "bibliography", "maketitle", "tableofcontents"])
"""Commands that do not stand in a formula: before one of them it has lost its end."""


class Ending(Enum):
    """What a token means for a formula."""

    NONE = "it goes on"
    COMPLETE = "it ends"
    OTHER = "it ends with the sign of another kind of formula"
    PARAGRAPH = "its paragraph ends"
    BROKEN = "the token cannot stand in it"
    ASIDE = "what comes is no part of it"


class Collector:
    """A formula of a kind: the sign that opens it, or the name of its environment."""

    def __init__(self, kind: str, opening: Token, frame: Frame) -> None:
        self.kind = kind
        self.opening = opening
        self.frame = frame
        self.runs = Runs()
        self.environment = kind[:1] != "\\" and kind[:1] != "$"
        self.display = kind in ("$$", "\\[") or (self.environment and kind not in INLINE)
        self.resume = -1
        """Where to go on in its frame if no end comes: behind the paragraph; -1 while the paragraph
        has not ended."""
        self._nest: list[str] = []
        """What is open: ``{``, ``text`` (braces around prose), ``$`` (mathematics in it), or the
        name of an environment."""
        self._prose_next = False

    @property
    def shown(self) -> str:
        """What opens it."""
        return f"\\begin{{{self.kind}}}" if self.environment else self.kind

    @property
    def closing(self) -> str:
        """What ends it."""
        return f"\\end{{{self.kind}}}" if self.environment else _SIGNS.get(self.kind, "}")

    def following(self) -> Collector:
        """The rest of the formula behind prose that stood in it."""
        return Collector(self.kind, self.opening, self.frame)

    def take(self, token: Token, mouth: Mouth) -> Ending:
        """Adds a token, or says what it means."""
        match token.kind:
            case "command":
                return self._command(token, mouth)
            case "$":
                return self._dollar(token, mouth)
            case "begin":
                return self._begin(token)
            case "end":
                return self._end(token)
            case "par":
                return self._par(token, mouth)
            case "text" | "{" | "}":
                self._go_on(token)
            case _:
                pass
        return Ending.NONE

    def _go_on(self, token: Token) -> None:
        """Adds a text or a brace."""
        text = token.text if token.kind == "text" else token.kind
        if token.kind == "{":
            self._nest.append("text" if self._prose_next else "{")
        elif token.kind == "}":
            self._close_brace()
        if text.strip() not in ("", "}"):
            self._prose_next = self._prose_next and text.lstrip()[0] == "["
        self.runs.add(text, token.origin, token.until)

    def _close_brace(self) -> None:
        while self._nest and self._nest[-1] == "$":
            self._nest.pop()
        if self._nest and self._nest[-1] in ("{", "text"):
            self._nest.pop()

    def _dollar(self, token: Token, mouth: Mouth) -> Ending:
        if self._nest and self._nest[-1] == "$":
            self._nest.pop()
        elif self._nest and (self._nest[-1] == "text" or (self._nest[-1] == "{" and self.display and self.kind != "$$")):
            self._nest.append("$")
        elif self.kind == "$":
            return Ending.COMPLETE
        elif self.kind == "$$":
            return Ending.COMPLETE if mouth.at_once("$") else Ending.OTHER
        elif self.kind == "\\[" and mouth.at_once("$"):
            return Ending.OTHER
        else:
            return Ending.BROKEN
        self.runs.add("$", token.origin, token.until)
        return Ending.NONE

    def _command(self, token: Token, mouth: Mouth) -> Ending:
        name = token.text
        self._prose_next = name in PROSE
        if name in ("]", ")") and not self._in_prose():
            if self.kind == ("\\[" if name == "]" else "\\("):
                return Ending.COMPLETE
            return Ending.OTHER if self.display == (name == "]") else Ending.BROKEN
        if name in ("[", "(") and not self._in_prose():
            return Ending.BROKEN
        if name in _NEVER or name in HEADINGS:
            return Ending.BROKEN
        if name in _ASIDE and "{" not in self._nest:
            return Ending.ASIDE
        if name == "par" and not self._in_prose():
            return self._par(token, mouth)
        if name not in _SILENT:
            self.runs.command(name, token.origin, token.until)
        return Ending.NONE

    def _in_prose(self) -> bool:
        return bool(self._nest) and self._nest[-1] == "text"

    def _begin(self, token: Token) -> Ending:
        name = token.text
        plain = name.removesuffix("*")
        if plain in DRAWINGS or plain in VERBATIM or plain in UNSEEN:
            return Ending.ASIDE
        apart = plain in OUTER or plain in THEOREMS or plain in LISTS
        if apart and (self.resume >= 0 or (self.environment and self._filled())):
            return Ending.BROKEN
        self._nest.append(name)
        self.runs.add(f"\\begin{{{name}}}", token.origin, token.until if token.until >= 0 else token.origin)
        return Ending.NONE

    def _filled(self) -> bool:
        return any(not part.isspace() for part in self.runs.parts)

    def _end(self, token: Token) -> Ending:
        name = token.text
        while self._nest and self._nest[-1] in ("{", "text", "$") and self._nest[-1] != name:
            if name != self.kind and name not in self._nest[-8:]:
                break
            self._nest.pop()
        if self._nest and self._nest[-1] == name:
            self._nest.pop()
            self.runs.add(f"\\end{{{name}}}", token.origin, token.until if token.until >= 0 else token.origin)
            return Ending.NONE
        return Ending.COMPLETE if self.environment and name == self.kind else Ending.BROKEN

    def _par(self, token: Token, mouth: Mouth) -> Ending:
        if not self.display or mouth.frame.done is None:
            return Ending.PARAGRAPH
        if self.resume < 0 and mouth.frame is self.frame:
            self.resume = mouth.frame.at
        self.runs.add(token.text if token.kind == "par" else " ", token.origin, token.until)
        return Ending.NONE
