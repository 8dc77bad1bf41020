"""Kinds and sizes: what follows from use, what the conventions of the letters decide, what is declared."""

from __future__ import annotations

import pytest

from matcalc.language import elaborate

# text | what is declared | kinds and sizes of all symbols, in order of appearance
TABLE = """
||X - UV||²                                     |               | X: n×m; U: n×p; V: p×m
xᵀAx                                            |               | x: n; A: n×n
x'*A*y                                          |               | x: n; A: n×m; y: m
W*x + b                                         |               | W: n×m; x: m; b: n
W*x + b                                         | x: k          | W: n×k; x: k; b: n
W*x + b                                         | W: 20×10      | W: 20×10; x: 10; b: 20
x'*x + b                                        |               | x: n; b: scalar
βᵀx                                             |               | beta: n; x: n
3x⁴ − 4x³ − 12x²                                |               | x: scalar
log(e^x + e^y)                                  |               | x: scalar; y: scalar
x²y + xy²                                       |               | x: scalar; y: scalar
x*y^2                                           |               | x: scalar; y: scalar
x*y                                             |               | x: scalar; y: scalar
(x - u*v)^2                                     |               | x: scalar; u: scalar; v: scalar
sin(x)/(x^2 + a)                                |               | x: scalar; a: scalar
x/norm2(x)                                      |               | x: n
exp(x)/sum(exp(x))                              |               | x: n
b*x                                             |               | b: scalar; x: n
c*norm2(x)^2                                    |               | c: scalar; x: n
(x'*A*x)/(x'*x)                                 |               | x: n; A: n×n
a'*inv(X)*b                                     |               | a: n; X: n×n; b: n
a'*X*b                                          |               | a: n; X: n×m; b: m
A + t*B                                         |               | A: n×m; t: scalar; B: n×m
A*x*y                                           |               | A: n×m; x: m; y: scalar
x'*y*z                                          |               | x: n; y: n; z: m
norm2(y - X*beta)^2 + lambda*norm2(beta)^2      |               | y: n; X: n×m; beta: m; lambda: scalar
(x - mu)'*inv(Sigma)*(x - mu)                   |               | x: n; mu: n; Sigma: n×n
sum(log(1 + exp(-y.*(X*w))))                    |               | y: n; X: n×m; w: m
(1 - l/norm2(p - q))*(p - q)                    |               | l: scalar; p: n; q: n
(w'*r - f)/(w'*C*w)^0.5                         |               | w: n; r: n; f: scalar; C: n×n
-n/2*log(det(S)) - 1/2*tr(inv(S)*M)             |               | n: scalar; S: m×m; M: m×m
norm2(R - P.*(g*g'))^2                          |               | R: n×n; P: n×n; g: n
(a*b').*A                                       |               | a: n; b: m; A: n×m
X*W + 1*b'                                      |               | X: n×m; W: m×p; b: p
X - 1*m'                                        |               | X: n×p; m: p
sum(G.*(softmax(Q*K'/c, rows)*V))               |               | G: n×m; Q: n×p; K: q×p; c: scalar; V: q×m
tr(X^n)                                         |               | X: m×m; n: scalar
det(X)^k                                        |               | X: n×n; k: scalar
X + lambda                                      |               | X: n×m; lambda: scalar
vec(X)'*vec(Y)                                  |               | X: n×m; Y: n×m
vec(X)'*v                                       |               | X: n×m; v: m*n
vec(eye)'*x                                     | x: n*n        | x: n*n
vec(vec(X))'*v                                  |               | X: n×m; v: m*n
commutation(m, n)*vec(X)                        |               | X: m×n
reshape(x, m, n)*y                              |               | x: m*n; y: n
kron(A, B)*vec(X)                               | A: 2×3; B: 4×5 | A: 2×3; B: 4×5; X: 5×3
diag(x)*A*x                                     |               | x: n; A: n×n
sum(i, X[i,i]*y[i])                             |               | X: n×n; y: n
Σ_i Σ_j X_ij y_i                                |               | X: n×m; y: n
||x||_A^2 + ||y||_p                             |               | x: n; A: n×n; y: m; p: scalar
tr(A*diag(x)*B*diag(x))                         |               | A: n×n; x: n; B: n×n
|x|^2 + |X|                                     |               | x: scalar; X: n×n
z = W*x; z'*z                                   |               | W: n×m; x: m
sum(x)/n                                        | x: n          | x: n
sum(x)/n                                        |               | x: m; n: scalar
eye(n)*x                                        |               | x: n
A*x                                             | A: symmetric  | A: n×n symmetric; x: n
x'*A                                            | x: vector     | x: n; A: n×m
f(W*x)                                          | f: function   | W: n×m; x: m; f: function
x                                               | x: 1×n        | x: 1×n
mean(x)*y                                       |               | x: n; y: m
2^x                                             |               | x: scalar
x                                               |               | x: n
""".strip().splitlines()


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.split(" | ")[0].strip())
def test_kinds_and_sizes(line: str) -> None:
    text, declare, expected = (part.strip() for part in line.rsplit("| ", 2))
    found = elaborate(text.rstrip(), declare or None).declarations
    assert "; ".join(f"{name}: {kind}" for name, kind in found.items()) == expected


