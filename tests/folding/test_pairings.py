"""Vectors and matrices that meet vec and Kronecker forms: reshape, and what it folds to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.sizes import Size
from matcalc.einstein.lowered import joined, split
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Contraction, Pairing, Symbol, Tensor, postorder
from matcalc.folding import kronecker_forms, pairings
from matcalc.folding.build import hadamard
from matcalc.language import elaborate
from tests.oracle import Disagreement, check_derivation

M, N, P = Size.of("m"), Size.of("n"), Size.of("p")

# expression | by | declarations | the derivative, or ? when its form is not fixed, or - when there is none
TABLE = """
reshape(x,m,n)              | x | x: m*n                          | eye(m*n)
tr(A*reshape(x,m,n))        | x | A: n×m                          | vec(Aᵀ)
A*reshape(x,m,n)*B          | x | A: p×m; B: n×q                  | B ⊗ Aᵀ
exp(reshape(x,m,n))         | x | x: m*n                          | diag(exp(x))
norm2(A*reshape(x,m,n)-C)^2 | x | A: p×m                          | 2 vec(Aᵀ (A reshape(x, m, n) − C))
reshape(X*y,p,q)            | y | X: p*q×n                        | Xᵀ
reshape(X,n,m)              | X | X: m×n                          | eye(m*n)
reshape(A*y*z',p*q,1)       | y | y: n; A: p×n; z: q              | zᵀ ⊗ Aᵀ
norm2(reshape(X,m*n,1))^2   | X | X: m×n                          | 2 X
vec(X)'*y                   | X | X: n×m                          | reshape(y, n, m)
y'*C*vec(X)                 | X | X: m×n                          | reshape(Cᵀ y, m, n)
norm2(vec(A*X*B) - y)^2     | X | A: n×m; X: m×p; B: p×q          | 2 Aᵀ (A X B − reshape(y, n, q)) Bᵀ
kron(A,B)*y                 | y | A: n×m; B: p×q                  | Aᵀ ⊗ Bᵀ
kron(A,B)*y                 | A | A: n×m; B: p×q                  | ?
kron(A,B)*y                 | B | A: n×m; B: p×q                  | ?
x'*kron(A,B)*x              | A | A: n×n; B: m×m                  | reshape(x, m, n)ᵀ B reshape(x, m, n)
norm2(C - kron(A,B))^2      | A | A: n×m; B: p×q                  | ?
norm2(C - kron(A,B))^2      | B | A: n×m; B: p×q                  | ?
tr(kron(A,B)*C)             | C | A: n×n; B: m×m                  | Aᵀ ⊗ Bᵀ
tr(kron(A,B)*C)             | B | A: n×n; B: m×m                  | ?
x.*vec(Y)                   | Y | Y: n×m                          | diag(x)
kron(x,y).*z                | x | x: n; y: m                      | ?
sum(kron(x,y).*z)           | x | x: n; y: m                      | reshape(z, m, n)ᵀ y
logsumexp(vec(X)+y)         | X | X: n×m                          | ?
softmax(vec(X))             | X | X: 2×3                          | u = softmax(vec(X)); diag(u) − u uᵀ
inv(kron(A,B))*x            | x | A: n×n invertible; B: m×m invertible | A⁻ᵀ ⊗ B⁻ᵀ
inv(kron(A,B)+C)            | C | A: 2×2; B: 2×2; C: 4×4          | ?
logdet(kron(A,B) + C)       | A | A: 2×2; B: 2×2; C: 4×4          | ?
kron(A,B) + kron(C,D)       | A | A: 2×2; B: 3×3; C: 3×3; D: 2×2  | ?
(kron(x,y)+z)*(kron(x,y)+z)'| z | x: 2; y: 3                      | ?
A*diag(x)*B                 | x | A: m×n; B: n×p                  | khatrirao(Bᵀ, A)ᵀ
diag(x)                     | x | x: n                            | khatrirao(eye(n), eye(n))ᵀ
diag(kron(A,B))             | A | A: n×n; B: m×m                  | khatrirao(eye(n), eye(n)) (eye(n) ⊗ diag(B)ᵀ)
kron(A,X)                   | X | A: m×n; X: p×q                  | ?
kron(X,A)                   | X | A: m×n; X: p×q                  | ?
kron(A,B)^2                 | A | A: n×n; B: m×m                  | ?
kron(x,B)                   | x | x: m; B: p×q                    | ?
kron(eye(n),X)              | X | X: p×q                          | ?
kron(A,B)*(y.*vec(C))       | y | A: n×m; B: p×q; C: q×m          | diag(vec(C)) (Aᵀ ⊗ Bᵀ)
commutation(m,n)*kron(A,B)  | A | A: n×p; B: m×q                  | ?
kron(B,x')                  | x | B: m×n                          | ?
kron(B,x')                  | B | B: m×n                          | ?
kron(A,B)^2                 | x | A: 2×2; B: 3×3; x: 2            | zeros(2, 36)
"""
CASES = [tuple(part.strip() for part in line.rsplit("|", 3)) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("text", "by", "declare", "expected"), CASES)
def test_derivatives(text: str, by: str, declare: str, expected: str) -> None:
    found = check_derivation(text, by, declare, closed=expected != "-")
    assert expected in ("?", "-") or str(found) == expected


THIRD = """
A*x*x'*B        | x x | A: m×n; B: n×p        | (I + commutation(n, n)) (B ⊗ Aᵀ)
kron(x,y)       | x y | x: n; y: m            | commutation(m, n)
kron(X,Y)       | X Y | X: 2×2; Y: 2×3        | ?
x*norm2(x)^2    | x x | x: n                  | 2 (eye(n) ⊗ x + x ⊗ eye(n) + vec(eye(n)) xᵀ)
diag(x)*A*x     | x x | A: n×n                | ?
norm2(D*x)^2    | D x | D: n×n diagonal; x: n | ?
f(a*X)          | a X | a: scalar; X: 2×3; f: function | ?
softmax(x)      | x x | x: n                  | ?
X'*X            | X X | X: 2×3                | -
"""


@pytest.mark.parametrize("case", THIRD.strip().splitlines())
def test_second_derivatives_of_vectors_and_matrices(case: str) -> None:
    text, by, declare, expected = [part.strip() for part in case.split("|")]
    for layout in ("denominator", "numerator"):
        found = check_derivation(text, tuple(by.split()), declare, layout=layout, closed=expected != "-")  # type: ignore[arg-type]
        assert expected in ("?", "-") or layout == "numerator" or str(found) == expected


def matrices(tensor: Tensor) -> Iterator[Pairing]:
    return (node for node in postorder(tensor) if isinstance(node, Pairing))


def test_splitting_and_joining_undo_each_other() -> None:
    x, both = Symbol("x", (M * N, P)), Symbol("y", (M, N, P))
    assert joined(split(x, 0, M, N), 0) is x
    assert split(joined(both, 0), 0, M, N) is both
    assert list(matrices(split(joined(both, 0), 0, N, M)))  # pairs of other sizes are other pairs


def test_functions_of_entries_are_taken_before_the_axes_are_split() -> None:
    tensor = lower(elaborate("exp(reshape(x, m, n))", "x: m*n").expression).tensor
    assert isinstance(tensor, Contraction)
    assert {type(operand).__name__ for operand in tensor.operands} == {"Map", "Pairing"}


@pytest.mark.parametrize("step", [step.__name__ for step, _ in pairings._STEPS])
def test_every_step_is_needed(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a step some case has another form, or none."""
    monkeypatch.setattr(pairings, "_STEPS", tuple(one for one in pairings._STEPS if one[0].__name__ != step))
    changed = 0
    for text, by, declare, expected in (*CASES, *MORE):
        if expected != "-":
            changed += _form(text, by, declare) is None or (expected != "?" and _form(text, by, declare) != expected)
    assert changed


MORE = [
    ("x.*T", "x", "T: n×m×p; x: m", "?"),
    ("sum(kron(x', B).*G)", "x", "x: n; B: m×p", "?"),
    ("sum(kron(x', B).*G)", "B", "x: n; B: m×p", "?"),
]


def _form(text: str, by: str, declare: str) -> Any:
    found = matcalc.derive(text, by, declare=declare)
    return str(found) if found.closed else None


def test_a_wrong_step_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = pairings.Reshape
    monkeypatch.setattr(pairings, "Reshape", lambda operand, m, n: pairings.transpose(right(operand, n, m)))
    with pytest.raises(Disagreement):
        check_derivation("vec(X)'*y", "X", "X: n×m")


# expression | by | declarations | the Hessian, or the mixed second derivative of two, or the Jacobian of a matrix
CHAINS = """
sum(f(A*X*B))              | X   | A: 2×3; X: 3×2; B: 2×2; f: function | (B ⊗ Aᵀ) diag(vec(f''(A X B))) (Bᵀ ⊗ A)
norm2(M.*(X - U*V'))^2     | U   | M: n×m; X: n×m; U: n×p; V: m×p | 2 (Vᵀ ⊗ eye(n)) diag(vec(M.^2)) (V ⊗ eye(n))
norm2(M.*(X - U*V'))^2     | U V | M: 2×3; X: 2×3; U: 2×2; V: 3×2 | ?
sum(logsumexp(X*W, rows))  | W   | X: 2×2; W: 2×3 | G = diag(vec(softmax(X W, rows))); (eye(3) ⊗ Xᵀ) (G − G (ones(3, 3) ⊗ eye(2)) G) (eye(3) ⊗ X)
tr(Y'*softmax(X*W, rows))  | W   | Y: 2×3; X: 2×2; W: 2×3 | ?
tr(Y'*softmax(Q*K', rows)*V) | Q K | Y: 2×1; Q: 2×2; K: 3×2; V: 3×1 | ?
sum(tanh(A*S))             | S   | A: m×n; S: n×n symmetric | ?
norm2(X - U*diag(s)*V')^2  | U s | X: n×m; U: n×p; s: p; V: m×p | ?
y'*logsumexp(X*W, rows)    | W   | X: 1×m; W: m×p; y: 1 | ?
sum(logsumexp(tanh(X*W)*V, rows)) | W | X: 2×2; W: 2×2; V: 2×3 | ?
softmax(Q*K', rows)*V      | K   | Q: n×d; K: m×d; V: m×p | ?
softmax(X, cols)           | X   | X: n×m | G = diag(vec(softmax(X, cols))); G − G (eye(m) ⊗ ones(n, n)) G
"""


@pytest.mark.parametrize("case", CHAINS.strip().splitlines())
def test_chains_of_kronecker_products(case: str) -> None:
    text, by, declare, expected = [part.strip() for part in case.split("|")]
    names = tuple(by.split())
    once = len(names) > 1 or matcalc.parse(text, declare).shape != ()
    found = check_derivation(text, names if len(names) > 1 else by, declare, order=1 if once else 2, closed=True)
    assert expected == "?" or str(found) == expected


def test_a_wrong_weight_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = kronecker_forms.diagonal_matrix
    monkeypatch.setattr(kronecker_forms, "diagonal_matrix", lambda vector: real(hadamard((vector, vector))))
    with pytest.raises(Disagreement):
        check_derivation("sum(f(A*X))", "X", "A: 2×3; X: 3×2; f: function", order=2)


def test_the_code_forms_no_product_of_kronecker_products() -> None:
    code = matcalc.hessian("sum(logsumexp(X*W, rows))", "W", declare="X: n×m; W: m×p").code("numpy")
    assert "kron" not in code and "softmax" in code


def test_the_hessian_of_a_function_of_the_diagonal_is_no_kronecker_product() -> None:
    values = np.array([[0.5, 2.0], [-1.0, 0.25]])
    found = matcalc.derive("sum(exp(diag(A)))", "A", order=2)
    wanted = np.diag(np.exp([0.5, 0.0, 0.0, 0.25]))
    wanted[[1, 2], [1, 2]] = 0
    assert np.allclose(found.function("numpy")(A=values), wanted)
    plain = np.diag(np.exp(np.diag(values)))
    assert not np.allclose(np.kron(plain, plain), wanted)
