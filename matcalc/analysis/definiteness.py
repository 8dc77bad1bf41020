"""Whether a matrix is positive or negative semidefinite, and whether a quadratic form has one sign,
as far as the expression shows it: sums of A' D A, Gram and Kronecker forms, Schur products, and
W - v v' where Cauchy-Schwarz bounds v by W."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from fractions import Fraction
from typing import cast

from matcalc.analysis.powers import side_of, simple
from matcalc.base.budgets import spend
from matcalc.base.records import record
from matcalc.base.shapes import is_square
from matcalc.expr.deduction import known
from matcalc.expr.nodes import (
    DiagonalMatrix,
    Expr,
    Hadamard,
    Identity,
    Indexed,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    MatrixPower,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Sum,
    Total,
    Trace,
    Transpose,
)
from matcalc.expr.rewriting import factors_of, product_of, symbols_in
from matcalc.folding.build import negative, product, transpose

MOST_TERMS = 48
_UNIT = Number(Fraction(1))


@record
class Definite:
    """A matrix, or the quadratic form of one, is >= 0 (``sign`` 1) or <= 0 (-1), where every one of
    ``conditions`` is a number >= 0 or a matrix without negative eigenvalues; ``strict``: it is 0
    only along 0. ``reasons`` say by which forms that is seen."""

    sign: int
    strict: bool
    reasons: tuple[str, ...]
    conditions: tuple[Expr, ...] = ()


def definiteness(matrix: Expr) -> Definite | None:
    """The sign that a symmetric matrix (or a number) is seen to have wherever it exists; None where
    none is seen. Under ``conditions`` where all else is."""
    return _seen(matrix) or _of_terms(matrix, _of_matrix_term)


def form_sign(form: Expr, directions: Container[str]) -> Definite | None:
    """The sign of a scalar that is a quadratic form in the symbols of these names, as tr(P H Q H') with
    P, Q >= 0."""
    side = side_of(known(form))
    if side is not None:
        return Definite(side, False, ("a square",))
    return _of_terms(form, lambda term: _of_form_term(term, directions))


def _seen(matrix: Expr) -> Definite | None:
    if matrix.is_scalar:
        entries = known(matrix).entries
        if entries.nonnegative:
            return Definite(1, entries.positive, ("the range of its values",))
        return Definite(-1, entries.negative, ("the range of its values",)) if entries.high <= 0 else None
    if not is_square(matrix.shape):
        return None
    for sign, one in ((1, matrix), (-1, negative(matrix))):
        found = known(one)
        if found.semidefinite:
            return Definite(sign, found.definite, (_form_of(one),))
    return _of_congruence(matrix)


def _of_congruence(matrix: Expr) -> Definite | None:
    """A' D A with D semidefinite, whatever A is made of."""
    chain = factors_of(matrix)
    count = 0
    while 2 * count + 1 < len(chain) and transpose(chain[count]) is chain[-1 - count]:
        count += 1
    middle = product(chain[count : len(chain) - count])
    if not count or not is_square(middle.shape):
        return None
    for sign, one in ((1, middle), (-1, negative(middle))):
        if known(one).semidefinite or (one.is_scalar and known(one).entries.nonnegative):
            return Definite(sign, False, ("congruence A' D A",))
    return None


def _form_of(matrix: Expr) -> str:
    """By which form the whole matrix is seen to be semidefinite."""
    core = [one for one in factors_of(matrix) if not one.is_scalar]
    if len(core) > 1:
        return "Gram form" if len(core) == 2 else "congruence A' D A"
    match cast("Node", core[0] if core else matrix):
        case DiagonalMatrix():
            return "diagonal with entries >= 0"
        case Kronecker():
            return "Kronecker product of positive semidefinite matrices"
        case Hadamard() | Power():
            return "Schur product theorem"
        case Identity():
            return "identity"
        case Ones():
            return "matrix of ones"
        case Inverse() | MatrixPower():
            return "power of a positive definite matrix"
        case Sum():
            return "sum of positive semidefinite matrices"
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return "declared or known semidefinite"


# ------------------------------------------------------------ terms


@record
class Term:
    """``above/below`` times the product of ``core``, with a sign; scalars are apart."""

    sign: int
    above: tuple[Expr, ...]
    below: tuple[Expr, ...]
    core: tuple[Expr, ...]

    @property
    def coefficient(self) -> Expr:
        top = product(self.above)
        return Quotient(top, product(self.below)) if self.below else top


def terms_of(expression: Expr) -> list[Term] | None:
    """The terms of a matrix or of a scalar, products of sums multiplied out, scalars apart; None
    where they are too many."""
    done: list[Term] = []
    left: list[Term] = [Term(1, (), (), (expression,))]
    while left:
        spend(3)
        if len(left) + len(done) > MOST_TERMS:
            return None
        term = left.pop()
        parts = _opened(term)
        if parts is None:
            done.append(term)
        else:
            left += reversed(parts)
    return done


def _opened(term: Term) -> list[Term] | None:
    """A term with one of the parts of its core opened; None where none can be."""
    for place, part in enumerate(term.core):
        before, after = term.core[:place], term.core[place + 1 :]
        opened = _parts(part, alone=len(term.core) == 1)
        if opened is not None:
            return [
                Term(term.sign * sign, term.above + above, term.below + below, before + core + after)
                for sign, above, below, core in opened
            ]
    return None


_Part = tuple[int, tuple[Expr, ...], tuple[Expr, ...], tuple[Expr, ...]]


def _parts(part: Expr, *, alone: bool) -> list[_Part] | None:
    match part := cast("Node", part):
        case Negative(operand=operand):
            return [(-1, (), (), (operand,))]
        case Sum(terms=terms) if part.is_matrix or alone:
            return [(1, (), (), (one,)) for one in terms]
        case Quotient(numerator=above, denominator=below) if below.is_scalar:
            return [(1, (), (below,), (above,))]
        case Product() if not part.is_scalar or alone:
            scalars, rest = apart(part.factors)
            return [(1, scalars, (), rest)] if len(rest) != 1 or rest[0] is not part else None
        case Number() | Power() if part.is_scalar and not alone:
            return [(1, (part,), (), ())]
        case Kronecker(factors=factors):
            return _of_kronecker(factors)
        case Transpose(operand=Sum(terms=terms)) if part.is_matrix:
            return [(1, (), (), (transpose(one),)) for one in terms]
        case Trace(operand=operand) | Total(operand=operand, axis=None) if isinstance(
            operand, Negative | Sum | Quotient | Product
        ):
            return _of_linear(part, operand)
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None


def _of_linear(whole: Expr, operand: Expr) -> list[_Part] | None:
    """A trace or a sum of entries of terms."""

    def around(inner: Expr) -> tuple[Expr, ...]:
        return (Trace(inner) if isinstance(whole, Trace) else Total(inner),)

    match operand := cast("Node", operand):
        case Negative(operand=inner):
            return [(-1, (), (), around(inner))]
        case Sum(terms=terms):
            return [(1, (), (), around(one)) for one in terms]
        case Quotient(numerator=above, denominator=below) if below.is_scalar:
            return [(1, (), (below,), around(above))]
        case Product(factors=factors):
            scalars, rest = apart(factors)
            sums = [k for k, one in enumerate(rest) if isinstance(one, Sum | Negative | Quotient) and not one.is_scalar]
            if sums:
                place = sums[0]
                opened = _parts(rest[place], alone=False)
                if opened is None:
                    return None
                return [
                    (sign, scalars + above, below, around(product_of([*rest[:place], *core, *rest[place + 1 :]])))
                    for sign, above, below, core in opened
                ]
            return [(1, scalars, (), around(product_of(rest)))] if scalars else None
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None


def _of_kronecker(factors: Sequence[Expr]) -> list[_Part] | None:
    """A Kronecker product with one factor opened, where that is a sum or has a scalar in front."""
    for place, factor in enumerate(factors):
        if known(factor).semidefinite:
            continue
        opened = _parts(factor, alone=False)
        if opened is not None and all(core for _, _, _, core in opened) and not (len(opened) == 1 and opened[0][3] == (factor,)):
            if len(opened) == 1 and not opened[0][1] and not opened[0][2] and opened[0][0] == 1:
                continue
            return [
                (sign, above, below, (Kronecker((*factors[:place], product_of(core), *factors[place + 1 :])),))
                for sign, above, below, core in opened
            ]
    return None


def apart(factors: Sequence[Expr]) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """The scalars among factors, also those that a row and a column make, and the others."""
    scalars: list[Expr] = []
    rest: list[Expr] = []
    for factor in factors:
        if factor.is_scalar:
            scalars.append(factor)
            continue
        rest.append(factor)
        start = next((k for k in range(len(rest) - 1, -1, -1) if rest[k].is_row), None)
        if factor.is_column and start is not None:
            scalars.append(product(rest[start:]))
            del rest[start:]
    return tuple(scalars), tuple(rest)


# ------------------------------------------------------------ sums


def _of_terms(expression: Expr, of_term: Callable[[Term], _Seen]) -> Definite | None:
    terms = terms_of(expression)
    if terms is None:
        return None
    seen = [of_term(term) for term in terms]
    for sign in (1, -1):
        found = _together(terms, seen, sign)
        if found is not None:
            return found
    return None


@record
class _Seen:
    """Of a term: the sign of its coefficient (None: open), whether its core is semidefinite."""

    coefficient: int | None
    positive: bool
    core: Definite | None


def _together(terms: Sequence[Term], seen: Sequence[_Seen], sign: int) -> Definite | None:
    """The sum of terms as one of this sign: all of them, or with negative ones that Cauchy-Schwarz
    bounds by a positive one."""
    if any(one.core is None for one in seen):
        return None
    good = [k for k, one in enumerate(seen) if one.coefficient == sign]
    bad = [k for k, one in enumerate(seen) if one.coefficient == -sign]
    open_ones = [k for k, one in enumerate(seen) if one.coefficient is None]
    reasons = [reason for k in (*good, *open_ones) for reason in _core(seen[k]).reasons]
    strict = any(seen[k].positive and _core(seen[k]).strict for k in good)
    for k in bad:
        bounding = next(((j, bound) for j in good if (bound := _bounded(terms[k], terms[j])) is not None), None)
        if bounding is None:
            return None
        place, bound = bounding
        good.remove(place)
        strict = strict and bound
        reasons.append("Cauchy-Schwarz inequality")
    conditions = [_signed(terms[k], sign) for k in open_ones]
    if any(negative(one) in conditions for one in conditions):
        return None
    return Definite(sign, strict and not conditions, tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(conditions)))


