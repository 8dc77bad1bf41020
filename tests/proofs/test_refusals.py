"""What somebody who wants to deceive the checker might write."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from matcalc import parse, verify
from matcalc.base.sizes import Size
from matcalc.einstein.nodes import Contraction, Map, Pairing, Power, Sum, Symbol, Tensor
from matcalc.proofs.checker import check
from matcalc.proofs.claimed import Sides
from matcalc.proofs.proof import Line, Proof
from matcalc.rules.entries import UNIT, Entries, Refused, number, product, transpose

N = Size.of("n")
T = Symbol("t", ())
ZERO = Sum((), ())


def sides_of(left: str, right: str, declare: str) -> Sides:
    return Sides(parse(left, declare).node, parse(right, declare).node)


def saved(sides: Sides, *lines: Line, conditions: Any = ()) -> Any:
    """A proof with the definitions that its sides need, and these lines."""
    entries = Entries({}, {})
    found = [Line("definition", part, entries.of(part)[0]) for part in postorder_of(sides)]
    return json.loads(Proof(sides, (*found, *lines), tuple(conditions)).json())


def postorder_of(sides: Sides) -> list[Any]:
    from matcalc.expr.nodes import children, postorder

    return [part for part in postorder(sides.left, sides.right) if children(part)]


def line(rule: str, before: Tensor, after: Tensor, **details: Any) -> Line:
    return Line(rule, before, after, details.pop("within", before), {"side": 0, **details})


def test_a_right_proof_by_hand_is_accepted() -> None:
    sides = sides_of("A'", "A", "A: n×n symmetric")
    symbol = Symbol("A", (N, N), frozenset({"symmetric"}))
    told = line("symmetric: X' = X", transpose(symbol), symbol, batch=0, **{"with": {"X": symbol}})
    assert check(saved(sides, told)).conditions == ()


def test_a_fact_that_is_not_declared_is_not_used() -> None:
    sides = sides_of("A'", "A", "A: n×n")
    symbol = Symbol("A", (N, N))
    told = line("symmetric: X' = X", transpose(symbol), symbol, batch=0, **{"with": {"X": symbol}})
    for conditions in ((), (("symmetric", symbol),)):
        with pytest.raises(Refused):
            check(saved(sides, told, conditions=conditions))


def test_a_number_over_zero_is_nothing() -> None:
    sides = sides_of("0*t", "1*t", "t: scalar")
    zero = Entries({}, {}).of(sides.left)[0]
    over = product([ZERO, Power(ZERO, Fraction(-1))], [(), ()], (), {})
    with pytest.raises(Refused, match="divided by zero"):
        check(saved(sides, line("product", over, UNIT, order=[], within=zero)))


def test_what_is_cancelled_must_not_be_zero() -> None:
    sides = sides_of("t/t", "1", "t: scalar")
    value, one = [Entries({}, {}).of(side)[0] for side in (sides.left, sides.right)]
    lines = [line("product", value, UNIT, order=[]), line("collect", UNIT, one)]
    with pytest.raises(Refused, match="nonzero"):
        check(saved(sides, *lines))
    assert check(saved(sides, *lines, conditions=[("nonzero", T)])).conditions == (("nonzero", T),)


def test_a_law_holds_under_its_conditions_only() -> None:
    sides = sides_of("log(s*t)", "log(s) + log(t)", "s, t: scalar")
    entries = Entries({}, {})
    left, right = [entries.of(side)[0] for side in (sides.left, sides.right)]
    symbols = {"s": Symbol("s", ()), "t": T}
    told = line("logarithm of a product", left, right, batch=0, **{"with": symbols})
    with pytest.raises(Refused, match="positive"):
        check(saved(sides, told))
    supposed = [("positive", symbol) for symbol in symbols.values()]
    assert len(check(saved(sides, told, conditions=supposed)).conditions) == 2


def test_sizes_of_a_law_must_agree() -> None:
    sides = sides_of("tr(A*B)", "tr(B*A)", "A: n×m; B: m×n")
    matrix = Symbol("A", (N, Size.of("m")))
    told = line("determinant of a transpose", matrix, matrix, batch=0, **{"with": {"X": matrix}})
    with pytest.raises(Refused, match="sizes"):
        check(saved(sides, told))


@pytest.mark.parametrize(
    ("before", "after", "order"),
    [
        # A x is not A' x, and x_i y_i summed is not x_i y_j summed
        (([(0, 1), (1,)], (0,)), ([(1, 0), (1,)], (0,)), [0, 1]),
        (([(0, 1), (1,)], (0,)), ([(0, 1), (2,)], (0,)), [0, 1]),
        (([(0, 1), (1,)], (0,)), ([(0, 0), (0,)], (0,)), [0, 1]),
    ],
)
def test_products_differ_whose_labels_meet_otherwise(before: Any, after: Any, order: list[int]) -> None:
    sides = sides_of("A*x", "A'*x", "A: n×n; x: n")
    value = Entries({}, {}).of(sides.left)[0]
    assert isinstance(value, Contraction)
    sizes = dict.fromkeys(range(3), N)
    pair = [product(value.operands, labels, output, sizes) for labels, output in (before, after)]
    assert pair[0] is value
    with pytest.raises(Refused):
        check(saved(sides, line("product", *pair, order=order)))


def test_a_fact_of_the_variable_is_not_used_within_its_differential() -> None:
    """d(X') for a symmetric X, varied freely: X' = X holds at the point and not beside it."""
    declare = "X: n×n symmetric"
    matrix, turned = [parse(text, declare).node for text in ("X", "X'")]
    sides = Sides(turned, matrix, (True, True), (matrix,), "tensor", "independent")  # type: ignore[arg-type]
    symbol = Symbol("X", (N, N), frozenset({"symmetric"}))
    start = Map("d1 X", (transpose(symbol),))
    told = line("symmetric: X' = X", transpose(symbol), symbol, batch=0, within=start, **{"with": {"X": symbol}})
    with pytest.raises(Refused):
        check(saved(sides, told))


def test_a_sum_over_pairs_counts_each_once() -> None:
    sides = sides_of("x", "x", "x: n")
    pairing = Pairing(N, N)
    square = product([pairing], [("a", "a", "p")], (), {"a": N, "p": pairing.shape[2]})
    with pytest.raises(Refused):
        check(saved(sides, line("product", square, UNIT, order=[])))


def test_a_name_means_one_thing() -> None:
    sides = Sides(parse("x", "x: n").node, parse("x", "x: n positive").node)
    with pytest.raises(Refused, match="two things"):
        check(saved(sides))


def test_tensors_must_fit() -> None:
    sides = sides_of("x", "x", "x: n")
    good = saved(sides)
    check(good)
    for row in (
        ["einstein.Sum", [[{"number": "1"}, {"node": 0}]], []],
        ["einstein.Contraction", [], [], [0, 2], [{"size": [1, "n"]}, {"size": [1, "m"]}]],
        ["einstein.Power", {"node": 0}, 2],
        ["expr.Reshape", {"node": 0}, {"size": [1, "m"]}, {"size": [1, "m"]}],
        ["os.system", "true"],
    ):
        with pytest.raises(Refused):
            check({**good, "nodes": [*good["nodes"], row]})


@pytest.mark.parametrize("garbage", [None, [], {}, 3, {"nodes": 1}, {"nodes": [], "claim": {}, "lines": [], "conditions": []}])
def test_garbage_is_refused(garbage: Any) -> None:
    with pytest.raises(Refused):
        check(garbage)


def test_a_line_without_effect_is_refused() -> None:
    proof = verify("tr(A*B) = tr(B*A)").proof
    assert proof is not None
    data = json.loads(proof.json())
    last = data["lines"][-1]
    data["lines"].append({**last, "from": last["to"], "within": last["to"], "rule": "collect"})
    with pytest.raises(Refused):
        check(data)


def test_numbers_are_added_exactly() -> None:
    sides = sides_of("t/3 + t/6", "t/2", "t: scalar")
    value = Entries({}, {}).of(sides.left)[0]
    wrong = Sum(((Fraction(49, 100), T),), ())
    with pytest.raises(Refused):
        check(saved(sides, line("collect", value, wrong)))
    assert number(Fraction(1, 2)) is not number(Fraction(49, 100))
