"""What people type at first: spellings that were read as something else, each beside what it means, and their neighbours as they were."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.base.errors import MatcalcError


@pytest.mark.parametrize(
    ("written", "name", "meant"),
    [
        ("(z - Gv)^T (z - Gv) + lambda v^T v", "v", "(z - G*v)'*(z - G*v) + λ*v'*v"),
        ("‖z − Gv‖² + lambda v'v", "v", "||z - G*v||^2 + λ*v'*v"),
        ("v′Gv", "v", "v'*G*v"),
        ("v′(G + G′)v", "v", "v'*(G + G')*v"),
        ("z′z − 2γ′G′z + γ′G′Gγ", "γ", "z'*z - 2*γ'*G'*z + γ'*G'*G*γ"),
        ("(z − Gv)′(z − Gv)", "v", "(z - G*v)'*(z - G*v)"),
        ("vdot(C, G)", "G", "sum(C.*G)"),
        ("dot(v, G, u)", "v", "v'*G*u"),
        ("u'*solve(G, v)", "v", "u'*inv(G)*v"),
        ("sum(max(0, 1 - z.*(G*v)))", "v", "sum(maximum(1 - z.*(G*v), 0))"),
        ("Σ_i max(0, 1 - z_i v'g_i)", "v", "Σ_i maximum(1 - z_i v'g_i, 0)"),
        ("Σ_i (1 - z_i v'g_i)_+", "v", "Σ_i maximum(1 - z_i v'g_i, 0)"),
        (r"\sum_i [1 - z_i v^\top g_i]_+", "v", "Σ_i maximum(1 - z_i v'g_i, 0)"),
        ("Σ_i [1 - z_i v'g_i]_+", "v", "Σ_i maximum(1 - z_i v'g_i, 0)"),
        ("sum((v > 0).*v)", "v", "sum(step(v).*v)"),
        ("sum(min(v, 0))", "v", "sum(minimum(v, 0))"),
        ("sum(log2(v))", "v", "sum(log(v))/log(2)"),
        ("tr(matmul(C, G))", "G", "tr(C*G)"),
        (r"\mathbf{c}\cdot\mathbf{v}", "v", "c'*v"),
        (r"\frac{N}{2}\{\ln|C| + \operatorname{tr}(C^{-1}G)\}", "C", "N/2*(log(det(C)) + tr(inv(C)*G))"),
        (r"\max(0, c^\top v)^2", "v", "maximum(c'*v, 0)^2"),
        (r"\sum_i \max\{0, 1 - z_i v^\top g_i\}", "v", "Σ_i maximum(1 - z_i v'g_i, 0)"),
        ("gradient of ||Gv - z||^2", "v", "||G*v - z||^2"),
        ("What is the derivative of tr(C X) with respect to X?", "X", "tr(C*X)"),
        (r"compute the partial derivative of $v^\top G v$ w.r.t. $v$", "v", "v'*G*v"),
        ("differentiate f(v) = v'Gv + c'v", "v", "v'*G*v + c'*v"),
    ],
)
def test_it_is_read_as_it_is_meant(written: str, name: str, meant: str) -> None:
    found = matcalc.derive(written, name)
    assert found.text("ascii") == matcalc.derive(meant, name).text("ascii")
    assert found.reading.warnings == ()


@pytest.mark.parametrize(
    "written",
    [
        "hessian of v'Gv", "the Hessian matrix of v'Gv wrt v", "second derivative of $v'Gv$ with respect to v?", r"2nd derivative of v^\top G v",
        "h = v'Gv; second-order derivative of h", "Compute the second partial derivatives of v'Gv with respect to v, G is n x n",
    ],
)  # fmt: skip
def test_words_say_how_often_is_differentiated(written: str) -> None:
    for found in (matcalc.derive(written, "v"), matcalc.derive(written, "v", order=2), matcalc.hessian(written, "v")):
        assert str(found) == "G + Gᵀ"
    for call in (matcalc.gradient, matcalc.jacobian):
        with pytest.raises(MatcalcError, match="second derivative, and a first"):
            call(written, "v")


@pytest.mark.parametrize(
    "written", ["gradient of v'Gv", "the first derivative of v'Gv wrt v", "v'Gv wrt v", "derivative of v'Gv by v"]
)
def test_words_that_leave_the_order_open_do_not_contradict(written: str) -> None:
    open_ = "gradient" not in written and "first" not in written
    assert str(matcalc.derive(written, "v")) == "(G + Gᵀ) v"
    if open_:
        assert str(matcalc.hessian(written, "v")) == "G + Gᵀ"
    else:
        with pytest.raises(MatcalcError, match="first derivative, and a second"):
            matcalc.hessian(written, "v")


def test_names_in_words_are_enough() -> None:
    assert str(matcalc.derive("hessian of v'Gv wrt v")) == "G + Gᵀ"
    assert str(matcalc.derive("hessian of v'Gu wrt v and u")) == "G"
    with pytest.raises(MatcalcError, match="2 names are several"):
        matcalc.derive("gradient of v'Gu wrt v, u")


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        ("lambda x: x @ G @ x", "x", "(G + G')*x"),
        ("σ′(u'v)", "v", "t = sigmoid(u'*v); t*sigmoid(-u'*v)*(1 - 2*t)*u"),
        ("W1tanh(v)", "v", "diag(1 - tanh(v).^2)*W1'"),
        ("G†v", "v", "pinv(G)'"),
        ("v'G v % the form", "v", "(G + G')*v"),
    ],
)
def test_its_neighbours_stay_what_they_are(written: str, name: str, value: str) -> None:
    assert matcalc.derive(written, name).text("ascii") == value


@pytest.mark.parametrize(
    ("written", "name", "meant", "shown"),
    [
        ("exp(-||v - v′||^2)", "v", "exp(-||v - u||^2)", "v′ is read as one name"),
        ("c·v", "v", "c*eye(n)*v", "c before the dot is read as a number"),
        ("dot(C, G)", "G", "C", "dot is read as the inner product of vectors, although C is a capital"),
    ],
)
def test_what_could_be_meant_otherwise_is_doubted(written: str, name: str, meant: str, shown: str) -> None:
    found = matcalc.derive(written, name)
    assert shown in found.reading.warnings
    with pytest.raises(MatcalcError):
        matcalc.derive(written, name, strict=True)


def test_a_name_with_a_prime_can_be_declared() -> None:
    assert matcalc.derive("v'*v′", "v", declare="v, v′: n").text("ascii") == "v′"


@pytest.mark.parametrize(
    ("written", "name", "advice"),
    [
        ("v^† G v", "v", "v' for the transpose"),
        ("v^{\\dagger} G v", "v", "v' for the transpose"),
        ("v^+", "v", "relu(v) for the positive part"),
        ("C %o% G", "C", "u %*% t(v)"),
        ("l2norm(v)", "v", "norm2"),
        ("max v", "v", "max(x) for the largest entry"),
        ("derivative of tr(C X) with respect to X", "C", "the derivative by X"),
        ("hessian of d/dv v'Gv", "v", "the words alone"),
        ("gradient of v'Gv wrt v and u", "v", "the derivative by v and u"),
        ("v'v, the norm", "v", "the formula alone"),
        (r"\max_i v", "v", "max(x) for the largest entry"),
    ],
)
def test_what_means_something_else_is_refused(written: str, name: str, advice: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        matcalc.derive(written, name)
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        ("v'Gv, G is n x n", {"G": "n×n"}),
        ("‖Gv − z‖², v ∈ ℝᵏ, G ∈ ℝᵐˣᵏ", {"v": "k", "G": "m×k"}),
        ("c v'v, c scalar", {"c": "scalar"}),
        (r"v^\top G v, \quad G \in \mathbb{R}^{k \times k}", {"G": "k×k"}),
        ("v'Gv, G symmetric", {"G": "n×n symmetric"}),
        ("v'G C v, G and C are symmetric", {"G": "n×n symmetric", "C": "n×n symmetric"}),
    ],
)
def test_what_is_said_behind_a_comma_is_declared(written: str, declared: dict[str, str]) -> None:
    found = matcalc.derive(written, "v").declarations
    assert {name: found[name] for name in declared} == declared


def test_facts_behind_a_comma_belong_to_a_statement() -> None:
    assert matcalc.verify("d(v'Gv)/dv = 2Gv, G symmetric").status == "proved"
    assert matcalc.verify("d(v'Gv)/dv = 2Gv, G ∈ ℝⁿˣⁿ").status == "conditional"
    assert matcalc.verify("d(v'Gv)/dv = 3Gv, G symmetric").status == "refuted"


def test_words_of_a_request_are_no_part_of_a_statement() -> None:
    with pytest.raises(MatcalcError):
        matcalc.verify("gradient of v'v = 2v")


@pytest.mark.parametrize(
    ("written", "name", "meant"),
    [
        ("np.log(np.linalg.det(G + s*np.eye(n)))", "s", "log(det(G + s*eye(n)))"),
        ("u @ (np.eye(3)*s) @ v", "v", "s*u'*v"),
        ("np.sum((G @ v - z)**2) + v @ (s * np.eye(4)) @ v", "v", "norm2(G*v - z)^2 + s*v'*v"),
    ],
)
def test_an_identity_beside_a_letter_is_a_multiple_of_it(written: str, name: str, meant: str) -> None:
    assert matcalc.derive(written, name).text("ascii") == matcalc.derive(meant, name, declare={"s": "scalar"}).text("ascii")
    spread = matcalc.derive("np.sum(G * s)", "s")
    assert spread.text("ascii") == matcalc.derive("ones'*G*s", "s").text("ascii")
