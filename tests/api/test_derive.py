"""The calls, what they give back, and what they refuse."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest

import matcalc


def test_a_derivation_shows_itself_in_every_form() -> None:
    d = matcalc.derive("||X - U V||^2", "V")
    assert str(d) == d.text() == "2 Uᵀ (U V − X)"
    assert d.text("ascii") == "2*U'*(U*V - X)"
    assert "U^{\\top}" in d.latex()
    assert d.latex(equation=True).startswith("\\frac{\\partial}{\\partial V}")
    assert d.latex(equation=True).endswith("= " + d.latex())
    assert d.markdown() == f"${d.latex()}$"
    assert d._repr_latex_() == f"$\\displaystyle {d.latex(equation=True)}$"
    assert repr(d).endswith(": 2 Uᵀ (U V − X)>")
    assert "V" in d.index_form


def test_a_derivation_says_what_it_rests_on() -> None:
    d = matcalc.derive("a'*inv(X)*b", "X", declare="a: n")
    assert d.closed
    assert d.layout == "denominator"
    assert d.shape == ("n", "n")
    assert d.declarations["X"].startswith("n×n")
    assert any("X" in condition and "invertible" in condition for condition in d.conditions)
    assert isinstance(d.notes, tuple)


def test_the_expression_of_a_derivation_is_a_parsed_expression() -> None:
    d = matcalc.derive("x'*A*x", "x")
    assert isinstance(d.expression, matcalc.ParsedExpression)
    assert d.expression.text() == d.text()
    assert d.expression.latex() == d.latex()
    assert d.expression.shape == d.shape == ("n",)
    a, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    np.testing.assert_allclose(d.expression.function("numpy")(A=a, x=x), (a + a.T) @ x)


def test_the_ascii_text_reads_back_under_the_declarations() -> None:
    d = matcalc.derive("sum(exp(A*x + b))", "x")
    again = matcalc.parse(d.text("ascii"), declare=d.declarations)
    assert d.expression is not None
    assert again.node is d.expression.node


def test_to_dict_is_json_ready() -> None:
    d = matcalc.derive("logdet(X'*X)", "X", declare="X: m×n")
    data = json.loads(json.dumps(d.to_dict()))
    assert data["unicode"] == str(d)
    assert data["ascii"] == d.text("ascii")
    assert data["shape"] == ["m", "n"]
    assert data["closed"] is True
    assert data["wrt"] == ["X"]
    assert data["layout"] == "denominator"
    assert data["declarations"]["X"] == d.declarations["X"]


def test_layouts_of_a_jacobian() -> None:
    assert str(matcalc.derive("A*x", "x")) == "Aᵀ"
    assert str(matcalc.derive("A*x", "x", layout="numerator")) == "A"
    assert str(matcalc.derive("A*x", "x", layout="tensor")) == "A"
    assert matcalc.derive("A*x", "x", declare="A: m×n").shape == ("n", "m")
    assert matcalc.derive("A*x", "x", declare="A: m×n", layout="tensor").shape == ("m", "n")


def test_second_derivatives() -> None:
    assert str(matcalc.derive("x'*A*x", "x", order=2)) == "A + Aᵀ"
    assert str(matcalc.hessian("x'*A*x", "x")) == "A + Aᵀ"
    assert str(matcalc.derive("x'*A*x", ("x", "x"))) == "A + Aᵀ"
    mixed = matcalc.derive("x*y^2", ("x", "y"))
    assert str(mixed) == "2 y"
    assert mixed.order == 2


def test_greek_names_have_two_spellings() -> None:
    for wrt in ("beta", "β"):
        for text in ("beta'*x", "βᵀx"):
            assert str(matcalc.derive(text, wrt)) == "x"
    f = matcalc.derive("βᵀx", "x").function()
    np.testing.assert_array_equal(f(beta=np.array([1.0, 2.0]), x=np.zeros(2)), [1.0, 2.0])
    np.testing.assert_array_equal(f(β=np.array([1.0, 2.0]), x=np.zeros(2)), [1.0, 2.0])


def test_a_declared_name_that_does_not_occur_gives_a_zero_of_its_shape() -> None:
    d = matcalc.derive("x'*x", "Y", declare="Y: p×q; x: n")
    assert d.shape == ("p", "q")
    np.testing.assert_array_equal(d.function()(p=2, q=3), np.zeros((2, 3)))


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        matcalc.derive("x'*A*x", "y")
    assert "y" in caught.value.message
    assert "A" in str(caught.value)
    assert "x" in str(caught.value)
    assert caught.value.text == "x'*A*x"


@pytest.mark.parametrize("wrt", ["", "x y", "x + y", "2", ("x", "y", "z"), ()])
def test_what_is_no_name_is_refused(wrt: str | tuple[str, ...]) -> None:
    with pytest.raises(matcalc.MatcalcError):
        matcalc.derive("x'*x", wrt)


@pytest.mark.parametrize(
    "options", [{"order": 3}, {"order": 0}, {"layout": "row"}, {"symmetric": "half"}], ids=lambda o: next(iter(o))
)
def test_an_unknown_option_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(matcalc.MatcalcError, match=str(next(iter(options.values())))):
        matcalc.derive("x'*x", "x", **options)  # type: ignore[arg-type]


def test_gradient_jacobian_and_hessian_insist_on_the_kind() -> None:
    assert str(matcalc.gradient("x'*x", "x")) == "2 x"
    assert str(matcalc.jacobian("A*x", "x")) == "Aᵀ"
    with pytest.raises(matcalc.ShapeError, match="jacobian"):
        matcalc.gradient("A*x", "x")
    with pytest.raises(matcalc.ShapeError, match="gradient"):
        matcalc.jacobian("x'*x", "x")
    with pytest.raises(matcalc.ShapeError, match="Hessian"):
        matcalc.hessian("A*x", "x")


def test_errors_point_into_the_input() -> None:
    with pytest.raises(matcalc.ParseError) as caught:
        matcalc.derive("x'*(A*x", "x")
    assert caught.value.text == "x'*(A*x"
    assert "^" in str(caught.value)
    with pytest.raises(matcalc.ShapeError) as refused:
        matcalc.derive("A*x + B", "x", declare="A: m×n; x: n; B: m×m")
    assert "^" in str(refused.value)


def test_nesting_beyond_the_limit_is_a_matcalc_error() -> None:
    text = "(" * 100_000 + "x" + ")" * 100_000
    with pytest.raises(matcalc.MatcalcError):
        matcalc.parse(text)


def test_a_product_with_too_many_varying_factors_is_refused() -> None:
    with pytest.raises(matcalc.LimitError, match="1000 of 1000 factors"):
        matcalc.derive("a'*X^1000*b", "X")


@pytest.mark.parametrize(
    ("expression", "declare", "said"),
    [
        ("frechet2_exp(X, B, B)", "X, B: n×n", "stands in derivatives of frechet_exp(X)"),
        ("tr(B*X^0.3)", "X: n×n; B: n×n", "sqrtm(A)"),
    ],
)
def test_a_derivative_that_is_refused_says_what_is_possible(expression: str, declare: str, said: str) -> None:
    with pytest.raises(matcalc.MatcalcError) as refused:
        matcalc.derive(expression, "X", declare=declare)
    assert said in str(refused.value)


@pytest.mark.parametrize(("name", "meant"), [("softmx", "softmax"), ("sofmax", "softmax"), ("traec", "trace")])
def test_only_a_slip_or_a_known_word_is_taken_for_another_function(name: str, meant: str) -> None:
    with pytest.raises(matcalc.MatcalcError) as refused:
        matcalc.parse(f"{name}(x)")
    assert (refused.value.suggestion or "").startswith(meant)


def test_why_there_is_no_such_function_is_no_advice() -> None:
    with pytest.raises(matcalc.MatcalcError) as refused:
        matcalc.parse("rank(A)")
    assert str(refused.value).splitlines()[0] == "there is no function 'rank': ranks have derivative 0"
    assert refused.value.suggestion is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: matcalc.derive("x'x", "x", order=1.0),
        lambda: matcalc.derive("x'x", "x", order="1"),
        lambda: matcalc.derive("x'x", "x", declare=5),
        lambda: matcalc.derive("x'x", "x", declare=["x: n"]),
        lambda: matcalc.derive("x'x", "x", declare={"x": None}),
        lambda: matcalc.derive("x'x", "x", declare={"x": ["n"]}),
        lambda: matcalc.symbols(5),
        lambda: matcalc.verify_file(None),
        lambda: matcalc.derive("1e400*x'*x", "x").code(),
        lambda: matcalc.symbols("x: n") / 0,
    ],
)
def test_values_of_the_wrong_type_are_refused(call) -> None:
    with pytest.raises(matcalc.MatcalcError):
        call()


def test_sizes_of_a_mapping_may_be_numbers() -> None:
    assert matcalc.derive("x'x + tr(A)", "x", declare={"x": 3, "A": (2, 2)}).declarations == {"x": "3", "A": "2×2"}


@pytest.mark.parametrize(
    "text", ["(x'*x)^1e400", "a^1e400*x'*x", "2^1e400*x'*x", "sum((2*x).^1e400)", "(1/3)^(-1e400)*x'*x", "1^1e400*x'*x"]
)
def test_exponents_beyond_floating_point_are_no_other_error(text: str) -> None:
    with contextlib.suppress(matcalc.LimitError):
        assert str(matcalc.derive(text, "x"))
