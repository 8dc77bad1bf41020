"""Code for NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from matcalc.codegen.emission import is_view
from matcalc.codegen.operations import Op
from matcalc.codegen.targets.array_libraries import ArrayLibrary, index_names
from matcalc.codegen.targets.target import Step, Target, Text, Writer
from matcalc.evaluation.arrays import numeric

_HELPERS = {
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
    result = np.zeros((size, rows, size, cols), dtype=matrix.dtype)
    np.einsum("iaib->iab", result)[...] = matrix
    return result.reshape(size * rows, size * cols)
''',
    "kron_eye": '''
def _kron_eye(matrix, size):
    """kron(matrix, eye(size)), only the diagonals of the blocks written."""
    rows, cols = matrix.shape
    result = np.zeros((rows, size, cols, size), dtype=matrix.dtype)
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
    found = np.copysign(_ERF[place] + _ERF_SLOPE[place]*d*(1 - s + (2*s*s - d*d)/3), t)
    return found.astype(np.result_type(t, 1.0))


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
    "pattern": '''
def _pattern(mask):
    """Rows, columns and values of the entries that a sparse matrix stores."""
    stored = scipy.sparse.coo_array(mask).tocsr().tocoo()
    return stored.row, stored.col, 1.0*stored.data
''',
    "sampled": '''
def _sampled(left, right, rows, cols):
    """The entries of a product of matrices at these places, and none of its others."""
    result = np.empty(len(rows), dtype=np.result_type(left, right))
    turned, step = np.ascontiguousarray(right.T), 1 + 2**16 // left.shape[1]
    for k in range(0, len(rows), step):
        here = slice(k, k + step)
        result[here] = np.einsum("ij,ij->i", left[rows[here]], turned[cols[here]])
    return result
''',
    "at": '''
def _at(array, rows, cols):
    """The entries of a matrix at these places; of a sparse one, 0 where it stores none."""
    if scipy.sparse.issparse(array):
        return np.asarray(scipy.sparse.csr_matrix(array)[rows, cols]).reshape(-1)
    return array[rows, cols]
''',
    "times": '''
def _times(values, rows, cols, dense, length):
    """The sparse matrix with these entries, times an array."""
    return scipy.sparse.csr_array((values, (rows, cols)), shape=(length, len(dense))) @ dense
''',
    "totals": '''
def _totals(values, places, length):
    """The sums of the values that have the same place."""
    return np.bincount(places, values, length).astype(values.dtype)
''',
    "sparse_array": """
def _sparse_array(values, rows, cols, shape):
    return scipy.sparse.csr_array((values, (rows, cols)), shape=shape)
""",
    "into": '''
def _into(function, array):
    """The function of an array that nothing else holds, in its memory where the values have its type."""
    return function(array, out=array if array.dtype.kind == "f" else None)
''',
    "softmax": """
def _softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    e /= np.sum(e, axis=axis, keepdims=True)
    return e
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
    square, identity = A @ A, np.eye(len(A), dtype=A.dtype)
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


class _NumPy(ArrayLibrary):
    """The library of the evaluator. Arrays are written to where that saves making new ones."""

    name = "numpy"
    module = "np"
    imported = "import numpy as np"
    given = "np.asarray(entry)"
    evaluates = True
    reuses_memory = True
    asks_for_guides = False
    helpers = _HELPERS
    parts: Mapping[str, str] = MappingProxyType({"detached": "np.max(size)", "dim": "axis", "polynomial": "np.polynomial"})

    named = ("math", "scipy.special", "scipy.sparse")

    def note_import(self, code: str, writer: Writer) -> None:
        """SciPy, for special functions that NumPy lacks."""
        if code.startswith("scipy.special."):
            writer.imports.setdefault("scipy.special")

    def _map(self, step: Step) -> Text:
        return self._in_its_memory(step, super()._map(step))

    def _sqrt(self, step: Step) -> Text:
        return self._in_its_memory(step, super()._sqrt(step))

    def _in_its_memory(self, step: Step, text: Text) -> Text:
        """A function of NumPy of a new matrix, which takes its memory: large arrays cost more to
        make than to fill. It calls what a function of the table is by itself."""
        function, _, rest = text.code.partition("(")
        if not step.in_place or step.op.order < 2 or len(step.codes) > 1 or not function.startswith("np."):
            return text
        assert rest == f"{step.first.code})"
        return Text(f"{step.writer.helper('into')}({function}, {rest}")

    def _add_diagonal(self, step: Step) -> Text:
        if not step.in_place:
            return super()._add_diagonal(step)
        return Text(f"{step.writer.helper('add_diagonal')}({', '.join(step.codes)})")

    def _on_diagonal(self, step: Step) -> Text:
        places = step.op.data
        indices = f'"{index_names(places)}->{index_names(range(max(places) + 1))}"'
        block = step.operands[-1].code
        if len(step.operands) == 1:
            return Text(f"{step.helper}({indices}, {block}, {self._tuple(step)})")
        fresh = step.first.code if step.in_place else f"np.array({step.first.code})"
        return Text(f"{step.writer.helper('add_on_diagonal')}({indices}, {block}, {fresh})")

    def _kron(self, step: Step) -> Text:
        (left, right), codes = step.op.operands, step.codes
        if left.kind == "eye":
            return Text(f"{step.writer.helper('eye_kron')}({step.writer.size(left.shape[0])}, {codes[1]})")
        if right.kind == "eye":
            return Text(f"{step.writer.helper('kron_eye')}({codes[0]}, {step.writer.size(right.shape[0])})")
        return Text(f"np.kron({codes[0]}, {codes[1]})")

    def to_host(self, value: Text) -> Text:
        """A number of NumPy would make double precision of single."""
        return Text(f"float({value.code})")

    def own_memory(self, op: Op, text: Text) -> str:
        """A copy of what is a part of an argument, or cannot be written to."""
        return f"np.array({text.code})" if is_view(op) else text.code

    def check_imports(self, modules: frozenset[str]) -> list[str]:
        """The library is there already."""
        return []

    def converter(self) -> Callable[[str, Any], Any]:
        """The evaluator's own."""
        return numeric

    def of_type(self, array: Any, others: Sequence[Any]) -> Any:
        """Single precision where they all have that."""
        import numpy as np

        return array.astype(np.result_type(*others, 1.0), copy=False) if others and array.dtype.kind == "f" else array

    def failures(self) -> tuple[type[Exception], ...]:
        """What a call may raise."""
        import numpy as np

        return (np.linalg.LinAlgError, *super().failures())


TARGET: Target = _NumPy()
