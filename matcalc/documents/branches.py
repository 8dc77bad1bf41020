r"""Formulas by cases whose conditions are facts: ``\begin{cases} 2Sz & \text{if } S = S^\top \\ ... \end{cases}``.

Each branch of these is a formula of its own under its condition; branches for values or indices (``x > 0``, ``i = j``) are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.base.lazy import pattern
from matcalc.documents.cues import environments
from matcalc.documents.pieces import Placed
from matcalc.documents.sentences import sentence
from matcalc.documents.shapes import states_fact
from matcalc.documents.signs import Sign, signs_of

_BEGINS = pattern(
    rf"\\begin\s*\{{(?:{'|'.join(sorted(environments('cases') | environments('tables')))})\*?\}}(?:\s*\[\w\])?(?:\s*\{{[lcr@{{}}|\s]*\}})?"
)
_ENDS = pattern(r"\\end\s*\{[A-Za-z]+\*?\}\s*(?:\\right\s*\.\s*)?\Z")
_OTHERWISE = pattern(r"(?i)otherwise|else|in general|in all other cases")
_WORDS = pattern(r"\\(?:text|mbox|textrm|mathrm|textit)\s*\{([^{}]*)\}|\\q?quad(?![A-Za-z])|\\[,;:! ]")
_IF = pattern(r"(?i)^\s*(?:if|for|when|whenever|provided)\b")


def branches_of(cases: Placed) -> list[tuple[Placed, str]]:
    """The value and the condition of each branch, as they are written; none where a condition is no fact about a symbol."""
    found = parts_of(cases)
    return found if all(_is_fact(condition) for _, condition in found) else []


def parts_of(cases: Placed) -> list[tuple[Placed, str]]:
    """The value and the condition of each branch, whatever it is about; none where a branch has not both."""
    begins, ends = _BEGINS.search(cases.text), _ENDS.search(cases.text)
    if begins is None or ends is None or begins.end() > ends.start():
        return []
    inner = cases.part(begins.end(), ends.start())
    found: list[tuple[Placed, str]] = []
    for line in _lines(signs_of(inner.text, "latex")):
        cut = next((number for number, sign in enumerate(line) if sign.kind in ("column", "words")), None)
        value = inner.part(line[0].start, line[-1].end if cut is None else line[cut].start).stripped()
        if not value.text and cut is None:
            continue
        if cut is None or not value.text:
            return []
        condition = inner.text[line[cut].start : line[-1].end].lstrip("& \n").rstrip(" .,;\n")
        found.append((Placed(value.text.rstrip(",; "), value.marks), condition))
    return found


def _lines(signs: Sequence[Sign]) -> Iterator[list[Sign]]:
    line: list[Sign] = []
    for sign in signs:
        if sign.kind != "break":
            line.append(sign)
        elif line:
            yield line
            line = []
    if line:
        yield line


def is_otherwise(condition: str) -> bool:
    """Whether a condition says that no other branch applies."""
    return _OTHERWISE.fullmatch(_said(condition)) is not None


def _said(condition: str) -> str:
    """The condition in words and formulas, without the word before it."""
    words = _WORDS.sub(lambda found: f" {found[1] or ''} ", condition).replace("$", " ")
    return _IF.sub("", words).strip(" .,")


def _is_fact(condition: str) -> bool:
    """Whether a condition says a fact about one symbol, or that no other branch applies."""
    said = _said(condition)
    if is_otherwise(condition):
        return True
    left, equals, right = said.partition("=")
    if equals:
        return "=" not in right and states_fact(left.strip(), right.strip())
    return sentence(said, "").names_property
