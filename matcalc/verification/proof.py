"""The symbolic judgement: whether a tensor is zero for all sizes and values, by normal form."""

from __future__ import annotations

from fractions import Fraction

from matcalc.budgets import share
from matcalc.einstein.algebra import contract, power
from matcalc.einstein.linear import add, is_zero
from matcalc.einstein.nodes import Contraction, Power, Sum, Tensor
from matcalc.einstein.substitution import rebuilt
from matcalc.errors import LimitError
from matcalc.limits import PROOF_SHARE, PROOF_WORK
from matcalc.verification.chains import terms_of
from matcalc.verification.completion import Completion
from matcalc.verification.monomials import base_and_exponent
from matcalc.verification.normal_form import normal_form
from matcalc.verification.relations import built_in, equations, full_rank
from matcalc.verification.rewriting import Rule, reduced, spread

_MOST_ROUNDS = 4


def proves_zero(difference: Tensor, work: int = PROOF_WORK) -> bool:
    """Whether ``difference`` is proved to be zero wherever it is defined. False says only that no proof was found.

    Sizes stay symbols and no value is looked at, so a proof holds for all of them. ``work`` limits the search, in units of the
    budget.
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
    """Rewrites the tensor, and inside the arguments of its functions too, which may bring new equal terms together."""
    return reduced(spread(tensor), rules)


def _cleared(tensor: Tensor) -> Tensor:
    """The tensor times the sums that its terms have as scalar denominators, or as denominators on free axes."""
    needed: dict[tuple[Tensor, tuple[int, ...]], Fraction] = {}
    for _, term in terms_of(tensor):
        for key, exponent in _denominators(term).items():
            needed[key] = min(needed.get(key, exponent), exponent)
    if not needed:
        return tensor
    labels = tuple(range(tensor.order))
    terms = []
    for coefficient, term in terms_of(tensor):
        operands: list[Tensor] = [term]
        indices: list[tuple[int, ...]] = [labels]
        for (base, where), exponent in needed.items():
            operands.append(power(base, -exponent))
            indices.append(where)
        terms.append((coefficient, spread(contract(operands, indices, labels, dict(enumerate(tensor.shape))))))
    return add(terms, tensor.shape)


def _denominators(term: Tensor) -> dict[tuple[Tensor, tuple[int, ...]], Fraction]:
    """Negative powers of sums on free axes, with their exponents."""
    if isinstance(term, Contraction):
        positions = {label: k for k, label in enumerate(term.output)}
        pairs = [(operand, tuple([positions.get(label, -1) for label in labels])) for operand, labels in zip(term.operands, term.indices)]
    else:
        pairs = [(term, tuple(range(term.order)))]
    found: dict[tuple[Tensor, tuple[int, ...]], Fraction] = {}
    for operand, where in pairs:
        base, exponent = base_and_exponent(operand)
        if isinstance(operand, Power) and isinstance(base, Sum) and exponent < 0 and -1 not in where:
            found[base, where] = exponent
    return found
