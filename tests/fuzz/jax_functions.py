"""The functions of the language in JAX, each written apart from the texts in ``rules/``."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.fuzz.jax_matrices import determinant, inverse, matrix_exponential, matrix_logarithm
from tests.fuzz.values import Library

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]


def user_function(name: str, t: Any) -> Any:
    """The test function that ``matcalc.evaluation.function_family`` gives for a name without primes."""
    phase = 0.4 + zlib.crc32(name.encode()) % 997 / 997
    return jnp.sin(t + phase) + 2.0 * jnp.exp(-0.5 * phase * t)


def _gelu(t: Any) -> Any:
    return t * 0.5 * (1.0 + jax.lax.erf(t / np.sqrt(2.0)))


def _step(t: Any) -> Any:
    return (t > 0).astype(float)


def absolute(t: Any) -> Any:
    """With slope 0 at 0, where JAX's own has slope 1."""
    return t * jnp.sign(t)


def _normal(t: Any) -> Any:
    return 0.5 * (1.0 + jax.lax.erf(t / np.sqrt(2.0)))


def _relu(t: Any) -> Any:
    return t * _step(t)


def _softplus(t: Any) -> Any:
    return jnp.log1p(jnp.exp(t))


def _smaller(s: Any, t: Any) -> Any:
    return 0.5 * (s + t - absolute(s - t))


ELEMENTWISE: dict[str, Callable[[Any], Any]] = {
    "exp": jnp.exp,
    "log": jnp.log,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "tanh": jnp.tanh,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "abs": absolute,
    "sign": jnp.sign,
    "relu": _relu,
    "step": _step,
    "sigmoid": jax.lax.logistic,
    "softplus": _softplus,
    "erf": jax.lax.erf,
    "gelu": _gelu,
    "sqrt": jnp.sqrt,
    "square": jnp.square,
    "reciprocal": jnp.reciprocal,
    "asinh": jnp.arcsinh,
    "acosh": lambda t: jnp.log(t + jnp.sqrt(t * t - 1.0)),
    "atanh": jnp.arctanh,
    "cbrt": lambda t: jnp.sign(t) * jnp.exp(jnp.log(absolute(t)) / 3.0),
    "nonnegative": lambda t: (t >= 0).astype(float),
    "heaviside": lambda t: 0.5 * (1.0 + jnp.sign(t)),
    "erfc": lambda t: 1.0 - jax.lax.erf(t),
    "normcdf": _normal,
    "normpdf": lambda t: jnp.exp(-0.5 * t * t) / np.sqrt(2.0 * np.pi),
}
NOT_IN_JAXPR: dict[str, Callable[[Any], Any]] = {
    "lgamma": jax.lax.lgamma,
    "gamma": lambda t: jnp.exp(jax.lax.lgamma(t)),
    "digamma": jax.lax.digamma,
}
"""What the evaluator of ``jaxpr.py`` has no operation for."""
OF_ONE: dict[str, Callable[[Any], Any]] = {
    "log1p": jnp.log1p,
    "expm1": jnp.expm1,
    "log2": jnp.log2,
    "log10": jnp.log10,
    "exp2": jnp.exp2,
    "exp10": lambda t: jnp.exp(t * np.log(10.0)),
    "trigamma": lambda t: jax.scipy.special.polygamma(1, t),
    "rsqrt": jax.lax.rsqrt,
    "sec": lambda t: 1.0 / jnp.cos(t),
    "csc": lambda t: 1.0 / jnp.sin(t),
    "cot": lambda t: jnp.cos(t) / jnp.sin(t),
    "sech": lambda t: 2.0 / (jnp.exp(t) + jnp.exp(-t)),
    "csch": lambda t: 2.0 / (jnp.exp(t) - jnp.exp(-t)),
    "coth": lambda t: (jnp.exp(2.0 * t) + 1.0) / (jnp.exp(2.0 * t) - 1.0),
    "sinc": jnp.sinc,
    "logit": lambda t: jnp.log(t) - jnp.log1p(-t),
    "logsigmoid": jax.nn.log_sigmoid,
    "silu": jax.nn.silu,
    "mish": jax.nn.mish,
    "softsign": jax.nn.soft_sign,
    "tanhshrink": lambda t: t - jnp.tanh(t),
    "elu": jax.nn.elu,
    "celu": jax.nn.celu,
    "selu": jax.nn.selu,
    "leaky_relu": jax.nn.leaky_relu,
    "hardtanh": jax.nn.hard_tanh,
    "relu6": jax.nn.relu6,
    "hardsigmoid": jax.nn.hard_sigmoid,
    "hardswish": jax.nn.hard_swish,
    "softshrink": lambda t: jnp.where(absolute(t) > 0.5, t - 0.5 * jnp.sign(t), 0.0),
    "pos": lambda t: jnp.where(t > 0.0, t, 0.0),
    "factorial": lambda t: jnp.exp(jax.scipy.special.gammaln(t + 1.0)),
    "hinge": lambda t: jnp.where(t < 1.0, 1.0 - t, 0.0),
    "logcosh": lambda t: jnp.logaddexp(t, -t) - np.log(2.0),
}
"""Functions of one number that the language defines by others."""
SEVERAL: dict[str, Callable[..., Any]] = {
    "maximum": lambda s, t: -_smaller(-s, -t),
    "minimum": _smaller,
    "where": lambda c, s, t: jnp.where(c != 0, s, t),
    "atan2": jnp.arctan2,
    "polygamma": lambda k, t: jax.scipy.special.polygamma(np.asarray(k).astype(int), t),
    "clip": lambda t, low, high: _smaller(-_smaller(-t, -low), high),
    "hypot": lambda s, t: jnp.sqrt(s * s + t * t),
    "logaddexp": jnp.logaddexp,
    "huber": lambda t, d: jnp.where(absolute(t) <= d, t * t / 2.0, d * (absolute(t) - d / 2.0)),
    "pinball": lambda t, q: jnp.where(t > 0.0, q * t, (q - 1.0) * t),
    "eps_insensitive": lambda t, e: jnp.where(absolute(t) > e, absolute(t) - e, 0.0),
    "pseudo_huber": lambda t, d: d * d * (jnp.sqrt(1.0 + (t / d) ** 2) - 1.0),
    "lbeta": lambda s, t: _log_beta(s, t),
    "beta_function": lambda s, t: jnp.exp(_log_beta(s, t)),
    "elu_scaled": lambda t, a: jnp.where(t > 0.0, t, a * (jnp.exp(t) - 1.0)),
    "celu_scaled": lambda t, a: jnp.where(t > 0.0, t, a * (jnp.exp(t / a) - 1.0)),
    "leaky_relu_sloped": lambda t, a: jnp.where(t > 0.0, t, a * t),
    "softplus_scaled": lambda t, b: jnp.logaddexp(b * t, 0.0 * t) / b,
}


