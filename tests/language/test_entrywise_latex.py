r"""What people write entry by entry where LaTeX has no sign for it: powers and quotients of vectors, ``e^x``, ``\sigma'(z)``."""

from __future__ import annotations

import pytest

from matcalc import verify


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (r"a = \tanh(z); \frac{\partial a}{\partial z} = \operatorname{diag}(1 - a^2)", ("a^2", "a")),
        (r"\nabla_p \sum_i y_i \log p_i = \frac{y}{p}", (r"\frac{y}{p}", r"\frac{p}{y}")),
        (
            r"\nabla_x \log\Big(\sum_{i=1}^{d} e^{x_i}\Big) = \frac{e^{x}}{\mathbf{1}^\top e^{x}}",
            (r"= \frac{e^{x}}", r"= \frac{2e^{x}}"),
        ),
        (r"\sigma'(z) = \sigma(z)(1 - \sigma(z))", ("1 -", "2 -")),
        (r"\sigma'\!\left(z\right) = \sigma\!(z)\big(1 - \sigma\!\left(z\right)\big)", ("1 -", "2 -")),
        (r"\nabla_z \mathbf{1}^\top \tanh(Wz) = W^\top \tanh'(Wz)", (r"\tanh'(Wz)", r"\tanh(Wz)")),
        (r"(AB)^\top_{ij} = (B^\top A^\top)_{ij}", (r"= (B", r"= 2(B")),
        (r"M^T_{pq} = M_{qp}", ("= M_{qp}", "= 2M_{qp}")),
        (r"Z = X^\top; \frac{\partial L}{\partial X} = \frac{\partial L}{\partial Z}^\top", (r"= \frac", r"= 2\frac")),
        ("f = norm(A*x - b)^2 + lam*x'*x; d2f/dx2 = 2*A'*A + 2*lam*I", ("2*lam", "lam")),
        ("f = norm(A*x - b)^2 + lam*x'*x; df/dlam = x'*x", ("= x'*x", "= 2*x'*x")),
    ],
)
def test_true_and_false(true: str, false: tuple[str, str]) -> None:
    declare = {"z": "n"} if "Wz" in true else {"z": "scalar"} if "sigma" in true else {"x": "d"} if r"e^{x}" in true else {}
    assert verify(true, declare=declare).status == "proved"
    changed = (
        true.replace(*false) if false[0].startswith("=") or true.count(false[0]) == 1 else false[1].join(true.rsplit(false[0], 1))
    )
    assert changed != true
    assert verify(changed, declare=declare).is_false


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (r"u = M v + c; \frac{\partial E}{\partial M_{i,j}} = \frac{\partial E}{\partial u_i} v_j", ("v_j", "v_i")),
        (
            r"u_i = \sum_j M_{ij} v_j; \frac{\partial E}{\partial v_j} = \sum_i M_{ij} \frac{\partial E}{\partial u_i}",
            ("= \\sum_i", "= 2\\sum_i"),
        ),
        (r"u^{[2]} = M^{[2]} v + c^{[2]}; \frac{\partial u_j^{[2]}}{\partial M_{j,i}^{[2]}} = v_i", ("= v_i", "= 2v_i")),
        (
            r"u^{(2)} = M^{(\ell)} v; \frac{dE}{dv_j} = \sum_{i=1}^{d_\ell} M^{(\ell)}_{ij} \frac{dE}{du^{(2)}_i}",
            ("= \\sum", "= 2\\sum"),
        ),
    ],
)
def test_entries_of_derivatives_without_a_formula(true: str, false: tuple[str, str]) -> None:
    assert verify(true).status == "proved"
    assert true.count(false[0]) >= 1
    assert verify(false[1].join(true.rsplit(false[0], 1))).is_false


def test_numbers_stay_numbers() -> None:
    for text in (r"\frac{d}{dx} \frac{1}{x} = -\frac{1}{x^2}", r"\frac{d}{dx} e^{2x} = 2e^{2x}", r"\frac{d}{dx} x^3 = 3x^2"):
        found = verify(text)
        assert found.status == "proved"
        assert found.declarations == {"x": "scalar"}


def test_the_power_of_a_vector_is_doubtful() -> None:
    assert verify(r"\nabla_x \mathbf{1}^\top x^2 = 2x", declare="x: n").warnings == (
        "a power of a vector is read entry by entry",
    )
