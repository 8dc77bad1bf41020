"""The symbolic judgement: whether a tensor is zero for all sizes and values, by its proof normal
form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import cast

from matcalc.base.budgets import PROOF_SHARE, PROOF_WORK, share
from matcalc.base.errors import LimitError
from matcalc.base.sizes import Size
from matcalc.base.traversal import bottom_up
from matcalc.einstein.algebra import contract, elementwise, transposed
from matcalc.einstein.linear import YES, add, delta, is_zero, ones, scale, terms_of
from matcalc.einstein.nodes import (
    Apply,
    Contraction,
    Leaf,
    Map,
    Node,
    Power,
    Sum,
    Symbol,
    Tensor,
    children,
    is_symmetric,
    postorder,
)
from matcalc.einstein.substitution import apply, rebuilt
from matcalc.einstein.tensor_deduction import is_nonnegative, is_own_square, known, may_vanish, unit_products, unit_sums
from matcalc.rewrite.completion import Completion, reduced
from matcalc.rewrite.distribution import spread
from matcalc.rewrite.matching import Factor, Graph, Rule, as_rule, graph_of
from matcalc.rewrite.matrix_laws import apply_law, matrix_power_law
from matcalc.rewrite.monomials import Monomial, base_and_exponent, joined, monomial, times
from matcalc.rewrite.scalar_laws import by_laws, normal_formula
from matcalc.rules.laws import both_sides, law, law_lines, of_constants, sizes_of_constant, words
from matcalc.rules.rewrites import formula, instantiated

_MOST_NODES = 20_000


def normal_form(tensor: Tensor) -> Tensor:
    """The normal form; equal results mean equal tensors (for all sizes and all values at which both
    are defined).

    Raises LimitError when it would become too large.
    """
    order = postorder(tensor)
    if len(order) > _MOST_NODES:
        raise LimitError("the expression is too large for a proof")
    return bottom_up(order, _built)[tensor]


def _built(node: Tensor, done: Mapping[Tensor, Tensor]) -> Tensor:
    match node := cast("Node", node):
        case Symbol() as symbol:
            return _free_parameters(symbol)
        case Apply(arguments=(argument,)):
            return apply_law(node.function, done[argument], node.shape)
        case Apply(function="matrix_power", arguments=(base, exponent)):
            return matrix_power_law(done[base], done[exponent], node.shape)
        case Leaf() | Sum() | Contraction() | Power() | Map() | Apply():
            return by_laws(node, done)


def _facts_of_diagonal(symbol: Symbol) -> frozenset[str]:
    """What the facts of a diagonal matrix say of the entries on its diagonal."""
    entries = known(symbol).diagonal
    signs = {"positive"} if entries.positive else {"nonnegative"} if entries.nonnegative else set()
    kinds = {"mask"} if entries.bit else {"sign"} if entries.signed else {"integer"} if entries.whole else set()
    return frozenset(signs | kinds)


def _free_parameters(symbol: Symbol) -> Tensor:
    """A diagonal matrix as diag of a free vector, an antisymmetric one as B - B' of a free matrix:
    then no relation is left to know. A symbol that facts leave one value is that value."""
    value = known(symbol).entries.value if symbol.properties else None
    if value is not None:
        return scale(value, ones(symbol.shape))
    if symbol.order != 2:
        return symbol
    if "identity" in known(symbol):
        return delta(symbol.shape[:1])
    if "diagonal" in symbol.properties:
        vector = Symbol(f"diagonal of {symbol.name}", symbol.sizes[:1], _facts_of_diagonal(symbol))
        return contract([vector], [(0,)], (0, 0), {0: symbol.sizes[0]})
    if "antisymmetric" in symbol.properties and not symbol.reduces:
        free = Symbol(f"half of {symbol.name}", symbol.sizes)
        return add([(YES, free), (-YES, transposed(free))], symbol.sizes)
    return symbol


def equations(tensor: Tensor) -> tuple[list[Rule], list[tuple[Tensor, str]]]:
    """(rules of one entry and other rules that need no completion, matrix equations ``E = 0`` that
    may need it)."""
    rules: list[Rule] = []
    matrix: dict[Tensor, str] = {}
    for node in sorted(set(postorder(tensor)), key=lambda node: node.digest):
        rules += _rules(node)
        for zero, name in _matrix_equations(node):
            if not is_zero(zero):
                matrix.setdefault(zero, name)
    for zero, name in _of_constants(tensor):
        matrix.setdefault(zero, name)
    for one, other in _powers_of_one_base(tensor):
        matrix.setdefault(*_equation("powers beside each other", X=children(one)[0], p=children(one)[1], q=children(other)[1]))
    return rules, list(matrix.items())


def _powers_of_one_base(tensor: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Every two powers with symbolic exponents that have the same base."""
    powers = sorted({node for node in postorder(tensor) if _is_symbolic_power(node)}, key=lambda node: node.digest)
    for place, one in enumerate(powers):
        yield from ((one, other) for other in powers[:place] if children(one)[0] is children(other)[0])


