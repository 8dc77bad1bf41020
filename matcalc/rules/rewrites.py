"""Identities that recognise a short form, and the derivatives of elementwise functions, from the
rule files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import cast

from matcalc.base.errors import NotDifferentiableError
from matcalc.base.files import RuleLine, read, rule_lines
from matcalc.base.functions import functions, spellings
from matcalc.base.own_functions import own_function
from matcalc.base.records import record, replace
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.base.traversal import bottom_up
from matcalc.einstein.algebra import apply_map, broadcast, elementwise, power, symbolic_power, transposed
from matcalc.einstein.linear import MINUS, add, scale
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Apply, Contraction, Leaf, Map, Node, Power, Sum, Symbol, Tensor, postorder
from matcalc.expr.nodes import Expr, postorder as postorder_of
from matcalc.expr.rewriting import symbols_in
from matcalc.language import elaborate

# ------------------------------------------------------------
# Derivatives of the elementwise functions, from the formulas in ``rules/functions.toml``.


@cache
def formula(text: str) -> Tensor:
    """A scalar formula in ``t``, as a scalar tensor."""
    return lower(elaborate(text, {"t": "scalar"}).expression).tensor


@cache
def derivative_formula(function: str) -> Expr:
    """f'(t) as the function table has it."""
    return elaborate(functions()[function].derivative, {"t": "scalar"}).expression


@cache
def matrix_formula(text: str) -> Expr:
    """A formula of a square matrix X."""
    return elaborate(text, {"X": "n×n"}).expression


def derivative_of(function: str, argument: Tensor) -> Tensor:
    """f'(argument), entry by entry. A function that is not in the table is the user's own: its
    derivative is written f'."""
    if function == "exp":
        return apply_map("exp", argument)
    entry = functions().get(function)
    if entry is None:
        return Map(f"{function}'", (argument,))
    return instantiated(formula(entry.derivative), {"t": argument})


def partial_of(function: str, place: int, arguments: tuple[Tensor, ...]) -> Tensor:
    """The derivative of a function of several numbers by one of them, entry by entry. Raises
    NotDifferentiableError when there is none. That of the user's own is written ∂₁f."""
    own = own_function(function)
    if own is not None:
        return apply_map(own.derivative(place).name, *arguments)
    names, text = functions()[function].parameters, functions()[function].partials[place]
    if not text:
        raise NotDifferentiableError(f"{function} has no derivative by its argument {names[place]}")
    return instantiated(_lowered_partial(function, place), dict(zip(names, arguments, strict=True)))


@cache
def _lowered_partial(function: str, place: int) -> Tensor:
    return lower(partial_formula(function, place)).tensor


@cache
def partial_formula(function: str, place: int) -> Expr:
    """The derivative by one of several numbers as the function table has it."""
    names = functions()[function].parameters
    return elaborate(functions()[function].partials[place], dict.fromkeys(names, "scalar")).expression


