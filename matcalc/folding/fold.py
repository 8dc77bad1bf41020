"""Folding: index expressions become the shortest closed matrix form, from the leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import inf, prod
from typing import TYPE_CHECKING, assert_never

from matcalc.base.functions import Function, function_called
from matcalc.base.lazy import later
from matcalc.base.own_functions import own_function
from matcalc.base.records import replace
from matcalc.base.sizes import ONE
from matcalc.calculus.simplification import alternatives
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import permuted, transposed, unbroadcast
from matcalc.einstein.linear import NO, YES, rational_power, value_of
from matcalc.expr.nodes import (
    Call,
    Commutation,
    Elementwise,
    Expr,
    Inverse,
    Kronecker,
    MatrixPower,
    Negative,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Symbol,
    Transpose,
    Zeros,
    children,
    postorder,
)
from matcalc.folding.build import cost, hadamard, is_own_transpose, merges_columns, product, raised, transpose
from matcalc.folding.graph import Graph, square_root_chain
from matcalc.folding.matrix_terms import Chain, Forms, Place, ReadingOrder, Term, as_term, expression_of, leaf, merged_scalars
from matcalc.folding.sums import combined
from matcalc.rewrite.distribution import without_deep_sums
from matcalc.rules.fold_forms import fold_forms

if TYPE_CHECKING:
    from matcalc.folding import kronecker_forms, pairings
else:
    kronecker_forms, pairings = later("matcalc.folding.kronecker_forms"), later("matcalc.folding.pairings")


def fold(tensor: ix.Tensor, split: int, reading_order: Mapping[str, int], cost: Callable[[Expr], int] = cost) -> Expr | None:
    """The closed matrix form of a tensor, or None when there is none.

    The first ``split`` axes together are the rows, the others the columns; of two axes in a group
    the first runs slowly, as in ``kron``. ``reading_order`` ranks the symbols by their place in the
    user's input; of several forms the one of least ``cost`` is taken.
    """
    folder = Folder(ReadingOrder(reading_order, cost))
    best = shortest(folder, tensor, split)
    if best is not None and merges_columns(best):
        folder.weighing, folder.terms, folder.forms = True, {}, {}
        best = min(best, shortest(folder, tensor, split) or best, key=folder.order.cost)
    if best is not None and best.is_matrix and _may_gain(best) and not is_own_transpose(best):
        turned = shortest(folder, permuted(tensor, (*range(split, tensor.order), *range(split))), tensor.order - split)
        if turned is not None and cost(turned) + _WORTH_TURNING < cost(best):
            return _turned(turned)
    return best


def fold_entrywise(tensor: ix.Tensor, reading_order: Mapping[str, int]) -> Expr | None:
    """The form of a tensor of order 3 or 4 that is made entry by entry of such tensors and scalars;
    None for another one."""
    folder = Folder(ReadingOrder(reading_order))
    forms = [form for candidate in alternatives(tensor) if (form := folder.folded(candidate)) is not None]
    return min(forms, key=cost) if forms else None


def _times(one: Fraction, other: Fraction) -> Fraction:
    """The product; most factors are 1."""
    return other if one is YES else one if other is YES else one * other


def _may_gain(expression: Expr) -> bool:
    """Whether the transpose could be so much shorter: only transposes in it can go."""
    found = [node for node in postorder(expression) if isinstance(node, (Transpose, Kronecker))]
    return len(found) > 1 or any(isinstance(node, Kronecker) for node in found)


def _turned(expression: Expr) -> Expr:
    """The transpose of a result as a whole, its sign and number in front."""
    if isinstance(expression, Negative):
        return Negative(_turned(expression.operand))
    if isinstance(expression, Product) and isinstance(expression.factors[0], Number):
        return Product((expression.factors[0], Transpose(product(expression.factors[1:]))))
    return Transpose(expression)


_HEAVIEST = 20
"""A product that weighs more without the sum in it seldom becomes shorter when it is expanded: it
then stands before every term."""
_WORTH_TURNING = 2
"""How much shorter the transpose of a whole result must be to be preferred: ``A'B'`` stays,
``(X B + B X)'`` is turned."""