def _is_symbolic_power(node: Tensor) -> bool:
    return isinstance(node, Apply) and node.function == "matrix_power"


def _rules(node: Tensor) -> Iterator[Rule]:
    match node := cast("Node", node):
        case Power(base=Sum() as base, exponent=exponent) if exponent < 0:
            yield from _reciprocal(base)
        case Map(function="sin", arguments=(argument,)):
            yield from _of_entries("sine squared", argument)
        case Map(function="sign", arguments=(argument,)) if is_nonnegative(argument):
            yield from _of_entries("nonnegative by its sign", argument)
            yield from _of_entries("sign of 0 or a positive number", argument)
        case Map(function="sign", arguments=(argument,)) if not may_vanish(argument):
            yield from _of_entries("square of a sign", argument)
        case Symbol() if node.reduces and node.order in (1, 2):
            for axis in unit_sums(node):
                labels = tuple(range(node.order))
                left = labels[:axis] + labels[axis + 1 :]
                total = Graph((Factor(node, YES, labels),), left, dict(enumerate(node.shape)))
                yield Rule(total, ones(tuple([node.shape[label] for label in left])), f"the entries of {node.name} sum to one")
        case Apply(function="sqrtm" | "logm", arguments=(argument,)):
            name = _OF_MATRICES[node.function]
            pattern, result = both_sides(name, X=argument)
            yield Rule(graph_of(pattern), normal_form(result), name)
        case Leaf() | Sum() | Contraction() | Power() | Map() | Apply():
            return


_OF_MATRICES = {"sqrtm": "square root of a matrix", "logm": "trace of a logarithm"}


def _of_entries(name: str, argument: Tensor) -> Iterator[Rule]:
    """A law of one entry as a rule; none where its left side, multiplied out, is no pattern."""
    line = law_lines()[name]
    rule = as_rule(instantiated(formula(line.left), {"t": argument}), normal_formula(line.right, argument), name)
    if rule is not None:
        yield rule


def _reciprocal(base: Sum) -> Iterator[Rule]:
    """``lead/base = 1 - (rest of base)/base``, entry by entry, for a leading term without bound
    indices."""
    inverse = Power(base, -YES)
    labels = tuple(range(base.order))
    ranked: list[tuple[tuple[int, int], int]] = []
    for k, (_, term) in enumerate(base.terms):
        factors = monomial(term)
        whole = isinstance(term, Contraction) and (len(factors) < len(term.operands) or len(set(term.output)) < len(term.output))
        if not factors or whole or any(exponent < 0 or exponent.denominator != 1 for exponent in factors.values()):
            continue
        ranked.append(((sum(exponent.numerator for exponent in factors.values()), term.digest), k))
    if not ranked:
        return
    _, place = max(ranked)
    coefficient, lead = base.terms[place]
    rest = add([pair for k, pair in enumerate(base.terms) if k != place], base.shape)
    result = add([(YES, ones(base.shape)), (-YES, spread(elementwise([inverse, rest], base.shape)))], base.shape)
    graph = graph_of(lead)
    pattern = Graph((*graph.factors, graph_of(inverse).factors[0]), graph.output, graph.sizes)
    if graph.output == labels:
        yield Rule(pattern, scale(1 / coefficient, result), "a term over its sum")


