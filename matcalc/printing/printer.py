"""From an expression to a piece of text: signs, brackets and sizes, decided once for all
notations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Protocol, assert_never, cast

from matcalc.base.shapes import product_shape
from matcalc.base.sizes import Shape, axes_of
from matcalc.base.traversal import bottom_up
from matcalc.expr import nodes as e
from matcalc.printing.notation import Level, Notation, Operator, Part, Piece, fits, negated, piece

# ------------------------------------------------------------
# Where the size of an identity or a tensor of ones follows from what stands around it, so that it
# need not be written.
#
# Two bits describe what is known: ``ROWS`` and ``COLS``. A symbol has both. Sizes flow up from the
# operands (``settled``) and down from
# the surroundings (``passed_down``), in the way that unification in the language package finds
# them again.

ROWS, COLS, BOTH = 1, 2, 3


class Bare(Protocol):
    """What a notation writes without sizes beside identities: vectors of ones, unit vectors."""

    bare_ones: bool
    bare_units: bool


def settled(order: Iterable[e.Expr], notation: Bare) -> Mapping[e.Expr, int]:
    """What is known of every node's size from the node alone, when identities and what ``notation``
    says are written without sizes.

    ``order`` lists operands before their users.
    """
    nodes = list(order)
    if not any(isinstance(node, (e.Identity, e.Ones, e.UnitVector)) for node in nodes):
        return dict.fromkeys(nodes, BOTH)
    return bottom_up(nodes, lambda node, known: BOTH if node.is_scalar else _settled(cast("e.Node", node), known, notation))


def _settled(node: e.Node, known: Mapping[e.Expr, int], notation: Bare) -> int:
    match node:
        case e.Identity():
            return 0
        case e.Ones():
            return BOTH if node.is_matrix or not notation.bare_ones else COLS if node.is_column else ROWS
        case e.Symbol() | e.Number() | e.Constant() | e.SizeValue() | e.Zeros() | e.Commutation() | e.Reshape():
            return BOTH
        case e.UnitVector():
            return COLS if notation.bare_units else BOTH
        case e.Trace() | e.Norm() | e.Index() | e.Entry() | e.IndexArray():
            return BOTH
        case e.Sum() | e.Hadamard() | e.Quotient() | e.Power():
            return _joined(known[child] for child in e.children(node) if child.shape == node.shape)
        case e.Product():
            shaped = [factor for factor in node.factors if not factor.is_scalar]
            return (known[shaped[0]] & ROWS) | (known[shaped[-1]] & COLS)
        case e.Negative() | e.Elementwise() | e.IndexSum():
            return known[e.children(node)[0]]
        case e.MatrixPower():
            return _square(known[node.base])
        case e.Inverse():
            return _square(known[node.operand])
        case e.Transpose():
            return _swapped(known[node.operand])
        case e.Diagonal():
            return BOTH if known[node.operand] else COLS
        case e.DiagonalMatrix():
            return BOTH if known[node.operand] == BOTH else 0
        case e.Vec():
            return BOTH if known[node.operand] == BOTH else COLS
        case e.Total():
            return (
                (BOTH if known[node.operand] & ROWS else COLS)
                if node.axis == "rows"
                else (BOTH if known[node.operand] & COLS else COLS)
            )
        case e.Kronecker() | e.Call():
            return BOTH if all(known[child] == BOTH for child in e.children(node)) else 0
        case _:
            assert_never(node)


def passed_down(node: e.Expr, around: int, known: Mapping[e.Expr, int]) -> tuple[int, ...]:
    """What is known of each operand's size from its surroundings, when ``around`` is known of the
    node itself.

    Into the arguments of ``diag``, ``sum``, ``kron`` and the like nothing is passed: there the kind
    would be open too.
    """
    children = e.children(node)
    if all(known[child] == BOTH for child in children):
        return (BOTH,) * len(children)
    found = _passed_down(cast("e.Node", node), around | known[node], known)
    return tuple([BOTH if child.is_scalar else bits | known[child] for child, bits in zip(children, found, strict=True)])


def _passed_down(node: e.Node, around: int, known: Mapping[e.Expr, int]) -> tuple[int, ...]:
    children = e.children(node)
    match node:
        case e.Sum() | e.Hadamard() | e.Quotient() | e.Power():
            return tuple([around if child.shape == node.shape else 0 for child in children])
        case e.Product():
            return _along(node, around, known)
        case e.Negative() | e.Elementwise() | e.IndexSum():
            return (around,)
        case e.Transpose():
            return (_swapped(around),)
        case e.Inverse():
            return (_square(around),)
        case e.MatrixPower():
            return (_square(around), BOTH)
        case e.Leaf() | e.Linear() | e.Kronecker() | e.Norm() | e.Call() | e.Indexed():
            return (0,) * len(children)


def _along(product: e.Product, around: int, known: Mapping[e.Expr, int]) -> tuple[int, ...]:
    """Neighbours in a product share a size; the ends have the product's own."""
    bits = [0] * len(product.factors)
    left = around & ROWS
    shape: Shape = ()
    previous = -1
    for position, factor in enumerate(product.factors):
        if factor.is_scalar:
            continue
        if shape:
            bits[position] |= ROWS if known[product.factors[previous]] & COLS else 0
            bits[previous] |= COLS if known[factor] & ROWS else 0
        else:
            bits[position] |= left
        shape = product_shape(shape, factor.shape)
        previous = position
    if previous >= 0 and shape:
        bits[previous] |= around & COLS
    return tuple(bits)


