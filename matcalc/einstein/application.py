"""Functions of whole vectors and matrices in normal form: one orientation of the argument, inverses of products taken apart."""

from __future__ import annotations

from matcalc.einstein.algebra import contract, elementwise, power, prefers_transposed, transposed
from matcalc.einstein.linear import MINUS, number, ones, scale
from matcalc.einstein.nodes import Apply, Contraction, Sum, Symbol, Tensor
from matcalc.einstein.tensor_deduction import known
from matcalc.functions import computable
from matcalc.sizes import Shape


def apply(function: str, arguments: tuple[Tensor, ...], shape: Shape) -> Tensor:
    """A function of whole vectors or matrices; a transposition of the argument is moved outside where the function allows it."""
    argument = arguments[0]
    if computable()[function].masks and argument is not ones(argument.shape):
        return elementwise([argument, apply(function, (ones(argument.shape),), shape)], shape)
    if function == "triu":
        return transposed(apply("tril", arguments, shape))
    if computable()[function].symmetry == "kept" and prefers_transposed(argument):
        return transposed(apply(function, (transposed(argument), *arguments[1:]), (shape[1], shape[0])))
    if function in ("det", "logdet", "eigmax") and prefers_transposed(argument):
        return apply(function, (transposed(argument), *arguments[1:]), shape)
    if computable()[function].linear and prefers_transposed(argument):
        return transposed(apply(function, tuple([transposed(part) if part.order else part for part in arguments]), shape))
    if function == "inv":
        simple = _simple_inverse(argument)
        if simple is not None:
            return simple
    result = Apply(function, arguments, shape)
    value = known(result).entries.value if not shape and computable()[function].ranges else None
    return result if value is None else number(value)


def matrix_factors(product: Contraction) -> list[tuple[Tensor, bool]] | None:
    """The factors of a product of matrices from left to right, each with whether it is untransposed; None for any other contraction.

    Scalar factors are left out, and the identity has none. Neither a batch of matrices nor a diagonal of entries, ``A[i,j] B[j,j]``, is a
    product of matrices.
    """
    if product.order != 2:
        return None
    at, end = product.output
    left = [(operand, index) for operand, index in zip(product.operands, product.indices) if index]
    path: list[tuple[Tensor, bool]] = []
    while left:
        here = [k for k, (_, index) in enumerate(left) if at in index]
        if len(here) != 1 or len(left[here[0]][1]) != 2:
            return None
        operand, (first, second) = left.pop(here[0])
        path.append((operand, first == at))
        at = second if first == at else first
    return path if at == end and len(product.sizes) == len(path) + 1 else None


def _simple_inverse(argument: Tensor) -> Tensor | None:
    match argument:
        case Apply(function="inv"):
            return argument.arguments[0]
        case Symbol() | Apply() if argument.reduces and "orthogonal" in known(argument):
            return transposed(argument)
        case Contraction(operands=(), output=(0, 0)):
            return argument
        case Sum(terms=((factor, core),)):
            return scale(1 / factor, apply("inv", (core,), argument.shape))
        case Contraction():
            return _inverse_of_chain(argument)
    return None


def _inverse_of_chain(product: Contraction) -> Tensor | None:
    """``inv(s A B) = inv(B) inv(A) / s`` for square factors; None when the product is not a chain of square matrices."""
    path = matrix_factors(product)
    if path is None or len(set(product.sizes)) > 1 or len(path) < 2 - (len(path) < len(product.operands)):
        return None
    shape = product.shape
    operands: list[Tensor] = [power(o, MINUS) for o, index in zip(product.operands, product.indices) if not index]
    indices: list[tuple[int, ...]] = [() for _ in operands]
    for place, (matrix, forward) in enumerate(reversed(path)):
        operands.append(apply("inv", (matrix,), shape))
        indices.append((place, place + 1) if forward else (place + 1, place))
    return contract(operands, indices, (0, len(path)), dict.fromkeys(range(len(path) + 1), shape[0]))
