"""Records behave as frozen dataclasses with slots do, and interned nodes are one object each."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, replace as dataclass_replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import pytest

import matcalc
from matcalc.base.errors import Span
from matcalc.base.records import field_names, guarded, record, replace
from matcalc.base.sizes import ONE, Size
from matcalc.expr.nodes import Number, Symbol, Total


@record
class Below:
    a: int


@record
class Pair(Below):
    b: str = "b"
    c: tuple[int, ...] = ()

    def doubled(self) -> int:
        return 2 * self.a


@record
class Empty:
    pass


@record(frozen=False)
class Open:
    a: int


@record(eq=False)
class Lonely:
    a: int


@dataclass(frozen=True, slots=True)
class Model:
    """What ``Pair`` is compared with."""

    a: int
    b: str = "b"
    c: tuple[int, ...] = ()


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}), ((1, "x"), {}), ((1, "x", (2,)), {}), ((), {"a": 3}), ((1,), {"c": (4,)}), ((), {"c": (), "a": 2, "b": "y"}),
    ((), {}), ((1, "x", (), 4), {}), ((1,), {"a": 1}), ((1,), {"d": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("values", "named"), CALLS)
def test_they_are_called_as_dataclasses_are(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    try:
        model = Model(*values, **named)
    except TypeError:
        with pytest.raises(TypeError):
            Pair(*values, **named)
        return
    made = Pair(*values, **named)
    assert [getattr(made, name) for name in field_names(made)] == [model.a, model.b, model.c]
    assert repr(made) == repr(model).replace("Model", "Pair")
    assert replace(made, a=7) == Pair(7, model.b, model.c)
    assert replace(made, a=7).a == dataclass_replace(model, a=7).a
    assert pickle.loads(pickle.dumps(made)) == copy.copy(made) == made


def test_they_compare_by_value_and_kind() -> None:
    assert Pair(1) == Pair(1, "b", ()) != Pair(2)
    assert hash(Pair(1)) == hash(Pair(1))
    assert len({Pair(1), Pair(1), Pair(2)}) == 2
    assert Below(1) != Pair(1)
    assert Empty() == Empty()
    assert Open(1) == Open(1) != Open(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Open(1))
    assert Lonely(1) != Lonely(1)
    assert Span(1, 2) == Span(1, 2) != Span(2, 2)


def test_they_have_slots_methods_and_patterns() -> None:
    assert not hasattr(Pair(1), "__dict__")
    assert Pair(4).doubled() == 8
    match Pair(4):
        case Pair(a, c=c):
            assert (a, c) == (4, ())
        case _:
            pytest.fail("the pattern does not match")


def test_replace_refuses_what_is_no_field() -> None:
    with pytest.raises(TypeError, match="no field d"):
        replace(Pair(1), d=2)


def test_equal_nodes_are_one_object_that_cannot_be_changed() -> None:
    n = Size.of("n")
    x = Symbol("x", (n,))
    assert x is Symbol("x", (n,), frozenset()) is pickle.loads(pickle.dumps(x)) is copy.deepcopy(x)
    assert x is not Symbol("x", (ONE,))
    assert x.shape == (n,)
    assert Total(x) is Total(x, None)
    assert Number(Fraction(1)) is Number(Fraction(2, 2))
    with pytest.raises(AttributeError, match="cannot be changed"):
        x.name = "y"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot be changed"):
        del x.name
    for values in ((), ("x",), ("x", (n,), frozenset(), 1)):
        with pytest.raises(TypeError):
            Symbol(*values)


def test_sizes_are_ordered_by_name_then_number() -> None:
    m, n = Size.of("m"), Size.of("n")
    assert sorted([n, m * n, Size.of(3), m, Size.of(2)]) == [Size.of(2), Size.of(3), m, m * n, n]
    assert m * n is n * m
    assert str(Size.of(2) * n * m) == "2*m*n"


@guarded
class Held:
    a: int
    b: str = "b"

    @cached_property
    def doubled(self) -> int:
        return 2 * self.a


@guarded
class More(Held):
    c: tuple[int, ...] = ()

    def whole(self) -> str:
        return f"{super().__repr__()}, more"


def test_what_users_hold_cannot_be_changed() -> None:
    made = More(1, c=(2,))
    assert (made.a, made.b, made.c, made.doubled) == (1, "b", (2,), 2)
    assert made.whole() == f"{made}, more" == "More(a=1, b='b', c=(2,)), more"
    for change in (lambda: setattr(made, "a", 3), lambda: setattr(made, "d", 3), lambda: delattr(made, "a")):
        with pytest.raises(AttributeError, match="cannot be changed"):
            change()
    for other in (pickle.loads(pickle.dumps(made)), copy.copy(made), replace(made)):
        assert (other.a, other.b, other.c) == (1, "b", (2,)) and other != made
        with pytest.raises(AttributeError, match="cannot be changed"):
            other.b = "c"
    assert replace(made, a=7).a == 7
    with pytest.raises(AttributeError, match="Derivation.layout: a result cannot be changed"):
        matcalc.derive("x'x", "x").layout = "numerator"  # type: ignore[misc]
