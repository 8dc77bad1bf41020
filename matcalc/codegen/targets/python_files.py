"""Source files in Python: what a module is made of, and its self check, which compares outputs with
finite differences."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from matcalc.codegen.emission import without_unused
from matcalc.codegen.requests import Application, Comparison, File, Function, Trial, identifier
from matcalc.codegen.targets.target import STEPS, Target

_DIFFERENCES = '''
def differences(point, names, step):
    """Central differences of value: its axes, then those of each variable."""
    if not names:
        return np.asarray(value({keywords}), dtype=float)
    *others, last = names
    base = np.asarray(point[last], dtype=float)
    quotients = []
    for place in np.ndindex(base.shape):
        move = np.zeros(base.shape)
        move[place] = step
{ties}        ends = [differences({{**point, last: base + sign * move}}, others, step) for sign in (1, -1)]
        quotients.append((ends[0] - ends[1]) / (2 * step))
    return np.stack(quotients, axis=-1).reshape(quotients[0].shape + base.shape)


def compare(name, result, expected, tolerance):
    found = np.asarray(result, dtype=float)
    assert found.shape == expected.shape, f"{{name}} has shape {{found.shape}}, not {{expected.shape}}"
    error = np.max(np.abs(found - expected)) / max(1.0, np.max(np.abs(expected)))
    assert error < tolerance, f"{{name}} is wrong: relative error {{error:.1e}}"
    print(f"{{name}}: agrees with finite differences to {{error:.1e}}")
'''

_TIES = {
    "symmetric": "(move + move.T) / 2",
    "cookbook": "np.maximum(move, move.T)",
    "antisymmetric": "(move - move.T) / 2",
    "diagonal": "move * np.eye(len(move))",
    "lower": "np.tril(move)",
    "upper": "np.triu(move)",
}
"""The part of a move that keeps a tie between entries."""

_STANDARD = ("functools", "math")

# ------------------------------------------------------------
# Functions that a file defines for itself, where a library has none. ``{xp}`` is the library's
# module; the other names in braces are the ``parts`` of a library.

PRIMARY = {"exp": "_expm", "log": "_logm", "sqrt": "_sqrtm", "sin": "_sinm", "cos": "_cosm"}
"""Functions of a matrix, by what stands in the names of their derivatives."""

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
    "skew": '''
def _skew(w):
    """The matrix that makes cross products with w."""
    x, y, z = w
    rows = [0 * x, -z, y], [z, 0 * x, -x], [-y, x, 0 * x]
    return {xp}.stack([{xp}.stack(row) for row in rows])
''',
    "axial": '''
def _axial(A):
    """The vector a with a'w = tr(A'*skew(w)) for every w."""
    return {xp}.stack([A[2, 1] - A[1, 2], A[0, 2] - A[2, 0], A[1, 0] - A[0, 1]])
''',
    "toeplitz": '''
def _toeplitz(c, r):
    """The matrix with first column c and first row r, constant along diagonals; r[0] is not used."""
    gap = {xp}.arange(len(c))[:, None] - {xp}.arange(len(r))
    return {xp}.concatenate([c, r[1:]])[{xp}.where(gap < 0, len(c) - 1 - gap, gap)]
''',
    "hankel": '''
def _hankel(c, r):
    """The matrix with first column c and last row r, constant where i + j is; r[0] is not used."""
    return {xp}.concatenate([c, r[1:]])[{xp}.arange(len(c))[:, None] + {xp}.arange(len(r))]
''',
    "circulant": '''
def _circulant(c):
    """The matrix whose columns are c moved round."""
    return c[({xp}.arange(len(c))[:, None] - {xp}.arange(len(c))) % len(c)]
''',
    "diagsums": '''
def _diagsums(X):
    """The sums along the diagonals, from the main one down."""
    return {xp}.stack([{xp}.diagonal(X, -k).sum() for k in range(len(X))])
''',
    "antidiagsums": '''
def _antidiagsums(X):
    """The sums along the diagonals from below to above, one for each entry of the first column."""
    last = X.shape[1] - 1
    return {xp}.stack([{xp}.diagonal({xp}.flip(X, (1,)), last - k).sum() for k in range(len(X))])
''',
    "lowantidiagsums": '''
def _lowantidiagsums(X):
    """0, then the sums along the diagonals from below to above, one for each other entry of the last row."""
    m, n = X.shape
    return {xp}.stack([(k > 0)*{xp}.diagonal({xp}.flip(X, (1,)), n - m - k).sum() for k in range(n)])
''',
    "circsums": '''
def _circsums(X):
    """The sums of the entries with one i - j, counted round."""
    i = {xp}.arange(len(X))
    return {xp}.stack([X[i, (i - k) % len(X)].sum() for k in range(len(X))])
''',
    "sylvester": '''
def _sylvester(A, B, C):
    """The Y with A Y + Y B = C, as a system of equations for its entries."""
    system = {kron}({xp}.eye(len(B){like}), A) + {kron}(B.T, {xp}.eye(len(A){like}))
    return {xp}.linalg.solve(system, C.T.reshape(-1)).reshape(C.shape[1], C.shape[0]).T
''',
    "lyap": '''
def _lyap(A, Q):
    """The Y with A Y + Y A' + Q = 0."""
    return _sylvester(A, A.T, -Q)
