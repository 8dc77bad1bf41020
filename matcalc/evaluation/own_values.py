"""Values of the user's own functions that are declared with shapes: a smooth function for each
name, with its derivatives, so that what is claimed of an unknown function can be tried.

It is f(x)_i = Σ_r c_ir s(w_r · x), with more terms than there are entries, s a smooth function of
one number for each r, and numbers c and w that come from the name. So a derivative has s' in the
place of s, and the entries of w beside it. One function has the same numbers wherever it is
evaluated.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache, partial
from math import prod
from typing import TYPE_CHECKING, Any

from matcalc.base.lazy import np
from matcalc.base.own_functions import OwnFunction, own_function, phase_of
from matcalc.base.records import replace
from matcalc.base.shapes import axes_of
from matcalc.expr.nodes import Call, Expr

if TYPE_CHECKING:
    from numpy.typing import NDArray

Lengths = tuple[int, ...]
_MOST_DERIVATIVES = 4
_STEPS = 1000


def terms(entries: int) -> int:
    """How many terms a function has, of so many entries of what it takes and gives."""
    return entries + 2


def weight(stem: str, *place: int) -> Fraction:
    """A number between -1 and 1, and not 0, for a place."""
    drawn = zlib.crc32(f"{stem} {place}".encode()) % (2 * _STEPS)
    return Fraction(2 * drawn + 1 - 2 * _STEPS, 2 * _STEPS)


@cache
def _weights(stem: str, place: int, lengths: Lengths, count: int) -> NDArray[Any]:
    """Those of an argument, or (-1) of the value: its axes, then that of the terms."""
    found = [[float(weight(stem, place, entry, term)) for term in range(count)] for entry in range(prod(lengths))]
    return np.array(found, dtype=float).reshape((*lengths, count))


def value_at(own: OwnFunction, value: Lengths, smooth: Callable[[float, int, Any], Any], *arrays: Any) -> NDArray[Any]:
    """The value of a function, or of a derivative, whose own value has these lengths; of numbers
    that stand for entries it is that of each. ``smooth`` are the functions of one number by their
    phase and order."""
    operands = np.broadcast_arrays(*arrays) if own.entrywise else [np.asarray(array) for array in arrays]
    outer = operands[0].shape if own.entrywise else ()
    shapes = [operand.shape[len(outer) :] for operand in operands]
    count = terms(sum(map(prod, shapes)) + prod(value))
    inner: Any = 0.0
    for place, (operand, shape) in enumerate(zip(operands, shapes)):
        flat = operand.reshape((*outer, prod(shape)))
        inner = inner + flat @ _weights(own.stem, place, shape, count).reshape(prod(shape), count)
    waves = np.stack(
        [smooth(0.4 + float(weight(own.stem, -2, term)) / 4, len(own.by), inner[..., term]) for term in range(count)],
        -1,
    )
    result = waves.reshape((*outer, *(1,) * len(value), count)) * _weights(own.stem, -1, value, count)
    for place in own.by:
        shape = shapes[place - 1]
        result = result.reshape((*result.shape[:-1], *(1,) * len(shape), count)) * _weights(own.stem, place - 1, shape, count)
    total: NDArray[Any] = result.sum(axis=-1)
    return total


def smooth_formula(name: str) -> str:
    """That function of t, as it is written.

    >>> smooth_formula("f")
    'sin(t + 1.1954) + 2*exp(-0.5977*t)'
    """
    phase = phase_of(name)
    return f"sin(t + {float(phase):g}) + 2*exp(-{float(phase / 2):.8g}*t)"


def formulas(names: Iterable[str], nodes: Iterable[Expr], sizes: Mapping[str, int]) -> dict[str, str]:
    """What stands for the user's own functions where many digits are compared: those of one number,
    by their ``names``, and those with shapes whose arguments and values are no matrices."""
    found = {f"{name}(t)": smooth_formula(name) for name in names}
    for own, node in own_functions(nodes).items():
        if max(own.gives, *[order or 0 for order in own.takes]) < 2 and isinstance(node, Call):
            orders = [own.gives, *[order or 0 for order in own.takes]]
            value, *taken = [_lengths(one, order, sizes) for one, order in zip((node, *node.arguments), orders)]
            title, formula = _of_arrays(own, value, taken)
            found[title] = formula
    return found


def _lengths(node: Expr, order: int, sizes: Mapping[str, int]) -> Lengths:
    return tuple([size.value(sizes) for size in axes_of(node.shape)[:order]])


def _of_arrays(own: OwnFunction, value: Lengths, arguments: Sequence[Lengths]) -> tuple[str, str]:
    """How a function of vectors and numbers is called, and its value as a sum of smooth
    functions."""
    count = terms(sum(map(prod, arguments)) + prod(value))
    letters = ["x"] if len(arguments) == 1 else [f"x{place}" for place in range(1, len(arguments) + 1)]
    lines: list[list[str]] = [[] for _ in range(prod(value))]
    for term in range(count):
        inner = [
            f"{float(weight(own.stem, place, entry, term)):+.5g}*{letter}" + (f"[{entry + 1}]" if shape else "")
            for place, (letter, shape) in enumerate(zip(letters, arguments))
            for entry in range(prod(shape))
        ]
        for entry, line in enumerate(lines):
            factor = float(weight(own.stem, -1, entry, term))
            line.append(f"{factor:+.5g}*s({' '.join(inner).removeprefix('+')}, {float(phase_of(f'{own.stem} {term}')):g})")
    whole = "; ".join([" ".join(line).removeprefix("+") for line in lines])
    title = f"{own.stem}({', '.join(letters)})"
    return title, f"{f'[{whole}]' if value else whole} with s(t, a) = sin(t + a) + 2*exp(-a*t/2)"


def own_functions(nodes: Iterable[Expr]) -> dict[OwnFunction, Expr]:
    """The functions with shapes of which some nodes are values, each with one of these."""
    found: dict[OwnFunction, Expr] = {}
    for node in nodes:
        own = own_function(node.function) if isinstance(node, Call) else None
        if own is not None:
            found.setdefault(replace(own, by=()), node)
    return found


def own_family(
    nodes: Iterable[Expr], sizes: Mapping[str, int], smooth: Callable[[float, int, Any], Any]
) -> dict[str, Callable[..., Any]]:
    """A test function for each function with shapes and for its derivatives, at these sizes."""
    family: dict[str, Callable[..., Any]] = {}
    for own, node in own_functions(nodes).items():
        lengths = tuple([size.value(sizes) for size in axes_of(node.shape)[: own.gives]])
        for one in own.derivatives(_MOST_DERIVATIVES):
            family[one.name] = partial(value_at, one, lengths, smooth)
    return family


def precise_values(
    own: OwnFunction,
    value: Lengths,
    arguments: Sequence[Sequence[Any]],
    smooth: Callable[[int, Any], Any],
    add: Callable[[Any, Any], Any],
    times: Callable[[Any, Any], Any],
    number: Callable[[Fraction], Any],
) -> list[Any]:
    """The entries of the same function in another arithmetic, the last axis running fastest;
    ``smooth`` are the functions of one number by their term, at the order of the derivative."""
    entries = prod(value)
    count = terms(sum(map(len, arguments)) + entries)
    zero = number(Fraction(0))
    parts: list[list[Any]] = []
    for term in range(count):
        inner = zero
        for place, argument in enumerate(arguments):
            for entry, one in enumerate(argument):
                inner = add(inner, times(number(weight(own.stem, place, entry, term)), one))
        wave = smooth(term, inner)
        row = [times(number(weight(own.stem, -1, entry, term)), wave) for entry in range(entries)]
        for place in own.by:
            factors = [number(weight(own.stem, place - 1, entry, term)) for entry in range(len(arguments[place - 1]))]
            row = [times(one, factor) for one in row for factor in factors]
        parts.append(row)
    first, *others = parts
    for row in others:
        first = [add(one, other) for one, other in zip(first, row)]
    return first