def shortest(folder: Folder, tensor: ix.Tensor, split: int) -> Expr | None:
    """Of the factored, the partly and the fully expanded form the cheapest; an expanded one must be
    worth it."""
    for heaviest in (_HEAVIEST, inf):  # long products are expanded only where there is no form else
        forms = [(folder.matrix(candidate, split), penalty) for penalty, candidate in enumerate(alternatives(tensor, heaviest))]
        closed = [(form, penalty) for form, penalty in forms if form is not None]
        if len(closed) == 1:  # most have one
            return closed[0][0]
        if closed:
            return min(closed, key=lambda pair: (folder.order.cost(pair[0]) + pair[1], _broadcasts(pair[0])))[0]
    return None


def _broadcasts(form: Expr) -> int:
    """How many vectors of ones there are: of forms as long as each other ``n μ − Xᵀ 𝟏`` reads
    better than ``(𝟏 μᵀ − X)ᵀ 𝟏``."""
    return sum(sum(isinstance(child, Ones) for child in children(node)) for node in postorder(form))


class Folder:
    """Folds tensors from the leaves; the term of every node is kept."""

    def __init__(self, order: ReadingOrder) -> None:
        self.order = order
        self.weighing = False  # without columnwise Kronecker products, which share less with others
        self.fold_forms = Forms(order, fold_forms())
        self.terms: dict[ix.Tensor, Term | None] = {}
        self.forms: dict[ix.Tensor, Expr | None] = {}

    def folded(self, tensor: ix.Tensor) -> Expr | None:
        for node in ix.postorder(tensor):
            if node not in self.terms:
                self.terms[node] = self._term(node)
        return self.form(tensor)

    def matrix(self, tensor: ix.Tensor, split: int) -> Expr | None:
        """The form of the result, whose rows are its first ``split`` axes."""
        natural = tensor.order <= 2 and split == min(tensor.order, 1)
        parts = tensor.terms if isinstance(tensor, ix.Sum) and tensor.terms and not natural else ((YES, tensor),)
        if natural:
            return self.folded(tensor)
        for _, part in parts:
            for node in ix.children(part) if isinstance(part, ix.Contraction) else (part,):
                self.folded(node)
        terms = []
        for coefficient, part in parts:
            term = self._placed(part, split)
            if term is None:
                return None
            terms.append(replace(term, coefficient=_times(coefficient, term.coefficient)))
        terms = _aligned_commutations(terms)
        shape = product(terms[0].chain).shape
        return expression_of(combined(terms, shape, self.order), self.order)

    def _placed(self, node: ix.Tensor, split: int) -> Term | None:
        """The term of a node with its axes grouped into rows and columns."""
        if isinstance(node, ix.Contraction):
            return self._contraction(node, split)
        if self.terms.get(node) is None and not isinstance(node, ix.Pairing):
            return None
        labels = tuple(range(node.order))
        return self._contraction(ix.Contraction((node,), (labels,), labels, node.shape), split)

    def form(self, tensor: ix.Tensor) -> Expr | None:
        """The expression of a node whose term is known."""
        if tensor not in self.forms:
            term = self.terms[tensor]
            form = None if term is None else expression_of(term, self.order)
            self.forms[tensor] = form
        return self.forms[tensor]

    def _term(self, node: ix.Node) -> Term | None:
        match node:
            case ix.Symbol() | ix.Constant() | ix.SizeValue() | ix.Unit():
                return as_term(leaf(node))
            case ix.Sum():
                return self._sum(node)
            case ix.Contraction():
                return (self._contraction(node) or self._distributed(node)) if node.order <= 2 else self._entrywise(node)
            case ix.Power():
                return self._power(node)
            case ix.Map(function="pow", arguments=(base, exponent)):
                return self._symbolic_power(base, exponent)
            case ix.Map():
                return self._elementwise(node)
            case ix.Apply():
                return self._apply(node)
            case ix.Pairing():
                return None  # of order three: it stands in contractions, which know it
            case _:
                assert_never(node)

    def _of_several(self, node: ix.Map) -> Term | None:
        """A function of several numbers, in the order of reading where that is free; one that is
        the same for all entries is a scalar."""
        scalars = [unbroadcast(argument) if node.order else None for argument in node.arguments]
        forms = [self.form(one) if scalar is None else self.folded(scalar) for one, scalar in zip(node.arguments, scalars)]
        arguments = [form for form in forms if form is not None]
        if len(arguments) < len(forms):
            return None
        if function_called(node.function).commutes:
            arguments.sort(
                key=lambda form: (not any(isinstance(part, Symbol) for part in postorder(form)), self.order.rank(form))
            )
        shaped = [argument for argument in arguments if argument.shape]
        turned = [transpose(argument) if argument.shape else argument for argument in arguments]
        if shaped and shaped[0].is_matrix and all(isinstance(argument, Transpose) for argument in shaped):
            return as_term(transpose(Call(node.function, tuple(turned), None, shaped[0].shape[::-1])))
        return as_term(Call(node.function, tuple(arguments), None, shaped[0].shape if shaped else ()))

    def _elementwise(self, node: ix.Map) -> Term | None:
        if len(node.arguments) > 1:
            return self._of_several(node)
        argument = self.form(node.arguments[0])
        if argument is None:
            return None
        if any(isinstance(part, Transpose) for part in (argument, *children(argument))) and argument.is_matrix:
            other = self._transposed_form(node.arguments[0], argument)
            if other is not None:
                return as_term(transpose(Elementwise(node.function, other)))
        return as_term(Elementwise(node.function, argument))

    def _sum(self, node: ix.Sum) -> Term | None:
        if not node.terms:
            return Term(YES, {}, (Zeros(node.sizes),)) if node.sizes else Term(NO, {}, ())
        terms = []
        for coefficient, part in node.terms:
            term = self.terms[part]
            if term is None:
                return None
            terms.append(Term(_times(coefficient, term.coefficient), term.scalars, term.chain))
        if all(term.coefficient.numerator > 0 for term in terms) or min(terms, key=self._first).coefficient > 0:
            return combined(terms, node.shape, self.order)
        turned = combined([replace(term, coefficient=-term.coefficient) for term in terms], node.shape, self.order)
        return replace(turned, coefficient=-turned.coefficient)

    def _first(self, term: Term) -> tuple[bool, list[Place], int]:
        """Where a term stands in reading order, then its length; numbers and ones come last."""
        ranks = sorted(self.order.rank(base) for base in term.scalars) + [self.order.rank(factor) for factor in term.chain]
        return (not any(rank[0] for rank in ranks), [rank for rank in ranks if rank[0]], len(term.scalars) + len(term.chain))

    def _entrywise(self, node: ix.Contraction) -> Term | None:
        """A tensor of order 3 or 4 that is a product entry by entry, with scalars; None for another
        one."""
        if len(set(node.output)) < node.order or len(node.sizes) > node.order:
            return None
        coefficient, factors = YES, list[Expr]()
        scalars: dict[Expr, Fraction] = {}
        for operand, labels in zip(node.operands, node.indices):
            term = self.terms[operand]
            if term is None or labels not in ((), node.output):
                return None
            coefficient *= term.coefficient
            scalars = merged_scalars(scalars, term.scalars)
            if labels:
                factors.append(product(term.chain))
        whole = hadamard(sorted(factors, key=self.order.rank)) if factors else Ones(node.shape)
        return Term(coefficient, scalars, (whole,))

    def _distributed(self, node: ix.Contraction) -> Term | None:
        """The form of a contraction that has one only when sums of more than two axes in it are
        multiplied out."""
        other = without_deep_sums(node)
        return None if other is None or self.folded(other) is None else self.terms[other]

    def _contraction(self, node: ix.Contraction, split: int = 1) -> Term | None:
        square = self._square(node)
        if square is not None:
            return square
        graph = Graph(node.output[:split], node.output[split:], dict(enumerate(node.sizes)), self.fold_forms)
        coefficient = self._put_on(graph, node)
        if coefficient is None:
            return None
        graph.reduce()
        if graph.pairings or max(len(graph.rows), len(graph.cols)) > 2:
            pairings.unpaired(graph)
        if graph.pairings:
            return None
        flat = len(graph.rows) <= 1 and len(graph.cols) <= 1
        chain = graph.chain() if flat else kronecker_forms.kronecker_chain(graph, weighing=self.weighing)
        if chain is None:
            return None
        negative, chain = _without_turned(chain)
        return Term(-coefficient if negative else coefficient, graph.scalars, chain)

    def _put_on(self, graph: Graph, node: ix.Contraction) -> Fraction | None:
        """Puts the operands on the graph; returns the number of their product, None where one has
        no form."""
        coefficient = YES
        for operand, labels in zip(node.operands, node.indices):
            if isinstance(operand, ix.Pairing):
                slow, fast, whole = labels
                graph.pairings.append((slow, fast, whole))
                continue
            term = self.terms[operand]
            if term is None:
                return None
            coefficient = _times(coefficient, term.coefficient)
            for base, exponent in term.scalars.items():
                graph.add_scalar(base, exponent)
            if labels:
                graph.add(expression_of(Term(YES, {}, term.chain), self.order), labels)
        return coefficient

    def _square(self, node: ix.Contraction) -> Term | None:
        """The sum of the squares of all entries: ``x'x`` or ``||X||²``, whichever reads shorter."""
        base = _sum_of_squares(node)
        term = None if base is None else self.terms[base]
        if base is None or term is None:
            return None
        form = self._positive(term)
        if base.order == 1 and isinstance(form, Symbol):
            return Term(term.coefficient**2, {Product((Transpose(form), form)): YES}, ())
        return Term(term.coefficient**2, {Norm(form, "2"): Fraction(2)}, ())

    def _positive(self, term: Term) -> Expr:
        """The expression of a term without its number."""
        return expression_of(replace(term, coefficient=YES), self.order)

    def _power(self, node: ix.Power) -> Term | None:
        known = value_of(node.base)
        if known is not None:
            return Term(YES, {Number(known): node.exponent}, ())
        squares = _sum_of_squares(node.base) if isinstance(node.base, ix.Contraction) else None
        term = self.terms[node.base if squares is None else squares]
        if term is None:
            return None
        if squares is not None:
            return self._norm_power(term, 2 * node.exponent)
        if node.exponent.denominator == 1:
            return self._whole_power(term, node)
        return (
            self._root(term, node.exponent)
            if node.order == 0
            else as_term(raised(expression_of(term, self.order), node.exponent))
        )

    def _norm_power(self, term: Term, exponent: Fraction) -> Term:
        """The power of the norm of a term, whose number stands outside where that is rational."""
        number = abs(term.coefficient)
        if exponent.denominator == 1:
            return Term(rational_power(number, exponent.numerator), {Norm(self._positive(term), "2"): exponent}, ())
        return Term(YES, {Norm(expression_of(replace(term, coefficient=number), self.order), "2"): exponent}, ())

    def _whole_power(self, term: Term, node: ix.Power) -> Term:
        exponent = node.exponent
        number = rational_power(term.coefficient, exponent.numerator)
        if node.order == 0 and not term.chain:
            return Term(number, {base: inner * exponent for base, inner in term.scalars.items()}, ())
        return as_term(raised(self._positive(term), exponent), number)

    def _root(self, term: Term, exponent: Fraction) -> Term:
        """A fractional power of a scalar."""
        if term.coefficient == 1 and len(term.scalars) == 1:
            ((base, inner),) = term.scalars.items()
            half = square_root_chain(base) if inner == 1 and exponent.denominator == 2 else None
            if half is not None:
                return Term(YES, {Norm(half, "2"): 2 * exponent}, ())
            if inner == 1 or isinstance(base, Norm):
                return Term(YES, {base: inner * exponent}, ())
        return Term(YES, {expression_of(term, self.order): exponent}, ())

    def _symbolic_power(self, base: ix.Tensor, exponent: ix.Tensor) -> Term | None:
        form = self.form(base)
        scalar = unbroadcast(exponent)
        upper = self.form(exponent) if scalar is None else self.folded(scalar)
        return None if form is None or upper is None else as_term(Power(form, upper))

    def _apply(self, node: ix.Apply) -> Term | None:
        argument, function, own = node.arguments[0], function_called(node.function), own_function(node.function)
        form = self.form(argument) if own is None or own.is_flat(node.order) else None
        if form is None or len(form.shape) > 2:  # a function of each matrix of a family
            return None
        if function.linear:
            return self._linear(node)
        if function.multilinear:
            return self._multilinear(node, function)
        turned = self._of_transposed(node, form) if argument.order == 2 else None
        if turned is not None:
            return turned
        found = self._function(node, form)
        if found is not None:
            return as_term(found)
        return self._of_rows(node, form) if function.axis and argument.order - function.argument_order == 1 else None

    def _of_transposed(self, node: ix.Apply, form: Expr) -> Term | None:
        """A function by its value at the transposed argument, where that reads better."""
        kept = function_called(node.function).symmetry == "kept"
        turns = kept or node.function in ("det", "logdet")
        other = self._transposed_form(node.arguments[0], form) if turns else None
        value = None if other is None else self._function(node, other)
        return None if value is None else as_term(transpose(value) if kept else value)

    def _of_rows(self, node: ix.Apply, form: Expr) -> Term:
        """A function of every row of a matrix, or of every column of its transpose."""
        other = self._transposed_form(node.arguments[0], form) if node.arguments[0].order == 2 else None
        if other is None:
            return as_term(Call(node.function, (form,), "rows", node.shape))
        call = Call(node.function, (other,), "cols", node.shape[::-1])
        return as_term(transpose(call) if node.order == 2 else call)

    def _function(self, node: ix.Apply, argument: Expr) -> Expr | None:
        """The function of an argument that is not a batch."""
        match node.function:
            case "inv":
                return Inverse(argument)
            case "spectral_norm" | "nuclear_norm":
                return Norm(argument, node.function.removesuffix("_norm"))
            case "matrix_power":
                exponent = self.form(node.arguments[1])
                return None if exponent is None else MatrixPower(argument, exponent)
            case _ if node.arguments[0].order == function_called(node.function).argument_order:
                others = [self.form(other) for other in node.arguments[1:]]
                if None in others:
                    return None
                turned = node.order == 2 and argument.shape != node.arguments[0].shape
                arguments = (argument, *[other for other in others if other is not None])
                return Call(node.function, arguments, None, node.shape[::-1] if turned else node.shape)
            case _:
                return None

    def _multilinear(self, node: ix.Apply, function: Function) -> Term | None:
        """The function with the numbers of its arguments outside."""
        if tuple([argument.order for argument in node.arguments]) != function.orders:
            return None
        terms = [self.terms[argument] for argument in node.arguments]
        kept = [term for term in terms if term is not None]
        if len(kept) < len(terms):
            return None
        call = Call(node.function, tuple([self._positive(term) for term in kept]), None, node.shape)
        return as_term(call, prod([term.coefficient for term in kept], start=YES))

    def _linear(self, node: ix.Apply) -> Term | None:
        """``f(X, E)``, or ``f(X', E')'`` where that is shorter."""
        plain = [self.form(argument) for argument in node.arguments]
        turned = [self.folded(transposed(argument) if argument.order else argument) for argument in node.arguments]
        calls = [
            Call(node.function, tuple([form for form in forms if form is not None]), None, node.shape)
            for forms in (plain, turned)
            if None not in forms
        ]
        if len(calls) < 2:
            return None
        other = transpose(calls[1])
        return as_term(other if cost(other) < cost(calls[0]) else calls[0])

    def _transposed_form(self, argument: ix.Tensor, form: Expr) -> Expr | None:
        """The form of the transposed argument where it reads better than ``form``, that of the
        argument."""
        other = self.folded(transposed(argument))
        if other is None or (cost(other), self.order.rank(other)) >= (cost(form), self.order.rank(form)):
            return None
        return other


