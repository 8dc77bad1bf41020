"""Every message of ``bad_inputs.txt``, word for word and caret for caret."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.base.errors import MatcalcError, ParseError
from matcalc.language import elaborate, elaborate_statement

TABLE = Path(__file__).with_name("bad_inputs.txt")


def blocks() -> list[tuple[str, str | None, str]]:
    """(input, declarations, answer) of every block."""
    found = []
    body = "\n".join(line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    for block in body.strip().split("\n\n"):
        first, *rest = block.splitlines()
        assert first.startswith("> ")
        declare = rest.pop(0).removeprefix("declare ") if rest[0].startswith("declare ") else None
        found.append((first[2:], declare, "\n".join(rest)))
    return found


@pytest.mark.parametrize(("text", "declare", "answer"), blocks(), ids=lambda value: value if isinstance(value, str) else "")
def test_the_answer_to_a_bad_input(text: str, declare: str | None, answer: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        elaborate(text, declare)
    assert f"{type(caught.value).__name__}: {caught.value}" == answer


def test_every_sort_of_error_is_in_the_table() -> None:
    answers = [answer for _, _, answer in blocks()]
    for name in ("ParseError", "ShapeError", "UnknownFunctionError", "LimitError"):
        assert any(answer.startswith(name + ": ") for answer in answers)
    assert len(answers) == len(set(blocks()))


def test_every_answer_points_into_the_input() -> None:
    assert all("^" in answer for _, _, answer in blocks())


@pytest.mark.parametrize("text", ["", "   ", "\n", ";", " ; \n ;"])
def test_nothing_is_no_expression(text: str) -> None:
    with pytest.raises(ParseError, match="empty"):
        elaborate(text)


def test_the_place_is_in_the_line_that_is_wrong() -> None:
    with pytest.raises(MatcalcError) as caught:
        elaborate("z = A*x\nz*x", "A: n×n; x: n")
    assert str(caught.value).splitlines()[1:3] == ["  z*x", "  ^^^"]


def test_an_error_in_a_declaration_shows_the_declaration() -> None:
    with pytest.raises(MatcalcError) as caught:
        elaborate("x'*x", {"x": "n", "A": "n×m symmetric"})
    assert caught.value.text == "A: n×m symmetric"


@pytest.mark.parametrize(
    ("wrt", "words"),
    [("y", "y does not occur"), ("", "not a name"), ("x + y", "not a name"), ("z", "intermediate"), ("f", "function")],
)
def test_what_cannot_be_differentiated_by(wrt: str, words: str) -> None:
    with pytest.raises(MatcalcError, match=words):
        elaborate("z = A*x; f(z)", "f: function", wrt=(wrt,))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x'*x", "equals sign"),
        ("d(x'*x)/dy = 0", "y does not occur"),
        ("d(f(x))/df = 0", "function"),
        ("2*d(x'*x)/dx = 4*x", "part of an expression"),
    ],
)
def test_bad_statements(text: str, words: str) -> None:
    with pytest.raises(MatcalcError, match=words) as caught:
        elaborate_statement(text, "f: function")
    assert caught.value.text == text
