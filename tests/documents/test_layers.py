"""Networks that are defined entry by entry, with layers told apart by letters of indices or by labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.context.layers_and_steps import lettered_layers_of
from tests.documents.notes import statuses

LETTERED = r"""
Unit $j$ gets $u_j = \sum_i v_{ij} o_i + c_j$ and puts out $o_j = h_j(u_j)$. Unit $k$ gets $u_k = \sum_j v_{jk} o_j + c_k$, and
$o_k = h_k(u_k)$ is compared with a target: the cost is $$E = \frac{1}{2} \sum_k (o_k - t_k)^2.$$ The error of the last layer is
$\delta_k = (o_k - t_k) h_k'(u_k)$. Then """
LETTERED_TRUE = [
    r"$\frac{\partial E}{\partial v_{jk}} = (o_k - t_k) h'_k(u_k) o_j$.",
    r"$\frac{\partial E}{\partial v_{jk}} = \delta_k o_j$.",
    r"$\frac{\partial E}{\partial c_k} = \delta_k$.",
    r"$\frac{\partial u_k}{\partial v_{ij}} = \frac{\partial u_k}{\partial o_j} \frac{\partial o_j}{\partial v_{ij}}$.",
    r"$\frac{\partial u_k}{\partial c_j} = \frac{\partial}{\partial o_j} (c_k + \sum_j o_j v_{jk}) \frac{\partial o_j}{\partial c_j}$.",
    r"$\frac{\partial u_k}{\partial v_{ij}} = v_{jk} h_j'(u_j) o_i$.",
    r"$\frac{\partial E}{\partial v_{ij}} = \left(\sum_k \delta_k v_{jk}\right) h_j'(u_j) o_i$.",
    r"$\frac{\partial E}{\partial c_j} = h_j'(u_j) \sum_k \delta_k v_{jk}$.",
]
LETTERED_FALSE = [
    r"$\frac{\partial E}{\partial v_{jk}} = (t_k - o_k) h'_k(u_k) o_j$.",
    r"$\frac{\partial E}{\partial v_{jk}} = 2\delta_k o_j$.",
    r"$\frac{\partial u_k}{\partial v_{ij}} = v_{jk} h_k'(u_k) o_i$.",
    r"$\frac{\partial u_k}{\partial v_{ij}} = v_{jk} o_i$.",
    r"$\frac{\partial E}{\partial v_{ij}} = \left(\sum_k \delta_k v_{jk}\right) o_i$.",
]


@pytest.mark.parametrize("text", LETTERED_TRUE)
def test_letters_tell_layers_apart(text: str, tmp_path: Path) -> None:
    assert statuses(LETTERED + text, tmp_path)[-1] == "proved"


@pytest.mark.parametrize("text", LETTERED_FALSE)
def test_what_is_false_of_lettered_layers(text: str, tmp_path: Path) -> None:
    assert statuses(LETTERED + text, tmp_path)[-1] == "refuted"


def test_one_definition_speaks_of_all_lettered_layers(tmp_path: Path) -> None:
    general = r"Each unit has $s_j = \sum_i m_{ji} y_i$ and $y_j = q(s_j)$. "
    assert statuses(general + r"So $\frac{\partial s_k}{\partial s_j} = m_{kj} q'(s_j)$.", tmp_path)[-1] == "proved"
    assert statuses(general + r"So $\frac{\partial s_k}{\partial s_j} = m_{kj} q'(s_k)$.", tmp_path)[-1] != "proved"


@pytest.mark.parametrize(
    ("equations", "letters"),
    [
        ([("z_k", r"\sum_j w_{jk} a_j"), ("a_j", "g(z_j)")], "jk"),
        ([("z_k", r"\sum_j w_{jk} a_j")], ""),  # nothing goes in a circle
        ([("x_i", r"b_i - \sum_j A_{ij} x_j")], ""),  # it is to be solved
        ([("h_i", r"\sum_j A_{ij} a_j"), ("a_j", r"\sum_i A_{ij} h_i")], ""),  # with the same letter
        ([("z_k", r"\sum_j w_{jk} a_j"), ("a_j", r"e^{z_j}/\sum_k e^{z_k}")], ""),  # both letters count in one array
        ([("z_k", r"\sum_j w_{jk} a_j"), ("a_j", "g(z_j)"), ("c_k", r"\delta_{jk} z_j")], ""),
    ],
)
def test_which_letters_tell_layers(equations: list[tuple[str, str]], letters: str) -> None:
    texts = [f"{left} = {right}" for left, right in equations]
    assert lettered_layers_of(equations, texts).letters == frozenset(letters)


