"""Functions that a generated file defines for itself, where a library has none or a slower one. ``{xp}`` is the library's module."""

from __future__ import annotations

from types import MappingProxyType

_NUMPY = {
    "add_diagonal": '''
def _add_diagonal(matrix, entries):
    """Adds to the diagonal in place: the matrix is a new one, made for this."""
    matrix = np.ascontiguousarray(matrix, dtype=np.result_type(matrix, entries))
    matrix.reshape(-1)[:: len(matrix) + 1] += entries
    return matrix
''',
    "on_diagonal": '''
def _on_diagonal(indices, block, shape):
    """Zeros but where the axes with one letter agree: there is the block. Nothing else is written."""
    result = np.zeros(shape, dtype=block.dtype)
    np.einsum(indices, result)[...] = block
    return result
''',
    "add_on_diagonal": '''
def _add_on_diagonal(indices, block, result):
    """Adds the block where the axes with one letter agree, in place: the result is a new array, made for this."""
    result = np.asarray(result, dtype=np.result_type(result, block))
    np.einsum(indices, result)[...] += block
    return result
''',
    "eye_kron": '''
def _eye_kron(size, matrix):
    """kron(eye(size), matrix), only the blocks on the diagonal written."""
    rows, cols = matrix.shape
    result = np.zeros((size, rows, size, cols))
    np.einsum("iaib->iab", result)[...] = matrix
    return result.reshape(size * rows, size * cols)
''',
    "kron_eye": '''
def _kron_eye(matrix, size):
    """kron(matrix, eye(size)), only the diagonals of the blocks written."""
    rows, cols = matrix.shape
    result = np.zeros((rows, size, cols, size))
    np.einsum("aibi->iab", result)[...] = matrix
    return result.reshape(rows * size, cols * size)
''',
    "kron_sum": '''
def _kron_sum(lefts, rights):
    """The sum of kron(left, right) over all pairs, as one product of matrices.

    The axes are still apart: rows of left and right, columns of left and right.
    """
    left, right = np.stack(lefts), np.stack(rights)
    count, *shapes = len(left), *left.shape[1:], *right.shape[1:]
    return (left.reshape(count, -1).T @ right.reshape(count, -1)).reshape(shapes).transpose(0, 2, 1, 3)
''',
    "cholesky_solve": '''
def _cholesky_solve(factor, right):
    """Solves L L' X = B by substitution in blocks, so that matrix products do nearly all of the work."""
    result = np.array(right, dtype=np.result_type(factor, right))
    starts = range(0, len(factor), 64)
    for k in starts:
        here, end = slice(k, k + 64), k + 64
        result[here] = np.linalg.solve(factor[here, here], result[here] - factor[here, :k] @ result[:k])
    for k in reversed(starts):
        here, end = slice(k, k + 64), k + 64
        result[here] = np.linalg.solve(factor[here, here].T, result[here] - factor[end:, here].T @ result[end:])
    return result
''',
    "cholesky_inverse": '''
def _cholesky_inverse(factor):
    """inv(L L'): L is inverted in blocks, then one symmetric product."""
    inverse = np.zeros_like(factor)
    for k in range(0, len(factor), 64):
        here = slice(k, k + 64)
        inverse[here, here] = np.linalg.inv(factor[here, here])
        inverse[here, :k] = -inverse[here, here] @ (factor[here, :k] @ inverse[:k, :k])
    return inverse.T @ inverse
''',
    "erf": '''
def _erf(t):
    """The error function: Taylor's series around the nearest point of a table. Beyond 6 it is 1."""
    size = np.minimum(np.abs(t), 6.0)
    place = np.rint(np.fmin(size, 6.0)*4096).astype(int)
    near = place/4096
    d = size - near
    s = near*d
    return np.copysign(_ERF[place] + _ERF_SLOPE[place]*d*(1 - s + (2*s*s - d*d)/3), t)


_ERF = np.array([math.erf(k/4096) for k in range(6*4096 + 1)])
_ERF_SLOPE = 2/math.sqrt(math.pi)*np.exp(-((np.arange(len(_ERF))/4096) ** 2))
''',
    "gelu": """
def _gelu(t):
    return 0.5*t*(1 + _erf(t/math.sqrt(2)))
""",
    "sigmoid": """
def _sigmoid(t):
    with np.errstate(over="ignore"):
        return 1/(1 + np.exp(-t))
""",
    "norm2": '''
def _norm2(x):
    """The Euclidean norm, scaled where squares of the entries could overflow or underflow."""
    norm = np.sqrt(np.vdot(x, x).real)
    if 1e-15 < norm < 1e15:
        return norm
    largest = np.max(np.abs(x))
    return largest*np.sqrt(np.sum(np.abs(x/largest)**2)) if 0 < largest < np.inf else largest
''',
    "softmax": """
def _softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)
""",
    "logsumexp": """
def _logsumexp(x, axis=-1):
    m = np.max(x, axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    with np.errstate(divide="ignore"):
        return np.squeeze(m, axis) + np.log(np.sum(np.exp(x - m), axis=axis))
""",
    "expm": '''
def _expm(A):
    """Matrix exponential: scaling and squaring with the [13/13] Padé approximant."""
    norm = np.linalg.norm(A, 1)
    squarings = max(0, int(np.ceil(np.log2(norm / 5.37)))) if norm > 5.37 else 0
    A = A / 2.0**squarings
    coefficients = [1.0]
    for k in range(1, 14):
        coefficients.append(coefficients[-1] * (14 - k) / (k * (27 - k)))
    square, identity = A @ A, np.eye(len(A))
    even, odd = np.zeros_like(A), np.zeros_like(A)
    for k in range(6, -1, -1):
        even = even @ square + coefficients[2 * k] * identity
        odd = odd @ square + coefficients[2 * k + 1] * identity
    odd = A @ odd
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        result = result @ result
    return result
''',
}

