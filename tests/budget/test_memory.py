"""Declared sizes are never allocated, and what does not fit, or is no number, is an error of this package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.budgets import MOST_EVALUATED, MOST_SAMPLED
from matcalc.base.errors import LimitError, MatcalcError, ShapeError
from matcalc.evaluation.interpreter import Program
from matcalc.facts import drawn
from matcalc.verification.counterexamples import _small_sizes

HUGE = "X: 100000×100000; x: 100000"


@pytest.fixture
def largest_drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of entries of all arrays that are drawn."""
    seen: list[int] = [0]
    true = drawn.member

    def counted(facts: Any, shape: tuple[int, ...], *rest: Any) -> Any:
        seen.append(int(np.prod(shape)))
        return true(facts, shape, *rest)

    for module in ("matcalc.evaluation.sampling", "matcalc.codegen.selfcheck"):
        monkeypatch.setattr(f"{module}.member", counted)
    return seen


@pytest.mark.parametrize(
    ("text", "by"), [("tr(X*X)", "X"), ("X*X", "X"), ("sum(sin(X*x))", "x"), ("tr(X) - tr(X')", "X"), ("x'*x", "x")]
)
def test_derivatives_and_code_do_not_allocate_declared_sizes(text: str, by: str, largest_drawn: list[int]) -> None:
    found = matcalc.derive(text, by, declare=HUGE)
    source = found.code("numpy")
    assert "no self check" in source or "X" not in text or "finite differences" in source
    compile(source, "generated", "exec")
    assert max(largest_drawn) <= MOST_SAMPLED


def test_code_of_declared_sizes_that_fit_keeps_its_self_check() -> None:
    assert "no self check" not in matcalc.derive("x'*A*x", "x", declare="x: 30; A: 30×30").code()


def test_a_zero_of_huge_sizes_says_that_it_was_not_confirmed(largest_drawn: list[int]) -> None:
    found = matcalc.derive("tr(X) - tr(X')", "X", declare=HUGE)
    assert any("could be confirmed" in note for note in found.notes)


CALLS: dict[str, Callable[[], Any]] = {
    "an entry that is not there": lambda: matcalc.derive("x[3]*x[1]", "x").function()(x=np.ones(2)),
    "a value of an expression that is not there": lambda: matcalc.parse("x[3]").function()(x=np.ones(2)),
    "no value": lambda: matcalc.parse("sum(x)/n").function()(x=np.ones(3), n=None),
    "a number beyond doubles": lambda: matcalc.derive("x'*x", "x").function()(x=[10**400]),
    "a text": lambda: matcalc.derive("x'*x", "x").function()(x="12"),
    "an object": lambda: matcalc.derive("x'*x", "x").function()(x=[object()]),
    "rows of several lengths": lambda: matcalc.derive("x'*x", "x").function()(x=[[1], [1, 2]]),
    "a size beyond all memory": lambda: matcalc.parse("eye(n)").function()(n=10**9),
    "a power of squarings": lambda: repr(
        matcalc.derive("; ".join(["a0 = x", *(f"a{i} = a{i - 1}.*a{i - 1}" for i in range(1, 3000))]) + "; sum(a2999)", "x")
    ),
    "a number squared again and again": lambda: matcalc.derive(
        "; ".join(["a0 = 2^4000", *(f"a{i} = a{i - 1}*a{i - 1}" for i in range(1, 30))]) + "; a29*sum(x)", "x"
    ),
    "a digit run": lambda: matcalc.parse("1" * 50_000),
    "a power of ten": lambda: matcalc.parse("1e999999999*x"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_nothing_but_the_errors_of_this_package_comes_out(call: Callable[[], Any]) -> None:
    with pytest.raises(MatcalcError):
        call()


def test_an_array_beyond_the_memory_is_a_limit() -> None:
    with pytest.raises(LimitError):
        CALLS["a size beyond all memory"]()


def test_names_of_symbols_do_not_meet_names_of_the_implementation() -> None:
    point = {"self": np.array([1.0, 2.0]), "values": np.ones(2), "np": np.ones(2)}
    found = matcalc.compile("self'*self + sum(values) + sum(np)", gradient=["self"], declare="self: n; values: n; np: n")
    assert found(**point).gradient_self.tolist() == [2.0, 4.0]


KEPT = {np.float16: np.float32, np.longdouble: np.float64, np.int8: np.float64, bool: np.float64}


@pytest.mark.parametrize(("given", "kept"), KEPT.items())
def test_numbers_of_every_kind_are_taken(given: Any, kept: Any) -> None:
    found = matcalc.derive("logdet(A)", "A").function()(A=np.eye(2, dtype=given))
    assert found.dtype == kept
    assert found.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_size_is_a_positive_integer() -> None:
    for size in (2.5, -1, "3"):
        with pytest.raises(ShapeError):
            matcalc.parse("eye(n)").function()(n=size)


def test_code_is_there_where_its_formula_is_endless() -> None:
    text = "; ".join(["a0 = x", *(f"a{i} = sin(a{i - 1}) + cos(a{i - 1})" for i in range(1, 40))]) + "; sum(a39)"
    found = matcalc.derive(text, "x")
    with pytest.raises(LimitError):
        str(found)
    assert np.all(np.isfinite(found.function()(x=np.ones(3))))
    compile(found.code(), "generated", "exec")


def test_the_sizes_of_small_counterexamples_are_few_however_many_names_there_are() -> None:
    names = [f"n{k}" for k in range(60)]
    found = list(_small_sizes(names))
    assert len(found) == 8
    assert found[0] == dict.fromkeys(names, 2)
    assert all(sum(sizes.values()) == 121 for sizes in found[1:])
    assert list(_small_sizes(["m", "n"])) == [{"m": 2, "n": 2}, {"m": 2, "n": 3}, {"m": 3, "n": 2}, {"m": 3, "n": 3}]


@pytest.mark.parametrize(
    ("text", "by"),
    [("ones(68398002)*x", "x"), ("kron(kron(kron(kron(kron(n,A),A),A),A),A)", "A"), ("sum(ones(99999,99999)*X) - sum(X)", "X")],
)
def test_code_and_zeros_are_tried_at_sizes_that_fit(text: str, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is declared here: the sizes stand in the formula, or its value is a product of many."""
    evaluated: list[int] = []
    run_inside = Program.run_inside

    def counted(program: Program, arrays: Any, sizes: Any, *more: Any, **keywords: Any) -> Any:
        evaluated.append(program.entries(sizes))
        return run_inside(program, arrays, sizes, *more, **keywords)

    monkeypatch.setattr(Program, "run_inside", counted)
    for order in (1, 2):
        found = matcalc.derive(text, by, order=order)
        compile(found.code("numpy"), "generated", "exec")
    assert max(evaluated, default=0) <= MOST_EVALUATED
