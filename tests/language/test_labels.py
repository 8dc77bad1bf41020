r"""Labels in exponents: ``W^{[1]}`` is one name, an index beside it an index, and what is a power stays one."""

from __future__ import annotations

import pytest

from matcalc import parse, verify
from matcalc.base.errors import MatcalcError


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"W^{[1]} x + b^{[1]}", "W_1*x + b_1"),
        (r"W^{(l)} a^{(l-1)}", "W_l*a_lminus1"),
        (r"\mathbf{W}^{[2]\top} \boldsymbol{\delta}^{[2]}", "W_2'*delta_2"),
        (r"(a^{[1]})^\top a^{[1]}", "a_1'*a_1"),
        (r"\hat{\mathbf{y}}^{(i)} - \mathbf{y}^{(i)}", "y_hat_i - y_i"),
        (r"\|\theta^{\text{old}} x - {x}^{\mathrm{new}}\|^2", "norm2(theta_old*x - x_new)^2"),
        (r"w^{*\top} A w^\star", "w_star'*A*w_star"),
        (r"{W}{^{[1]}}x{^{2}}", "W_1*x^2"),
        (r"x^2 + y^{-1}", "x^2 + y^-1"),
        (r"\|X^{-\top}\|^2 + \operatorname{tr}(A^{+} A^{\top})", "norm2(inv(X)')^2 + tr(pinv(A)*A')"),
    ],
)
def test_a_label_makes_a_name(latex: str, plain: str) -> None:
    declare = {"delta_2": "m", "W_2": "m×n", "theta_old": "scalar"}
    names = {name: said for name, said in declare.items() if name in plain}
    assert parse(latex, names) == parse(plain, names)


def test_an_index_beside_a_label_is_an_entry() -> None:
    both = r"\frac{\partial}{\partial z^{[2]}_j} \log\sum_k e^{z^{[2]}_k} = \mathrm{softmax}(z^{[2]})_j"
    assert verify(both).status == "proved"
    assert verify(both.replace("= ", "= 2")).status == "refuted"


def test_a_letter_in_a_label_is_no_index_and_that_of_a_sum_no_label() -> None:
    assert verify(r"\frac{\partial}{\partial a^{(l-1)}} (W^{(l)} a^{(l-1)} + b^{(l)}) = (W^{(l)})^\top").status == "proved"
    assert parse(r"\sum_i \|x^{(i)}\|^2") == parse(r"\sum_i \|x_i\|^2")


def test_an_exponent_below_a_derivative_is_a_label_everywhere() -> None:
    assert verify(r"z^l = w^l a + b^l; \frac{\partial}{\partial z^l} \|z^l\|^2 = 2 z^l", declare="w_l: m×n").status == "proved"


@pytest.mark.parametrize("text", [r"K^{*} x", r"W^{[1]} x + W_1 y", r"A^{(m,n)} x", r"f^{(2)}(x)"])
def test_what_could_be_something_else_is_refused(text: str) -> None:
    with pytest.raises(MatcalcError):
        parse(text)


def test_a_capital_with_a_star_is_a_name_where_it_has_a_value() -> None:
    assert verify(r"K^{*} = P H^\top; K^{*} H = P H^\top H").status == "proved"