_JAX = {
    "adj": '''
def _adj(A):
    """The adjugate, the transposed derivative of the determinant: right for singular matrices too."""
    return jax.grad(jnp.linalg.det)(A).T
''',
    "norm2": '''
def _norm2(x):
    """The Euclidean norm, scaled so that squares of the entries neither overflow nor underflow."""
    scale = jax.lax.stop_gradient(jnp.max(jnp.abs(x)))
    scale = jnp.where((scale > 0) & jnp.isfinite(scale), scale, 1)
    return scale*jnp.sqrt(jnp.sum(jnp.abs(x/scale)**2))
''',
    "cholesky_inverse": """
def _cholesky_inverse(factor):
    return jax.scipy.linalg.cho_solve((factor, True), jnp.eye(len(factor), dtype=factor.dtype))
""",
    "expm": """
def _expm(A):
    return jax.scipy.linalg.expm(A)
""",
}

_TORCH = {
    "adj": '''
def _adj(A):
    """The adjugate; near singular matrices from the singular value decomposition, elsewhere without, as that has no derivative at I."""
    n = len(A)
    sizes = torch.linalg.svdvals(A.detach())
    regular = sizes[-1] > 1e-4*sizes[0]
    plain = torch.where(regular, A, torch.eye(n, dtype=A.dtype, device=A.device))
    apart = torch.diag(torch.arange(1, n + 1, dtype=A.dtype, device=A.device))
    left, values, right = torch.linalg.svd(torch.where(regular, apart, A))
    others = torch.where(torch.eye(n, dtype=A.dtype, device=A.device) > 0, torch.ones_like(values), values)
    sign = torch.linalg.det(left)*torch.linalg.det(right)
    cofactors = sign*(right.T*torch.prod(others, dim=1)) @ left.T
    return torch.where(regular, torch.linalg.det(plain)*torch.linalg.inv(plain), cofactors)
''',
    "norm2": '''
def _norm2(x):
    """The Euclidean norm, scaled so that squares of the entries neither overflow nor underflow."""
    scale = torch.amax(torch.abs(x.detach()))
    scale = torch.where((scale > 0) & torch.isfinite(scale), scale, torch.ones_like(scale))
    return scale*torch.sqrt(torch.sum(torch.abs(x/scale)**2))
''',
    "kron": '''
def _kron(left, right):
    """torch.kron takes only arrays that lie row by row."""
    return torch.kron(left.contiguous(), right.contiguous())
''',
    "expm": """
def _expm(A):
    return torch.linalg.matrix_exp(A)
""",
}