LABELLED = r"""
The $l^{\text{th}}$ layer has $$s^l_j = \sum_k M^l_{jk} y^{l-1}_k + c^l_j, \qquad y^l_j = \phi(s^l_j)$$ and $C$ is the cost. We define
$$\varepsilon^l_j = \frac{\partial C}{\partial s^l_j}.$$
# Gradients
Then """
LABELLED_TRUE = [
    r"$\frac{\partial C}{\partial c^l_j} = \varepsilon^l_j$.",
    r"$\frac{\partial C}{\partial M^l_{jk}} = \varepsilon^l_j y^{l-1}_k$.",
    r"$\frac{\partial s^{l+1}_k}{\partial s^l_j} = M^{l+1}_{kj} \phi'(s^l_j)$.",
    r"$\varepsilon^l_j = \sum_k \frac{\partial C}{\partial s^{l+1}_k} \frac{\partial s^{l+1}_k}{\partial s^l_j}$.",
    r"$\varepsilon^l_j = \phi'(s^l_j) \sum_k M^{l+1}_{kj} \varepsilon^{l+1}_k$.",
    r"$\varepsilon^l = ((M^{l+1})^\top \varepsilon^{l+1}) \odot \phi'(s^l)$.",
]
LABELLED_FALSE = [
    r"$\frac{\partial C}{\partial c^l_j} = 2 \varepsilon^l_j$.",
    r"$\frac{\partial C}{\partial M^l_{jk}} = \varepsilon^l_j y^l_k$.",
    r"$\frac{\partial s^{l+1}_k}{\partial s^l_j} = M^{l+1}_{kj}$.",
    r"$\varepsilon^l_j = \sum_k M^{l+1}_{kj} \varepsilon^{l+1}_k$.",
    r"$\varepsilon^l_j = -\phi'(s^l_j) \sum_k M^{l+1}_{kj} \varepsilon^{l+1}_k$.",
]


@pytest.mark.parametrize("text", LABELLED_TRUE)
def test_one_definition_speaks_of_all_labelled_layers(text: str, tmp_path: Path) -> None:
    assert statuses(LABELLED + text, tmp_path)[-1] in ("proved", "confirmed")


@pytest.mark.parametrize("text", LABELLED_FALSE)
def test_what_is_false_of_labelled_layers(text: str, tmp_path: Path) -> None:
    assert statuses(LABELLED + text, tmp_path)[-1] in ("refuted", "conditional")


def test_functions_of_layers_work_on_entries_where_their_derivatives_do(tmp_path: Path) -> None:
    text = r"""Let $s^{[l]} = M^{[l]} y^{[l-1]}$ and $y^{[l]} = f^{[l]}(s^{[l]})$. We put
$\varepsilon^{[l]} = \nabla_{s^{[l]}} \mathcal{L}$. We have
$$\varepsilon^{[l]} = (M^{[l+1]})^\top \varepsilon^{[l+1]} \odot f^{[l]\prime}(s^{[l]}).$$"""
    assert statuses(text, tmp_path)[-1] == "proved"
    assert "proved" not in statuses(text.replace(r"f^{[l]\prime}(s^{[l]})", r"f^{[l+1]\prime}(s^{[l]})"), tmp_path)


def test_a_linear_loss_stands_for_any_to_first_order_alone(tmp_path: Path) -> None:
    text = r"Let $z_k = \sum_j w_{kj} x_j$ and $\delta_k = \frac{\partial E}{\partial z_k}$. "
    assert statuses(text + r"Then $\frac{\partial E}{\partial w_{kj}} = \delta_k x_j$.", tmp_path)[-1] == "proved"
    assert statuses(text + r"Then $\frac{\partial \delta_k}{\partial w_{kj}} = 0 \cdot x_j$.", tmp_path)[-1] != "proved"
    assert statuses(text + r"Then $\frac{\partial \delta_k}{\partial z_k} = 0 \cdot z_k$.", tmp_path)[-1] != "proved"
    assert "proved" not in statuses(text + r"Then $E - 1 = \sum_k \delta_k z_k$.", tmp_path)


def test_the_derivative_of_an_unknown_loss_on_one_side_says_what_it_is(tmp_path: Path) -> None:
    text = r"Let $z_k = \sum_j w_{kj} x_j$. Then $\frac{\partial E}{\partial z_k} = z_k - t_k$."
    assert statuses(text, tmp_path)[-1] in ("not read", "undecided")


