"""What is wrong with numbers that are not the derivative: they are compared with what comes of the
right formula by a mistake that people make, up to a factor, and one is named that explains them at
all points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Any, cast

from matcalc.base.budgets import SpentError
from matcalc.base.errors import MatcalcError
from matcalc.base.layouts import LAYOUTS, SYMMETRIC, Symmetric, arranged
from matcalc.base.lazy import np
from matcalc.coded.compared import WHOLE, Numbers, Seen, factor_in_words, named_numbers, near_fraction, ratio_of
from matcalc.derivation.pipeline import reading_order, traced
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr.nodes import (
    Elementwise,
    Expr,
    Hadamard,
    Indexed,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    Node,
    Nonlinear,
    Ones,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
    Transpose,
)
from matcalc.expr.rewriting import symbols_in
from matcalc.facts.table import tie_of
from matcalc.printing import text
from matcalc.verification.claims import DerivativeForm, Formula, SideForm
from matcalc.verification.corrections import (
    Mistake,
    multiple_in_words,
    multiplied_out,
    mutants,
    occurrences,
    said_of_term,
    terms_in,
    with_part,
)  # fmt: skip

_MOST_TERMS = 16
_MOST_FUNCTIONS = 40
"""Changed functions that are differentiated: each takes as long as a derivation."""


@dataclass(frozen=True)
class Fault(Mistake):
    """What is wrong: here ``formula`` is what was computed instead, where it has one; the layout in
    which it would be right; whether a factor is wrong besides."""

    layout: str | None = None
    multiple: bool = False


@dataclass(frozen=True, eq=False)
class _Candidate:
    """What a mistake would give at each point."""

    kind: str
    words: str
    arrays: Sequence[Any]
    formula: Expr | None = None
    layout: str | None = None


def fault_of(form: SideForm, seen: Sequence[Seen]) -> Fault | None:
    """The mistake that explains the results at all points; None where none is known."""
    if all(not np.any(one.result) for one in seen) and any(np.any(one.right) for one in seen):
        return Fault("zero", "the result is 0")
    named = named_numbers(seen)
    multiples: list[Fault] = []
    try:
        for candidates in (_candidates(form, seen), _of_terms(form, seen, named), _of_functions(form, seen)):
            for candidate in candidates:
                if isinstance(candidate, Fault):
                    return candidate
                found = _explains(candidate, seen, named)
                if found is not None and (not found.multiple or not candidate.kind):
                    return found
                multiples += [found] if found is not None else []
    except SpentError:
        pass
    return multiples[0] if multiples else None


def _explains(candidate: _Candidate, seen: Sequence[Seen], named: Sequence[Numbers]) -> Fault | None:
    """The fault that a candidate, or a simple multiple of it, is."""
    ratios: list[float] = []
    for place, one in enumerate(seen):
        ratio = ratio_of(one, candidate.arrays[place])
        if ratio is None:
            return None
        ratios.append(ratio)
    told = [ratio for ratio in ratios if ratio != 0.0]  # 0: nothing to tell at this point
    if not told:
        return None
    whole = [
        replace(one, values=[value for value, ratio in zip(one.values, ratios, strict=True) if ratio != 0.0]) for one in named
    ]
    found = factor_in_words(told, whole)
    if found is None:
        return None
    kind, words = found
    said = [part for part in (candidate.words, words) if part]
    formula, layout = (None, None) if words else (candidate.formula, candidate.layout)
    return Fault(candidate.kind or kind, ", and ".join(said), formula, layout, bool(words))


# ---------------------------------------------------------------- candidates


def _candidates(form: SideForm, seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """The right formula first, then one mistake, the most frequent first."""
    right = [one.right for one in seen]
    yield _Candidate("", "", right)
    if isinstance(form, DerivativeForm):
        yield from _conventions(form, seen)
    yield from _arrangements(seen)
    if isinstance(form, DerivativeForm):
        yield from _other_questions(form, seen)
    yield from _on_diagonals(seen)
    yield from _of_changed(form, seen)


def _of_functions(form: SideForm, seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """What comes of another function, which takes a derivation each."""
    if isinstance(form, DerivativeForm):
        yield from _of_broadcasting(form, seen)
        yield from _of_changed_functions(form, seen)


def _arrangements(seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """The right entries in another shape or order, or sums over them."""
    yield from _of_one("transpose", "the result is transposed", seen, lambda one: np.transpose(one.right))
    if all(np.size(one.right) == np.size(one.result) for one in seen):
        yield from _reshaped(seen)
    for axis in range(max(np.ndim(one.right) for one in seen)):
        yield from _moved_along(axis, seen)
    yield from _only_diagonals(seen)
    yield from _summed(seen)
    if all(_has_entries_of(one) for one in seen):
        yield from _of_one("order", "the right entries stand at wrong places", seen, lambda one: one.result)


def _of_one(kind: str, words: str, seen: Sequence[Seen], array: Callable[[Seen], Any]) -> Iterator[_Candidate]:
    """A candidate whose arrays are made of what is known at a point."""
    yield _Candidate(kind, words, [array(one) for one in seen])


def _reshaped(seen: Sequence[Seen]) -> Iterator[_Candidate]:
    first = next((one for one in seen if np.shape(one.right) != np.shape(one.result)), None)
    if first is not None:
        told = f"the entries are right, but the shape is {np.shape(first.result)} and should be {first.shape}"
        yield from _of_one("shape", told, seen, lambda one: np.reshape(one.right, np.shape(one.result)))
    told = "the entries are in another order: rows and columns were exchanged in a reshape"
    yield from _of_one("order", told, seen, lambda one: np.reshape(np.ravel(one.right, order="F"), np.shape(one.result)))


def _moved_along(axis: int, seen: Sequence[Seen]) -> Iterator[_Candidate]:
    along = f" along axis {axis}" if np.ndim(seen[0].right) > 1 else ""
    yield from _of_one("order", f"the entries are in reverse order{along}", seen, lambda one: np.flip(one.right, axis))
    for step in (1, -1):
        moved = partial(np.roll, shift=step, axis=axis)
        told = f"the entries are shifted by one place{along}"
        yield from _of_one("order", told, seen, lambda one, moved=moved: moved(one.right))  # type: ignore[misc]


def _only_diagonals(seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """The entries on the diagonal of a square matrix in another shape, as of what goes by
    entries."""
    right = [one.right for one in seen]
    if not all(
        np.ndim(array) == 2 and array.shape[0] == array.shape[1] == np.size(one.result) for array, one in zip(right, seen)
    ):
        return
    is_all = all(agrees(array, np.diag(np.diag(array))) for array in right)
    words = "the result is the diagonal alone" + (": the derivative is a diagonal matrix, with 0 elsewhere" if is_all else "")
    yield from _of_one("shape", words, seen, lambda one: np.reshape(np.diag(one.right), np.shape(one.result), order="F"))


def _has_entries_of(one: Seen) -> bool:
    result, right = np.sort(np.ravel(one.result)), np.sort(np.ravel(one.right))
    return result.shape == right.shape and bool(agrees(result, right, relative=one.tolerance))


def _summed(seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """An axis that was summed and should not have been, or the other way round."""
    for axis in range(max(np.ndim(one.right) for one in seen)):
        sums = [np.sum(one.right, axis=axis) for one in seen]
        yield _Candidate("shape", f"the entries are added up along axis {axis}", sums)
    yield _Candidate("shape", "all entries are added up", [np.sum(one.right) for one in seen])
    for axis in range(max(np.ndim(one.result) for one in seen)):
        sums = [np.sum(one.result, axis=axis) if np.ndim(one.result) > axis else one.result for one in seen]
        if all(total is not None and _multiple(one, total) for one, total in zip(seen, sums, strict=True)):
            yield _Candidate("shape", f"a sum along axis {axis} is missing", [one.result for one in seen])


def _multiple(one: Seen, total: Any) -> bool:
    return replace(one, result=np.asarray(total)).is_like(one.right)


def _conventions(form: DerivativeForm, seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """The same derivative in another layout, or by another convention for a variable whose entries
    are tied."""
    ties = [tie_of(symbol.properties) for symbol in form.wrt]
    for name in SYMMETRIC:
        if any(ties) and name != form.symmetric:
            words = f"this is the derivative in the convention {name!r}, and should be {form.symmetric!r}"
            if name == "independent":
                words = f"the projection on {ties[0]} matrices is missing: entries that are tied were moved one by one"
            yield _Candidate("projection", words, _exact(replace(form, symmetric=name), seen))
    for layout in LAYOUTS:
        if layout != form.layout:
            arrays = _exact(replace(form, layout=layout), seen)
            turned = all(
                np.ndim(one.right) == 2 and np.array_equal(array, one.right.T) for array, one in zip(arrays, seen, strict=True)
            )
            words = "the result is transposed" if turned else f"this is the derivative in {layout} layout"
            yield _Candidate("transpose", words, arrays, layout=layout)


def _other_questions(form: DerivativeForm, seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """The function itself, and its derivatives by others of its symbols."""
    yield _Candidate("question", "this is the value and not its derivative", _values(form.function, seen))
    symbols = [symbol for symbol in _symbols(form.function) if symbol not in form.wrt]
    for symbol in symbols if len(form.wrt) == 1 else ():
        words = f"this is the derivative by {text(symbol, 'unicode')}"
        yield _Candidate("question", words, _exact(replace(form, wrt=(symbol,)), seen))
    if len(form.wrt) == 2:
        yield _Candidate("question", "this is the first derivative", _exact(replace(form, wrt=form.wrt[:1]), seen))
    elif form.function.is_scalar:
        yield _Candidate("question", "this is the second derivative", _exact(replace(form, wrt=form.wrt * 2), seen))


def _symbols(expression: Expr) -> list[Symbol]:
    return [symbol for _, symbol in sorted(symbols_in(expression).items())]


def _on_diagonals(seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """Square results, of which the diagonal or one half is treated in a way of its own."""
    right = [one.right for one in seen]
    if not all(np.ndim(array) == 2 and array.shape[0] == array.shape[1] for array in right):
        return
    for kind, words, change in _DIAGONAL:
        yield _Candidate(kind, words, [change(array, np.diag(np.diag(array))) for array in right])


_DIAGONAL: Sequence[tuple[str, str, Callable[[Any, Any], Any]]] = (
    ("diagonal", "the diagonal is counted twice", lambda a, d: a + d),
    ("diagonal", "the diagonal is missing", lambda a, d: a - d),
    ("diagonal", "only the diagonal is there", lambda a, d: d),
    ("diagonal", "the entries off the diagonal are counted twice", lambda a, d: 2 * a - d),
    ("transpose", "the transpose is added: G + Gᵀ in place of G", lambda a, d: a + a.T),
    ("transpose", "the transpose is added without the diagonal: G + Gᵀ − diag(G)", lambda a, d: a + a.T - d),
    ("diagonal", "only the lower triangle is there", lambda a, d: np.tril(a)),
    ("diagonal", "only the upper triangle is there", lambda a, d: np.triu(a)),
)


def _of_changed(form: SideForm, seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """The right formula with one part changed or left out."""
    for right in _formulas(form):
        for kind, words, changed in _left_out(right):
            yield _Candidate(kind, words, _values(changed, seen), changed)
        for mutant in mutants(right):
            was, is_now = text(mutant.part, "unicode"), text(mutant.changed, "unicode")
            words = mutant.description if mutant.kind == "sign" else f"{is_now} should be {was}"
            yield _Candidate(mutant.kind, words, _values(mutant.expression, seen), mutant.expression)


def _formulas(form: SideForm) -> list[Expr]:
    """The right answer as a formula, where it has one."""
    if isinstance(form, Formula):
        return [form.expression]
    outcome = form.outcome
    return list(dict.fromkeys(one for one in (outcome.expression, outcome.shown) if one is not None))


def _left_out(expression: Expr) -> Iterator[tuple[str, str, Expr]]:
    """Every expression with one term, factor, power or function less, in the same shape."""
    for path, nodes in islice(occurrences(expression), 100):
        node = nodes[-1]
        inside = f" in {text(node, 'unicode')}" if path else ""
        for kind, words, less in _less(node):
            words += inside if words.endswith("missing") else ""
            try:
                whole = with_part(path, nodes, less)
            except MatcalcError:
                continue
            if whole.shape == expression.shape:
                yield kind, words, whole


def _less(expression: Expr) -> Iterator[tuple[str, str, Expr]]:
    name = text(expression, "unicode")
    match node := cast("Node", expression):
        case Sum(terms=parts):
            for part, rest in _without_one(parts):
                yield "term", f"the term {text(part, 'unicode')} is missing", rest[0] if len(rest) == 1 else Sum(rest)
        case Product(factors=parts) | Hadamard(factors=parts):
            for part, rest in _without_one(parts):
                less = _joined_again(type(node), rest)
                if less is not None:
                    yield "term", f"the factor {text(part, 'unicode')} is missing", less
        case Quotient(numerator=above, denominator=below):
            yield "term", f"the division by {text(below, 'unicode')} is missing", above
        case Power(base=inner) | Elementwise(argument=inner) | Inverse(operand=inner):
            yield "term", f"{text(inner, 'unicode')} should be {name}", inner
        case Leaf() | Linear() | Kronecker() | Nonlinear() | Indexed():
            return


def _without_one(parts: tuple[Expr, ...]) -> Iterator[tuple[Expr, tuple[Expr, ...]]]:
    yield from ((part, (*parts[:k], *parts[k + 1 :])) for k, part in enumerate(parts))


def _joined_again(kind: type[Product] | type[Hadamard], parts: tuple[Expr, ...]) -> Expr | None:
    try:
        return parts[0] if len(parts) == 1 else kind(parts)
    except MatcalcError:
        return None


def _of_broadcasting(form: DerivativeForm, seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """The derivative of what comes out where a column meets a vector in one of the function's sums:
    a matrix of all pairs of their entries."""
    for path, nodes in islice(occurrences(form.function), 60):
        node = nodes[-1]
        if not isinstance(node, Sum) or len(node.shape) != 1 or len(node.terms) < 2:
            continue
        ones = Ones(node.shape)
        first, *others = node.terms
        rest: Expr = others[0] if len(others) == 1 else Sum(tuple(others))
        try:
            pairs = Sum((Product((first, Transpose(ones))), Product((ones, Transpose(rest)))))
            changed = with_part(path, nodes, pairs)
        except MatcalcError:
            continue
        size = str(node.shape[0])
        words = f"{text(node, 'unicode')} is broadcast to {size}×{size}: one of its terms is a column, the other has one axis"
        yield _Candidate("broadcast", words, _exact(replace(form, function=changed), seen))


def _of_changed_functions(form: DerivativeForm, seen: Sequence[Seen]) -> Iterator[_Candidate]:
    """The derivative of another function, with one part changed or left out."""
    function = form.function
    changed = [*_left_out(function), *[(one.kind, "", one.expression) for one in mutants(function)]]
    for kind, _, other in changed[:_MOST_FUNCTIONS]:
        if other.shape == function.shape and all(symbol.name in symbols_in(other) for symbol in form.wrt):
            words = f"this is the derivative of {text(other, 'unicode')}"
            yield _Candidate(kind, words, _exact(replace(form, function=other), seen))


# ---------------------------------------------------------------- terms


def _of_terms(form: SideForm, seen: Sequence[Seen], named: Sequence[Numbers]) -> Iterator[Fault]:
    """Terms that are missing or have wrong factors: the results as a combination of the right
    terms."""
    for said, terms in _splits(form):
        arrays = [_values(term, seen) if isinstance(term, Expr) else _exact(term, seen) for _, term in terms]
        pairs = [(array, one) for row in arrays for array, one in zip(row, seen, strict=True)]
        if len(terms) < 2 or any(array is None or np.shape(array) != np.shape(one.result) for array, one in pairs):
            continue
        names = [said.format(name) for name, _ in terms]
        found = _one_term(names, arrays, seen, named) or _combined(names, arrays, seen)
        if found is not None:
            yield found


def _splits(form: SideForm) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """The right answer as a sum, in several ways: words for a term, and the terms."""
    function = form.expressions[0]
    if isinstance(form, DerivativeForm) and isinstance(function, Sum) and len(function.terms) <= _MOST_TERMS:
        terms = [
            (text(term, "unicode"), replace(form, function=term))
            for term in function.terms
            if any(symbol.name in symbols_in(term) for symbol in form.wrt)
        ]
        yield "the derivative of {}", terms
    for formula in _formulas(form):
        if terms_in(formula):
            yield "the term {}", [(text(term, "unicode"), term) for term in terms_in(formula)]
    yield "the term {}", [(text(term, "unicode"), term) for term in _multiplied_out(form)]


def _multiplied_out(form: SideForm) -> list[Expr]:
    try:
        return multiplied_out(form.lowered(None), reading_order(*form.expressions), _MOST_TERMS) or []
    except SpentError:
        raise
    except MatcalcError:
        return []


def _one_term(
    names: Sequence[str], arrays: Sequence[Sequence[Any]], seen: Sequence[Seen], named: Sequence[Numbers]
) -> Fault | None:
    """One term that is a multiple of what it should be, perhaps by a size or a scalar, or is
    transposed."""
    for k, name in enumerate(names):
        others = [one.right - arrays[k][place] for place, one in enumerate(seen)]
        rest = [replace(one, result=one.result - other) for one, other in zip(seen, others, strict=True)]
        found = _explains(_Candidate("", "", arrays[k]), rest, named)
        if found is not None and found.words:
            return Fault(found.kind, said_of_term(name, found.words, WHOLE))
        turned = [array.T for array in arrays[k]]
        if all(one.is_like(array) for one, array in zip(rest, turned, strict=True)):
            return Fault("transpose", f"{name} is transposed")
    return None


def _combined(names: Sequence[str], arrays: Sequence[Sequence[Any]], seen: Sequence[Seen]) -> Fault | None:
    """Several terms with wrong factors, the same at all points."""
    scales = [1.0 / max(float(np.max(np.abs(one.right), initial=0.0)), 1e-9) for one in seen]
    columns = [np.concatenate([np.ravel(row[k]) * size for k, size in enumerate(scales)]) for row in arrays]
    goal = np.concatenate([np.ravel(one.result) * size for one, size in zip(seen, scales, strict=True)])
    matrix = np.stack(columns, axis=1)
    found, _, rank, _ = np.linalg.lstsq(matrix, goal, rcond=None)
    if rank < len(names) or len(goal) < 3 * len(names):
        return None
    simple = [near_fraction(float(number)) for number in found]
    whole = np.array([float(number) for number in simple])
    sums = [np.tensordot(whole, np.stack(row), axes=1) for row in zip(*arrays, strict=True)]
    if not all(one.is_like(array) for one, array in zip(seen, sums, strict=True)):
        return None
    said = [_of_term(name, number) for name, number in zip(names, simple, strict=True) if number != 1]
    return Fault(_kind_of(simple), "; ".join(said)) if said else None


def _kind_of(numbers: Sequence[Fraction]) -> str:
    """What is wrong with terms that have these factors."""
    if all(number in (0, 1) for number in numbers):
        return "term"
    return "sign" if all(abs(number) == 1 for number in numbers) else "factor"


def _of_term(name: str, number: Fraction) -> str:
    return said_of_term(name, multiple_in_words(number, WHOLE)[1], WHOLE) if number else f"{name} is missing"


# ---------------------------------------------------------------- values


class _Arrays(Sequence[Any]):
    """Arrays at all points, each found when it is asked for: most candidates are ruled out at the
    first."""

    def __init__(self, find: Callable[[Mapping[str, Any], Mapping[str, int]], Any], seen: Sequence[Seen]) -> None:
        self._find = find
        self._seen = seen
        self._found: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def __getitem__(self, place: Any) -> Any:
        if place not in self._found:
            self._found[place] = _valued(self._find, self._seen[place])
        return self._found[place]


def _exact(form: DerivativeForm, seen: Sequence[Seen]) -> Sequence[Any]:
    """The values of a derivative at all points, None where it has none, without a formula."""
    try:
        tensor = traced(form.function, form.wrt, symmetric=cast("Symmetric", form.symmetric)).stages[-1].tensor
    except SpentError:
        raise
    except MatcalcError:
        return [None] * len(seen)
    return _Arrays(lambda values, sizes: arranged(evaluate_tensor(tensor, values, sizes), form.groups), seen)


def _values(expression: Expr, seen: Sequence[Seen]) -> Sequence[Any]:
    return _Arrays(lambda values, sizes: evaluate(expression, values, sizes), seen)


def _valued(find: Any, one: Seen) -> Any:
    try:
        return find(one.values, one.sizes)
    except SpentError:
        raise
    except (MatcalcError, ValueError, np.linalg.LinAlgError):
        return None
