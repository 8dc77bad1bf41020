"""Folding: from index notation back to matrices, by the forms of rules/folds.rules, and what sums
share."""

from __future__ import annotations

import pytest

from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import Expr, Transpose, postorder
from matcalc.folding.build import cost, hadamard, product, transpose
from matcalc.folding.fold import fold
from matcalc.folding.matrix_terms import Forms, ReadingOrder
from matcalc.language import elaborate
from matcalc.printing import text
from matcalc.rules.fold_forms import fold_forms

KINDS = "A: m×n; B: n×p; C: n×n; u: n; v: n; x: n; y: n; t: scalar"


def read(formula: str) -> Expr:
    return elaborate(formula, KINDS).expression


def folded(formula: str, *, by: object = cost) -> str:
    value = lower(read(formula))
    found = fold(value.tensor, value.split, {name: place for place, name in enumerate("ABCtuvxy")}, by)  # type: ignore[arg-type]
    assert found is not None
    return text(found, "unicode")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("tensor(i, sum(k, A[i,k]*u[k]))", "A u"),
        ("tensor(i, j, sum(k, A[i,k]*u[k]*B[k,j]))", "A diag(u) B"),
        ("sum(k, u[k]*v[k])", "uᵀ v"),
        ("sum(k, C[k,k])", "tr(C)"),
        ("tensor(i, C[i,i])", "diag(C)"),
        ("tensor(i, j, u[i]*v[j])", "u vᵀ"),
        ("tensor(i, j, C[i,j]*C[i,j])", "C.^2"),
        ("tensor(i, j, u[i]*C[i,j])", "diag(u) C"),
    ],
)
def test_what_meets_at_an_index(formula: str, expected: str) -> None:
    assert folded(formula) == expected


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("kron(A, B)", "A ⊗ B"),
        ("vec(C)", "vec(C)"),
        ("kron(A, B)*commutation(p, n)", "(A ⊗ B) commutation(p, n)"),
        ("diag(vec(C))", "diag(vec(C))"),
        ("kron(u, v)", "u ⊗ v"),
    ],
)
def test_rows_that_count_pairs(formula: str, expected: str) -> None:
    assert folded(formula) == expected


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("A*u + A*v", "A (u + v)"),  # at an end of the chain
        ("t*u'*v + t*u'*x", "t uᵀ (v + x)"),  # scalars and bilinear forms
        ("tr(C*C) + t*tr(C)", "tr(C²) + t tr(C)"),
        ("u.*v + u.*x", "u ⊙ (v + x)"),
        ("diag(u) + diag(v)", "diag(u + v)"),
        ("kron(A, B) + kron(A, 2*B)", "3 (A ⊗ B)"),
        ("2*u - 4*v", "2 (u − 2 v)"),
    ],
)
def test_what_sums_share_goes_out(formula: str, expected: str) -> None:
    assert folded(formula) == expected


def test_what_is_shared_depends_on_the_cost() -> None:
    def dislikes_brackets(expression: Expr) -> int:
        return cost(expression) + 10 * sum(type(node).__name__ == "Sum" for node in postorder(expression))

    several = "u.*v + u.*x + y"
    assert folded(several) == "u ⊙ (v + x) + y"
    assert folded(several, by=dislikes_brackets) == "u ⊙ v + u ⊙ x + y"


def test_of_two_forms_the_one_that_reads_best_is_taken() -> None:
    forms = Forms(ReadingOrder({"u": 0, "v": 1}), fold_forms())
    u, v, turned = read("u"), read("v"), Transpose(read("C"))
    assert text(forms.expression("inner product", {"u": (v,), "v": (u,)}), "unicode") == "uᵀ v"
    assert text(forms.expression("diagonal", {"A": (turned,)}), "unicode") == "diag(C)"


@pytest.mark.parametrize("power", ["1/3", "2/3", "-1/3"])
def test_powers_of_a_sum_of_squares_keep_the_norm(power: str) -> None:
    """``(x'x)^(1/3)`` is no power of the entries of x."""
    assert folded(f"(x'*x)^({power})").count("‖x‖") == 1


def test_building_keeps_forms_short() -> None:
    c, u = read("C"), read("u")
    assert transpose(transpose(c)) is c
    assert text(product([c, c, u]), "unicode") == "C² u"
    assert text(transpose(product([c, u])), "unicode") == "uᵀ Cᵀ"
    assert hadamard([u, read("ones(n)")]) is u
    assert cost(read("C*u")) < cost(read("C*u + u"))
