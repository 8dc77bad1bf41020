"""The index notation on a page: what tensors are, how they are built, and why equal ones are one object."""

from __future__ import annotations

from fractions import Fraction

from matcalc.base.sizes import Size
from matcalc.einstein.algebra import apply_map, contract, elementwise, power, transposed
from matcalc.einstein.linear import add, content, delta, number, ones, scale, value_of, zero
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Contraction, Map, Power, Symbol, Tensor, is_symmetric
from matcalc.einstein.substitution import apply, substituted
from matcalc.einstein.tensor_deduction import is_positive
from matcalc.language import elaborate
from matcalc.printing import index_text

N, M = Size.of("n"), Size.of("m")
A, B = Symbol("A", (N, N)), Symbol("B", (N, N))
X = Symbol("X", (M, N))
S = Symbol("S", (N, N), frozenset({"symmetric"}))
x = Symbol("x", (N,))
ONE, TWO = Fraction(1), Fraction(2)


def product(left: Tensor, right: Tensor) -> Tensor:
    """The matrix product: the label 1 is summed, since it is not in the output (0, 2)."""
    sizes = {0: left.shape[0], 1: left.shape[1], 2: right.shape[1]}
    return contract([left, right], [(0, 1), (1, 2)], (0, 2), sizes)


def lowered(text: str, declare: str) -> str:
    return index_text(lower(elaborate(text, declare).expression).tensor, "unicode")


def test_every_matrix_operation_is_a_line_of_indices() -> None:
    assert lowered("x'*A*x", "A: n×n; x: n") == "x_i A_ij x_j"
    assert lowered("tr(A*B)", "A: n×m; B: m×n") == "A_ij B_ji"
    assert lowered("diag(x)*A", "A: n×n; x: n") == "A_ij x_i"
    assert lowered("A.*B", "A, B: n×n") == "A_ij B_ij"


def test_a_contraction_has_operands_labels_and_an_output() -> None:
    form = product(A, B)
    assert isinstance(form, Contraction)
    assert set(form.operands) == {A, B}
    assert form.shape == (N, N)
    assert len(form.sizes) == 3  # two labels in the output, one that is summed


def test_names_of_labels_and_order_of_factors_do_not_matter() -> None:
    renamed = contract([B, A], [(7, 9), (3, 7)], (3, 9), {3: N, 7: N, 9: N})
    assert renamed is product(A, B)
    assert product(B, A) is not product(A, B)


def test_numbers_deltas_and_ones_are_contractions_without_operands() -> None:
    assert value_of(number(3)) == 3
    assert product(delta((N,)), A) is A
    row_sums = contract([A, ones((N,))], [(0, 1), (1,)], (0,), {0: N, 1: N})
    assert row_sums is contract([A], [(0, 1)], (0,), {0: N, 1: N})
    assert index_text(contract([], [], (), {0: N}), "unicode") == "1"


def test_like_terms_meet_in_a_sum() -> None:
    assert add([(ONE, A), (ONE, A)], A.shape) is scale(TWO, A)
    assert add([(ONE, A), (-ONE, A)], A.shape) is zero(A.shape)
    assert content(add([(Fraction(4), A), (Fraction(6), B)], A.shape))[0] in (2, -2)


def test_numbers_leave_a_product_and_equal_factors_become_a_power() -> None:
    assert product(scale(TWO, A), B) is scale(TWO, product(A, B))
    assert elementwise([A, A], A.shape) is Power(A, TWO)
    assert elementwise([A, power(A, -ONE)], A.shape) is ones(A.shape)


def test_transposes_of_symmetric_matrices_are_the_same_object() -> None:
    assert transposed(S) is S
    assert transposed(transposed(A)) is A
    assert is_symmetric(product(X, transposed(X)))
    assert not is_symmetric(product(A, B))


def test_an_inverse_meets_its_matrix() -> None:
    inverse = apply("inv", (A,), A.shape)
    assert product(inverse, A) is delta((N,))
    assert apply("inv", (inverse,), A.shape) is A
    assert apply("inv", (scale(TWO, A),), A.shape) is scale(1 / TWO, inverse)


def test_functions_of_entries_know_their_parity_and_their_inverses() -> None:
    assert apply_map("exp", zero((N,))) is ones((N,))
    assert apply_map("log", apply_map("exp", x)) is x
    assert apply_map("cos", scale(-ONE, x)) is apply_map("cos", x)
    assert isinstance(apply_map("exp", x), Map)
    assert is_positive(apply_map("exp", x))


def test_other_tensors_in_place_of_symbols() -> None:
    assert substituted(product(A, B), {B: apply("inv", (A,), A.shape)}) is delta((N,))
