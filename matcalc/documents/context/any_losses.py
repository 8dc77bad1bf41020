r"""A loss without a formula that is differentiated by entries: ``\partial E/\partial w_{jk} = a_j \partial E/\partial z_k``.

What is said of its first derivatives at one point holds for any loss if it does for each linear one, as at a point these have all gradients
that there are. So it is asked of one with letters for coefficients: of what it is differentiated by that rests on all the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Doubt, Said
from matcalc.documents.context.definitions import Definition, names_used
from matcalc.documents.context.names import names_at, trimmed, weights_in, whole_name, without_index
from matcalc.documents.context.outline import Line
from matcalc.documents.context.structure import Dependence, Structure
from matcalc.documents.context.survey import Context
from matcalc.documents.heads import Head
from matcalc.language.text.spelling import INDEX_LETTERS

_NESTED = r"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})"
_DERIVED = pattern(
    rf"\\[tdc]?frac\s*\{{\s*\\partial\s*(?P<of>{_NESTED}{{1,60}}?)\s*\}}\s*\{{\s*\\partial\s*(?P<by>{_NESTED}{{1,80}}?)\s*\}}"
)
LOSSES = frozenset(["L", "E", "C", "J", "ell"])
"""Names that losses have."""
_MOST_AXES, _SPARE = 2, "pqrsnm"


def with_losses(
    equation: str, structure: Structure, whole: Sequence[Definition], context: Context, line: Line
) -> tuple[tuple[Definition, ...], tuple[Doubt, ...]]:
    """The definitions behind an equation with those of the losses that it has derivatives of alone, and why it may prove more than it
    refutes then."""
    several = False
    unreached = _unreached(structure, whole)
    whole = [one for one in whole if one.name not in unreached]
    text = "; ".join([*(one.text for one in whole), equation])
    derived = [(whole_name(found["of"]), found["by"]) for found in _DERIVED.finditer(text)]
    made, known = tuple(whole), {one.name for one in whole}
    for name in sorted({of for of, _ in derived if of is not None} - known):
        by = [below for of, below in derived if of == name]
        if not (name in unreached or _is_loss(name, context, line)) or not _is_linear(name, text, len(by), structure, whole):
            continue
        arguments = list(_arguments(dict.fromkeys(by), whole))
        if any(of is not None and _base(of) in map(_base, arguments) and _base(of) not in known for of, _ in derived):
            continue  # one of them is any function of something itself
        value = _value(name, [_entries(one, whole) for one in arguments], text)
        if value:
            made = _with(_definition(name, value, arguments, context, line), made)
            several |= len(arguments) > 1
    doubts = [Doubt(f"what {name} stands for does not lead to this variable") for name in sorted(unreached)]
    return made, (*doubts, *_of_fixed(equation, whole), *((_OF_SOME,) if several else ()))


def _of_fixed(equation: str, whole: Sequence[Definition]) -> Iterator[Doubt]:
    r"""That a loss is varied by something of which another variable in the same sum is made, and which may be held fixed there:
    ``\partial L/\partial c`` beside ``\partial L/\partial h`` with ``h = o \tanh c``."""
    dependence = Dependence(whole)
    by: dict[str, set[str]] = {}
    for found in _DERIVED.finditer(equation.partition("=")[2]):
        by.setdefault(whole_name(found["of"]) or "", set()).add(_base(found["by"]))
    pairs = [(one, other) for its in by.values() for one in sorted(its) for other in sorted(its - {one}) if dependence.of(other, {one})]
    yield from (Doubt(f"{other} depends on {one}, and may be held fixed where {one} changes", "false") for one, other in pairs[:1])


def _unreached(structure: Structure, whole: Sequence[Definition]) -> frozenset[str]:
    """The losses whose formulas do not lead to anything that they are differentiated by, as they are of the last layer."""
    dependence = Dependence(whole)
    by: dict[str, set[str]] = {}
    for one in structure.all_derived:
        by.setdefault(one.name, set()).update(one.by)
    found = [one.name for one in whole if not one.is_function and one.name in LOSSES and by.get(one.name)]
    found = [name for name in found if not dependence.of(name, by.keys() - {name})]
    return frozenset([name for name in found if not dependence.of(name, {base for one in by[name] for base in (one, without_index(one))})])


def _with(loss: Definition, whole: Sequence[Definition]) -> tuple[Definition, ...]:
    """The definitions with one more, behind what it rests on and before what rests on it."""
    dependence = Dependence(whole)
    resting = [one for one in whole if dependence.of(one.name, {loss.name})]
    return (*(one for one in whole if one not in resting), loss, *resting)


_OF_SOME = Doubt("it is false of some of the functions that have no formula here, and may be true of those that are meant", "false")


def _is_loss(name: str, context: Context, line: Line) -> bool:
    """Whether a name is that of a number which the document says nothing else of."""
    told, _ = context.told(name, line.number)
    number = told is not None and (told.kind == "scalar" or told.shape == ())
    return (number or (told is None and name in LOSSES)) and context.definitions.at(name, line.number) is None


def _is_linear(name: str, text: str, count: int, structure: Structure, whole: Sequence[Definition]) -> bool:
    """Whether an equation is about first derivatives of a loss alone: nothing that is differentiated rests on it."""
    dependence = Dependence(whole)
    others = (structure.differentiated | structure.inside | {one.name for one in structure.all_derived}) - {name}
    spoken = sum(1 for at in names_at(text) if at.base == name)
    sides = (structure.left.names, structure.right.names)
    if not all(name in names or any(dependence.of(one, {name}) for one in names) for names in sides):
        return False  # its derivative stands on one side alone: the equation is about one loss
    return spoken == count and name not in structure.inside and not any(dependence.of(other, {name}) for other in others)


def _arguments(by: Collection[str], whole: Sequence[Definition]) -> Iterator[str]:
    """What a loss is a function of: what it is differentiated by, but for what reaches it through others of these."""
    dependence = Dependence(whole)
    bases = {base: one for one in by if (base := _base(one))}
    yield from (one for base, one in bases.items() if not any(dependence.of(other, {base}) for other in bases.keys() - {base}))


def _base(text: str) -> str:
    """The name that an entry is of."""
    at = next(iter(names_at(trimmed(text))), None)
    return "" if at is None or text[at.end :].strip() else at.base if _indices(text) else at.name


def _indices(text: str) -> str:
    at = next(iter(names_at(trimmed(text))), None)
    letters = "" if at is None or at.name == at.base else at.name[len(at.base) + 1 :]
    return letters if INDEX_LETTERS.issuperset(letters) else ""


def _entries(text: str, whole: Sequence[Definition]) -> tuple[str, int]:
    """The array that a loss is a function of as it is written, and how many indices its entries have; none where nothing tells it."""
    letters = _indices(text)
    if letters:
        return _BELOW.sub("", trimmed(text)), len(letters)
    one = next((one for one in whole if one.name == _base(text)), None)
    own = "" if one is None else _indices(one.left)
    return trimmed(text), len(own)


_BELOW = pattern(r"\s*_\s*(?:\{[^{}]*\}|[A-Za-z])\s*\Z")


def _value(name: str, arrays: Sequence[tuple[str, int]], text: str) -> str:
    """The sum of all entries, each with a coefficient; empty where one of these has none, or the letters are used up."""
    used = {letter for at in names_at(text) for letter in at.name[len(at.base) + 1 :]} if arrays else set()
    spare = [letter for letter in _SPARE if letter not in used]
    if not arrays or len(spare) < _MOST_AXES or any(not 0 < axes <= _MOST_AXES for _, axes in arrays):
        return ""
    terms = []
    for place, (array, axes) in enumerate(arrays):
        index = "".join(spare[:axes])
        sums = "".join([rf"\sum_{{{letter}}} " for letter in index])
        terms.append(rf"{sums}c^{{(by{name}{'abcdef'[place % 6]})}}_{{{index}}} {array}_{{{index}}}")
    return " + ".join(terms)


def _definition(name: str, value: str, arguments: Sequence[str], context: Context, line: Line) -> Definition:
    text = rf"\{name}" if len(name) > 1 else name
    said = Said(f"{text}: any function of {', '.join(arguments)}, to first order", line.row.left.place())
    spot = context.spots[line.number]
    uses = names_used(value, line.notation) - {name}
    return Definition(
        Head(name), text, value, line.notation, uses, said, line.number, (line.number, line.number), spot, weights_in(value), bold=False
    )
