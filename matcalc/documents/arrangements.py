"""Formulas that are set out on the page: columns, remarks set apart, formulas by cases."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Notation, Place, Placed, placed
from matcalc.documents.cues import environments, sentence, word_use
from matcalc.documents.sides import is_zero, states_fact
from matcalc.documents.signs import Sign, SignKind, signs_of

_PROSE = pattern(r"\(?[^\W\d_]+(?:[ \t,;:-]+[^\W\d_]+)+[.]?\)?")
_WORD = pattern(r"[^\W\d_]{3,}")
_NAME = pattern(r"[^\W\d_]+[.)]?")
_MOST_OF_A_LABEL = 4
_APART = 3
"""Blanks that set a remark apart from a formula."""


def with_remarks(signs: Sequence[Sign], text: str) -> list[Sign]:
    """The signs with words in the place of what is prose."""
    out = list(signs)
    for number, before, after in _in_context(signs, ("space",)):
        sign = signs[number]
        if sign.kind == "operand" and (_is_cue(text, sign, before, after) or _is_remark(text, sign, before, after)):
            out[number] = replace(sign, kind="words", value=text[sign.start : sign.end])
    return _set_apart(_labelled(out, text), text)


def _in_context(signs: Sequence[Sign], unseen: tuple[SignKind, ...]) -> Iterator[tuple[int, Sign, Sign]]:
    """The number of each sign that is seen, with the signs before and behind it; what begins and
    ends stands beside a break."""
    seen = [number for number, sign in enumerate(signs) if sign.kind not in unseen]
    shown = [signs[number] for number in seen]
    edge = [Sign("break", sign.start, sign.start) for sign in shown[:1]]
    return zip(seen, [*edge, *shown], [*shown[1:], *edge])


def _is_cue(text: str, sign: Sign, before: Sign, after: Sign) -> bool:
    said = text[sign.start : sign.end]
    if len(said) < 2 or not said.isalpha() or word_use(said) == "remark":
        return False
    apart = before.kind == "break" or (before.end < sign.start and before.kind not in ("operator", "relation"))
    return apart and after.start > sign.end and after.kind in ("operand", "words")


def _is_remark(text: str, sign: Sign, before: Sign, after: Sign) -> bool:
    """Whether brackets at the end of a line hold words: ``(S symmetric)``."""
    said = text[sign.start : sign.end]
    apart = before.end != sign.start and before.kind not in ("operator", "relation")
    return (
        said.startswith("(")
        and apart
        and after.kind in ("break", "words", "stop")
        and (_is_prose(said) or (" " in said[1:-1] and word_use(said[1:-1]) != "remark"))
    )


def _is_prose(said: str) -> bool:
    return _PROSE.fullmatch(said) is not None and _WORD.search(said) is not None


def _labelled(signs: list[Sign], text: str) -> list[Sign]:
    """The signs with a label in front of an equation, as in ``optimality: df/dx = 0``, as words."""
    out: list[Sign] = []
    begins = 0
    for number, sign in enumerate(signs):
        out.append(sign)
        if sign.kind == "break":
            begins = len(out)
        elif (
            sign.kind == "colon" and 0 < len(out) - 1 - begins <= 2 * _MOST_OF_A_LABEL and text[sign.end : sign.end + 1] in " \t"
        ):
            label = text[out[begins].start : sign.start].strip()
            line = next((other.kind for other in signs[number:] if other.kind in ("break", "relation")), "break")
            if line == "relation" and _is_label(label):
                out[begins:] = [Sign("words", out[begins].start, sign.end, f"then {label}:")]
    return out


def _is_label(said: str) -> bool:
    return all(_NAME.fullmatch(word) for word in said.split()) and _WORD.search(said) is not None


def _set_apart(signs: list[Sign], text: str) -> list[Sign]:
    """The signs with words at the end of a line that wide space sets apart, as in ``d(c'*x)/dx = c
    numerator layout``."""
    out: list[Sign] = []
    apart: int | None = None
    """Where the last wide space of the line stands, with names alone behind it."""
    related = False
    for sign in [*signs, Sign("break", len(text), len(text))]:
        if sign.kind in ("break", "words"):
            if apart is not None and apart + 1 < len(out):
                out[apart + 1 :] = _as_words(out[apart + 1 :], text)
            apart, related = None, False
        elif sign.kind == "space" and related and sign.end - sign.start >= _APART:
            apart = len(out)
        elif sign.kind not in ("operand", "space", "comma", "stop"):
            apart, related = None, related or sign.kind == "relation"
        out.append(sign)
    return out[:-1]


def _as_words(signs: list[Sign], text: str) -> list[Sign]:
    """Signs as one of words, where they are prose."""
    said = Sign("words", signs[0].start, signs[-1].end, text[signs[0].start : signs[-1].end].strip())
    return [said] if _is_prose(said.value) else signs


_UNSEEN = frozenset(["space", "cut", "column", "wide"])
_ADDITIVE = frozenset("+-−–")
_ONE_FORMULA = ("multline", "multlined")


def arranged(signs: Sequence[Sign], text: str, environment: str, notation: Notation) -> list[Sign]:
    """The signs with those cut that separate nothing; columns that separate statements are wide
    space."""
    named = _names(signs, text) if notation == "latex" else with_remarks(signs, text)
    whole = environment.rstrip("*") in _ONE_FORMULA or "\\begin{multlined}" in text
    out: list[Sign] = []
    before: _Line | None = None
    for line in itertools.starmap(_Line, _lines(named)):
        goes_on = before is None or line.continues(before, whole)
        if line.ends is not None:
            out.append(replace(line.ends, kind="cut") if goes_on else line.ends)
        related = goes_on and before is not None and before.related
        out += line.columns(related)
        if line.first is not None:
            line.related = line.related or related
            before = line
    return _spaced(out)


def _names(signs: Sequence[Sign], text: str) -> list[Sign]:
    """Words that are a name or a side of an equation, as operands."""
    out = list(signs)
    for number, before, after in _in_context(signs, ("space", "cut")):
        sign = signs[number]
        if sign.kind != "words" or text.startswith("%", sign.start):
            continue
        said = sign.value.strip()
        related = not {before.kind, after.kind}.isdisjoint(("relation", "operator"))
        if not said or said in ".,;":
            out[number] = replace(sign, kind="stop")
        elif (related and _is_plain(sign)) or (sign.single and word_use(said) == "remark"):
            out[number] = replace(sign, kind="operand")
    return out


def _is_plain(words: Sign) -> bool:
    """Whether words are no remark in brackets, and say nothing of a condition."""
    said = words.value.strip()
    return word_use(said) != "joining" and not said.startswith("(") and not words.value.startswith(("if ", "for "))


class _Line:
    """One line of a formula as it is set, with the break before it."""

    def __init__(self, ends: Sign | None, signs: list[Sign]) -> None:
        self.ends = ends
        self.signs = signs
        seen = [sign for sign in signs if sign.kind not in _UNSEEN]
        self.first = seen[0] if seen else None
        self.last: SignKind = seen[-1].kind if seen else "space"
        self.last_relation = max((number for number, sign in enumerate(signs) if sign.kind == "relation"), default=-1)
        self.related = self.last_relation >= 0
        self.indented = next((sign.kind == "column" for sign in signs if sign.kind not in ("space", "cut", "wide")), False)

    def continues(self, before: _Line, whole: bool) -> bool:
        """Whether this line goes on with the statement of the one before."""
        first = self.first
        if first is None or whole or first.kind == "relation" or before.last in ("operator", "relation"):
            return True
        if first.kind == "words":
            return word_use(first.value) in ("conditional", "remark") and not self.related
        if first.kind == "operator":
            return not self.related or self.indented or first.value not in _ADDITIVE
        return self.indented and not self.related and before.related and before.last not in ("comma", "stop", "semicolon")

    def columns(self, related: bool) -> list[Sign]:
        """The signs with the columns cut, save those that separate statements; ``related``: a
        relation goes before in the statement."""
        out: list[Sign] = []
        filled = related
        begun = False
        for number, sign in enumerate(self.signs):
            begun = begun or sign.kind not in _UNSEEN
            if sign.kind == "wide" and not begun:
                sign = replace(sign, kind="cut")
            elif sign.kind == "relation":
                related, filled = True, False
            elif sign.kind in ("wide", "comma", "semicolon", "joint", "words"):
                related = related and sign.kind in ("wide", "comma")
            elif sign.kind in ("operand", "cases"):
                filled = True
            elif sign.kind == "column":
                separates = related and filled and self._states_behind(number)
                sign = replace(sign, kind="wide" if separates else "cut")
                related = related and not separates
            out.append(sign)
        return out

    def _states_behind(self, number: int) -> bool:
        """Whether a statement of its own may stand behind a sign: with a relation, but not at
        once."""
        if number >= self.last_relation:
            return False
        following = next((other.kind for other in self.signs[number + 1 : number + 6] if other.kind not in _UNSEEN), "space")
        return following not in ("relation", "operator", "words")


def _lines(signs: Sequence[Sign]) -> Iterator[tuple[Sign | None, list[Sign]]]:
    """The signs of each line, with the break before it."""
    breaks = [number for number, sign in enumerate(signs) if sign.kind == "break"]
    yield from (
        (signs[before] if before >= 0 else None, list(signs[before + 1 : end]))
        for before, end in itertools.pairwise([-1, *breaks, len(signs)])
    )


def _spaced(signs: Sequence[Sign]) -> list[Sign]:
    """Wide space beside a relation or an operator, or at the beginning of a line, separates
    nothing."""
    out = list(signs)
    before: SignKind = "break"
    for number, _, after in _in_context(signs, ("space", "cut")):
        if signs[number].kind != "wide":
            before = signs[number].kind
            continue
        ends = before in ("relation", "operator", "break") or after.kind == "relation"
        if ends or (after.kind == "operator" and before != "comma"):
            out[number] = replace(signs[number], kind="cut")
    return out


_BEGINS = pattern(
    rf"\\begin\s*\{{(?:{'|'.join(sorted(environments('cases') | environments('tables')))})\*?\}}(?:\s*\[\w\])?(?:\s*\{{[lcr@{{}}|\s]*\}})?"
)
_ENDS = pattern(r"\\end\s*\{[A-Za-z]+\*?\}\s*(?:\\right\s*\.\s*)?\Z")
_OTHERWISE = pattern(r"(?i)otherwise|else|in general|in all other cases")
_WORDS = pattern(r"\\(?:text|mbox|textrm|mathrm|textit)\s*\{([^{}]*)\}|\\q?quad(?![A-Za-z])|\\[,;:! ]")
_IF = pattern(r"(?i)^\s*(?:if|for|when|whenever|provided)\b")


def branches_of(cases: Placed) -> list[tuple[Placed, str]]:
    """The value and the condition of each branch, as they are written; none where a condition is no
    fact about a symbol."""
    found = parts_of(cases)
    return found if all(_is_fact(condition) for _, condition in found) else []


def _within(cases: Placed) -> Placed | None:
    begins, ends = _BEGINS.search(cases.text), _ENDS.search(cases.text)
    if begins is None or ends is None or begins.end() > ends.start():
        return None
    return cases.part(begins.end(), ends.start())


def parts_of(cases: Placed) -> list[tuple[Placed, str]]:
    """The value and the condition of each branch, whatever it is about; none where a branch has not
    both."""
    inner = _within(cases)
    if inner is None:
        return []
    found: list[tuple[Placed, str]] = []
    for line in filter(None, (line for _, line in _lines(signs_of(inner.text, "latex")))):
        end = line[-1].end
        cut = next((sign.start for sign in line if sign.kind in ("column", "words")), end)
        value, condition = inner.part(line[0].start, cut).stripped(), inner.text[cut:end]
        if not value.text and not condition:
            continue
        if not value.text or not condition:
            return []
        found.append((Placed(value.text.rstrip(",; "), value.marks), condition.lstrip("& \n").rstrip(" .,;\n")))
    return found


def is_otherwise(condition: str) -> bool:
    """Whether a condition says that no other branch applies."""
    return _OTHERWISE.fullmatch(_said(condition)) is not None


def _said(condition: str) -> str:
    """The condition in words and formulas, without the word before it."""
    words = _WORDS.sub(lambda found: f" {found[1] or ''} ", condition).replace("$", " ")
    return _IF.sub("", words).strip(" .,")


def _is_fact(condition: str) -> bool:
    """Whether a condition says a fact about one symbol, or that no other branch applies."""
    if is_otherwise(condition):
        return True
    said = _said(condition)
    left, equals, right = said.partition("=")
    return "=" not in right and states_fact(left.strip(), right.strip()) if equals else sentence(said, "").names_property


_COMPARED = pattern(
    r"(?<![A-Za-z0-9_\\^.,+-])(?P<first>[i-npqrs])\s*(?:(?P<equal>={1,2})|(?P<unequal>≠|\\neq?(?![A-Za-z])|\\not\s*=|!=))\s*"
    r"(?P<second>[i-npqrs])(?![A-Za-z0-9_^(=+-])(?!\s*[=+(-])"
)
_INDEX = pattern(
    r"(?<![A-Za-z\\])[i-npqrs](?![A-Za-z])|(?<=_)[i-npqrs]|(?<=_\{)[i-npqrs](?=[i-npqrs]\})|(?<=_\{[i-npqrs])[i-npqrs](?=\})"
)
_DELTA = pattern(
    r"\\delta_|δ_|delta\[|\\mathbb\{?1|\\mathbf\{?1|\\(?:mathrm|mathbb|mathbf)\{I\}|\[\s*[i-n]\s*=|\\begin\{cases\}|\bI_\{?[i-n]"
)
"""What tells the cases of two indices apart."""
_CHAINED = ("=", "≠", "\\ne", "\\neq")
_NOWHERE = Place("", 1)


@dataclass(frozen=True, slots=True)
class Indices:
    """Two indices that are equal, or are not."""

    first: str
    second: str
    equal: bool

    def __str__(self) -> str:
        return f"{self.first} {'=' if self.equal else '≠'} {self.second}"

    @property
    def otherwise(self) -> Indices:
        """The other case."""
        return Indices(self.first, self.second, not self.equal)

    def concerns(self, text: str) -> bool:
        """Whether both indices stand in a formula that does not tell the cases apart itself."""
        letters = {found[0] for found in _INDEX.finditer(text)}
        return {self.first, self.second} <= letters and not _DELTA.search(text)

    def delta(self, notation: Notation) -> str:
        """The factor that is one in this case, and zero in the other."""
        delta = rf"\delta_{{{self.first}{self.second}}}" if notation == "latex" else f"delta[{self.first},{self.second}]"
        return delta if self.equal else f"(1 - {delta})"

    def equation(self, left: str, right: str, notation: Notation) -> str:
        """The equation that says the same of two sides in this case, and nothing in the other."""
        times, begin, end = (r" \cdot ", r"\left(", r"\right)") if notation == "latex" else ("*", "(", ")")
        left = f"{begin}{left}{end}"
        if is_zero(right):
            return f"{left} = {self.otherwise.delta(notation)}{times}{left}"
        return f"{self.delta(notation)}{times}{left} = {self.delta(notation)}{times}{begin}{right}{end}"


def compared(text: str) -> Indices | None:
    r"""The indices that a text compares; None for one that compares none, or several.

    >>> str(compared(r"\text{for } i \neq j")), compared("i = j = k"), compared("a_i = b_j")
    ('i ≠ j', None, None)
    """
    found = list(_COMPARED.finditer(text))
    if len(found) != 1 or found[0]["first"] == found[0]["second"] or text[: found[0].start()].rstrip().endswith(_CHAINED):
        return None
    return Indices(found[0]["first"], found[0]["second"], found[0]["equal"] is not None)


def by_indices(cases: str) -> str | None:
    r"""A formula by the cases of two indices as one formula; None for another formula.

    >>> by_indices(r"\begin{cases} a & i = j \\ b & \text{otherwise} \end{cases}")
    '\\delta_{ij} \\cdot \\left(a\\right) + (1 - \\delta_{ij}) \\cdot \\left(b\\right)'
    """
    parts = parts_of(placed(cases, _NOWHERE))
    if len(parts) != 2:
        return None
    found = [compared(condition) for _, condition in parts]
    first, second = found
    if first is None or (second is None and not is_otherwise(parts[1][1])) or second not in (None, first.otherwise):
        return None
    values = [value.text for value, _ in parts]
    return " + ".join(
        rf"{case.delta('latex')} \cdot \left({value}\right)" for case, value in zip((first, first.otherwise), values, strict=True)
    )


_SUBSCRIPT = pattern(
    r"(?<!\\nabla)(?<!\\nabla\^2)(?<!\\nabla\^\{2\})(?<!∇)(?<!∇²)(?<!∇\^2)(?<!\\partial)(?<!∂)"
    r"_\s*(?:([i-np-s])(?![A-Za-z])|\{\s*([i-np-s]|[a-z]\s*,?\s*[a-z]|[i-n]{3,4})\s*\})"
)
_BOUND = pattern(r"\\(?:sum|prod|max|min)(?:\\limits)?\s*_\s*(?:\{([^{}]*)\}|([a-z]))")


_ABOVE = pattern(r"(?P<sum>\\(?:sum|prod)(?:\\limits)?\s*_\s*(?:\{[^{}]*\}|[a-z]))\s*\^\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
"""``^{n_{in}}`` above a sum."""


def open_indices(text: str) -> frozenset[str]:
    """The indices of a side that no sum binds; what stands above a sum is a size."""
    text = _ABOVE.sub(lambda at: at["sum"], text)
    found = {letter for at in _SUBSCRIPT.finditer(text) for letter in (at[1] or at[2]) if letter.isalpha()}
    return frozenset(found - {letter for at in _BOUND.finditer(text) for letter in (at[1] or at[2])})


_STYLED_NAME = r"(?:\\(?:mathbf|boldsymbol|bm|vec|mathrm)\s*\{\s*\\?[A-Za-z]+\s*\}|\\[A-Za-z]+|[A-Za-z])"
_ENTRY = pattern(
    rf"(?:\\(?:left|bigl?|Bigl?|biggl?)\s*)?[(\[]\s*\\[td]?frac\s*\{{\s*\\partial\s*(?P<of>{_STYLED_NAME})\s*\}}\s*\{{\s*\\partial\s*(?P<by>{_STYLED_NAME})\s*\}}"
    r"\s*(?:\\(?:right|bigr?|Bigr?|biggr?)\s*)?[)\]]\s*_\s*\{\s*(?P<indices>[a-z]{3,4})\s*\}"
)
_LETTER = pattern(r"([A-Za-z]+)\s*\}?\Z")


def with_entries(text: str) -> str:
    r"""The entries of derivatives of arrays, as derivatives of entries: those of capitals have two
    indices, others one.

    >>> with_entries(r"\left(\frac{\partial z}{\partial W}\right)_{ijk}")
    '\\frac{\\partial z_{i}}{\\partial W_{jk}}'
    """
    return _ENTRY.sub(_of_entries, text)


def _of_entries(found: re.Match[str]) -> str:
    of, by, indices = found["of"], found["by"], found["indices"]
    axes = [2 if letter[1][0].isupper() else 1 for name in (of, by) if (letter := _LETTER.search(name)) is not None]
    if len(axes) != 2 or sum(axes) != len(indices):
        return found[0]
    return rf"\frac{{\partial {of}_{{{indices[: axes[0]]}}}}}{{\partial {by}_{{{indices[axes[0] :]}}}}}"
