"""Differentiation, entry by entry, in reverse over the tensor DAG.

Every node gets its cotangent: the derivative of the root's entries by the node's entries, with axes
(axes of the root..., axes of the node...). Shared nodes are visited once, so the cost is linear in
the DAG. There is one pullback a node class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, assert_never

from matcalc.base.errors import LimitError, NotDifferentiableError
from matcalc.base.functions import functions
from matcalc.base.lazy import later
from matcalc.base.own_functions import OwnFunction, own_function
from matcalc.base.sizes import Size
from matcalc.einstein.algebra import apply_map, contract, elementwise, power, symbolic_power
from matcalc.einstein.linear import NO, YES, add, delta, is_zero
from matcalc.einstein.nodes import (
    Apply,
    Constant,
    Contraction,
    Leaf,
    Map,
    Node,
    Pairing,
    Power,
    SizeValue,
    Sum,
    Symbol,
    Tensor,
    Unit,
    children,
    is_reciprocal,
    postorder,
)
from matcalc.einstein.substitution import apply, substituted

if TYPE_CHECKING:
    from matcalc.calculus import matrix_functions
    from matcalc.rules import entrywise, rewrites
else:
    rewrites = later("matcalc.rules.rewrites")
    matrix_functions = later("matcalc.calculus.matrix_functions")
    entrywise = later("matcalc.rules.entrywise")


_MOST_FACTORS = 400_000
"""In all terms of the derivative of one product."""


def cotangents(root: Tensor, seed: Tensor, variables: Sequence[Symbol]) -> dict[Symbol, Tensor]:
    """What ``seed``, the cotangent of ``root``, becomes at each of the variables, in one sweep.

    ``seed`` has some axes of its own, then those of ``root``; a result has the same axes of its
    own, then those of its variable. Raises NotDifferentiableError for a function without a
    derivative rule.
    """
    above = seed.shape[: seed.order - root.order]
    found = contributions(root, seed, variables)
    return {variable: add(parts, above + variable.shape) for variable, parts in found.items()}


Fired: TypeAlias = tuple[str, Tensor]
"""A rule that was used, by its name, and the node it was used on. Of a function the name is that
in ``rules/functions.toml``."""


def contributions(
    root: Tensor, seed: Tensor, variables: Sequence[Symbol], fired: list[Fired] | None = None, again: bool = False
) -> dict[Symbol, list[tuple[Fraction, Tensor]]]:
    """The terms of the cotangents: one for every operand that a variable is of the nodes below
    ``root``, in forms that can be differentiated ``again`` where that is to follow. The rules used
    are appended to ``fired``, the outermost first."""
    order = postorder(root)
    asked = set[Tensor](variables)
    depends = set(asked)
    for node in order:
        if not depends.isdisjoint(children(node)):
            depends.add(node)
    above = seed.shape[: seed.order - root.order]
    waiting: dict[Tensor, list[tuple[Fraction, Tensor]]] = {root: [(YES, seed)]} if root in depends else {}
    for node in reversed(order):
        if node not in waiting or node in asked:
            continue
        cotangent = add(waiting.pop(node), above + node.shape)
        if is_zero(cotangent):
            continue
        if fired is not None:
            fired.append((_rule(node, depends), node))
        for child, part in _pullback(node, cotangent, len(above), depends, again):
            waiting.setdefault(child, []).append(part)
    return {variable: waiting.get(variable, []) for variable in variables}


def _rule(node: Node, depends: Set[Tensor]) -> str:
    """The name of the rule by which a node is differentiated."""
    match node:
        case Map() | Apply():
            return node.function
        case Power():
            return "power rule"
        case Contraction(operands=operands):
            varying = [operand for operand in operands if operand in depends]
            if len(varying) < 2:
                return "linearity"
            return "quotient rule" if any(map(is_reciprocal, varying)) else "product rule"
        case Sum() | Leaf():
            return "linearity"


Contribution: TypeAlias = tuple[Tensor, tuple[Fraction, Tensor]]


def _pullback(node: Node, cotangent: Tensor, root: int, depends: Set[Tensor], again: bool) -> Iterable[Contribution]:
    """What ``node`` passes on to each operand that depends on the variable; ``root`` is the order
    of the root."""
    match node:
        case Sum():
            return [(term, (coefficient, cotangent)) for coefficient, term in node.terms if term in depends]
        case Contraction():
            return _of_product(node, cotangent, root, depends)
        case Power(base=base, exponent=exponent):
            slope = add([(exponent, power(base, exponent - 1))], base.shape)
            return [(base, (YES, _times(cotangent, slope, root)))]
        case Map(arguments=(argument,)):
            return [(argument, (YES, _times(cotangent, rewrites.derivative_of(node.function, argument), root)))]
        case Map(function="pow"):
            return _of_symbolic_power(node, cotangent, root, depends)
        case Map():
            return _of_several(node, cotangent, root, depends)
        case Apply() if (own := own_function(node.function)) is not None:
            return _of_own_function(own, node, cotangent, root, depends)
        case Apply() if node.function in entrywise.entry_rules():
            return [(node.arguments[0], (YES, _entrywise(node, cotangent, root)))]
        case Apply():
            return matrix_functions.primary_pullback(node, cotangent, root, depends, again)
        case Symbol() | Constant() | SizeValue() | Unit() | Pairing():
            return ()
        case _:
            assert_never(node)


def _of_product(node: Contraction, cotangent: Tensor, root: int, depends: Set[Tensor]) -> Iterator[Contribution]:
    """To each factor the others."""
    varying = [place for place, operand in enumerate(node.operands) if operand in depends]
    if len(varying) * len(node.operands) > _MOST_FACTORS:
        raise LimitError(
            f"a product in which {len(varying)} of {len(node.operands)} factors depend on the variable",
            suggestion="a symbolic exponent, X^n, or names for parts of the product",
        )
    outer = tuple(range(-root, 0))
    sizes = dict(enumerate(node.sizes)) | dict(zip(outer, cotangent.shape))
    for place in varying:
        others = [*node.operands[:place], *node.operands[place + 1 :]]
        around = [outer + node.output, *node.indices[:place], *node.indices[place + 1 :]]
        yield node.operands[place], (YES, contract([cotangent, *others], around, outer + node.indices[place], sizes))


def _of_symbolic_power(node: Map, cotangent: Tensor, root: int, depends: Set[Tensor]) -> Iterator[Contribution]:
    base, exponent = node.arguments
    if base in depends:
        lowered = symbolic_power(base, add([(YES, exponent), (-YES, power(base, NO))], base.shape))
        yield base, (YES, _times(cotangent, elementwise([exponent, lowered], base.shape), root))
    if exponent in depends:
        yield exponent, (YES, _times(cotangent, elementwise([node, apply_map("log", base)], base.shape), root))


def _of_several(node: Map, cotangent: Tensor, root: int, depends: Set[Tensor]) -> Iterator[Contribution]:
    """To each argument of a function of several numbers its partial derivative."""
    for place, argument in enumerate(node.arguments):
        if argument in depends:
            yield argument, (YES, _times(cotangent, rewrites.partial_of(node.function, place, node.arguments), root))


def _of_own_function(own: OwnFunction, node: Apply, cotangent: Tensor, root: int, depends: Set[Tensor]) -> Iterator[Contribution]:
    """To each argument of a function of the user's own, which has no formula, its derivative by
    that; axes in front of those that the function takes and gives are a batch."""
    batch = node.order - own.order
    labels = tuple(range(node.order))
    for place, argument in enumerate(node.arguments):
        if argument in depends:
            shape, more = argument.shape[batch:], own.axes_by(place)
            added = tuple(range(node.order, node.order + len(shape)))
            axes = (*labels[: batch + more.start], *added, *labels[batch + more.start :])
            known = dict(zip(labels, node.shape)) | dict(zip(added, shape))
            slope = apply(own.derivative(place).name, node.arguments, tuple([known[axis] for axis in axes]))
            outer = tuple(range(-root, 0))
            sizes = known | dict(zip(outer, cotangent.shape))
            indices = [(*outer, *labels), axes]
            yield argument, (YES, contract([cotangent, slope], indices, (*outer, *labels[:batch], *added), sizes))


def _times(cotangent: Tensor, factor: Tensor, root: int) -> Tensor:
    """The cotangent times a tensor of the node's shape, entry by entry."""
    labels = tuple(range(cotangent.order))
    return contract([cotangent, factor], [labels, labels[root:]], labels, dict(enumerate(cotangent.shape)))


