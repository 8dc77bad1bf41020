"""What is written for functions that the language does not have has the values of those functions."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

import matcalc
from matcalc.base.functions import spellings
from matcalc.language.text.meanings import advice_for, foreign_functions

ENTRYWISE: dict[str, Callable[[float], float]] = {
    "acot": lambda t: math.atan2(1, t), "acsc": lambda t: math.asin(1 / t), "arcsec": lambda t: math.acos(1 / t),
    "arccot": lambda t: math.atan2(1, t), "arccsc": lambda t: math.asin(1 / t), "asec": lambda t: math.acos(1 / t),
    "lg": math.log10, "log1pexp": lambda t: math.log1p(math.exp(t)), "tg": math.tan, "ctg": lambda t: 1 / math.tan(t),
    "sh": math.sinh, "ch": math.cosh, "th": math.tanh,
}  # fmt: skip


def value(formula: str, **values: float) -> float:
    found = matcalc.parse(formula, declare=dict.fromkeys(values, "scalar")).function()(**values)
    return float(found)


@pytest.mark.parametrize("name", sorted(ENTRYWISE))
def test_functions_of_one_number(name: str) -> None:
    tried = 0
    for t in (-7.3, -0.6, 0.37, 1.9, 8.2):
        try:
            right = ENTRYWISE[name](t)
        except ValueError:
            continue
        if t < 0 and name in ("acot", "arccot"):
            continue
        tried += 1
        assert value(advice_for(name, ["x"]), x=t) == pytest.approx(right, rel=1e-5, abs=1e-12)
    assert tried


def test_what_the_language_has_is_no_other_programs_function() -> None:
    assert set(foreign_functions()).isdisjoint(spellings())


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("sinn", "sin"),
        ("nrom", "norm"),
        ("softmx", "softmax"),
        ("cos2", "cos(x)"),
        ("det_X", "det(x)"),
        ("sort", None),
        ("acsc", "asin(1 ./ x)"),
        ("zet", None),
    ],
)
def test_slips_and_names_with_something_added(name: str, advice: str | None) -> None:
    """A name that means something else is no slip."""
    found = advice_for(name)
    assert found == advice if advice else "sqrt" not in found
