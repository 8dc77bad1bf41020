"""The words of declarations: kinds, words that say nothing more, what may stand around a name, names of sets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KINDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("scalar", "scalars", "number", "numbers"), "scalar"),
        **dict.fromkeys(("vector", "vectors"), "vector"),
        **dict.fromkeys(("matrix", "matrices"), "matrix"),
        **dict.fromkeys(("function", "functions"), "function"),
        **dict.fromkeys(("tensor", "tensors"), "tensor"),
    }
)
"""What is declared by a word, in the singular and the plural."""

FILLERS = frozenset(
    [
        "a", "an", "the", "real", "valued", "be", "is", "are", "of", "with", "in", "and", "any", "arbitrary", "given",
        "fixed", "some", "each", "every", "all", "its", "size", "sizes", "shape", "shapes", "dimension", "dimensions",
        "dimensional", "dim", "length", "order", "type", "entries", "elements", "components", "component", "values",
        "column", "elementwise", "entrywise", "which", "has", "have", "strictly", "it", "both", "variable", "variables",
        "parameter", "parameters", "float", "euclidean", "space",
    ]
)  # fmt: skip
"""Words that say nothing more: ``A: n×n real symmetric and positive``."""

SIZES_TOO = frozenset(["size", "dim", "length", "order", "dimension", "a"])
"""Those of them that may be the name of a size."""

OPENING = frozenset(
    [
        "let",
        "suppose",
        "assume",
        "define",
        "where",
        "for",
        "given",
        "with",
        "that",
        "if",
        "the",
        "each",
        "all",
        "say",
        "here",
        "a",
        "an",
        "take",
    ]
)
"""Words before a declaration."""

JOINING = frozenset(["and", "where", "with", "st", "such", "while", "but"])
"""Words between two declarations, as a comma is."""

LINKS = frozenset([":", "→", "∈", "in", "is", "are", "be", "has", "have", "denote", "denotes"])
"""What stands between a name and what is said of it."""

ADDING = frozenset(["is", "are", "be", "has", "have", "denote", "denotes"])
"""Links that add to what is said elsewhere."""

SETS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("ℝ", "R", "Reals", "reals", "RR"), "real"),
        **dict.fromkeys(("ℤ", "Z", "integers"), "integer"),
        **dict.fromkeys(("ℕ", "N", "naturals"), "natural"),
        **dict.fromkeys(("ℂ", "C", "ℚ"), "complex"),
        **dict.fromkeys(("𝕊", "S", "Sym", "SPD", "PSD", "Spd", "Psd"), "symmetric"),
        **dict.fromkeys(("Skew", "skew", "so"), "antisymmetric"),
        **dict.fromkeys(("O", "SO"), "orthogonal"),
        **dict.fromkeys(("GL", "Gl"), "invertible"),
        **dict.fromkeys(("U", "SU"), "unitary"),
        **dict.fromkeys(("St", "Gr", "V"), "orthonormal"),
        **dict.fromkeys(("Δ", "Delta", "simplex"), "simplex"),
    }
)
"""Sets of numbers, vectors and matrices, and what their members are."""

ALWAYS_SETS = frozenset(["ℝ", "ℤ", "ℕ", "ℂ", "ℚ", "𝕊", "Δ", "Reals", "reals", "RR"])
"""Names of sets that are no names of sizes."""

NO_FACTS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("sparse", "dense", "banded", "toeplitz", "hankel", "circulant", "tridiagonal", "random", "gaussian"), ""),
        **dict.fromkeys(
            ("float32", "float64", "double", "int", "bool", "complex", "array", "ndarray", "list", "object", "str", "string"), ""
        ),
        **dict.fromkeys(("negative", "nonpositive", "nonzero", "bounded", "singular", "normal", "convex", "linear", "full", "rank"), ""),
        **dict.fromkeys(("rows", "row", "columns", "cols", "column", "entry", "identity", "zero", "complex_valued", "non"), ""),
        "square": "n×n",
        "sym": "symmetric",
        "symm": "symmetric",
        "herm": "symmetric",
        "diag": "diagonal",
        "tri": "lower_triangular",
        "triangular": "lower_triangular",
        "mat": "matrix",
        "vec": "vector",
        "num": "scalar",
        "func": "function",
        "fn": "function",
        "callable": "function",
        "pos": "positive",
        "nonneg": "nonnegative",
        "inv": "invertible",
        "invertable": "invertible",
        "regular": "invertible",
        "definite": "positive_definite",
        "semidefinite": "positive_semidefinite",
        "posdef": "positive_definite",
        "possemidef": "positive_semidefinite",
        "orth": "orthogonal",
        "ortho": "orthogonal",
        "rotation": "orthogonal",
        "permutation": "orthogonal mask",
        "prob": "simplex",
        "distribution": "simplex",
        "indicator": "mask",
        "boolean": "mask",
        "onehot": "simplex mask",
    }
)
"""Words that are no sizes although they stand where sizes do, and the fact that is meant, if there is one."""


MARKS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("++", ">0", "+*", "*+", ">"), "positive"),
        **dict.fromkeys(("+", "≥0", "≥", "0+"), "nonnegative"),
        **dict.fromkeys(("≻0", "≻"), "positive_definite"),
        **dict.fromkeys(("⪰0", "⪰"), "positive_semidefinite"),
        **dict.fromkeys(("sym", "s", "symm"), "symmetric"),
        **dict.fromkeys(("skew", "as"), "antisymmetric"),
        **dict.fromkeys(("diag",), "diagonal"),
    }
)
"""Marks above and below the name of a set, and what its members are."""
