"""Functions without a formula, asked of families that have all derivatives at a point that there
are."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain, combinations_with_replacement

from matcalc.base.lazy import pattern
from matcalc.documents.context.defined_names import Definition, names_used
from matcalc.documents.context.derivative_signs import Derivatives, DerivedName, NotRead, calls_in, derived_names
from matcalc.documents.context.outline import Line
from matcalc.documents.context.overview import Context, Kind
from matcalc.documents.context.written_derivatives import (
    Quotient,
    partials,
    quotient,
    quotients,
    with_array,
    without_slashes,
    without_subscripts,
)
from matcalc.documents.context.written_names import call_at, is_bold, names_at, respelled, whole_name
from matcalc.documents.sides import head_of, is_zero

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
    """An equation, with polynomials for the functions in it as definitions before it; ``said``:
    what they stand for."""

    equation: str
    definitions: tuple[str, ...]
    declare: str
    said: str


def for_any_functions(equation: str, line: Line, context: Context) -> AnyFunctions | None:
    """The equation of functions with several arguments, if it is about their derivatives at one
    point alone; None for another one.

    What is said of the derivatives of functions at one point holds for all of them if it does for
    all polynomials of the same order, as at a point these have all derivatives that there are. So
    it is asked of polynomials with letters for coefficients.
    """
    if line.notation != "latex" or is_bold(equation):
        return None
    equation = with_implicit(without_slashes(without_held(equation)), line, context)
    given = _given(equation, line, context)
    found = _functions_in("; ".join([*given.values(), equation]), given)
    if found is None or not _fits(found, equation, line, context):
        return None

    def plain(text: str) -> str:
        return with_array(without_subscripts(text, lambda name: found.variables if name in found.names else ()))

    statement = [plain(text) for text in (*given.values(), equation)]
    used = names_used("; ".join(statement), line.notation).union(found.variables)
    polynomials = _polynomials(found, (letter for letter in COEFFICIENTS if letter.removeprefix("\\") not in used))
    if polynomials is None:
        return None
    definitions, coefficients = polynomials
    declare = "; ".join(f"{name}: scalar" for name in (*found.variables, *coefficients))
    said = f"{', '.join(found.names)}: any function{'s' * (len(found.names) > 1)} of {', '.join(found.variables)}"
    return AnyFunctions(statement[-1], (*definitions, *statement[:-1]), declare, said)


def _polynomials(found: _Functions, letters: Iterator[str]) -> tuple[list[str], list[str]] | None:
    """Polynomials for functions, and the names of their coefficients; None where the letters are
    used up."""
    terms = [term for degree in range(found.order + 1) for term in combinations_with_replacement(found.variables, degree)]
    definitions: list[str] = []
    coefficients: list[str] = []
    for name in found.names:
        own = [letter for letter, _ in zip(letters, terms, strict=False)]
        if len(own) < len(terms):
            return None
        value = " + ".join(" ".join([letter, *term]) for letter, term in zip(own, terms, strict=True))
        definitions.append(f"{name}({', '.join(found.variables)}) = {value}")
        coefficients += [letter.removeprefix("\\") for letter in own]
    return definitions, coefficients


def _given(equation: str, line: Line, context: Context) -> dict[str, str]:
    """The definitions of names that an equation differentiates and that are partial derivatives
    themselves."""
    names = {name for name, _ in partials(equation) if name}
    found = {one.name: one for one in context.behind(names, line) if one.name in names and not one.is_function}
    return {name: without_slashes(one.text) for name, one in found.items() if next(partials(one.value), None) is not None}


def _fits(found: _Functions, equation: str, line: Line, context: Context) -> bool:
    """Whether the variables are numbers, and all that the functions depend on where all of them
    count."""
    if any(not one.partial for one in quotients(equation)):
        return False
    if not all(context.may_be_number(name, line) for name in found.variables) or _has_others(found, line, context):
        return False
    if sum(name.isupper() for name in found.names) > 1:
        return False  # they may be matrices, whose products have an order
    others = names_used(equation, line.notation) - {*found.names, *found.variables, *found.given}
    return not (found.outer and context.behind(others, line))


def _has_others(found: _Functions, line: Line, context: Context) -> bool:
    """Whether a function had other variables last, where it is differentiated by all of them."""
    seen = [context.seen_of(name, line.number) for name in found.names] if found.of_all else []
    return any(arguments and set(arguments) != set(found.variables) for arguments in seen)


_HELD = pattern(
    r"(?:\\left)?\(\s*(?P<quotient>\\[dt]?frac\s*\{\s*\\partial\s*(?P<of>[A-Za-z])\s*\}\s*\{\s*\\partial\s*(?P<by>[A-Za-z])\s*\})\s*"
    r"(?:\\right)?\)\s*_\s*(?:\{\s*(?P<several>[A-Za-z](?:\s*,?\s*[A-Za-z])*)\s*\}|(?P<one>[A-Za-z])(?![A-Za-z]))"
)


def without_held(equation: str) -> str:
    r"""The equation without the variables that are held fixed, ``T`` below
    ``\partial P/\partial V`` in brackets.

    It is left alone where a function has several sets of variables.
    """
    held = ((found["by"], *filter(str.isalpha, found["several"] or found["one"])) for found in _HELD.finditer(equation))
    return equation if len(set(map(frozenset, held))) > 1 else _HELD.sub(lambda found: found["quotient"], equation)


def with_implicit(equation: str, line: Line, context: Context) -> str:
    r"""The equation with the derivatives of a name that ``F(x, y) = 0`` makes a function of the
    others: ``-F_x/F_y`` for ``dy/dx``.

    It is left alone where F itself stands in it, of which more is known then than its derivatives.
    """
    for one in context.suppositions.at(line, names_used(equation, line.notation)):
        head = head_of(one.left, line.notation) if is_zero(one.right) else None
        if head is None or any(_calls(equation, {head.name})):
            continue
        found = _of_first_order(equation, head.arguments)
        names = {at.name for at in found}
        if len(names) == 1 and names.isdisjoint(at.variable for at in found):
            return respelled(equation, ((at.start, at.end, _implicit(head.name, at)) for at in found))
    return equation


def _of_first_order(equation: str, names: Collection[str]) -> list[Quotient]:
    """The first derivatives of names by each other."""
    first = (at for at in quotients(equation) if at.order == 1 and at.point is None)
    return [at for at in first if at.name in names and at.variable in names]


def _implicit(function: str, one: Quotient) -> str:
    above, below = (quotient(function, (name,)) for name in (one.variable, one.name))
    return rf"\left(-\frac{{{above}}}{{{below}}}\right)"


@dataclass(frozen=True, slots=True)
class _Functions:
    """The functions in an equation and the variables of their derivatives, those of ``given`` names
    with a value left out.

    ``order`` is that of the highest derivative; ``outer``: more than a name is differentiated;
    ``of_all``: by all variables.
    """

    names: tuple[str, ...]
    variables: tuple[str, ...]
    order: int
    outer: bool
    of_all: bool
    given: Collection[str]

    @property
    def is_small(self) -> bool:
        """Whether there are functions, and polynomials for them have few terms."""
        return bool(self.names) and len(self.variables) <= _MOST_VARIABLES and self.order <= _MOST_ORDERS


def _functions_in(text: str, given: Collection[str]) -> _Functions | None:
    """The functions in a text that is about one point alone; None for another one."""
    found = list(partials(text))
    gradients = {one["of"] for one in _GRADIENT.finditer(text)}
    changes = [one["of"] for one in _CHANGE.finditer(text)]
    changing = set(changes[:1]) if _CHANGE.fullmatch(text.partition("=")[0].strip()) else set()
    names = {name for name, _ in found} - {""} | gradients | changing
    below = [letters for base, letters in _subscripted(text) if base in names]
    by = dict.fromkeys(chain(*(variables for _, variables in found), *below, (name for name in changes if name not in names)))
    calls = set(_calls(text, names))
    variables = next(iter(calls), tuple(by))
    outer = sum(len(by_these) for name, by_these in found if not name)
    order = max([1, *(len(by_these) for _, by_these in found), *map(len, below)]) + outer + bool(given)
    one = _Functions(tuple(sorted(names - set(given))), variables, order, bool(outer), bool(gradients or changing), given)
    fits = len(calls) <= 1 and len(variables) > (not below) and _are_apart(names, by, variables)
    return one if fits and one.is_small else None


def _are_apart(names: Set[str], by: Collection[str], variables: Collection[str]) -> bool:
    """Whether functions and variables are letters, no function is one of these, and nothing is
    differentiated by anything else."""
    return names.isdisjoint(by) and set(by) <= set(variables) and all(len(one) == 1 for one in (*names, *variables))


def _subscripted(equation: str) -> Iterator[tuple[str, str]]:
    """The names with letters below them."""
    for found in names_at(equation):
        base, _, letters = found.name.partition("_")
        if letters.isalpha() and len(base) == 1:
            yield base, letters


def _calls(equation: str, names: set[str]) -> Iterator[tuple[str, ...]]:
    """The arguments with which functions are called; none of them where these are no names."""
    for found in names_at(equation):
        call = call_at(equation, found.end) if found.base in names else None
        if call is not None:
            yield tuple([whole_name(part) or "" for part in call.inside.split(",")])


_MOST_FUNCTIONS = 4
_LETTERS = (*COEFFICIENTS, *"ABCEGKLMNPQRSUVWXYZ")


@dataclass(slots=True)
class _Seen:
    """How a function without a formula stands in a claim: the signs of derivatives at it, and the
    names that it is called with."""

    signs: set[str] = field(default_factory=set)
    points: set[str] = field(default_factory=set)
    bold: bool = False
    written: str = ""

    def add(self, one: DerivedName) -> None:
        """Takes in the function where it stands again."""
        self.signs |= {one.sign} - {""}
        self.points |= {one.point} - {""}
        self.bold, self.written = self.bold or one.bold, one.written


def for_functions_of_vectors(equation: str, line: Line, context: Context) -> AnyFunctions | None:
    """The equation about derivatives of functions without a formula, with sums of such terms for
    these; None for others.

    What is said of the derivatives of functions holds for all of them if it does for every sum of a
    quadratic polynomial and an exponential: at one point these have all values, slopes and
    curvatures that there are, and what is linear in a function and true of all exponentials is true
    of all functions. So it is asked of such sums with letters for coefficients.
    """
    if line.notation != "latex" or _CROSS.search(equation) is not None:
        return None  # it may be a product of vectors
    equation = _with_jacobians(equation, line, context)
    signs = names_used(equation, "latex") & {"D", "J"}
    if any(context.stands_for_something(name, line) for name in signs):
        return None
    try:
        return _asked(equation, line, context)
    except NotRead:
        return None


def _with_jacobians(equation: str, line: Line, context: Context) -> str:
    """The equation with signs of derivatives for the names that are said to be Jacobians of
    functions."""
    names = [at for at in names_at(equation) if context.definitions.at(at.name, line.number) is None]
    said = ((at, next(context.jacobians.at(at.name, line.number), None)) for at in names)
    return respelled(equation, ((at.start, at.end, rf"\mathrm{{D}} {one.of}") for at, one in said if one is not None))


_CROSS = pattern(r"\\times(?![A-Za-z])|×")


def _asked(equation: str, line: Line, context: Context) -> AnyFunctions:
    behind = list(_definitions_behind(equation, line, context))
    known = {one.head.name: len(one.head.arguments) for one in behind}
    functions = _functions([*(one.value for one in behind), equation], {*known, *(one.name for one in behind)}, line, context)
    letters = _free_letters(equation, behind, line)
    signatures = {name: _signature(name, seen, line, context) for name, seen in functions.items()}
    families, declared = _families(functions, signatures, letters, line, context)
    curves = frozenset(name for name, its in signatures.items() if its == ("number", "vector"))  # their primes are columns
    written = Derivatives(frozenset(functions), known, letters, curves)
    definitions = [text for one in behind for text in written.definition(one.left, one.value, one.head.arguments)]
    statement, helpers = written.equation(equation)
    differentiated = any(seen.signs for seen in functions.values())
    if statement == equation and not differentiated and not (functions and any(one.is_function for one in behind)):
        raise NotRead  # it is asked as it is
    declare = "; ".join(f"{name}: {kind}" for name, kind in declared.items())
    said = f"{', '.join(functions)}: any smooth function{'s' if len(functions) > 1 else ''}" if functions else ""
    return AnyFunctions(statement, (*families, *definitions, *helpers), declare, said)


def _free_letters(equation: str, behind: Iterable[Definition], line: Line) -> Iterator[str]:
    """Letters that stand neither in an equation nor in the definitions behind it."""
    used = set(names_used(equation, line.notation))
    for one in behind:
        used.update((one.head.name, *one.head.arguments), names_used(one.value, one.notation))
    return iter([letter for letter in _LETTERS if letter.removeprefix("\\") not in used])


def _definitions_behind(equation: str, line: Line, context: Context) -> Iterator[Definition]:
    """The definitions that the names in an equation rest on, of functions those with as many
    arguments as these are called with."""
    called = calls_in(equation)
    for one in context.behind(names_used(equation, line.notation), line, unread=True):
        count, told = len(one.head.arguments), context.map_of(one.name, line)
        anew = told is not None and told.start > one.number  # its name was said to be any function since
        if not anew and called.get(one.head.name, count) == count:
            yield one


def _families(
    functions: Mapping[str, _Seen],
    signatures: Mapping[str, tuple[Kind, Kind]],
    letters: Iterator[str],
    line: Line,
    context: Context,
) -> tuple[list[str], dict[str, str]]:
    """The families that stand for functions, and the kinds of their arguments and coefficients."""
    families: list[str] = []
    declared: dict[str, str] = {}
    for name, seen in functions.items():
        domain, values = signatures[name]
        declared |= {point: _KINDS[domain] for point in seen.points if _may_be(point, domain, line, context)}
        form, kinds = _FORMS[domain, values]
        chosen = [letter for letter, _ in zip(letters, (*kinds, ""), strict=False)]
        if len(chosen) <= len(kinds):
            raise NotRead
        families.append(f"{seen.written}({chosen[-1]}) = {form.format(*chosen)}")
        declared |= {letter.removeprefix("\\"): kind for letter, kind in zip(chosen, kinds, strict=False)}
    return families, declared


_KINDS: Mapping[Kind, str] = {"number": "scalar", "vector": "vector", "": "vector"}


def _functions(texts: Sequence[str], defined: Container[str], line: Line, context: Context) -> dict[str, _Seen]:
    """The functions without a formula that are differentiated somewhere, or of which the text says
    where they go."""
    found: dict[str, _Seen] = {}
    for one in (one for text in texts for one in derived_names(text, lambda name: context.map_of(name, line) is not None)):
        if one.name not in defined:
            found.setdefault(one.name, _Seen()).add(one)
    if len(found) > _MOST_FUNCTIONS or not all(context.may_be_any_function(name, line) for name in found):
        raise NotRead
    return found


def _signature(name: str, seen: _Seen, line: Line, context: Context) -> tuple[Kind, Kind]:
    """What a function takes and gives: as the text says, or as the signs of its derivatives
    show."""
    told = context.map_of(name, line)
    gradient, primed = not seen.signs.isdisjoint({"gradient", "hessian"}), "prime" in seen.signs
    shown: Kind = "number" if primed else "vector"

    domain: Kind = shown if told is None else told.domain or shown
    values = _values_shown(name, seen, gradient, primed) if told is None else told.values
    if (gradient and (primed or values == "vector")) or (primed and domain == "vector"):
        raise NotRead
    return domain, values


def _values_shown(name: str, seen: _Seen, gradient: bool, primed: bool) -> Kind:
    """What a function gives of which nothing is said. Raises NotRead where it may have vectors or
    matrices for values."""
    if (seen.bold and gradient) or (primed and (seen.points or not name.islower())):
        raise NotRead
    return "vector" if "jacobian" in seen.signs and not gradient else "number"


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
"""The functions that stand for all, from where to where they go: a form, the last letter of which
is the argument, and its coefficients."""
