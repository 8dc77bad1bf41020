"""The cache of derivatives gives what a fresh derivation gives, keeps apart what differs, and stays small."""

from __future__ import annotations

import threading

import pytest

import matcalc
from matcalc.derivation import pipeline


def found(text: str, wrt: str | tuple[str, str] = "x", **options: object) -> tuple[object, ...]:
    d = matcalc.derive(text, wrt, **options)  # type: ignore[arg-type]
    return d.text("ascii"), d.index_form, d.shape, d.conditions, d.notes, d.layout


CASES = [
    ("x'*A*x", {}),
    ("x'*A*x", {"order": 2}),
    ("x'*A*x", {"declare": "A: n×n symmetric"}),
    ("x'*A*x", {"declare": "A: 3×3"}),
    ("A*x", {}),
    ("A*x", {"layout": "numerator"}),
    ("A*x", {"layout": "tensor"}),
    ("a'*inv(x)*b", {"declare": "x: n×n symmetric"}),
    ("a'*inv(x)*b", {"declare": "x: n×n symmetric", "symmetric": "cookbook"}),
    ("sum(exp(x))", {}),
]


def test_from_the_cache_come_the_same_answers() -> None:
    fresh = []
    for text, options in CASES:
        pipeline.forget()
        fresh.append(found(text, **options))
    assert len(set(fresh)) == len(CASES)  # no two of them may be taken for each other
    for _ in range(2):
        assert [found(text, **options) for text, options in CASES] == fresh
    assert pipeline._found.cache_info().hits >= len(CASES)


def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    before = found("z = A*x; z'*z")
    found("x'*A'*A*x")
    assert found("z = A*x; z'*z") == before


def test_errors_and_large_expressions_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "LARGEST_KEPT", 60)
    for _ in range(2):
        with pytest.raises(matcalc.NotDifferentiableError):
            matcalc.derive("frechet2_exp(X, E, E)", "X", declare="X, E: n×n")
    assert pipeline._found.cache_info().currsize == 0
    long = " + ".join(f"a{k}'*x" for k in range(pipeline.LARGEST_KEPT))
    assert matcalc.derive(long, "x").closed
    assert pipeline._found.cache_info().currsize == 0


def test_it_is_bounded_and_can_be_emptied() -> None:
    for count in range(pipeline.MOST_KEPT + 20):
        matcalc.derive(f"x'*a + {count}", "x")
    assert pipeline._found.cache_info().currsize == pipeline.MOST_KEPT
    pipeline.forget()
    assert pipeline._found.cache_info().currsize == 0


def test_several_threads_get_the_same_answers() -> None:
    fresh = [found(text, **options) for text, options in CASES]
    pipeline.forget()
    results: list[list[tuple[object, ...]]] = []

    def work() -> None:
        results.append([found(text, **options) for text, options in CASES])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [fresh] * 4
