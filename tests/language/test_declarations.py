"""Declarations: sizes, kinds and properties in all spellings."""

from __future__ import annotations

import pytest

from matcalc.base.errors import ParseError
from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, Size
from matcalc.language import parse_declarations
from matcalc.language.declare.declarations import written
from matcalc.language.declare.declared import declaration_text

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
    assert [d.kind for d in found.values()] == [
        "matrix",
        "matrix",
        "matrix",
        "vector",
        "scalar",
        "function",
        "vector",
        None,
        "vector",
    ]
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x: n, A: n×m", {"x": "n", "A": "n×m"}),
        ("A: n×n symmetric, x: n unit", {"A": "n×n symmetric", "x": "n unit"}),
        ("A: n×n, symmetric, x: n", {"A": "n×n symmetric", "x": "n"}),
        ("A: (n, m), B: [m, n]", {"A": "n×m", "B": "m×n"}),
        ("a, b: scalar, C, D: n×n", {"a": "scalar", "b": "scalar", "C": "n×n", "D": "n×n"}),
        ("x: n, x'*x = 1, A: n×n real symmetric and positive", {"x": "n unit", "A": "n×n symmetric positive"}),
        ("A: n×n; A' = -A, x: n", {"A": "n×n antisymmetric", "x": "n"}),
        ("x: n, y", {"x": "n×y"}),
    ],
)
def test_commas_between_declarations(text: str, said: dict[str, str]) -> None:
    """A comma ends a declaration only before the next name and its colon."""
    assert {name: declaration_text(d.shape or (), d.properties) for name, d in parse_declarations(text).items()} == said


def test_a_comma_points_at_its_own_declaration() -> None:
    with pytest.raises(ParseError) as refused:
        parse_declarations("x: n, A: n×n symetric, b: n")
    assert str(refused.value).splitlines()[1:] == [
        "  x: n, A: n×n symetric, b: n",
        "               ^^^^^^^^",
        "try: A: n×n symmetric",
    ]


def test_many_names_and_commas_take_linear_work() -> None:
    """Each comma is looked at once."""
    names = [f"x_{k}" for k in range(2000)]
    assert list(parse_declarations(", ".join(names) + ": n")) == names
    assert len(written(", ".join(f"{name}: n" for name in names))) == 2000


def test_advice_for_an_equation_keeps_the_declared_sizes() -> None:
    with pytest.raises(ParseError) as refused:
        parse_declarations("X: n×m; X*ones(m) = ones(n)")
    assert refused.value.suggestion == "X: n×m simplex"
