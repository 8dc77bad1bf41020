"""When a false equation of a document says nothing: it is no identity, but a condition, or not all of it is understood."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Doubt
from matcalc.documents.context.definitions import Definition
from matcalc.documents.context.derivatives_at import composed, quotients
from matcalc.documents.context.names import names_at, whole_name, without_index
from matcalc.documents.context.outline import Line
from matcalc.documents.context.partial_derivatives import without_subscripts
from matcalc.documents.context.special_functions import UNNAMED
from matcalc.documents.context.steps_in_time import is_of_a_step
from matcalc.documents.context.structure import Part, Structure, names_behind
from matcalc.documents.context.survey import Context
from matcalc.documents.heads import before_brackets, head_of
from matcalc.documents.index_cases import open_indices
from matcalc.documents.sentences import cue_table
from matcalc.documents.shapes import is_derivative
from matcalc.language.text.called_names import USUAL


def doubts_of(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> tuple[Doubt, ...]:
    """Why a refutation of an equation is not to be believed; ``whole`` are all definitions behind it."""
    defined = {one.name for one in whole}
    every = _spoken_of(line) | {used for one in whole for used in one.uses if not is_of_a_step(one.name)}
    obscure = [name for name in sorted(every - defined) if _is_obscure(name, structure, context, line)]
    if obscure:
        return (Doubt(f"{obscure[0]} has a definition that is not read", "false", tuple(obscure)),)
    if line.row.link and (later := [one.name for one in whole if one.link and one.number - one.link == line.number - line.row.link]):
        return (Doubt(f"the first of what {later[0]} is said to be is not read", "false"),)
    called = structure.left.called | structure.right.called
    bare = (structure.left.names | structure.right.names) - structure.differentiated
    if both := sorted(called & bare):
        return (Doubt(f"{both[0]} is a function and a value"),)
    called_maps = [name for name in sorted(every - defined) if _is_map_of_vectors(name, context, line)]
    if called_maps:
        return (Doubt(f"{called_maps[0]} is a function without a formula", "false"),)
    found = [*_of_writing(line, context), *_of_usual(every - defined, context, line), *_of_factors(every, context, line)]
    found += [*_of_others(structure, whole, context, line), *_of_constants(whole)]
    found += _of_places(line, frozenset(one.name for one in whole if one.is_function))
    found += [Doubt(f"{one.name} is known from another layer, and may be another function here", "false") for one in whole if one.perhaps]
    name = before_brackets(line.row.first.text, line.notation)
    if name in structure.left.names - structure.right.names and context.told(name, line.number)[0] is None:
        found.append(Doubt(f"{name} may be a function that the equation introduces"))
    found += of_rows(context)
    if line.number in context.conditional:
        found.append(Doubt("it is said to hold under a condition that is not understood"))
    unknown = structure.differentiated - defined - structure.by
    if (structure.left.derived and structure.right.derived) or unknown:
        found.append(Doubt("products of derivatives are written in more ways than one", "misfit"))
    found += [Doubt(f"{name} was defined with other arguments") for name in sorted(structure.elsewhere)]
    sides = structure.left, structure.right
    if any(one.derived and one.names and _is_of_numbers(other) for one, other in (sides, sides[::-1])):
        found.append(Doubt("numbers: perhaps the values at a point"))
    primed = any(is_derivative(side.text) for side in (line.row.first, line.row.right) if side is not None)
    if not (structure.differential or structure.left.derived or structure.right.derived or primed):
        found += _of_estimates(structure, whole)
        found += _of_condition(structure, whole, context.sizes, line)
    return tuple(found)


def _is_map_of_vectors(name: str, context: Context, line: Line) -> bool:
    """Whether a name is a function of which the text says only from where to where it goes, which is read as a factor."""
    told = context.maps.at(name, line.number)
    return told is not None and "vector" in (told.domain, told.values) and context.told(name, line.number)[0] is None


def _of_factors(names: Collection[str], context: Context, line: Line) -> Iterator[Doubt]:
    """That letters which stand as the factors of an eigendecomposition do may be such, where the text says nothing of them."""
    told = sorted(name for name in context.factors & set(names) if context.told(name, line.number)[0] is None)
    if len(told) > 1:
        yield Doubt(f"{' and '.join(told)} may be factors of an eigendecomposition", "false")


def _of_constants(whole: Sequence[Definition]) -> Iterator[Doubt]:
    """That what a text leaves out as constant may be so to one of several variables alone."""
    for one in whole:
        if UNNAMED in one.special and len(one.head.arguments) != 1:
            yield Doubt(f"what is left out of {one.name} as constant may depend on this variable", "false")


def of_rows(context: Context) -> tuple[Doubt, ...]:
    """That vectors may be rows, where the text has them so in other products."""
    return (Doubt("vectors are columns as it was read, and rows in other products of the text", "rows"),) if context.rows else ()


def _of_estimates(structure: Structure, whole: Sequence[Definition]) -> Iterator[Doubt]:
    """That a letter may stand for its estimate, on which the other side rests: ``y - X b`` where ``\\hat y = X \\hat b``."""
    own = structure.left.names | structure.right.names
    for one in whole:
        letter, _, accent = one.name.partition("_")
        if letter in own and one.name not in own and accent.partition("_")[0] in _ESTIMATES:
            yield Doubt(f"{letter} may stand for {one.name}")


_ESTIMATES = frozenset(["hat", "tilde", "star", "check"])
"""Marks of a letter that tell its estimate, or its best value."""


def _of_usual(names: Collection[str], context: Context, line: Line) -> Iterator[Doubt]:
    """That a function which the text names may be the usual one of its letter: sigma the sigmoid."""
    for name in sorted(USUAL.keys() & set(names)):
        declaration = context.told(name, line.number)[0]
        if declaration is not None and declaration.kind == "function":
            yield Doubt(f"it is false of some functions {name}, and may be true of the usual one", "false")


def _is_obscure(name: str, structure: Structure, context: Context, line: Line) -> bool:
    """Whether a name stands for something that is not read; to a derivative a second moment is a matrix like any other."""
    if structure.by and context.moments.at(name, line.number)[0] is not None:
        return False
    return context.definitions.is_obscure(name, line.number)


def _spoken_of(line: Line) -> frozenset[str]:
    """The names in a row, with and without their indices; without those of the letters that stand with a step."""
    found = names_at(line.row.text, line.notation)
    return frozenset(name for at in found for name in ((at.name,) if is_of_a_step(at.name) else (at.name, at.base)))


def _of_others(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> Iterator[Doubt]:
    """That a name stands for another one with its letter, which was defined since: ``df/dx`` behind ``f_c(x) = c + x``."""
    for one in whole:
        if one.is_function and one.name in structure.differentiated:
            yield from (Doubt(f"{name} is defined nearer") for name in context.definitions.of_letter(one.name, one.number, line.number))
    yield from (Doubt(f"the index of {one.head.name} does not stand in its formula") for one in whole if _is_labelled(one))
    related = {
        one.name
        for one in whole
        if one.name in {without_index(used, (one.name,)) for used in one.uses} and head_of(one.value, one.notation) is None
    }
    apart = sorted(related & (structure.left.names ^ structure.right.names))
    yield from (Doubt(f"{name} stands on one side alone, and several are called so") for name in apart)


def _is_labelled(one: Definition) -> bool:
    """Whether a name with an index has a formula without it: the index is a label, or every entry is the same."""
    index = one.head.name.removeprefix(one.name).removeprefix("_")
    return not set(index) <= open_indices(one.value)


def _is_of_numbers(part: Part) -> bool:
    """Whether a side is an array of numbers."""
    return part.written_out and not (part.names or part.called or part.derived)


_PRIMED = pattern(r"(?:[A-Za-z]|\})'+(?!\s*\()")
_COMPOSED = pattern(r"\(\s*[A-Za-z]\s*(?:\\circ|∘)\s*[A-Za-z]\s*\)(?:\s|'|′|\^\s*\{?(?:\s*\\prime)+\s*\}?)*(?:\\left)?\(")
_TURNED = pattern(r"\^\s*\{?\s*(?:T\b|\\top|\\intercal|\\mathsf|\\mathrm|\\prime)")


def _of_writing(line: Line, context: Context) -> Iterator[Doubt]:
    """Doubts that the text of an equation itself gives."""
    sides = [side.text for side in (line.row.first, line.row.right) if side is not None]
    if line.notation == "latex":
        sides = [without_subscripts(side, lambda name: context.partly_derived(name, line)) for side in sides]
    if line.notation == "latex" and any(_PRIMED.search(side) for side in sides) and any(_TURNED.search(side) for side in sides):
        yield Doubt("what has a prime may be another matrix, as a transpose is written otherwise")
    if any(_COMPOSED.search(composed(side)) for side in sides):
        yield Doubt("the composition of functions is not read")
    if len({bool(open_indices(side)) for side in sides}) > 1:
        yield Doubt("indices stand on one side alone")


_GRADIENT_OF = pattern(r"(?:\\nabla|∇)(?:\s*(?:\^\s*\{?\s*2\s*\}?|²))?\s*(?P<outer>\\?[A-Za-z]+)\s*(?:\\left)?\((?P<inside>[^()]*)\(")


def _of_places(line: Line, functions: Collection[str]) -> Iterator[Doubt]:
    """That a gradient may be one of a composition, ``\\nabla g(f(x))``, and a bracket behind a derivative the point where it is taken."""
    for side in (line.row.first, line.row.right):
        text = "" if side is None else side.text
        for found in _GRADIENT_OF.finditer(text):
            inner = next(reversed(list(names_at(found["inside"], line.notation))), None)
            if found["outer"].strip("\\") in functions and inner is not None and inner.name in functions:
                yield Doubt(f"the gradient may be that of {found['outer']} alone, or of the composition", "false")
        for one in quotients(text):
            point = None if one.point is None else whole_name(one.point)
            if point is not None and point != one.variable and point.partition("_")[0] == one.variable.partition("_")[0]:
                yield Doubt(f"{one.point} may be the point where the derivative is taken", "false")


def _of_condition(structure: Structure, whole: Sequence[Definition], sizes: Collection[str], line: Line) -> tuple[Doubt, ...]:
    """That an equation without derivatives may be none that holds for all values of its symbols."""
    constant = {*sizes, *cue_table()["names"]["constants"]}
    left = names_behind(structure.left, whole) - constant
    right = names_behind(structure.right, whole) - constant
    apart = ", ".join(sorted(left ^ right)[:_MOST])
    some = (Doubt(f"{apart} stands on one side only: it may be a condition, no identity"),) if apart else ()
    own = structure.left.names | structure.right.names
    if len(own) == 1 and structure.left.names == structure.right.names:
        unknown = min(own)
        lone = head_of(line.row.first.text, line.notation) is not None and unknown.islower()  # x = x^4 is to be solved
        if lone or unknown not in {one.name for one in whole}:
            some = (*some, Doubt(f"it may be a fact about {unknown}", "false" if lone else "always"))
    return (*some, Doubt("it may be a condition on these numbers, no identity", "numbers"))


_MOST = 3
