"""Functions that a generated Python file defines for itself, where a library has none. ``{xp}`` is
the library's module; the other names in braces are the ``parts`` of a library."""

COMMON = {
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
    nodes, weights = {polynomial}.legendre.leggauss(count)
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

NEEDS = {
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
"""Helpers that a helper calls."""
