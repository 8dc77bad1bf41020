"""Symbols of a step: ``x_{k-1}``, ``P_{k|k-1}``, ``x_k^-`` are names, in a document that works step by step."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.context.layers_and_steps import steps_of
from tests.documents.notes import statuses, verified

TRACKER = r"""
The tracker predicts $\hat{s}_k^- = F \hat{s}_{k-1}$ and $S_k^- = F S_{k-1} F^\top + N$, where $V = E[u u^\top]$ is the noise. """

TRUE = [
    r"Then $(F S_{k-1} F^\top)^\top = F S_{k-1}^\top F^\top$.",
    r"Then $\frac{\partial}{\partial G_k} tr(G_k V G_k^\top) = 2 G_k V$.",
    r"Then $tr(G_k S_{k|k-1}) = tr(S_{k|k-1} G_k)$.",
    r"We have $r_k^- = s_k - \hat{s}_k^-$. Hence $F r_k^- + \hat{s}_k^- - s_k = (F - I) (s_k - \hat{s}_k^-)$.",
    r"Let $D_k^-$ be given. Then $(D_k^-H + G_k)^T = H^T D_k^{-T} + G_k^T$.",
]
FALSE = [
    r"Then $\frac{\partial}{\partial G_k} tr(G_k V G_k^\top) = 3 G_k V$.",
    r"Then $F S_{k-1} F^\top + G_k = F S_{k-1} F + G_k$.",
    r"Then $tr(G_k S_{k|k-1} F) = tr(S_{k|k-1} G_k F)$.",
    r"We have $r_k^- = s_k - \hat{s}_k^-$. Hence $F r_k^- + \hat{s}_k^- - s_k = (F + I) (s_k - \hat{s}_k^-)$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(TRACKER + text, tmp_path)[-1] == "proved"


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(TRACKER + text, tmp_path)[-1] in ("refuted", "conditional")


def test_a_second_moment_tells_no_more_than_that_it_is_symmetric(tmp_path: Path) -> None:
    text = r"Let $W = E[u v^\top]$ and $S_k = S_{k-1} + W$, $G_k = G_{k-1}$. "
    text += r"Then $\frac{\partial}{\partial G_k} tr(G_k W G_k^\top) = 2 G_k W$."
    assert statuses(text, tmp_path)[-1] in ("conditional", "undecided")


def test_what_a_matrix_is_first_said_to_be_may_be_no_formula(tmp_path: Path) -> None:
    chain = r"$$Q = E[r r^\top] = (I - GH) M (I - GH)^\top + G G^\top$$ "
    true = chain + r"We get $\frac{\partial\, tr(Q)}{\partial G} = -(I - GH)(M + M^\top)H^\top + 2G$."
    assert statuses(true, tmp_path)[-1] == "proved"
    assert statuses(true.replace("+ 2G", "- 2G"), tmp_path)[-1] == "refuted"


@pytest.mark.parametrize(
    ("texts", "letters"),
    [
        (["x_k = A x_{k-1}", "y_k = z_{k+1}"], "k"),
        (["x_k = A x_{k-1}", "y_k = z_{k+1}", r"\sum_{k=1}^n x_k"], ""),  # a sum runs over it
        (["x_k = A x_{k-1}", "y_k = k z_{k+1}"], ""),  # it is a number, too
        (["x_k = A x_{k-1}", "y_i = z_{k+1} + x_i"], ""),  # x has entries
        (["x_k = A x_{k-1}"], ""),
    ],
)
def test_letters_that_count_steps(texts: list[str], letters: str) -> None:
    assert steps_of(texts).letters == frozenset(letters)


@pytest.mark.parametrize(
    ("texts", "formula", "expected"),
    [
        (["P_k^- = A P_{k-1}", "x_{k-1}"], "P_k^{-T}", r"P_{\text{minusherek}}^\top "),
        (["P_k^- = A P_{k-1}", "x_{k-1}", "P_k^{-1}"], "P_k^{-T}", r"P_{\text{herek}}^{-T}"),
        (["P_k^- = A P_{k-1}", "x_{k-1}"], "P^-_k + Q^-", r"P_{\text{minusherek}} + Q^-"),
        (["P_{k-1} = Q_{k-1}"], "P_k^-1 x_k", r"P_{\text{herek}}^-1 x_{\text{herek}}"),
        (["P_{k-1} = Q_{k-1}"], "e^-x_k", r"e^-x_{\text{herek}}"),
        (["x_i"], "x_{i-1}^- + f(a^-)", "x_{i-1}^- + f(a^-)"),
    ],
)
def test_signs(texts: list[str], formula: str, expected: str) -> None:
    assert steps_of(texts).as_names(formula) == expected


def test_a_name_with_a_mark_is_no_entry_of_the_letter(tmp_path: Path) -> None:
    text = r"Let $g(x) = x^\top x$. Take $\hat{g}(x + v) = g(x) + \nabla g(x)^\top v$."
    assert verified(text, tmp_path).entries[-1].status not in ("refuted", "conditional")


def test_braces_may_be_brackets(tmp_path: Path) -> None:
    assert statuses(r"Then $(A + B)^\top C = \{A + B\}^\top C$.", tmp_path)[-1] == "proved"


@pytest.mark.parametrize("side", ["B^T A^T C^T + B A^T C", "B"])
def test_a_derivative_with_more_axes_by_a_transpose(side: str, tmp_path: Path) -> None:
    assert statuses(rf"We find $\frac{{\partial}}{{\partial A^T}} ABA^TC = {side}$.", tmp_path)[-1] == "undecided"


def test_a_condition_goes_on_below_it(tmp_path: Path) -> None:
    text = r"$$\begin{align} \frac{\partial}{\partial G} tr(G M G^\top) - 2 N &= 0 \\ "
    text += (
        r"G M + G M^\top - 2 N &= 0 \\ G M + GM^\top &= 2 N \\ G (M + M^\top) &= 2N \\ (G M)^\top &= M^\top G^\top \end{align}$$"
    )
    found = [entry.status for entry in verified(text, tmp_path).entries]
    assert found == [*["first-order condition"] * 2, "proved", "proved", "proved"]