def test_fresh_sizes_do_not_collide_with_names() -> None:
    found = elaborate("(n'*n)*(m'*A*p)").declarations
    assert found == {"n": "q", "m": "r", "A": "r×k", "p": "k"}


def test_the_name_differentiated_by_is_a_symbol() -> None:
    assert "loss" in elaborate("loss^2 + x", wrt=("loss",)).symbols
    assert elaborate("e^2", wrt=("e",)).declarations == {"e": "scalar"}
    assert elaborate("beta'*x", wrt=("β",)).symbols["beta"].shape == elaborate("beta'*x").symbols["x"].shape


def test_declared_names_that_do_not_occur_are_symbols_but_not_repeated() -> None:
    found = elaborate("x'*x", "x: n; Y: p×q; T: 2×3×4")
    assert sorted(found.symbols) == ["T", "Y", "x"]
    assert [str(size) for size in found.symbols["T"].shape] == ["2", "3", "4"]
    assert found.declarations == {"x": "n"}
    assert set(elaborate("x'*x", "x: n; Y: p×q", wrt=("Y",)).declarations) == {"x", "Y"}


def test_properties_are_facts_of_the_symbol_and_declarations_repeat_what_was_written() -> None:
    found = elaborate("x'*A*x", "A: n×n positive_definite")
    assert found.symbols["A"].properties == {"positive_definite", "positive_semidefinite", "symmetric", "invertible"}
    assert found.declarations["A"] == "n×n positive_definite"


@pytest.mark.parametrize(
    ("text", "declare", "words"),
    [
        ("x'*A*x", None, "assumed A: matrix; x: vector"),
        ("X*W + b", "X: n×m; W: m×k; b: k", "b is added to every row"),
        ("X*W + b", "X: n×m; W: m×k; b: n", "b is added to every column"),
        ("X + x'*x", "X: n×m; x: n", "x'*x is added to every entry"),
        ("A + 2", "A: n×n", "2 is added to every entry"),
        ("X .* b", "X: 3×4; b: 4", "b is multiplied with every row"),
        ("exp(X)", "X: n×n", "expm"),
        ("sqrt(X)", "X: n×n", "sqrtm"),
        ("||X||_2", "X: n×n", "Frobenius"),
        ("e^x", "x: scalar", "e is read as the base"),
        ("f(x + y)", None, "f(...) is read as a product"),
        ("tr(eye)", None, "the size of eye"),
    ],
)
def test_what_was_assumed_is_noted(text: str, declare: str | None, words: str) -> None:
    assert any(words in note for note in elaborate(text, declare).notes)


def test_arrays_of_more_axes_are_noted_like_others() -> None:
    read = elaborate("Σ_i Σ_j Σ_k A[i,j,k]*x[i]")
    assert read.notes == ("assumed x: vector; A: tensor",) and read.declarations["A"] == "n×m×p"


def test_nothing_is_noted_where_nothing_was_assumed() -> None:
    assert elaborate("norm2(A*x - y)^2 + c*sum(exp(x))", "A: m×n; x: n; y: m; c: scalar").notes == ()
