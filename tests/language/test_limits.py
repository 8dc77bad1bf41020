"""Long and deep inputs: no recursion, no quadratic work, limits instead of tracebacks."""

from __future__ import annotations

import contextlib

import pytest

import matcalc
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.expr import nodes as e
from matcalc.language import elaborate
from tests.counting import calls

LARGE = {
    "factors": "*".join(["A"] * 5000),
    "juxtaposed factors": " ".join(["A"] * 4999) + " x",
    "terms": "+".join(["A*x"] * 2000),
    "brackets": "(" * 2000 + "x" + ")" * 2000,
    "bracketed sums": "(1+" * 2000 + "x" + ")" * 2000,
    "calls": "exp(" * 2000 + "x" + ")" * 2000,
    "norms": "||x||" * 1000,
    "nested norms": "||" * 300 + "x" + "||" * 300,
    "minus signs": "-" * 3000 + "x",
    "transposes": "x" + "'" * 3000,
    "powers": "x" + "^2" * 2000,
    "quotients": "x" + "/2" * 2000,
    "names": " + ".join(f"a_{i}*x_{i}" for i in range(500)),
    "layers": "; ".join(f"h{i + 1} = tanh(W{i}*h{i} + b{i})" for i in range(500)) + "; sum(h500)",
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_large_inputs_are_read(text: str) -> None:
    expression = elaborate(text).expression
    assert len(e.postorder(expression)) >= 1


def test_five_thousand_factors_are_one_product() -> None:
    expression = elaborate(LARGE["factors"]).expression
    assert isinstance(expression, e.Product)
    assert len(expression.factors) == 5000


def test_a_thousand_layers_are_shared() -> None:
    text = "; ".join(f"h{i + 1} = tanh(W{i}*h{i} + b{i})" for i in range(1000)) + "; h1000'*h1000"
    found = elaborate(text)
    assert len(found.intermediates) == 1000
    # Per layer W, b, the product, the sum and tanh.
    assert len(e.postorder(found.expression)) == 5 * 1000 + 3


@pytest.mark.parametrize("kind", ["layers", "names", "factors"])
def test_work_grows_with_the_length_and_not_with_its_square(kind: str) -> None:
    def work(count: int) -> int:
        if kind == "layers":
            text = "; ".join(f"h{i + 1} = tanh(W{i}*h{i} + b{i})" for i in range(count)) + f"; sum(h{count})"
        elif kind == "names":
            text = " + ".join(f"a_{i}*x_{i}" for i in range(count))
        else:
            text = "*".join(["A"] * (5 * count)) + "*x"
        return calls(lambda: elaborate(text))

    assert work(800) < 9 * work(100)


def test_work_that_grows_with_the_square_would_be_seen() -> None:
    def work(count: int) -> int:
        return calls(lambda: [abs(k) for _ in range(count) for k in range(count)])

    assert work(800) > 60 * work(100)


@pytest.mark.parametrize(
    "text",
    ["(" * 20_000 + "x" + ")" * 20_000, "x" * 1_000_001, "9" * 1000, "1e9999", "x+" * 300_000 + "x"],
    ids=["nesting", "length", "digits", "exponent", "terms"],
)
def test_beyond_the_limits(text: str) -> None:
    with pytest.raises(LimitError) as caught:
        elaborate(text)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["||x " * 500, "|" * 1001, "| x" * 333, "(||x" * 100 + ")" * 100])
def test_bars_that_do_not_pair_up_are_given_up_soon(text: str) -> None:
    def read() -> None:
        with pytest.raises(MatcalcError):
            elaborate(text)

    assert calls(read) < 2_000_000


@pytest.mark.parametrize(
    "formula",
    [
        "sum((1 + x/1000000).^1000000)", "sum((2*x).^100000000)", "2^100000*x'*x", "x'*x/3^50000", "(2^10000)*(3^9000)*x'*x",
        "norm2(10^3000*x)^3", "(1e300*x'*x)^100", "(2/3)^(-20000)*x'*x",
    ],
)  # fmt: skip
def test_numbers_with_thousands_of_digits_are_refused_at_once(formula: str) -> None:
    with pytest.raises(LimitError, match="digits"):
        matcalc.derive(formula, "x", declare="x: n")
    with contextlib.suppress(LimitError):
        assert not matcalc.verify(f"{formula} = x'*x", declare="x: n").ok


def test_numbers_with_hundreds_of_digits_are_exact() -> None:
    assert str(matcalc.derive("2^1000*x'*x", "x")) == f"{2**1001} x"
    assert str(matcalc.derive("(0 - 1)^1000001*x'*x", "x")) == "−2 x"