def _without_turned(chain: tuple[Expr, ...]) -> tuple[bool, tuple[Expr, ...]]:
    """A product without transposes of antisymmetric symbols, and whether it is negative then:
    ``K K'`` is ``-K²``."""
    turned = [k for k, factor in enumerate(chain) if isinstance(factor, Transpose) and _is_antisymmetric(factor.operand)]
    if not turned:
        return False, chain
    return len(turned) % 2 == 1, tuple([transpose(factor) if k in turned else factor for k, factor in enumerate(chain)])


def _is_antisymmetric(expression: Expr) -> bool:
    return isinstance(expression, Symbol) and "antisymmetric" in expression.properties


def _aligned_commutations(terms: list[Term]) -> list[Term]:
    """``kron(A, B) K`` becomes ``K kron(B, A)`` where another term is ``kron(B, A)``, so that
    ``(I + K) kron(B, A)`` is seen."""
    plain = {term.chain for term in terms}
    result = []
    for term in terms:
        swapped = _swapped_commutation(term.chain)
        result.append(replace(term, chain=swapped) if swapped is not None and (swapped[1],) in plain else term)
    return result


def _swapped_commutation(chain: Chain) -> Chain | None:
    """``kron(A, B) K`` at the end of a chain, as ``K kron(B, A)`` in front; None for another
    chain."""
    match chain:
        case (Kronecker(factors=(left, right)), Commutation()) if ONE not in (left.rows, right.rows):
            return (Commutation(left.rows, right.rows), Kronecker((right, left)))
    return None


def _sum_of_squares(node: ix.Contraction) -> ix.Tensor | None:
    """The tensor whose squared entries ``node`` sums, all of them."""
    if node.output or len(node.operands) != 1 or len(set(node.indices[0])) != len(node.indices[0]):
        return None
    operand = node.operands[0]
    return operand.base if isinstance(operand, ix.Power) and operand.exponent == 2 else None
