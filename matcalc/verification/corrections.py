"""What is wrong in a refuted claim, and what would be right: a factor, a term, a small change of
its sides; in the words that verdicts on claims, answers and coded gradients share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, isfinite, prod
from typing import TypeAlias, cast

from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.sizes import Size
from matcalc.base.traversal import with_operand
from matcalc.derivation.pipeline import reading_order
from matcalc.einstein.linear import add, scale, terms_of
from matcalc.einstein.lowered import Lowered
from matcalc.einstein.nodes import Tensor
from matcalc.evaluation.arrays import entries_of
from matcalc.expr.nodes import (
    Expr,
    Hadamard,
    Indexed,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    Negative,
    Node,
    Nonlinear,
    Number,
    Power,
    Product,
    SizeValue,
    Sum,
    Symbol,
    Transpose,
    children,
)
from matcalc.folding.fold import fold
from matcalc.language.build.forms import function_of
from matcalc.printing import text
from matcalc.rewrite.distribution import expanded
from matcalc.verification.claims import Claim, Formula
from matcalc.verification.witness.comparing import Comparison, side_value
from matcalc.verification.witness.searching import holds

_MOST = 200
_FACTORS = (Fraction(2), Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong: ``kind`` is a word for programs (those of ``Mutant``, ``term``, ``row-major``
    or ``other``), ``words`` are for people, ``formula`` is what would be right, where that is
    known."""

    kind: str
    words: str
    formula: Expr | None = None


