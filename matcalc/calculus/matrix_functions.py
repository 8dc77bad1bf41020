"""Pullbacks of primary matrix functions (exp, log, square root, powers of a matrix), which have no entrywise rule.

Five cases have a closed form (Higham, Functions of Matrices, 2008, ch. 3):

    tr(f(X))             the derivative is f'(X)'
    tr(C f(X))           the derivative is (C f'(X))' where C commutes with X, being a function of X itself
    f(s A)               with a scalar s and a constant A: df = A f'(s A) ds
    X symmetric          f(X + E) - f(X) = Q (L ⊙ Q'EQ) Q' + ..., X = Q diag(λ) Q', L the divided differences of f
    a scalar of f(X)     the derivative is the Fréchet derivative of f at X' in the direction of the cotangent
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from matcalc.einstein.algebra import contract, transposed
from matcalc.einstein.application import apply, matrix_factors
from matcalc.einstein.deduction import is_symmetric
from matcalc.einstein.linear import YES, add, content
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Apply, Contraction, Sum, Symbol, Tensor, postorder
from matcalc.einstein.substitution import substituted
from matcalc.errors import NotDifferentiableError
from matcalc.expr.nodes import Expr
from matcalc.expr.nodes import postorder as postorder_of
from matcalc.functions import Function, functions
from matcalc.language import elaborate
from matcalc.sizes import Size

AT_SYMMETRIC = "symmetric value"
"""A fact about a variable whose entries are varied freely around a symmetric matrix."""

Contribution = tuple[Tensor, tuple[Fraction, Tensor]]


def primary_pullback(node: Apply, cotangent: Tensor, root: int, depends: set[Tensor]) -> Iterator[Contribution]:
    """What a primary matrix function passes on to its argument.

    Raises NotDifferentiableError outside the five cases.
    """
    function = functions()[node.function]
    argument = node.arguments[0]
    parameters = [other for other in node.arguments[1:] if other in depends]
    if function.linear and argument not in depends:
        if root:
            raise NotDifferentiableError(f"only scalars of {node.function} have a derivative in closed form")
        yield parameters[0], _in_direction(node.function, argument, cotangent)
        return
    if parameters and function.by_parameter:
        yield parameters[0], (YES, _by_parameter(function, node, cotangent, root))
        if argument not in depends:
            return
    elif parameters or not function.derivative:
        raise NotDifferentiableError(f"the derivative of {node.function} by its parameter or without a rule is not known")
    traced = _traced(cotangent, root)
    if traced is not None:
        outer = tuple(range(-root, 0))
        sizes: dict[int, Size] = dict(zip(outer, cotangent.shape)) | dict(enumerate(argument.shape))
        yield argument, (YES, contract([traced, _slope(function, node)], [outer, (1, 0)], (*outer, 0, 1), sizes))
    elif not root and function.derivative and _commutes(cotangent, argument):
        sizes = dict(enumerate((*argument.shape, argument.shape[0])))
        yield argument, (YES, contract([_slope(function, node), cotangent], [(2, 0), (2, 1)], (0, 1), sizes))
    elif isinstance(argument, Contraction) and _is_multiple(argument, depends):
        yield from _multiple(function, node, argument, cotangent, root, depends)
    elif function.divided and _symmetric_value(argument):
        yield argument, (YES, _divided(function, node, cotangent, root))
    elif function.frechet and not root:
        yield argument, _in_direction(function.frechet, argument, cotangent)
    else:
        raise _no_closed_form(function, root)


def _no_closed_form(function: Function, root: int) -> NotDifferentiableError:
    power = function.name == "matrix_power"
    shown = "X^k" if power else f"{function.name}(X)"
    possible = [f"tr({shown})", f"a scalar of {shown}"] if function.frechet and root else [f"tr({shown})"]
    if function.divided:
        possible.append("a symmetric X (declare it symmetric or positive_definite)")
    return NotDifferentiableError(
        f"the derivative of {shown} {'with a symbolic k ' if power else ''}has no closed form here",
        expected=", ".join([*possible, "or a scalar times a constant matrix as X"]),
        suggestion="a number for k, or expm(k*logm(X))" if power else None,
    )


def _in_direction(function: str, argument: Tensor, cotangent: Tensor) -> tuple[Fraction, Tensor]:
    """The adjoint of a Fréchet derivative, with the number in front of the cotangent outside."""
    factor, direction = content(cotangent)
    return factor, apply(function, (transposed(argument), direction), argument.shape)


def _traced(cotangent: Tensor, root: int) -> Tensor | None:
    """The cotangent without its last two axes, when it is a multiple of the identity in them."""
    if isinstance(cotangent, Sum):
        parts = [(coefficient, _traced(term, root)) for coefficient, term in cotangent.terms]
        if any(part is None for _, part in parts):
            return None
        return add([(coefficient, part) for coefficient, part in parts if part is not None], cotangent.shape[:root])
    if not isinstance(cotangent, Contraction) or cotangent.output[-1] != cotangent.output[-2]:
        return None
    label = cotangent.output[-1]
    if label in cotangent.output[:-2] or any(label in index for index in cotangent.indices):
        return None
    return contract(
        cotangent.operands, cotangent.indices, cotangent.output[:-2], {k: s for k, s in enumerate(cotangent.sizes) if k != label}
    )


def _commutes(cotangent: Tensor, argument: Tensor) -> bool:
    """Whether the transpose of the cotangent is visibly a function of the argument; in a symmetric one, whether the cotangent is."""
    return _is_function_of(transposed(cotangent), argument) or (_symmetric_value(argument) and _is_function_of(cotangent, argument))


def _is_function_of(tensor: Tensor, argument: Tensor) -> bool:
    """Whether a matrix is made of another by sums, products, inverses and primary functions alone."""
    todo, seen = [tensor], {argument}
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        match node:
            case Sum():
                todo.extend(term for _, term in node.terms)
            case Apply() if _is_primary(node):
                todo.append(node.arguments[0])
            case Contraction():
                factors = _factors_of_product(node)
                if factors is None or node in factors:
                    return False
                todo.extend(factors)
            case _:
                return False
    return True


def _is_primary(node: Apply) -> bool:
    return node.function == "inv" or bool(functions()[node.function].derivative and node.order == 2)


def _factors_of_product(node: Contraction) -> list[Tensor] | None:
    """The matrices of a matrix product, each turned as it stands there; the identity has none, and None is no product."""
    path = matrix_factors(node)
    if path is None:
        return None
    factors: list[Tensor] = []
    for operand, forward in path:
        if forward:
            factors.append(operand)
        elif isinstance(operand, Apply) and _is_primary(operand):  # f(X)' = f(X')
            factors.append(apply(operand.function, (transposed(operand.arguments[0]), *operand.arguments[1:]), operand.shape))
        else:
            factors.append(transposed(operand))
    return factors


def _slope(function: Function, node: Apply) -> Tensor:
    """f'(X) as a tensor of the argument's shape."""
    return _instance(function, function.derivative, node)


def _by_parameter(function: Function, node: Apply, cotangent: Tensor, root: int) -> Tensor:
    outer = tuple(range(-root, 0))
    sizes: dict[int, Size] = dict(zip(outer, cotangent.shape)) | dict(enumerate(node.shape))
    return contract([cotangent, _instance(function, function.by_parameter, node)], [(*outer, 0, 1), (0, 1)], outer, sizes)


def _instance(function: Function, text: str, node: Apply) -> Tensor:
    """A formula in the function's parameters, at the arguments of ``node``."""
    expression, names = _formula(function, text)
    parameter = next(size for part in postorder_of(expression) for size in part.shape)
    values: dict[Tensor, Tensor] = {}
    formula = lower(expression).tensor
    for symbol in postorder(formula):
        if isinstance(symbol, Symbol):
            values[symbol] = node.arguments[names.index(symbol.name)]
    return substituted(formula, values, {parameter: node.shape[0]})


