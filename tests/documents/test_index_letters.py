"""Letters that are indices because sums run over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.context.loose_notation import index_letters_of
from tests.documents.notes import statuses, verified

CLASSES = r"""
The share of class $c$ is $q_c = \frac{e^{u_c}}{\sum_{d=1}^D e^{u_d}}$, and the loss is $$L = -\sum_{c=1}^D t_c \log q_c.$$ Then """


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"$\frac{\partial L}{\partial q_c} = -\frac{t_c}{q_c}$.", "proved"),
        (r"$\frac{\partial q_c}{\partial u_c} = q_c (1 - q_c)$.", "proved"),
        (r"$\frac{\partial q_i}{\partial u_j} = q_i (\delta_{ij} - q_j)$.", "proved"),
        (r"$\frac{\partial L}{\partial u_c} = q_c \sum_d t_d - t_c$.", "proved"),
        (
            r"$\frac{\partial L}{\partial u_i} = \sum_{c=1}^D \frac{\partial L}{\partial q_c} \frac{\partial q_c}{\partial u_i}$.",
            "proved",
        ),
        (r"$\frac{\partial L}{\partial q_c} = \frac{t_c}{q_c}$.", "refuted"),
        (r"$\frac{\partial L}{\partial u_c} = q_c + t_c$.", "refuted"),
    ],
)
def test_entries_by_unusual_letters(text: str, found: str, tmp_path: Path) -> None:
    assert statuses(CLASSES + text, tmp_path)[-1] == found


@pytest.mark.parametrize(
    ("texts", "letters"),
    [
        ([r"y = \sum_{c=1}^C t_c", "z_c = y_c"], "c"),
        ([r"y = \sum_b x_{bh} w_b", r"v = \sum_{h=1}^H x_{bh} u_h"], "bh"),
        ([r"y = \sum_a U_{ia} V_{ja}"], ""),  # known by the index beside it
        (["y_c = c x_c", r"y = \sum_c x_c"], ""),  # it is a number, too
        ([r"y = \sum_h x_h", "a = W_h x"], ""),  # a label
        (["y_c = x_c"], ""),  # no sum runs over it
        ([r"y = \sum_{t=1}^T x_t"], ""),  # time
    ],
)
def test_which_letters_are_indices(texts: list[str], letters: str) -> None:
    assert set(index_letters_of(texts).usual) == set(letters)


def test_answers_have_the_letters_of_the_document(tmp_path: Path) -> None:
    entry = verified(CLASSES + r"$\frac{\partial L}{\partial q_c} = \frac{t_c}{q_c}$.", tmp_path).claims[-1]
    assert entry.verdict is not None
    assert entry.verdict.correction is not None
    assert entry.verdict.correction.text() == "−t_c/q_c"


def test_the_usual_letters_stand_nowhere_else() -> None:
    used = [r"y = \sum_{c=1}^C t_c r_s + q p_k", r"\sum_{i,j} x_{ij} + m_l n"]
    assert set(index_letters_of(used).usual.values()).isdisjoint("rsqpkijmln")
