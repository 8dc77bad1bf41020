"""From an expression to its derivative: the stages, the record of them, the layout, and where the
derivative holds."""

from __future__ import annotations

import pytest

from matcalc.derivation.conditions import conditions_of
from matcalc.derivation.pipeline import axes_of_result, differentiate, over_samples, traced
from matcalc.einstein.lowering import lower
from matcalc.language import elaborate
from matcalc.printing import index_text, text


def derivative(formula: str, by: str, declare: str = "", **options: str) -> str:
    read = elaborate(formula, declare)
    found = differentiate(read.expression, [read.symbols[name] for name in by.split()], **options)  # type: ignore[arg-type]
    return index_text(found.tensor, "unicode") if found.shown is None else text(found.shown, "unicode")


@pytest.mark.parametrize(
    ("formula", "by", "declare", "expected"),
    [
        ("x'*A*x", "x", "", "(A + Aᵀ) x"),
        ("x'*A*x", "x", "A: n×n symmetric", "2 A x"),
        ("x'*A*x", "x x", "", "A + Aᵀ"),
        ("A*x", "x", "", "Aᵀ"),  # in denominator layout
        ("A*X*B", "X", "", "B ⊗ Aᵀ"),
        ("logdet(X)", "X", "", "X⁻ᵀ"),
    ],
)
def test_derivatives(formula: str, by: str, declare: str, expected: str) -> None:
    assert derivative(formula, by, declare) == expected


def test_the_layout_transposes() -> None:
    assert derivative("A*x", "x", layout="denominator") == "Aᵀ"
    assert derivative("A*x", "x", layout="numerator") == "A"


def test_conventions_for_entries_that_are_tied() -> None:
    found = {convention: derivative("tr(A*S)", "S", "S: n×n symmetric", symmetric=convention) for convention in
             ("projected", "independent", "cookbook")}  # fmt: skip
    assert found["independent"] == "Aᵀ"
    assert found["projected"] in ("0.5 (A + Aᵀ)", "0.5 A + 0.5 Aᵀ")
    assert "diag" in found["cookbook"]


def test_the_trace_has_the_stages_in_order() -> None:
    read = elaborate("x'*A*x")
    found = traced(read.expression, [read.symbols["x"]])
    assert [stage.kind for stage in found.stages] == ["lowered", "differentiated"]
    assert index_text(found.stages[-1].tensor, "unicode") == "A_ji x_j + A_ij x_j"
    assert [stage.order for stage in found.stages] == [0, 1]


def test_the_trace_knows_which_rules_fired() -> None:
    read = elaborate("sum(tanh(A*x))")
    lowered, differentiated, *_ = traced(read.expression, [read.symbols["x"]]).stages
    assert [rule for rule, _ in differentiated.fired] == ["linearity", "tanh", "linearity"]
    assert differentiated.fired[0][1] is lowered.tensor  # the outermost first


def test_a_derivative_by_what_is_not_there_is_zero() -> None:
    assert derivative("a'*a + 0*x'*x", "x", "x: m") == "zeros(m)"


@pytest.mark.parametrize(
    ("formula", "declare", "expected"),
    [
        ("log(x)", "x: n", ("entries of x > 0",)),
        ("1/t", "t: scalar", ("t ≠ 0",)),
        ("inv(A)*x", "", ("A invertible",)),
        ("inv(A)*x", "A: n×n positive_definite", ()),
        ("exp(t)", "t: scalar", ()),
        ("log(t) + 1/t", "t: scalar", ("t > 0",)),  # one implies the other
    ],
)
def test_conditions(formula: str, declare: str, expected: tuple[str, ...]) -> None:
    assert conditions_of(elaborate(formula, declare).expression, None) == expected


def test_the_axes_of_a_result_are_grouped_as_the_layout_says() -> None:
    read = elaborate("A*x")
    value = lower(read.expression)
    assert axes_of_result(value, [read.symbols["x"]], "numerator") == ((0,), (1,))
    assert axes_of_result(value, [read.symbols["x"]], "denominator") == ((1,), (0,))


def test_sums_over_samples_are_shown_where_they_were_written() -> None:
    read = elaborate("sum(i, (a'*x_i)^2)")
    found = differentiate(read.expression, [read.symbols["a"]])
    form = over_samples(read.expression, [read.symbols["a"]], "denominator", found)
    assert form is not None
    assert "Σ" in text(form, "unicode")
