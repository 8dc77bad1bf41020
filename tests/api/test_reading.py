"""How a text was read stands on every result, and what is doubtful comes first."""

from __future__ import annotations

import dataclasses

import pytest

import matcalc
from matcalc.base.errors import MatcalcError, ParseError, Span
from matcalc.base.records import replace
from matcalc.language import Statement
from matcalc.language.decisions import Decision, doubt_in
from matcalc.objects.parsed import Reading

TEXT = "x'A x + e^(a'x)"


def test_every_result_has_its_reading() -> None:
    results = [
        matcalc.parse(TEXT),
        matcalc.derive(TEXT, "x"),
        matcalc.gradient(TEXT, ["x", "A"]),
        matcalc.gradient(TEXT, "x", names="keep"),
        matcalc.hessian(TEXT, "x"),
        matcalc.vjp(TEXT, "x"),
        matcalc.jvp(TEXT, "x"),
        matcalc.hvp(TEXT, "x"),
        matcalc.differential(TEXT, "x"),
        matcalc.derive(TEXT, "x").differential(),
    ]
    for result in results:
        reading = result.reading
        assert reading.text == TEXT
        assert reading.echo() == "read as: xᵀ A x + exp(aᵀ x) with x: n, A: n×n, a: n"
        assert reading.dialect == "math"
        assert reading.warnings == result.warnings == ()
        assert "e is read as the base of the exponential function" in reading.notes
        assert reading.surprising


def test_the_reading_of_a_statement() -> None:
    verdict = matcalc.verify("d(x'A x)/dx = (A + A')x")
    assert verdict.reading is not None
    assert verdict.reading.echo("ascii") == "read as: d(x'*A*x)/dx = (A + A')*x with x: n, A: n×n"
    assert not verdict.reading.surprising
    assert verdict.reading.expression is not None
    assert verdict.reading.expression.shape == ()
    assert "read as" not in verdict.explain()
    assert "read as" in matcalc.verify("d(e^(a'x))/dx = e^(a'x) a").explain()


def test_objects_have_readings_too() -> None:
    x, a = matcalc.symbols("x: n, a: n")
    assert (x.T @ a).reading.echo() == "read as: xᵀ a with x: n, a: n"
    assert matcalc.verify(x.T @ a, a.T @ x).reading is not None


def test_alternatives_are_read_as_the_text_was() -> None:
    for other in matcalc.parse("sum(C*x)", dialect="numpy").reading.alternatives:
        assert other.expression.reading.dialect == "numpy", other
    assert matcalc.parse("A + uv'").reading.alternatives


def test_alternatives_are_read_as_they_say() -> None:
    reading = matcalc.parse("C*w").reading
    assert "C is a scalar: declare C: scalar" in [str(other) for other in reading.alternatives]
    for other in reading.alternatives:
        name, _, kind = other.instead.removeprefix("declare ").partition(": ")
        again = matcalc.parse("C*w", {name: kind})
        assert again.declarations == other.expression.declarations


def test_a_doubtful_decision_comes_first_everywhere() -> None:
    doubtful = Decision("C is read as a scalar", "kinds", "doubtful", Span(0, 1), ("declare C: scalar", "declare C: n×n"))
    read = matcalc.parse("C*w").source
    assert read is not None
    planted = matcalc.objects.parsed.ParsedExpression(
        read.expression, read.declarations, source=replace(read, decisions=(doubtful,))
    )
    assert str(planted).splitlines() == ["warning: C is read as a scalar", "C w"]
    assert planted._repr_latex_().startswith("warning: C is read as a scalar\n\n$")
    assert Reading(planted.source).explain().splitlines()[2:5] == [
        "doubtful: C is read as a scalar",
        "  or declare C: scalar",
        "  or declare C: n×n",
    ]
    verdict = matcalc.verify("x'y = y'x")
    assert verdict.reading is not None
    assert isinstance(verdict.reading.source, Statement)
    changed = dataclasses.replace(verdict, reading=Reading(replace(verdict.reading.source, decisions=(doubtful,))))
    assert changed.explain().splitlines()[0] == "warning: C is read as a scalar"
    assert changed._repr_markdown_().startswith("**warning:** C is read as a scalar")


def test_what_is_doubtful_is_refused_where_certainty_is_asked_for() -> None:
    doubtful = Decision("C is read as a scalar", "kinds", "doubtful", Span(0, 1), ("declare C: scalar", "declare C: n×n"))
    found = doubt_in((doubtful,))
    assert isinstance(found, ParseError)
    assert str(found.with_text("C w")).splitlines() == [
        "the reading is doubtful: C is read as a scalar",
        "  C w",
        "  ^",
        "try: declare C: scalar; or declare C: n×n",
    ]
    assert doubt_in((Decision("assumed C: matrix"),)) is None
    assert matcalc.derive(TEXT, "x", strict=True).closed


def test_dialects_by_name() -> None:
    assert matcalc.parse("x'*y", dialect="MATLAB").reading.dialect == "matlab"
    assert matcalc.parse(r"\alpha x").reading.dialect == "latex"
    with pytest.raises(MatcalcError, match="there is no dialect 'fortran'"):
        matcalc.parse("x", dialect="fortran")


def test_readings_are_ready_for_json() -> None:
    found = matcalc.derive(TEXT, "x").to_dict()["reading"]
    assert found["dialect"] == "math"
    assert {"words", "topic", "weight", "span", "instead"} == set(found["decisions"][0])


def test_a_notebook_shows_an_error_without_a_traceback() -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        matcalc.derive("x'(A", "x")
    assert caught.value._render_traceback_() == [
        "ParseError: '(' is never closed",
        "  x'(A",
        "    ^",
        "try: add the closing bracket",
    ]
