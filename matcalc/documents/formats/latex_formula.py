"""Formulas of a LaTeX document while their tokens are collected, and what commands mean for a
reader."""

from __future__ import annotations

from functools import cache, partial
from typing import Literal, TypeAlias

from pylatexenc.latex2text import LatexNodes2Text, get_default_latex_context_db as get_default_texts
from pylatexenc.latexwalker import get_default_latex_context_db as get_default_arguments

from matcalc.base.files import stored_table
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
TITLES, HEADINGS, PACKAGES = (stored_table("latex_text")[name] for name in ("titles", "headings", "packages"))
KEPT = _STRUCTURE.union(THEOREMS, LISTS, HEADINGS, MATHEMATICS)
"""Names that keep their meaning when a writer redefines them."""


_READER, _TEXTS, _ARGUMENTS = LatexNodes2Text(), get_default_texts(), get_default_arguments()


@cache
def symbol(name: str) -> str | None:
    """What a command without arguments stands for in prose, as pylatexenc knows it; None for one
    that is not known."""
    shown = getattr(_TEXTS.get_macro_spec(name), "simplify_repl", None)
    given = getattr(getattr(_ARGUMENTS.get_macro_spec(name), "args_parser", None), "argspec", None)
    plain = isinstance(shown, str) and "%" not in shown and not (isinstance(given, str) and given)
    return shown or None if plain else None


@cache
def accented(name: str, letters: str) -> str:
    r"""What an accent makes of letters: ``\"`` of ``o``."""
    return letters if len(letters) > _LONGEST_ACCENTED else str(_READER.latex_to_text(f"\\{name}{{{letters}}}")).strip()


_SIGNS = {"$": "$", "$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_SILENT = frozenset(["ensuremath", "xspace", "relax", "protect", "allowbreak", "noindent", "leavevmode", "par"])
_ASIDE = frozenset(["intertext", "shortintertext", "footnote", "thanks"])
_NEVER = HEADINGS.keys() | {
    "item", "caption", "frametitle", "documentclass", "bibliography", "maketitle", "tableofcontents",
}  # fmt: skip
"""Commands that do not stand in a formula: before one of them it has lost its end."""


Ending: TypeAlias = Literal["none", "complete", "other", "paragraph", "broken", "aside"]
"""What a token means for a formula: nothing; that it ends, with the sign of another kind of formula
or with its paragraph; that the token cannot stand in it; or that what comes is no part of it."""


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
        return "none"

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
            return "complete"
        elif self.kind == "$$":
            return "complete" if mouth.at_once("$") else "other"
        else:
            return "other" if self.kind == "\\[" and mouth.at_once("$") else "broken"
        self.runs.add("$", token.origin, token.until)
        return "none"

    def _command(self, token: Token, mouth: Mouth) -> Ending:
        name = token.text
        self._prose_next = name in PROSE
        if name in ("[", "(", "]", ")") and not self._in_prose():
            return self._bracket(name)
        if name in _NEVER:
            return "broken"
        if name in _ASIDE and "{" not in self._nest:
            return "aside"
        if name == "par" and not self._in_prose():
            return self._par(token, mouth)
        if name not in _SILENT:
            self.runs.command(name, token.origin, token.until)
        return "none"

    def _bracket(self, name: str) -> Ending:
        if name in ("[", "("):
            return "broken"
        if self.kind == ("\\[" if name == "]" else "\\("):
            return "complete"
        return "other" if self.display == (name == "]") else "broken"

    def _in_prose(self) -> bool:
        return bool(self._nest) and self._nest[-1] == "text"

    def _begin(self, token: Token) -> Ending:
        name = token.text
        plain = name.removesuffix("*")
        if plain in DRAWINGS or plain in VERBATIM or plain in UNSEEN:
            return "aside"
        apart = plain in OUTER or plain in THEOREMS or plain in LISTS
        if apart and (self.resume >= 0 or (self.environment and self._filled())):
            return "broken"
        self._nest.append(name)
        self.runs.add(f"\\begin{{{name}}}", token.origin, token.until if token.until >= 0 else token.origin)
        return "none"

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
            return "none"
        return "complete" if self.environment and name == self.kind else "broken"

    def _par(self, token: Token, mouth: Mouth) -> Ending:
        if not self.display or mouth.frame.done is None:
            return "paragraph"
        if self.resume < 0 and mouth.frame is self.frame:
            self.resume = mouth.frame.at
        self.runs.add(token.text if token.kind == "par" else " ", token.origin, token.until)
        return "none"