_COMMON = {
    "sqrtm": '''
def _sqrtm(A):
    """Principal square root: the product form of the Denman-Beavers iteration, scaled by determinants."""
    n = len(A)
    identity = {xp}.eye(n{like})
    root, product = A, A
    for _ in range(25):
        scale = {xp}.abs({xp}.linalg.det(product)) ** (-0.5 / n)
        inverse = {xp}.linalg.inv(product) / scale**2
        root = 0.5 * scale * root @ (identity + inverse)
        product = 0.5 * (identity + 0.5 * (scale**2 * product + inverse))
    return root
''',
    "logm": '''
def _logm(A):
    """Principal logarithm by inverse scaling and squaring; Gauss-Legendre quadrature near the identity."""
    identity = {xp}.eye(len(A){like})
    for _ in range(8):
        A = _sqrtm(A)
    nodes, weights = _quadrature(8)
    rest = A - identity
    total = 0.0
    for node, weight in zip(nodes, weights):
        total = total + weight * {xp}.linalg.solve(identity + node * rest, rest)
    return 256.0 * total


def _quadrature(count):
    """Nodes and weights on [0, 1]."""
    nodes, weights = numpy.polynomial.legendre.leggauss(count)
    return (0.5 * (nodes + 1.0)).tolist(), (0.5 * weights).tolist()
''',
    "matrix_power": '''
def _matrix_power(A, exponent):
    """A power with an exponent known only when it runs; one that is not an integer through the principal logarithm."""
    if isinstance(exponent, int) or (not hasattr(exponent, "aval") and float(exponent) == int(exponent)):
        return {xp}.linalg.matrix_power(A, int(exponent))
    return _expm(exponent * _logm(A))
''',
    **{
        f"frechet_{name}": f'''
def _frechet_{name}(A, E):
    """The derivative of {name}m at A in the direction E: a block of the function of a matrix of blocks."""
    n = len(A)
    rows = {{xp}}.concatenate([A, E], {{dim}}=1), {{xp}}.concatenate([{{xp}}.zeros_like(A), A], {{dim}}=1)
    return _{function}({{xp}}.concatenate(rows))[:n, n:]
'''
        for name, function in (("exp", "expm"), ("log", "logm"), ("sqrt", "sqrtm"))
    },
    "frechet_power": '''
def _frechet_power(A, E, exponent):
    """The derivative of a power at A in the direction E: a block of the power of a matrix of blocks."""
    n = len(A)
    rows = {xp}.concatenate([A, E], {dim}=1), {xp}.concatenate([{xp}.zeros_like(A), A], {dim}=1)
    return _matrix_power({xp}.concatenate(rows), exponent)[:n, n:]
''',
    "divdiff_exp": '''
def _divdiff_exp(A):
    """(exp(a) - exp(b))/(a - b) for all pairs of eigenvalues: exp of the larger, times (1 - exp(-g))/g of the gap."""
    values = {xp}.linalg.eigvalsh(A)
    gap = {xp}.abs(values[:, None] - values)
    safe = {xp}.where(gap == 0, {xp}.ones_like(gap), gap)
    return {xp}.exp({xp}.maximum(values[:, None], values)) * {xp}.where(gap == 0, {xp}.ones_like(gap), -{xp}.expm1(-safe) / safe)
''',
    "divdiff_log": '''
def _divdiff_log(A):
    """(log(a) - log(b))/(a - b) for all pairs of eigenvalues: log(1 + g)/g of the gap over the smaller, over the smaller."""
    values = {xp}.linalg.eigvalsh(A)
    low = {xp}.minimum(values[:, None], values)
    gap = {xp}.abs(values[:, None] - values) / low
    safe = {xp}.where(gap == 0, {xp}.ones_like(gap), gap)
    return {xp}.where(gap == 0, {xp}.ones_like(gap), {xp}.log1p(safe) / safe) / low
''',
    "divdiff_sqrt": '''
def _divdiff_sqrt(A):
    """(sqrt(a) - sqrt(b))/(a - b) for all pairs of eigenvalues."""
    roots = {xp}.sqrt({xp}.linalg.eigvalsh(A))
    return 1.0 / (roots[:, None] + roots)
''',
    "norm_p": '''
def _norm_p(x, p):
    """The p-norm, by the largest entry, so that powers of the entries neither overflow nor underflow."""
    size = {xp}.abs(x)
    scale = {detached}
    scale = {xp}.where((scale > 0) & {xp}.isfinite(scale), scale, {xp}.ones_like(scale))
    return scale*{xp}.sum((size/scale)**p)**(1/p)
''',
    "normalised": """
def _normalised(x):
    return x / _norm2(x)
""",
    "log_det": '''
def _log_det(A):
    """log(det(A)): NaN where the determinant is negative."""
    sign, size = {xp}.linalg.slogdet(A)
    return {xp}.where(sign >= 0, size, {xp}.full_like(size, {xp}.nan))
''',
    "adj": '''
def _adj(A):
    """The adjugate from the singular value decomposition, right for singular matrices too."""
    left, values, right = {xp}.linalg.svd(A)
    n = len(values)
    others = {xp}.where({xp}.eye(n{like}) > 0, {xp}.ones_like(values), values)
    cofactors = {xp}.prod(others, {dim}=1)
    sign = {xp}.linalg.det(left) * {xp}.linalg.det(right)
    return sign * (right.T * cofactors) @ left.T
''',
    "polar": '''
def _polar(A):
    """U V' of the thin singular value decomposition A = U S V'."""
    left, _, right = {xp}.linalg.svd(A, full_matrices=False)
    return left @ right
''',
    "eigvecmax": '''
def _eigvecmax(A):
    """The unit eigenvector of the largest eigenvalue of the symmetric part, its largest entry positive."""
    vector = {xp}.linalg.eigh((A + A.T) / 2)[1][:, -1]
    return vector * {xp}.sign(vector[{xp}.argmax({xp}.abs(vector))])
''',
    "resolvent": '''
def _resolvent(A):
    """The sum of v v'/(largest eigenvalue - eigenvalue) over the other eigenpairs of the symmetric part."""
    values, vectors = {xp}.linalg.eigh((A + A.T) / 2)
    return (vectors[:, :-1] / (values[-1] - values[:-1])) @ vectors[:, :-1].T
''',
    "singular_resolvent": '''
def _singular_resolvent(basis, values):
    """The sum of u u'/(largest singular value^2 - singular value^2) over the other singular vectors, those of 0 among them."""
    top, others = values[:1], values[1:]
    weights = {xp}.concatenate([-{xp}.ones_like(top), others**2 / ((top - others) * (top + others))])
    return ({xp}.eye(len(basis){like_basis}) + (basis * weights) @ basis.T) / top**2
''',
    "leftresolvent": """
def _leftresolvent(A):
    left, values, _ = {xp}.linalg.svd(A, full_matrices=False)
    return _singular_resolvent(left, values)
""",
    "rightresolvent": """
def _rightresolvent(A):
    _, values, right = {xp}.linalg.svd(A, full_matrices=False)
    return _singular_resolvent(right.T, values)
""",
    "leftsv": '''
def _leftsv(A):
    """The left singular vector of the largest singular value, in the sign that makes the largest entry of the right one positive."""
    left, _, right = {xp}.linalg.svd(A, full_matrices=False)
    return left[:, 0] * {xp}.sign(right[0, {xp}.argmax({xp}.abs(right[0]))])
''',
    "rightsv": '''
def _rightsv(A):
    """The right singular vector of the largest singular value, its largest entry positive."""
    _, _, right = {xp}.linalg.svd(A, full_matrices=False)
    return right[0] * {xp}.sign(right[0, {xp}.argmax({xp}.abs(right[0]))])
''',
}

