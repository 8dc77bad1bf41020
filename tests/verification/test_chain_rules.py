"""Chain rules: derivatives of functions that a text names and does not define are claims about all such functions."""

from __future__ import annotations

import pytest

from matcalc import verify
from matcalc.base.errors import NotDifferentiableError, UnknownFunctionError

_LAYER = "z = W*a + b; "


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        (_LAYER + "d(L)/da = W'*d(L)/dz", "denominator"),
        (_LAYER + "d(L)/dW = d(L)/dz*a'", "denominator"),
        (_LAYER + "d(L)/db = d(L)/dz", "denominator"),
        (_LAYER + "delta = d(L)/dz; d(L)/dW = delta*a'", "denominator"),
        (_LAYER + "d(L)/da = d(L)/dz*W", "numerator"),
        ("a = sigmoid(z); d(L)/dz = d(L)/da.*a.*(1 - a)", "denominator"),
        ("z = mu + s.*eps; d(f)/ds = d(f)/dz.*eps", "denominator"),
        ("y = A*x; d(B*y)/dx = d(B*y)/dy*d(y)/dx", "numerator"),
        ("y = A*x; d(B*y)/dx = d(y)/dx*d(B*y)/dy", "denominator"),
        ("d(z)/dx = d(z)/dy*d(y)/dx", "numerator"),
        ("d(z)/dx = d(y)/dx*d(z)/dy", "denominator"),
        ("d(f)/dx = d(u)/dx*d(f)/du + d(v)/dx*d(f)/dv", "denominator"),
        ("Y = X*W; d(L)/dX = d(L)/dY*W'", "denominator"),
        ("Y = X*W; d(L)/dW = X'*d(L)/dY", "denominator"),
        ("L = norm2(y - t)^2/2; d(L)/dx = d(y)/dx*(y - t)", "denominator"),
    ],
)
def test_true_for_every_function(text: str, layout: str) -> None:
    assert verify(text, layout=layout).status == "proved"


@pytest.mark.parametrize(
    ("text", "layout", "right"),
    [
        (_LAYER + "d(L)/da = -W'*d(L)/dz", "denominator", "W'*(d(L)/dz)"),
        (_LAYER + "d(L)/dW = a*(d(L)/dz)'", "denominator", "(d(L)/dz)*a'"),
        (_LAYER + "d(L)/db = 2*d(L)/dz", "denominator", "d(L)/dz"),
        ("a = tanh(z); d(L)/dz = d(L)/da.*a.*(1 - a)", "denominator", "(d(L)/da).*(1 - tanh(z).^2)"),
        ("y = A*x; d(B*y)/dx = d(B*y)/dy*d(y)/dx", "denominator", "A'*B'"),
        ("Y = X*W; d(L)/dW = d(L)/dY*X'", "denominator", "X'*(d(L)/dY)"),
    ],
)
def test_planted_errors_are_refuted_with_the_right_answer(text: str, layout: str, right: str) -> None:
    found = verify(text, layout=layout)
    assert found.status == "refuted"
    assert found.correction is not None
    assert found.correction.text("ascii") == right


def test_a_matrix_that_depends_on_a_parameter_keeps_its_facts() -> None:
    lead = "L = -1/2*y'*inv(K)*y - 1/2*logdet(K); alpha = inv(K)*y; d(L)/dtheta = "
    right = verify(lead + "1/2*tr((alpha*alpha' - inv(K))*d(K)/dtheta)", declare="K: n×n positive_definite")
    assert right.status == "proved"
    assert right.holds_if == ()
    assert verify(lead + "1/2*tr((alpha*alpha' + inv(K))*d(K)/dtheta)", declare="K: n×n positive_definite").status == "refuted"
    assert not verify(lead + "1/2*tr((alpha*alpha' - inv(K))*d(K)/dtheta)", declare="K: n×n").ok


@pytest.mark.parametrize("zero", ["d(delta)/dW = 0", "d(delta)/dz = 0", "d(delta'*v)/da = 0*a"])
def test_a_derivative_of_any_function_is_no_constant(zero: str) -> None:
    with pytest.raises(NotDifferentiableError, match="second derivatives"):
        verify(f"{_LAYER}delta = d(L)/dz; {zero}")
    assert verify(f"{_LAYER}delta = d(L)/dz; d(delta'*v)/dv = delta").status == "proved"


def test_derivatives_by_a_transpose_are_not_taken_for_others() -> None:
    with pytest.raises(NotDifferentiableError, match="by a transpose"):
        verify(r"Y = X W; \frac{\partial L}{\partial X^T} = W \frac{\partial L}{\partial Y}")
    with pytest.raises(NotDifferentiableError, match="by a transpose"):
        verify(r"Y = X W; \frac{\partial L}{\partial X^T} = W (\frac{\partial L}{\partial Y})^T")


def test_what_every_function_depends_on_may_have_a_value_for_each_entry() -> None:
    text = r"y_j = \phi(s_j); u = \operatorname{tensor}(k, \sum_j M_{kj} y_j); "
    claim = r"\frac{\partial E}{\partial s_j} = \sum_k \frac{\partial E}{\partial u_k} \frac{\partial u_k}{\partial s_j}"
    assert verify(text + claim, declare="phi: function").status == "proved"
    assert verify(text + claim.replace("= ", "= 2"), declare="phi: function").status == "refuted"


