"""The functions of whole vectors and matrices at many digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial, reduce
from types import MappingProxyType

from matcalc.evaluation.precise.number_systems import Arithmetic, Decimals, NotRational, Number, Undefined
from matcalc.evaluation.precise.scalar_functions import cosine, exponential, logarithm, real_power, sine
from matcalc.evaluation.precise.small_arrays import (
    Array,
    adjugate,
    determinant,
    eigen,
    identity,
    inverse,
    largest,
    matrix_power,
    minus,
    multiplied,
    of_lines,
    of_places,
    plus,
    scaled,
    solved,
    totals,
    transposed,
)
from matcalc.evaluation.precise.spectra import SPECTRA, column, scalar

_MOST_ROOTS = 80
_MOST_ROUNDS = 60


def called(ar: Arithmetic, name: str, arguments: Sequence[Array]) -> Array | None:
    """The value of a function of the table; None when there is none of that name here. Raises
    NotRational or Undefined."""
    exact = _RATIONAL.get(name)
    if exact is not None:
        return exact(ar, *arguments)
    function = _FUNCTIONS.get(name)
    if function is None:
        return None
    if not isinstance(ar, Decimals):
        raise NotRational(name)
    return function(ar, *arguments)


# ---------------------------------------------------------------- rational ones


def _of_one_value(function: Callable[..., Decimal]) -> Callable[..., Array]:
    """The function with its value as an array."""
    return lambda ar, matrix: scalar(function(ar, matrix))


def _kept(ar: Arithmetic, matrix: Array, side: int) -> Array:
    """The diagonal and what is below it (1) or above it (-1)."""
    places = [divmod(place, matrix.cols) for place in range(len(matrix.data))]
    entries = zip(places, matrix.data, strict=True)
    return Array(matrix.dims, [entry if side * (i - j) >= 0 else ar.zero for (i, j), entry in entries])


def _product(ar: Arithmetic, vector: Array) -> Array:
    ar.spend(len(vector.data))
    return Array((1, 1), [reduce(ar.multiply, vector.data, ar.one)])


def sylvester(ar: Arithmetic, left: Array, right: Array, value: Array) -> Array:
    """The Y with A Y + Y B = C, as a system of equations for the entries of Y."""
    rows, cols = left.rows, right.rows
    places = [(i, j) for i in range(rows) for j in range(cols)]
    one, other = left.lines(), right.lines()

    def coefficient(i: int, j: int, k: int, m: int) -> Number:
        return ar.add(one[i][k] if j == m else ar.zero, other[m][j] if i == k else ar.zero)

    system = of_lines([[coefficient(i, j, k, m) for k, m in places] for i, j in places])
    return Array((rows, cols), solved(ar, system, Array((rows * cols, 1), value.data)).data)


def _lyap(ar: Arithmetic, matrix: Array, value: Array) -> Array:
    return sylvester(ar, matrix, transposed(matrix), scaled(ar, ar.negative(ar.one), value))


def _skew(ar: Arithmetic, vector: Array) -> Array:
    x, y, z = vector.data
    turned = [ar.negative(entry) for entry in vector.data]
    return of_lines([[ar.zero, turned[2], y], [z, ar.zero, turned[0]], [turned[1], x, ar.zero]])


def _axial(ar: Arithmetic, matrix: Array) -> Array:
    rows = matrix.lines()
    pairs = ((2, 1), (0, 2), (1, 0))
    return Array((3, 1), [ar.subtract(rows[i][j], rows[j][i]) for i, j in pairs])


def _elimination(ar: Arithmetic, size: Array) -> Array:
    """The rows of the identity that pick the entries of vec(X) on and below the diagonal."""
    n = int(size.data[0])
    places = [n * j + i for j in range(n) for i in range(j, n)]
    return Array((len(places), n * n), [ar.one if k == place else ar.zero for place in places for k in range(n * n)])


def _duplication(ar: Arithmetic, size: Array) -> Array:
    """For each entry of vec(X) the place in vech(X) of the one that is equal to it."""
    n = int(size.data[0])
    pairs = [(i, j) for j in range(n) for i in range(j, n)]
    entries = [ar.one if pair in ((i, j), (j, i)) else ar.zero for j in range(n) for i in range(n) for pair in pairs]
    return Array((n * n, len(pairs)), entries)


def _cross(ar: Arithmetic, left: Array, right: Array) -> Array:
    return multiplied(ar, _skew(ar, left), right)


def _conv(ar: Arithmetic, left: Array, right: Array) -> Array:
    products = multiplied(ar, left, transposed(right))
    return totals(ar, products, left.rows + right.rows - 1, lambda i, j: i + j)


def _xcorr(ar: Arithmetic, long: Array, short: Array) -> Array:
    places = range(long.rows - short.rows + 1)
    return column([ar.dot(long.data[place : place + short.rows], short.data) for place in places])


# ---------------------------------------------------------------- vectors


def _place_of_largest(ar: Decimals, vector: Array) -> int:
    """The first place, as NumPy has it. Raises Undefined where another entry is nearly as large
    while differences are taken."""
    found = 0
    for place, entry in enumerate(vector.data):
        if ar.sign(entry - vector.data[found]) > 0:
            found = place
    return found


def _max(ar: Decimals, vector: Array) -> Array:
    return scalar(vector.data[_place_of_largest(ar, vector)])


def _indmax(ar: Decimals, vector: Array) -> Array:
    found = _place_of_largest(ar, vector)
    return Array(vector.dims, [ar.one if place == found else ar.zero for place in range(len(vector.data))])


def _softmax(ar: Decimals, vector: Array) -> Array:
    top = max(vector.data)
    powers = [exponential(ar, entry - top) for entry in vector.data]
    total = ar.total(powers)
    return Array(vector.dims, [entry / total for entry in powers])


def _logsumexp(ar: Decimals, vector: Array) -> Array:
    top = max(vector.data)
    return scalar(top + ar.total([exponential(ar, entry - top) for entry in vector.data]).ln())


def _logdet(ar: Decimals, matrix: Array) -> Array:
    return scalar(logarithm(ar, determinant(ar, matrix)))


# ---------------------------------------------------------------- primary matrix functions


def _norm(array: Array) -> Decimal:
    """The largest sum of absolute values in a row."""
    return max(sum(map(abs, line), Decimal(0)) for line in array.lines())


def _of_symmetric(ar: Decimals, matrix: Array, function: Callable[[Decimals, Decimal], Decimal]) -> Array | None:
    """The function of a symmetric matrix, through its eigenvalues; None for another matrix."""
    if matrix.data != transposed(matrix).data:
        return None
    found = eigen(ar, matrix)
    vectors = of_lines(found.vectors)
    images = [function(ar, value) for value in found.values]
    ar.watch(images, ())
    scaled_rows = [[image * entry for entry in vector] for image, vector in zip(images, found.vectors, strict=True)]
    return multiplied(ar, transposed(vectors), of_lines(scaled_rows))


def expm(ar: Decimals, matrix: Array) -> Array:
    """Scaling, the series, squaring; of a symmetric matrix by its eigenvalues."""
    symmetric = _of_symmetric(ar, matrix, exponential)
    if symmetric is not None:
        return symmetric
    size = _norm(matrix)
    if size > 10**6:
        raise Undefined("the exponential of a huge matrix")
    ar.reached(size)
    if ar.extreme:
        ar.absorbed = True
    squarings = max(0, size.adjusted() * 10 // 3 + 4) + max(4, ar.digits // 12) if size else 0
    small = scaled(ar, ar.one / 2**squarings, matrix)
    term = result = identity(ar, matrix.rows)
    limit = Decimal(10) ** (-ar.digits - 4)
    k = 0
    while largest(ar, term) > limit:
        k += 1
        term = scaled(ar, ar.one / k, multiplied(ar, term, small))
        result = plus(ar, result, term)
    for _ in range(squarings):
        result = multiplied(ar, result, result)
    return result


def sqrtm(ar: Decimals, matrix: Array) -> Array:
    """The principal square root, by the product form of the iteration of Denman and Beavers.

    Raises Undefined where an eigenvalue is zero or negative.
    """
    symmetric = _of_symmetric(ar, matrix, _positive_root)
    if symmetric is not None:
        return symmetric
    eye = identity(ar, matrix.rows)
    root, rest = matrix, matrix
    limit = Decimal(10) ** (8 - ar.digits)
    for _ in range(_MOST_ROUNDS):
        below = inverse(ar, rest)
        root = scaled(ar, ar.one / 2, multiplied(ar, root, plus(ar, eye, below)))
        rest = scaled(ar, ar.one / 4, plus(ar, plus(ar, eye, eye), plus(ar, rest, below)))
        if largest(ar, minus(ar, rest, eye)) < limit:
            break
    else:
        raise Undefined("no real principal square root")
    error = minus(ar, multiplied(ar, root, root), matrix)
    if largest(ar, error) > Decimal(10) ** (-ar.digits // 2) * max(ar.one, largest(ar, matrix)):
        raise Undefined("no real principal square root")
    return root


def logm(ar: Decimals, matrix: Array) -> Array:
    """The principal logarithm: roots until the matrix is near the identity, then the series of 2
    artanh."""
    symmetric = _of_symmetric(ar, matrix, logarithm)
    if symmetric is not None:
        return symmetric
    eye = identity(ar, matrix.rows)
    root, roots = matrix, 0
    while _norm(minus(ar, root, eye)) > Decimal("0.25"):
        if roots > _MOST_ROOTS:
            raise Undefined("no real principal logarithm")
        root, roots = sqrtm(ar, root), roots + 1
    ratio = solved(ar, plus(ar, root, eye), minus(ar, root, eye))
    square = multiplied(ar, ratio, ratio)
    term, result = ratio, ratio
    limit, k = Decimal(10) ** (-ar.digits - 4), 1
    while largest(ar, term) > limit:
        k += 2
        term = multiplied(ar, term, square)
        result = plus(ar, result, scaled(ar, ar.one / k, term))
    return scaled(ar, Decimal(2) ** (roots + 1), result)


def _of_rotation(ar: Decimals, matrix: Array) -> list[list[Decimal]]:
    """The rows of the exponential of ``[0 -X; X 0]``, which is ``[cosm(X) -sinm(X); sinm(X)
    cosm(X)]``."""
    zeros = [ar.zero] * matrix.rows
    upper = [zeros + [-entry for entry in row] for row in matrix.lines()]
    return expm(ar, of_lines(upper + [row + zeros for row in matrix.lines()])).lines()


def _cosm(ar: Decimals, matrix: Array) -> Array:
    return of_lines([line[: matrix.rows] for line in _of_rotation(ar, matrix)[: matrix.rows]])


def _sinm(ar: Decimals, matrix: Array) -> Array:
    return of_lines([line[: matrix.rows] for line in _of_rotation(ar, matrix)[matrix.rows :]])


def _chol(ar: Decimals, matrix: Array) -> Array:
    """The lower triangle L with L L' = X, row by row."""
    done: list[list[Decimal]] = []
    for i, line in enumerate(matrix.lines()):
        row: list[Decimal] = []
        for j in range(i):
            row.append((line[j] - ar.dot(row[:j], done[j][:j])) / done[j][j])
        rest = line[i] - ar.dot(row, row)
        if rest <= 0:
            raise Undefined("the matrix is not positive definite")
        ar.away_from_zero(rest)
        done.append([*row, rest.sqrt(), *[ar.zero] * (matrix.rows - i - 1)])
    return of_lines(done)