def _log_beta(s: Any, t: Any) -> Any:
    gamma = jax.scipy.special.gammaln
    return gamma(s) + gamma(t) - gamma(s + t)


def _softmax(x: Any, axis: Any) -> Any:
    powers = jnp.exp(x - jax.lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True)))
    return powers / jnp.sum(powers, axis=axis, keepdims=True)


def _logsumexp(x: Any, axis: Any) -> Any:
    top = jax.lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True))
    return top + jnp.log(jnp.sum(jnp.exp(x - top), axis=axis, keepdims=True))


def _mean(x: Any, axis: Any) -> Any:
    return jnp.mean(x, axis=axis, keepdims=True)


def _variance(x: Any, axis: Any) -> Any:
    return jnp.mean(jnp.square(x - _mean(x, axis)), axis=axis, keepdims=True)


def _largest(x: Any, axis: Any) -> Any:
    """With the slope of the first of the largest entries, where JAX's own has the mean of them."""
    if axis == (0, 1):
        return _largest(x.T.reshape(-1, 1), 0)
    places = jnp.expand_dims(jnp.argmax(x, axis=axis), axis)
    at = np.arange(x.shape[axis]).reshape((1, -1) if axis else (-1, 1))
    return jnp.sum(jnp.where(at == places, x, 0.0), axis=axis, keepdims=True)


def _place_of_largest(x: Any, axis: Any) -> Any:
    largest = jnp.max(x, axis=axis, keepdims=True)
    return jax.lax.stop_gradient((x == largest).astype(float))


