"""Pullbacks of primary matrix functions (exp, log, square root, powers of a matrix), which have no
entrywise rule.

These cases have a closed form (Higham, Functions of Matrices, 2008, ch. 3):

    tr(f(X))             the derivative is f'(X)'
    tr(C f(X))           the derivative is (C f'(X))' where C commutes with X, being a function of X itself
    f(s A + t B)         with scalars s, t and constants A, B that commute: df = A f'(s A + t B) ds + B f'(s A + t B) dt;
                         of constants that need not commute the Fréchet derivatives in the
                         directions A and B
    X symmetric          f(X + E) - f(X) = Q (L ⊙ Q'EQ) Q' + ..., X = Q diag(λ) Q', L the divided differences of f
    a scalar of f(X)     the derivative is the Fréchet derivative of f at X' in the direction of the cotangent
    a matrix of f(X)     the derivative is the Kronecker form of the Fréchet derivative
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from fractions import Fraction
from functools import cache

from matcalc.base.errors import NotDifferentiableError
from matcalc.base.functions import Function, functions
from matcalc.base.shapes import Shape, sizes_text
from matcalc.base.sizes import Size
from matcalc.einstein.algebra import contract, permuted, transposed
from matcalc.einstein.linear import YES, add, content, scale, terms_of
from matcalc.einstein.lowered import with_cols, with_rows
from matcalc.einstein.lowering import lower, lowered_over
from matcalc.einstein.nodes import Apply, Contraction, Sum, Symbol, Tensor, is_symmetric, postorder, sizes_in
from matcalc.einstein.substitution import apply, matrix_factors, substituted
from matcalc.expr.nodes import Expr, Symbol as ExprSymbol, postorder as nodes_of
from matcalc.language import elaborate
from matcalc.language.build.table_functions import signature_of
from matcalc.rules.entrywise import entry_rules

AT_SYMMETRIC = "symmetric value"
"""A fact about a variable whose entries are varied freely around a symmetric matrix."""

Contribution = tuple[Tensor, tuple[Fraction, Tensor]]
Labels = tuple[int, ...]


def primary_pullback(
    node: Apply, cotangent: Tensor, root: int, depends: Set[Tensor], again: bool = False
) -> Iterator[Contribution]:
    """What a primary matrix function passes on to its argument; in a form that can be
    differentiated ``again`` where that is to follow, without divided differences.

    Raises NotDifferentiableError outside these cases.
    """
    function, argument = functions()[node.function], node.arguments[0]
    parameters = [other for other in node.arguments[1:] if other in depends]
    if function.frechet and root and (apart := _apart(cotangent, root)) is not None:
        outer, inner = apart
        for operand, (factor, passed) in primary_pullback(node, inner, 0, depends, again):
            yield operand, (factor, _outer(outer, passed))
        return
    if function.adjoints and (not root or _of_cotangent_alone(function)):
        yield from _by_adjoints(function, node, cotangent, depends)
        return
    if argument.order > 2:
        yield argument, _of_each(function, node, cotangent, root, parameters)
        return
    if function.jacobians and not function.derivative and (root or not function.adjoints):
        yield from _by_jacobians(function, node, cotangent, root, depends)
        return
    if function.adjoints:
        called = f"{function.name}({', '.join(function.parameters)})"
        raise NotDifferentiableError(
            f"the derivative of {called} has no closed form here", expected=f"a first derivative of a scalar of {called}"
        )
    if not function.derivative or (parameters and not function.by_parameter):
        raise _no_second(function)
    if parameters:
        slope = _instance(function, function.by_parameter, node)
        yield parameters[0], (YES, _contracted(cotangent, root, (0, 1), [slope], [(0, 1)], ()))
    if argument in depends or not parameters:
        yield from _of_argument(function, node, cotangent, root, depends, again)


def _by_jacobians(function: Function, node: Apply, cotangent: Tensor, root: int, depends: Set[Tensor]) -> Iterator[Contribution]:
    """By the formulas of the table for the derivative of a vector by vectors, of matrices by their
    vec's."""
    signature = signature_of(function)
    value = signature.result
    if node.order > len(value):
        raise NotDifferentiableError(f"the derivative of {function.name} under a sum has no closed form here")
    formulas = dict(function.jacobians)
    for place, (name, axes) in enumerate(signature.parameters.items()):
        argument = node.arguments[place]
        if argument in depends and function.frechet and _multiples(argument, depends):
            yield from _in_directions(function, node, cotangent, root, depends, place)
        elif argument in depends:
            if name not in formulas:
                raise _no_second(function)
            slope = _instance(function, formulas[name], node, groups=(axes[::-1], value[::-1]))
            own = tuple(range(node.order))
            other = tuple(range(node.order, node.order + argument.order))
            yield argument, (YES, _contracted(cotangent, root, own, [slope], [other[::-1] + own[::-1]], other))


