"""The symbolic judgement alone: what it proves, and that it proves nothing that is false."""

from __future__ import annotations

import pytest

from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.sampling import find_point
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.language.statements import elaborate_statement
from matcalc.rewrite.normal_form import normal_form, proves_zero
from matcalc.verification.claims import Claim, claim_of

TRUE = [
    ("inv(A + U*C*V) = inv(A) - inv(A)*U*inv(inv(C) + V*inv(A)*U)*V*inv(A)", "A: n×n; U: n×k; C: k×k; V: k×n"),
    ("inv(eye + A*B)*A = A*inv(eye + B*A)", "A: m×n; B: n×m"),
    ("det(eye + A*B) = det(eye + B*A)", "A: m×n; B: n×m"),
    ("det(A + U*C*V) = det(A)*det(C)*det(inv(C) + V*inv(A)*U)", "A: n×n; U: n×k; C: k×k; V: k×n"),
    ("inv(A + u*v') = inv(A) - inv(A)*u*v'*inv(A)/(1 + v'*inv(A)*u)", "A: n×n"),
    ("inv(inv(A) + inv(B)) = A*inv(A + B)*B", "A: n×n; B: n×n"),
    ("inv(c*A) = inv(A)/c", "A: n×n; c: scalar"),
    ("inv(diag(x))*y = y./x", "x: n; y: n"),
    ("adj(A*B) = adj(B)*adj(A)", "A: n×n; B: n×n"),
    ("logdet(A*B) = logdet(A) + logdet(B)", "A: n×n; B: n×n"),
    ("A*pinv(A)*A = A", "A: m×n"),
    ("inv(X'*X)*X' = pinv(X)", "X: n×m"),
    ("tr(logm(A)) = log(det(A))", "A: n×n positive_definite"),
    ("sin(x).^2 + cos(x).^2 = vector(1)", "x: n"),
    ("sin(a + b) = sin(a)*cos(b) + cos(a)*sin(b)", "a: scalar; b: scalar"),
    ("cos(x - y) = cos(x).*cos(y) + sin(x).*sin(y)", "x: n; y: n"),
    ("cos(3*a) = 4*cos(a)^3 - 3*cos(a)", "a: scalar"),
    ("tan(a + b) = (tan(a) + tan(b))/(1 - tan(a)*tan(b))", "a: scalar; b: scalar"),
    ("det(Q)^2 = 1", "Q: n×n orthogonal"),
    ("abs(det(Q)) = 1", "Q: n×n orthogonal"),
    ("det(Q*A*Q') = det(A)", "Q: n×n orthogonal; A: n×n"),
    ("logdet(Q*A) = logdet(A)", "Q: n×n orthogonal; A: n×n"),
    ("expm(logm(A)) = A", "A: n×n"),
    ("logm(expm(A)) = A", "A: n×n symmetric"),
    ("X^a*X^b = X^(a + b)", "X: n×n; a: scalar; b: scalar"),
    ("X^a*X^b = X^b*X^a", "X: n×n; a: scalar; b: scalar"),
    ("X*X^a = X^(a + 1)", "X: n×n; a: scalar"),
    ("inv(X^a) = X^(-a)", "X: n×n; a: scalar"),
    ("A^2 - tr(A)*A + det(A)*eye = matrix(0)", "A: 2×2"),
    ("det(A) = (tr(A)^2 - tr(A^2))/2", "A: 2×2"),
    ("tanh(x) = (exp(x) - exp(-x))./(exp(x) + exp(-x))", "x: n"),
    ("log(exp(x).*y.^2) = x + 2*log(y)", "x: n; y: n positive"),
    ("sqrt(x.^2) = abs(x)", "x: n"),
    ("sqrt(exp(2*x)) = exp(x)", "x: n"),
    ("sqrt(x'*x*(y'*y)) = norm2(x)*norm2(y)", "x: n; y: n"),
    ("exp(a + b) = exp(a)*exp(b)", "a: scalar; b: scalar"),
    ("relu(x) - relu(-x) = x", "x: n"),
    ("softmax(x) = exp(x - logsumexp(x)*vector(1))", "x: n"),
    ("sum(softmax(X, rows), rows) = vector(1)", "X: m×n"),
    ("x'*D*y = y'*D*x", "D: n×n diagonal; x: n; y: n"),
    ("x'*A*x = 0", "A: n×n antisymmetric; x: n"),
    ("Y*ones(n) = ones(m)", "Y: m×n simplex"),
    ("1/a - 1/(a + b) = b/(a*(a + b))", "a: scalar; b: scalar"),
    ("eye(m*n)*vec(X) = vec(X)", "X: m×n"),
    ("inv(kron(A, B)) = kron(inv(A), inv(B))", "A: m×m; B: n×n"),
    ("det(kron(A, B)) = det(A)^n*det(B)^m", "A: m×m; B: n×n"),
    ("det(kron(A, B, C)) = det(A)^(m*k)*det(B)^(n*k)*det(C)^(n*m)", "A: n×n; B: m×m; C: k×k"),
    ("pinv(kron(A, B)) = kron(pinv(A), pinv(B))", "A: m×k; B: n×l"),
    ("kron(ones(m), ones(n)) = ones(m*n)", ""),
    ("vec(reshape(x, m, n)) = x", "x: m*n"),
    ("reshape(vec(X), m, n) = X", "X: m×n"),
    ("kron(A, B)*x = vec(B*reshape(x, n, m)*A')", "A: p×m; B: q×n; x: m*n"),
    ("vec(kron(A, B)) = kron(eye(n), commutation(q, m), eye(p))*kron(vec(A), vec(B))", "A: m×n; B: p×q"),
    ("vec(A*diag(x)*B) = (kron(B', ones(m)).*kron(ones(p), A))*x", "A: m×n; B: n×p"),
    ("reshape(x, m, n)*B = reshape(kron(B', eye(m))*x, m, k)", "x: m*n; B: n×k"),
]

