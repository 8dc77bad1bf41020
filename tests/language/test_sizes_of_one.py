"""What has size 1 is a scalar, and a vector and a matrix as well: every operation gives what it gives for arrays of that size."""

from __future__ import annotations

import re

import numpy as np
import pytest

import matcalc

CASES = [
    ("eye(n)*x + x", "x"), ("C + eye(n)", "C"), ("kron(eye(n), x)", "x"), ("x'*C*x", "x"), ("A*x", "x"), ("y'*A*x", "A"),
    ("A*A'*y", "A"), ("kron(A, y)", "A"), ("vec(A)'*vec(A)", "A"), ("commutation(m, n)*vec(A)", "A"), ("sum(A, rows)'*y", "A"),
    ("softmax(x)", "x"), ("logsumexp(x)", "x"), ("mean(x)", "x"), ("var(x)", "x"), ("diag(x)*C*x", "x"), ("inv(C)", "C"), ("det(C)", "C"),
    ("logdet(C)", "C"), ("tr(expm(C))", "C"), ("adj(C)", "C"), ("pinv(C)", "C"), ("C^3", "C"), ("eigmax(C)", "C"),
    ("norm(C, spectral)", "C"),    ("norm(C, nuclear)", "C"), ("tr(sqrtm(C))", "C"),
    ("x/norm2(x)", "x"), ("unit(1, n)'*x", "x"), ("sum(i, x[i]^2)", "x"),
    ("sum(i, sum(j, C[i,j]*x[j]))", "C"), ("x[1]*C[1,1]", "C"), ("tensor(i, j, y[i]*x[j])", "x"), ("A + y*ones(n)'", "y"), ("diag(C)", "C"),
    ("x'*cumsum(x.^2)", "x"), ("x'*circshift(x, 1)", "x"), ("x'*shift(x.^2, 1)", "x"), ("x'*flip(x.^2)", "x"), ("norm2(conv(y, x))^2", "x"),
    ("x'*tril(C)*x", "C"), ("x'*triu(C, 1)*x", "C"), ("x'*triu(C, -1)*x", "C"), ("x'*band(C, 0)*x", "C"), ("x'*lyap(C, x*x')*x", "C"),
    ("x'*sylvester(C, C, x*x')*x", "C"), ("norm_inf(x)", "x"),
]  # fmt: skip
SHAPES = {"x": "n", "y": "m", "A": "mn", "C": "nn"}


def sized(text: str, m: str, n: str) -> str:
    """The text with the names of sizes replaced."""
    return re.sub(r"\b[mn]\b", lambda found: {"m": m, "n": n}[found[0]], text)


@pytest.mark.parametrize(("text", "wrt"), CASES)
def test_sizes_of_one(text: str, wrt: str) -> None:
    """Derivatives with sizes declared 1 have the values of the general ones, at arrays of that size."""
    used = [name for name in SHAPES if re.search(rf"\b{name}\b", text)]
    for m, n in (("1", "n"), ("m", "1"), ("1", "1")):
        lengths = {"m": 1 if m == "1" else 2, "n": 1 if n == "1" else 3}
        general = "; ".join(f"{name}: {'×'.join(SHAPES[name])}" for name in used)
        special = "; ".join(f"{name}: {'×'.join({'m': m, 'n': n}[size] for size in SHAPES[name])}" for name in used)
        rng = np.random.default_rng(7)
        values = {name: rng.uniform(0.5, 1.5, [lengths[size] for size in SHAPES[name]]) for name in used}
        if "C" in values:
            values["C"] = values["C"] + values["C"].T
        wanted = matcalc.derive(text, wrt, declare=general, layout="tensor").function()(**values, **lengths)
        found = matcalc.derive(sized(text, m, n), wrt, declare=special, layout="tensor")
        got = found.function()(**values, **lengths)
        assert np.asarray(got).size == np.asarray(wanted).size
        assert np.allclose(np.ravel(got), np.ravel(wanted)), (special, found.text("ascii"))
        assert matcalc.parse(found.text("ascii"), declare=special).shape == found.shape if found.closed else found.index_form


@pytest.mark.parametrize("text", ["x[2]", "unit(2, 1) + x", "X[1,2]"])
def test_positions_outside_a_size_of_one(text: str) -> None:
    with pytest.raises(matcalc.ShapeError):
        matcalc.parse(text, declare="x: 1; X: 1×1")