def _by_adjoints(function: Function, node: Apply, cotangent: Tensor, depends: Set[Tensor]) -> Iterator[Contribution]:
    """By the formulas of the table, which take the derivative of a scalar by the value."""
    formulas = dict(function.adjoints)
    factor, direction = content(cotangent)
    for name, argument in zip(function.parameters, node.arguments, strict=True):
        if argument in depends:
            if name not in formulas:
                raise _no_second(function)
            yield argument, (factor, _instance(function, formulas[name], node, direction))


def _of_argument(
    function: Function, node: Apply, cotangent: Tensor, root: int, depends: Set[Tensor], again: bool
) -> Iterator[Contribution]:
    """The cases, the closest form first."""
    argument = node.arguments[0]
    traced, terms = _traced(cotangent, root), _multiples(argument, depends)
    if traced is not None:
        yield argument, (YES, _contracted(traced, root, (), [_slope(function, node)], [(1, 0)], (0, 1)))
    elif not root and _commutes(cotangent, argument):
        yield argument, (YES, _contracted(cotangent, root, (2, 1), [_slope(function, node)], [(2, 0)], (0, 1)))
    elif _commuting(terms, depends):
        for operand, coefficient, rest in _directions(terms, depends):  # tr(G' R f'(X))
            along = _contracted(cotangent, root, (0, 2), [rest, _slope(function, node)], [(0, 1), (1, 2)], ())
            yield operand, (coefficient, along)
    elif terms and root and function.frechet:
        yield from _in_directions(function, node, cotangent, root, depends)
    elif function.divided and not again and _symmetric_value(argument):
        yield argument, (YES, _divided(function, node, cotangent, root))
    elif function.frechet and not root:
        yield argument, _in_direction(function.frechet, node, cotangent)
    else:
        yield from _by_jacobians(function, node, cotangent, root, depends - set(node.arguments[1:]))


def _in_directions(
    function: Function, node: Apply, cotangent: Tensor, root: int, depends: Set[Tensor], place: int = 0
) -> Iterator[Contribution]:
    """By Fréchet derivatives in the directions of an argument in which only scalars vary; in those
    behind the first a Fréchet derivative is linear."""
    terms = _multiples(node.arguments[place], depends)
    for operand, coefficient, rest in _directions(terms, depends):
        front = (*node.arguments[: max(place, 1)], rest)
        given = (*front, *node.arguments[place + 1 :])
        moved = apply(function.name if place else function.frechet, given, node.shape)
        yield operand, (coefficient, _contracted(cotangent, root, (0, 1), [moved], [(0, 1)], ()))


