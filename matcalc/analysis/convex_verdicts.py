"""Whether a scalar function is convex or concave: by composition or by its Hessian, with a certificate, under
a condition, or not, with chords that show it. Whatever is said is compared with chords first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import combinations, combinations_with_replacement
from math import prod
from typing import TYPE_CHECKING, Any, cast

from matcalc.analysis.chords import Chord, Field, Seen, has_convex_domain, has_values
from matcalc.analysis.composition import Composition
from matcalc.analysis.curved_parts import Curve, Line
from matcalc.analysis.definiteness import Definite, Term, definiteness, form_sign, terms_of
from matcalc.analysis.powers import is_nonnegative_polynomial, side_of, simple, tidied
from matcalc.base.budgets import valued
from matcalc.base.functions import has_kink
from matcalc.base.lazy import later
from matcalc.base.records import record, replace
from matcalc.derivation.pipeline import differentiate
from matcalc.expr.deduction import known
from matcalc.expr.nodes import (
    Call,
    DiagonalMatrix,
    Elementwise,
    Expr,
    Hadamard,
    Identity,
    Indexed,
    Kronecker,
    Leaf,
    Linear,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Norm,
    Number,
    Ones,
    Product,
    Quotient,
    SizeValue,
    Sum,
    Symbol,
    postorder,
)
from matcalc.expr.rewriting import sum_of, symbols_in
from matcalc.facts.table import implied, tying
from matcalc.folding.build import cost, negative, product, transpose
from matcalc.products.differentials import differential_form, is_plain_zero

if TYPE_CHECKING:
    import numpy as np

    from matcalc.evaluation import differences, interpreter
else:
    differences = later("matcalc.evaluation.differences")
    interpreter = later("matcalc.evaluation.interpreter")
    np = later("numpy")

CONVEX, CONCAVE, AFFINE, NEITHER, UNKNOWN, ONLY_IF = "convex", "concave", "affine", "neither", "unknown", "convex only if"
_WORDS = {1: CONVEX, -1: CONCAVE, 0: AFFINE}
_POINTS = 6
_MORE_POINTS = 18
_ENOUGH = 6
_CLEARLY = 0.05
"""Of a condition that fails: relative to the values of its parts."""


@record
class Bounds:
    """The function is ``strong``ly convex with this constant, its gradient ``lipschitz`` with that one;
    None where they are not seen."""

    strong: Expr | None = None
    lipschitz: Expr | None = None


@record
class Finding:
    """What is found out about a function.

    ``certificate`` is a matrix, or a number along the directions, that is >= 0 where the function is
    convex or concave: its second derivative, or minus that (``turned``). Each of ``conditions`` is >= 0,
    a square matrix without negative eigenvalues.
    """

    word: str
    directions: tuple[Symbol, ...] = ()
    certificate: Expr | None = None
    turned: bool = False
    reasons: tuple[str, ...] = ()
    conditions: tuple[Expr, ...] = ()
    lines: tuple[Line, ...] = ()
    domain: tuple[Expr, ...] = ()
    not_convex: Chord | None = None
    not_concave: Chord | None = None
    bounds: Bounds = Bounds()
    hint: str = ""


@record
class _Claim:
    """A sign, by composition or by the Hessian, and whether its conditions are necessary at once."""

    sign: int
    conditions: tuple[Expr, ...] = ()
    exact: bool = False


@record
class _Hessian:
    """The second derivative as a matrix, or along the directions."""

    matrix: Expr | None
    form: Expr | None
    seen: Definite | None


def curvature(expression: Expr, wrt: Sequence[Symbol], moves: Mapping[Symbol, Symbol]) -> Finding:
    """What can be said of a scalar expression in some symbols, jointly; ``moves`` are directions."""
    if not has_convex_domain(wrt):
        return Finding(UNKNOWN, hint="the values of the symbol are no convex set")
    composition = Composition(moves)
    curve = composition.of(expression)
    hessian = _hessian(expression, wrt, moves)
    field = Field(expression, wrt) if has_values(expression) else None
    lines = tuple(composition.lines.values())
    claims = _claims(curve, hessian, expression, wrt)
    for claim in claims:
        found = _judged(claim, field)
        if found is not None:
            found = replace(found, lines=lines, domain=tuple(dict.fromkeys(composition.domain)))
            return _certified(found, claim, expression, moves, curve, hessian)
    return _by_chords(field, open_=any(claim.conditions for claim in claims))


# ------------------------------------------------------------ claims


def _claims(curve: Curve | None, hessian: _Hessian, expression: Expr, wrt: Sequence[Symbol]) -> list[_Claim]:
    """What the two ways say, what is said without a condition first."""
    found: list[_Claim] = []
    if curve is not None:
        turned = curve.turned() if curve.free and curve.sign < 0 else curve
        found.append(_Claim(turned.sign, turned.conditions))
    names = {symbol.name for symbol in wrt}
    if not _has_kinks(expression):
        found += _of_hessian(hessian, names, wrt)
    usable = [claim for claim in found if all(_is_open(one, names) for one in claim.conditions)]
    return sorted(usable, key=lambda claim: (bool(claim.conditions), not claim.exact))


def _is_open(condition: Expr, names: set[str]) -> bool:
    """Whether a condition is one on constants, and may hold."""
    inside = set(symbols_in(condition))
    return bool(inside) and names.isdisjoint(inside) and not known(condition).entries.negative


def _of_hessian(hessian: _Hessian, names: set[str], wrt: Sequence[Symbol]) -> list[_Claim]:
    matrix, seen = hessian.matrix, hessian.seen
    whole = matrix if matrix is not None else hessian.form
    if whole is None:
        return []
    if is_plain_zero(whole):
        return [_Claim(0)]
    if seen is not None and not seen.conditions:
        return [_Claim(seen.sign)]
    if matrix is None:
        exact = seen is not None and not any(names & set(symbols_in(one)) for one in seen.conditions)
        return [_Claim(1, seen.conditions, exact=True)] if seen is not None and exact and seen.sign == 1 else []
    if matrix.is_scalar and is_nonnegative_polynomial(matrix, wrt[0]):
        return [_Claim(1)]
    if matrix.is_scalar and is_nonnegative_polynomial(negative(matrix), wrt[0]):
        return [_Claim(-1)]
    found = [_Claim(1, (_core(matrix),), exact=True)] if names.isdisjoint(symbols_in(matrix)) else []
    return found if seen is None else [*found, _Claim(seen.sign, seen.conditions)]


def _core(matrix: Expr) -> Expr:
    """What has the sign of a matrix, without positive factors, around it and beside it."""
    while True:
        match matrix := cast("Node", matrix):
            case Product(factors=factors) if any(one.is_scalar and known(one).entries.positive for one in factors):
                kept = [one for one in factors if not (one.is_scalar and known(one).entries.positive)]
                matrix = product(kept)
            case Quotient(numerator=above, denominator=below) if known(below).entries.positive and below.is_scalar:
                matrix = above
            case Kronecker(factors=factors) if any(known(one).definite for one in factors):
                kept = [one for one in factors if not known(one).definite]
                if len(kept) != 1:
                    return matrix
                matrix = kept[0]
            case DiagonalMatrix(operand=entries):
                return entries
            case Product(factors=(scalar, Identity())):
                return scalar
            case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
                return matrix


def _hessian(expression: Expr, wrt: Sequence[Symbol], moves: Mapping[Symbol, Symbol]) -> _Hessian:
    if len(wrt) == 1 and not tying(wrt[0].properties):
        matrix = valued(lambda: differentiate(expression, (wrt[0], wrt[0])).closed_form)
        if matrix is not None and matrix.is_scalar != wrt[0].is_scalar:
            matrix = None
        return _Hessian(matrix, None, None if matrix is None or is_plain_zero(matrix) else definiteness(matrix))
    if len(wrt) == 2 and not any(symbol.shape for symbol in wrt):
        return _of_two_numbers(expression, wrt, moves)
    form = _along(expression, moves)
    names = {move.name for move in moves.values()}
    return _Hessian(None, form, None if form is None or is_plain_zero(form) else form_sign(form, names))


def _along(expression: Expr, moves: Mapping[Symbol, Symbol]) -> Expr | None:
    """The second derivative along the directions."""
    first = valued(lambda: differential_form(expression, moves))
    second = None if first is None else valued(lambda: differential_form(first, _present(first, moves)))
    return None if second is None else simple(second) or second


def _present(expression: Expr, moves: Mapping[Symbol, Symbol]) -> Mapping[Symbol, Symbol]:
    return {symbol: move for symbol, move in moves.items() if symbol.name in symbols_in(expression)}


def _of_two_numbers(expression: Expr, wrt: Sequence[Symbol], moves: Mapping[Symbol, Symbol]) -> _Hessian:
    """By the minors: both diagonal entries and the determinant >= 0, or the entries <= 0."""
    entries = [valued(partial(_second, expression, pair)) for pair in combinations_with_replacement(wrt, 2)]
    form = _along(expression, moves)
    if None in entries:
        return _Hessian(None, form, None)
    first, both, last = [one for one in entries if one is not None]
    minor = simple(Sum((product((first, last)), Negative(product((both, both))))))
    if minor is None:
        return _Hessian(None, form, None)
    signs = [side_of(known(one)) for one in (first, last, minor)]
    if signs[0] is not None and signs[0] == signs[1] and known(minor).entries.nonnegative:
        return _Hessian(None, form, Definite(signs[0], False, ("minors of the Hessian",)))
    clear = any(known(one).entries.positive for one in (first, last))
    asked = [(minor, signs[2])] if clear else zip((first, last, minor), signs, strict=True)
    conditions = tuple([_core(one) for one, sign in asked if sign != 1])
    return _Hessian(None, form, Definite(1, False, ("minors of the Hessian",), conditions))


def _second(expression: Expr, pair: Sequence[Symbol]) -> Expr | None:
    return differentiate(expression, pair).closed_form


def _has_kinks(expression: Expr) -> bool:
    """Whether the second derivative may say nothing of jumps of the first."""
    return any(
        (isinstance(node, Elementwise | Call) and has_kink(node.function))
        or (isinstance(node, Norm) and node.kind in ("1", "p", "spectral", "nuclear"))
        for node in postorder(expression)
    )


# ------------------------------------------------------------ by numbers


def _judged(claim: _Claim, field: Field | None) -> Finding | None:
    """A claim that chords do not contradict; of one with conditions, that these are necessary."""
    if field is None:
        return Finding(_WORDS[claim.sign]) if not claim.conditions else None
    if claim.conditions:
        return _conditional(claim, field) if claim.sign == 1 else None
    for seed, (constants, sizes) in enumerate(field.points(_POINTS)):
        seen = field.seen(constants, sizes, seed)
        if (claim.sign >= 0 and seen.not_convex) or (claim.sign <= 0 and seen.not_concave):
            return None
    return Finding(_WORDS[claim.sign])


def _conditional(claim: _Claim, field: Field) -> Finding | None:
    """Convex where the conditions hold, and not where they clearly fail, at constants of both kinds."""
    held, broken, failed = 0, 0, None
    for seed, (constants, sizes) in enumerate(field.points(_MORE_POINTS)):
        for chosen in _variants(constants, [one for part in claim.conditions for one in symbols_in(part).values()]):
            room = min(_room(one, chosen, sizes) for one in claim.conditions)
            if -_CLEARLY < room < 0:
                continue
            seen = field.seen(chosen, sizes, seed)
            if (room >= 0) == (seen.not_convex is not None):
                return None
            held, broken = held + (room >= 0), broken + (room < 0)
            failed = failed or seen.not_convex
        if min(held, broken) >= _ENOUGH:
            break
    return Finding(ONLY_IF, conditions=claim.conditions, not_convex=failed) if held and failed else None


def _variants(constants: Mapping[str, Any], symbols: Sequence[Symbol]) -> list[Mapping[str, Any]]:
    """Constants with their free square matrices symmetric, as they are, definite, and turned."""
    free = {one.name for one in symbols if implied(one.properties) <= _ANY_SIGN}
    square = {name for name in free if _is_square(constants[name])}
    plain = {name: (value + value.T) / 2 if name in square else value for name, value in constants.items()}
    definite = {
        name: value @ value.T + 0.1 * np.eye(len(value)) if name in square else value for name, value in constants.items()
    }
    turned = {name: -value if name in free else value for name, value in definite.items()}
    return [plain, *([constants, definite] if square else []), *([turned] if free else [])]


_ANY_SIGN = frozenset({"symmetric", "diagonal", "invertible"})


def _is_square(value: Any) -> bool:
    return np.ndim(value) == 2 and value.shape[0] == value.shape[1]


def _room(condition: Expr, constants: Mapping[str, Any], sizes: Mapping[str, int]) -> float:
    """By how much a condition holds, relative to its size; negative where it fails."""
    value = np.asarray(interpreter.evaluate(condition, constants, sizes), float)
    scale = float(np.abs(value).max(initial=0.0)) or 1.0
    if value.ndim == 2:
        return float(np.linalg.eigvalsh((value + value.T) / 2).min()) / scale
    return float(value.min()) / scale


def _by_chords(field: Field | None, *, open_: bool) -> Finding:
    """Neither, where chords show both at some constants, and none lets it look convex; not where a
    condition is ``open_`` under which it is convex."""
    if field is None:
        return Finding(UNKNOWN, hint="nothing is known of the functions in it")
    shown: Seen | None = None
    looks: set[str] = set()
    drawn = [(chosen, sizes) for constants, sizes in field.points(_POINTS) for chosen in _variants(constants, field.constants)]
    for seed, (constants, sizes) in enumerate(drawn):
        seen = field.seen(constants, sizes, seed)
        looks |= ({CONVEX} if seen.not_convex is None else set()) | ({CONCAVE} if seen.not_concave is None else set())
        if seen.not_convex and seen.not_concave and shown is None:
            shown = seen
    if shown is not None and CONVEX not in looks and not open_:
        return Finding(NEITHER, not_convex=shown.not_convex, not_concave=shown.not_concave)
    if not looks:
        return Finding(UNKNOWN, hint="at the constants that were tried it is neither; whether it is at all is not known")
    others = "; at others it is neither" if shown is not None else ""
    return Finding(UNKNOWN, hint=f"at some constants, chords let it look {' and '.join(sorted(looks))}{others}")


# ------------------------------------------------------------ certificates


def _certified(
    found: Finding, claim: _Claim, expression: Expr, moves: Mapping[Symbol, Symbol], curve: Curve | None, hessian: _Hessian
) -> Finding:
    """The finding with a second derivative that shows the sign, and what bounds it."""
    directions = tuple(moves.values())
    if claim.sign == 0:
        return replace(found, directions=directions)
    bounds = Bounds()
    if hessian.matrix is not None and found.word == CONVEX and not _has_kinks(expression) and len(moves) == 1:
        bounds = bounds_of(hessian.matrix, {symbol.name for symbol in moves})
    for form, reasons in _candidates(claim, expression, moves, curve, hessian):
        certificate = negative(form) if claim.sign < 0 else form
        if _is_second(certificate, claim.sign, expression, moves, bool(claim.conditions)):
            turned = claim.sign < 0
            return replace(found, directions=directions, certificate=certificate, turned=turned, reasons=reasons, bounds=bounds)
    return replace(found, directions=directions, bounds=bounds)


def _candidates(
    claim: _Claim, expression: Expr, moves: Mapping[Symbol, Symbol], curve: Curve | None, hessian: _Hessian
) -> list[tuple[Expr, tuple[str, ...]]]:
    """Second derivatives whose sign is seen, the plainest first."""
    composed = None if curve is None or not curve.sign else curve.second
    if _has_kinks(expression):
        return [] if composed is None else [(tidied(composed), (_COMPOSED,))]
    found = _whole(claim, hessian)
    if composed is not None:
        found.append((tidied(composed), (_COMPOSED,)))
    if len(moves) == 1 and hessian.matrix is not None and not found:
        form = _along(expression, moves)
        seen = None if form is None else form_sign(form, {move.name for move in moves.values()})
        if form is not None and seen is not None and seen.sign == claim.sign and not seen.conditions:
            found.append((form, seen.reasons))
    return sorted(found, key=lambda one: not one[0].is_scalar and cost(one[0]) > _LONG)


def _whole(claim: _Claim, hessian: _Hessian) -> list[tuple[Expr, tuple[str, ...]]]:
    """The Hessian, or its form along the directions, where it shows the sign."""
    whole, seen = hessian.form if hessian.matrix is None else hessian.matrix, hessian.seen
    if whole is None:
        return []
    if seen is not None and seen.sign == claim.sign and set(seen.conditions) <= set(claim.conditions):
        return [(whole, seen.reasons)]
    if claim.exact:
        return [(whole, ("the condition",))]
    polynomial = whole.is_scalar and hessian.matrix is not None
    return [(whole, ("a polynomial without a change of sign",))] if polynomial else []


_COMPOSED = "sum of squares by the rules of composition"
_LONG = 4000


def _is_second(certificate: Expr, sign: int, expression: Expr, moves: Mapping[Symbol, Symbol], conditional: bool) -> bool:
    """Whether a certificate is the second derivative, and of one sign, at points."""
    field = Field(expression, tuple(moves))
    checked = 0
    moved = not {move.name for move in moves.values()}.isdisjoint(symbols_in(certificate))
    for seed, (constants, sizes) in enumerate(field.points(_POINTS)):
        for values, bend in field.bends(constants, sizes, moves, seed):
            value = valued(lambda values=values, sizes=sizes: interpreter.evaluate(certificate, values, sizes))  # type: ignore[misc]
            if value is None:
                return False
            along = _quadratic(value, None if moved else [np.asarray(values[move.name], float) for move in moves.values()])
            if np.isnan(along):
                continue
            if not abs(sign * along - bend) <= 1e-4 * (1 + abs(bend)) or (not conditional and along < -1e-8 * (1 + abs(bend))):
                return False
            checked += 1
    return checked > 0


def _quadratic(value: Any, steps: Sequence[Any] | None) -> float:
    if steps is None:
        return float(value)
    flat = np.concatenate([np.ravel(step, "F") for step in steps])
    if np.size(value) != flat.size**2:
        return float("inf")
    return float(flat @ np.reshape(value, (flat.size, flat.size)) @ flat)


# ------------------------------------------------------------ bounds


def bounds_of(hessian: Expr, names: set[str]) -> Bounds:
    """Constants between which the eigenvalues of a positive semidefinite Hessian are seen to lie."""
    terms = terms_of(hessian) if hessian.shape else [Term(1, (), (), (hessian,))]
    if terms is None or any(not term.core for term in terms):
        return Bounds()
    whole = [one for term in terms if term.sign > 0 for one in [_most(term, names)]]
    most = None if None in whole else simple(sum_of([one for one in whole if one is not None]))
    least = [one for term in terms for one in [_least(term, names)] if one is not None]
    clear = all(term.sign > 0 for term in terms)
    strong = simple(sum_of(least)) if clear and least else None
    return Bounds(strong if strong is not None and known(strong).entries.positive else None, most)


def _most(term: Term, names: set[str]) -> Expr | None:
    """The largest eigenvalue that a term can have."""
    entries = known(term.coefficient).entries
    if names.isdisjoint(symbols_in(term.coefficient)):
        factor: Expr = term.coefficient
    elif isinstance(entries.high, Fraction):
        factor = Number(entries.high)
    else:
        return None
    chain = list(term.core)
    place = next((k for k, one in enumerate(chain) if not names.isdisjoint(symbols_in(one))), None)
    if place is not None:
        one = chain[place]
        high = _highest(one.operand) if isinstance(one, DiagonalMatrix) else None
        if not isinstance(high, Fraction) or not names.isdisjoint(symbols_in(*chain[:place], *chain[place + 1 :])):
            return None
        factor, chain = product((Number(high), factor)), chain[:place] + chain[place + 1 :]
    return product((factor, _extreme(product(chain), "eigmax"))) if chain else factor


def _highest(entries: Expr) -> Any:
    """What no entry is above: of s ⊙ (1 - s) with s from 0 to 1 it is 1/4."""
    factors = entries.factors if isinstance(entries, Hadamard) else ()
    for one, other in combinations(factors, 2):
        whole = simple(Sum((one, other))) if all(known(part).entries.nonnegative for part in (one, other)) else None
        rest = [known(part).entries for part in factors if part is not one and part is not other]
        if isinstance(whole, Ones) and all(part.nonnegative and isinstance(part.high, Fraction) for part in rest):
            return prod([part.high for part in rest], start=Fraction(1, 4))
    return known(entries).entries.high


def _least(term: Term, names: set[str]) -> Expr | None:
    """The smallest eigenvalue of a constant term."""
    if term.sign < 0 or not names.isdisjoint(symbols_in(term.coefficient, *term.core)):
        return None
    return product((term.coefficient, _extreme(product(term.core), "eigmin")))


def _extreme(matrix: Expr, which: str) -> Expr:
    match matrix := cast("Node", matrix):
        case Identity():
            return Number(Fraction(1))
        case Kronecker(factors=factors):
            return product([_extreme(one, which) for one in factors])
        case Ones(sizes=(size, _)) if which == "eigmax":
            return SizeValue(size)
        case Product(factors=(column, row)) if which == "eigmax" and column.is_column and transpose(column) is row:
            return product((row, column))
        case _ if matrix.is_scalar:
            return matrix
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return Call(which, (matrix,), None, ())
