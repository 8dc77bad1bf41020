"""Functions that are given entry by entry: softmax and others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

SOFTMAX = r"We define $q(\mathbf v)_k = \frac{e^{v_k}}{\sum_l e^{v_l}}$. "
WORD = r"We define $\mathrm{soft}(\mathbf v)_k = \frac{e^{v_k}}{\sum_l e^{v_l}}$. "
LOGISTIC = r"Let $q(t) = \frac{1}{1 + e^{-t}}$, so $q'(t) = q(t)(1 - q(t))$. "
TRUE = [
    SOFTMAX + r"Then $$\frac{\partial q(\mathbf v)_k}{\partial v_m} = q(\mathbf v)_k (\delta_{km} - q(\mathbf v)_m).$$",
    SOFTMAX + r"Then $$\frac{\partial q}{\partial \mathbf v} = \operatorname{diag}(q) - qq^\top.$$",
    WORD
    + r"Then $$\frac{\partial \mathrm{soft}(\mathbf v)_k}{\partial v_k} = \mathrm{soft}(\mathbf v)_k (1 - \mathrm{soft}(\mathbf v)_k).$$",
    LOGISTIC
    + SOFTMAX
    + r"Then $$\frac{\partial q(\mathbf v)_k}{\partial v_m} = q(\mathbf v)_k (\delta_{km} - q(\mathbf v)_m).$$",
    r"Let $h(v)_k = v_k^2$. Then $\sum_k h(v)_k = v^\top v$.",
]
FALSE = [
    SOFTMAX + r"Then $$\frac{\partial q(\mathbf v)_k}{\partial v_m} = q(\mathbf v)_k (\delta_{km} + q(\mathbf v)_m).$$",
    r"Let $h(v)_k = v_k^2$. Then $\frac{\partial h(v)_k}{\partial v_k} = 3v_k$.",
]
NEIGHBOURS = [
    r"Let $h(t) = t^2$. Then $h(t)_k = t_k$.",
    SOFTMAX + r"Then $q(2\mathbf v)_k = q(\mathbf v)_k$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("proved", "confirmed")


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "refuted"


@pytest.mark.parametrize("text", NEIGHBOURS)
def test_other_arguments_are_not_touched(text: str, tmp_path: Path) -> None:
    assert not {"proved", "confirmed"} & set(statuses(text, tmp_path))