NOTHING_KNOWN = Mistake("", "")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed expression; ``kind`` is ``transpose``, ``sign``, ``factor`` or ``order``. A
    ``part`` of it was ``changed`` to another."""

    kind: str
    description: str
    expression: Expr
    part: Expr
    changed: Expr


def mutants(expression: Expr) -> Iterator[Mutant]:
    """Every expression that differs by one small change and still has the same shape; at most 200,
    in reading order."""
    count = 0
    for path, nodes in occurrences(expression):
        for kind, description, changed in _changes(path, nodes):
            try:
                whole = with_part(path, nodes, changed)
            except ShapeError:
                continue
            if whole.shape == expression.shape and whole is not expression:
                yield Mutant(kind, description, whole, nodes[-1], changed)
                count += 1
                if count >= _MOST:
                    return


def occurrences(expression: Expr) -> Iterator[tuple[tuple[int, ...], tuple[Expr, ...]]]:
    """The place of every occurrence of a part, from the root, and the nodes on the way to it."""
    stack: list[tuple[tuple[int, ...], tuple[Expr, ...]]] = [((), (expression,))]
    count = 0
    while stack and count < _MOST:
        path, nodes = stack.pop()
        yield path, nodes
        count += 1
        below = children(nodes[-1])
        stack.extend(((*path, k), (*nodes, child)) for k, child in reversed(list(enumerate(below))))


def with_part(path: tuple[int, ...], nodes: tuple[Expr, ...], new: Expr) -> Expr:
    """The whole with another last node."""
    for node, k in zip(nodes[-2::-1], reversed(path)):
        new = with_operand(node, k, new)
    return new


def _changes(path: tuple[int, ...], nodes: tuple[Expr, ...]) -> Iterator[tuple[str, str, Expr]]:
    name = text(nodes[-1], "unicode")
    match node := cast("Node", nodes[-1]):
        case Transpose(operand=inner) if node.rows == node.cols and not node.is_scalar:
            yield "transpose", f"{name} should be {text(inner, 'unicode')}", inner
        case Symbol() | Inverse() if node.is_matrix and node.rows == node.cols:
            yield "transpose", f"{name} should be {text(Transpose(node), 'unicode')}", Transpose(node)
        case Number(value=value) if value:
            number = f"the exponent {name}" if path[-1:] == (1,) and isinstance(nodes[-2], Power) else name
            for factor in _FACTORS:
                yield "factor", f"{number} should be {text(Number(value * factor), 'unicode')}", Number(value * factor)
        case Product(factors=factors):
            for k in range(len(factors) - 1):
                one, other = factors[k : k + 2]
                if one is not other and not one.is_scalar and not other.is_scalar:
                    try:
                        swapped = Product((*factors[:k], other, one, *factors[k + 2 :]))
                    except ShapeError:
                        continue
                    names = text(one, "unicode"), text(other, "unicode")
                    yield "order", f"the factors {names[0]} and {names[1]} should be in the other order", swapped
        case Sum(terms=terms):
            for k, term in enumerate(terms):
                flipped = term.operand if isinstance(term, Negative) else Negative(term)
                yield "sign", f"the term {text(term, 'unicode')} has the wrong sign", Sum((*terms[:k], flipped, *terms[k + 1 :]))
        case Negative(operand=inner):
            yield "sign", f"{name} has the wrong sign", inner
        case Leaf() | Linear() | Hadamard() | Kronecker() | Nonlinear() | Indexed():
            return
    if not path:
        if not isinstance(node, Negative):
            yield "sign", "the sign is wrong", Negative(node)
        for factor in _FACTORS:
            amount = f"a factor {factor} is missing" if factor > 1 else "the formula is twice too large"
            yield "factor", amount, Product((Number(factor), node))
        if node.is_matrix and node.rows == node.cols:
            yield "transpose", "the formula should be transposed", Transpose(node)


# ---------------------------------------------------------------- multiples in words

_SIGN = "the sign is wrong"


def multiple_in_words(number: Fraction, whole: str) -> tuple[str, str]:
    """The kind of a mistake, and its words: a ``whole`` is this multiple of what it should be.
    Both are empty for 1."""
    if number == 1:
        return "", ""
    if number < 0:
        return "sign", ", and ".join(filter(None, [_SIGN, multiple_in_words(-number, "it")[1]]))
    if number.denominator == 1:
        return "factor", f"{whole} is {number} times too large"
    if number.numerator == 1:
        return "factor", f"the factor {number.denominator} is missing"
    return "factor", f"{whole} is {number} times what it should be"


def said_of_term(name: str, words: str, whole: str) -> str:
    """What is said of a ``whole``, as it is said of a term.

    >>> said_of_term("the term b", "the result is 2 times too large", "the result")
    'the term b is 2 times too large'
    >>> said_of_term("the term b", "the factor 2 is missing", "the result")
    'in the term b the factor 2 is missing'
    """
    if words == _SIGN:
        return f"{name} has the wrong sign"
    return words.replace(whole, name, 1) if words.startswith(whole) else f"in {name} {words}"


# ---------------------------------------------------------------- claims

_LARGEST_DENOMINATOR = 12
_RIGHT = "the right side"


def repair(claim: Claim, comparison: Comparison | None) -> Mistake | None:
    """What is wrong in the right side, confirmed by algebra or at further points."""
    if claim.right.is_derivative:
        return None
    right = claim.right.expression
    if not claim.fits:
        turned = Transpose(right) if len(right.shape) <= 2 else right
        return _transposed(Claim(claim.left, Formula(turned)), turned) if turned.shape == claim.left.shape else None
    if comparison is None:
        return None
    if _is_row_major(claim, comparison):
        return Mistake("row-major", "this is the answer for vec by rows; here vec stacks columns")
    return _scaled(claim, comparison) or _of_terms(claim) or _mutated(claim) or _of_terms(claim, replaced=True)


def _transposed(claim: Claim, turned: Expr) -> Mistake | None:
    """The right side transposed, as ``claim`` has it, and perhaps times a number."""
    if holds(claim, quick=True):
        return Mistake("transpose", _turned(_RIGHT, _ONE), turned)
    terms = _terms_of_claim(claim)
    times = None if terms is None else _multiple(_plus(terms.missing, terms.given), terms.given)
    return None if times is None else Mistake("transpose", _turned(_RIGHT, times), Product((Number(times), turned)))


def _turned(name: str, times: Fraction) -> str:
    return ", and ".join(filter(None, [f"{name} should be transposed", multiple_in_words(1 / times, "it")[1]]))


def _scaled(claim: Claim, comparison: Comparison) -> Mistake | None:
    """The right side as a multiple of what it should be."""
    ratio = _ratio(comparison)
    if ratio is None:
        return None
    scaled = Product((Number(ratio), *claim.right.expressions))
    if not holds(Claim(claim.left, Formula(scaled)), quick=True):
        return None
    return Mistake(*multiple_in_words(1 / ratio, _RIGHT), scaled)


def _mutated(claim: Claim) -> Mistake | None:
    for mutant in mutants(*claim.right.expressions):
        changed = Claim(claim.left, Formula(mutant.expression))
        if changed.fits and holds(changed, quick=True):
            return Mistake(mutant.kind, mutant.description, mutant.expression)
    return None


def _of_terms(claim: Claim, replaced: bool = False) -> Mistake | None:
    """The terms of the right side that are wrong, where algebra tells; with ``replaced`` one that
    stands for another."""
    terms = _terms_of_claim(claim)
    return None if terms is None else terms.replaced() if replaced else terms.mistake()


def _ratio(comparison: Comparison) -> Fraction | None:
    """The number that the left side is of the right side, where it is a simple fraction."""
    left, right = entries_of(comparison.left), entries_of(comparison.right)
    size = sum(other * other for other in right)
    if len(left) != len(right) or size == 0.0:
        return None
    factor = sum(one * other for one, other in zip(left, right)) / size
    if not isfinite(factor):  # sides that only the exact comparison can tell apart
        return None
    found = Fraction(factor).limit_denominator(_LARGEST_DENOMINATOR)
    if not found or abs(float(found) - factor) > 1e-5 * abs(factor):
        return None
    return found if _are_near([float(found) * other for other in right], left, 1e-5, 1e-8) else None


def _are_near(left: Sequence[float], right: Sequence[float], relative: float, absolute: float) -> bool:
    """Whether as many entries are equal, to a part of the largest; never where one is not
    finite."""
    largest = max(map(abs, (*left, *right)), default=0.0)
    return len(left) == len(right) and all(
        abs(one - other) <= absolute + relative * largest < inf for one, other in zip(left, right)
    )


def _is_row_major(claim: Claim, comparison: Comparison) -> bool:
    """Whether the right side is the derivative of the rows of the function, one after another, by
    the rows of the variable."""
    left = claim.left
    if not left.is_derivative or len(left.wrt) != 1 or not (left.function.is_matrix and left.wrt[0].is_matrix):
        return False
    tensor = entries_of(side_value(replace(left, layout="tensor"), comparison.point))
    sizes = [size.value(comparison.point.sizes) for size in left.wrt[0].shape]
    across = prod(sizes)
    rows = [tensor[start : start + across] for start in range(0, len(tensor), across)]
    lines = rows if left.layout == "numerator" else list(zip(*rows))
    return _are_near([entry for line in lines for entry in line], entries_of(comparison.right), 1e-6, 1e-9)


# ---------------------------------------------------------------- terms

_MOST_EXPANDED = 32
_MOST_NAMED = 3
_MOST_SCALARS = 6
Part: TypeAlias = "dict[Tensor, Fraction]"
"""Terms multiplied out, each with its number."""


def terms_in(expression: Expr) -> tuple[Expr, ...]:
    """The terms of a sum as they are written, also of one with a number before it; none of another
    expression."""
    match cast("Node", expression):
        case Sum(terms=terms):
            return terms
        case Negative(operand=inner):
            return tuple([one.operand if isinstance(one, Negative) else Negative(one) for one in terms_in(inner)])
        case Product(factors=(Number() as number, inner)):
            return tuple([_times(number, one) for one in terms_in(inner)])
        case Leaf() | Linear() | Product() | Hadamard() | Kronecker() | Nonlinear() | Indexed():
            return ()


def _times(number: Number, term: Expr) -> Expr:
    return Negative(_times(number, term.operand)) if isinstance(term, Negative) else Product((number, term))


def multiplied_out(lowered: Lowered, order: Mapping[str, int], most: int) -> list[Expr] | None:
    """The terms of an index form in closed form; None where one of them has none."""
    found: list[Expr] = []
    for number, term in terms_of(expanded(lowered.tensor, most)):
        form = fold(scale(number, term), lowered.split, order)
        if form is None:
            return None
        found.append(form)
    return found


def _terms_of_claim(claim: Claim) -> _Terms | None:
    """The terms of both sides; None where algebra does not compare them."""
    difference = claim.difference()
    try:
        left = claim.left.lowered(None)
        if difference is None or difference.tensor.shape != left.tensor.shape:
            return None
        right = claim.right.lowered(left)
        missing, given = _part(difference), _part(right)
        if (right.tensor.shape, right.split) != (left.tensor.shape, left.split):
            return None
    except MatcalcError:
        return None
    return _Terms(claim, left, missing, given)


def _part(lowered: Lowered) -> Part:
    return {term: number for number, term in terms_of(expanded(lowered.tensor, _MOST_EXPANDED)) if number}


def _multiple(one: Part, other: Part) -> Fraction | None:
    """The number that one is of the other; None where there is none."""
    if not other or one.keys() != other.keys():
        return None
    ratios = {one[term] / number for term, number in other.items()}
    return ratios.pop() if len(ratios) == 1 else None


def _plus(one: Part, other: Part) -> Part:
    both = {term: one.get(term, _NONE) + other.get(term, _NONE) for term in (*one, *other)}
    return {term: number for term, number in both.items() if number}


_NONE, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class _Terms:
    """What the right side of a claim is multiplied out, and what is missing in it: left minus
    right."""

    claim: Claim
    like: Lowered
    missing: Part
    given: Part

    def mistake(self) -> Mistake | None:
        """What one thing explains the difference, up to numbers of several terms."""
        return self._of_written() or self._left_out() or self._of_numbers()

    def _of_written(self) -> Mistake | None:
        """One term as it is written that is too much, has a wrong factor or is transposed; or a
        scalar factor of the whole."""
        (right,) = self.claim.right.expressions
        for term in (*terms_in(right), right):
            part = self._part_of(term)
            found = None if part is None else self._of_one(term, part, term is right)
            if found is not None:
                return found
        return None

    def _of_one(self, term: Expr, part: Part, whole: bool) -> Mistake | None:
        name = _RIGHT if whole else f"the term {text(term, 'unicode')}"
        goal = _plus(self.missing, part)
        found = None if whole else _number_of(name, part, goal)
        if found is not None:
            return found
        turned = self._part_of(Transpose(term)) if len(term.shape) == 2 else None
        times = None if turned is None else _multiple(goal, turned)
        if times is not None and not (whole and times == 1):  # that is told of a part, where one is small enough
            return Mistake("transpose", _turned(name, times))
        said = self._scalar_factor(term, part, goal)
        return None if said is None else Mistake("factor", said if whole else said_of_term(name, said, _RIGHT))

    def _scalar_factor(self, term: Expr, part: Part, goal: Part) -> str | None:
        """A scalar of the claim, or a size, that a term lacks or has too much."""
        right = self._folded(goal)
        for scalar in self._scalars() if right is not None else ():
            name = text(scalar, "unicode")
            if self._part_of(Product((scalar, term))) == goal:
                return f"the factor {name} is missing"
            if right is not None and self._part_of(Product((scalar, right))) == part:
                return f"the factor {name} is too much"
        return None

    def _scalars(self) -> list[Expr]:
        symbols: list[Expr] = [symbol for symbol in self.claim.symbols if not symbol.shape and not function_of(symbol)]
        return [*symbols[:_MOST_SCALARS], *[SizeValue(Size.of(name)) for name in self.claim.size_names[:_MOST_SCALARS]]]

    def _left_out(self) -> Mistake | None:
        """Terms that are missing, where all that are there are right."""
        if not self.given or self.missing.keys() & self.given.keys():
            return None
        lacking = self._folded(self.missing)
        if lacking is None:
            return Mistake("term", "a term is missing")
        (right,) = self.claim.right.expressions
        terms = [text(term, "unicode") for term in terms_in(lacking) or (lacking,)]
        said = f"the term {terms[0]} is missing" if len(terms) == 1 else f"the terms {_listed(terms)} are missing"
        return Mistake("term", said, Sum((right, lacking)))

    def _of_numbers(self) -> Mistake | None:
        """Terms multiplied out that have wrong factors, where no other term is wrong."""
        if not self.missing.keys() <= self.given.keys() or len(self.missing) > _MOST_NAMED:
            return None
        found: list[Mistake] = []
        for term, lacking in self.missing.items():
            given = {term: self.given[term]}
            form = self._folded(given)
            wrong = (
                None if form is None else _number_of(f"the term {text(form, 'unicode')}", given, _plus(given, {term: lacking}))
            )
            if wrong is None:
                return None
            found.append(wrong)
        kinds = {one.kind for one in found}
        return Mistake(kinds.pop() if len(kinds) == 1 else "factor", "; ".join([one.words for one in found]))

    def replaced(self) -> Mistake | None:
        """One term as it is written that should be another one, where others are right."""
        for term in terms_in(*self.claim.right.expressions):
            part = self._part_of(term)
            goal = {} if part is None else _plus(self.missing, part)
            form = self._folded(goal) if len(goal) == 1 else None
            if form is not None:
                return Mistake("other", f"the term {text(term, 'unicode')} should be {text(form, 'unicode')}")
        return None

    def _part_of(self, expression: Expr) -> Part | None:
        """What an expression is multiplied out, on the axes of the claim."""
        try:
            lowered = Formula(expression).lowered(self.like)
            part = _part(lowered)
        except MatcalcError:
            return None
        return part if (lowered.tensor.shape, lowered.split) == (self.like.tensor.shape, self.like.split) else None

    def _folded(self, part: Part) -> Expr | None:
        tensor = add([(number, term) for term, number in part.items()], self.like.tensor.shape)
        try:
            return fold(tensor, self.like.split, reading_order(*self.claim.expressions)) if part else None
        except MatcalcError:
            return None


def _number_of(name: str, given: Part, right: Part) -> Mistake | None:
    """What is said of a term that is a multiple of what it should be."""
    if not right:
        return Mistake("term", f"{name} is too much")
    times = _multiple(given, right)
    if times is None:
        return None
    kind, words = multiple_in_words(times, _RIGHT)
    return Mistake(kind, said_of_term(name, words, _RIGHT))


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