_NEEDS = {
    "frechet_exp": ("expm",),
    "frechet_log": ("sqrtm", "logm"),
    "frechet_sqrt": ("sqrtm",),
    "frechet_power": ("sqrtm", "logm", "expm", "matrix_power"),
    "logm": ("sqrtm",),
    "matrix_power": ("sqrtm", "logm", "expm"),
    "gelu": ("erf",),
    "normalised": ("norm2",),
    "leftresolvent": ("singular_resolvent",),
    "rightresolvent": ("singular_resolvent",),
}
_IMPORTS = {
    ("jax", "expm"): ("jax.scipy.linalg",),
    ("jax", "cholesky_inverse"): ("jax.scipy.linalg",),
    ("jax", "logm"): ("numpy",),
    ("torch", "logm"): ("numpy",),
}

_TABLES = MappingProxyType({"numpy": _NUMPY, "jax": _JAX, "torch": _TORCH})
_DETACHED = {"numpy": "np.max(size)", "jax": "jax.lax.stop_gradient(jnp.max(size))", "torch": "torch.amax(size.detach())"}
_LIKE = {"numpy": "", "jax": ", dtype=A.dtype", "torch": ", dtype=A.dtype, device=A.device"}


def helper_source(target: str, name: str) -> str | None:
    """The source of a helper function, or None when there is none of this name for the target."""
    own = _TABLES[target].get(name)
    if own is not None:
        return own.strip("\n")
    common = _COMMON.get(name)
    if common is None:
        return None
    xp = {"numpy": "np", "jax": "jnp", "torch": "torch"}[target]
    text = (
        common.replace("{xp}", xp)
        .replace("{like}", _LIKE[target])
        .replace("{detached}", _DETACHED[target])
        .replace("{like_basis}", _LIKE[target].replace("A.", "basis."))
        .replace("{dim}", "dim" if target == "torch" else "axis")
    )
    if target == "numpy":
        text = text.replace("numpy.polynomial", "np.polynomial")
    return text.strip("\n")


def needed_helpers(target: str, name: str) -> tuple[str, ...]:
    """Helpers that a helper calls: those of its names that the target's own library does not have."""
    return tuple([needed for needed in _NEEDS.get(name, ()) if helper_source(target, needed) is not None])


def needed_imports(target: str, name: str) -> tuple[str, ...]:
    """Modules that a helper uses besides the library itself."""
    return _IMPORTS.get((target, name), ())
