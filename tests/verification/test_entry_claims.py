"""Claims about entries: derivatives by entries, indices on both sides, right answers in the letters of the claim."""

from __future__ import annotations

import pytest

from matcalc.expr.nodes import Expr, Negative
from matcalc.products import differentials
from matcalc.verification.judgement import verify

TRUE = [
    (r"\frac{\partial}{\partial u_k} \sum_l u_l = 1", ""),
    (r"\frac{\partial}{\partial Z_{ij}} 3\sum_{kl} Z_{kl} = 3", ""),
    (r"\frac{\partial^2}{\partial u_i \partial u_j} (\sum_k u_k)^2 = 2", ""),
    (r"\frac{\partial Z_{ij}}{\partial Z_{kl}} = \delta_{ik}\delta_{jl}", "Z: n×p"),
    (r"\frac{\partial (ZC)_{ij}}{\partial Z_{kl}} = \delta_{ik} C_{lj}", ""),
    (r"\frac{\partial (CZ)_{kl}}{\partial Z_{ij}} = C_{ki}\delta_{lj}", ""),
    (r"\frac{\partial (Z^{-1})_{kl}}{\partial Z_{ij}} = -(Z^{-1})_{ki}(Z^{-1})_{jl}", ""),
    (r"q = M*u; \frac{\partial q_i}{\partial M_{kl}} = \delta_{ik}\, u_l", ""),
    (r"\frac{\partial^2 \operatorname{tr}(ZCZ^\top)}{\partial Z_{ij}\partial Z_{kl}} = \delta_{ik}(C_{jl} + C_{lj})", ""),
    (
        r"L = \sum_{i,j}(R_{ij} - \sum_a U_{ia}V_{ja})^2; \frac{\partial L}{\partial V_{ja}} = -2\sum_i(R - UV^\top)_{ij}U_{ia}",
        "",
    ),
    (r"\frac{d}{dc_{ab}} \|G - BC\|^2 = -2\sum_i [G - BC]_{ib}b_{ia}", ""),
    (r"\frac{d}{dc_{ab}} \|G - BC\|^2 = \sum_{i,j} 2(g_{ij} - \sum_k b_{ik}c_{kj})(-\sum_k b_{ik}\frac{dc_{kj}}{dc_{ab}})", ""),
    (
        r"g = Mu; f = g^\top g; \frac{\partial f}{\partial u_i} = \sum_k\frac{\partial f}{\partial g_k}\frac{\partial g_k}{\partial u_i}",
        "",
    ),
    (
        r"f = u^\top M u; \frac{\partial^2 f}{\partial u_i\partial u_j} = \frac{\partial}{\partial u_j}\frac{\partial f}{\partial u_i}",
        "",
    ),
    (r"p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}; \frac{\partial p_i}{\partial z_i} = p_i(1 - p_i)", ""),
    # the index of a sum is another than that of the derivative around it
    (r"\frac{\partial}{\partial m_{ij}}(c_j + \sum_i u_i m_{ij}) = u_i", ""),
    (r"v_j \frac{\partial}{\partial m_{ij}}(c_j + \sum_i u_i m_{ij}) = v_j u_i", ""),
    (
        r"q_j = \sum_i u_i m_{ij}; v_j \frac{\partial q_j}{\partial m_{ij}} = v_j \frac{\partial}{\partial m_{ij}} \sum_i u_i m_{ij}",
        "",
    ),
    (r"q = \operatorname{tensor}(j, u_j^2); v_j \frac{\partial}{\partial u_j} \sum_j q_j w_j = 2 v_j u_j w_j", ""),
    (r"q = Mu; f = \sum_j q_j^2; d = \operatorname{tensor}(j, \frac{\partial f}{\partial q_j}); d = 2q", ""),
]
FALSE = [
    (r"v_j \frac{\partial}{\partial m_{ij}}(c_j + \sum_i u_i m_{ij}) = 2 v_j u_i", "", "u_i v_j"),
    (r"\frac{\partial Z_{ij}}{\partial Z_{kl}} = \delta_{il}\delta_{jk}", "", "δ_ik δ_jl"),
    (r"\frac{\partial (Z^{-1})_{kl}}{\partial Z_{ij}} = -(Z^{-1})_{ki}(Z^{-1})_{lj}", "", "−(Z⁻¹)_ki (Z⁻¹)_jl"),
    (r"\frac{\partial^2}{\partial u_k \partial u_l} u^\top M u = M_{kl}", "", "M_lk + M_kl"),
    (r"q = M*u; \frac{\partial q_i}{\partial M_{kl}} = \delta_{il}\, u_k", "M: m×n; u: n", "u_l δ_ik"),
    (r"L = \sum_{i,j}(R_{ij} - \sum_a U_{ia}V_{ja})^2; \frac{\partial L}{\partial V_{ja}} = \sum_i(R_{ij} - \sum_b U_{ib}V_{jb})U_{ia}",
     "", "(2 (U Vᵀ − R)ᵀ U)_ja"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "declare"), TRUE)
def test_true_claims_about_entries_are_proved(statement: str, declare: str) -> None:
    verdict = verify(statement, declare=declare or None)
    assert verdict.status == "proved", verdict.explain()


@pytest.mark.parametrize(("statement", "declare", "answer"), FALSE)
def test_false_ones_are_refuted_with_the_right_entry(statement: str, declare: str, answer: str) -> None:
    verdict = verify(statement, declare=declare or None)
    assert verdict.status == "refuted", verdict.explain()
    assert verdict.correction is not None and verdict.correction.text() == answer


def test_a_wrong_derivative_by_an_entry_is_seen_by_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    right = differentials._directional

    def wrong(function: Expr, *rest: object) -> Expr | None:
        found = right(function, *rest)  # type: ignore[arg-type]
        return None if found is None else Negative(found)

    monkeypatch.setattr(differentials, "_directional", wrong)
    with pytest.raises(Exception, match="differs from what is found numerically"):
        verify(r"f = u^\top u; \sum_i \frac{\partial f}{\partial u_i} = 2\sum_i u_i")