def _qr_r(ar: Decimals, matrix: Array) -> Array:
    """R of X = Q R, which is the Cholesky factor of X'X, turned."""
    if matrix.rows < matrix.cols:
        raise Undefined("the triangular factor of a wide matrix")
    return transposed(_chol(ar, multiplied(ar, transposed(matrix), matrix)))


def _between(kept: Callable[[int, int], bool]) -> Callable[[Decimals, Array, Array], Array]:
    """The entries on the diagonals of which the number is as ``kept`` says beside the one given."""

    def function(ar: Decimals, matrix: Array, number: Array) -> Array:
        diagonal = int(number.data[0])
        places = [divmod(place, matrix.cols) for place in range(len(matrix.data))]
        entries = zip(places, matrix.data, strict=True)
        return Array(matrix.dims, [entry if kept(j - i, diagonal) else ar.zero for (i, j), entry in entries])

    return function


def _on_a_ring(ar: Decimals, matrix: Array, number: Array) -> Array:
    """The entries on the diagonal with this number, counted round."""
    kept = _between(lambda place, diagonal: (place - diagonal) % matrix.rows == 0)
    return kept(ar, matrix, number)


def matrix_power_of(ar: Arithmetic, base: Array, exponent: Array) -> Array:
    """X^k, for any real k exp(k log X)."""
    if not isinstance(ar, Decimals):
        raise NotRational("a symbolic exponent")
    power = exponent.data[0]
    if power == power.to_integral_value() and abs(power) < 10**9:
        return matrix_power(ar, base, int(power))
    if base.rows == 1:
        return Array(base.dims, [real_power(ar, base.data[0], power)])
    return expm(ar, scaled(ar, power, logm(ar, base)))


