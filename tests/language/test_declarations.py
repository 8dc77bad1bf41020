"""Declarations: sizes, kinds and properties in all spellings."""

from __future__ import annotations

import pytest

from matcalc.language import parse_declarations
from matcalc.language.declarations import declaration_text
from matcalc.sizes import ONE, Shape, Size

N, M = Size.of("n"), Size.of("m")

SHAPES: list[tuple[str, Shape]] = [
    ("n×m", (N, M)),
    ("n x m", (N, M)),
    ("n X m", (N, M)),
    ("nxm", (N, M)),
    ("n, m", (N, M)),
    ("(n, m)", (N, M)),
    ("[n, m]", (N, M)),
    ("matrix n×m", (N, M)),
    ("3x4", (Size.of(3), Size.of(4))),
    ("20×1", (Size.of(20),)),
    ("n", (N,)),
    ("(n,)", (N,)),
    ("n×1", (N,)),
    ("1×n", (ONE, N)),
    ("1", ()),
    ("1×1", ()),
    ("scalar", ()),
    ("m*n×2*n", (M * N, Size.of(2) * N)),
    ("2n × n^2", (Size.of(2) * N, N * N)),
    ("n×m×p", (N, M, Size.of("p"))),
    ("batch×in_1", (Size.of("batch"), Size.of("in_1"))),
]


@pytest.mark.parametrize(("text", "shape"), SHAPES)
def test_shapes(text: str, shape: Shape) -> None:
    assert parse_declarations(f"X: {text}")["X"].shape == shape
    assert parse_declarations({"X": text})["X"].shape == shape


def test_several_declarations() -> None:
    found = parse_declarations("X, U: n×m; A: n×n symmetric\nx: n; a: scalar; f: function; β₁: n; S: symmetric; v: vector")
    assert list(found) == ["X", "U", "A", "x", "a", "f", "beta_1", "S", "v"]
    assert [d.kind for d in found.values()] == ["matrix", "matrix", "matrix", "vector", "scalar", "function", "vector", None, "vector"]
    assert found["S"].shape is None


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("n×n positive_definite", {"positive_definite", "positive_semidefinite", "symmetric", "invertible"}),
        ("n×n positive definite", {"positive_definite", "positive_semidefinite", "symmetric", "invertible"}),
        ("symmetric n×n", {"symmetric"}),
        ("n×n, orthogonal", {"orthogonal", "orthonormal", "invertible"}),
        ("n×n diagonal", {"diagonal", "symmetric", "lower_triangular", "upper_triangular"}),
        ("n×n skew-symmetric", {"antisymmetric"}),
        ("n×m mask positive", {"mask", "positive", "sign", "nonnegative", "integer"}),
        ("n×n psd", {"positive_semidefinite", "symmetric"}),
        ("n×n lower triangular", {"lower_triangular"}),
        ("n unit", {"unit"}),
        ("n×n pd", {"positive_definite", "positive_semidefinite", "symmetric", "invertible"}),
        ("n×n orthonormal", {"orthogonal", "orthonormal", "invertible"}),
        ("n×p orthonormal", {"orthonormal"}),
        ("n simplex constant", {"simplex", "constant", "nonnegative"}),
    ],
)
def test_properties(text: str, facts: set[str]) -> None:
    assert parse_declarations(f"X: {text}")["X"].facts == facts


def test_nothing_declared() -> None:
    assert parse_declarations(None) == parse_declarations("") == parse_declarations({}) == parse_declarations(" ;\n") == {}


@pytest.mark.parametrize("text", ["n×m", "n", "1×n", "scalar", "m*n×2*p", "n×n symmetric", "3×4 mask positive"])
def test_the_text_of_a_declaration_reads_back(text: str) -> None:
    found = parse_declarations({"X": text})["X"]
    assert found.shape is not None
    assert declaration_text(found.shape, found.properties) == text