def _core(seen: _Seen) -> Definite:
    if seen.core is None:
        raise ValueError("a term without a sign")
    return seen.core


def _signed(term: Term, sign: int) -> Expr:
    """What must be >= 0 for a term to have a sign: the factors of its coefficient that are open."""
    left = [one for one in term.above if not known(one).entries.positive]
    open_ones = [one for one in left if not known(one).entries.nonnegative] or left
    kept = product([one for one in open_ones if not isinstance(one, Number)])
    over = [one for one in term.below if not known(one).entries.positive]
    whole = Quotient(kept, product(over)) if over else kept
    minus = sum(isinstance(one, Number) and one.value < 0 for one in term.above) % 2
    return negative(whole) if (term.sign == sign) == bool(minus) else whole


def _of_matrix_term(term: Term) -> _Seen:
    core = product(term.core)
    found = Definite(1, True, ()) if not term.core else _seen(core)
    return _coefficient(term, found)


def _coefficient(term: Term, core: Definite | None) -> _Seen:
    found = known(term.coefficient)
    sign = side_of(found)
    turned = term.sign * (core.sign if core is not None else 1)
    return _Seen(None if sign is None else sign * turned, found.entries.nonzero, core)


def _of_form_term(term: Term, directions: Container[str]) -> _Seen:
    """A scalar term: what moves with the directions is its core, the rest its coefficient."""
    factors = [*term.above, *(term.core if all(one.is_scalar for one in term.core) else [product(term.core)])]
    moving = [one for one in factors if _moves(one, directions)]
    if any(_moves(one, directions) for one in term.below):
        return _Seen(None, False, None)
    rest = Term(term.sign, tuple([one for one in factors if one not in moving]), term.below, ())
    core = product(moving)
    square = known(core).entries.nonnegative or (len(moving) == 2 and moving[0] is moving[1])
    return _coefficient(rest, Definite(1, False, ("a square",)) if square else _of_trace(core) or _of_chain(core))


