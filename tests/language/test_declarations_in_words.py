"""Declarations as people write them: what each means, and that the advice of a refusal is read."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from matcalc.base.errors import MatcalcError, ParseError, ShapeError
from matcalc.language.declare.declarations import written
from matcalc.language.declare.declared import Declaration, declaration_text, parse_declarations
from matcalc.language.declare.objects import described
from tests.counting import calls

HERE = Path(__file__).parent


def lines(name: str) -> list[str]:
    return [line for line in (HERE / name).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def said(found: dict[str, Declaration]) -> str:
    parts = []
    for name, one in found.items():
        first = declaration_text(one.shape, ()) if one.shape is not None else one.kind or "?"
        parts.append(f"{name}: {' '.join([first, *one.properties])}")
    return "; ".join(parts)


@pytest.mark.parametrize("line", lines("declarations.pairs"))
def test_what_is_declared(line: str) -> None:
    text, _, meaning = line.partition("  →  ")
    assert said(parse_declarations(text)) == meaning


@pytest.mark.parametrize("line", lines("declarations.pairs"))
def test_single_entries_say_the_same_together(line: str) -> None:
    """What is taken apart, as sessions and documents do, says what the whole said."""
    text = line.partition("  →  ")[0]
    whole = parse_declarations(text)
    again = parse_declarations("; ".join(one.text for one in written(text)))
    assert {name: (one.shape, set(one.properties)) for name, one in again.items()} == {
        name: (one.shape, set(one.properties)) for name, one in whole.items()
    }


@pytest.mark.parametrize("text", lines("refused.declarations"))
def test_the_advice_of_a_refusal_is_read(text: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        parse_declarations(text)
    error = caught.value
    assert isinstance(error, (ParseError, ShapeError))
    assert error.text == text
    assert error.span is not None
    for advice in re.split(r", or ", error.suggestion or ""):
        if advice:
            parse_declarations(advice)


@pytest.mark.parametrize(
    ("text", "word", "advice"),
    [
        ("A: sym", "sym", "A: symmetric"),
        ("A: n×n, sym", "sym", "A: n×n, symmetric"),
        ("x: n; A: diag", "diag", "A: diagonal"),
        ("A is orthgonal", "orthgonal", "A: orthogonal"),
        ("x: scaler", "scaler", "x: scalar"),
        ("A: positive definit", "definit", "A: positive_definite"),
    ],
)
def test_a_word_that_is_no_size(text: str, word: str, advice: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_declarations(text)
    assert caught.value.span is not None
    assert text[caught.value.span.start : caught.value.span.end] == word
    assert caught.value.suggestion == advice


def test_words_are_sizes_where_nothing_else_is_meant() -> None:
    found = parse_declarations("X: batch×features; y: batch; Z: (batch, dim)")
    assert said(found) == "X: batch×features; y: batch; Z: batch×dim"


def test_what_is_said_twice_adds_up() -> None:
    assert said(parse_declarations("A: n×n; A symmetric; A ≻ 0")) == "A: n×n symmetric positive_definite"
    with pytest.raises(ParseError, match="declared twice"):
        parse_declarations("A: n×n; A ∈ R^{n×m}")


class Annotation:
    """As jaxtyping has them."""

    dim_str = "n d=3"


class Tensor:
    """As an array of another library."""

    def __init__(self, *shape: int) -> None:
        self.shape = shape


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (np.zeros((100, 3)), "100×3"),
        (np.zeros(3), "3"),
        (np.zeros((3, 1)), "3"),
        (np.zeros((1, 3)), "1×3"),
        (np.array(2.0), "scalar"),
        (np.float64(2.0), "scalar"),
        (0.5, "scalar"),
        (np.int64(5), "5"),
        (5, "5"),
        (np.zeros((2, 3, 4)), "2×3×4"),
        (Tensor(7, 8), "7×8"),
        ((3, 4), "3×4"),
        (("n", 4), "n×4"),
        (("n",), "n"),
        ((), "scalar"),
        ("n d", "n×d"),
        (Annotation, "n×3"),
        (Annotation(), "n×3"),
        (Annotated[NDArray[Any], "n d"], "n×d"),
        ("∈ R^{n×n}", "n×n"),
        (float, "scalar"),
    ],
)
def test_objects_declare(value: object, meaning: str) -> None:
    found = parse_declarations({"A": value})["A"]
    assert found.shape is not None
    assert declaration_text(found.shape, ()) == meaning


@pytest.mark.parametrize("value", [None, True, [1, 2], {"a": 1}, object(), (0, 2), ("n", None), (3.5, 2), np.zeros((0, 3))])
def test_objects_that_declare_nothing(value: object) -> None:
    with pytest.raises(MatcalcError) as caught:
        parse_declarations({"A": value})
    assert caught.value.suggestion


def test_an_annotation_without_sizes_is_refused() -> None:
    with pytest.raises(MatcalcError, match="says no sizes"):
        described("A", NDArray[Any])


def test_names_and_values_are_told_apart() -> None:
    one, two = written("let x, y be vectors of length n; A ∈ R^{n×n} is symmetric")
    assert (one.names, one.value, one.adds) == (("x", "y"), "vectors of length n", True)
    assert (two.names, two.adds) == (("A",), False)
    assert said(parse_declarations({"A": two.value})) == "A: n×n symmetric"


PIECES = (
    "A x n m : ∈ in is are = ≥ 0 ≻ >= symmetric positive definite spd R ^ { } ( ) × x by a the let be matrix vector scalar",
    "of size and with , ; \\in \\mathbb{R} \\times S _ + ++ - 1 n-1 O Δ [ ] 3 4x5 ⁿ ℝ ' * function 2n rows columns has -> $ \\succ .",
    "for square row det | \\hat \\ ∞ ≠ < sym GL_n : : , ;",
)


def test_arbitrary_text_is_read_or_refused() -> None:
    draw = random.Random(5)
    pieces = [piece for line in PIECES for piece in line.split()]
    for _ in range(4000):
        text = draw.choice(["", " "]).join(draw.choices(pieces, k=draw.randint(1, 9)))
        for read in (parse_declarations, written):
            try:
                read(text)
            except MatcalcError as error:
                assert str(error)


@pytest.mark.parametrize("piece", ["x_{k} ∈ R^n, x_{k} ≥ 0", "A_{k} is symmetric and B_{k}: n×n", "\\mathbf X_{k}: n"])
def test_long_declarations_take_linear_time(piece: str) -> None:
    def work(count: int) -> int:
        text = "; ".join(piece.replace("{k}", str(k)) for k in range(count))
        return calls(lambda: parse_declarations(text))

    work(50)
    assert work(1600) < 10 * work(200)
