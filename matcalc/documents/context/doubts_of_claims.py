"""Why a refutation of an equation of a document is not to be believed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence, Set

from matcalc.base.files import stored_table
from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import open_indices
from matcalc.documents.blocks import Doubt
from matcalc.documents.context.defined_names import Definition
from matcalc.documents.context.layers_and_steps import is_of_a_step
from matcalc.documents.context.outline import Line
from matcalc.documents.context.overview import Context
from matcalc.documents.context.structure import Part, Structure, names_behind
from matcalc.documents.context.written_derivatives import composed, quotients, without_subscripts
from matcalc.documents.context.written_names import UNNAMED, names_at, whole_name, without_index
from matcalc.documents.sides import before_brackets, head_of, is_derivative
from matcalc.language.text.meanings import USUAL


def doubts_of(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> tuple[Doubt, ...]:
    """Why a refutation of an equation is not to be believed; ``whole`` are all definitions behind
    it."""
    defined = {one.name for one in whole}
    every = _spoken_of(line) | {used for one in whole for used in one.uses if not is_of_a_step(one.name)}
    free = every - defined
    alone = next(_not_understood(structure, whole, free, context, line), None)
    if alone is not None:
        return (alone,)
    return (
        *_of_writing(line, context),
        *_of_usual(free, context, line),
        *_of_factors(every, context, line),
        *_of_others(structure, whole, context, line),
        *_of_constants(whole),
        *_of_places(line, frozenset(one.name for one in whole if one.is_function)),
        *_of_other_layers(whole),
        *_of_introduced(structure, context, line),
        *of_rows(context),
        *([Doubt("it is said to hold under a condition that is not understood")] * (line.number in context.conditional)),
        *_of_derivatives(structure, defined),
        *_of_values(structure, whole, context.sizes, line),
    )


def _not_understood(
    structure: Structure, whole: Sequence[Definition], free: Collection[str], context: Context, line: Line
) -> Iterator[Doubt]:
    """What makes any other doubt needless: something in the equation is not understood at all."""
    obscure = [name for name in sorted(free) if context.definitions.is_obscure(name, line.number)]
    if structure.by:  # to a derivative a second moment is a matrix like any other
        obscure = [name for name in obscure if context.moments.at(name, line.number)[0] is None]
    if obscure:
        yield Doubt(f"{obscure[0]} has a definition that is not read", "false", tuple(obscure))
    yield from (
        Doubt(f"the first of what {one.name} is said to be is not read", "false")
        for one in (whole if line.row.link else ())
        if one.link and one.number - one.link == line.number - line.row.link
    )
    called = structure.left.called | structure.right.called
    bare = (structure.left.names | structure.right.names) - structure.differentiated
    yield from (Doubt(f"{name} is a function and a value") for name in sorted(called & bare))
    maps = ((name, context.map_of(name, line)) for name in sorted(free) if context.is_untold(name, line))
    of_vectors = (name for name, one in maps if one is not None and "vector" in (one.domain, one.values))
    yield from (Doubt(f"{name} is a function without a formula", "false") for name in of_vectors)


def _of_other_layers(whole: Sequence[Definition]) -> Iterator[Doubt]:
    """That what is said of another layer may be otherwise here."""
    said = "is known from another layer, and may be another function here"
    return (Doubt(f"{one.name} {said}", "false") for one in whole if one.perhaps)


def _of_introduced(structure: Structure, context: Context, line: Line) -> Iterator[Doubt]:
    """That the name before brackets may be that of a function which the equation defines."""
    name = before_brackets(line.row.first.text, line.notation)
    if name in structure.left.names - structure.right.names and context.is_untold(name, line):
        yield Doubt(f"{name} may be a function that the equation introduces")


def _of_derivatives(structure: Structure, defined: Set[str]) -> Iterator[Doubt]:
    """What derivatives may mean otherwise: rows and columns, other arguments, values at a point."""
    sides = structure.left, structure.right
    if all(one.derived for one in sides) or structure.differentiated - defined - structure.by:
        yield Doubt("products of derivatives are written in more ways than one", "misfit")
    yield from (Doubt(f"{name} was defined with other arguments") for name in sorted(structure.elsewhere))
    if any(one.derived and one.names and _is_of_numbers(other) for one, other in (sides, sides[::-1])):
        yield Doubt("numbers: perhaps the values at a point")


def _of_values(structure: Structure, whole: Sequence[Definition], sizes: Collection[str], line: Line) -> Iterator[Doubt]:
    """That an equation without derivatives may be a condition on values, or one about estimates."""
    primed = any(is_derivative(side) for side in _sides_of(line))
    if not (structure.differential or structure.left.derived or structure.right.derived or primed):
        yield from _of_estimates(structure, whole)
        yield from _of_condition(structure, whole, sizes, line)


def _sides_of(line: Line) -> list[str]:
    """The first side of a row, and its right one."""
    return [side.text for side in (line.row.first, line.row.right) if side is not None]


def _of_factors(names: Collection[str], context: Context, line: Line) -> Sequence[Doubt]:
    """That letters which stand as the factors of an eigendecomposition do may be such, where the
    text says nothing of them."""
    told = sorted(name for name in context.factors & set(names) if context.is_untold(name, line))
    return [Doubt(f"{' and '.join(told)} may be factors of an eigendecomposition", "false")] * (len(told) > 1)


def _of_constants(whole: Sequence[Definition]) -> Iterator[Doubt]:
    """That what a text leaves out as constant may be so to one of several variables alone."""
    constants = (one.name for one in whole if UNNAMED in one.special and len(one.head.arguments) != 1)
    return (Doubt(f"what is left out of {name} as constant may depend on this variable", "false") for name in constants)


def of_rows(context: Context) -> tuple[Doubt, ...]:
    """That vectors may be rows, where the text has them so in other products."""
    return (Doubt("vectors are columns as it was read, and rows in other products of the text", "rows"),) if context.rows else ()


def _of_estimates(structure: Structure, whole: Sequence[Definition]) -> Iterator[Doubt]:
    """That a letter may stand for its estimate, on which the other side rests: ``y - X b`` where
    ``\\hat y = X \\hat b``."""
    own = structure.left.names | structure.right.names
    for one in whole:
        letter, _, accent = one.name.partition("_")
        if letter in own and one.name not in own and accent.partition("_")[0] in _ESTIMATES:
            yield Doubt(f"{letter} may stand for {one.name}")


_ESTIMATES = frozenset(["hat", "tilde", "star", "check"])
"""Marks of a letter that tell its estimate, or its best value."""


def _of_usual(names: Collection[str], context: Context, line: Line) -> Iterator[Doubt]:
    """That a function which the text names may be the usual one of its letter: sigma the
    sigmoid."""
    told = ((name, context.told(name, line.number)[0]) for name in sorted(USUAL.keys() & set(names)))
    functions = (name for name, one in told if one is not None and one.kind == "function")
    return (Doubt(f"it is false of some functions {name}, and may be true of the usual one", "false") for name in functions)


def _spoken_of(line: Line) -> frozenset[str]:
    """The names in a row, with and without their indices; without those of the letters that stand
    with a step."""
    found = names_at(line.row.text, line.notation)
    return frozenset(name for at in found for name in ((at.name,) if is_of_a_step(at.name) else (at.name, at.base)))


def _of_others(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> Iterator[Doubt]:
    """That a name stands for another one with its letter, which was defined since: ``df/dx`` behind
    ``f_c(x) = c + x``."""
    for one in whole:
        if one.is_function and one.name in structure.differentiated:
            yield from (
                Doubt(f"{name} is defined nearer") for name in context.definitions.of_letter(one.name, one.number, line.number)
            )
    yield from (Doubt(f"the index of {one.head.name} does not stand in its formula") for one in whole if _is_labelled(one))
    related = {one.name for one in whole if _is_of_relatives(one)}
    apart = sorted(related & (structure.left.names ^ structure.right.names))
    yield from (Doubt(f"{name} stands on one side alone, and several are called so") for name in apart)


def _is_of_relatives(one: Definition) -> bool:
    """Whether a name has a value of others that are called as it is, but for an index."""
    called = {without_index(used, (one.name,)) for used in one.uses}
    return one.name in called and head_of(one.value, one.notation) is None


def _is_labelled(one: Definition) -> bool:
    """Whether a name with an index has a formula without it: the index is a label, or every entry
    is the same."""
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
    sides = _sides_of(line)
    if line.notation == "latex":
        sides = [without_subscripts(side, lambda name: context.partly_derived(name, line)) for side in sides]
        if all(any(form.search(side) for side in sides) for form in (_PRIMED, _TURNED)):
            yield Doubt("what has a prime may be another matrix, as a transpose is written otherwise")
    if any(_COMPOSED.search(composed(side)) for side in sides):
        yield Doubt("the composition of functions is not read")
    if len({bool(open_indices(side)) for side in sides}) > 1:
        yield Doubt("indices stand on one side alone")


_GRADIENT_OF = pattern(
    r"(?:\\nabla|∇)(?:\s*(?:\^\s*\{?\s*2\s*\}?|²))?\s*(?P<outer>\\?[A-Za-z]+)\s*(?:\\left)?\((?P<inside>[^()]*)\("
)


def _of_places(line: Line, functions: Set[str]) -> Iterator[Doubt]:
    """That a gradient may be one of a composition, ``\\nabla g(f(x))``, and a bracket behind a
    derivative the point where it is taken."""
    for text in _sides_of(line):
        for found in _GRADIENT_OF.finditer(text):
            inner = [at.name for at in names_at(found["inside"], line.notation)][-1:]
            if inner and functions >= {found["outer"].strip("\\"), *inner}:
                yield Doubt(f"the gradient may be that of {found['outer']} alone, or of the composition", "false")
        for one in quotients(text):
            point = whole_name(one.point or "")
            if point not in (None, one.variable) and point.partition("_")[0] == one.variable.partition("_")[0]:
                yield Doubt(f"{one.point} may be the point where the derivative is taken", "false")


def _of_condition(structure: Structure, whole: Sequence[Definition], sizes: Collection[str], line: Line) -> tuple[Doubt, ...]:
    """That an equation without derivatives may be none that holds for all values of its symbols."""
    constant = {*sizes, *stored_table("roles")["names"]["constants"]}
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
