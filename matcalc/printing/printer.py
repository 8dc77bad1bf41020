"""From an expression to a piece of text: signs, brackets and sizes, decided once for all
notations.

Brackets follow one precedence table (``notation.Level``). Beyond the grammar's need they are put in
three places where a reader would otherwise have to know that all products have one level: between
matrix products and elementwise ones, around a scalar product that scales (``(x'*y)*z``), and around
the base of a second postfix (``(A^2)'``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, assert_never, cast

from matcalc.base.lazy import later
from matcalc.base.shapes import axes_of, product_shape
from matcalc.base.sizes import Size
from matcalc.base.traversal import on_demand
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import khatri_rao_factors, product_of, rebuilt_with
from matcalc.printing.known_sizes import BOTH, passed_down, settled
from matcalc.printing.notation import Level, Notation, Operator, Part, Piece, fits, negated, piece

if TYPE_CHECKING:
    from matcalc.expr import block_arrays
else:
    block_arrays = later("matcalc.expr.block_arrays")

_YES, _HALF = Fraction(1), Fraction(1, 2)
_OF_BLOCKS = frozenset([e.Call, e.UnitVector])
"""Without these no part of an array and no array of blocks is written."""


def printed(root: e.Expr, notation: Notation, *, sized: bool = False) -> Piece:
    """The text of ``root`` as a piece. Shared nodes are printed once for each thing that is known
    of their size.

    ``sized``: the size of the whole follows from what stands around it.
    """
    kinds = set(map(type, e.postorder(root)))
    if not _OF_BLOCKS.isdisjoint(kinds):
        root = block_arrays.displayed(root)
    if e.Kronecker in kinds:
        root = rebuilt_with(root, _by_columns)
    known = settled(e.postorder(root), notation)
    top = (root, BOTH if sized else known[root])
    entrywise = notation.adds_numbers and e.Ones in kinds
    if entrywise:
        known = defaultdict(lambda: BOTH, known)  # of scalars that are written without their ones
    needed = partial(_operands, known=known, means=notation.means, entrywise=entrywise)
    return on_demand(top, needed, _Printer(notation).piece)


Sized: TypeAlias = tuple[e.Expr, int]
"""A node, and what is known of its size."""


def _operands(use: Sized, known: Mapping[e.Expr, int], means: bool, entrywise: bool) -> tuple[Sized, ...]:
    """What is to be printed for a node, each with what is known of its size. An inverse transpose
    is one postfix of the base, a mean is written as one; ``entrywise``, a number is added to every
    entry without ones."""
    node, around = use
    uses = tuple(zip(e.children(node), passed_down(node, around, known), strict=True))
    if isinstance(node, e.Transpose) and (isinstance(node.operand, e.Inverse) or _is_member(node.operand)):
        return _operands(uses[0], known, means, entrywise)
    if _is_adjoint(node):
        return _operands(uses[0], known, means, entrywise)
    if isinstance(node, e.Power) and node.exponent.shape and (scalar := _in_every_entry(node.base)) is not None:
        return (scalar, BOTH), (node.exponent, around)
    if means and isinstance(node, e.Quotient) and _is_mean(node):
        return (_operands(uses[0], known, means, entrywise)[0],)
    if entrywise and isinstance(node, e.Sum) and node.shape and (not node.is_matrix or _is_entrywise(node)):
        return _with_numbers(uses, known)
    return uses


def _is_mean(node: e.Quotient) -> bool:
    """Whether it is what ``mean(x)`` of a vector stands for."""
    total, count = node.numerator, node.denominator
    if not isinstance(total, e.Total) or not isinstance(count, e.SizeValue):
        return False
    return total.axis is None and total.operand.is_column and total.operand.rows == count.size


def _with_numbers(uses: tuple[Sized, ...], known: Mapping[e.Expr, int]) -> tuple[Sized, ...]:
    """The terms of a sum, a number in every entry without the ones, where another term has the
    size. (Beside a matrix alone a multiple of the identity might be meant.)"""
    numbers = [_number_in_entries(term) for term, _ in uses]
    if not any(number is None and known[term] == BOTH for (term, _), number in zip(uses, numbers, strict=True)):
        return uses
    return tuple([use if number is None else (number, BOTH) for use, number in zip(uses, numbers, strict=True)])


def _is_entrywise(total: e.Sum) -> bool:
    """Whether a term of a sum is a function of the entries."""
    bare = [term.operand if isinstance(term, e.Negative) else term for term in total.terms]
    return any(isinstance(term, e.Elementwise | e.Hadamard | e.Power) for term in bare)


def _number_in_entries(term: e.Expr) -> e.Expr | None:
    """What every entry of a multiple of ones is; None of another term."""
    if isinstance(term, e.Negative):
        number = _number_in_entries(term.operand)
        return None if number is None else e.Negative(number)
    number = _ONE if isinstance(term, e.Ones) else _in_every_entry(term)
    return None if isinstance(number, e.Sum) else number


def _in_every_entry(expression: e.Expr) -> e.Expr | None:
    """The scalar of a scalar times ones: as the base of powers ``2.^x`` it needs no ones."""
    if not isinstance(expression, e.Product) or not isinstance(expression.factors[-1], e.Ones):
        return None
    scalars = expression.factors[:-1]
    if not all(scalar.is_scalar for scalar in scalars):
        return None
    return product_of(scalars)


def _by_columns(node: e.Expr) -> e.Expr:
    """Columnwise Kronecker products as calls of the function that stands for them."""
    factors = khatri_rao_factors(node)
    return node if factors is None else e.Call("khatrirao", factors, None, node.shape)


class _Printer:
    """Prints nodes from the pieces of their operands."""

    def __init__(self, notation: Notation) -> None:
        self._to = notation

    def piece(self, use: Sized, pieces: list[Piece]) -> Piece:
        to, parts = self._to, tuple(pieces)
        node, size_known = use[0], use[1] == BOTH
        typed = cast("e.Node", node)
        match typed:
            case e.Symbol(name=name):
                return to.symbol(name, len(node.shape))
            case e.Constant(name="i1"):
                return piece(to.imaginary)
            case e.Constant(name=name) | e.Index(name=name):
                return to.symbol(name)
            case e.Number(value=value):
                return to.number(value)
            case e.SizeValue(size=size):
                return to.size_value(size)
            case e.Identity(size=size):
                return to.identity(size, size_known)
            case e.Ones(sizes=sizes):
                return to.ones(sizes, size_known)
            case e.Zeros(sizes=sizes):
                return to.zeros(sizes)
            case e.UnitVector(position=position, size=size):
                return to.unit(position, size, size_known)
            case e.Commutation(m=m, n=n):
                return to.commutation(m, n)
            case e.Sum(terms=terms):
                return self._sum(terms, parts)
            case e.Negative():
                # A minus sign belongs to the first factor, which is the same for a product, but not
                # for a Kronecker product.
                whole = parts[0].operator != "kronecker"
                return negated(self._at(parts[0], Level.PRODUCT if whole else Level.FRACTION), to.minus)
            case e.Product() as product:
                return self._product(product, parts)
            case e.Hadamard() as hadamard:
                return self._elementwise(to.times_elementwise, hadamard.factors, parts)
            case e.Quotient() if len(parts) == 1:
                return to.call("mean", parts, None)
            case e.Quotient() as quotient:
                return self._quotient(quotient, parts)
            case e.Power(base=base, exponent=exponent):
                if exponent is e.Number(_HALF):
                    return to.root(parts[0])
                return to.power(self._at(parts[0], Level.ATOM), _exponent(exponent, parts[1]), bool(base.shape))
            case e.MatrixPower(exponent=exponent):
                return to.power(self._at(parts[0], Level.ATOM), _exponent(exponent, parts[1]), False)
            case e.Transpose() | e.Elementwise() if _is_adjoint(typed):
                return to.adjoint(self._at(parts[0], Level.ATOM))
            case e.Elementwise(function="conj", argument=argument):
                return to.conjugate(parts[0], isinstance(argument, e.Symbol))
            case e.Elementwise(function=name):
                return to.call(name, parts, None)
            case e.Transpose(operand=operand) if operand.is_scalar:
                return parts[0]
            case e.Transpose(operand=e.Entry() as entry) if entry.is_member:
                return self._member(entry, parts[0], turned=True)
            case e.Transpose(operand=e.Inverse()):
                return to.inverse_transpose(parts[0] if to.inverse_is_call else self._at(parts[0], Level.ATOM))
            case e.Transpose():
                return to.transpose(self._at(parts[0], Level.ATOM))
            case e.Inverse():
                return to.inverse(parts[0] if to.inverse_is_call else self._at(parts[0], Level.ATOM))
            case e.Trace():
                return to.call("tr", parts, None)
            case e.Total(axis=axis):
                return to.call("sum", parts, axis)
            case e.Diagonal() | e.DiagonalMatrix():
                return to.call("diag", parts, None)
            case e.Vec():
                return to.call("vec", parts, None)
            case e.Reshape(m=m, n=n):
                return to.reshape(parts[0], m, n)
            case e.Kronecker():
                return self._kronecker(parts)
            case e.Norm(kind=kind) as norm:
                return to.norm(kind, parts[0], self._weight(norm, parts) if len(parts) > 1 else None)
            case e.Call(function="blocks", axis=str(columns)):
                width = int(columns)
                return to.blocks([parts[start : start + width] for start in range(0, len(parts), width)])
            case e.Call(function="part") as part:
                chosen = [":" if one is None else one.positions for one in block_arrays.part_positions(part)]
                return to.entry(self._at(parts[0], Level.ATOM), tuple([piece(one) for one in chosen]))
            case e.Call(function=name, axis=axis):
                return to.call(name, parts, axis)
            case e.Entry() if typed.is_member:
                return self._member(typed, parts[0])
            case e.Entry(positions=positions):
                return to.entry(self._at(parts[0], Level.ATOM), self._places(positions))
            case e.IndexSum(index=index):
                return to.index_sum(to.symbol(index.name), parts[0])
            case e.IndexArray(indices=indices, body=body):
                shown = tuple([to.symbol(index.name) for index in indices])
                return to.index_array(shown, tuple([index.size for index in indices]), parts[0], held=_held(indices, body))
            case unreachable:
                assert_never(unreachable)

    def _weight(self, norm: e.Norm, parts: tuple[Piece, ...]) -> Piece:
        """The parameter of a norm; F without brackets is the mark of the Frobenius norm unless it
        weighs a vector that has a name."""
        weight = norm.parameter
        marked = isinstance(weight, e.Symbol) and weight.name == "F" and not isinstance(norm.operand, e.Symbol)
        return self._to.bracketed(parts[1]) if marked else parts[1]

    def _places(self, positions: tuple[Size | e.Index, ...]) -> tuple[Piece, ...]:
        return tuple([self._to.symbol(p.name) if isinstance(p, e.Index) else self._to.place(p) for p in positions])

    def _member(self, node: e.Entry, family: Piece, turned: bool = False) -> Piece:
        """``x_i`` for row i of X, or its transpose; ``X[i,:]'`` where that could be read otherwise,
        and ``X[:,i]`` for a column."""
        positions = self._places(node.positions)
        left = len(axes_of(node.operand.shape)) - len(positions)
        shown: Piece | None = None
        if isinstance(node.operand, e.Symbol) and len(node.positions) == 1 and isinstance(node.positions[0], e.Index):
            shown = self._to.member(node.operand.name, left, positions[0])
        if shown is None:
            whole = [piece(":")] * left
            if isinstance(node.operand, e.Transpose) and isinstance(node.operand.operand, e.Symbol) and left == 1:
                symbol = node.operand.operand
                shown = self._to.entry(self._to.symbol(symbol.name, len(symbol.shape)), (*whole, *positions))
            else:
                shown = self._to.entry(self._at(family, Level.ATOM), (*positions, *whole))
                turned = turned != node.operand.is_matrix  # it is written as a row
        return self._to.transpose(self._at(shown, Level.ATOM) if shown.level < Level.POSTFIX else shown) if turned else shown

    # ------------------------------------------------------------ brackets

    def _at(self, part: Piece, level: Level) -> Piece:
        return part if fits(part, level) else self._to.bracketed(part)

    def _sum(self, terms: tuple[e.Expr, ...], parts: tuple[Piece, ...]) -> Piece:
        # A sum within the sum needs no brackets, whatever its first sign.
        first, minus = parts[0], self._to.minus
        shown: list[Part] = [first.unsigned]
        for term, part in zip(terms[1:], parts[1:], strict=True):
            if part.negative and part.operator == "kronecker":
                part = self._to.bracketed(part)
            bare = self._to.infix_kronecker and isinstance(term, e.Negative) and isinstance(term.operand, e.Kronecker)
            shown += [f" {minus} " if part.negative else " + ", _within_brackets(part.unsigned) if bare else part.unsigned]
        return piece(*shown, level=Level.SUM, negative=first.negative, minus=minus)

    def _signed(self, body: Piece, negative: bool) -> Piece:
        return negated(body, self._to.minus) if negative else body

    def _product(self, node: e.Product, parts: tuple[Piece, ...]) -> Piece:
        # A factor 1 says nothing, and next to a vector it would be read as a vector of ones.
        kept = [(f, p) for f, p in zip(node.factors, parts, strict=True) if f is not _ONE]
        coefficient, divisor = _YES, 1
        first = kept[0][0] if kept else _ONE
        if kept and isinstance(first, e.Number):
            kept.pop(0)
            several = bool(kept) and isinstance(kept[0][0], e.Number)
            coefficient, divisor = (first.value, 1) if several else self._to.in_line(first.value)
        number = self._to.number(coefficient)
        if not kept:
            return self._over(number, divisor)
        if coefficient is not _YES and abs(coefficient) != 1:
            kept.insert(0, (e.Number(abs(coefficient)), number.unsigned))
        elif number.negative:
            kept[0] = (kept[0][0], self._at(kept[0][1], Level.PRODUCT))
        body = self._over(self._joined(node, kept), divisor)
        if number.negative and body.operator == "kronecker":
            body = self._to.bracketed(body)
        return self._signed(body, number.negative)

    def _over(self, body: Piece, divisor: int) -> Piece:
        """``body/divisor``, with the sign in front."""
        if divisor == 1:
            return body
        if body.level == Level.SUM or body.operator in ("kronecker", "sum"):
            body = self._to.bracketed(body)
        return self._signed(self._to.quotient(body.unsigned, piece(str(divisor))), body.negative)

    def _joined(self, node: e.Product, kept: list[tuple[e.Expr, Piece]]) -> Piece:
        """The factors side by side."""
        if len(kept) == 1:
            return kept[0][1]
        shaped = [position for position, (factor, _) in enumerate(kept) if factor.shape]
        head = self._first_factor(node, *kept[0])
        left = head.unsigned
        shown: list[Part] = [left]
        operator: Operator = "product"
        contracts = _contracts(kept) or (head.contracts and head.operator == "product")
        for position, (factor, part) in enumerate(kept[1:], 1):
            right = part
            if position == len(kept) - 1 and isinstance(factor, e.IndexSum) and _is_sum(part):
                operator = "sum"  # what follows a sum would belong to it
            elif len(kept) == 2 and isinstance(kept[0][0], e.Number) and part.operator == "elementwise" and _plain_start(part):
                operator = "elementwise"
            elif part.operator == "product" and _plain_start(part) and (shaped in ([], [position]) or not part.contracts):
                contracts = contracts or part.contracts
            else:
                right = self._at(part, Level.FRACTION)
            shown += [self._to.between(left, right), right]
            left = right
        return self._signed(piece(*shown, level=Level.PRODUCT, operator=operator, contracts=contracts), head.negative)

    def _first_factor(self, node: e.Product, factor: e.Expr, part: Piece) -> Piece:
        if part.operator == "product":
            scales = factor.is_scalar and bool(node.shape) and part.contracts
        else:
            scales = part.level == Level.SUM or part.operator != ""
        if not scales:
            return part
        # Of a sum, the sign belongs to the first term and stays inside, as does that of the first
        # factor of a Kronecker product.
        negative = part.negative and part.level > Level.SUM and part.operator != "kronecker"
        return self._signed(self._to.bracketed(part.unsigned if negative else part), negative)

    def _elementwise(self, sign: str, factors: tuple[e.Expr, ...], parts: tuple[Piece, ...]) -> Piece:
        first = parts[0]
        if not (
            first.level >= Level.UNARY or first.operator == "elementwise" or (first.operator == "product" and _scales(factors[0]))
        ):
            first = self._to.bracketed(first)
        left = first.unsigned
        shown: list[Part] = [left]
        for factor, part in zip(factors[1:], parts[1:], strict=True):
            chained = (
                sign == self._to.times_elementwise
                and part.operator == "elementwise"
                and _plain_start(part)
                and _all_shaped(factor)
            )
            right = part if chained else self._at(part, Level.FRACTION)
            # "2.*x" would be read as the decimal 2. and a product.
            shown += [f" {sign.strip()} " if left.ends_number else sign, right]
            left = right
        return self._signed(piece(*shown, level=Level.PRODUCT, operator="elementwise"), first.negative)

    def _quotient(self, node: e.Quotient, parts: tuple[Piece, ...]) -> Piece:
        top, bottom = parts
        if node.denominator.shape:
            return self._elementwise(self._to.over_elementwise, (node.numerator, node.denominator), parts)
        if not self._to.stacked_quotient:
            bottom = self._at(bottom, Level.FRACTION)
            if top.level == Level.SUM or top.operator in ("kronecker", "sum"):
                top = self._to.bracketed(top)
        # The sign of a sum's first term belongs to that term.
        negative = top.negative and top.level > Level.SUM
        return self._signed(self._to.quotient(top.unsigned if negative else top, bottom), negative)

    def _kronecker(self, parts: tuple[Piece, ...]) -> Piece:
        if not self._to.infix_kronecker:
            return self._to.call("kron", parts, None)
        first = parts[0]
        if first.level < Level.UNARY:
            first = self._to.bracketed(first)
        shown: list[Part] = [first.unsigned]
        for part in parts[1:]:
            shown += [self._to.infix_kronecker, self._at(part, Level.FRACTION)]
        return self._signed(piece(*shown, level=Level.PRODUCT, operator="kronecker"), first.negative)


_ONE = e.Number(Fraction(1))


def _held(indices: tuple[e.Index, ...], body: e.Expr) -> bool:
    """Whether every index stands somewhere in the body."""
    return set(indices) <= {at for node in e.postorder(body) if isinstance(node, e.Entry) for at in node.positions}


def _is_sum(part: Piece) -> bool:
    return part.operator == "sum" and not part.negative


def _within_brackets(part: Piece) -> Piece:
    """What stands in the brackets that are the whole of a negated piece."""
    return cast("Piece", cast("Piece", part.parts[0]).parts[1])


def _exponent(exponent: e.Expr, part: Piece) -> Fraction | Piece:
    return exponent.value if isinstance(exponent, e.Number) else part


def _plain_start(part: Piece) -> bool:
    """Whether the first factor in sight is neither signed nor a number nor itself made of
    factors."""
    first = part.parts[0]
    return not part.negative and not part.starts_number and isinstance(first, Piece) and first.level >= Level.FRACTION


def _all_shaped(node: e.Expr) -> bool:
    return all(operand.shape for operand in e.children(node))


def _scales(node: e.Expr) -> bool:
    """Whether a product has at most one factor that is not a scalar."""
    while isinstance(node, e.Negative):
        node = node.operand
    return isinstance(node, e.Product) and sum(bool(factor.shape) for factor in node.factors) <= 1


def _contracts(factors: list[tuple[e.Expr, Piece]]) -> bool:
    """Whether a row meets a column among the factors themselves."""
    shape = factors[0][0].shape
    seen = bool(shape)
    for factor, _ in factors[1:]:
        shape = product_shape(shape, factor.shape)
        seen = seen or bool(factor.shape)
        if seen and not shape:
            return True
    return False


def _is_adjoint(node: e.Expr) -> bool:
    """Whether a node is a conjugate transpose, which is one postfix of what is in the inner one."""
    turned = isinstance(node, e.Transpose) and isinstance(node.operand, e.Elementwise) and node.operand.function == "conj"
    whole = isinstance(node, e.Elementwise) and node.function == "conj" and isinstance(node.argument, e.Transpose)
    return bool(node.shape) and (turned or whole)


def _is_member(node: e.Expr) -> bool:
    return isinstance(node, e.Entry) and node.is_member