VECTOR: dict[str, Callable[[Any, Any], Any]] = {
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "mean": _mean,
    "var": _variance,
    "max": _largest,
    "min": lambda x, axis: -_largest(-x, axis),
    "std": lambda x, axis: jnp.sqrt(_variance(x, axis)),
    "indmax": _place_of_largest,
    "softmin": lambda x, axis: _softmax(-x, axis),
    "log_softmax": lambda x, axis: x - _logsumexp(x, axis),
    "prod": lambda x, axis: (
        jnp.exp(jnp.sum(jnp.log(absolute(x)), axis=axis, keepdims=True)) * jnp.prod(jnp.sign(x), axis=axis, keepdims=True)
    ),
}


def _root(matrix: Any) -> Any:
    return matrix_exponential(0.5 * matrix_logarithm(matrix))


def _adjugate(matrix: Any) -> Any:
    return determinant(matrix) * inverse(matrix)


def _pseudoinverse(matrix: Any) -> Any:
    """Of a matrix of full rank."""
    if matrix.shape[0] >= matrix.shape[1]:
        return jnp.matmul(inverse(jnp.matmul(matrix.T, matrix)), matrix.T)
    return jnp.matmul(matrix.T, inverse(jnp.matmul(matrix, matrix.T)))


def _singular_values(matrix: Any) -> Any:
    """Ascending."""
    gram = jnp.matmul(matrix.T, matrix) if matrix.shape[0] >= matrix.shape[1] else jnp.matmul(matrix, matrix.T)
    return jnp.sqrt(jnp.linalg.eigh(gram)[0])


def _svd(matrix: Any) -> tuple[Any, Any, Any]:
    """The thin decomposition, in the signs of the library."""
    left, values, right = jnp.linalg.svd(matrix, full_matrices=False)
    return left, values, right.T


def _eigh(matrix: Any) -> tuple[Any, Any]:
    """Of the symmetric part."""
    values, vectors = jnp.linalg.eigh((matrix + matrix.T) / 2.0)
    return values, vectors


def _signed(vector: Any, by: Any) -> Any:
    """In the sign that makes the largest entry of ``by`` positive."""
    at = np.arange(len(by)) == jnp.argmax(jnp.abs(by))
    return vector * jnp.sign(jax.lax.stop_gradient(jnp.sum(jnp.where(at, by, 0.0))))


def _part(array: Any, place: int) -> Any:
    """At a place of the last axis."""
    return jax.lax.index_in_dim(array, place % array.shape[-1], axis=-1, keepdims=False)


def _singular_vector(side: int, place: int) -> Callable[[Any], Any]:
    def vector(matrix: Any) -> Any:
        left, _, right = _svd(matrix)
        return _signed(_part((left, right)[side], place), _part(right, place))

    return vector


def _eigenvector(place: int) -> Callable[[Any], Any]:
    return lambda matrix: _signed(vector := _part(_eigh(matrix)[1], place), vector)


def _gaps(values: Any) -> Any:
    """1 over the difference of each two, 0 on the diagonal."""
    one = np.eye(len(values))
    return 1.0 / (values[None, :] - values[:, None] + one) - one


