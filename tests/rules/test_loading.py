"""Rule files with mistakes in them are refused when they are loaded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from matcalc.rules import entrywise

GOOD = "inverse: d inv(A)[i,j] / d A[k,l] = -inv(A)[i,k]*inv(A)[l,j] | source\n"


@pytest.fixture(autouse=True)
def fresh_rules() -> Iterator[None]:
    for table in (entrywise.entry_rules, entrywise.definitions, entrywise.defined):
        table.cache_clear()
    yield
    for table in (entrywise.entry_rules, entrywise.definitions, entrywise.defined):
        table.cache_clear()


def load(monkeypatch: pytest.MonkeyPatch, text: str) -> object:
    original = entrywise.read
    monkeypatch.setattr(entrywise, "read", lambda folder, file: text if folder == "rules" else original(folder, file))
    return entrywise.entry_rules()


def test_a_good_rule_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(load(monkeypatch, GOOD)) == ["inv"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD.replace("-inv(A)[i,k]", "-inv(B)[i,k]"), "does not bind"),
        (GOOD.replace("-inv(A)[i,k]", "-nosuch(A)[i,k]"), "does not bind"),
        (GOOD.replace("*inv(A)[l,j]", ""), "missing in a term"),
        (GOOD.replace("d inv(A)[i,j]", "d inv(A)[i,i]"), "left side"),
        (GOOD.replace("d A[k,l]", "d B[k,l]"), "left side"),
        (GOOD.replace("d inv(A)", "d nosuch(A)"), "left side"),
    ],
)
def test_a_bad_rule_is_refused(monkeypatch: pytest.MonkeyPatch, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        load(monkeypatch, text)


DEFINED = "let twice(A: n×n): n×n = 2*A\n" + GOOD.replace("-inv(A)[i,k]", "-twice(A)[i,k]")


def test_a_definition_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(load(monkeypatch, DEFINED)) == ["inv"]  # type: ignore[call-overload]
    variable, _ = entrywise.defined("twice")
    assert variable.name == "A"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (DEFINED.replace("2*A", "2*B"), "must use A"),
        (DEFINED.replace("2*A", "tr(A)"), "not n×n"),
        (DEFINED.replace("twice", "inv"), "function of that name"),
    ],
)
def test_a_bad_definition_is_refused(monkeypatch: pytest.MonkeyPatch, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        load(monkeypatch, text)
        entrywise.defined("twice")