def _apart(cotangent: Tensor, root: int) -> tuple[Tensor, Tensor] | None:
    """The factors of a cotangent with axes of the root alone and with axes of the node alone, as of
    a scalar between them; None where a factor has both."""
    factor, core = content(cotangent)
    if not isinstance(core, Contraction):
        return None
    own, parts = set(core.output[root:]), list(zip(core.operands, core.indices))
    while grown := {label for _, index in parts if own & set(index) for label in index} - own:
        own |= grown
    if own & set(core.output[:root]):
        return None
    sizes = dict(enumerate(core.sizes))
    outer = [(operand, index) for operand, index in parts if not own & set(index)]
    inner = [(operand, index) for operand, index in parts if own & set(index)]
    made = [
        contract([operand for operand, _ in group], [index for _, index in group], output, sizes)
        for group, output in ((outer, core.output[:root]), (inner, core.output[root:]))
    ]
    return scale(factor, made[0]), made[1]


def _outer(left: Tensor, right: Tensor) -> Tensor:
    """The products of the entries of one tensor with those of another."""
    labels = tuple(range(left.order + right.order))
    sizes = dict(enumerate(left.shape + right.shape))
    return contract([left, right], [labels[: left.order], labels[left.order :]], labels, sizes)


def _contracted(
    cotangent: Tensor, root: int, own: Labels, operands: Sequence[Tensor], indices: Sequence[Labels], output: Labels
) -> Tensor:
    """The cotangent, with labels ``own`` for its axes behind those of the root, times others; the
    axes of the root stay in front."""
    outer = tuple(range(-root, 0))
    sizes: dict[int, Size] = dict(zip((*outer, *own), cotangent.shape))
    for operand, index in zip(operands, indices):
        sizes |= dict(zip(index, operand.shape))
    return contract([cotangent, *operands], [(*outer, *own), *indices], (*outer, *output), sizes)


def _of_each(
    function: Function, node: Apply, cotangent: Tensor, root: int, parameters: Sequence[Tensor]
) -> tuple[Fraction, Tensor]:
    """The cotangent of a batch of matrices, of a function of each: of a trace where f' = f, else by
    Fréchet derivatives.

    Raises NotDifferentiableError for second derivatives and where a parameter varies.
    """
    argument, lead = node.arguments[0], node.order - 2
    if root or not function.frechet or parameters:
        raise NotDifferentiableError(
            f"the derivative of {_shown(function)} under a sum has no closed form here",
            expected=f"a first derivative of a scalar of {_shown(function)}",
        )
    traced = _traced(cotangent, root) if function.derivative == f"{function.name}(X)" else None
    labels = tuple(range(node.order))
    turned = (*labels[:lead], lead + 1, lead)
    if traced is not None:
        return YES, _contracted(traced, root, labels[:lead], [node], [turned], labels)
    factor, direction = content(cotangent)
    return factor, apply(function.frechet, (permuted(argument, turned), direction, *node.arguments[1:]), node.shape)


def _no_second(function: Function) -> NotDifferentiableError:
    """The error for the derivative of a function that only derivatives bring in, which says where
    it comes from."""
    owners = [_shown(owner) for owner in functions().values() if function.name in _brought_in(owner)]
    origin = f" ({function.name} stands in derivatives of {' or '.join(owners)})" if owners else ""
    return NotDifferentiableError(f"the derivative of {function.name} has no closed form here{origin}")


def _brought_in(function: Function) -> set[str]:
    """The functions that may stand in the derivative of another, and not in what was asked for."""
    rule = entry_rules().get(function.name)
    factors = [factor.function for _, product in rule.terms for factor in product] if rule is not None else []
    return {function.frechet, function.divided, *(["eigvecs"] if function.divided else []), *factors} - {"", function.name}


def _shown(function: Function) -> str:
    """A function as it is written."""
    written = {"matrix_power": "X^k with a symbolic k", "spectral_norm": "norm(X, spectral)", "nuclear_norm": "norm(X, nuclear)"}
    return written.get(function.name, f"{function.name}(X)")


def _in_direction(function: str, node: Apply, cotangent: Tensor) -> tuple[Fraction, Tensor]:
    """The adjoint of a Fréchet derivative of or at ``node``, with the number in front of the
    cotangent outside."""
    argument, parameters = node.arguments[0], [other for other in node.arguments[1:] if not other.order]
    factor, direction = content(cotangent)
    return factor, apply(function, (transposed(argument), direction, *parameters), argument.shape)