def _moves(expression: Expr, directions: Container[str]) -> bool:
    return any(name in directions for name in symbols_in(expression))


def _of_trace(core: Expr) -> Definite | None:
    """tr(P Q) >= 0 for P and Q >= 0, in one of the orders round the trace."""
    if not isinstance(core, Trace):
        return None
    chain = _spelled(core.operand)
    for start in range(len(chain)):
        turned = chain[start:] + chain[:start]
        for cut in range(1, len(turned) + 1):
            spend(5)
            halves = [product(part) for part in (turned[:cut], turned[cut:]) if part]
            if all(is_square(half.shape) and known(half).semidefinite for half in halves):
                return Definite(1, False, ("tr(P Q) with P, Q positive semidefinite",))
    return None


def _spelled(chain: Expr) -> list[Expr]:
    """The factors of a product of matrices, whole powers written out."""
    found: list[Expr] = []
    for factor in factors_of(chain):
        count = factor.exponent.value if isinstance(factor, MatrixPower) and isinstance(factor.exponent, Number) else None
        if isinstance(factor, MatrixPower) and count is not None and count.denominator == 1 and 2 <= count <= 4:
            found += [factor.base] * int(count)
        else:
            found.append(factor)
    return found


def _of_chain(core: Expr) -> Definite | None:
    """h' M h with M semidefinite."""
    chain = factors_of(core)
    if len(chain) < 2 or transpose(chain[0]) is not chain[-1]:
        return None
    middle = product(chain[1:-1])
    return _seen(middle) if middle.shape and is_square(middle.shape) else Definite(1, True, ("a square",))


