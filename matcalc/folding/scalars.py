"""Traces and bilinear forms that share factors: ``tr(P B) + t tr(P C)`` is ``tr(P (B + t C))``, ``x'y + x'z`` is ``x'(y + z)``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matcalc.einstein.linear import YES
from matcalc.expr.nodes import Expr, Product, Trace
from matcalc.folding.build import product, transposed_chain
from matcalc.folding.terms import Term, merged_scalars
from matcalc.records import replace
from matcalc.sizes import Shape

Key = tuple[str, object]
Combine = Callable[[Sequence[Term], Shape], Term]

_MOST_FACTORS = 6
"""Of longer products only what is left when one factor is taken out is looked at."""


def scalar_keys(term: Term) -> list[Key]:
    """What the term may share with others: a run of a trace's cycle, the first or the last factor of a bilinear form."""
    base = _form(term)
    match base:
        case Trace(operand=Product(factors=factors)):
            count = len(factors)
            lengths = range(1, count) if count <= _MOST_FACTORS else (count - 1,)
            return [("trace", (factors + factors)[start : start + length]) for length in lengths for start in range(count)]
        case Product(factors=factors):
            return [("row", factors[0]), ("column", factors[-1])]
        case _:
            return []


def merged_forms(terms: Sequence[Term], key: Key, combine: Combine) -> Term | None:
    """One term for all; None when what they do not share has different shapes, or nothing is left of one."""
    kind, shared = key
    rest = []
    for term in terms:
        base = _form(term)
        assert base is not None
        others = {scalar: exponent for scalar, exponent in term.scalars.items() if scalar is not base}
        chain = _without(base, kind, shared)
        rest.append(Term(term.coefficient, others, transposed_chain(chain) if kind == "column" else chain))
    shape = product(rest[0].chain).shape
    if any(not term.chain or product(term.chain).shape != shape for term in rest):
        return None
    total = combine(rest, shape)
    if not total.coefficient:
        return None
    match kind:
        case "trace":
            assert isinstance(shared, tuple)
            whole: Expr = Trace(product((*total.chain, *shared)))
        case "row":
            assert isinstance(shared, Expr)
            whole = product((shared, *total.chain))
        case _:
            assert isinstance(shared, Expr)
            whole = product((*transposed_chain(total.chain), shared))
    return replace(total, scalars=merged_scalars(total.scalars, {whole: YES}), chain=())


def _form(term: Term) -> Expr | None:
    """The one trace or bilinear form among the scalar factors."""
    if term.chain:
        return None
    found = [base for base, exponent in term.scalars.items() if exponent == 1 and _is_form(base)]
    return found[0] if len(found) == 1 else None


def _is_form(base: Expr) -> bool:
    inner = base.operand if isinstance(base, Trace) else base
    return isinstance(inner, Product) and not any(factor.is_scalar for factor in inner.factors)


def _without(base: Expr, kind: str, shared: object) -> tuple[Expr, ...]:
    inner = base.operand if isinstance(base, Trace) else base
    assert isinstance(inner, Product)
    factors = inner.factors
    if kind == "row":
        return factors[1:]
    if kind == "column":
        return factors[:-1]
    assert isinstance(shared, tuple)
    twice = factors + factors
    start = next(k for k in range(len(factors)) if twice[k : k + len(shared)] == shared)
    return twice[start + len(shared) : start + len(factors)]
