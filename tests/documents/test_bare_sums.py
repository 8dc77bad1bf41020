"""Sums without an index run over the one that stands behind them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

LOSS = r"Let $F(v) = \frac12\sum (v^\top u_i - t_i)^2$. "
TRUE = [
    LOSS + r"Then $$\frac{\partial F}{\partial v} = \sum (v^\top u_i - t_i) u_i.$$",
    r"With $G(v) = \frac1N\sum^N (v^\top u^{(i)} - t^{(i)})^2$ we get "
    r"$$\frac{\partial G}{\partial v_j} = \frac2N\sum (v^\top u^{(i)} - t^{(i)}) u_j^{(i)}.$$",
    r"We have $\sum (t_k + s_k)^2 = \sum t_k^2 + 2\sum t_k s_k + \sum s_k^2$.",
]
FALSE = [
    LOSS + r"Then $$\frac{\partial F}{\partial v} = \sum (v^\top u_i + t_i) u_i.$$",
    LOSS + r"Then $$\frac{\partial F}{\partial v} = 2\sum (v^\top u_i - t_i) u_i.$$",
]
OPEN = [r"We have $\sum t = \sum t_i$.", r"We have $\sum t_i s_k = \sum s_k t_i + 1$."]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("proved", "confirmed")


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "refuted"


@pytest.mark.parametrize("text", OPEN)
def test_an_index_that_may_be_another_one_is_not_guessed(text: str, tmp_path: Path) -> None:
    assert not {"proved", "confirmed", "refuted"} & set(statuses(text, tmp_path))


def test_a_sum_that_is_left_out_where_others_are_written_is_missing(tmp_path: Path) -> None:
    text = r"Let $F = \frac12\sum_k y_k^2$ with $y_k = \sum_j v_{kj} h_j$. Then $$\frac{\partial F}{\partial h_j} = \sum_k y_k v_{kj}.$$"
    assert statuses(text, tmp_path)[-1] == "proved"
    assert "proved" not in statuses(text.replace(r"= \sum_k y_k", "= y_k"), tmp_path)


def test_a_sum_up_to_another_limit_is_not_the_same(tmp_path: Path) -> None:
    text = r"Let $F(v) = \sum_{i=1}^n (v^\top u_i - t_i)^2$. Then $\nabla F(v) = 2\sum_{i=1}^n (v^\top u_i - t_i) u_i$."
    assert statuses(text, tmp_path) == ["proved"]
    assert not {"proved", "confirmed"} & set(statuses(text.replace("2\\sum_{i=1}^n", "2\\sum_{i=1}^m"), tmp_path))