# ------------------------------------------------------------ Cauchy-Schwarz


def _bounded(minus: Term, plus: Term) -> bool | None:
    """Whether ``k v v' <= w W``, because k v' W⁻¹ v <= w; then whether strictly so, else None."""
    inner, outer = list(minus.core), list(plus.core)
    while (
        len(outer) > 1 and len(inner) > 1 and inner[0] is outer[0] and inner[-1] is outer[-1] and transpose(outer[0]) is outer[-1]
    ):
        inner, outer = inner[1:-1], outer[1:-1]
    cut = _halves(inner)
    if cut is None:
        return None
    size = _inner(cut, outer)
    if size is None:
        return None
    above = [*minus.above, *plus.below, size]
    below = [*plus.above, *minus.below]
    for one in list(above):
        if one in below:
            above.remove(one)
            below.remove(one)
    room = simple(Sum((product(below), Negative(product(above)))))
    if room is None:
        return None
    entries = known(room).entries
    scale_ok = known(product(below)).entries.nonnegative and known(product(above)).entries.nonnegative
    return entries.positive if scale_ok and entries.nonnegative else None


def _halves(core: Sequence[Expr]) -> tuple[Expr, ...] | None:
    """The factors of the column v of v v'; None where a product is not of that form."""
    if len(core) == 1 and isinstance(core[0], Ones) and is_square(core[0].shape):
        return (Ones((core[0].shape[0],)),)
    for cut in range(1, len(core)):
        left, right = product(core[:cut]), product(core[cut:])
        if left.is_column and right.is_row and transpose(left) is right:
            return (left,)
        if left.is_column and right.is_row and simple(transpose(left)) is simple(right):
            return (left,)
    return None


def _inner(column: tuple[Expr, ...], core: Sequence[Expr]) -> Expr | None:
    """v' W⁻¹ v for the W that a positive term has."""
    v = product(column)
    whole = product(core) if core else Identity(v.rows)
    match whole := cast("Node", whole):
        case Identity():
            return product((transpose(v), v))
        case DiagonalMatrix(operand=entries) if entries.is_column:
            return Total(Quotient(Hadamard((v, v)), entries))
        case _ if known(whole).definite:
            return product((transpose(v), Inverse(whole), v))
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None
