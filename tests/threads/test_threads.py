"""Threads: first calls at once, caches filled at once, and one object for each node in all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from matcalc.base import records
from matcalc.expr.nodes import Number, Product, Symbol
from matcalc.objects.inputs import is_sympy

ROOT = Path(__file__).resolve().parents[2]


def answers(threads: int, switch: float, cache: Path) -> list[list[str]]:
    """What each thread of a fresh process finds, with an empty disk cache."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-m", "tests.threads", str(threads), str(switch)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=300)
    assert not done.returncode, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    (found,) = answers(1, 0.005, tmp_path_factory.mktemp("cache"))
    assert not [text for text in found if "Error" in text]
    return found


@pytest.mark.parametrize(("threads", "switch"), [(4, 0.005), (8, 1e-5)])
def test_threads_find_what_one_finds(alone: list[str], threads: int, switch: float, tmp_path: Path) -> None:
    for found in answers(threads, switch, tmp_path):
        assert found == alone


def built_at_once(make: Callable[[int], Any], threads: int) -> list[Any]:
    barrier = threading.Barrier(threads)
    found: list[Any] = [None] * threads

    def work(place: int) -> None:
        barrier.wait()
        found[place] = make(place)

    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found


def test_nodes_are_one_object_in_all_threads() -> None:
    former = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for round_ in range(40):

            def chain(_: int, round_: int = round_) -> list[Any]:
                symbol = Symbol(f"x_{round_}", (), frozenset())
                made: list[Any] = [symbol]
                for place in range(60):
                    made.append(Product((made[-1], Number(Fraction(place + 2)))))
                return made

            first, *others = built_at_once(chain, 6)
            for other in others:
                assert all(a is b for a, b in zip(first, other, strict=True))
    finally:
        sys.setswitchinterval(former)


def test_a_node_made_between_look_and_entry_is_found() -> None:
    """While one call builds a node, another builds an equal one: the first entry stays, and both calls give it."""
    made: list[Any] = []

    def build() -> Any:
        return Slow("a")

    @records.interned
    class Slow:
        name: str

        def __post_init__(self) -> None:
            if not made:
                made.append(self)
                made.append(build())

    outer = build()
    assert outer is made[1]
    assert Slow("a") is outer


def test_what_a_node_was_made_of_dies_with_it() -> None:
    """The table keeps no arguments of nodes that are gone, which were memory that grew with every derivation."""

    @records.interned
    class Node:
        below: tuple[Any, ...]

        def __post_init__(self) -> None:
            pass

    leaf = Node(("leaf",))
    gone = weakref.ref(leaf)
    top = Node((leaf, "top"))
    del leaf
    assert gone() is not None
    del top
    assert gone() is None


def test_a_library_that_another_thread_is_loading_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sympy", type(sys)("sympy"))
    assert not is_sympy("x")
    monkeypatch.undo()
    import sympy

    assert is_sympy(sympy.Symbol("x")) and is_sympy(sympy.MatrixSymbol("A", 2, 2)) and is_sympy(sympy.Matrix([[1]]))
    assert not is_sympy(sympy.Symbol)
