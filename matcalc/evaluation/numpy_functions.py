"""NumPy implementations of the operations and functions of the language, for the evaluator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

from matcalc.base.errors import MatcalcError, UnknownFunctionError
from matcalc.base.functions import computable, function_called
from matcalc.base.lazy import NDArray, np
from matcalc.base.own_functions import own_function, written_function
from matcalc.base.records import record
from matcalc.evaluation import numpy_spectra
from matcalc.expr.nodes import Call

# ------------------------------------------------------------
# Matrix functions that NumPy lacks, for square float arrays: exponential, logarithm, square root,
# adjugate, logarithm of the determinant.
#
# Written without SciPy so that the evaluator needs NumPy only. Each takes one ``(n, n)`` array.

# Largest 1-norm for which the [13/13] Padé approximant of exp is accurate to double precision
# (Higham 2005).
_PADE_BOUND = 5.371920351148152


def matrix_exponential(matrix: NDArray[Any]) -> NDArray[Any]:
    """exp(A) = I + A + A²/2 + ... by scaling and squaring with the [13/13] Padé approximant; NaN
    when A is not finite."""
    norm = float(np.linalg.norm(matrix, 1))
    if not math.isfinite(norm):
        return np.full_like(matrix, np.nan)
    squarings = max(0, math.ceil(math.log2(norm / _PADE_BOUND))) if norm > _PADE_BOUND else 0
    scaled = matrix / 2.0**squarings
    # p(A) = Σ c_k A^k, q(A) = p(-A), c_k = (26-k)! 13! / (26! k! (13-k)!)
    coefficients = [
        math.factorial(26 - k) * math.factorial(13) / (math.factorial(26) * math.factorial(k) * math.factorial(13 - k))
        for k in range(14)
    ]
    identity = np.eye(len(matrix), dtype=matrix.dtype)
    square = scaled @ scaled
    even, odd = np.zeros_like(scaled), np.zeros_like(scaled)
    for k in range(6, -1, -1):
        even = even @ square + coefficients[2 * k] * identity
        odd = odd @ square + coefficients[2 * k + 1] * identity
    odd = scaled @ odd
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        result = np.asarray(result @ result)
    return result


def sylvester(left: NDArray[Any], right: NDArray[Any], value: NDArray[Any]) -> NDArray[Any]:
    """The Y with A Y + Y B = C, as a system of equations for vec(Y)."""
    system = np.kron(np.eye(len(right)), left) + np.kron(right.T, np.eye(len(left)))
    return np.asarray(np.linalg.solve(system, value.T.reshape(-1)).reshape(value.shape[::-1]).T)


def matrix_square_root(matrix: NDArray[Any]) -> NDArray[Any]:
    """The principal square root, by the scaled product form of the Denman-Beavers iteration.

    Raises MatcalcError when the matrix has eigenvalues on the closed negative real axis, where
    there is none.
    """
    size = len(matrix)
    identity = np.eye(size, dtype=matrix.dtype)
    root, product = matrix, matrix
    for _ in range(60):
        determinant = abs(np.linalg.det(product))
        # Scaling by the determinant makes the first, slow phase of Newton's iteration short; near
        # convergence it is 1.
        scale = determinant ** (-1.0 / (2 * size)) if 1e-300 < determinant < 1e300 else 1.0
        if abs(scale - 1.0) < 1e-2:
            scale = 1.0
        inverse = np.linalg.inv(product)
        root = 0.5 * scale * root @ (identity + inverse / scale**2)
        product = 0.5 * (identity + 0.5 * (scale**2 * product + inverse / scale**2))
        error = float(np.max(np.abs(product - identity)))
        if error < 1e-14 * size:
            break
    # A non-real root makes the real iteration wander: then the square is not the matrix.
    if not np.max(np.abs(root @ root - matrix)) <= 1e-6 * max(1.0, float(np.max(np.abs(matrix)))):
        raise MatcalcError("the matrix has no real principal square root: it has eigenvalues that are zero or negative")
    return root


def matrix_logarithm(matrix: NDArray[Any]) -> NDArray[Any]:
    """The principal logarithm, by inverse scaling and squaring: log(A) = 2^k log(A^(1/2^k)).

    Raises MatcalcError when the matrix has no real principal logarithm.
    """
    identity = np.eye(len(matrix), dtype=matrix.dtype)
    root, roots = matrix, 0
    while np.linalg.norm(root - identity, 1) > 0.3:
        if roots > 60:
            raise MatcalcError("the matrix has no real principal logarithm")
        root, roots = matrix_square_root(root), roots + 1
    # log(I + X) = ∫₀¹ X (I + tX)⁻¹ dt; Gauss-Legendre with 10 nodes is the diagonal [10/10] Padé
    # approximant.
    nodes, weights = np.polynomial.legendre.leggauss(10)
    rest = root - identity
    total = np.zeros_like(rest)
    for node, weight in zip(nodes, weights, strict=True):
        total = total + 0.5 * weight * np.linalg.solve(identity + 0.5 * (node + 1.0) * rest, rest)
    return np.asarray(2.0**roots * total)


def frechet(function: Callable[[NDArray[Any]], NDArray[Any]], matrix: NDArray[Any], *directions: NDArray[Any]) -> NDArray[Any]:
    """The derivative of ``function`` at ``matrix`` in each direction in turn, from the function of
    a matrix of blocks (Higham, 2008, th. 3.6)."""
    size, blocks = len(matrix), matrix
    for direction in directions:
        along = np.kron(np.eye(len(blocks) // size), direction)
        blocks = np.block([[blocks, along], [np.zeros_like(blocks), blocks]])
    return np.asarray(function(blocks)[:size, len(blocks) - size :])


def kronecker_form(
    function: Callable[[NDArray[Any]], NDArray[Any]], matrix: NDArray[Any], *directions: NDArray[Any]
) -> NDArray[Any]:
    """The matrix that takes vec(E) to the vec of the derivative in the directions and in E, column
    by column."""
    units = np.eye(matrix.size).reshape(-1, *matrix.shape).transpose(0, 2, 1)
    columns = [frechet(function, matrix, *directions, unit).reshape(-1, order="F") for unit in units]
    return np.stack(columns, axis=1)


def adjugate(matrix: NDArray[Any]) -> NDArray[Any]:
    """The transposed matrix of cofactors, A adj(A) = det(A) I; right for singular matrices too.

    With A = U S V', adj(A) = det(U) det(V) V adj(S) U', and adj(S) needs no division.
    """
    left, values, right = np.linalg.svd(matrix)
    size = len(values)
    before, after = np.ones(size), np.ones(size)
    for k in range(1, size):
        before[k] = before[k - 1] * values[k - 1]
        after[size - 1 - k] = after[size - k] * values[size - k]
    cofactors = before * after
    sign = np.linalg.det(left) * np.linalg.det(right)
    result: NDArray[Any] = sign * (right.conj().T * cofactors) @ left.conj().T
    return result


def log_determinant(matrix: NDArray[Any]) -> Any:
    """log(det(A)), which neither overflows nor underflows with the determinant; NaN where that is
    negative."""
    sign, size = np.linalg.slogdet(matrix)
    return size if sign >= 0 else np.nan


# ------------------------------------------------------------
# Functions through singular values and eigenvalues, and the general matrix power, for the
# evaluator.


def matrix_power(matrix: NDArray[Any], exponent: float) -> NDArray[Any]:
    """X^k; for an exponent that is not an integer exp(k log X)."""
    if float(exponent).is_integer():
        return np.asarray(np.linalg.matrix_power(matrix, int(exponent)))
    return matrix_exponential(exponent * matrix_logarithm(matrix))


def divided_differences(matrix: NDArray[Any], name: str) -> NDArray[Any]:
    """``(f(a) - f(b))/(a - b)`` for all pairs of eigenvalues of the symmetric part, f'(a) where
    they are equal; f is exp, log, sqrt, sin or cos.

    Eigenvalues ascend, as in ``eigvecs``. Each function has a form without a difference of nearly
    equal numbers.
    """
    values = np.linalg.eigvalsh((matrix + matrix.T) / 2)
    one, other = np.meshgrid(values, values, indexing="ij")
    low, high = np.minimum(one, other), np.maximum(one, other)
    gap = high - low
    safe = np.where(gap == 0, 1.0, gap)
    match name:
        case "exp":
            return np.asarray(np.exp(high) * np.where(gap == 0, 1.0, -np.expm1(-safe) / safe))
        case "log":
            return np.asarray(np.where(gap == 0, 1 / low, np.log1p(safe / low) / safe))
        case "sin" | "cos":
            mean = low + gap / 2
            return np.asarray((np.cos(mean) if name == "sin" else -np.sin(mean)) * np.sinc(gap / (2 * np.pi)))
        case _:
            return np.asarray(1 / (np.sqrt(low) + np.sqrt(high)))


# ------------------------------------------------------------
# NumPy implementations of single operations, for arrays whose last two axes are rows and columns.


def commutation(m: int, n: int) -> NDArray[Any]:
    """K with K vec(X) = vec(X') for X with m rows and n columns: vec(X)[i + m j] = vec(X')[j + n
    i]."""
    matrix = np.zeros((m * n, m * n))
    i, j = np.divmod(np.arange(m * n), n)
    matrix[j + n * i, i + m * j] = 1.0
    return np.asarray(matrix)


def kronecker(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """The Kronecker product."""
    blocks = left[..., :, None, :, None] * right[..., None, :, None, :]
    rows, columns = left.shape[-2] * right.shape[-2], left.shape[-1] * right.shape[-1]
    return np.asarray(blocks.reshape((*blocks.shape[:-4], rows, columns)))


def log_sum_exp(entries: NDArray[Any]) -> Any:
    """The logarithm of the sum of exponentials: -inf where all are 0."""
    largest = np.max(entries)
    shift = largest if np.isfinite(largest) else 0.0
    return shift + np.log(np.sum(np.exp(entries - shift)))


def _scaled(entries: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """A scale for each matrix, and its entries by that scale, so that their powers neither overflow
    nor underflow."""
    largest = entries.max(axis=(-2, -1), keepdims=True)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    return scale, entries / scale


def norm(kind: str, operands: tuple[NDArray[Any], ...]) -> NDArray[Any]:
    """A norm of the first operand, with the second as its parameter; the kinds are those of
    ``Norm``."""
    operand = operands[0]
    both = (-2, -1)
    result: NDArray[Any]
    match kind:
        case "2":
            scale, entries = _scaled(np.abs(operand))
            result = scale * np.sqrt((entries**2).sum(axis=both, keepdims=True))
        case "1":
            result = np.abs(operand).sum(axis=both, keepdims=True)
        case "p":
            scale, entries = _scaled(np.abs(operand))
            result = scale * (entries ** operands[1]).sum(axis=both, keepdims=True) ** (1.0 / operands[1])
        case "A":
            column = operand if operand.shape[-1] == 1 else np.swapaxes(operand, -1, -2)
            result = np.sqrt(np.swapaxes(column.conj(), -1, -2) @ operands[1] @ column)
        case "nuclear" | "spectral":
            singular = np.linalg.svd(operand, compute_uv=False)[..., None]
            result = singular.sum(axis=-2, keepdims=True) if kind == "nuclear" else singular[..., :1, :]
        case _:
            raise MatcalcError(f"the norm {kind!r} has no numerical implementation")
    return result


# ------------------------------------------------------------
# NumPy implementations of the functions in ``rules/functions.toml``, compiled once from their
# ``numpy`` texts.


@record
class NumpyFunction:
    """``call`` takes one array a parameter; ``orders`` says which order (0, 1, 2) each array is to
    have.

    An elementwise function has ``orders == (None,)``: any shape, kept.
    """

    call: Callable[..., Any]
    orders: tuple[int | None, ...]


@cache
def numpy_function(name: str) -> NumpyFunction:
    """The implementation of a function of the table.

    Raises UnknownFunctionError when the table has no such function or no ``numpy`` text for it.
    """
    function = computable().get(name)
    if function is None or not function.code("numpy"):
        raise UnknownFunctionError(f"no numerical implementation of the function {name!r} is known")
    # The text is part of the package, not of anybody's input.
    call = eval(f"lambda {', '.join(function.parameters)}: {function.code('numpy')}", dict(_namespace()))
    return NumpyFunction((lambda *sizes: call(*map(int, sizes))) if function.of_sizes else call, function.orders)


def implementation(name: str, callables: Mapping[str, Callable[..., Any]]) -> NumpyFunction:
    """That of the user's own function, or of one of the table. Raises UnknownFunctionError."""
    if name in callables:
        return NumpyFunction(callables[name], () if own_function(name) is None else function_called(name).orders)
    if name == "inv":  # the language writes it as a node of its own, so the table has no text for it
        return NumpyFunction(np.linalg.inv, (2,))
    if name not in computable():
        raise UnknownFunctionError(
            f"no value was given for the function {written_function(name)}",
            suggestion=f'pass a callable under the name "{written_function(name)}"',
        )
    return numpy_function(name)