def test_a_name_for_a_derivative_is_not_defined_again(tmp_path: Path) -> None:
    text = r"Let $f(x) = x^\top A x$ and $g = \frac{\partial f}{\partial x}$. It is $g = {0}$."
    assert statuses(text.replace("{0}", r"(A + A^\top) x"), tmp_path)[-1] == "proved"
    assert statuses(text.replace("{0}", r"(A - A^\top) x"), tmp_path)[-1] == "refuted"


NUMBERED = r"""
The layers are $s^{(1)}_i = \sum_k M^{(1)}_{ik} x_k + c^{(1)}_i$, $y_i = \sigma(s^{(1)}_i)$ and
$s^{(2)}_i = \sum_k M^{(2)}_{ik} y_k + c^{(2)}_i$, $o_i = \sigma(s^{(2)}_i)$; the cost is $C = -\sum_{i=1}^K t_i \ln o_i$. We put
$$\varepsilon_j^{(\ell)} = \frac{\partial C}{\partial s_j^{(\ell)}}.$$ Then """


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"$\varepsilon_j^{(2)} = \frac{\partial C}{\partial o_j} \sigma' (s_j^{(2)})$.", "proved"),
        (r"$\varepsilon_j^{(1)} = \sum_{i=1}^K \varepsilon_i^{(2)} M^{(2)}_{i,j} \sigma'(s_j^{(1)})$.", "proved"),
        (r"$\frac{\partial C}{\partial M_{i,j}^{(2)}} = \varepsilon_i^{(2)} y_j$.", "proved"),
        (r"$\varepsilon_j^{(2)} = \frac{\partial C}{\partial o_j} \sigma(s_j^{(2)})$.", "refuted"),
        (r"$\varepsilon_j^{(1)} = \sum_{i=1}^K \varepsilon_i^{(2)} M^{(2)}_{i,j}$.", "refuted"),
    ],
)
def test_a_definition_for_any_layer_speaks_of_numbered_ones(text: str, found: str, tmp_path: Path) -> None:
    assert statuses(NUMBERED + text, tmp_path)[-1] == found


def test_what_may_be_held_fixed_is_no_error(tmp_path: Path) -> None:
    text = r"The cell is $c = f a + i g$ and $h = o \tanh(c)$. "
    chain = r"Hence $\frac{\partial L}{\partial f} = \frac{\partial L}{\partial c}\frac{\partial c}{\partial f}"
    assert statuses(text + chain + "$.", tmp_path)[-1] == "proved"
    more = r" + \frac{\partial L}{\partial h}\frac{\partial h}{\partial c}\frac{\partial c}{\partial f}$."
    assert statuses(text + chain + more, tmp_path)[-1] == "undecided"


def test_jacobians_have_a_row_for_each_entry_beside_gradients_that_are_columns(tmp_path: Path) -> None:
    text = r"Let $s^{[l+1]} = M^{[l+1]} y^{[l]} + c^{[l+1]}$. Then $$\frac{\partial L}{\partial y^{[l]}} = "
    jacobian = r"\frac{\partial s^{[l+1]}}{\partial y^{[l]}}"
    gradient = r"\frac{\partial L}{\partial s^{[l+1]}}$$"
    assert statuses(rf"{text}\left({jacobian}\right)^T {gradient}", tmp_path)[-1] == "proved"
    assert statuses(rf"{text}2\left({jacobian}\right)^T {gradient}", tmp_path)[-1] != "proved"


def test_a_square_below_a_root_is_the_variable_too(tmp_path: Path) -> None:
    text = r"With $r = \frac{x - m}{\sqrt{\tau^2 + e}}$ we have $\frac{\partial r}{\partial \tau^2} = -\frac{1}{2}(x - m)(\tau^2 + e)^{-3/2}$."
    text = "The numbers $x$, $m$, $e$ are given. " + text
    assert statuses(text, tmp_path)[-1] in ("proved", "confirmed", "conditional")
    assert statuses(text.replace("= -", "= "), tmp_path)[-1] != "proved"


def test_a_chain_ends_with_the_next_name(tmp_path: Path) -> None:
    text = r"Let $Y = B V$ and $B = A \odot M$. We write $\frac{\partial L}{\partial Y} = \zeta_1$. "
    text += r"$$\frac{\partial L}{\partial B} = \zeta_1 V^\top = \zeta_2$$ Then $\frac{\partial L}{\partial A} = {0}$."
    assert statuses(text.replace("{0}", r"\zeta_2 \odot M"), tmp_path) == ["proved", "proved"]
    assert statuses(text.replace("{0}", r"-\zeta_2 \odot M"), tmp_path) == ["proved", "refuted"]