def _traced(cotangent: Tensor, root: int) -> Tensor | None:
    """The cotangent without its last two axes, when it is a multiple of the identity in them."""
    if isinstance(cotangent, Sum):
        parts = [(coefficient, _traced(term, root)) for coefficient, term in cotangent.terms]
        kept = [(coefficient, part) for coefficient, part in parts if part is not None]
        return add(kept, cotangent.shape[:-2]) if len(kept) == len(parts) else None
    if not isinstance(cotangent, Contraction):
        return None
    *front, label, last = cotangent.output
    if label != last or any(label in index for index in (front, *cotangent.indices)):
        return None
    sizes = {other: size for other, size in enumerate(cotangent.sizes) if other != label}
    return contract(cotangent.operands, cotangent.indices, tuple(front), sizes)


def _commutes(cotangent: Tensor, argument: Tensor) -> bool:
    """Whether the transpose of the cotangent is visibly a function of the argument; in a symmetric
    one, whether the cotangent is."""
    return _is_function_of(transposed(cotangent), argument) or (
        _symmetric_value(argument) and _is_function_of(cotangent, argument)
    )


def _is_function_of(tensor: Tensor, argument: Tensor) -> bool:
    """Whether a matrix is made of another by sums, products, inverses and primary functions
    alone."""
    todo, seen = [tensor], {argument}
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        inner: Sequence[Tensor] | None = _factors_of_product(node) if isinstance(node, Contraction) else None
        if isinstance(node, Sum) or (isinstance(node, Apply) and _is_primary(node)):
            inner = node.below if isinstance(node, Sum) else node.below[:1]
        if inner is None or node in inner:
            return False
        todo.extend(inner)
    return True


def _is_primary(node: Apply) -> bool:
    return node.function == "inv" or bool(functions()[node.function].derivative and node.order == 2)


def _factors_of_product(node: Contraction) -> list[Tensor] | None:
    """The matrices of a matrix product, each turned as it stands there; the identity has none, and
    None is no product."""
    path = matrix_factors(node)
    if path is None:
        return None
    return [operand if forward else _turned(operand) for operand, forward in path]


def _turned(operand: Tensor) -> Tensor:
    """The transpose, of a function of a matrix the function of its transpose."""
    if isinstance(operand, Apply) and _is_primary(operand):
        return apply(operand.function, (transposed(operand.arguments[0]), *operand.arguments[1:]), operand.shape)
    return transposed(operand)


def _slope(function: Function, node: Apply) -> Tensor:
    """f'(X) as a tensor of the argument's shape."""
    return _instance(function, function.derivative, node)


def _instance(
    function: Function, text: str, node: Apply, cotangent: Tensor | None = None, groups: Sequence[Shape] = ()
) -> Tensor:
    """A formula in the function's parameters, at the arguments of ``node``, and G, the cotangent;
    its rows and its columns as ``groups`` of axes."""
    expression, names = _formula(function, text)
    given = dict(zip(names, (*node.arguments, *((cotangent,) if cotangent is not None else ())), strict=False))
    shapes = signature_of(function).parameters.values()
    lead = node.arguments[0].order - len(next(iter(shapes)))
    front = node.shape[:lead] if cotangent is None else cotangent.shape[: cotangent.order - node.order + lead]
    meant = {str(place): size for place, size in enumerate(front)}
    if groups:
        rows, cols = groups
        formula = with_cols(with_rows(lower(expression), rows), cols).tensor
    else:
        formula = lowered_over(expression, {name: Size.of(name) for name in meant})
    nodes = list(postorder(formula))
    values: dict[Tensor, Tensor] = {symbol: given[symbol.name] for symbol in nodes if isinstance(symbol, Symbol)}
    for shape, argument in zip(shapes, node.arguments, strict=True):
        meant |= {own.name: size for own, size in zip(shape, argument.shape[lead:], strict=True) if own.name is not None}
    sizes = {size: size.replaced(meant) for part in nodes for size in (*part.shape, *sizes_in(part))}
    return substituted(formula, values, sizes)


