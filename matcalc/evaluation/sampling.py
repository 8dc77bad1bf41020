"""Random points: sizes for size names, and arrays for symbols that have the properties declared for them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from matcalc.errors import LimitError, MatcalcError, ShapeError
from matcalc.evaluation.domains import UnsuitablePoint, check_place
from matcalc.evaluation.interpreter import program
from matcalc.expr.nodes import Call, Elementwise, Expr, Symbol
from matcalc.functions import computable
from matcalc.records import record

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

Style: TypeAlias = Literal["normal", "positive", "small", "definite", "far", "farther", "farthest"]
"""Where unrestricted entries are drawn: both signs; from 0.3 to 1.5; from 0.05 to 0.4; for ``"definite"``, square matrices
near a multiple of the identity with the rest positive; and, for the others, both signs up to 3, 10 and 30."""

STYLES: tuple[Style, ...] = ("normal", "positive", "definite", "small")
FAR_STYLES: tuple[Style, ...] = ("farthest", "farther", "far")
_ALL_STYLES: tuple[Style, ...] = (*STYLES, *FAR_STYLES)
_RANGES: Mapping[Style, tuple[float, float]] = {"small": (0.05, 0.4), "far": (0.3, 3.0), "farther": (0.3, 10.0), "farthest": (0.3, 30.0)}

# Two is left out: 2×2 matrices satisfy identities of their own, such as adj(X) = tr(X) I - X.
_PRIMES = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73)


@record
class Point:
    """Sizes, arrays (and callables for the user's own functions) at which an expression can be evaluated."""

    values: dict[str, Any]
    sizes: dict[str, int]


def prime_sizes(names: Iterable[str], seed: int = 0) -> dict[str, int]:
    """Distinct primes for size names, smallest first; another seed gives another order, the same for every run.

    >>> prime_sizes(["m", "n"])
    {'m': 3, 'n': 5}
    >>> prime_sizes(["m", "n"], seed=1)
    {'m': 5, 'n': 3}

    One name alone gets 3 and 5 in turn: ``det(2 A) = 8 det(A)`` is true for one size.
    """
    ordered = sorted(set(names))
    if len(ordered) > len(_PRIMES):
        raise LimitError(f"more than {len(_PRIMES)} size names in one expression")
    first = seed % 2 if len(ordered) == 1 else 0
    primes = list(_PRIMES[first : first + len(ordered)])
    for k in range(len(primes) - 1, 0, -1):  # the digits of the seed in the factorial number system pick a permutation
        seed, digit = divmod(seed, k + 1)
        primes[k], primes[k - digit] = primes[k - digit], primes[k]
    return dict(zip(ordered, primes, strict=True))


def equal_sizes(names: Iterable[str], size: int = 4) -> dict[str, int]:
    """One number for every size name."""
    return dict.fromkeys(sorted(set(names)), size)


def sample(symbols: Iterable[Symbol], sizes: Mapping[str, int], seed: int, *, style: Style = "normal") -> dict[str, Any]:
    """A random array for each symbol that has the symbol's properties; scalars are positive unless a property says otherwise.

    The arrays depend on the seed, the style and each symbol's own name, shape and properties only.
    Raises ShapeError for properties that the shape cannot have.
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
    styles: Sequence[Style] = STYLES,
    largest: float = math.inf,
) -> Point | None:
    """A random point at which every expression is finite and away from poles, singular matrices and, if possible, kinks; or ``None``.

    Sizes that ``sizes`` leaves open are distinct primes (``equal``: all the same); other orders of the primes and other styles of
    sampling are tried in turn, because ``logdet(X'*X)`` needs X to be tall and ``asin(x)`` needs small entries. ``extra`` symbols
    are given values too. Scalars are positive, but for those that ``negative`` turns: every second one in the order of their names, from
    the first (0) or from the second (1). Nothing computed on the way is larger than ``largest``.
    """
    import numpy as np

    programs = [program(expression) for expression in expressions]
    symbols = {symbol.name: symbol for symbol in extra} | {symbol.name: symbol for one in programs for symbol in one.symbols}
    names = {name for one in programs for name in one.size_names} | {n for s in symbols.values() for size in s.shape for n in size.names}
    known = dict(sizes or {})
    open_names = sorted(names - set(known))
    callables = function_family(user_functions([node for one in programs for node in one.order]))
    turned = [] if negative is None else free_scalars(symbols.values())[negative::2]
    orders = 2 if len(open_names) == 1 else min(math.factorial(len(open_names)), 12)
    for attempt in range(2 * attempts):
        watch = partial(check_place, kinks=attempt < attempts, largest=largest)
        style = styles[attempt % len(styles)]
        step = attempt // len(styles)
        chosen = equal_sizes(open_names, 4 - seed % 2) if equal else prime_sizes(open_names, seed + step % orders)
        here = {**chosen, **known}
        try:
            values: dict[str, Any] = {**sample(symbols.values(), here, 1000 * seed + attempt, style=style), **callables}
            values |= {name: -values[name] for name in turned}
            results = [one.run(values, here, observe=watch) for one in programs]
        except LimitError:
            raise
        except MatcalcError:
            continue
        if all(np.all(np.isfinite(result)) and np.max(np.abs(result), initial=0.0) < 1e8 for result in results):
            return Point(values, here)
    return None


def free_scalars(symbols: Iterable[Symbol]) -> list[str]:
    """Names of the scalars that no fact keeps from being negative, sorted."""
    return sorted({symbol.name for symbol in symbols if not symbol.shape and not symbol.properties})


def user_functions(nodes: Iterable[Expr]) -> list[str]:
    """Names of functions that are not in the table, without primes, sorted."""
    names = {node.function.rstrip("'") for node in nodes if isinstance(node, (Elementwise, Call))}
    return sorted(names - set(computable()))


def function_family(names: Iterable[str], derivatives: int = 6) -> dict[str, Callable[[Any], Any]]:
    """A smooth test function for each name and its derivatives under ``f'``, ``f''``...; different names are different functions."""
    family: dict[str, Callable[[Any], Any]] = {}
    for name in names:
        phase = zlib.crc32(name.encode()) % 997 / 997
        for order in range(derivatives + 1):
            family[name + "'" * order] = partial(_test_function, 0.4 + phase, order)
    return family


def _test_function(phase: float, order: int, t: Any) -> Any:
    """The derivative of this order of sin(t + phase) + 2 exp(-t phase / 2)."""
    import numpy as np

    rate = -0.5 * phase
    return np.sin(t + phase + 0.5 * np.pi * order) + 2.0 * rate**order * np.exp(rate * t)


# ---------------------------------------------------------------- arrays with properties


def _array(symbol: Symbol, sizes: Mapping[str, int], seed: int, style: Style) -> NDArray[Any]:
    import numpy as np

    shape = tuple([size.value(sizes) for size in symbol.shape])
    rng = np.random.default_rng([seed, zlib.crc32(symbol.name.encode()), _ALL_STYLES.index(style)])
    properties = symbol.properties
    if len(shape) == 2 and shape[0] == 1 and symbol.is_row:
        shape = shape[1:]
    if len(shape) == 2:
        matrix = _matrix(symbol.name, rng, (shape[0], shape[1]), properties, style)
        if len(properties) > 1 and not has_properties(matrix, properties):
            raise UnsuitablePoint(f"no {shape[0]}×{shape[1]} matrix was found that is {' and '.join(sorted(properties))}")
        return matrix
    if "simplex" in properties:
        return rng.dirichlet(np.full(shape[-1:], 3.0), shape[:-1] or None)
    return _entries(rng, shape, properties if shape else properties or frozenset({"positive"}), style)


def _entries(rng: Generator, shape: tuple[int, ...], properties: frozenset[str], style: Style) -> NDArray[Any]:
    """Entries without structure; none is near zero, where absolute values and logarithms have their kinks and poles."""
    import numpy as np

    if len(properties & {"mask", "sign", "positive"}) > 1:
        return np.ones(shape)
    if "mask" in properties:
        entries = rng.integers(0, 2, shape).astype(float)
        if entries.size > 1:  # both values occur
            entries.flat[0], entries.flat[-1] = 1.0, 0.0
        return entries
    signs = rng.choice([-1.0, 1.0], shape)
    if "sign" in properties:
        return np.asarray(signs)
    low, high = _RANGES.get(style, (0.3, 1.5))
    size = rng.uniform(low, high, shape)
    if style in FAR_STYLES:  # more of the large ones
        size = np.sqrt(high * size)
    return np.asarray(size if style in ("positive", "small", "definite") or "positive" in properties else signs * size)


def _matrix(name: str, rng: Generator, shape: tuple[int, int], properties: frozenset[str], style: Style) -> NDArray[Any]:
    import numpy as np

    square = properties & {"symmetric", "antisymmetric", "diagonal", "invertible", "positive_definite"}
    rows, columns = shape
    if square and rows != columns:
        raise ShapeError(f"{name} is declared {sorted(square)[0]} but is {rows}×{columns}")
    if "simplex" in properties:
        return rng.dirichlet(np.full(columns, 3.0), rows)
    if "orthogonal" in properties:
        return _orthogonal(rng, shape, properties)
    matrix = _entries(rng, shape, properties, style)
    definite = "positive_definite" in properties
    if "diagonal" in properties:
        diagonal = np.diag(matrix)
        return np.diag(np.abs(diagonal) if definite else diagonal)
    if definite:
        return np.asarray(matrix @ matrix.T / rows + 0.5 * np.eye(rows))
    if style == "definite" and rows == columns and not properties & {"mask", "sign", "antisymmetric"}:
        matrix = 0.3 * matrix + (1.0 + 0.3 * rows) * np.eye(rows)
    if "symmetric" in properties:
        matrix = np.triu(matrix) + np.triu(matrix, 1).T
    elif "antisymmetric" in properties:
        matrix = np.triu(matrix, 1) - np.triu(matrix, 1).T
    if style in FAR_STYLES:  # determinants of both signs
        return matrix
    if "invertible" in properties and not properties & {"mask", "sign", "antisymmetric"} and np.linalg.det(matrix) < 0:
        if "symmetric" in properties:  # turn the sign of one eigenvalue
            values, vectors = np.linalg.eigh(matrix)
            matrix = (vectors * np.where(np.arange(rows) == 0, -values, values)) @ vectors.T
        else:  # exchange two rows: the entries stay as they were drawn
            matrix[[0, -1]] = matrix[[-1, 0]] if rows > 1 else -matrix[[0]]
    return matrix


def _orthogonal(rng: Generator, shape: tuple[int, int], properties: frozenset[str]) -> NDArray[Any]:
    """A matrix with orthonormal columns (rows, when it is wide), of either determinant; one that is more than orthogonal has
    eigenvalues of both signs, unless it is the identity."""
    import numpy as np

    size = shape[0]
    if "positive_definite" in properties:
        return np.eye(size)
    signs = rng.choice([-1.0, 1.0], max(shape))
    if "diagonal" in properties:
        return np.diag(signs)
    if "mask" in properties:
        return np.eye(size)[rng.permutation(size)]
    factor = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))[0] * signs[: min(shape)]
    if "symmetric" in properties:
        signs[: min(size, 2)] = (-1.0, 1.0)[: min(size, 2)]
        product = (factor * signs) @ factor.T
        return np.asarray(0.5 * (product + product.T))
    return np.asarray(factor if shape[0] >= shape[1] else factor.T)


