"""What expressions are in entries has the values of the expressions, and laws hold in numbers."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc import parse, verify
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.rules.entries import Entries
from matcalc.rules.laws import law, law_lines

EXPRESSIONS = {
    "A*B + (C - A*B)/2": "A: n×m; B: m×k; C: n×k",
    "x'*A*y*x": "A: n×m; x: n; y: m",
    "kron(A, x')*vec(B)": "A: n×m; x: k; B: k×m",
    "commutation(m, n)*vec(A)": "A: m×n",
    "reshape(A, k, n)": "A: n×k",
    "diag(x)*A*diag(diag(B))": "A: n×m; x: n; B: m×m",
    "sum(A, rows) + sum(A', cols)": "A: n×m",
    "tr(A^3) + norm(A)^2 + norm(x, 1)": "A: n×n; x: m",
    "softmax(A, rows).*exp(A) + softmax(A, cols)": "A: n×m",
    "inv(A)*det(A) + eye(n) + ones(n, n)": "A: n×n",
    "sum(i, x[i]^2*y[i])*tensor(i, j, A[i,j]*x[i])": "A: n×m; x, y: n",
}


@pytest.mark.parametrize(("text", "declare"), list(EXPRESSIONS.items()))
def test_entries_have_the_values_of_their_expression(text: str, declare: str) -> None:
    expression = parse(text, declare).node
    tensor, free = Entries({}, {}).of(expression)
    assert free == ()
    sizes = {"n": 2, "m": 3, "k": 5}
    rng = np.random.default_rng(1)
    values = {name: rng.normal(size=[sizes[s] for s in _sizes(kind)]) for name, kind in _declared(declare).items()}
    want = np.asarray(evaluate(expression, values, sizes), dtype=float)
    found = np.asarray(evaluate_tensor(tensor, values, sizes), dtype=float)
    np.testing.assert_allclose(found.reshape(want.shape), want, rtol=1e-10)


def _declared(declare: str) -> dict[str, str]:
    found = {}
    for part in declare.split(";"):
        names, _, kind = part.partition(":")
        found.update({name.strip(): kind.strip() for name in names.split(",")})
    return found


def _sizes(kind: str) -> list[str]:
    return kind.split("×")


@pytest.mark.parametrize("name", list(law_lines()))
def test_every_law_holds(name: str) -> None:
    line = law_lines()[name]
    found = law(name)
    assert found.left.shape == found.right.shape
    verdict = verify(f"{line.left} = {line.right}", declare=line.variables, help=False)
    assert verdict.ok, verdict.explain()