FALSE = [
    ("inv(A + B) = inv(A) + inv(B)", "A: n×n; B: n×n"),
    ("inv(eye + A*B)*A = A*inv(eye + A*B)", "A: n×n; B: n×n"),
    ("inv(A)*B = B*inv(A)", "A: n×n; B: n×n"),
    ("det(Q) = 1", "Q: n×n orthogonal"),
    ("sin(a + b) = sin(a)*cos(b) - cos(a)*sin(b)", "a: scalar; b: scalar"),
    ("cos(2*a) = 1 - sin(a)^2", "a: scalar"),
    ("logm(expm(A)) = A", "A: n×n"),
    ("X^a*Y^a = Y^a*X^a", "X: n×n; Y: n×n; a: scalar"),
    ("X^a*X^b = X^(a*b)", "X: n×n; a: scalar; b: scalar"),
    ("X^(a/2)*X^a = X^a", "X: n×n; a: scalar"),
    ("det(A) = (tr(A)^2 - tr(A^2))/2", "A: 3×3"),
    ("A^2 = tr(A)*A - eye", "A: 2×2"),
    ("det(c*A) = c*det(A)", "A: n×n; c: scalar"),
    ("log(a + b) = log(a) + log(b)", "a: scalar positive; b: scalar positive"),
    ("sqrt(a*a*b) = a*sqrt(b)", "a: scalar; b: scalar positive"),
    ("pinv(A)*A = eye", "A: m×n"),
    ("A*pinv(B)*B = A", "A: m×n; B: m×n"),
    ("expm(A)*B = B*expm(A)", "A: n×n; B: n×n"),
    ("sum(softmax(X, rows), cols) = vector(1)", "X: m×n"),
    ("sign(x) = vector(1)", "x: n"),
    ("abs(x) = x", "x: n"),
    ("Y'*ones(m) = ones(n)", "Y: m×n simplex"),
    ("A'*B = B'*A", "A: n×n symmetric; B: n×n"),
    ("kron(A, B) = kron(B, A)", "A: n×n; B: n×n"),
    ("det(kron(A, B)) = det(A)^m*det(B)^n", "A: m×m; B: n×n"),
    ("inv(A)*A*B = inv(B)*B*A", "A: n×n; B: n×n"),
    ("reshape(X, n, m) = X'", "X: m×n"),
    ("reshape(x, n, n) = reshape(x, n, n)'", "x: n*n"),
]


def claimed(statement: str, declare: str) -> Claim:
    return claim_of(elaborate_statement(statement, declare or None), "denominator", "projected")


@pytest.mark.parametrize(("statement", "declare"), TRUE)
def test_true_statements_are_proved(statement: str, declare: str) -> None:
    difference = claimed(statement, declare).difference()
    assert difference is not None
    assert proves_zero(difference.tensor)


@pytest.mark.parametrize(("statement", "declare"), FALSE)
def test_false_statements_are_not(statement: str, declare: str) -> None:
    difference = claimed(statement, declare).difference()
    assert difference is not None
    assert not proves_zero(difference.tensor)


@pytest.mark.parametrize(("statement", "declare"), [*TRUE, *FALSE])
def test_the_normal_form_is_idempotent_and_keeps_values(statement: str, declare: str) -> None:
    """Each side's normal form has the side's values; normal forms of normal forms are themselves."""
    claim = claimed(statement, declare)
    point = find_point(claim.expressions, 3, extra=claim.extra)
    assert point is not None
    for side in (claim.left, claim.right):
        tensor = side.lowered(None).tensor
        normal = normal_form(tensor)
        assert normal_form(normal) is normal
        values = _with_parameters(point.values, claim)
        expected = evaluate_tensor(tensor, values, point.sizes)
        assert agrees(evaluate_tensor(normal, values, point.sizes), expected, relative=1e-9) or "log" in statement


def _with_parameters(values: dict[str, object], claim: Claim) -> dict[str, object]:
    """The free parameters that stand for diagonal and antisymmetric matrices, and for determinants of orthogonal ones."""
    import numpy as np

    found = dict(values)
    for symbol in claim.symbols:
        if "diagonal" in symbol.properties:
            found[f"diagonal of {symbol.name}"] = np.diag(values[symbol.name])
        if "antisymmetric" in symbol.properties:
            found[f"half of {symbol.name}"] = np.triu(values[symbol.name])
        if "orthogonal" in symbol.properties and len(symbol.shape) == 2:
            found[f"determinant of {symbol.name}"] = np.linalg.det(values[symbol.name])
    return found
