"""A diagonal matrix by its first and last entries is that of all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

WEIGHTS = r"With $V = \mathrm{diag}(v_1, \dots, v_n)$ let $F(b) = (t - Ub)^\top V (t - Ub)$. "
VARIANCES = r"Let $S = \operatorname{diag}(s_1^2, s_2^2, \ldots, s_d^2)$. "
TRUE = [
    WEIGHTS + r"So $\operatorname{tr}(V) = \sum_{i=1}^n v_i$.",
    WEIGHTS + r"Then $\frac{\partial F}{\partial b} = -2U^\top V(t - Ub)$.",
    VARIANCES + r"Then $\operatorname{tr}(S) = \sum_{i=1}^d s_i^2$.",
    VARIANCES + r"Then $z^\top S^{-1} z = \sum_i z_i^2 / s_i^2$.",
    VARIANCES + r"Then $S^\top = S$.",
]
FALSE = [
    WEIGHTS + r"Then $\frac{\partial F}{\partial b} = -U^\top V(t - Ub)$.",
    VARIANCES + r"Then $\operatorname{tr}(S) = \sum_{i=1}^d s_i$.",
]
OTHERS = [
    r"Let $S = \operatorname{diag}(s_1, \dots, r_d)$. Then $\operatorname{tr}(S) = \sum_i s_i$.",
    r"Let $S = \operatorname{diag}(s_1, s_3, \dots, s_d)$. Then $\operatorname{tr}(S) = \sum_i s_i$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("proved", "confirmed")


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] not in ("proved", "confirmed")


@pytest.mark.parametrize("text", OTHERS)
def test_other_lists_are_not_guessed(text: str, tmp_path: Path) -> None:
    assert not {"proved", "confirmed"} & set(statuses(text, tmp_path))
