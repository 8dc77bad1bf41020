"""Functions of whole vectors and matrices in normal form: one orientation of the argument, inverses of products taken apart."""

from __future__ import annotations

from fractions import Fraction

from matcalc.einstein.algebra import contract, power, prefers_transposed, transposed
from matcalc.einstein.linear import scale
from matcalc.einstein.nodes import Apply, Contraction, Sum, Symbol, Tensor
from matcalc.functions import functions
from matcalc.sizes import Shape


def apply(function: str, arguments: tuple[Tensor, ...], shape: Shape) -> Tensor:
    """A function of whole vectors or matrices; a transposition of the argument is moved outside where the function allows it."""
    argument = arguments[0]
    if functions()[function].symmetry == "kept" and prefers_transposed(argument):
        return transposed(apply(function, (transposed(argument), *arguments[1:]), (shape[1], shape[0])))
    if function in ("det", "logdet", "eigmax") and prefers_transposed(argument):
        return apply(function, (transposed(argument), *arguments[1:]), shape)
    if functions()[function].linear and prefers_transposed(argument):
        return transposed(apply(function, tuple([transposed(part) for part in arguments]), shape))
    if function == "inv":
        known = _simple_inverse(argument)
        if known is not None:
            return known
    return Apply(function, arguments, shape)


def _simple_inverse(argument: Tensor) -> Tensor | None:
    match argument:
        case Apply(function="inv"):
            return argument.arguments[0]
        case Symbol() if "orthogonal" in argument.properties:
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
    row, col = product.output
    matrices = [k for k, index in enumerate(product.indices) if index]
    if row == col or len(matrices) < 2 - (len(matrices) < len(product.operands)):
        return None
    path: list[tuple[Tensor, bool]] = []
    left = set(matrices)
    at = row
    while left:
        here = [k for k in left if at in product.indices[k]]
        if len(here) != 1 or len(product.indices[here[0]]) != 2 or product.sizes[at] != product.sizes[row]:
            return None
        first, second = product.indices[here[0]]
        path.append((product.operands[here[0]], first == at))
        left.remove(here[0])
        at = second if first == at else first
    if at != col or product.sizes[col] != product.sizes[row] or len(product.sizes) != len(path) + 1:
        return None
    shape = product.shape
    operands: list[Tensor] = [power(o, Fraction(-1)) for o, index in zip(product.operands, product.indices) if not index]
    indices: list[tuple[int, ...]] = [() for _ in operands]
    for place, (matrix, forward) in enumerate(reversed(path)):
        operands.append(apply("inv", (matrix,), shape))
        indices.append((place, place + 1) if forward else (place + 1, place))
    return contract(operands, indices, (0, len(path)), dict.fromkeys(range(len(path) + 1), shape[0]))