def _divided(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Divided differences at the eigenvalues: the derivative at the diagonal matrix of them in the direction of ones."""

    def differences(matrix: Any) -> Any:
        values, n = _eigh(matrix)[0], len(matrix)
        diagonal = values[:, None] * np.eye(n)
        blocks = _kronecker(np.eye(2), diagonal) + np.kron(np.eye(2, k=1), np.ones((n, n)))
        return function(blocks)[:n, n:]

    return differences


def _frechet(function: Callable[..., Any]) -> Callable[..., Any]:
    """The derivative at the first argument in the direction of the second."""
    return lambda x, direction, *more: jax.jvp(lambda matrix: function(matrix, *more), (x,), (direction,))[1]


def _matrix_of(linear: Callable[..., Any], place: int) -> Callable[..., Any]:
    """What takes vec(E) to the vec of the value that is linear in E, the argument at a place."""

    def matrix(*given: Any) -> Any:
        n = len(given[0])
        units = [np.eye(n * n)[k].reshape(n, n).T for k in range(n * n)]
        values = [linear(*given[:place], unit, *given[place:]) for unit in units]
        return jnp.stack([value.T.reshape(-1) for value in values], axis=1)

    return matrix


def _sylvester(left: Any, right: Any, value: Any) -> Any:
    """The Y with left Y + Y right = value, from the system for its rows one behind the other."""
    rows, cols = value.shape
    system = _kronecker(left, np.eye(cols)) + _kronecker(np.eye(rows), right.T)
    return jnp.matmul(inverse(system), value.reshape(-1)).reshape(rows, cols)


def _kronecker(left: Any, right: Any) -> Any:
    blocks = left[:, None, :, None] * right[None, :, None, :]
    return blocks.reshape(left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])


def _cosine_and_sine(matrix: Any) -> tuple[Any, Any]:
    """The blocks of the exponential of X times [0, -1; 1, 0], which is a square root of minus one."""
    n = len(matrix)
    turned = matrix_exponential(_kronecker(np.array([[0.0, -1.0], [1.0, 0.0]]), matrix))
    return turned[:n, :n], turned[n:, :n]


def _skew(w: Any) -> Any:
    half = _by_place(3, 3, w, lambda i, j: 3 - i - j if j == (i - 1) % 3 else None)
    return half - half.T


def _polar(tall: Any) -> Any:
    return jnp.matmul(tall, inverse(_root(jnp.matmul(tall.T, tall))))


def _by_place(rows: int, cols: int, vector: Any, number: Callable[[int, int], int | None]) -> Any:
    """The matrix whose entry is the one of the vector that has the number, or 0."""
    kept = [[[float(number(i, j) == k) for k in range(len(vector))] for j in range(cols)] for i in range(rows)]
    return jnp.matmul(np.array(kept), vector)[:, :, 0]


def _deviations(matrix: Any) -> Any:
    return matrix - jnp.mean(matrix, axis=0, keepdims=True)


def _covariance(left: Any, right: Any, lost: int = 0) -> Any:
    """Of columns, whose rows are samples."""
    return jnp.matmul(_deviations(left).T, _deviations(right)) / (left.shape[0] - lost)


def _correlation(left: Any, right: Any) -> Any:
    lengths = [jnp.sqrt(jnp.sum(_deviations(side) ** 2, axis=0)) for side in (left, right)]
    return jnp.matmul(_deviations(left).T, _deviations(right)) / (lengths[0][:, None] * lengths[1][None, :])


def _lines(x: Any, order: Callable[[int], list[int]]) -> Any:
    """The rows in another order."""
    return jnp.matmul(np.eye(len(x))[order(len(x))], x)


def _whole(number: Any) -> int:
    return round(float(np.asarray(number).reshape(())))


def _shifted(x: Any, k: Any) -> Any:
    step = _whole(k)
    return jnp.matmul(np.eye(len(x), k=-step), x)


def _turned(x: Any, k: Any) -> Any:
    step = _whole(k)
    return _lines(x, lambda n: [(place - step) % n for place in range(n)])


def _kept(matrix: Any, keeps: Callable[[Any], Any]) -> Any:
    """The entries on the diagonals, numbered to the right, that are kept; the others are 0."""
    rows, cols = matrix.shape
    return jnp.where(keeps(np.arange(cols)[None, :] - np.arange(rows)[:, None]), matrix, 0.0)


def _places(rows: int, cols: int, number: Callable[[int, int], int], length: int, x: Any) -> Any:
    """The sums of the entries that have the same number."""
    kept = [[[float(number(i, j) == k) for j in range(cols)] for i in range(rows)] for k in range(length)]
    return jnp.sum(np.array(kept) * x[None], axis=(1, 2))


def _half(n: int) -> list[tuple[int, int]]:
    """The places on and below the diagonal, column by column."""
    return [(i, j) for j in range(n) for i in range(j, n)]


def _elimination(size: Any) -> Any:
    n = _whole(size)
    return np.array([[float((i, j) == place) for j in range(n) for i in range(n)] for place in _half(n)])


def _duplication(size: Any) -> Any:
    n = _whole(size)
    return np.array([[float(place in ((i, j), (j, i))) for place in _half(n)] for j in range(n) for i in range(n)])


def _unvech(half: Any) -> Any:
    n = int(np.sqrt(2 * len(half)))
    places = _half(n)
    return _by_place(n, n, half, lambda i, j: places.index((max(i, j), min(i, j))))


def _conv(a: Any, x: Any) -> Any:
    entries = range(len(a) + len(x) - 1)
    return jnp.matmul(_by_place(len(entries), len(x), a, lambda k, j: k - j), x)


def _xcorr(w: Any, a: Any) -> Any:
    return jnp.matmul(_by_place(len(w) - len(a) + 1, len(a), w, lambda i, j: i + j), a)


MATRIX: dict[str, Callable[..., Any]] = {
    "det": determinant,
    "logdet": lambda matrix: jnp.log(absolute(determinant(matrix))),
    "expm": matrix_exponential,
    "logm": matrix_logarithm,
    "sqrtm": _root,
    "adj": _adjugate,
    "tril": jnp.tril,
    "triu": jnp.triu,
    "pinv": _pseudoinverse,
    "eigmax": lambda matrix: _part(_eigh(matrix)[0], -1),
    "eigmin": lambda matrix: _part(_eigh(matrix)[0], 0),
    "eigvals": lambda matrix: _eigh(matrix)[0],
    "chol": jnp.linalg.cholesky,
    "lyap": lambda a, q: _sylvester(a, a.T, -q),
    "sylvester": _sylvester,
    "cosm": lambda matrix: _cosine_and_sine(matrix)[0],
    "sinm": lambda matrix: _cosine_and_sine(matrix)[1],
    "inv": inverse,
    "spectral_norm": lambda matrix: _part(_singular_values(matrix), -1),
    "nuclear_norm": lambda matrix: jnp.sum(_singular_values(matrix)),
    "cond": lambda matrix: _part(values := _singular_values(matrix), -1) / _part(values, 0),
    "matrix_power": lambda matrix, k: matrix_exponential(k * matrix_logarithm(matrix)),
    "skew": _skew,
    "schatten": lambda matrix, p: jnp.sum(_singular_values(matrix) ** p) ** (1.0 / p),
    "sigma_min": lambda matrix: _part(_singular_values(matrix), 0),
    "qr_r": lambda matrix: jnp.linalg.cholesky(jnp.matmul(matrix.T, matrix)).T,
    "qr_q": lambda matrix: jnp.matmul(matrix, inverse(jnp.linalg.cholesky(jnp.matmul(matrix.T, matrix)).T)),
    "polar": lambda matrix: _polar(matrix.T).T if len(matrix) < len(matrix.T) else _polar(matrix),
    "cosine_similarity": lambda x, y: jnp.sum(x * y) / (jnp.sqrt(jnp.sum(x * x)) * jnp.sqrt(jnp.sum(y * y))),
    "toeplitz": lambda c, r: (
        _by_place(len(c), len(r), c, lambda i, j: i - j) + _by_place(len(c), len(r), r, lambda i, j: j - i if j > i else None)
    ),
    "hankel": lambda c, r: (
        _by_place(len(c), len(r), c, lambda i, j: i + j)
        + _by_place(len(c), len(r), r, lambda i, j: i + j - len(c) + 1 if i + j >= len(c) else None)
    ),
    "circulant": lambda c: _by_place(len(c), len(c), c, lambda i, j: (i - j) % len(c)),
    "cross": lambda a, b: jnp.matmul(_skew(a), b),
    "tril_from": lambda matrix, k: _kept(matrix, lambda place: place <= k),
    "triu_from": lambda matrix, k: _kept(matrix, lambda place: place >= k),
    "band": lambda matrix, k: _kept(matrix, lambda place: place == k),
    "cyclic_band": lambda matrix, k: _kept(matrix, lambda place: (place - k) % len(matrix) == 0),
    "norm_inf": lambda x: _largest(absolute(x), (0, 1)),
    "norm21": lambda matrix: jnp.sum(jnp.sqrt(jnp.sum(matrix**2, axis=1))),
    "sym": lambda matrix: (matrix + matrix.T) / 2.0,
    "khatrirao": lambda left, right: (left[:, None, :] * right[None, :, :]).reshape(-1, left.shape[1]),
    "cumsum": lambda x: jnp.matmul(np.tri(len(x)), x),
    "flip": lambda x: jnp.matmul(np.eye(len(x))[::-1], x),
    "revcumsum": lambda x: jnp.matmul(np.tri(len(x)).T, x),
    "diff": lambda x: x[1:] - x[:-1],
    "circshift": _turned,
    "shift": _shifted,
    "cov": lambda matrix: _covariance(matrix, matrix),
    "covariance": _covariance,
    "corr": lambda matrix: _correlation(matrix, matrix),
    "correlation": _correlation,
    "svdvals": lambda matrix: _singular_values(matrix)[::-1],
    "svd_u": lambda matrix: _svd(matrix)[0],
    "svd_v": lambda matrix: _svd(matrix)[2],
    "svd_gaps": lambda matrix: _gaps(_svd(matrix)[1] ** 2),
    "svd_sums": lambda matrix: 1.0 / (_svd(matrix)[1][:, None] + _svd(matrix)[1][None, :]),
    "leftsv": _singular_vector(0, 0),
    "rightsv": _singular_vector(1, 0),
    "leftsvmin": _singular_vector(0, -1),
    "rightsvmin": _singular_vector(1, -1),
    "eigvecs": lambda matrix: _eigh(matrix)[1],
    "eig_gaps": lambda matrix: _gaps(_eigh(matrix)[0]),
    "eigvecmin": _eigenvector(0),
    "eigvecmax": _eigenvector(-1),
    "elimination": _elimination,
    "duplication": _duplication,
    "vech": lambda matrix: jnp.matmul(_elimination(len(matrix)), matrix.T.reshape(-1, 1)),
    "unvech": _unvech,
    "conv": _conv,
    "xcorr": _xcorr,
    "axial": lambda a: _places(3, 3, lambda i, j: 3 - i - j if j == (i - 1) % 3 else -1, 3, a - a.T),
    "diagsums": lambda x: _places(*x.shape, lambda i, j: i - j, len(x), x),
    "antidiagsums": lambda x: _places(*x.shape, lambda i, j: i + j, len(x), x),
    "lowantidiagsums": lambda x: _places(*x.shape, lambda i, j: max(i + j - len(x) + 1, 0) or -1, len(x.T), x),
    "circsums": lambda x: _places(*x.shape, lambda i, j: (i - j) % len(x), len(x), x),
}
_PRIMARY = {
    "exp": matrix_exponential,
    "log": matrix_logarithm,
    "sqrt": _root,
    "sin": MATRIX["sinm"],
    "cos": MATRIX["cosm"],
}
MATRIX |= {f"divdiff_{name}": _divided(function) for name, function in _PRIMARY.items()}
for _name, _function in (*_PRIMARY.items(), ("power", MATRIX["matrix_power"])):
    MATRIX |= {
        f"frechet_{_name}": _frechet(_function),
        f"frechet2_{_name}": _frechet(_frechet(_function)),
        f"kronfrechet_{_name}": _matrix_of(_frechet(_function), 1),
        f"kronfrechet2_{_name}": _matrix_of(_frechet(_frechet(_function)), 2),
    }


def _pairs(*entries: Any, of: Callable[..., Any]) -> Any:
    """The sum over i < j of what is made of the entries i and j of each vector."""
    flat = [vector.reshape(-1) for vector in entries]
    places = [(i, j) for j in range(flat[0].size) for i in range(j)]
    return sum([of(*(vector[place] for vector in flat for place in at)) for at in places], start=jnp.zeros(()))


def _above(*parts: Any) -> Any:
    return jnp.concatenate(parts, axis=0)


def _beside(*parts: Any) -> Any:
    return jnp.concatenate(parts, axis=1)


def _compared(relation: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda s, t, u, v: jnp.where(relation(s, t), u, v)


def _sum_norm(x: Any) -> Any:
    return _largest(jnp.sum(absolute(x), axis=0, keepdims=True), 1)


FORMS: dict[str, Callable[..., Any]] = {
    "{0}[2:end]": lambda x: x[1:],
    "{0}[1:end-1]": lambda x: x[:-1],
    "{0}[1:2]": lambda x: x[:2],
    "{0}[end-1:end]": lambda x: x[-2:],
    "{0}[2]": lambda x: x[1, 0],
    "norm({0}, 1)": _sum_norm,
    "norm({0}, 2)": lambda x: jnp.sqrt(jnp.sum(x * x)) if x.shape[1] == 1 else _part(_singular_values(x), -1),
    "norm({0}, 4)": lambda x: jnp.sqrt(jnp.sqrt(jnp.sum(x**4))),
    "norm({0}, inf)": lambda x: _largest(jnp.sum(absolute(x), axis=1, keepdims=True), 0),
    "var({0}, sample)": lambda x: _covariance(x, x, 1),
    "std({0}, sample)": lambda x: jnp.sqrt(_covariance(x, x, 1)),
    "sum(i<j, {0}[i]*{0}[j])": lambda x: _pairs(x, of=lambda s, t: s * t),
    "sum(i<j, ({0}[i] - {0}[j])^2)": lambda x: _pairs(x, of=lambda s, t: (s - t) ** 2),
    "sum(j<i, log(1 + ({0}[i] - {0}[j])^2))": lambda x: _pairs(x, of=lambda s, t: jnp.log1p((s - t) ** 2)),
    "sum(i<j, {0}[i]*{1}[j])": lambda x, y: _pairs(x, y, of=lambda s, _, __, t: s * t),
    "sum(i<j, {0}[i,j])": lambda x: jnp.sum(_kept(x, lambda place: place > 0)),
    "sum(i<j, {0}[i,j]*{0}[j,i])": lambda x: jnp.sum(_kept(x * x.T, lambda place: place > 0)),
    "{0}[2:end,:]": lambda x: x[1:],
    "{0}[:,1:end-1]": lambda x: x[:, :-1],
    "{0}[1:2,2:end]": lambda x: x[:2, 1:],
    "{0}[end-1:end,:]": lambda x: x[-2:],
    "{0}[1,:]'": lambda x: x[:1].T,
    "{0}[:,2]": lambda x: x[:, 1:2],
    "{0}[1,2]": lambda x: x[0, 1],
    "mean({0})": jnp.mean,
    "std({0})": lambda x: jnp.sqrt(_variance(x, (0, 1))),
    "var({0})": lambda x: _variance(x, (0, 1)),
    "min({0})": lambda x: -_largest(-x, (0, 1)),
    "tril({0}, 1)": lambda x: _kept(x, lambda place: place <= 1),
    "tril({0}, -1)": lambda x: _kept(x, lambda place: place <= -1),
    "triu({0}, 1)": lambda x: _kept(x, lambda place: place >= 1),
    "triu({0}, -2)": lambda x: _kept(x, lambda place: place >= -2),
    "cov({0}, sample)": lambda x: _covariance(x, x, 1),
    "cov({0}, {1})": _covariance,
    "corr({0}, {1})": _correlation,
    "cov({0}, {1}, sample)": lambda x, y: _covariance(x, y, 1),
    "[{0}; {1}]": _above,
    "[{1}; {0}]": lambda x, y: _above(y, x),
    "[{0}, {1}]": _beside,
    "[{0}'; {1}']": lambda x, y: _above(x.T, y.T),
    "[{0}, {2}, {1}]": lambda x, y, z: _beside(x, z, y),
    "[{0}; {1}']": lambda x, y: _above(x, y.T),
    "[{1}'; {0}]": lambda x, y: _above(y.T, x),
    "[{0}, {1}; {2}, {3}]": lambda a, b, c, d: _above(_beside(a, b), _beside(c, d)),
    "[{0}, {1}; {2}', {3}]": lambda a, x, y, t: _above(_beside(a, x), _beside(y.T, t)),
    "[{0}, {1}; {1}, {2}]": lambda a, b, c: _above(_beside(a, b), _beside(b, c)),
    "where({0} < {1}, {2}, {3})": _compared(lambda s, t: s < t),
    "where({0} <= {1}, {2}, {3})": _compared(lambda s, t: s <= t),
    "where({0} > {1}, {2}, {3})": _compared(lambda s, t: s > t),
    "where({0} >= {1}, {2}, {3})": _compared(lambda s, t: s >= t),
    "max({0}, {1}, {2})": lambda s, t, u: jnp.maximum(jnp.maximum(s, t), u),
    "min({0}, {1}, {2})": lambda s, t, u: jnp.minimum(jnp.minimum(s, t), u),
}
"""The forms of ``forms.py`` by their templates."""

LIBRARY = Library(jnp, ELEMENTWISE | NOT_IN_JAXPR | OF_ONE, VECTOR, MATRIX | FORMS, absolute, user_function, SEVERAL)
