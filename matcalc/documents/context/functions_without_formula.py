"""Functions and losses without a formula, asked of families that have all derivatives at a point that there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

from matcalc.base.lazy import pattern
from matcalc.documents.context.conventions import Kind
from matcalc.documents.context.defined_names import Definition, names_used
from matcalc.documents.context.derivative_signs import Derivatives, NotRead, calls_in, derived_names
from matcalc.documents.context.overview import Context
from matcalc.documents.context.structure import Dependence, Structure
from matcalc.documents.context.wording import Line
from matcalc.documents.context.written_derivatives import (
    is_bold,
    partials,
    quotient,
    quotients,
    with_array,
    without_slashes,
    without_subscripts,
)
from matcalc.documents.context.written_names import CALLED, names_at, trimmed, weights_in, whole_name, without_index
from matcalc.documents.cues import closing
from matcalc.documents.pieces import Doubt, Said
from matcalc.documents.shapes import Head, head_of, is_function, is_zero
from matcalc.language.text.meanings import USUAL
from matcalc.language.text.spelling import INDEX_LETTERS

_CHANGE = pattern(r"(?<![A-Za-z\\{])d\s*(?P<of>[A-Za-z])(?![A-Za-z(])")
_GRADIENT = pattern(r"\\nabla\s*(?P<of>[A-Za-z])(?![A-Za-z])")
_MOST_ORDERS, _MOST_VARIABLES = 3, 4
COEFFICIENTS = (
    *"abcghklmnopqrstuvw",
    *(
        rf"\{name}"
        for name in ("alpha", "beta", "gamma", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "rho", "tau", "omega")
    ),
)


@dataclass(frozen=True, slots=True)
class AnyFunctions:
    """An equation, with polynomials for the functions in it as definitions before it; ``said``: what they stand for."""

    equation: str
    definitions: tuple[str, ...]
    declare: str
    said: str


def for_any_functions(equation: str, line: Line, context: Context) -> AnyFunctions | None:
    """The equation of functions with several arguments, if it is about their derivatives at one point alone; None for another one."""
    if line.notation != "latex" or is_bold(equation):
        return None
    equation = with_implicit(without_slashes(without_held(equation)), line, context)
    given = _given(equation, line, context)
    found = _Functions("; ".join([*given.values(), equation]), given)
    if any(not one.partial for one in quotients(equation)) or not found.is_about_one_point or not _fits(found, equation, line, context):
        return None

    def plain(text: str) -> str:
        return with_array(without_subscripts(text, lambda name: found.variables if name in found.names else ()))

    statement = [*map(plain, given.values()), plain(equation)]
    used = names_used("; ".join(statement), line.notation).union(found.variables)
    letters = (letter for letter in COEFFICIENTS if letter.removeprefix("\\") not in used)
    terms = [term for degree in range(found.order + 1) for term in combinations_with_replacement(found.variables, degree)]
    polynomials: dict[str, list[str]] = {name: [letter for letter, _ in zip(letters, terms, strict=False)] for name in found.names}
    if any(len(own) < len(terms) for own in polynomials.values()):
        return None
    arguments = ", ".join(found.variables)
    definitions = [
        f"{name}({arguments}) = {' + '.join(' '.join([letter, *term]) for letter, term in zip(own, terms, strict=True))}"
        for name, own in polynomials.items()
    ]
    scalars = [*found.variables, *(letter.removeprefix("\\") for own in polynomials.values() for letter in own)]
    declare = "; ".join(f"{name}: scalar" for name in scalars)
    said = f"{', '.join(found.names)}: any function{'s' if len(found.names) > 1 else ''} of {arguments}"
    return AnyFunctions(statement[-1], (*definitions, *statement[:-1]), declare, said)


def _given(equation: str, line: Line, context: Context) -> dict[str, str]:
    """The definitions of names that an equation differentiates and that are partial derivatives themselves."""
    names = {one.name for one in partials(equation) if one.name}
    found = {one.name: one for one in context.behind(names, line) if one.name in names and not one.is_function}
    return {name: without_slashes(one.text) for name, one in found.items() if next(partials(one.value), None) is not None}


def _fits(found: _Functions, equation: str, line: Line, context: Context) -> bool:
    """Whether the variables are numbers, and all that the functions depend on where all of them count."""
    others = names_used(equation, line.notation) - {*found.names, *found.variables, *found.given}
    if not all(_is_number(name, line, context) for name in found.variables):
        return False
    if found.of_all and any(set(seen) != set(found.variables) for name in found.names if (seen := context.seen_of(name, line.number))):
        return False
    if len([name for name in found.names if name.isupper()]) > 1:
        return False  # they may be matrices, whose products have an order
    return not (found.outer and context.behind(others, line))


_HELD = pattern(
    r"(?:\\left)?\(\s*(?P<quotient>\\[dt]?frac\s*\{\s*\\partial\s*(?P<of>[A-Za-z])\s*\}\s*\{\s*\\partial\s*(?P<by>[A-Za-z])\s*\})\s*"
    r"(?:\\right)?\)\s*_\s*(?:\{\s*(?P<several>[A-Za-z](?:\s*,?\s*[A-Za-z])*)\s*\}|(?P<one>[A-Za-z])(?![A-Za-z]))"
)


def without_held(equation: str) -> str:
    r"""The equation without the variables that are held fixed, ``T`` below ``\partial P/\partial V`` in brackets.

    It is left alone where a function has several sets of variables.
    """
    sets: dict[str, set[frozenset[str]]] = {}
    for found in _HELD.finditer(equation):
        held = frozenset(letter for letter in found["several"] or found["one"] if letter.isalpha())
        sets.setdefault(found["of"], set()).add(held | {found["by"]})
    if len(frozenset().union(*sets.values())) > 1:
        return equation
    return _HELD.sub(lambda found: found["quotient"], equation)


def with_implicit(equation: str, line: Line, context: Context) -> str:
    r"""The equation with the derivatives of a name that ``F(x, y) = 0`` makes a function of the others: ``-F_x/F_y`` for ``dy/dx``.

    It is left alone where F itself stands in it, of which more is known then than its derivatives.
    """
    for one in context.suppositions.at(line, names_used(equation, line.notation)):
        head = head_of(one.left, line.notation)
        if head is None or len(head.arguments) < _TWO or not is_zero(one.right) or any(_calls(equation, {head.name})):
            continue
        found = [at for at in quotients(equation) if {at.name, at.variable} <= set(head.arguments) and at.order == 1 and at.point is None]
        if len({at.name for at in found}) == 1 and not {at.name for at in found} & {at.variable for at in found}:
            out, place = [], 0
            for at in found:
                above, below = (quotient(head.name, (name,)) for name in (at.variable, at.name))
                out += [equation[place : at.start], rf"\left(-\frac{{{above}}}{{{below}}}\right)"]
                place = at.end
            return "".join([*out, equation[place:]])
    return equation


_TWO = 2


class _Functions:
    """The functions in an equation and the variables of their derivatives, those of ``given`` names with a value left out.

    ``order`` is that of the highest derivative; ``outer``: more than a name is differentiated; ``of_all``: by all variables.
    """

    def __init__(self, text: str, given: Collection[str]) -> None:
        found = list(partials(text))
        gradients = {one["of"] for one in _GRADIENT.finditer(text)}
        names = {one.name for one in found if one.name} | gradients
        changes = [one["of"] for one in _CHANGE.finditer(text)]
        changing = {changes[0]} if changes and _CHANGE.fullmatch(text.partition("=")[0].strip()) else set()
        names |= changing
        below = [(base, letters) for base, letters in _subscripted(text) if base in names]
        by = dict.fromkeys([*(name for one in found for name in one.variables), *(letter for _, letters in below for letter in letters)])
        by |= dict.fromkeys(name for name in changes if name not in names)
        calls = set(_calls(text, names))
        outer = sum(len(one.variables) for one in found if not one.name)
        self.given = given
        self.names = tuple(sorted(names - set(given)))
        self.variables = next(iter(calls)) if calls else tuple(by)
        self.outer, self.of_all = bool(outer), bool(gradients or changing)
        self.order = max([1, *(len(one.variables) for one in found), *(len(letters) for _, letters in below)]) + outer + bool(given)
        few = len(calls) <= 1 and len(self.variables) <= _MOST_VARIABLES and len(self.variables) > (not below)
        apart = names.isdisjoint(by) and set(by) <= set(self.variables) and all(len(one) == 1 for one in (*names, *self.variables))
        self.is_about_one_point = bool(self.names) and few and apart and self.order <= _MOST_ORDERS


def _subscripted(equation: str) -> Iterator[tuple[str, str]]:
    """The names with letters below them."""
    for found in names_at(equation):
        base, _, letters = found.name.partition("_")
        if letters.isalpha() and len(base) == 1:
            yield base, letters


def _calls(equation: str, names: set[str]) -> Iterator[tuple[str, ...]]:
    """The arguments with which functions are called; none of them where these are no names."""
    for found in names_at(equation):
        opened = CALLED.match(equation, found.end) if found.base in names else None
        if opened is not None:
            inside = equation[opened.end() : max(opened.end(), closing(equation, opened.end(), "(") - 1)].removesuffix("\\right")
            yield tuple([whole_name(trimmed(part)) or "" for part in inside.split(",")])


def _is_number(name: str, line: Line, context: Context) -> bool:
    told, _ = context.told(name, line.number)
    return told is None or told.kind == "scalar" or told.shape == ()


_MOST_FUNCTIONS = 4
_LETTERS = (*COEFFICIENTS, *"ABCEGKLMNPQRSUVWXYZ")


@dataclass(slots=True)
class _Seen:
    """How a function without a formula stands in a claim: the signs of derivatives at it, and the names that it is called with."""

    signs: set[str] = field(default_factory=set)
    points: set[str] = field(default_factory=set)
    bold: bool = False
    written: str = ""


def for_functions_of_vectors(equation: str, line: Line, context: Context) -> AnyFunctions | None:
    """The equation about derivatives of functions without a formula, with sums of such terms for these; None for others."""
    signs = names_used(_with_jacobians(equation, line, context), "latex") & _SIGNS if line.notation == "latex" else ()
    if line.notation != "latex" or any(_stands_for_something(name, line, context) for name in signs):
        return None
    if _CROSS.search(equation) is not None:
        return None  # it may be a product of vectors
    try:
        return _asked(_with_jacobians(equation, line, context), line, context)
    except NotRead:
        return None


def _with_jacobians(equation: str, line: Line, context: Context) -> str:
    """The equation with signs of derivatives for the names that are said to be Jacobians of functions."""
    named = {one.name: one.of for one in context.jacobians if one.start <= line.number < one.end}
    out, place = [], 0
    for at in names_at(equation) if named else ():
        if at.name in named and context.definitions.at(at.name, line.number) is None:
            out += [equation[place : at.start], rf"\mathrm{{D}} {named[at.name]}"]
            place = at.end
    return "".join([*out, equation[place:]])


_CROSS = pattern(r"\\times(?![A-Za-z])|×")
_SIGNS = frozenset("DJ")


def _stands_for_something(name: str, line: Line, context: Context) -> bool:
    """Whether a letter that may be the sign of a derivative is something else."""
    return context.told(name, line.number)[0] is not None or context.definitions.at(name, line.number) is not None


def _asked(equation: str, line: Line, context: Context) -> AnyFunctions:
    called = calls_in(equation)
    behind = [
        one
        for one in context.behind(names_used(equation, line.notation), line, unread=True)
        if _stands(one, line, context) and called.get(one.head.name, len(one.head.arguments)) == len(one.head.arguments)
    ]
    known = {one.head.name: len(one.head.arguments) for one in behind}
    functions = _functions([*(one.value for one in behind), equation], {*known, *(one.name for one in behind)}, line, context)
    used = {name for one in behind for name in (one.head.name, *one.head.arguments, *names_used(one.value, one.notation))}
    letters = iter([one for one in _LETTERS if one.removeprefix("\\") not in used | names_used(equation, line.notation)])
    families: list[str] = []
    declared: dict[str, str] = {}
    for name, seen in functions.items():
        domain, values = _signature(name, seen, line, context)
        declared |= {point: _KINDS[domain] for point in seen.points if _may_be(point, domain, line, context)}
        family, coefficients = _family(seen.written, domain, values, letters)
        families.append(family)
        declared |= coefficients
    written = Derivatives(frozenset(functions), known, letters, _curves(functions, line, context))
    definitions = [text for one in behind for text in written.definition(one.left, one.value, one.head.arguments)]
    statement, helpers = written.equation(equation)
    differentiated = any(seen.signs for seen in functions.values()) or any(one.is_function for one in behind if functions)
    if statement == equation and not differentiated:
        raise NotRead  # it is asked as it is
    declare = "; ".join(f"{name}: {kind}" for name, kind in declared.items())
    said = f"{', '.join(functions)}: any smooth function{'s' if len(functions) > 1 else ''}" if functions else ""
    return AnyFunctions(statement, (*families, *definitions, *helpers), declare, said)


def _stands(one: Definition, line: Line, context: Context) -> bool:
    """Whether a definition was not followed by the words that its name is any function."""
    told = context.maps.at(one.name, line.number)
    return told is None or told.start <= one.number


_KINDS: Mapping[Kind, str] = {"number": "scalar", "vector": "vector", "": "vector"}


def _functions(texts: Sequence[str], defined: Iterable[str], line: Line, context: Context) -> dict[str, _Seen]:
    """The functions without a formula that are differentiated somewhere, or of which the text says where they go."""
    found: dict[str, _Seen] = {}
    for text in texts:
        for one in derived_names(text, lambda name: context.maps.at(name, line.number) is not None):
            seen = found.setdefault(one.name, _Seen())
            seen.signs |= {one.sign} if one.sign else set()
            seen.points |= {one.point} if one.point else set()
            seen.bold, seen.written = seen.bold or one.bold, one.written
    found = {name: seen for name, seen in found.items() if name not in set(defined)}
    if len(found) > _MOST_FUNCTIONS or not all(_is_unknown(name, line, context) for name in found):
        raise NotRead
    return found


def _is_unknown(name: str, line: Line, context: Context) -> bool:
    """Whether a name may be a function of which no formula is known."""
    if is_function(name) or name in USUAL:
        return False
    told, _ = context.told(name, line.number)
    return told is None or (told.kind == "function" and not told.properties)


def _signature(name: str, seen: _Seen, line: Line, context: Context) -> tuple[Kind, Kind]:
    """What a function takes and gives: as the text says, or as the signs of its derivatives show."""
    told = context.maps.at(name, line.number)
    gradient, primed = not seen.signs.isdisjoint({"gradient", "hessian"}), "prime" in seen.signs
    if told is None and ((seen.bold and gradient) or (primed and (seen.points or not name.islower()))):
        raise NotRead  # it may have vectors or matrices for values
    domain: Kind = told.domain if told is not None and told.domain else "number" if primed else "vector"
    values: Kind = told.values if told is not None else "vector" if "jacobian" in seen.signs and not gradient else "number"
    if (gradient and (primed or values == "vector")) or (primed and domain == "vector"):
        raise NotRead
    return domain, values


def _curves(functions: Mapping[str, _Seen], line: Line, context: Context) -> frozenset[str]:
    """The functions of a number whose values are vectors: their primes are columns."""
    return frozenset(name for name, seen in functions.items() if _signature(name, seen, line, context) == ("number", "vector"))


def _may_be(point: str, kind: Kind, line: Line, context: Context) -> bool:
    """Whether a name can be what a function takes, and nothing says so."""
    told, _ = context.told(point, line.number)
    if told is None or told.kind is None:
        return True
    if told.kind != _KINDS[kind]:
        raise NotRead
    return False


_FORMS: Mapping[tuple[Kind, Kind], tuple[str, tuple[str, ...]]] = {
    ("number", "number"): (r"{0} + {1} {5} + {2} {5}^2 + {3} \exp({4} {5})", ("scalar",) * 5),
    ("vector", "number"): (
        r"{0} + {1}^\top {5} + {5}^\top {2} {5} + {3} \exp({4}^\top {5})",
        ("scalar", "vector", "matrix", "scalar", "vector"),
    ),
    ("vector", "vector"): (r"{0} + {1} {4} + {2} \exp({3}^\top {4})", ("vector", "matrix", "vector", "vector")),
    ("number", "vector"): (r"{0} + {5} {1} + {5}^2 {2} + \exp({4} {5}) {3}", ("vector",) * 4 + ("scalar",)),
}
"""The functions that stand for all, from where to where they go: a form, the last letter of which is the argument, and its coefficients."""


def _family(name: str, domain: Kind, values: Kind, letters: Iterable[str]) -> tuple[str, dict[str, str]]:
    """A function with letters for coefficients, and what these are."""
    form, kinds = _FORMS[domain, values]
    chosen = [letter for letter, _ in zip(letters, (*kinds, ""), strict=False)]
    if len(chosen) <= len(kinds):
        raise NotRead
    text = form.format(*chosen)
    return f"{name}({chosen[-1]}) = {text}", {letter.removeprefix("\\"): kind for letter, kind in zip(chosen, kinds, strict=False)}


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