@pytest.mark.parametrize(
    "text", ["d(L)/dz = yhat - y", "d(y)/dx = A", _LAYER + "d(L)/dW = delta*a'", "d(L)/dx = sum(i, d(L)/dz_i*w_i)"]
)
def test_a_formula_that_is_not_there_is_asked_for(text: str) -> None:
    with pytest.raises(UnknownFunctionError, match="is not defined"):
        verify(text)


def test_what_may_hold_for_the_function_that_is_meant_is_not_refuted() -> None:
    assert verify("d(L)/dW = d(L)/dz*a'", declare="W: m×n; z: m; a: n").status == "undecided"
    assert verify("d(b)/dx = 0", declare="b: m; x: n").status == "proved"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (r"\frac{\partial K^{-1}}{\partial \theta} = -K^{-1} \frac{\partial K}{\partial\theta} K^{-1}", "proved"),
        (r"\frac{\partial K^{-1}}{\partial \theta} = -K^{-2} \frac{\partial K}{\partial\theta}", "refuted"),
        (r"\frac{\partial AB}{\partial t} = \frac{\partial A}{\partial t} B + A \frac{\partial B}{\partial t}", "proved"),
        (r"\frac{\partial AB}{\partial t} = B \frac{\partial A}{\partial t} + A \frac{\partial B}{\partial t}", "refuted"),
        (r"L(K) = y^T K y; \frac{\partial L}{\partial \theta} = y^T \frac{\partial K}{\partial \theta} y", "proved"),
    ],
)
def test_what_stands_beside_its_derivative_is_a_matrix_where_capitals_are(text: str, status: str) -> None:
    """As a number it would commute, and false claims about matrices would hold."""
    assert verify(text).status == status


@pytest.mark.parametrize(
    "fraction", [r"\frac{\partial A x}{\partial x}", r"{\frac{\partial A x}{\partial x}}", r"{\partial A x \over \partial x}"]
)
def test_what_is_behind_a_fraction_transposes_the_derivative_and_not_the_name(fraction: str) -> None:
    assert verify(f"{fraction}^T = A").status == "proved"
    assert verify(f"{fraction}^T = A^T", layout="numerator").status == "proved"
    assert verify(f"{fraction}^T = A", layout="numerator").status == "refuted"
    for layout in ("numerator", "denominator"):
        assert verify(r"\frac{\partial A x}{\partial x^T} = A", layout=layout).status == "proved"


def test_by_entries_a_function_with_a_declared_kind_is_one_without_a_formula() -> None:
    claim = r"z = W x + b; \frac{\partial L}{\partial b_i} = \frac{\partial L}{\partial z_i}"
    assert verify(claim, declare="L: scalar, b: n").status == "proved"
    assert (
        verify(r"\frac{\partial L}{\partial b_i} = \frac{\partial L}{\partial z_i}", declare="L: scalar; b: n; z: n").status
        == "undecided"
    )


_THROUGH = "d(L)/dz_i = sum(k, d(L)/du_k*d(u_k)/dz_i)"


@pytest.mark.parametrize(
    "text",
    [
        _THROUGH,
        "d(q)/dt_i = sum(j, d(q)/ds_j*d(s_j)/dt_i)",
        "d(q)/dt_i = sum(j, sum(k, d(q)/ds_j*d(s_j)/dr_k*d(r_k)/dt_i))",
        "d(q_k)/dt_i = sum(j, d(q_k)/ds_j*d(s_j)/dt_i)",
        r"\frac{\partial C}{\partial s^{(l)}_i} = "
        r"\sum_k \frac{\partial C}{\partial s^{(l+1)}_k} \frac{\partial s^{(l+1)}_k}{\partial s^{(l)}_i}",
    ],
)
@pytest.mark.parametrize("layout", ["denominator", "numerator"])
def test_entries_of_one_array_without_a_formula_by_those_of_another(text: str, layout: str) -> None:
    assert verify(text, layout=layout).status == "proved"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (_THROUGH.replace("d(u_k)/dz_i", "d(u_i)/dz_k"), "refuted"),
        (_THROUGH.replace("sum(k, ", "sum(k, 2*"), "refuted"),
        ("d(q)/dt_i = sum(j, d(q)/ds_j*d(s_i)/dt_j)", "refuted"),
        ("d(L)/dz_i = d(L)/du_i*d(u_i)/dz_i", "undecided"),  # true of those that are functions of each entry
    ],
)
def test_entries_that_do_not_belong_together_are_not_proved(text: str, status: str) -> None:
    assert verify(text).status == status


def test_an_entry_of_what_stands_nowhere_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownFunctionError, match="is not defined"):
        verify(r"\delta_i = \frac{\partial C}{\partial s^{(L)}_i}; \delta_i = a_i - t_i")


def test_the_sums_of_a_value_keep_their_derivatives() -> None:
    """The index k of the value is another one than that of the claim, in what it differentiates by, too."""
    lead = "delta_i = sum(k, d(L)/du_k*d(u_k)/dz_i); "
    assert verify(lead + "delta_k = d(L)/dz_k").ok
    assert verify(lead + "delta_k = 2*d(L)/dz_k").status == "refuted"
