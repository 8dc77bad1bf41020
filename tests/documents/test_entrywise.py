"""Functions that a document knows by their entries alone, arrays that it gives by theirs, and chains of layers between these."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.examination import verify_document
from tests.documents.notes import statuses

WAYS = [
    ("by its entries", r"Let $a = g(q)$, i.e. $a_i = g(q_i)$."),
    ("by the entries alone", r"Let $a_i = g(q_i)$."),
    ("a map of numbers", r"Let $g: \mathbb{R} \to \mathbb{R}$ be smooth and $a = g(q)$."),
    ("in a word", r"Let $a = g(q)$ elementwise."),
    ("in words", r"Let $a = g(q)$, where $g$ is applied elementwise."),
]


@pytest.mark.parametrize("way", [way for _, way in WAYS], ids=[name for name, _ in WAYS])
def test_functions_known_by_their_entries(way: str, tmp_path: Path) -> None:
    text = way + r" With $t = v^\top a$ we have $\nabla_q t = v \odot g'(q)$ and $\nabla_q t = 2 v \odot g'(q)$."
    assert statuses(text, tmp_path) == ["proved", "refuted"]


def test_a_function_of_vectors_alone_is_not_one_of_entries(tmp_path: Path) -> None:
    text = r"Let $g: \mathbb{R}^n \to \mathbb{R}^n$ and $a = g(q)$. With $t = v^\top a$ we have $\nabla_q t = v \odot g'(q)$."
    assert statuses(text, tmp_path)[0] not in ("proved", "confirmed", "refuted", "conditional")


def test_arrays_by_their_entries(tmp_path: Path) -> None:
    text = r"Let $q_i = \sum_j M_{ij} y_j + c_i$, $a_i = \tanh(q_i)$ and $t = \sum_i v_i a_i$. "
    text += r"Then $\nabla_c t = v \odot (1 - a \odot a)$, and $\nabla_c t = v \odot (1 + a \odot a)$."
    assert statuses(text, tmp_path) == ["proved", "refuted"]


NETWORK = r"""
A layer $g: \mathbb{R}^n \to \mathbb{R}^n$ gives $\mathbf{a} = g(\mathbf{q})$, i.e. $a_i = g(q_i)$. The network is
$$t = \mathbf{v}^T \mathbf{a} \longleftarrow \mathbf{a} = g(\mathbf{q}) \longleftarrow \mathbf{q} = \mathbf{M}\mathbf{y} + \mathbf{c}$$
$$\begin{aligned} \frac{\partial t}{\partial \mathbf{q}}
&= \frac{\partial t}{\partial \mathbf{a}} \frac{\partial \mathbf{a}}{\partial \mathbf{q}} \\
&= \mathbf{v}^T \operatorname{diag}(g'(\mathbf{q})) \\ &= \mathbf{v}^T \circ g'(q) \\ &:= \delta \end{aligned}$$
$$\frac{\partial t}{\partial \mathbf{c}} = \frac{\partial t}{\partial \mathbf{a}} \frac{\partial \mathbf{a}}{\partial \mathbf{q}}
\frac{\partial \mathbf{q}}{\partial \mathbf{c}} = \delta \circ \mathbf{I}$$
$$\left(\frac{\partial \mathbf{q}}{\partial \mathbf{M}}\right)_{ijk} = \frac{\partial q_i}{\partial M_{jk}}
= \begin{cases} y_k & \text{if } i = j \\ 0 & \text{otherwise} \end{cases}$$
$$\frac{\partial t}{\partial \mathbf{M}} = \delta^T \circ \mathbf{y}^T$$
"""


def test_a_network_with_a_function_without_formula_is_decided_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(NETWORK, encoding="utf-8")
    claims = verify_document(path, cache=False).claims
    assert [entry.status for entry in claims] == ["proved"] * 7 + ["undecided"]
    assert "has its shape" in claims[-1].remark
    assert any("numerator layout" in said for said in claims[0].context)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(r"\operatorname{diag}(g'(\mathbf{q}))", r"2\operatorname{diag}(g'(\mathbf{q}))"), (r"\circ g'(q)", r"\circ g(q)")],
)
def test_an_error_in_the_network_is_seen(right: str, wrong: str, tmp_path: Path) -> None:
    assert "refuted" in statuses(NETWORK.replace(right, wrong), tmp_path)


def test_a_kronecker_delta_is_not_the_error_signal(tmp_path: Path) -> None:
    text = r"Let $t = \|My\|^2$ and $\delta = \frac{\partial t}{\partial y}$. Further $\frac{\partial y_i}{\partial y_j} = \delta_{ij}$."
    assert statuses(text, tmp_path)[-1] == "proved"