@cache
def _formula(function: Function, text: str) -> tuple[Expr, tuple[str, ...]]:
    parameters = function.signature.partition("->")[0]
    names = tuple([part.partition(":")[0].strip() for part in parameters.split(",")])
    return elaborate(text, parameters.replace(",", ";")).expression, names


def _is_multiple(argument: Contraction, depends: set[Tensor]) -> bool:
    return all(not index or operand not in depends for operand, index in zip(argument.operands, argument.indices))


def _multiple(
    function: Function, node: Apply, argument: Contraction, cotangent: Tensor, root: int, depends: set[Tensor]
) -> Iterator[Contribution]:
    outer = tuple(range(-root, 0))
    slope = _slope(function, node)
    row, col, between = len(argument.sizes), len(argument.sizes) + 1, argument.output[1]
    sizes: dict[int, Size] = dict(zip(outer, cotangent.shape)) | dict(enumerate(argument.sizes)) | {row: node.shape[0], col: node.shape[1]}
    for k, operand in enumerate(argument.operands):
        if operand in depends:
            others = [o for j, o in enumerate(argument.operands) if j != k]
            around = [i for j, i in enumerate(argument.indices) if j != k]
            inner = dict(enumerate(argument.sizes))
            rest = contract(others, around, argument.output, inner)
            start, end = argument.output[0], between
            yield (
                operand,
                (YES, contract([cotangent, rest, slope], [(*outer, start, col), (start, end), (end, col)], outer, sizes)),
            )


def _symmetric_value(argument: Tensor) -> bool:
    symbols = {node for node in postorder(argument) if isinstance(node, Symbol) and AT_SYMMETRIC in node.properties}
    values: dict[Tensor, Tensor] = {s: Symbol(s.name, s.sizes, (s.properties - {AT_SYMMETRIC}) | {"symmetric"}) for s in symbols}
    return is_symmetric(substituted(argument, values))


def _divided(function: Function, node: Apply, cotangent: Tensor, root: int) -> Tensor:
    """``Q (L ⊙ (Q' G Q)) Q'`` for the cotangent G."""
    argument = node.arguments[0]
    vectors = apply("eigvecs", (argument,), argument.shape)
    differences = apply(function.divided, (argument,), argument.shape)
    outer = tuple(range(-root, 0))
    size = argument.shape[0]
    sizes: dict[int, Size] = dict(zip(outer, cotangent.shape)) | dict.fromkeys(range(6), size)
    operands = [cotangent, vectors, vectors, differences, vectors, vectors]
    indices = [(*outer, 0, 1), (0, 2), (1, 3), (2, 3), (4, 2), (5, 3)]
    return contract(operands, indices, (*outer, 4, 5), sizes)
