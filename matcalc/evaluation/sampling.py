"""Random points: sizes, and arrays with the declared facts, inside the domains and away from kinks
and poles."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, Literal, TypeAlias, cast

from matcalc.base.budgets import MOST_EVALUATED, MOST_SAMPLED
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.functions import Function, computable, functions, has_kink, written_name
from matcalc.base.lazy import NDArray, np
from matcalc.base.own_functions import own_function, stem_of
from matcalc.base.records import record
from matcalc.base.sizes import Size, fitted, names_in
from matcalc.evaluation.interpreter import Program, program
from matcalc.evaluation.own_values import own_family
from matcalc.expr.nodes import (
    Call,
    Elementwise,
    Expr,
    Indexed,
    Inverse,
    Leaf,
    Linear,
    MatrixPower,
    Multilinear,
    Node,
    Norm,
    Number,
    Power,
    Quotient,
    Sum,
    Symbol,
)
from matcalc.facts.drawn import member
from matcalc.facts.table import size_parity

# ------------------------------------------------------------
# Whether a point is a good one for numerical checks: inside the domains, away from kinks, poles
# and singular matrices.

# Finite differences with steps up to 0.04 must not cross a kink.
_KINK = 0.05
_POLE = 1e-3
_CONDITION = 1e5

_ENDS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "t > 0": (lambda t: t < _KINK, "zero"),
    "t > 1": (lambda t: t < 1 + _KINK, "one"),
    "-1 < t < 1": (lambda t: np.abs(t) > 0.9, "one"),
    "cos(t) != 0": (lambda t: np.abs(np.cos(t)) < 0.2, "a pole"),
}
"""Where an argument is near an end of the domain of a function of the table."""
_DETERMINANTS = frozenset({"det", "logdet"})


class UnsuitablePoint(MatcalcError):
    """This point is too near a kink, a pole or a singular matrix; another one may do."""


def check_place(node: Expr, operands: tuple[Any, ...], *, kinks: bool = True) -> None:
    """Raises UnsuitablePoint when ``node`` is evaluated where a finite difference would not be
    trustworthy.

    ``operands`` are the inside arrays of its operands (an ``Observer`` of the interpreter). Without
    ``kinks`` absolute values and the like may be taken of anything: of zeros that do not move, as
    off the diagonal in ``abs(diag(x))``, they do no harm.
    """
    match node := cast("Node", node):
        case Elementwise(function=name):
            _refuse(kinks and has_kink(name) and np.any(np.abs(operands[0]) < _KINK), f"an argument of {name} is near zero")
            _check_domain(name, operands[0])
        case Quotient():
            _refuse(np.any(np.abs(operands[1]) < _POLE), "a denominator is near zero")
        case Power(exponent=exponent):
            integral = isinstance(exponent, Number) and exponent.value.denominator == 1
            natural = isinstance(exponent, Number) and integral and exponent.value >= 0
            base = np.abs(operands[0]) if integral else operands[0]
            _refuse(not natural and np.any(base < _KINK), "the base of a power is near zero")
        case Norm(kind="1" | "p"):
            _refuse(kinks and np.any(np.abs(operands[0]) < _KINK), "an entry in a norm is near zero")
        case Norm(kind="spectral" | "nuclear"):
            values = np.linalg.svd(operands[0], compute_uv=False)
            near = values.shape[-1] > 1 and np.any(values[..., 0] - values[..., 1] < _KINK)
            _refuse(near, "the two largest singular values are near each other")
            _refuse(np.any(values[..., -1] < _KINK), "a singular value is near zero")
        case Norm():
            _refuse(np.any((np.abs(operands[0]) ** 2).sum(axis=(-2, -1)) < _KINK**2), "the argument of a norm is near zero")
        case Inverse():
            _check_condition(operands[0])
        case MatrixPower(exponent=exponent):
            if not isinstance(exponent, Number) or exponent.value < 0:
                _check_condition(operands[0])
        case Call(function=name) if name in _DETERMINANTS:
            _check_condition(operands[0])
            negative = name == "logdet" and np.any(np.linalg.det(operands[0]) < 0)
            _refuse(negative, "a determinant under a logarithm is negative")
        case Call(function=name) if name in functions():
            _check_entries(node, functions()[name], operands, kinks)
        case Leaf() | Linear() | Sum() | Multilinear() | Call() | Indexed():
            pass


def _check_domain(name: str, argument: Any) -> None:
    if name in functions() and functions()[name].domain in _ENDS:
        near, end = _ENDS[functions()[name].domain]
        _refuse(np.any(near(argument)), f"an argument of {name} is near {end}")


def _check_entries(node: Call, function: Function, operands: tuple[Any, ...], kinks: bool) -> None:
    """Of a function that takes entries of its operands: they are far enough from each other, and
    from the ends of its domain."""
    name = written_name(function.name)
    if function.kind == "matrix":
        tied = kinks and bool(function.at_kink) and np.any(_lead(operands[0], node.axis) < _KINK)
        return _refuse(tied, f"the two largest entries of an argument of {name} are near each other")
    if " " not in function.domain:
        return None
    values = dict(zip(function.parameters, operands, strict=True))
    first, relation, last = function.domain.split(" ")
    gap = values[first] - (values[last] if last in values else float(last))
    if relation == ">":
        return _refuse(np.any(gap < _KINK), f"an argument of {name} is near {last}")
    near = np.abs(gap) < _KINK
    if function.chooses == "any":  # what a comparison gives is 0 itself, and stays so
        near = near & (gap != 0)
    return _refuse(kinks and np.any(near), f"arguments of {name} are near each other")


def _lead(operand: Any, axis: str | None) -> Any:
    """By how much the largest entry is larger than the next, in each row or column or in all."""
    lines = {"rows": operand, "cols": np.swapaxes(operand, -1, -2)}.get(axis or "", operand.reshape(*operand.shape[:-2], -1))
    ordered = np.sort(lines, axis=-1)
    return ordered[..., -1] - ordered[..., -2] if ordered.shape[-1] > 1 else np.inf


def _refuse(unsuitable: Any, what: str) -> None:
    if unsuitable:
        raise UnsuitablePoint(what)


def _check_condition(matrix: Any) -> None:
    try:
        condition = np.linalg.cond(matrix)
    except np.linalg.LinAlgError as error:
        raise UnsuitablePoint("a matrix is not finite") from error
    _refuse(not np.all(condition < _CONDITION), "a matrix that is inverted is nearly singular")


# ------------------------------------------------------------
# Random points: sizes for size names, and arrays for symbols that have the properties declared for
# them.

Style: TypeAlias = Literal["normal", "positive", "small", "definite"]
"""Where unrestricted entries are drawn: both signs; from 0.3 to 1.5; from 0.05 to 0.4; and, for
``"definite"``, square matrices near a multiple of the identity with the rest positive."""

STYLES: tuple[Style, ...] = ("normal", "positive", "definite", "small")

# Two is left out: 2×2 matrices satisfy identities of their own, such as adj(X) = tr(X) I - X.
_PRIMES = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103)


@record
class Point:
    """Sizes, arrays (and callables for the user's own functions) at which an expression can be
    evaluated."""

    values: dict[str, Any]
    sizes: dict[str, int]


def prime_sizes(
    names: Iterable[str], seed: int = 0, *, symbols: Iterable[Symbol] = (), sizes: Iterable[Size] = ()
) -> dict[str, int]:
    """Distinct primes for size names, smallest first; another seed gives another order, the same
    for every run.

    >>> prime_sizes(["m", "n"])
    {'m': 3, 'n': 5}
    >>> prime_sizes(["m", "n"], seed=1)
    {'m': 5, 'n': 3}

    One name alone gets 3 and 5 in turn: ``det(2 A) = 8 det(A)`` is true for one size. Sizes that
    must be even for a matrix among ``symbols`` to have its facts are one less than the next prime.
    Sums among the sizes are 1 or more, and differ from other sizes where they can: the primes are
    changed until they do.
    """
    ordered, symbols = sorted(set(names)), list(symbols)
    if len(ordered) >= len(_PRIMES) - _MORE_PRIMES:
        raise LimitError(f"more than {len(_PRIMES) - _MORE_PRIMES - 1} size names in one expression")
    first = seed % 2 if len(ordered) == 1 else 0
    everywhere = {*sizes, *map(Size.of, ordered)}
    if all(size.is_product for size in everywhere):
        return _primes(ordered, first, seed, symbols)
    tried = (_primes(ordered, first + more, seed + more, symbols) for more in range(_MORE_PRIMES))
    apart = next((chosen for chosen in tried if _are_apart([size.value(chosen) for size in everywhere if not size.least])), None)
    return apart or fitted(_primes(ordered, first, seed, symbols), everywhere)


_MORE_PRIMES = 6
"""So often are other primes tried where sums of sizes are no sizes, or are other sizes, with the
first ones."""


def _are_apart(lengths: Sequence[int]) -> bool:
    return len(set(lengths)) == len(lengths) and min(lengths) > 0


def _primes(ordered: Sequence[str], first: int, seed: int, symbols: Iterable[Symbol]) -> dict[str, int]:
    primes = list(_PRIMES[first : first + len(ordered)])
    for k in range(len(primes) - 1, 0, -1):  # the digits of the seed in the factorial number system pick a permutation
        seed, digit = divmod(seed, k + 1)
        primes[k], primes[k - digit] = primes[k - digit], primes[k]
    sizes = dict(zip(ordered, primes, strict=True))
    for name in _of_parity(symbols, 0) & sizes.keys():
        sizes[name] = _PRIMES[_PRIMES.index(sizes[name]) + 1] - 1
    return sizes


def equal_sizes(
    names: Iterable[str], size: int = 4, *, symbols: Iterable[Symbol] = (), sizes: Iterable[Size] = ()
) -> dict[str, int]:
    """One number for every size name; the next larger one where facts of ``symbols`` ask for an
    even or odd number."""
    symbols = list(symbols)
    wrong = _of_parity(symbols, 1 - size % 2)
    chosen = dict.fromkeys(sorted(set(names)), size + 1 if wrong else size)
    return fitted(chosen, sizes)


def _of_parity(symbols: Iterable[Symbol], parity: int) -> set[str]:
    """Names of sizes that must be even (0), or odd (1), for matrices to have their facts."""
    matrices = [symbol for symbol in symbols if symbol.is_matrix and symbol.properties and len(symbol.rows.terms) == 1]
    return {name for symbol in matrices if size_parity(symbol.properties) == parity for name in symbol.rows.names[:1]}


def sample(symbols: Iterable[Symbol], sizes: Mapping[str, int], seed: int, *, style: Style = "normal") -> dict[str, Any]:
    """A random array for each symbol that has the symbol's properties; scalars are positive unless
    a property says otherwise.

    The arrays depend on the seed, the style and each symbol's own name, shape and properties only.
    Raises NoMemberError, a ShapeError, for properties that no array of the shape has.
    """
    return {symbol.name: _array(symbol, sizes, seed, style) for symbol in sorted(symbols, key=lambda symbol: symbol.name)}


def find_point(
    expressions: Iterable[Expr],
    seed: int = 0,
    *,
    sizes: Mapping[str, int] | None = None,
    equal: bool = False,
    attempts: int = 64,
    extra: Iterable[Symbol] = (),
    negative: Literal[0, 1] | None = None,
) -> Point | None:
    """A random point at which every expression is finite and away from poles, singular matrices
    and, if possible, kinks; or ``None``.

    Sizes that ``sizes`` leaves open are distinct primes (``equal``: all the same); other orders of
    the primes and other styles of sampling are tried in turn, because ``logdet(X'*X)`` needs X to
    be tall and ``asin(x)`` needs small entries. ``extra`` symbols are given values too. Scalars are
    positive, but for those that ``negative`` turns: every second one in the order of their names,
    from the first (0) or from the second (1).
    """
    programs = [program(expression) for expression in expressions]
    symbols = {symbol.name: symbol for symbol in extra} | {symbol.name: symbol for one in programs for symbol in one.symbols}
    known = dict(sizes or {})
    numbers = {name: Size.of(number) for name, number in known.items()}
    mentioned = frozenset().union(*[one.sizes for one in programs], *[symbol.shape for symbol in symbols.values()])
    everywhere = [size.replaced(numbers) for size in mentioned]
    open_names = sorted(names_in(everywhere))
    nodes = [node for one in programs for node in one.order]
    turned = [] if negative is None else free_scalars(symbols.values())[negative::2]
    orders = 2 if len(open_names) == 1 else min(math.factorial(len(open_names)), 12)
    for attempt in range(2 * attempts):
        watch = partial(check_place, kinks=attempt < attempts)
        style = STYLES[attempt % len(STYLES)]
        step = attempt // len(STYLES)
        all_symbols = symbols.values()
        equal_size = 4 - seed % 2
        chosen = (
            equal_sizes(open_names, equal_size, symbols=all_symbols, sizes=everywhere)
            if equal
            else prime_sizes(open_names, seed + step % orders, symbols=all_symbols, sizes=everywhere)
        )
        fitting = sizes_that_fit(chosen, all_symbols, everywhere, lambda tried: not _too_large(programs, {**tried, **known}))
        if fitting is None:
            raise LimitError("the arrays in it are too large for numbers to be tried")
        here = {**fitting, **known}
        try:
            values: dict[str, Any] = {
                **sample(symbols.values(), here, 1000 * seed + attempt, style=style),
                **functions_at(nodes, here),
            }
            values |= {name: -values[name] for name in turned}
            results = [one.run(values, here, observe=watch) for one in programs]
        except LimitError:
            raise
        except MatcalcError:
            continue
        if all(np.all(np.isfinite(result)) and np.max(np.abs(result), initial=0.0) < 1e8 for result in results):
            return Point(values, here)
    return None


def sizes_that_fit(
    chosen: Mapping[str, int], symbols: Iterable[Symbol], sizes: Iterable[Size], fits: Callable[[Mapping[str, int]], bool]
) -> Mapping[str, int] | None:
    """The chosen sizes, or small equal ones where the arrays would be too large with these; None
    where they are too large even so."""
    if fits(chosen):
        return chosen
    small = equal_sizes(chosen, 2, symbols=symbols, sizes=sizes)
    return small if fits(small) else None


def _too_large(programs: Iterable[Program], sizes: Mapping[str, int]) -> bool:
    return any(one.entries(sizes) > MOST_EVALUATED for one in programs)


def free_scalars(symbols: Iterable[Symbol]) -> list[str]:
    """Names of the scalars that no fact keeps from being negative, sorted."""
    return sorted({symbol.name for symbol in symbols if not symbol.shape and not symbol.properties})


def user_functions(nodes: Iterable[Expr]) -> list[str]:
    """Names of functions of each entry that are not in the table, without primes, sorted."""
    names = {node.function for node in nodes if isinstance(node, (Elementwise, Call))}
    return sorted({stem_of(name) for name in names if own_function(name) is None} - set(computable()))


def functions_at(nodes: Iterable[Expr], sizes: Mapping[str, int]) -> dict[str, Callable[..., Any]]:
    """A smooth function for each of the user's own, with its derivatives."""
    nodes = list(nodes)
    return {**function_family(user_functions(nodes)), **own_family(nodes, sizes, _test_function)}


def function_family(names: Iterable[str], derivatives: int = 6) -> dict[str, Callable[[Any], Any]]:
    """A smooth test function for each name and its derivatives under ``f'``, ``f''``...; different
    names are different functions."""
    family: dict[str, Callable[[Any], Any]] = {}
    for name in names:
        phase = zlib.crc32(name.encode()) % 997 / 997
        for order in range(derivatives + 1):
            family[name + "'" * order] = partial(_test_function, 0.4 + phase, order)
    return family


def _test_function(phase: float, order: int, t: Any) -> Any:
    """The derivative of this order of sin(t + phase) + 2 exp(-t phase / 2)."""
    rate = -0.5 * phase
    return np.sin(t + phase + 0.5 * np.pi * order) + 2.0 * rate**order * np.exp(rate * t)


# ---------------------------------------------------------------- arrays with properties


def _array(symbol: Symbol, sizes: Mapping[str, int], seed: int, style: Style) -> NDArray[Any]:
    """A member of the symbol's facts; row vectors have one axis."""
    shape = tuple([size.value(sizes) for size in symbol.shape])
    if math.prod(shape) > MOST_SAMPLED:
        raise LimitError(f"{symbol.name} is declared too large for numbers to be tried")
    if len(shape) == 2 and shape[0] == 1 and symbol.is_row:
        shape = shape[1:]
    known = symbol.properties if shape or symbol.properties else _POSITIVE
    drawn = member(known, shape, Random(f"{seed} {symbol.name} {style}"), _MEMBERS[style])
    return np.array(drawn, dtype=float)


_POSITIVE = frozenset({"positive"})
_MEMBERS: Mapping[Style, str] = {"normal": "ordinary", "positive": "positive", "small": "small", "definite": "definite"}
