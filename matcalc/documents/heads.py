"""What an equation is about: the name that stands alone on its left side, ``L(w)``, ``z^{[1]}``, ``\\hat{\\mathbf w}``, or none."""

from __future__ import annotations

from dataclasses import dataclass

from matcalc.language.latex.latex_commands import ACCENTS, FONTS, SPACING, WORDS
from matcalc.language.text.spelling import GREEK_NAMES, SPELLED_GREEK, canonical_name
from matcalc.patterns import pattern

_COMMAND = pattern(r"\\([A-Za-z]+|.)")
_SETTING = FONTS | WORDS | SPACING | ACCENTS.keys() | SPELLED_GREEK | {"star", "ast", "dagger", "mid", "{", "}", "*", "prime", "left", "right", "big", "bigl", "bigr", "vert"}
_PART = r"(?:[^\W\d_]+\d*|\d+)"
_NAME = r"[^\W\d_]\w*"
_INDEX = r"(?:_(?:\([^()]*\)|[\w,+*-]+))?"
_RAISED = r"(?:\^(?:[*+\-†⋆]|star|ast|\([\w+,-]+\)|\[[\w+,-]+\]|[ktlij](?:[+-]1)?(?![\w])))?"
_ARGUMENT = r"[^\W\d_][\w^*+\[\]-]*"
_HEAD = pattern(
    rf"(?P<name>{_NAME})(?P<primes>[′']*)(?P<index>{_INDEX}{_RAISED}{_INDEX})(?P<arguments>\((?:{_ARGUMENT}(?:[,;|]|mid)?)+\))?(?P<entry>{_INDEX})"
)
_LETTER = pattern(r"\\([A-Za-z]+)|([^\W\d_])")
_LONGEST = 120
_NOISE = str.maketrans("", "", " \t\n\\{}")


@dataclass(frozen=True, slots=True)
class Head:
    """A name with its indices as the language spells it, and the names of the arguments behind it, for a function."""

    name: str
    arguments: tuple[str, ...] = ()


def head_of(text: str) -> Head | None:
    """The name that a side consists of; None for any other side, a power or a transpose among them.

    >>> head_of(r"\\mathcal{L}(v, \\lambda)"), head_of(r"A^\\top")
    (Head(name='L', arguments=('v', 'lambda')), None)
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or any(found[1] not in _SETTING for found in _COMMAND.finditer(text)):
        return None
    for spacing in (r"\left", r"\right", r"\big", r"\bigl", r"\bigr"):
        text = text.replace(spacing, "")
    bare = canonical_name(_COMMAND.sub(lambda found: "" if found[1] in SPACING else found[0], text)).translate(_NOISE)
    match = _HEAD.fullmatch(bare)
    if match is None or (match["primes"] and (match["arguments"] or not match["name"].islower())):
        return None
    inside = (match["arguments"] or "")[1:-1]
    return Head(match["name"] + match["primes"] + match["index"] + match["entry"], tuple(pattern(r"[,;|]").split(inside)) if inside else ())


def letters_in(text: str) -> frozenset[str]:
    """The letters and Greek letters of a formula, each for itself; those of commands for other things left out."""
    found: set[str] = set()
    for match in _LETTER.finditer(text):
        if match[2]:
            found.add(GREEK_NAMES.get(match[2], match[2]))
        elif match[1] in SPELLED_GREEK:
            found.add(match[1])
    return frozenset(found)
