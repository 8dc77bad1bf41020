r"""Functions of vectors without a formula: ``\nabla (g \circ f)(x) = g'(f(x)) \nabla f(x)``, ``D(F \circ G)(x) = DF(G(x))\, DG(x)``.

What is said of the derivatives of functions holds for all of them if it does for every sum of a quadratic polynomial and an exponential: at
one point these have all values, slopes and curvatures that there are, and what is linear in a function and true of all exponentials is true
of all functions. So it is asked of such sums with letters for coefficients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.base.lazy import pattern
from matcalc.documents.context.any_functions import COEFFICIENTS, AnyFunctions
from matcalc.documents.context.definitions import Definition, names_used
from matcalc.documents.context.derivative_signs import Derivatives, NotRead, calls_in, derived_names
from matcalc.documents.context.maps import Kind
from matcalc.documents.context.names import names_at
from matcalc.documents.context.outline import Line
from matcalc.documents.context.survey import Context
from matcalc.documents.shapes import is_function
from matcalc.language.text.called_names import USUAL

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
