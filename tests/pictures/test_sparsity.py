"""The sparsity that a picture shows is that of derivatives in numbers, at points that the picture was not made from."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as et

import numpy as np
import pytest

import matcalc
import matcalc.pictures.sparsity as sparsity
from matcalc.einstein.linear import zero
from matcalc.pictures.drawing import SVG
from tests.pictures.sources import differences, lines_of

RNG = np.random.default_rng(11)


def softmax(x: Any) -> Any:
    return np.exp(x) / np.exp(x).sum()


CASES = {
    "diagonal": ("x.*y", "x", lambda x, y: x * y, {"n": 4}, "x: n; y: n"),
    "entries": ("tanh(X)", "X", lambda X: np.tanh(X), {"n": 3, "m": 2}, "X: n×m"),
    "kronecker": ("A*X", "X", lambda A, X: A @ X, {"n": 2, "m": 3, "p": 2}, "A: n×m; X: m×p"),
    "blocks": ("[x; y.*x; A*x]", "x", lambda x, y, A: np.concatenate([x, y * x, A @ x]), {"n": 3, "m": 2}, "x: n; y: n; A: m×n"),
    "band": ("(x[2:n] - x[1:n-1]).^2", "x", lambda x: np.diff(x) ** 2, {"n": 5}, "x: n"),
    "triangle": ("tril(A)*x", "x", lambda A, x: np.tril(A) @ x, {"n": 4}, "A: n×n; x: n"),
    "dense": ("softmax(x)", "x", softmax, {"n": 3}, "x: n"),
    "diagonal facts": ("D*x", "x", lambda D, x: D @ x, {"n": 3}, "D: n×n diagonal; x: n"),
    "constant": ("2*x + x.*x - x.*x", "x", lambda x: 2 * x, {"n": 3}, "x: n"),
}


def kinds(svg: str) -> Any:
    """The kind of each entry, from where the squares stand and how they are coloured."""
    names = {colour: kind for kind, colour in sparsity.COLOURS.items()}
    found = {}
    for path in et.fromstring(svg).iter(f"{{{SVG}}}path"):
        for x, y, side in re.findall(r"M(\d+) (\d+)h(\d+)v", path.get("d", "")):
            found[int(y) // int(side), int(x) // int(side)] = names[path.get("fill", "")]
    rows, cols = (max(place) + 1 for place in zip(*found))
    return np.array([[found[row, col] for col in range(cols)] for row in range(rows)])


def values_of(shapes: str, sizes: dict[str, int]) -> dict[str, Any]:
    found = {}
    for part in shapes.split("; "):
        name, _, shape = part.partition(": ")
        size, _, fact = shape.partition(" ")
        value = RNG.uniform(0.3, 1.5, tuple(sizes[one] for one in size.split("×")))
        found[name] = np.diag(np.diag(value)) if fact else value
    return found


def rows_by_columns(function: Any, values: dict[str, Any], wrt: str) -> Any:
    """The Jacobian in denominator layout: a row for each entry of the variable, columns stacked."""
    derivative = differences(function, values, wrt)
    above = np.ndim(function(**values))
    turned = np.moveaxis(derivative, range(above), range(-above, 0))
    below = turned.shape[: turned.ndim - above]
    return turned.reshape((int(np.prod(below)), -1), order="F")


def agrees(shown: Any, first: Any, moved: Any) -> bool:
    """Whether zeros are zero at both points, others not, and what does not depend on the variable stays the same."""
    small, same = 1e-6, np.abs(first - moved) < 1e-5
    zeros = shown == sparsity.ZERO
    nothing = (np.abs(first) < small) & (np.abs(moved) < small)
    return bool(np.all(zeros == nothing) and np.all(same == (zeros | (shown == sparsity.FIXED))))


@pytest.mark.parametrize("case", CASES)
def test_it_is_that_of_the_jacobian_in_numbers(case: str) -> None:
    text, wrt, function, sizes, shapes = CASES[case]
    shown = kinds(matcalc.draw(text, wrt, picture="sparsity", declare=shapes, entries=sizes).svg)
    values = values_of(shapes, sizes)
    other = {**values, wrt: values_of(shapes, sizes)[wrt]}
    first, moved = (rows_by_columns(function, point, wrt) for point in (values, other))
    assert shown.shape == first.shape
    assert agrees(shown, first, moved)
    wrong = shown.copy()
    wrong[tuple(np.argwhere(shown != sparsity.ZERO)[0])] = sparsity.ZERO
    assert not agrees(wrong, first, moved)


def test_a_zero_that_is_none_is_seen_when_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    true = sparsity.derivative_scalars

    def planted(*arguments: Any) -> Any:
        found = true(*arguments)
        found[0, 0] = zero(())
        return found

    monkeypatch.setattr(sparsity, "derivative_scalars", planted)
    with pytest.raises(matcalc.MatcalcError, match="zero in its formula, but not in numbers"):
        matcalc.draw("A*x", "x", picture="sparsity")


def test_hessians_and_their_blocks() -> None:
    picture = matcalc.draw("||A*X - B||^2", "X", picture="sparsity", entries={"n": 4, "m": 3, "p": 2})
    shown = kinds(picture.svg)
    assert np.array_equal(shown != sparsity.ZERO, np.kron(np.eye(2), np.ones((3, 3))) == 1)
    assert "It has 2 × 2 blocks, 2 of them not zero." in picture.alt
    assert "M0 72H144M72 0V144" in picture.svg  # of six entries, the line behind the third
    assert "X₁₂" in picture.svg
    mixed = matcalc.draw("x'*A*y + x'*x", ["x", "y"], picture="sparsity", entries={"n": 2})
    assert mixed.alt.startswith("∂²f/(∂x ∂y) = A, 2 rows")


def test_what_is_not_proved_is_called_so() -> None:
    words = matcalc.draw("expm(diag(x))", "x", picture="sparsity", entries={"n": 2}).alt
    assert "Zero at 4 random points, which is no proof" in words or "Zero for all values" in words
    words = matcalc.draw("expm(A)", "A", picture="sparsity", entries={"n": 2}).alt
    assert "Zero at 4 random points, which is no proof: 0 of 16; not zero at 4 random points: 16." in words


def test_sizes() -> None:
    assert matcalc.draw("x.*y", "x", picture="sparsity").alt.startswith("∂f/∂x = diag(y), 4 rows and 4 columns at n = 4.")
    with pytest.raises(matcalc.LimitError, match="10,000 entries"):
        matcalc.draw("x.*y", "x", picture="sparsity", entries={"n": 100})
    with pytest.raises(matcalc.MatcalcError, match="k is no size here"):
        matcalc.draw("x.*y", "x", picture="sparsity", entries={"k": 3})
    with pytest.raises(matcalc.MatcalcError, match="takes no entries"):
        matcalc.draw("x.*y", "x", entries={"n": 3})
    one = matcalc.draw("x.*y", "x", picture="sparsity", entries={"n": 1})
    assert kinds(one.svg).tolist() == [[sparsity.FIXED]]


def test_the_table_for_graphviz_has_the_same_entries() -> None:
    dot = matcalc.draw("x.*x", "x", picture="sparsity", entries={"n": 3}).dot
    table = dot[dot.index('<<TABLE BORDER="1"') + 1 :]
    assert len(lines_of(table[: table.index("</TABLE>") + 8])) == 3
    assert table.count(sparsity.COLOURS[sparsity.VARYING]) == 3
