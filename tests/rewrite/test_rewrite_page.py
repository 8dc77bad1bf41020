"""Rewriting on a page: products multiplied out, patterns found, rules used, and what strategies prove with them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matcalc.base.errors import LimitError
from matcalc.base.sizes import Size
from matcalc.einstein.linear import add, is_zero
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Contraction, Symbol, Tensor
from matcalc.language import elaborate
from matcalc.rewrite.completion import Completion, reduced
from matcalc.rewrite.distribution import expanded, opened, opened_at, spread
from matcalc.rewrite.matching import Rule, as_it_stands, as_rule, embeddings, graph_of, matches, replaced
from matcalc.rewrite.normal_form import normal_form, proves_zero
from matcalc.rules.laws import both_sides, definitions, words

DECLARED = "A, B, C: n×n; S: n×n symmetric; x, y: n; s, t: scalar"
N = Size.of("n")
A = Symbol("A", (N, N))


def tensor(text: str) -> Tensor:
    return lower(elaborate(text, DECLARED).expression).tensor


def rule(left: str, right: str) -> Rule:
    found = as_rule(tensor(left), tensor(right), f"{left} = {right}")
    assert found is not None
    return found


def difference(left: str, right: str) -> Tensor:
    return add([(Fraction(1), tensor(left)), (Fraction(-1), tensor(right))], tensor(left).shape)


# ---------------------------------------------------------------- distribution


def test_one_step_opens_one_sum() -> None:
    product = tensor("(A + 2*B)*C")
    assert isinstance(product, Contraction)
    place = next(k for k, operand in enumerate(product.operands) if operand is tensor("A + 2*B"))
    assert add(opened_at(product, place), product.shape) is tensor("A*C + 2*B*C")


def test_how_far_products_are_multiplied_out() -> None:
    assert expanded(tensor("(A + B)*(A + C)*x")) is tensor("A*A*x + A*C*x + B*A*x + B*C*x")
    assert expanded(tensor("(A + B)*x"), most=1) is tensor("(A + B)*x")  # too many terms
    assert opened(tensor("(eye(n) + A)*B*(A + C)")) is tensor("B*(A + C) + A*B*(A + C)")  # only where it gets shorter
    assert spread(tensor("(s + t)^3")) is tensor("s^3 + 3*s^2*t + 3*s*t^2 + t^3")
    with pytest.raises(LimitError):
        spread(tensor("(A + B)*(A + C)*x"), most=3)


# ---------------------------------------------------------------- matching


def test_wildcards_stand_for_any_tensor_of_their_order() -> None:
    t = tensor("t")
    (found,) = matches(tensor("sin(t)^2"), tensor("sin(s + x'*y)^2"), frozenset({t}), {})
    assert found == {t: tensor("s + x'*y")}
    assert not list(matches(tensor("sin(t)^2"), tensor("cos(s)^2"), frozenset({t}), {}))


def test_a_pattern_of_factors_is_a_subgraph() -> None:
    host = graph_of(tensor("x'*A*B*y"))
    (found,) = embeddings(graph_of(tensor("A*B")), host)
    assert [host.factors[place].base for place in found.places] == [factor.base for factor in graph_of(tensor("A*B")).factors]
    assert not list(embeddings(graph_of(tensor("B*A")), host))
    assert not list(embeddings(graph_of(tensor("A*B")), graph_of(tensor("A*diag(x)*B"))))  # x stands on the inner index


def test_a_match_is_replaced() -> None:
    product, pattern = as_it_stands(as_contraction("C*A*B")), as_it_stands(as_contraction("A*B"))
    (found,) = embeddings(pattern, product)
    assert replaced(product, pattern, tensor("S"), found) is tensor("C*S")


def as_contraction(text: str) -> Contraction:
    found = tensor(text)
    assert isinstance(found, Contraction)
    return found


# ---------------------------------------------------------------- strategies


def test_rules_are_used_until_none_applies() -> None:
    rules = [rule("A*B", "eye(n)"), rule("C*C", "C")]
    assert reduced(tensor("A*A*B*B*C*C*C + C"), rules) is tensor("2*C")


def test_completion_finds_consequences() -> None:
    """Of A B = C and B A = C it follows that A C = C A, which neither rule says."""
    completion = Completion([], [], [(difference("A*B", "C"), "first"), (difference("B*A", "C"), "second")])
    while completion.grow():
        pass
    assert is_zero(reduced(difference("A*C", "C*A"), completion.all_rules))


def test_normal_forms_and_proofs() -> None:
    assert normal_form(tensor("sinh(t)")) is normal_form(tensor("(exp(t) - exp(-t))/2"))
    assert proves_zero(difference("inv(A + B)*A", "eye(n) - inv(A + B)*B"))
    assert not proves_zero(difference("A*B", "B*A"))


def test_laws_are_lines_of_a_file() -> None:
    assert definitions()["tanh"] == ("hyperbolic tangent",)
    assert "pseudoinverse between" in words()["pinv"]
    left, right = both_sides("pseudoinverse between", X=A)
    assert (left, right) == (tensor("A*pinv(A)*A"), A)
