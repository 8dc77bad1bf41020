"""What varies and what does not: the parameters that a text differentiates by, beside data, of
which an equation says how they come about, ``y = X b + e`` with noise e."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Doubt
from matcalc.documents.context.defined_names import Definition, closed, names_used
from matcalc.documents.context.outline import Line
from matcalc.documents.context.overview import Context
from matcalc.documents.context.structure import Structure
from matcalc.documents.context.wording import Wording, words_of
from matcalc.documents.context.written_names import (
    CALLED,
    NameAt,
    names_at,
    names_listed,
    respelled,
    trimmed,
    whole_name,
    without_index,
)

_USUAL = frozenset(["epsilon", "varepsilon"])
"""Letters of noise of which nothing has to be said."""
_NEAR = r"[^⟨⟩.;]{0,30}"
_CENTRED = pattern(
    r"\\?(?:mathcal|mathrm|mathsf)?\s*\{?\s*N\s*\}?\s*(?:\\left)?\(\s*(?:0|\\(?:mathbf|boldsymbol|bm|vec)\s*\{?\s*0)"
)

_NONLINEAR = pattern(r"\\\||\||\^\s*\{?\s*[\d-]|\\(?:frac|log|exp|sqrt|norm|lVert|Vert)(?![A-Za-z])|‖")
"""What small numbers are added to, so that nothing is divided by zero."""


def noises_in(wording: Wording) -> Iterator[str]:
    """The names that a sentence calls noise or errors, or lets vary around zero."""
    noise = words_of("noise").pattern
    for form in (rf"{noise}(?:\s+(?:terms?|vectors?))?\s+⟨(\d+)⟩", rf"⟨(\d+)⟩\s+(?:is|are|denotes?|be|being|as|,){_NEAR}{noise}"):
        for found in pattern(f"(?i){form}").finditer(wording.text):
            mention = wording.mentions[int(found[1])]
            if mention.lines:
                yield from names_listed(mention.lines[0].row.left.text, mention.formula.notation)
    for line in wording.lines:
        row = line.row
        if row.relation == "∼" and row.right is not None and _CENTRED.match(row.right.text.strip()):
            yield from names_listed(row.left.text, line.notation)


def rows_of_data(definitions: Iterable[object], noises: Collection[str]) -> frozenset[int]:
    """The rows that say how data come about: a name is something and noise beside it."""
    known = _USUAL | {without_index(name) for name in noises}
    return frozenset(one.number for one in definitions if isinstance(one, Definition) and _is_of_data(one, known))


def _is_of_data(one: Definition, noises: Collection[str]) -> bool:
    if one.is_function or one.notation != "latex":
        return False
    terms = [whole_name(term) for term in _terms(one.value)]
    noise = [name for name in terms if name is not None and not {name, without_index(name)}.isdisjoint(noises)]
    said = any(without_index(name) not in _USUAL for name in noise)
    return len(noise) == 1 and len(terms) > 1 and (said or _NONLINEAR.search(one.value) is None)


def _terms(text: str) -> Iterator[str]:
    """The terms of a sum, up to the signs outside brackets."""
    depth, start = 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if sign in "+-" and not depth and text[start:at].strip():
            yield text[start:at]
            start = at + 1
    yield text[start:]


def moving(structure: Structure, whole: Sequence[Definition], rows: Collection[int]) -> frozenset[str]:
    """The data among the definitions behind a claim, which its formulas have beside all that they
    are made of: what it differentiates by varies, and they do not."""
    by = structure.by
    spoken = structure.differentiated | by
    data = [one for one in whole if one.number in rows and one.name not in spoken and by.isdisjoint(_terms_of(one))]
    if not by or not data:
        return frozenset()
    rest = {one.name: one for one in whole if one not in data}
    direct = {used for name in structure.differentiated & rest.keys() for used in _spoken_in(name, rest)}
    direct |= structure.inside if by & structure.inside else frozenset()
    return frozenset(one.name for one in data if by & direct and _mean_of(one) <= _letters(direct))


def _spoken_in(name: str, known: Mapping[str, Definition]) -> Iterator[str]:
    """The names in what a name stands for, and in what these do."""
    values = {one.name: names_used(one.value, one.notation) for one in known.values()}
    return (used for one in closed([name], values) for used in values.get(one, ()))


def _mean_of(one: Definition) -> frozenset[str]:
    """The letters in a value without its noise."""
    return _letters(names_used(one.value, one.notation)) - _letters(_terms_of(one))


def _letters(names: Iterable[str]) -> frozenset[str]:
    """Names without index, a row x_i of X as this."""
    return frozenset(without_index(name).lower() for name in names)


def _terms_of(one: Definition) -> frozenset[str]:
    """The names that are terms of a value."""
    return frozenset(filter(None, map(whole_name, _terms(one.value))))


# ---------------------------------------------------------------- what varies

_ANY = r"(?:\\[A-Za-z]+\s*\{\s*\\?[A-Za-z]+\s*\}|\\[A-Za-z]+|[A-Za-z])(?:_\w)?"
_BY = (
    pattern(rf"(?:\\nabla|∇)(?:\s*\^\s*\{{?2\}}?)?\s*_\s*(?:\{{\s*)?(?P<name>{_ANY})"),
    pattern(rf"(?:/|\}}\s*\{{)\s*(?:\\partial|d|\\mathrm\s*\{{?\s*d\s*\}}?)\s*(?P<name>{_ANY})"),
    pattern(
        rf"\\(?:min|max|argmin|argmax|underset|operatorname\*?\s*\{{[^{{}}]*m(?:in|ax)\s*\}})\s*_\s*(?:\{{\s*)?(?P<name>{_ANY})"
    ),
)
_SOUGHT = pattern(
    r"(?i)(?:with respect to|w\.r\.t\.|wrt|over|parameters?|weights?|variables?|unknowns?|coefficients?)"
    r"(?:\s+(?:the|all|vector|of))*\s+⟨(\d+)⟩"
)
_PARAMETERS = frozenset(["w", "theta", "beta", "W", "Theta"])
"""Letters that parameters have."""
_BARE = pattern(r"(?:\\nabla|∇)(?:\s*(?:\^\s*(?:2|\{\s*2\s*\})|²))?(?=\s*(?![_^\s]))")


def varied_in(wording: Wording) -> frozenset[str]:
    """The names that a sentence differentiates by, or seeks the best value of."""
    texts = [line.row.text for line in wording.lines if line.notation == "latex"]
    found = {whole_name(one["name"]) for text in texts for form in _BY for one in form.finditer(text)}
    for one in _SOUGHT.finditer(wording.text):
        mention = wording.mentions[int(one[1])]
        found |= set(names_listed(mention.lines[0].row.left.text, mention.formula.notation)) if mention.lines else set()
    return frozenset(filter(None, found))


def with_what_varies(equation: str, line: Line, context: Context) -> tuple[str, tuple[Doubt, ...]]:
    r"""The equation with the variable below the sign of a gradient that has none, ``\nabla L`` of a
    value L, and a doubt where the text does not say it."""
    names = {at.start: at for at in names_at(equation)}
    changes, guessed = [], False
    for sign in _BARE.finditer(equation):
        at = names.get(len(equation) - len(equation[sign.end() :].lstrip()))
        found = None if at is None or CALLED.match(equation, at.end) else _variable_of(at.name, line, context)
        if found is not None:
            changes.append((sign.end(), sign.end(), f"_{{{found[0]}}} "))
            guessed |= found[1]
    doubt = Doubt("the text does not say by what the gradient is taken", "false")
    return respelled(equation, changes), (doubt,) * guessed


def _variable_of(name: str, line: Line, context: Context) -> tuple[str, bool] | None:
    """What a value is differentiated by, as it is written in that, and whether its letter alone
    says so; None where it is not one name."""
    last = context.definitions.at(name, line.number)
    if last is None or last.is_function or last.notation != "latex":
        return None
    behind = context.behind(frozenset([name]), line)
    written: dict[str, str] = dict(chain.from_iterable(map(_written_in, behind)))
    free = written.keys() - {one.name for one in behind}
    spot = context.spots.get(line.number)
    said = free & context.varied.get(-1 if spot is None else spot.section, frozenset())
    chosen = said or free & _PARAMETERS
    return (written[min(chosen)], not said) if len(chosen) == 1 else None


def _written_in(one: Definition) -> Iterator[tuple[str, str]]:
    found: Iterable[NameAt] = names_at(one.value, one.notation)
    return ((at.name, trimmed(one.value[at.start : at.end])) for at in found)
