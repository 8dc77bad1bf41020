"""Every function that a reader may write, and every form, has a meaning of its own in JAX, and the language gives it the same value."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("jax")

from matcalc.base.functions import functions
from matcalc.base.sizes import Size
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr import nodes as e
from tests.fuzz.definitions import spelled_out
from tests.fuzz.forms import written
from tests.fuzz.jax_functions import FORMS, LIBRARY
from tests.fuzz.jax_oracle import jax_value
from tests.fuzz.points import point_for
from tests.fuzz.table import Operation, TableGrower, of_one_number, operations
from tests.fuzz.vocabulary import FIXED_SIZES, Case

SIZES = (Size.of("n"), Size.of("m"), Size.of("k"))


def applied(operation: Operation | str, seed: int) -> e.Expr:
    grower = TableGrower(random.Random(seed).randrange, SIZES)
    if isinstance(operation, str):
        return grower.of_one(operation, grower.matrix(*SIZES[:2], 0))
    if operation.result is None:  # there are two symbols of a shape, and there may be three arguments
        return grower.applied_to(operation, SIZES[:2], 1)
    return grower.applied_to(operation, None, 0)


def difference(expression: e.Expr) -> str | None:
    """What the language and the independent definition say differently, nothing where they agree; None where there is no point."""
    found = None
    for sizes in FIXED_SIZES:
        point = point_for(Case(expression, ()), 0, sizes)
        if point is not None:
            found = ""
            right = jax_value(expression, point)
            read = evaluate(spelled_out(expression), point.values, point.sizes)
            if not agrees(read, right, relative=1e-8):
                return f"{written(expression)}: {read} is not {right}"
    return found


@pytest.mark.parametrize(
    "operation", [*of_one_number(), *operations()], ids=lambda one: one if isinstance(one, str) else f"{one.name} {one.axis}"
)
def test_values_are_those_of_independent_definitions(operation: Operation | str) -> None:
    assert first_difference(operation) == ""


def first_difference(operation: Operation | str) -> str:
    """Of the first expression with a point: some have kinks everywhere, as max(x, x, y)."""
    found = (difference(applied(operation, seed)) for seed in range(1, 25))
    return next(said for said in found if said is not None)


def test_a_wrong_definition_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBRARY.matrix, "cumsum", LIBRARY.matrix["revcumsum"])  # type: ignore[arg-type]
    operation = next(one for one in operations() if one.name == "cumsum")
    assert "is not" in first_difference(operation)


def test_every_function_is_drawn_and_defined() -> None:
    drawn = {*of_one_number(), *(operation.name for operation in operations() if not operation.form)}
    assert drawn == functions().keys() - {"selection"}  # of which the parts and blocks among the forms are made
    defined = {*LIBRARY.elementwise, *LIBRARY.several, *LIBRARY.vector, *LIBRARY.matrix}
    assert not drawn - defined
    assert {operation.name for operation in operations() if operation.form} == set(FORMS)