_Primary = Callable[[Decimals, Array], Array]


def _frechet(ar: Decimals, function: _Primary, matrix: Array, *directions: Array) -> Array:
    """The derivative in each direction in turn: the last block of the first row of the function of
    ``[X E; 0 X]``, and so on."""
    size, blocks = matrix.rows, matrix
    for direction in directions:
        zeros = [ar.zero] * blocks.rows
        along = [[*[ar.zero] * (place - place % size), *direction.lines()[place % size]] for place in range(blocks.rows)]
        upper = [[*row, *(right + zeros)[: len(zeros)]] for row, right in zip(blocks.lines(), along, strict=True)]
        blocks = of_lines(upper + [zeros + row for row in blocks.lines()])
    return of_lines([line[blocks.rows - size :] for line in function(ar, blocks).lines()[:size]])


def _along(function: _Primary) -> Callable[..., Array]:
    """The derivative of a function of a matrix in directions."""
    return lambda ar, matrix, *directions: _frechet(ar, function, matrix, *directions)


def _kronecker_form(function: _Primary) -> Callable[..., Array]:
    """The matrix that takes vec(E) to the vec of the derivative in the directions and in E."""

    def form(ar: Decimals, matrix: Array, *directions: Array) -> Array:
        size = matrix.rows
        columns = []
        for place in range(size * size):
            unit = transposed(Array(matrix.dims, [ar.one if place == k else ar.zero for k in range(size * size)]))
            columns.append(transposed(_frechet(ar, function, matrix, *directions, unit)).data)
        return transposed(of_lines([list(column) for column in columns]))

    return form