''',
    **{
        f"{name}m": f'''
def _{name}m(A):
    """The {word} of a matrix, a block of the exponential of [0 A; -A 0]."""
    n, zero = len(A), {{xp}}.zeros_like(A)
    rows = {{xp}}.concatenate([zero, A], {{dim}}=1), {{xp}}.concatenate([-A, zero], {{dim}}=1)
    return _expm({{xp}}.concatenate(rows))[:n, {part}]
'''
        for name, word, part in (("sin", "sine", "n:"), ("cos", "cosine", ":n"))
    },
    "frechet": '''
def _frechet(function, A, *directions):
    """The derivative at A in each direction in turn: a block of the function of a matrix of blocks."""
    n, blocks = len(A), A
    for E in directions:
        along = {xp}.kron({xp}.eye(len(blocks) // n{like}), E)
        rows = {xp}.concatenate([blocks, along], {dim}=1), {xp}.concatenate([{xp}.zeros_like(blocks), blocks], {dim}=1)
        blocks = {xp}.concatenate(rows)
    return function(blocks)[:n, len(blocks) - n:]
''',
    "kronfrechet": '''
def _kronfrechet(function, A, *directions):
    """The matrix that takes vec(E) to the vec of the derivative in the directions and in E."""
    n = len(A)
    units = {xp}.eye(n * n{like}).reshape(n * n, n, n)
    columns = [_frechet(function, A, *directions, unit.T).T.reshape(-1) for unit in units]
    return {xp}.stack(columns, {dim}=1)
''',
    **{
        f"{form}_{name}": f"""
def _{form}_{name}({given}{more}):
    return _{form.rstrip("2")}({function}, {given})
"""
        for form, given in (("frechet", "A, E"), ("frechet2", "A, E, F"), ("kronfrechet", "A"), ("kronfrechet2", "A, E"))
        for name, function in (*PRIMARY.items(), ("power", "lambda blocks: _matrix_power(blocks, exponent)"))
        for more in ([", exponent"] if name == "power" else [""])
    },
    "divdiff_exp": '''
def _divdiff_exp(A):
    """(exp(a) - exp(b))/(a - b) for all pairs of eigenvalues: exp of the larger, times (1 - exp(-g))/g of the gap."""
    values = {xp}.linalg.eigvalsh((A + A.T) / 2)
    gap = {xp}.abs(values[:, None] - values)
    safe = {xp}.where(gap == 0, {xp}.ones_like(gap), gap)
    return {xp}.exp({xp}.maximum(values[:, None], values)) * {xp}.where(gap == 0, {xp}.ones_like(gap), -{xp}.expm1(-safe) / safe)
''',
    "divdiff_log": '''
def _divdiff_log(A):
    """(log(a) - log(b))/(a - b) for all pairs of eigenvalues: log(1 + g)/g of the gap over the smaller, over the smaller."""
    values = {xp}.linalg.eigvalsh((A + A.T) / 2)
    low = {xp}.minimum(values[:, None], values)
    gap = {xp}.abs(values[:, None] - values) / low
    safe = {xp}.where(gap == 0, {xp}.ones_like(gap), gap)
    return {xp}.where(gap == 0, {xp}.ones_like(gap), {xp}.log1p(safe) / safe) / low
''',
    "divdiff_sqrt": '''
def _divdiff_sqrt(A):
    """(sqrt(a) - sqrt(b))/(a - b) for all pairs of eigenvalues."""
    roots = {xp}.sqrt({xp}.linalg.eigvalsh((A + A.T) / 2))
    return 1.0 / (roots[:, None] + roots)
''',
    **{
        f"divdiff_{name}": f'''
def _divdiff_{name}(A):
    """({name}(a) - {name}(b))/(a - b) for all pairs of eigenvalues: {slope} of the mean, times sin(h)/h of half the gap."""
    values = {{xp}}.linalg.eigvalsh((A + A.T) / 2)
    mean, half = (values[:, None] + values) / 2, (values[:, None] - values) / 2
    return {sign}{{xp}}.{slope}(mean) * {{xp}}.sinc(half / {math.pi})
'''
        for name, slope, sign in (("sin", "cos", ""), ("cos", "sin", "-"))
    },
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
    "qr_r": '''
def _qr_r(A):
    """R of A = Q R with a positive diagonal."""
    R = {xp}.linalg.qr(A)[1]
    return R * {xp}.sign({xp}.diagonal(R))[:, None]
''',
    "eigvecmin": """
def _eigvecmin(A):
    return _eigvecmax(-A)
""",
    "lowresolvent": """
def _lowresolvent(A):
    return _resolvent(-A)
""",
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
    **{
        f"{side}resolvent": f"""
def _{side}resolvent(A):
    left, values, right = {{xp}}.linalg.svd(A, full_matrices=False)
    return _singular_resolvent({basis}, values)
"""
        for side, basis in (("left", "left"), ("right", "right.T"))
    },
    "eig_gaps": '''
def _eig_gaps(A):
    """1/(b - a) for all pairs a, b of eigenvalues, 0 on the diagonal."""
    values, identity = {xp}.linalg.eigvalsh((A + A.T) / 2), {xp}.eye(len(A){like})
    return 1 / (values - values[:, None] + identity) - identity
''',
    "svd_gaps": '''
def _svd_gaps(A):
    """1/((b - a)(b + a)) for all pairs a, b of singular values, 0 on the diagonal."""
    values = {xp}.linalg.svd(A, full_matrices=False)[1]
    identity = {xp}.eye(len(values){like})
    return 1 / ((values - values[:, None]) * (values + values[:, None]) + identity) - identity
''',
    "svd_sums": '''
def _svd_sums(A):
    """1/(a + b) for all pairs a, b of singular values."""
    values = {xp}.linalg.svd(A, full_matrices=False)[1]
    return 1 / (values + values[:, None])
''',
    "low_resolvent": '''
def _low_resolvent(basis, values):
    """The sum of u u'/(smallest singular value^2 - singular value^2) over the other singular vectors, those of 0 among them."""
    low, others, beyond = values[-1:], values[:-1], {xp}.ones_like(basis[0, len(values):])
    weights = {xp}.concatenate([1 / ((low - others) * (low + others)), {xp}.zeros_like(low), beyond / low**2])
    return (basis * weights) @ basis.T
''',
    **{
        f"{side}lowresolvent": f"""
def _{side}lowresolvent(A):
    left, values, right = {{xp}}.linalg.svd(A)
    return _low_resolvent({basis}, values)
"""
        for side, basis in (("left", "left"), ("right", "right.T"))
    },
    **{
        f"{side}svmin": f'''
def _{side}svmin(A):
    """The {side} singular vector of the smallest singular value, in the sign that makes the largest entry of the right one positive."""
    left, _, right = {{xp}}.linalg.svd(A, full_matrices=False)
    return {vector} * {{xp}}.sign(right[-1, {{xp}}.argmax({{xp}}.abs(right[-1]))])
'''
        for side, vector in (("left", "left[:, -1]"), ("right", "right[-1]"))
    },
    **{
        f"{side}sv": f'''
def _{side}sv(A):
    """The {side} singular vector of the largest singular value, in the sign that makes the largest entry of the right one positive."""
    left, _, right = {{xp}}.linalg.svd(A, full_matrices=False)
    return {vector} * {{xp}}.sign(right[0, {{xp}}.argmax({{xp}}.abs(right[0]))])
'''
        for side, vector in (("left", "left[:, 0]"), ("right", "right[0]"))
    },
}

# ------------------------------------------------------------
# The file.


class PythonFiles(Target):
    """Writes modules for a library that the code calls ``module`` and loads by the statement
    ``imported``."""

    imported: str
    given: str
    """An ``entry`` of a point as an argument, in self checks."""
    needs: ClassVar[Mapping[str, str]] = {}
    """Helpers that use a module besides the library's own."""
    named: tuple[str, ...] = ("math",)
    """Modules that sources of helpers may name."""

    def file(self, file: File) -> str:
        """The source text."""
        modules = self._modules(file)
        heading = [f"Generated by matcalc for {self.name}.", *([""] if file.lines else []), *file.lines]
        parts = ['"""' + "\n".join(heading) + f'\n"""\n\n{self._imports(modules, len(file.function.results) > 1)}']
        parts += [*file.helpers.values(), *map(_application, file.applications), *self._functions(file)]
        if file.trial is not None:
            check = (
                self._check(file.trial, file.function, modules) if isinstance(file.trial, Trial) else [f'print("{file.trial}")']
            )
            parts.append('if __name__ == "__main__":\n' + "\n".join(f"    {line}" if line else "" for line in check))
        return "\n\n\n".join(parts) + "\n"

    def _modules(self, file: File) -> frozenset[str]:
        """Modules to load besides the library."""
        found = {*file.imports, *(self.needs[name] for name in file.helpers if name in self.needs)}
        return frozenset(
            found.union(module for module in self.named for source in file.helpers.values() if f"{module}." in source)
        )

    def _imports(self, modules: Iterable[str], several: bool) -> str:
        lines = [f"import {module}" for module in sorted(modules) if module in _STANDARD]
        lines += ["from collections import namedtuple"] if several else []
        third = sorted({self.imported, *(f"import {module}" for module in modules if module not in _STANDARD)})
        return "\n".join([*lines, *([""] if lines else []), *third])

    # ------------------------------------------------------------ functions

    def conversions(self, scalars: Sequence[str], like: str | None) -> list[str]:
        """Statements that make arrays of scalar arguments."""
        return []

    def _functions(self, file: File) -> list[str]:
        """The function; where it is mapped, that of one place along the leading axis before it."""
        function, mapped = file.function, file.mapped
        if not mapped:
            return [self._function(function)]
        one = f"_{function.name}"
        names, values = ", ".join(function.parameters), ", ".join(mapped)
        body = f"return {self.mapping}(lambda {values}: {one}({names}))({values})"
        head = f"def {function.name}({', '.join([*function.parameters, '**unused'])}):"
        return [self._function(replace(function, name=one)), definition(head, [body])]

    def _function(self, function: Function) -> str:
        head = f"def {function.name}({', '.join([*function.parameters, '**unused'])}):"
        return "\n\n\n".join([*self.kind_of_results(function), definition(head, self.lines(function))])

    def kind_of_results(self, function: Function) -> list[str]:
        """The definition of the named tuple that a function with several results returns."""
        fields = " ".join(identifier(key) for key in function.results)
        return [] if len(function.results) == 1 else [f'{function.kind} = namedtuple("{function.kind}", "{fields}")']

    def lines(self, function: Function) -> list[str]:
        """What stands in a function."""
        scalars = [name for name, symbol in function.symbols.items() if not symbol.shape]
        found = [*self.conversions(scalars, function.like), *function.statements]
        lines = without_unused(found, function.results.values())
        if len(function.results) == 1:
            return [*lines, f"return {next(iter(function.results.values()))}"]
        lines += [f"{function.names[key]} = {code}" for key, code in function.results.items() if function.names[key] != code]
        return [*lines, f"return {function.kind}({', '.join(function.names.values())})"]

    # ------------------------------------------------------------ the self check

    def _check(self, trial: Trial, function: Function, modules: frozenset[str]) -> list[str]:
        lines = ["# Compares the outputs with central differences at a random point.", *self.check_imports(modules)]
        lines += ["", *self._function(trial.value).split("\n"), "", *trial.lines]
        lines += [f"sizes = dict({', '.join(f'{name}={number}' for name, number in trial.sizes.items())})"]
        if trial.users:  # sines stand for the user's own functions: the derivative of order k is sin(t + k π/2)
            sines = [f"    {name}=lambda t: {self.module}.sin(t + {order} * np.pi / 2)," for name, order in trial.users.items()]
            lines += ["functions = dict(", *sines, ")"]
        keywords = "**arguments(point), **sizes" + (", **functions" if trial.users else "")
        lines += ["", "", "def arguments(point):", f"    return {{name: {self.given} for name, entry in point.items()}}", "", ""]
        ties = [f'        if last == "{name}":\n            move = {_TIES[tie]}\n' for name, tie in trial.ties]
        lines += _DIFFERENCES.format(ties="".join(ties), keywords=keywords).strip("\n").split("\n")
        lines += ["", "", f"results = {function.name}({keywords}{self.check_keywords(function)})"]
        if len(trial.comparisons) == 1:
            lines.append("results = (results,)")
        return [*lines, *(line for position, one in enumerate(trial.comparisons) for line in _compared(position, one))]

    def check_keywords(self, function: Function) -> str:
        """What a function is called with in a self check besides the arguments of the formula."""
        return ""

    def check_imports(self, modules: frozenset[str]) -> list[str]:
        """What a self check loads besides."""
        return ["import numpy as np"]


def definition(head: str, lines: Iterable[str]) -> str:
    """A function of these lines."""
    return "\n".join([head, *(f"    {line}" for line in lines)])


def _application(application: Application) -> str:
    head = f"def {application.name}({', '.join([*application.bound, application.argument])}):"
    return definition(head, [*application.statements, f"return {application.result}"])


def _compared(position: int, comparison: Comparison) -> list[str]:
    step, tolerance = STEPS[len(comparison.wrt)]
    listed = ", ".join(f'"{name}"' for name in comparison.wrt)
    argument = "" if comparison.argument is None else f'(arguments(point)["{comparison.argument}"])'
    return [
        "",
        f"expected = differences(point, [{listed}], {step})",
        *_laid_out(comparison),
        f'compare("{comparison.key}", results[{position}]{argument}, expected, {tolerance})',
    ]


def _laid_out(comparison: Comparison) -> list[str]:
    """Statements that bring the differences into a layout."""
    form = comparison.form
    lines = []
    if form == "along":
        along = f'point["{comparison.along}"]'
        lines = [f"expected = np.tensordot(expected, {along}, axes=np.ndim({along}))"]
    elif form in ("matrix", "rows"):
        rows = comparison.above or comparison.below[0]
        lines = [f'expected = expected.reshape(int(np.prod(expected.shape[:{rows}])), -1, order="F")']
    turned = form in ("array", "matrix") and comparison.turned
    return [*lines, "expected = expected.T"] if turned else lines
