"""What an equation is about: the name that stands alone on its left side, ``L(w)``, ``z^{[1]}``, ``\\hat{\\mathbf w}``, or none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from matcalc.base.functions import spellings
from matcalc.base.lazy import pattern
from matcalc.documents.pieces import Notation
from matcalc.documents.sentences import cue_table
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, SPACING, WORDS, is_known_command
from matcalc.language.latex.latex_names import plain_name
from matcalc.language.text.spelling import GREEK_NAMES, SPELLED_GREEK, canonical_name, is_name

_COMMAND = pattern(r"\\([A-Za-z]+|.)")
_SIZES = frozenset(["left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr"])
_MARKS = {"star": "*", "ast": "*", "*": "*", "dagger": "†", "mid": "|", "vert": "|", "prime": "′", "{": "", "}": ""}
_MARKS |= {"max": "max", "min": "min"}
_COMMANDS = FONTS | WORDS | SPACING | ACCENTS.keys() | SPELLED_GREEK | _SIZES | _MARKS.keys()
_WORD = pattern(rf"\\(?:{'|'.join(sorted(WORDS))})\*?\s*\{{\s*([^\W\d_][\w -]*?)\s*\}}")
_ONE_NAME = 0xE000
"""From here on are characters for names that are set as one."""
_ABOVE = pattern(r"\^\s*(?:\{(?:[^{}]|\{[^{}]*\}){0,40}\}|\\(?:ast|star)(?![A-Za-z])|[*+])")
_BELOW = pattern(r"_\s*\{([^{}]*)\}")
_SIGNED = r"plus|minus|[a-z](?:plus|minus)\w"
_INDEX = rf"(?:_(?:\([^()]*\)|{_SIGNED}|hat|bar|tilde|dot|ddot|check|breve|acute|grave|ring|star|[\w*+\ue000-\uf8ff]))*"
_INDICES = pattern(r"_\(([^()]*)\)")
_RAISED = r"(?:\^(?:[†⋆]|[ktlijL](?:[+-]1)?(?![^\W_])))?"
_SQUARE = r"[α-ω]\^2"
"""An argument that is a variance: ``\\ell(\\mu, \\sigma^2)``."""
_LATEX_NAME = r"(?:[^\W\d_]|[\ue000-\uf8ff])"
_BEFORE_BRACKETS = pattern(r"(?P<name>[^()\[\]]{1,40}?)(?:\\left|\\[bB]igg?l?)?\((?P<inside>[^()]*)(?:\\right|\\[bB]igg?r?)?\)")
_CHANGE = pattern(r"(?:\\Delta(?![A-Za-z])|Δ)\s*(?:\\[,!])?\s*(?P<of>[^\s(){}].*)")
_OWN = pattern(r"\\([A-Za-z]{2,24})(?![A-Za-z])(?!\s*[{\[])")
_NAMES: dict[Notation, str] = {"latex": _LATEX_NAME, "plain": r"[^\W\d_](?:[^\W_]|_)*"}
_LETTER = pattern(r"\\([A-Za-z]+)|([^\W\d_])")
_NOISE = str.maketrans("", "", " \t\n\\{}")
_LONGEST = 120
_GREEK = {name: letter for letter, name in reversed(list(GREEK_NAMES.items()))}


@dataclass(frozen=True, slots=True)
class Head:
    """A name with its indices as the language spells it, and the names of the arguments behind it, for a function."""

    name: str
    arguments: tuple[str, ...] = ()


@lru_cache(maxsize=1024)
def head_of(text: str, notation: Notation = "latex") -> Head | None:
    """The name that a side consists of; None for any other side, a power or a product among them.

    >>> head_of(r"\\mathcal{L}(v, \\lambda)"), head_of(r"z^{[1]}"), head_of(r"A^\\top"), head_of("Ax")
    (Head(name='L', arguments=('v', 'lambda')), Head(name='z^[1]', arguments=()), None, None)
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    own = _OWN.match(text) if text.startswith("\\") else None
    words = [own[1]] if own is not None and is_own(own[1]) else []
    rest = text[own.end() :] if own is not None and words else text
    if any(found[1] not in _COMMANDS for found in _COMMAND.finditer(rest)):
        return None
    text = chr(_ONE_NAME) + rest if words else text

    def word(found: re.Match[str]) -> str:
        if len(found[1]) == 1:
            return found[1]
        words.append(found[1].replace(" ", "_"))
        return chr(_ONE_NAME + len(words) - 1)

    short = _COMMAND.sub(_as_sign, _WORD.sub(word, _ABOVE.sub(_label, text)))
    bare = plain_name(_BELOW.sub(r"_(\1)", short)).translate(_NOISE)
    match = _pattern(notation).fullmatch(bare)
    if match is None or (match["primes"] and (match["arguments"] or not match["name"].islower())):
        return None
    inside = (match["arguments"] or "")[1:-1]
    arguments = [_spelled(part, words) for part in re.split("[,;|]", inside)] if inside else []
    return Head(_spelled(match["name"] + match["primes"] + match["index"] + match["entry"], words), tuple(arguments))