def _of_power(derivative: Callable[[_Primary], Callable[..., Array]]) -> Callable[..., Array]:
    """The same of X^k, whose exponent is the last argument."""
    return lambda ar, *given: derivative(lambda within, blocks: matrix_power_of(within, blocks, given[-1]))(ar, *given[:-1])


def _divided(
    function: Callable[[Decimals, Decimal], Decimal], slope: Callable[[Decimals, Decimal], Decimal]
) -> Callable[..., Array]:
    """``(f(a) - f(b))/(a - b)`` for pairs of eigenvalues, ascending."""

    def differences(ar: Decimals, matrix: Array) -> Array:
        values = eigen(ar, matrix).values
        near = Decimal(10) ** (-ar.digits // 4)
        images = [function(ar, value) for value in values]
        entries = []
        for one, first in zip(values, images, strict=True):
            for other, second in zip(values, images, strict=True):
                close = abs(one - other) <= near * max(ar.one, abs(one))
                entries.append(slope(ar, (one + other) / 2) if close else (first - second) / (one - other))
        return Array(matrix.dims, entries)

    return differences


def _positive_root(ar: Decimals, value: Decimal) -> Decimal:
    if value <= 0:
        raise Undefined("no real principal square root")
    return ar.root(value)


def _reciprocal(ar: Decimals, value: Decimal) -> Decimal:
    return ar.divide(ar.one, value)


def _root_slope(ar: Decimals, value: Decimal) -> Decimal:
    return ar.divide(ar.one, 2 * ar.root(value))


_RATIONAL: Mapping[str, Callable[..., Array]] = MappingProxyType(
    {
        "det": _of_one_value(determinant),
        "adj": adjugate,
        "inv": inverse,
        "tril": partial(_kept, side=1),
        "triu": partial(_kept, side=-1),
        "prod": _product,
        "sylvester": sylvester,
        "lyap": _lyap,
        "skew": _skew,
        "axial": _axial,
        "cross": _cross,
        "elimination": _elimination,
        "duplication": _duplication,
        "conv": _conv,
        "xcorr": _xcorr,
        "toeplitz": lambda _, c, r: of_places(c.rows, r.rows, lambda i, j: c.data[i - j] if i >= j else r.data[j - i]),
        "hankel": lambda _, c, r: of_places(c.rows, r.rows, lambda i, j: (*c.data, *r.data[1:])[i + j]),
        "circulant": lambda _, c: of_places(c.rows, c.rows, lambda i, j: c.data[i - j]),
        "diagsums": lambda ar, X: totals(ar, X, X.rows, lambda i, j: i - j),
        "antidiagsums": lambda ar, X: totals(ar, X, X.rows, lambda i, j: i + j),
        "lowantidiagsums": lambda ar, X: totals(ar, X, X.cols, lambda i, j: i + j - X.rows + 1 or -1),
        "circsums": lambda ar, X: totals(ar, X, X.rows, lambda i, j: (i - j) % X.rows),
    }
)
_PRIMARY = {"exp": expm, "log": logm, "sqrt": sqrtm, "sin": _sinm, "cos": _cosm}
_FUNCTIONS: Mapping[str, Callable[..., Array]] = MappingProxyType(
    {
        **SPECTRA,
        "logdet": _logdet,
        "cosm": _cosm,
        "sinm": _sinm,
        "chol": _chol,
        "qr_r": _qr_r,
        "tril_from": _between(lambda place, diagonal: place <= diagonal),
        "triu_from": _between(lambda place, diagonal: place >= diagonal),
        "band": _between(lambda place, diagonal: place == diagonal),
        "cyclic_band": _on_a_ring,
        "selection": _between(lambda place, diagonal: place == diagonal),
        "max": _max,
        "indmax": _indmax,
        "softmax": _softmax,
        "logsumexp": _logsumexp,
        "expm": expm,
        "logm": logm,
        "sqrtm": sqrtm,
        "matrix_power": matrix_power_of,
        "divdiff_exp": _divided(exponential, exponential),
        "divdiff_log": _divided(logarithm, _reciprocal),
        "divdiff_sin": _divided(sine, cosine),
        "divdiff_cos": _divided(cosine, lambda ar, value: -sine(ar, value)),
        "divdiff_sqrt": _divided(Decimals.root, _root_slope),
        **{
            f"{form}{order}_{name}": derivative(function)
            for form, derivative in (("frechet", _along), ("kronfrechet", _kronecker_form))
            for order in ("", "2")
            for name, function in _PRIMARY.items()
        },
        **{
            f"{form}{order}_power": _of_power(derivative)
            for form, derivative in (("frechet", _along), ("kronfrechet", _kronecker_form))
            for order in ("", "2")
        },
    }
)


def is_rational(name: str) -> bool:
    """Whether the entries of the result are rational functions of those of the argument."""
    return name in _RATIONAL


def names() -> tuple[str, ...]:
    """The functions that have a value here."""
    return (*_RATIONAL, *_FUNCTIONS)