# ---------------------------------------------------------------- matrices


def _matrix_equations(node: Tensor) -> Iterator[tuple[Tensor, str]]:
    match node := cast("Node", node):
        case Apply(function="inv", arguments=(argument,)):
            size = node.shape[0]
            for left, right in ((node, argument), (argument, node)):
                product = _spread_product(left, right)
                yield add([(YES, product), (-YES, delta((size,)))], node.shape), "an inverse times its matrix"
        case Symbol() if [size.number for size in node.shape] == [2, 2]:
            yield _equation("Cayley and Hamilton", X=node)
        case Apply(function="matrix_power", arguments=(base, exponent)):
            yield _equation("power beside its base", X=base, p=exponent)
        case Apply(arguments=(argument,)) if node.function in words():
            yield from [_equation(name, X=argument) for name in words()[node.function]]
        case Leaf() | Sum() | Contraction() | Power() | Map() | Apply():
            return


def _of_constants(tensor: Tensor) -> Iterator[tuple[Tensor, str]]:
    """The laws of constant arrays in a tensor, of each size that one has there; those of a
    symmetric matrix of each symbol that is one."""
    nodes = sorted(set(postorder(tensor)), key=lambda node: node.digest)
    arrays = [node for node in nodes if isinstance(node, Apply) and node.function in of_constants()]
    matrices = [node for node in nodes if isinstance(node, Symbol) and node.order == 2 and is_symmetric(node)] if arrays else []
    for node in arrays:
        lengths = sizes_of_constant(node.function, node.shape)
        for name in of_constants()[node.function] if lengths else ():
            wanted = law(name).variables
            for matrix in matrices if wanted else [node]:
                if not wanted or matrix.shape == tuple([size.replaced(lengths) for size in wanted[0].shape]):
                    yield _equation(name, lengths, **dict.fromkeys([variable.name for variable in wanted], matrix))


def _equation(name: str, lengths: Mapping[str, Size] = MappingProxyType({}), /, **values: Tensor) -> tuple[Tensor, str]:
    """What a law says is zero."""
    left, right = both_sides(name, lengths, **values)
    return add([(YES, spread(left)), (-YES, spread(right))], left.shape), name


def _spread_product(left: Tensor, right: Tensor) -> Tensor:
    """The matrix product term by term: taken as a whole, an inverse next to its sum would be
    gone."""
    terms = [(c * d, spread(joined((one, other), left.shape[0]))) for c, one in terms_of(left) for d, other in terms_of(right)]
    return add(terms, (left.shape[0], right.shape[1]))


def built_in(tensor: Tensor) -> list[Rule]:
    """Cancellations that building a contraction does by itself, as rules whose overlaps with others
    still count."""
    rules = []
    for node in sorted(set(postorder(tensor)), key=lambda node: node.digest):
        if isinstance(node, Apply) and node.function == "inv" and not isinstance(node.arguments[0], (Sum, Contraction)):
            size = node.shape[0]
            for pair in ((node, node.arguments[0]), (node.arguments[0], node)):
                factors = tuple([Factor(letter, YES, (k, k + 1)) for k, letter in enumerate(pair)])
                rules.append(
                    Rule(Graph(factors, (0, 2), dict.fromkeys(range(3), size)), delta((size,)), "an inverse times its matrix")
                )
        rules += _products_with_itself(node)
    return rules


def _products_with_itself(node: Tensor) -> Iterator[Rule]:
    """What a matrix times its transpose or itself is: the identity, or the matrix again."""
    if node.order != 2 or not node.reduces:
        return
    for (place, position), sign in sorted(unit_products(node).items()):
        summed, left = node.shape[place], node.shape[1 - place]
        factors = tuple([Factor(node, YES, (1, end) if axis == 0 else (end, 1)) for end, axis in ((0, place), (2, position))])
        identity = scale(Fraction(sign), delta((left,)))
        yield Rule(
            Graph(factors, (0, 2), {0: left, 1: summed, 2: left}), identity, "a matrix whose rows or columns are orthonormal"
        )
    if is_own_square(node, 1, 0):
        factors = (Factor(node, YES, (0, 1)), Factor(node, YES, (1, 2)))
        yield Rule(Graph(factors, (0, 2), dict.fromkeys(range(3), node.shape[0])), node, "a matrix that is its own square")


