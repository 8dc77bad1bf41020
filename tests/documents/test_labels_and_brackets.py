"""Signs of a formula that are not what they look like: commas in angle brackets, labels that look like indices, spaced differentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses, verified


def test_a_chain_of_inner_products_is_cut_at_its_relations_alone(tmp_path: Path) -> None:
    chain = r"$$u^T M v = \langle u, M v\rangle = \langle M^T u, v \rangle = (M^T u)^T v$$"
    assert statuses(chain, tmp_path) == ["proved"] * 3
    wrong = r"$$u^T M v = \langle u, M v\rangle = \langle M u, v \rangle$$"
    assert statuses(wrong, tmp_path) == ["proved", "conditional"]
    open_bracket = verified(r"$$a = \langle u, b = v$$", tmp_path)
    assert len(open_bracket.entries) == 2


_LEAST_NORM = r"The least norm solution is $s_{ln} = M^T(MM^T)^{-1}b$. "


def test_an_index_that_does_not_stand_in_the_formula_is_a_label(tmp_path: Path) -> None:
    assert statuses(_LEAST_NORM + r"Then $$(s - s_{ln})^T s_{ln} = (M(s - s_{ln}))^T (MM^T)^{-1}b.$$", tmp_path) == ["proved"]
    assert statuses(_LEAST_NORM + r"Then $$M s_{ln} = b.$$", tmp_path) == ["proved"]


def test_where_it_may_be_an_index_all_the_same_nothing_is_refuted(tmp_path: Path) -> None:
    assert (
        statuses(r"Let $p_i = \frac{1}{n}$ and $x \in \mathbb{R}^n$. Then $$p^T x = \frac{1}{n} \sum_i x_i.$$", tmp_path)[0]
        != "refuted"
    )


@pytest.mark.parametrize(
    "sign",
    [
        r"\frac{\partial}{\mathop{\partial x}}",
        r"\frac{\mathop{\partial}}{\mathop{\partial x}}",
        r"\frac{\mathop{d}}{\mathop{dx}}",
    ],
)
def test_space_before_a_differential_is_for_the_eye(sign: str, tmp_path: Path) -> None:
    assert statuses(rf"$${sign} (x^T M x) = (M + M^T) x$$", tmp_path) == ["proved"]
    assert statuses(rf"$${sign} (x^T M x) = (M - M^T) x$$", tmp_path) == ["refuted"]


def test_a_function_whose_nearest_formula_is_not_read_is_not_an_older_one(tmp_path: Path) -> None:
    text = r"""# One

Let $h(x) = Mx + b$.

# Two

Let $h(y) = \log (\sum_i \exp y_i$ and $f(x) = \log \sum_i \exp(a_i^T x + b_i)$, where $a_i^T$ is row $i$ of $A$. Then
$$\nabla f(x) = A^T \nabla h(Ax + b).$$"""
    assert statuses(text, tmp_path)[-1] not in ("refuted", "conditional", "proved")


def test_numbers_that_an_index_runs_over_are_no_value_of_it(tmp_path: Path) -> None:
    text = r"""We write $u_{ij}$ for $i, j = 1, \dots, n$.

Let $f(x) = \sum_i x_i^4$. Then $$\nabla f(x) = 3 x^3.$$"""
    assert statuses(text, tmp_path)[-1] == "refuted"