def _entrywise(node: Apply, cotangent: Tensor, root: int) -> Tensor:
    """The cotangent contracted with the entrywise rule of the function; leading axes of the
    argument are a batch."""
    rule = entrywise.entry_rules()[node.function]
    argument = node.arguments[0]
    batch_order = argument.order - len(rule.argument)
    outer = tuple(range(-root, 0))
    # rule labels are 0..; batch labels follow after the largest of them
    used = {label for _, factors in rule.terms for factor in factors for label in factor.labels} | set(
        rule.output + rule.argument
    )
    start = max(used) + 1
    batch = tuple(range(start, start + batch_order))
    sizes: dict[int, Size] = dict(zip(outer, cotangent.shape)) | dict(zip(batch, argument.shape))
    sizes |= dict(zip(rule.argument, argument.shape[batch_order:])) | dict(zip(rule.output, node.shape[batch_order:]))
    terms = []
    for coefficient, factors in rule.terms:
        operands: list[Tensor] = [cotangent]
        indices: list[tuple[int, ...]] = [outer + batch + rule.output]
        local = dict(sizes)
        for factor in factors:
            if factor.function == "delta":
                known = next(local[label] for label in factor.labels if label in local)
                operands.append(delta((known,)))
                indices.append(factor.labels)
            else:
                operands.append(_applied(factor.function, node, len(factor.labels)) if factor.function else argument)
                indices.append(batch + factor.labels)
            local |= dict(zip(indices[-1], operands[-1].shape))
        terms.append((coefficient, contract(operands, indices, outer + batch + rule.argument, local)))
    return add(terms, cotangent.shape[:root] + argument.shape)


def _applied(function: str, node: Apply, order: int) -> Tensor:
    """``function`` of the same argument."""
    if function == node.function:
        return node
    argument = node.arguments[0]
    if function in entrywise.definitions():
        variable, formula = entrywise.defined(function)
        if isinstance(formula, Power) and formula.base == variable:
            return power(argument, formula.exponent)  # of each entry, whatever rows or columns there are
        if argument.order != variable.order:
            raise NotDifferentiableError(f"the derivative of {node.function} along rows or columns is not known")
        return substituted(formula, {variable: argument}, dict(zip(variable.shape, argument.shape)))
    known = functions()[function]
    batch = argument.order - known.argument_order
    axes = known.axes_of_value(argument.shape[batch:])
    assert len(axes) == order
    return apply(function, node.arguments, argument.shape[:batch] + axes)
