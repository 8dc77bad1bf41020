"""What the Tab key offers: commands and their choices, functions, known names, and characters by their LaTeX names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcalc.facts.table import facts
from matcalc.language.declare.declarations import KINDS
from matcalc.language.text.spelling import GREEK_NAMES
from matcalc.language.text.vocabulary import known_functions
from matcalc.printing.names import unicode_name
from matcalc.reference.lookup import topics
from matcalc.repl.help import COMMANDS
from matcalc.repl.lines import VERBS
from matcalc.repl.session import Session

BREAKS = " \t\n()[]{}+-*/^.,;=|'‖⊙⊗·−"
"""Characters that end a word."""

CHARACTERS = {
    **{name: letter for letter, name in GREEK_NAMES.items()},
    "top": "ᵀ", "odot": "⊙", "oslash": "⊘", "otimes": "⊗", "cdot": "·", "partial": "∂", "nabla": "∇", "sum": "Σ", "Vert": "‖", "times": "×",
    "ones": "𝟏",
}  # fmt: skip
"""LaTeX name -> the character that a name typed out in full is replaced by."""

_DECLARING = re.compile(r"\s*[^\W\d_]\w*(\s*,\s*[^\W\d_]\w*)*\s*:\s+([^=]*[\s,×])?$")
_BY = re.compile(r"\s(by|wrt)\s+([^\s,]+[\s,]+)*$")


def completions(session: Session, line: str, start: int, end: int) -> list[str]:
    r"""Replacements for the word ``line[start:end]``, in order.

    >>> completions(Session(), ":lay", 0, 4), completions(Session(), r"\bet", 0, 4), completions(Session(), r"\beta", 0, 5)
    ([':layout '], ['\\beta'], ['β'])
    >>> completions(Session(), "S: n×n symm", 7, 11)
    ['symmetric']
    """
    word, before = line[start:end], line[:start]
    if word.startswith("\\"):
        character = CHARACTERS.get(word[1:])
        return [character] if character else _beginning(word, [f"\\{name}" for name in CHARACTERS])
    if word.startswith(":") and not before.strip():
        return _beginning(word, [f":{name} " for name in COMMANDS])
    command = re.match(r"\s*:(\w+)\s", before)
    if command is not None and command[1] in COMMANDS and (found := _beginning(word, COMMANDS[command[1]].choices)):
        return found
    if command is not None and command[1] == "help":
        return _beginning(word, list(dict.fromkeys([*COMMANDS, *(name for name in topics() if name.isidentifier())])))
    if command is not None and command[1] == "forget":
        return _beginning(word, [*session.state.declarations, *session.state.definitions, "all"])
    if word and _DECLARING.match(before):
        return _beginning(word, [*KINDS, *(name for name, fact in facts().items() if not fact.refused)])
    names = _names(session)
    if _BY.search(before):
        return _beginning(word, names)
    verbs = [f"{verb} " for verb in VERBS] if not before.strip() else ["by ", "wrt "]
    functions = [f"{name}(" for name in sorted(known_functions())]
    return _beginning(word, [*names, *verbs, *functions]) if word else []


def _names(session: Session) -> list[str]:
    """Declared and defined names, then those of the last result."""
    found = [*session.state.definitions, *session.state.declarations]
    if session.last is not None:
        found += session.last.declarations or ()
    return list(dict.fromkeys(spelling for name in found for spelling in (name, unicode_name(name))))


def _beginning(word: str, candidates: Sequence[str]) -> list[str]:
    return [candidate for candidate in candidates if candidate.startswith(word)]