def partial_of(name: str, arguments: Callable[[str], tuple[str, ...]]) -> tuple[str, ...] | None:
    """What ``f_xy`` is differentiated by, if f has several arguments and these are among them; None for another name.

    >>> partial_of("f_xy", lambda name: ("x", "y")), partial_of("f_x", lambda name: ("x",)), partial_of("f_k", lambda name: ("x", "y"))
    (('x', 'y'), None, None)
    """
    base, _, letters = name.partition("_")
    known = arguments(base) if base and letters else ()
    return tuple(letters) if len(known) > 1 and len(letters) <= _MOST_ORDERS and set(letters) <= set(known) else None


_MOST_ORDERS = 3


@cache
def _pattern(notation: Notation) -> re.Pattern[str]:
    name = _NAMES[notation]
    argument = rf"{name}[′']*{_INDEX}{_RAISED}"
    return pattern(
        rf"(?P<name>{name})(?P<primes>[′']*)(?P<index>{_INDEX}{_RAISED}{_INDEX})"
        rf"(?P<arguments>\({argument}(?:[,;|](?:{argument}|{_SQUARE}))*\))?(?P<entry>{_INDEX})"
    )


def before_brackets(text: str, notation: Notation = "latex") -> str:
    """The name before the brackets that a side consists of besides: m of ``m(x + v)``; empty for another side."""
    found = _BEFORE_BRACKETS.fullmatch(text.strip())
    head = None if found is None else head_of(found["name"], notation)
    return "" if head is None or head.arguments else head.name


def change_of(text: str) -> Head | None:
    r"""The name of a step that a side is: ``\Delta x``, ``\Delta\mathbf{x}_{nt}``."""
    found = _CHANGE.fullmatch(text.strip())
    head = None if found is None else head_of(found["of"])
    return None if head is None or head.arguments else Head(f"Delta_{head.name}")


def is_own(command: str) -> bool:
    r"""Whether a command is none of LaTeX, and none that is read: one of the author's, such as ``\xbar``, perhaps from a file of macros."""
    return command not in _known_commands() and not is_known_command(command)


@cache
def _known_commands() -> frozenset[str]:
    return frozenset(cue_table()["names"]["commands"]) | _COMMANDS | frozenset(spellings())


def _label(found: re.Match[str]) -> str:
    """What stands above a name, where it is a label, as an index of it."""
    name = plain_name("x" + found[0])
    return f"_({name[2:]})" if name.startswith("x_") and is_name(name) else found[0]


def _as_sign(found: re.Match[str]) -> str:
    name = found[1]
    if name in SPACING or name in _SIZES:
        return " "
    return _MARKS.get(name) if name in _MARKS else _GREEK.get(name, found[0])  # type: ignore[return-value]


def _spelled(name: str, words: list[str]) -> str:
    plain = _INDICES.sub(r"_\1", name)
    return canonical_name("".join([words[ord(c) - _ONE_NAME] if _ONE_NAME <= ord(c) < _ONE_NAME + len(words) else c for c in plain]))


def letters_in(text: str) -> frozenset[str]:
    """The letters and Greek letters of a formula, each for itself; those of commands for other things left out."""
    found: set[str] = set()
    for match in _LETTER.finditer(text):
        if match[2]:
            found.add(GREEK_NAMES.get(match[2], match[2]))
        elif match[1] in SPELLED_GREEK:
            found.add(match[1])
    return frozenset(found)