def full_rank(tensor: Tensor) -> dict[Tensor, Tensor]:
    """Pseudoinverses of matrices whose Gram matrix is inverted somewhere in ``tensor``: there they
    are ``inv(X'X)X'`` or ``X'inv(XX')``."""
    inverted = {
        node.arguments[0] for node in postorder(tensor) if isinstance(node, Apply) and node.function in ("inv", "det", "logdet")
    }
    found: dict[Tensor, Tensor] = {}
    for node in postorder(tensor):
        if isinstance(node, Apply) and node.function == "pinv":
            matrix, turned = node.arguments[0], transposed(node.arguments[0])
            for of_columns, pair in ((True, (turned, matrix)), (False, (matrix, turned))):
                gram = spread(joined(pair, pair[0].shape[0]))
                if gram in inverted:
                    inverse = apply("inv", (gram,), gram.shape)
                    found[node] = joined((inverse, turned) if of_columns else (turned, inverse), node.shape[0])
                    break
    return found


_MOST_ROUNDS = 4


def proves_zero(difference: Tensor, work: int = PROOF_WORK) -> bool:
    """Whether ``difference`` is proved to be zero wherever it is defined. False says only that no
    proof was found.

    Sizes stay symbols and no value is looked at, so a proof holds for all of them. ``work`` limits
    the search, in units of the budget.
    """
    if is_zero(difference):
        return True
    try:
        with share(PROOF_SHARE, work):
            return _proved(difference)
    except LimitError:
        return False


def _proved(difference: Tensor) -> bool:
    left = _normal(difference)
    for _ in range(_MOST_ROUNDS):
        if is_zero(left):
            return True
        rules, matrix = equations(left)
        completion = Completion(rules, built_in(left), matrix)
        left = _settled(left, completion.all_rules)
        while not is_zero(left) and completion.grow():
            left = _settled(left, completion.all_rules)
        if is_zero(left):
            return True
        cleared = _settled(_cleared(left), completion.all_rules)
        if cleared is left:
            return False
        left = cleared
    return is_zero(left)


def _normal(tensor: Tensor) -> Tensor:
    left = normal_form(tensor)
    ranks = full_rank(left)
    if ranks:
        left = normal_form(rebuilt(left, lambda node: ranks.get(node)))
    return left


def _settled(tensor: Tensor, rules: list[Rule]) -> Tensor:
    """Rewrites the tensor, and inside the arguments of its functions too, which may bring new equal
    terms together."""
    return reduced(spread(tensor), rules)


def _cleared(tensor: Tensor) -> Tensor:
    """The tensor times the sums that its terms have as scalar denominators, or as denominators on
    free axes."""
    needed: Monomial = {}
    for _, term in terms_of(tensor):
        for key, exponent in _denominators(term).items():
            needed[key] = min(needed.get(key, exponent), exponent)
    if not needed:
        return tensor
    missing = {key: -exponent for key, exponent in needed.items()}
    return add([(c, spread(times(term, missing))) for c, term in terms_of(tensor)], tensor.shape)


def _denominators(term: Tensor) -> Monomial:
    """Negative powers of sums on free axes, with their exponents."""
    if isinstance(term, Contraction):
        positions = {label: k for k, label in enumerate(term.output)}
        pairs = [
            (operand, tuple([positions.get(label, -1) for label in labels]))
            for operand, labels in zip(term.operands, term.indices)
        ]
    else:
        pairs = [(term, tuple(range(term.order)))]
    found: Monomial = {}
    for operand, where in pairs:
        base, exponent = base_and_exponent(operand)
        if isinstance(operand, Power) and isinstance(base, Sum) and exponent < 0 and -1 not in where:
            found[base, where] = exponent
    return found