@cache
def _of_cotangent_alone(function: Function) -> bool:
    """Whether the adjoints are formulas of the derivative by the value and of nothing else, as
    those of linear functions are: then they serve along the axes of any root."""
    return all(
        {node.name for node in nodes_of(_formula(function, text)[0]) if isinstance(node, ExprSymbol)} <= {"G"}
        for _, text in function.adjoints
    )


@cache
def _formula(function: Function, text: str) -> tuple[Expr, tuple[str, ...]]:
    signature = signature_of(function)
    given = signature.parameters | ({"G": signature.result} if function.adjoints else {})
    declared = "; ".join([f"{name}: {sizes_text(shape) or 'scalar'}" for name, shape in given.items()])
    if function.requires:
        declared = declared.replace(f"{function.parameters[0]}: n×n", f"{function.parameters[0]}: n×n {function.requires}", 1)
    return elaborate(text, declared).expression, (*function.parameters, "G")


Terms = tuple[tuple[Fraction, Tensor], ...]


def _multiples(argument: Tensor, depends: Set[Tensor]) -> Terms:
    """The terms of an argument in which only scalars vary, beside constant matrices; empty when a
    matrix varies."""
    terms = terms_of(argument)
    return terms if all(_is_multiple(term, depends) for _, term in terms) else ()


def _is_multiple(term: Tensor, depends: Set[Tensor]) -> bool:
    if term not in depends:
        return True
    return isinstance(term, Contraction) and all(
        not index or operand not in depends for operand, index in zip(term.operands, term.indices)
    )


def _commuting(terms: Terms, depends: Set[Tensor]) -> bool:
    """Whether the constant matrices of the terms visibly commute: all are functions of one of
    them."""
    matrices = [_matrix(term) for _, term in terms]
    return len(terms) == 1 or any(all(_is_function_of(other, base) for other in matrices) for base in matrices)


def _matrix(term: Tensor) -> Tensor:
    """A term without its scalar factors."""
    if not isinstance(term, Contraction):
        return term
    kept = [(operand, index) for operand, index in zip(term.operands, term.indices) if index]
    return contract([operand for operand, _ in kept], [index for _, index in kept], term.output, dict(enumerate(term.sizes)))


def _directions(terms: Terms, depends: Set[Tensor]) -> Iterator[tuple[Tensor, Fraction, Tensor]]:
    """Each scalar factor of a term that varies, with the number of the term and the rest of it: the
    derivative of the term by it."""
    for coefficient, term in terms:
        if isinstance(term, Contraction) and term in depends:
            for place in [place for place, operand in enumerate(term.operands) if operand in depends]:
                others = [*term.operands[:place], *term.operands[place + 1 :]]
                around = [*term.indices[:place], *term.indices[place + 1 :]]
                yield term.operands[place], coefficient, contract(others, around, term.output, dict(enumerate(term.sizes)))


def _symmetric_value(argument: Tensor) -> bool:
    symbols = {node for node in postorder(argument) if isinstance(node, Symbol) and AT_SYMMETRIC in node.properties}
    values: dict[Tensor, Tensor] = {s: Symbol(s.name, s.sizes, (s.properties - {AT_SYMMETRIC}) | {"symmetric"}) for s in symbols}
    return is_symmetric(substituted(argument, values))


def _divided(function: Function, node: Apply, cotangent: Tensor, root: int) -> Tensor:
    """``Q (L ⊙ (Q' G Q)) Q'`` for the cotangent G."""
    argument = node.arguments[0]
    vectors = apply("eigvecs", (argument,), argument.shape)
    differences = apply(function.divided, (argument,), argument.shape)
    operands = [vectors, vectors, differences, vectors, vectors]
    return _contracted(cotangent, root, (0, 1), operands, [(0, 2), (1, 3), (2, 3), (4, 2), (5, 3)], (4, 5))
