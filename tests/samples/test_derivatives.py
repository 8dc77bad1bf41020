"""Derivatives of sums over members: their values by differences of loops, their forms, their views, and their code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc import MatcalcError
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr.nodes import Expr
from matcalc.expr.rewriting import symbols_in
from matcalc.folding import explicit_sums
from matcalc.interface.results import Derivation, ParsedExpression
from tests.samples.families import CASES, SIZES, Summed
from tests.samples.test_lowering import drawn

SCALAR = [name for name, case in CASES.items() if case.expression().is_scalar]


def parsed(expression: Expr) -> ParsedExpression:
    declared = {}
    for name, symbol in symbols_in(expression).items():
        kind = "×".join(map(str, symbol.shape)) if symbol.shape else "scalar"
        declared[name] = " ".join([kind, *sorted(symbol.properties)])
    return ParsedExpression(expression, declared)


def derived(name: str, by: str) -> Derivation:
    return matcalc.derive(parsed(CASES[name].expression()), by, symmetric="independent")


def slopes(case: Summed, by: str, values: dict[str, np.ndarray], step: float = 1e-5) -> np.ndarray:
    """Central differences of the loops, entry by entry."""
    at = values[by]
    found = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        change = np.zeros_like(at)
        change[place] = step
        above, below = [case.by_loops({**values, by: at + sign * change}) for sign in (1, -1)]
        found[place] = (above - below) / (2 * step)
    return found


def pairs() -> list[tuple[str, str]]:
    return [(name, by) for name in SCALAR for by in symbols_in(CASES[name].expression())]


@pytest.mark.parametrize(("name", "by"), pairs())
def test_derivatives_are_the_slopes_of_the_loops(name: str, by: str) -> None:
    expression = CASES[name].expression()
    values = drawn(expression)
    try:
        found = derived(name, by)
    except MatcalcError as error:
        assert by in ("p", "t", "y") and "differentiable" in str(error)
        return
    want = slopes(CASES[name], by, values)
    assert np.allclose(evaluate_tensor(found.outcome.tensor, values, SIZES), want, rtol=1e-5, atol=1e-6)
    for form in (found.outcome.expression, found.outcome.sums):
        if form is not None:
            assert np.allclose(evaluate(form, values, SIZES), want, rtol=1e-5, atol=1e-6)
    assert np.allclose(found.function("numpy")(**{**SIZES, **values}), want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "by"), pairs())
def test_the_view_over_samples_has_the_same_value(name: str, by: str) -> None:
    found = derived(name, by)
    try:
        sums = found.samples().outcome.sums
    except MatcalcError:
        return
    values = drawn(CASES[name].expression())
    assert sums is not None
    assert np.allclose(evaluate(sums, values, SIZES), evaluate_tensor(found.outcome.tensor, values, SIZES), rtol=1e-8)


FORMS = """
least squares    | w  | 2 Xᵀ (X w − y)                                  | 2 Σ_i (wᵀ x_i − y_i) x_i
distances        | mu | 2 (n μ − Xᵀ 𝟏)                                  | 2 Σ_i (μ − x_i)
distances        | X  | 2 (X − 𝟏 μᵀ)                                    |
Gaussian         | mu | 2 S⁻¹ (n μ − Xᵀ 𝟏)                              | 2 S⁻¹ Σ_i (μ − x_i)
Gaussian         | S  | G = X − 𝟏 μᵀ; −S⁻¹ Gᵀ G S⁻¹                    | −S⁻¹ (Σ_i (x_i − μ) (x_i − μ)ᵀ) S⁻¹
logistic         | w  | Xᵀ (y − σ(X w))                                 | Σ_i (y_i − σ(wᵀ x_i)) x_i
logsumexp        | W  | Xᵀ softmax(X W + 𝟏 bᵀ, rows)                    | Σ_i x_i softmax(Wᵀ x_i + b)ᵀ
means            | M  | 2 (diag(Rᵀ 𝟏) M − Rᵀ X)                         | 2 Σ_i diag(r_i) (M − 𝟏 x_iᵀ)
means            | X  | 2 (diag(R 𝟏) X − R M)                           | 2 Σ_k diag(R[:,k]) (X − 𝟏 m_kᵀ)
traces           | P  | Σ_k A_kᵀ                                        | Σ_k A_kᵀ
inverses         | S  | −Σ_i (S + y_i² I)⁻¹ x_i x_iᵀ (S + y_i² I)⁻¹     | −Σ_i (S + y_i² I)⁻¹ x_i x_iᵀ (S + y_i² I)⁻¹
log-determinants | P  | 2 (Σ_i (P Pᵀ + y_i² I)⁻¹) P                     |
"""


@pytest.mark.parametrize("line", FORMS.strip().splitlines())
def test_the_forms(line: str) -> None:
    name, by, form, view = [part.strip() for part in line.split("|")]
    found = derived(name, by)
    assert found.text() == form
    if view:
        assert found.samples().text() == view
    else:
        with pytest.raises(MatcalcError):
            found.samples()


def test_a_view_says_what_the_members_are() -> None:
    assert "x_i: row i of X, n×d" in derived("least squares", "w").samples().notes
    assert "A_k: slice k of A, K×d×m" in derived("traces", "P").samples().notes


def test_forms_without_members_have_no_view() -> None:
    with pytest.raises(MatcalcError, match="no members of a family"):
        matcalc.derive("x'*A*x", "x").samples()


def test_a_wrong_view_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = explicit_sums.over_members

    def twice(*arguments: Any) -> Expr | None:
        from matcalc.expr.nodes import Sum

        found = right(*arguments)
        return None if found is None else Sum((found, found))

    monkeypatch.setattr(explicit_sums, "over_members", twice)
    with pytest.raises(AssertionError):
        test_the_view_over_samples_has_the_same_value("least squares", "w")


CODED = ["least squares", "mixture", "inverses", "log-determinants", "spectral norms", "adjugates", "softmax of rows"]


@pytest.mark.parametrize("target", ["jax", "torch"])
@pytest.mark.parametrize("name", CODED)
def test_code_of_sums_has_their_value(name: str, target: str) -> None:
    pytest.importorskip(target)
    case = CASES[name]
    values = drawn(case.expression())
    whole = parsed(case.expression())
    inputs = values
    if target == "torch":
        import torch

        inputs = {key: torch.tensor(value) for key, value in values.items()}
    else:
        import jax

        jax.config.update("jax_enable_x64", True)
    assert np.allclose(np.asarray(whole.function(target)(**inputs)), case.by_loops(values))
    for by in list(symbols_in(whole.node))[:1]:
        found = derived(name, by)
        got, want = found.function(target)(**inputs), evaluate_tensor(found.outcome.tensor, values, SIZES)
        assert np.allclose(np.asarray(got), want, rtol=1e-6)


@pytest.mark.parametrize("name", SCALAR)
def test_code_of_sums_needs_no_loop(name: str) -> None:
    code = parsed(CASES[name].expression()).code("numpy")
    assert "for " not in code.partition("def value")[2]
