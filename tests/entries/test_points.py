"""Points as people write them, and the values of results there."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc
from matcalc.entries import point_of

A = [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x=[1,2], A=[[1,2],[3,4]]", {"x": [1, 2], "A": A}),
        ("A=[1 2; 3 4]; x=[1;2]", {"A": A, "x": [[1], [2]]}),
        ("A=[1,2;3,4]", {"A": A}),
        ("A = [1 2\n3 4]", {"A": A}),
        ("A=[[1 2]\n [3 4]]", {"A": A}),
        ("A=[1 3; 2 4]'", {"A": A}),
        ("A=[1 2; 3 4]" + "'" * 5000, {"A": A}),
        ("A = np.array([[1, 2], [3, 4]])", {"A": A}),
        ("A=torch.tensor([[1, 2], [3, 4]]), n=2", {"A": A, "n": 2}),
        ("A=2*eye(2), x=ones(2)", {"A": [[2, 0], [0, 2]], "x": [1, 1]}),
        ("x=[1 2]", {"x": [[1, 2]]}),
        ("x=[1 -2]", {"x": [[1, -2]]}),
        ("x=(1, 2)", {"x": [1, 2]}),
        ("x=[1/2, −3, 2.5e-3]", {"x": [0.5, -3, 0.0025]}),
        ("β: 0.5; c = pi/pi", {"beta": 0.5, "c": 1.0}),
        ("x=[1,\u00a02]", {"x": [1, 2]}),
    ],
)
def test_points(text: str, found: dict[str, object]) -> None:
    assert point_of(text) == found


DEEP = ["x=" + "[" * 5000, "x=" + "array(" * 5000 + "1" + ")" * 5000, "x=" + "(" * 5000 + "1" + ",2)" * 5000]


@pytest.mark.parametrize(
    "text",
    ["", "x", "x=", "x=[1,", "x=foo", "x=[1,2] y=[2]", "x=1,2", "x=1; x=2", "x={1,2}", "x=1e999", "x=" + "1" * 5000, *DEEP],
)
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        point_of(text)
    assert caught.value.suggestion or caught.value.expected or caught.value.span


def test_the_value_of_a_derivative() -> None:
    d = matcalc.derive("x'Ax", "x")
    assert d.at(x=[1, 2], A=A).tolist() == [12, 21]
    assert d.at(**point_of("x=[1 2], A=[1 2; 3 4]")).tolist() == [12, 21]
    assert matcalc.derive("sum(x)/n", "x").at(n=4, x=[1, 2, 3, 4]).tolist() == [0.25] * 4
    assert matcalc.derive("β'x", "x").at(β=np.array([1.0, 2.0]), x=[0, 0]).tolist() == [1, 2]
    assert matcalc.parse("A*x").at(A=A, x=[1, 1]).tolist() == [3, 7]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"x": [1, 2]}, "A"),
        ({"x": [1, 2, 3], "A": A}, "the array for x has length 3 where its size n is 2"),
        ({"X": [1, 2], "A": A}, "X is no symbol of this formula"),
        ({"x": [1, 2], "A": [[1, 2], [3]]}, "rows given for A have different lengths"),
        ({"x": ["a", 2], "A": A}, "not a numeric array"),
    ],
)
def test_values_that_do_not_fit(values: dict[str, object], said: str) -> None:
    with pytest.raises(matcalc.MatcalcError, match=said):
        matcalc.derive("x'Ax", "x").at(**values)