def of_entries(name: str, callables: Mapping[str, Callable[..., Any]], arguments: tuple[Any, ...]) -> NDArray[Any]:
    """A function of every entry."""
    result = np.asarray(implementation(name, callables).call(*arguments))
    # A constant function may well return one number.
    return np.broadcast_to(result, arguments[0].shape) if result.ndim == 0 else result


def over_leading_axes(function: Callable[..., Any], operands: Sequence[Any], own: Sequence[int]) -> NDArray[Any]:
    """``function`` of the last axes of its operands, of each as many as its own, for every position
    along the others."""
    axes = list(zip(operands, own, strict=True))
    outer = np.broadcast_shapes(*(operand.shape[: operand.ndim - count] for operand, count in axes))
    wide = [np.broadcast_to(operand, outer + operand.shape[operand.ndim - count :]) for operand, count in axes]
    results = [np.asarray(function(*(operand[place] for operand in wide))) for place in np.ndindex(outer)]
    return np.stack(results).reshape(outer + results[0].shape)


_IN_MPMATH = {"polygamma": "psi", "gammaln": "loggamma"}


class _Special:
    """The special functions of SciPy by what mpmath calls them: values need no SciPy."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        from mpmath import fp

        function = getattr(fp, _IN_MPMATH.get(name, name))

        def value(*arguments: Any) -> float:
            *orders, last = arguments  # an order of a derivative is a whole number
            try:
                return float(function(*map(int, orders), float(last)).real)  # of the logarithm of a negative number, too
            except (ValueError, TypeError, ZeroDivisionError):
                return math.nan
            except OverflowError:
                return math.inf

        return np.vectorize(value, otypes=[float])


def _totals(matrix: NDArray[Any], numbers: NDArray[Any], count: int) -> NDArray[Any]:
    """The sums of the entries whose places have one number, for each number from 0."""
    return np.array([matrix[numbers == number].sum() for number in range(count)])


def _gap(m: int, n: int) -> NDArray[Any]:
    """i - j at every place."""
    return np.arange(m)[:, None] - np.arange(n)


def _rise(m: int, n: int) -> NDArray[Any]:
    """i + j at every place, counted from 0."""
    return np.arange(m)[:, None] + np.arange(n)


def toeplitz(c: NDArray[Any], r: NDArray[Any]) -> NDArray[Any]:
    """Entry (i, j) is entry i - j of ``c``, or j - i of ``r``."""
    gap = _gap(len(c), len(r))
    return np.asarray(np.where(gap < 0, r[np.clip(-gap, 0, len(r) - 1)], c[np.maximum(gap, 0)]))


def lowantidiagsums(X: NDArray[Any]) -> NDArray[Any]:
    """0, then the sums along the diagonals from below to above that end in the last row behind its
    first entry."""
    numbers = _rise(*X.shape) - len(X) + 1
    return _totals(X, np.where(numbers > 0, numbers, -1), X.shape[1])


@cache
def _namespace() -> dict[str, Any]:
    return {
        "toeplitz": toeplitz,
        "hankel": lambda c, r: np.concatenate([c, r[1:]])[_rise(len(c), len(r))],
        "circulant": lambda c: c[_gap(len(c), len(c)) % len(c)],
        "diagsums": lambda X: _totals(X, _gap(*X.shape), len(X)),
        "antidiagsums": lambda X: _totals(X, _rise(*X.shape), len(X)),
        "lowantidiagsums": lowantidiagsums,
        "circsums": lambda X: _totals(X, _gap(*X.shape) % len(X), len(X)),
        "np": np,
        "scipy": SimpleNamespace(special=_Special()),
        "math": math,
        "matrix_exponential": matrix_exponential,
        "frechet": frechet,
        "kronecker_form": kronecker_form,
        "matrix_logarithm": matrix_logarithm,
        "matrix_square_root": matrix_square_root,
        "adjugate": adjugate,
        "divided_differences": divided_differences,
        "matrix_power": matrix_power,
        "sylvester": sylvester,
        "skew": lambda w: np.cross(w, -np.eye(3)),
        "axial": lambda A: np.array([A[2, 1] - A[1, 2], A[0, 2] - A[2, 0], A[1, 0] - A[0, 1]]),
        "lyap": lambda A, Q: sylvester(A, A.T, -Q),
        "sinm": lambda X: matrix_exponential(1j * X).imag,
        "cosm": lambda X: matrix_exponential(1j * X).real,
        "polar_factor": numpy_spectra.polar_factor,
        "singular_vectors": numpy_spectra.singular_vectors,
        "triangular_factor": numpy_spectra.triangular_factor,
        "reciprocal_gaps": numpy_spectra.reciprocal_gaps,
        "log_sum_exp": log_sum_exp,
        "normalised": lambda vector: vector / norm("2", (vector.reshape(-1, 1),)).reshape(()),
        "log_determinant": log_determinant,
        "top_eigenvector": numpy_spectra.top_eigenvector,
        "reduced_resolvent": numpy_spectra.reduced_resolvent,
        "singular_resolvents": numpy_spectra.singular_resolvents,
        "low_resolvents": numpy_spectra.low_resolvents,
    }


# ------------------------------------------------------------
# Evaluation of ``Call`` nodes: functions of whole vectors and matrices, along rows or columns
# where asked.


def apply_call(node: Call, callables: Mapping[str, Callable[..., Any]], *matrices: NDArray[Any]) -> NDArray[Any]:
    """The value of ``node`` as a two-dimensional array, of its arguments as two-dimensional arrays.

    Raises UnknownFunctionError for a function that is neither in the table nor in ``callables``.
    """
    if node.function in callables:
        orders = tuple(1 if argument.is_row else len(argument.shape) for argument in node.arguments)
        function = NumpyFunction(callables[node.function], orders)
    else:
        function = numpy_function(node.function)
    if node.axis is None:
        return _oriented(node, np.asarray(_call(function, matrices)), matrices[0])
    lines = matrices[0] if node.axis == "rows" else matrices[0].T
    results = np.stack([np.asarray(_call(function, (line, *matrices[1:]))) for line in lines])
    if results.ndim == 1:
        return results.reshape(-1, 1)
    return results if node.axis == "rows" else results.T


def _call(function: NumpyFunction, arguments: tuple[NDArray[Any], ...]) -> Any:
    return function.call(*(_ordered(argument, order) for argument, order in zip(arguments, function.orders, strict=True)))


def _ordered(argument: NDArray[Any], order: int | None) -> NDArray[Any]:
    """The argument with as many axes as the function takes; a matrix in a vector's place is stacked
    column by column."""
    if order == 0:
        return argument.reshape(())
    return argument.reshape(-1, order="F") if order == 1 else argument


def _oriented(node: Call, result: NDArray[Any], first: NDArray[Any]) -> NDArray[Any]:
    """A result in two dimensions: entries are unstacked where the node is a matrix, a 1-D array is
    a row only where the node is one."""
    if result.ndim == 2:
        return result
    if result.ndim == 1 and node.is_matrix and result.size == first.size:
        return result.reshape(first.shape, order="F")
    return result.reshape(1, -1) if node.is_row else result.reshape(-1, 1)
