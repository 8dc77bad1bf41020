"""Generated files check themselves, and see errors planted in them."""

from __future__ import annotations

import contextlib
import io

import pytest

from matcalc.interface.api import derive
from matcalc.objects.programs import compile as compile_derivatives, derivative_code

CASES = [
    ("||X - U*V||^2", "V", None, 1),
    ("||X - U*V||^2", "U", None, 2),
    ("sum(log(1+exp(-y.*(X*w))))", "w", None, 2),
    ("A*X*B", "X", None, 1),
    ("sin(A*x)", "x", None, 1),
    ("logdet(S)", "S", "S: n×n positive_definite", 1),
    ("x'*S*x", "S", "S: n×n symmetric", 1),
    ("f(x)'*y", "x", "f: function; x: n; y: n", 1),
]


def run(source: str) -> str:
    """What the file prints when it is run."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(source, "generated", "exec"), {"__name__": "__main__"})
    return output.getvalue()


def code(expression: str, wrt: str, declare: str | None, order: int, layout: str, target: str) -> str:
    derivation = derive(expression, wrt, declare=declare, order=order, layout=layout)
    return derivative_code(derivation.outcome, derivation.source.node, derivation.wrt, layout, "projected", target)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} by {case[1]}")
@pytest.mark.parametrize("layout", ["denominator", "numerator", "tensor"])
def test_numpy_files_agree(case: tuple[str, str, str | None, int], layout: str) -> None:
    assert "agrees with finite differences" in run(code(*case, layout, "numpy"))


@pytest.mark.parametrize("case", CASES[:3], ids=lambda case: f"{case[0]} by {case[1]}")
@pytest.mark.parametrize("target", ["jax", "torch"])
def test_other_files_agree(case: tuple[str, str, str | None, int], target: str) -> None:
    assert "agrees with finite differences" in run(code(*case, "denominator", target))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("gradient_U = 2*(t1 @ V.T)", "gradient_U = -2*(t1 @ V.T)"),
        ("gradient_U = 2*(t1 @ V.T)", "gradient_U = 1.999*(t1 @ V.T)"),
        ("gradient_V = 2*(U.T @ t1)", "gradient_V = 2*(U.T @ t1).T"),
        ("t1 = U @ V - X\n    t2", "t1 = 2*U @ V - X\n    t2"),
        ("hessian_U = _kron_eye(2*t2, n)", "hessian_U = np.kron(np.eye(n), 2*t2)"),
        ("return 2*(dU @ t2)", "return dU @ t2"),
    ],
)
def test_a_planted_error_is_seen(right: str, wrong: str) -> None:
    made = compile_derivatives("||X - U*V||^2", gradient=["U", "V"], hessian="U", hessian_operator="U")
    assert made.source.count(right) == 1
    assert run(made.source).count("agrees") == 5
    with pytest.raises(AssertionError, match="is wrong|has shape"):
        run(made.source.replace(right, wrong))


def test_a_transposition_is_seen_at_equal_sizes_too() -> None:
    source = code("x'*A*z", "A", None, 1, "denominator", "numpy")
    assert "np.outer(x, z)" in source
    run(source)
    with pytest.raises(AssertionError):
        run(source.replace("np.outer(x, z)", "np.outer(z, x)"))
