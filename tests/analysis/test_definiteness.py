"""Signs of matrices and of quadratic forms, compared with eigenvalues and values at random points."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc.analysis.definiteness import definiteness, form_sign
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.language import elaborate
from matcalc.printing import text

SIGNED = [
    ("diag(softmax(x)) - softmax(x)*softmax(x)'", "x: n", 1),
    ("(eye(n) - x*x'/(x'*x))/norm(x)", "x: n", 1),
    ("A'*(eye(n) - u*u'/(1 + u'*u))*A", "A: n×m; u: n", 1),
    ("S - S*x*x'*S/(x'*S*x)", "x: n; S: n×n positive_definite", 1),
    ("ones(n,n)/n - eye(n)", "", -1),
    ("2*(x'*x*eye(n) + 2*x*x')", "x: n", 1),
    ("kron(V*V', eye(m))", "V: n×k", 1),
    ("-inv(S).*inv(S)", "S: n×n positive_definite", -1),
    ("X'*diag(sigmoid(X*w).*(1 - sigmoid(X*w)))*X", "X: n×m; w: m", 1),
    ("kron(H, eye(k))*diag(vec(Y./(Y + 1)))*kron(H', eye(k))", "H: n×m; Y: k×m positive", 1),
]
OPEN = [
    ("eye(n) - 2*x*x'/(x'*x)", "x: n"),
    ("diag(x) - x*x'", "x: n positive"),
    ("A*B", "A: n×n positive_definite; B: n×n positive_definite"),
    ("eye(n) - x*y'", "x: n; y: n"),
    ("(a*a' - b*b')/norm(a)", "a: n; b: n"),
]


def _eigenvalues(words: str, declare: str, seed: int) -> np.ndarray:
    matrix = elaborate(words, declare).expression
    point = find_point([matrix], seed)
    assert point is not None
    value = np.atleast_2d(evaluate(matrix, point.values, point.sizes))
    assert np.allclose(value, value.T)
    return np.linalg.eigvalsh(value)


@pytest.mark.parametrize(("words", "declare", "sign"), SIGNED)
def test_the_sign_is_that_of_the_eigenvalues(words: str, declare: str, sign: int) -> None:
    found = definiteness(elaborate(words, declare).expression)
    assert found is not None
    assert found.sign == sign
    assert not found.conditions
    for seed in range(3):
        values = sign * _eigenvalues(words, declare, seed)
        assert values.min() > -1e-9
        assert not found.strict or values.min() > 0


@pytest.mark.parametrize(("words", "declare"), OPEN)
def test_what_may_have_another_sign_is_left_open(words: str, declare: str) -> None:
    assert definiteness(elaborate(words, declare).expression) is None


def test_an_open_sign_is_a_condition() -> None:
    found = definiteness(elaborate("c*a*a' + 2*d*eye(n)", "a: n; c: scalar; d: scalar positive").expression)
    assert found is not None
    assert found.sign == 1
    assert [text(one, "ascii") for one in found.conditions] == ["c"]


@pytest.mark.parametrize(
    ("words", "sign"),
    [("tr(inv(P)*H*inv(P)*H)", 1), ("-2*tr(P*H^2)", -1), ("c^2*a'*H*inv(P)*H*a", 1), ("tr(H*G)", None), ("c*tr(H*H)", 1)],
)
def test_forms_along_directions(words: str, sign: int | None) -> None:
    form = elaborate(words, "P: n×n positive_definite; H: n×n symmetric; G: n×n symmetric; a: n; c: scalar").expression
    found = form_sign(form, {"H"})
    assert (found.sign if found else None) == sign
    assert bool(found and found.conditions) == words.startswith("c*")