def _square(bits: int) -> int:
    return BOTH if bits else 0


def _swapped(bits: int) -> int:
    return (ROWS if bits & COLS else 0) | (COLS if bits & ROWS else 0)


def _joined(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)


# ------------------------------------------------------------
# From an expression to a piece of text: signs and brackets, decided once for all notations.
#
# Brackets follow one precedence table (``pieces.Level``). Beyond the grammar's need they are put
# in three places where a reader would
# otherwise have to know that all products have one level: between matrix products and elementwise
# ones, around a scalar product that
# scales (``(x'*y)*z``), and around the base of a second postfix (``(A^2)'``).

_YES, _HALF = Fraction(1), Fraction(1, 2)


def printed(root: e.Expr, notation: Notation, *, sized: bool = False) -> Piece:
    """The text of ``root`` as a piece. Shared nodes are printed once for each thing that is known
    of their size.

    ``sized``: the size of the whole follows from what stands around it.
    """
    known = settled(e.postorder(root), notation)
    done: dict[tuple[e.Expr, int], Piece] = {}
    uses: dict[tuple[e.Expr, int], tuple[tuple[e.Expr, int], ...]] = {}
    top = (root, BOTH if sized else known[root])
    stack = [top]
    while stack:
        key = stack[-1]
        if key in done:
            stack.pop()
        elif key not in uses:
            node, around = key
            uses[key] = _operands(node, around, known)
            stack.extend(use for use in reversed(uses[key]) if use not in done)
        else:
            stack.pop()
            done[key] = _Node(notation, key[1] == BOTH).piece(key[0], tuple([done[use] for use in uses[key]]))
    return done[top]


def _operands(node: e.Expr, around: int, known: Mapping[e.Expr, int]) -> tuple[tuple[e.Expr, int], ...]:
    """What is to be printed for ``node``, each with what is known of its size. An inverse transpose
    is one postfix of the base."""
    uses = tuple(zip(e.children(node), passed_down(node, around, known), strict=True))
    if isinstance(node, e.Transpose) and (isinstance(node.operand, e.Inverse) or _is_member(node.operand)):
        return _operands(*uses[0], known)
    if isinstance(node, e.Power) and node.exponent.shape and (scalar := _in_every_entry(node.base)) is not None:
        return (scalar, BOTH), (node.exponent, around)
    return uses


def _in_every_entry(expression: e.Expr) -> e.Expr | None:
    """The scalar of a scalar times ones: as the base of powers ``2.^x`` it needs no ones."""
    if not isinstance(expression, e.Product) or not isinstance(expression.factors[-1], e.Ones):
        return None
    scalars = expression.factors[:-1]
    if not all(scalar.is_scalar for scalar in scalars):
        return None
    return scalars[0] if len(scalars) == 1 else e.Product(scalars)


class _Node:
    """Prints one node from the pieces of its operands."""

    def __init__(self, notation: Notation, size_known: bool) -> None:
        self._to = notation
        self._size_known = size_known

    def piece(self, node: e.Expr, parts: tuple[Piece, ...]) -> Piece:
        to = self._to
        typed = cast("e.Node", node)
        match typed:
            case e.Symbol(name=name):
                return to.symbol(name, len(node.shape))
            case e.Constant(name=name) | e.Index(name=name):
                return to.symbol(name)
            case e.Number(value=value):
                return to.number(value)
            case e.SizeValue(size=size):
                return to.size_value(size)
            case e.Identity(size=size):
                return to.identity(size, self._size_known)
            case e.Ones(sizes=sizes):
                return to.ones(sizes, self._size_known)
            case e.Zeros(sizes=sizes):
                return to.zeros(sizes)
            case e.UnitVector(position=position, size=size):
                return to.unit(position, size, self._size_known)
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
            case e.Quotient() as quotient:
                return self._quotient(quotient, parts)
            case e.Power(base=base, exponent=exponent):
                if exponent is e.Number(_HALF):
                    return to.root(parts[0])
                return to.power(self._at(parts[0], Level.ATOM), _exponent(exponent, parts[1]), bool(base.shape))
            case e.MatrixPower(exponent=exponent):
                return to.power(self._at(parts[0], Level.ATOM), _exponent(exponent, parts[1]), False)
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

    def _places(self, positions: tuple[int | e.Index, ...]) -> tuple[Piece, ...]:
        return tuple([self._to.symbol(p.name) if isinstance(p, e.Index) else piece(str(p)) for p in positions])

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
    bracketed = cast("Piece", part.parts[0])
    return cast("Piece", bracketed.parts[1])


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


def _is_member(node: e.Expr) -> bool:
    return isinstance(node, e.Entry) and node.is_member