def instantiated(scalar: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """A scalar formula with its symbols replaced by tensors of one shape, entry by entry."""
    shape = next(iter(values.values())).shape

    def step(node: Tensor, built: Mapping[Tensor, Tensor]) -> Tensor:
        match node := cast("Node", node):
            case Leaf() | Apply():
                return values.get(node.name, node) if isinstance(node, Symbol) else node
            case Sum(terms=terms):
                return add([(c, _spread(built[t], shape)) for c, t in terms], shape)
            case Contraction(operands=operands):
                return elementwise([built[operand] for operand in operands], shape)
            case Power(base=base, exponent=exponent):
                return power(built[base], exponent)
            case Map(function="pow", arguments=(base, raised)):
                return symbolic_power(_spread(built[base], shape), _spread(built[raised], shape))
            case Map(function=function, arguments=arguments):
                return apply_map(function, *[_spread(built[argument], shape) for argument in arguments])

    return _spread(bottom_up(postorder(scalar), step)[scalar], shape)


def _spread(tensor: Tensor, shape: Shape) -> Tensor:
    return tensor if tensor.shape == shape else broadcast(tensor, shape)


# ------------------------------------------------------------
# Loads ``rules/rewrites.rules``: identities that recognise a short form, used from left to right.


@record
class Rewrite:
    """Pattern and replacement, with the symbols that stand for anything."""

    name: str
    left: Tensor
    right: Tensor
    wildcards: frozenset[Tensor]


def rewrite_lines(file: str = "rewrites.rules") -> list[RuleLine]:
    """The lines of the file, split into their fields.

    Raises ValueError for a line that is not of the form ``name | variables | left = right |
    source``.
    """
    return rule_lines(file, read("rules", file))


@cache
def lines_by_functions(file: str = "rewrites.rules") -> list[tuple[frozenset[str], RuleLine]]:
    """The lines with the functions on their left sides: without them in a formula a line cannot
    match."""
    return [(functions_in(line.left), line) for line in rewrite_lines(file)]


def functions_in(text: str) -> frozenset[str]:
    """The functions in a formula that have a node of their own in index notation."""
    words = re.findall(r"[a-z]+(?=\()", text)
    names = [spellings()[word] for word in words if word not in _STRUCTURAL and word in spellings()]
    return frozenset(name for name in names if name not in functions() or not functions()[name].definition)


_STRUCTURAL = frozenset({"sum", "diag"})


@cache
def rewrites(line: RuleLine) -> tuple[Rewrite, ...]:
    """The parsed rule; a rule in a scalar ``t`` is given for tensors of order 0, 1 and 2.

    Raises ValueError when the right side has another shape, an unbound name, or is not shorter.
    """
    rules = _parsed(line)
    if any(_size(rule.right) >= _size(rule.left) for rule in rules[:1]):
        raise ValueError(f"rewrite {line.name!r}: the right side is not shorter, so rewriting might not end")
    return rules


@cache
def shown_rewrites(line: RuleLine) -> tuple[Rewrite, ...]:
    """The parsed rule of ``shown.rules``; of a sum it says what the opposite and the transpose are,
    too."""
    rules = _parsed(line)
    sums = [rule for rule in rules if isinstance(rule.left, Sum)]
    turned = [replace(rule, left=transposed(rule.left), right=transposed(rule.right)) for rule in sums if rule.left.order == 2]
    sums = list(dict.fromkeys([*sums, *turned]))
    opposites = [replace(rule, left=scale(MINUS, rule.left), right=scale(MINUS, rule.right)) for rule in sums]
    return tuple(dict.fromkeys([*rules, *sums, *opposites]))


@cache
def kinds_of(line: RuleLine) -> frozenset[type]:
    """The classes of the nodes on the left side of a line."""
    return frozenset(map(type, postorder_of(elaborate(line.left, line.variables).expression)))


def _parsed(line: RuleLine) -> tuple[Rewrite, ...]:
    left = elaborate(line.left, line.variables)
    right = elaborate(line.right, line.variables)
    unbound = symbols_in(right.expression).keys() - symbols_in(left.expression).keys()
    if unbound:
        raise ValueError(
            f"rewrite {line.name!r}: the right side uses {', '.join(sorted(unbound))}, which the left side does not bind"
        )
    if left.expression.shape != right.expression.shape:
        raise ValueError(f"rewrite {line.name!r}: the two sides have different shapes")
    pattern, replacement = lower(left.expression).tensor, lower(right.expression).tensor
    symbols = [node for node in postorder(pattern) if isinstance(node, Symbol)]
    if pattern.order == 0 and [symbol.order for symbol in symbols] == [0]:
        return tuple([_entrywise(line.name, symbols[0], pattern, replacement, order) for order in (0, 1, 2)])
    return (Rewrite(line.name, pattern, replacement, frozenset(symbols)),)


def _size(tensor: Tensor) -> tuple[int, int]:
    """The number of functions, then of all nodes."""
    nodes = postorder(tensor)
    return sum(isinstance(node, (Map, Apply)) for node in nodes), len(nodes)


def _entrywise(name: str, symbol: Symbol, pattern: Tensor, replacement: Tensor, order: int) -> Rewrite:
    wildcard = Symbol(symbol.name, tuple([Size.of(size) for size in ("m", "n")[:order]]))
    values = {symbol.name: wildcard}
    return Rewrite(name, instantiated(pattern, values), instantiated(replacement, values), frozenset({wildcard}))