def has_properties(matrix: NDArray[Any], properties: Iterable[str]) -> bool:
    """Whether a matrix has all of these properties; of a diagonal matrix the entries on the diagonal are asked."""
    import numpy as np

    known = frozenset(properties)
    entries = np.diag(matrix) if "diagonal" in known else matrix
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    checks: dict[str, Callable[[], Any]] = {
        "symmetric": lambda: np.allclose(matrix, matrix.T),
        "antisymmetric": lambda: np.array_equal(matrix, -matrix.T),
        "diagonal": lambda: np.array_equal(matrix, np.diag(np.diag(matrix))),
        "orthogonal": lambda: np.allclose(tall.T @ tall, np.eye(min(matrix.shape))),
        "invertible": lambda: np.linalg.matrix_rank(matrix) == len(matrix),
        "positive_definite": lambda: np.linalg.eigvalsh(matrix)[0] > 0,
        "mask": lambda: np.all((entries == 0) | (entries == 1)),
        "sign": lambda: np.all(np.abs(entries) == 1),
        "positive": lambda: np.all(entries > 0),
        "simplex": lambda: np.all(matrix >= 0) and np.allclose(matrix.sum(axis=-1), 1.0),
    }
    return all(bool(checks[name]()) for name in sorted(known & set(checks)))
