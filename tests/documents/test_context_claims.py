"""Claims of documents are asked with the definitions that they rest on; each document is one of its last claim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matcalc.documents.examination import verify_document
from tests.documents.notes import statuses

LAYERS = r"""
\begin{align} z^{[1]} &= W^{[1]} x + b^{[1]} \\ a^{[1]} &= \tanh(z^{[1]}) \\ z^{[2]} &= W^{[2]} a^{[1]} + b^{[2]} \end{align}

The loss is $L = \tfrac12\|z^{[2]} - y\|^2$, and we write $\delta^{[2]} = z^{[2]} - y$. Then """
SAMPLE = r"The sample is $z = \mu + s\odot\varepsilon$. For any loss $f(z)$, "

CHAIN = r"Let $h(p, q) = p^2q$, $p(s, t) = s + t$, $q(s, t) = st$, $s(k, m) = k - m$ and $t(k, m) = km$. Then "

PLANE = r"Let $h(p, q) = p^2 e^q$. "
GRAM = r"Let $K$ be an $n\times n$ positive definite matrix. "
FACTORS = r"Let $F(U, V) = \|R - UV^\top\|_F^2$ with $R\in\mathbb{R}^{m\times n}$ and $U\in\mathbb{R}^{m\times k}$. "
SCORES = (
    r"Consider $y = X\beta + \varepsilon$ with $X\in\mathbb{R}^{n\times p}$, and $Q(\beta) = (y - X\beta)^\top\Omega(y - X\beta)$"
    r" with a symmetric $\Omega$. "
)
MEASURED = r"Let $z = Hx + v$ with noise $v$ and $H\in\mathbb{R}^{m\times n}$. The cost is $J(x) = \frac12\|z - Hx\|^2$. "
SMOOTHED = r"Let $s = \|x\|^2 + \varepsilon$ and $f(x) = s + a^\top x$. "
SOUGHT = r"We minimise $E = \|A\theta - b\|^2$ over $\theta$, where $A\in\mathbb{R}^{m\times n}$. "
SOFTMAX = r"Let $z\in\mathbb{R}^K$ and $p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$. "

TRUE = [
    r"Let $L = \frac12\|Xw - y\|^2$. Then $\nabla L = X^\top(Xw - y)$.",
    SOUGHT + r"Then $\nabla E = 2A^\top(A\theta - b)$.",
    SOUGHT + r"Then $\nabla^2 E = 2A^\top A$.",
    r"Let $\phi_\gamma(x) = \sqrt{\|x\|^2 + \gamma^2}$. Then $\nabla\phi_\gamma(x) = x/\phi_\gamma(x)$.",
    FACTORS + r"Then $\partial F/\partial U = 2(UV^\top - R)V$.",
    FACTORS + r"Then $\nabla_V F = 2(UV^\top - R)^\top U$.",
    r"Let $\hat{R}_S(\theta) = \|A\theta\|^2$. Then $d\hat{R}_S/d\theta = 2A^\top A\theta$.",
    SCORES + r"Then $\frac{\partial Q}{\partial\beta} = -2X^\top\Omega(y - X\beta)$.",
    SCORES + r"With $r = y - X\beta$ we have $\nabla Q(\beta) = -2X^\top\Omega r$.",
    SCORES + r"Then $\frac{\partial y}{\partial\beta} = X^\top$.",
    MEASURED + r"Then $\nabla J(x) = H^\top(Hx - z)$.",
    SMOOTHED + r"Then $\nabla f(x) = 2x + a$.",
    r"Let $v = X\beta$ and $Q(\beta) = \|y - v\|^2$. Then $\nabla Q(\beta) = 2X^\top(v - y)$.",
    r"Let $L_\rho(x) = x^\top Q x$. Then $\nabla^2_{xx}L_\rho(x) = Q + Q^\top$.",
    r"Let $B = \begin{bmatrix} a & b \\ b & c \end{bmatrix}$. Then $\nabla_x\, x^\top B x = (B + B^\top)x$.",
    "# One\n\nLet $r(s, t) = s + t$.\n\n# Another\n\nLet $f(t) = r t^2$. Then $f'(t) = 2rt$.",
    "# One\n\nLet $r(t) = t^3$.\n\n# Another\n\nLet $f(t) = r + t$. Then $f'(t) = 3t^2 + 1$.",
    PLANE + r"$$\nabla h(p, q) = \begin{bmatrix} 2pe^q \\ p^2e^q \end{bmatrix}.$$",
    PLANE + r"$$\mathbf{H}_h = e^q \begin{pmatrix} 2 & 2p \\ 2p & p^2 \end{pmatrix}$$",
    PLANE + r"Then $\nabla h(1, 0) = [2, 1]$.",
    CHAIN
    + r"$\partial h/\partial k = \partial h/\partial s\,\partial s/\partial k + \partial h/\partial t\,\partial t/\partial k$.",
    CHAIN + r"$\frac{\partial h}{\partial p} = 2pq$.",
    CHAIN + r"With $h(k) = k^4$ we find $\frac{\partial h}{\partial t} = 2pq + p^2 s$.",
    r"The loss is $L(w) = \frac12\|Xw - y\|^2$. So $\nabla L(w) = X^\top(Xw - y)$.",
    r"Write $p = \sigma(Xw)$. With $E = -\sum_i (t_i\log p_i + (1 - t_i)\log(1 - p_i))$ we get $\nabla_w E = X^\top(p - t)$.",
    r"Let $\sigma(z) = 1/(1+e^{-z})$ and $f(w) = \sum_i \log\sigma(x_i^\top w)$. Then $\nabla f(w) = X^\top\sigma(-Xw)$.",
    LAYERS + r"$\frac{\partial L}{\partial W^{[2]}} = \delta^{[2]} (a^{[1]})^\top$.",
    LAYERS + r"$\frac{\partial L}{\partial a^{[1]}} = (W^{[2]})^\top \frac{\partial L}{\partial z^{[2]}}$.",
    LAYERS + r"$\frac{\partial L}{\partial z^{[2]}} = \delta^{[2]}$.",
    SAMPLE + r"$\frac{\partial f}{\partial s} = \frac{\partial f}{\partial z}\odot\varepsilon$.",
    r"Let $S = \frac1n X^\top X$. # Next" + "\n\n" + r"Then $\nabla_v\, v^\top S v = 2Sv$.",
    r"Let $K$ be symmetric. With $K = K_0 + tG$ we have $\frac{\partial}{\partial t}\, y^\top K y = y^\top G y$.",
    r"Put $\sigma = \sigma(Wz)$ and $B = \sum_i \log\sigma_i$. Then $\nabla_z B = W^\top(\mathbf{1} - \sigma(Wz))$.",
    r"With $\mathrm{KL}(\mu, s) = \frac12\sum_j(\mu_j^2 + s_j^2)$ we have $\frac{\partial\,\mathrm{KL}}{\partial\mu} = \mu$.",
    r"For a smooth $\varphi$ applied elementwise, $\nabla_x \sum_i \varphi((Ax)_i) = A^\top\varphi'(Ax)$.",
    r"Let $r(x) = Ax - b$. For one residual $\frac{d}{dr}\sqrt{1 + r^2} = \frac{r}{\sqrt{1 + r^2}}$.",
    "For $f(x) = a^\\top x$ it is easy.\n\nFor $f(x) = \\|x\\|^2$ we have $\\nabla f(x) = 2x$.",
    "`f(x, y) = x²y - 2xy`\n\n`∂²f/∂x² = 2y`",
    "`f(x) = (5x - 1)³`\n\nPut `u = 5x - 1`, so `f = u³`.\n\n`f'(x) = d/du(u³) · du/dx`",
    "`f(x) = x⁴ · sin(x)`\n\nWith `u = x·x³` and `v = sin(x)`: `f'(x) = u'v + uv'`",
    "`g = h(s, t) = s² + 3t`\n\n`∂h/∂s = 2s`",
    r"Let $f(x) = x^3$ and $g(x) = x + 1$. Then $\frac{d}{dx}\frac{f(x)}{g(x)} = \frac{f'(x) g(x) - f(x) g'(x)}{g^2(x)}$.",
    r"Let $A\in\mathbb{R}^{m\times n}$. Then $\frac{\partial}{\partial A}\mathbf{1}_m^\top A \mathbf{1}_n = \mathbf{1}_{m, n}$.",
    GRAM + r"We use $\frac{\partial K^{-1}}{\partial t} = -K^{-1}\frac{\partial K}{\partial t}K^{-1}$.",
    r"Let $K\in\mathbb{R}^{n\times n}$ be symmetric and $\mathcal{L}(K) = y^\top K^{-1} y$. With $a = K^{-1} y$"
    r" $\frac{\partial\mathcal{L}}{\partial t} = -a^\top\frac{\partial K}{\partial t} a$.",
    SOFTMAX + r"Then $\frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j)$.",
    SOFTMAX + r"Let $g(z) = \log\sum_j e^{z_j}$. Then $\nabla^2 g(z) = \operatorname{diag}(p) - pp^\top$.",
]

FALSE = [
    SOUGHT + r"Then $\nabla E = A^\top(A\theta - b)$.",
    r"Let $\phi_\gamma(x) = \sqrt{\|x\|^2 + \gamma^2}$. Then $\nabla\phi_\gamma(x) = 2x/\phi_\gamma(x)$.",
    FACTORS + r"Then $\partial F/\partial U = 2(R - UV^\top)V$.",
    r"Let $\hat{R}_S(\theta) = \|A\theta\|^2$. Then $d\hat{R}_S/d\theta = A^\top A\theta$.",
    SCORES + r"Then $\frac{\partial Q}{\partial\beta} = -2X^\top(y - X\beta)$.",
    SCORES + r"Then $\frac{\partial y}{\partial\beta} = 2X^\top$.",
    MEASURED + r"Then $\nabla J(x) = H(Hx - z)$.",
    SMOOTHED + r"Then $\nabla f(x) = a$.",
    r"Let $v = X\beta$ and $Q(\beta) = \|y - v\|^2$. Then $\nabla Q(\beta) = 2X^\top(y - v)$.",
    r"Let $L_\rho(x) = x^\top Q x$. Then $\nabla^2_{xx}L_\rho(x) = Q + 2Q^\top$.",
    PLANE + r"$$\nabla h(p, q) = \begin{bmatrix} 2pe^q \\ 2p^2e^q \end{bmatrix}.$$",
    PLANE + r"$$\mathbf{H} h(p, q) = e^q \begin{pmatrix} 2 & 2p \\ 2p & 2p^2 \end{pmatrix}$$",
    PLANE + r"Then $\nabla h(1, 0) = [2, 2]$.",
    CHAIN + r"$\frac{\partial h}{\partial k} = \frac{\partial h}{\partial s}\frac{\partial s}{\partial k}$.",
    r"Let $X \in \mathbb{R}^{n\times d}$. The loss is $L(w) = \frac12\|Xw - y\|^2$. So $\nabla L(w) = X(Xw - y)$.",
    LAYERS + r"$\frac{\partial L}{\partial W^{[2]}} = 2 \delta^{[2]} (a^{[1]})^\top$.",
    LAYERS + r"$\frac{\partial L}{\partial a^{[1]}} = 2 (W^{[2]})^\top \frac{\partial L}{\partial z^{[2]}}$.",
    SAMPLE + r"$\frac{\partial f}{\partial s} = 2\frac{\partial f}{\partial z}\odot\varepsilon$.",
    "For $f(x) = \\|x\\|^2$ it is easy.\n\nFor $f(x) = a^\\top x$ we have $\\nabla f(x) = 3x$.",
    GRAM + r"We use $\frac{\partial K^{-1}}{\partial t} = -K^{-2}\frac{\partial K}{\partial t}$.",
    SOFTMAX + r"Let $g(z) = \log\sum_j e^{z_j}$. Then $\nabla^2 g(z) = \operatorname{diag}(p) + pp^\top$.",
]

NEITHER = [
    r"Let $L = \frac12\|Xw - y\|^2$. Then $\nabla L = Xw - y$.",
    r"Let $E = \sum_{i=1}^N \|Rx_i + t - y_i\|^2$. Then $\frac{\partial E}{\partial y_i} = -2(Rx_i + t - y_i)$.",
    r"Let $g(x) = x^\top x$. Its model is $m(x + v) = g(x) + \nabla g(x)^\top v$.",
    r"Let $B = \begin{bmatrix} a & b \\ b & c \end{bmatrix}$. Then $\nabla_x\, x^\top B x = 2Bx$.",
    PLANE + r"Another one has $\nabla h(s, t) = [s, t]$.",
    PLANE + r"At that point $\nabla h(p, q) = [2, 1]$.",
    PLANE + r"Its expansion is $h(p, q) = h(0, 0) + \nabla h(0, 0)^\top z + o(1)$, and $\nabla h = [2, 1]$.",
    CHAIN + r"With $h(k) = k^4$ we find $\frac{\partial h}{\partial t} = 2pq$.",
    r"Let $f(x, y) = xy$ and $y(x) = x^2$. Then $\frac{df}{dx} = 3x^2$.",
    "`expm(A + B) = expm(A)*expm(B)` holds if A and B commute.",
    "For $f(x) = \\|x\\|^2$ it is easy.\n\nFor $f(x) = a^\\top x$ we have $\\nabla f(x) = 2x$.",
    r"For $f(x) = x^3 + 2x$ we have $\frac{df}{dx} = 5$ at one point.",
    r"Let $\sigma(z)_i = \begin{cases} 1 & i = 1 \\ 0 & i > 1 \end{cases}$. Then $\nabla_z \sum_i \sigma(z_i) = z$.",
    r"Then $\frac{\partial L}{\partial x} = 2\frac{\partial L}{\partial z}$.",
    r"Let $y = Ax$. Then $\frac{\partial L}{\partial x} = A y$.",
    SCORES + r"Then $\frac{\partial Q}{\partial\beta} = X^\top(\varepsilon - \varepsilon)$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("proved", "confirmed")


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "refuted"


def test_the_scores_of_data_are_those_of_differences() -> None:
    random = np.random.default_rng(5)
    X, y, b = random.normal(size=(4, 3)), random.normal(size=4), random.normal(size=3)
    W = np.diag(random.uniform(1, 2, size=4))
    cost = lambda at: (y - X @ at) @ W @ (y - X @ at)  # noqa: E731
    slopes = np.array([(cost(b + step) - cost(b - step)) / 2e-6 for step in 1e-6 * np.eye(3)])
    assert np.allclose(slopes, -2 * X.T @ W @ (y - X @ b), atol=1e-5)
    assert not np.allclose(slopes, -2 * X.T @ (y - X @ b), atol=1e-1)


@pytest.mark.parametrize("text", NEITHER)
def test_what_nothing_is_known_of_is_not_decided(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("not read", "undecided")


def test_a_function_that_is_defined_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text(r"We have $T(u + v) = T(u) + T(v)$. Let $s(u) = u^2$. Then $s(2u) = 4s(u)$.", encoding="utf-8")
    assert [entry.status for entry in verify_document(path).entries] == ["unknown function", "definition", "proved"]


NEARER = [
    r"Let $f(x) = x^3$ and $f_a(x) = ax$. Then $\frac{df}{dx} = a$.",
    r"For any $f$ and $g$ the rule is $(f \circ g)'(c) = f'(g(c))\, g'(c)$.",
    r"The data are $t = o + e$. With $l = \frac12\|t - o\|^2$ we get $\nabla_o l = o - t$.",
    r"Let $S_i = (S_0^{-1} + M)^{-1}$. With a unit prior we get $(S_0^{-1} + M)^{-1} = (I + M)^{-1}$.",
]
"""What is false as it stands, and may be meant otherwise."""


@pytest.mark.parametrize("text", NEARER)
def test_what_may_be_meant_otherwise_is_not_refuted(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] in ("undecided", "unknown function", "not read", "proved")


SCRIPTS = [
    r"$u_i^{(2)} = \sum_j m_{i,j}^{(2)} v_j + c_i^{(2)}$. So $\frac{\partial u_i^{(2)}}{\partial m_{i,j}^{(2)}} = v_j$.",
    r"$u^{l+1}_i = \sum_j m^{l+1}_{ij} v^l_j$ and $e = u^L$. So $\frac{dE}{dm^{l+1}_{ij}} = \frac{dE}{du^{l+1}_i} v^l_j$.",
    r"The vector $c_i$ is a row. Let $u_i = \sum_j c_{ij} v_j$. So $\frac{\partial u_i}{\partial v_j} = c_{ij}$.",
]
"""Labels and indices in any order, layers in exponents."""


@pytest.mark.parametrize("text", SCRIPTS)
def test_scripts(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "proved"


STEPS = [
    (r"$P = E[e e^\top] = (I - KH) B (I - KH)^\top = B - KHB - BH^\top K^\top + KHBH^\top K^\top$", "proved"),
    (r"$P = E[e e^\top] = (I - KH) B (I - KH)^\top = B - KHB + KHBH^\top K^\top$", "undecided"),
    (r"$\nabla_x\, x^\top x = x = 2x$", "proved"),
    (r"$\nabla_x\, x^\top x = 3x = 2x + x$", "refuted"),
]
"""Chains, and the status of their last equation: from the beginning where that can be read, else by itself."""


@pytest.mark.parametrize(("text", "expected"), STEPS)
def test_chain(text: str, expected: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == expected


def test_a_fact_does_not_leave_its_section_nor_a_definition_its_successor(tmp_path: Path) -> None:
    text = "# One\n\nLet $A$ be symmetric.\n\n# Two\n\n$$\\nabla_x\\, x^\\top A x = 2Ax$$"
    assert statuses(text, tmp_path)[-1] == "conditional"
    assert statuses(text.replace("# Two", "## Two"), tmp_path)[-1] == "proved"


NET = r"""
Let $u = M x + c$, $q = \operatorname{softmax}(u)$ and $C(q, t) = -\sum_k t_k \log q_k$. """
"""A loss whose argument has a value; what it depends on stands behind that."""

ANY = r"Let $\mathcal{E}_n = \|t_n - o_n\|^2$ be the error, and $u_i = \sum_j m_{i,j} v_j + c_i$. "
"""An error of which nobody says how it comes from the layer."""

OPENED = [
    (NET + r"Then $\frac{\partial C}{\partial u_j} = \sum_k \frac{\partial C}{\partial \hat{q_k}} u_k$.", "not read"),
    (
        NET
        + r"Then $\frac{\partial C}{\partial u_j} = \sum_k \frac{\partial C}{\partial q_k} \frac{\partial q_k}{\partial u_j}$.",
        "proved",
    ),
    (
        NET
        + r"Then $\frac{\partial C}{\partial u_j} = 2\sum_k \frac{\partial C}{\partial q_k} \frac{\partial q_k}{\partial u_j}$.",
        "refuted",
    ),
    (NET + r"Then $\frac{\partial C}{\partial u} = q - t$.", "conditional"),
    (NET + r"Then $\frac{\partial C}{\partial c} = q \sum_k t_k - t$.", "proved"),
    (NET + r"Then $\frac{\partial C}{\partial c} = q \sum_k t_k + t$.", "refuted"),
    (NET + r"Then $\frac{\partial C}{\partial q_j} = -t_j/q_j$.", "proved"),
    (NET + r"Then $\frac{\partial C}{\partial M} = x^\top (q - t)$.", "undecided"),  # of rows
    (NET + r"Then $\frac{\partial C}{\partial x} = M (q - t)$.", "refuted"),
    (ANY + r"Then $\frac{\partial \mathcal{E}}{\partial m_{i,j}} = \frac{\partial \mathcal{E}}{\partial u_i} v_j$.", "proved"),
    (
        ANY + r"Then $\frac{\partial \mathcal{E}}{\partial m_{i,j}} = 2\frac{\partial \mathcal{E}}{\partial u_i} v_j$.",
        "undecided",
    ),
    (ANY + r"Then $\frac{\partial \mathcal{E}}{\partial c_i} = \frac{\partial \mathcal{E}}{\partial u_i}$.", "proved"),
    (ANY + r"Then $\frac{\partial \mathcal{E}}{\partial c_i} = u_i$.", "not read"),
]


@pytest.mark.parametrize(("text", "status"), OPENED)
def test_functions_are_opened_to_what_a_claim_differentiates_by(text: str, status: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == status


LAYER = r"Put $u_i = \sum_j m_{i,j} v_j + c_i$. "
RESUMED = [
    (
        r"Let $s_i := \frac{\partial Q}{\partial u_i}$. It is added to the vector $u$. So $\frac{\partial Q}{\partial m_{i,j}} = s_i v_j$.",
        "proved",
    ),
    (
        r"Let $s_i := \frac{\partial Q}{\partial u_i}$. It is added to the vector $u$. So $\frac{\partial Q}{\partial m_{i,j}} = 3s_iv_j$.",
        "refuted",
    ),
    (
        r"Let $s_i := \frac{\partial Q}{\partial u_i}$. Consider the vector $u$. So $\frac{\partial Q}{\partial m_{i,j}} = s_i v_j$.",
        "not read",
    ),
    (r"The vector $i$ is no index. Let $s = \frac{\partial Q}{\partial u}$. So $\frac{\partial Q}{\partial c} = s$.", "proved"),
    (r"Let $s = \frac{\partial Q}{\partial u}$. So $\frac{\partial Q}{\partial M} = s v^\top$.", "proved"),
    (r"Let $s = \frac{\partial Q}{\partial u}$. So $\frac{\partial Q}{\partial M} = 2s v^\top$.", "refuted"),
    (r"Let $s = \frac{\partial Q}{\partial u}$. So $\frac{\partial Q}{\partial M} = m s v^\top$.", "not read"),
]
"""A layer that is spoken of again, entry by entry or as a whole; and a name that is introduced anew."""


@pytest.mark.parametrize(("text", "status"), RESUMED)
def test_what_is_spoken_of_again_keeps_its_value(text: str, status: str, tmp_path: Path) -> None:
    assert statuses(LAYER + text, tmp_path)[-1] == status


def test_an_index_within_an_accent_is_one_of_the_whole(tmp_path: Path) -> None:
    text = r"Let $\hat{o} = \tanh(u)$. Then $\frac{\partial \hat{o_k}}{\partial u_k} = 1 - \hat{o_k}^2$"
    assert statuses(text + ".", tmp_path)[-1] == "proved"
    assert statuses(text + r" and $\frac{\partial \hat{o_k}}{\partial u_k} = 1 - \hat{o_k}$.", tmp_path)[-1] == "refuted"


LABELS = (
    r"A label is a one-hot vector $$t = [t_1, t_2, \dots, t_K]^T$$ with $$t_k = \begin{cases} 1 & \text{if the class is } k \\ "
    r"0 & \text{otherwise} \end{cases}$$ Let $q = \operatorname{softmax}(u)$ and $C = -\sum_k t_k \log q_k$. Then "
)


def test_what_may_be_a_distribution_is_the_condition_of_a_claim(tmp_path: Path) -> None:
    assert statuses(LABELS + r"$\frac{\partial C}{\partial u} = q - t$.", tmp_path)[-1] == "conditional"
    assert statuses(LABELS + r"$\frac{\partial C}{\partial u} = 2q - t$.", tmp_path)[-1] == "undecided"


def test_a_vector_with_two_indices_is_no_error(tmp_path: Path) -> None:
    text = r"Let $C = \|u\|^2/2$ and $u = M x + c$ with $c\in\mathbb{R}^n$. Then $\frac{\partial C}{\partial c_{ij}} = u_i$."
    assert statuses(text, tmp_path)[-1] in ("undecided", "not read")


PRODUCT = (
    r"Let $H = FG$ be a product of matrices. $$H = \begin{bmatrix} h_{1,1} & h_{1,2} \\[0.5em] h_{2,1} & h_{2,2} \end{bmatrix}$$ "
    r"Then $\frac{\partial Q}{\partial F} = "
)
CHAINED = [
    (r"\frac{\partial Q}{\partial H} G^\top$.", "proved"),
    (r"\frac{\partial Q}{\partial H} F^\top$.", "undecided"),
    (r"\frac{\partial H}{\partial F}\frac{\partial Q}{\partial H}$.", "proved"),
    (r"\frac{\partial H}{\partial G}\frac{\partial Q}{\partial H}$.", "undecided"),
    (r"2\frac{\partial H}{\partial F}\frac{\partial Q}{\partial H}$.", "undecided"),
    (r"\frac{\partial Q}{\partial H}\frac{\partial H}{\partial F}$.", "undecided"),
]
"""A matrix whose entries are listed keeps its value; in a chain rule the derivatives by matrices are those by their entries."""


@pytest.mark.parametrize(("text", "status"), CHAINED)
def test_chain_rules_of_matrices(text: str, status: str, tmp_path: Path) -> None:
    assert statuses(PRODUCT + text, tmp_path)[-1] == status


USUAL = r"Let $a = \sigma(u)$, where $\sigma$ is KIND. Then $\frac{\partial a_k}{\partial u_k} = "


@pytest.mark.parametrize(
    ("kind", "claim", "status"),
    [
        ("the sigmoid activation function", r"a_k (1 - a_k)$.", "proved"),
        ("the sigmoid activation function", r"a_k (1 + a_k)$.", "refuted"),
        ("an activation function", r"\sigma'(u_k)$.", "proved"),
        ("an activation function", r"a_k (1 - a_k)$.", "undecided"),
    ],
)
def test_the_usual_function_of_a_letter(kind: str, claim: str, status: str, tmp_path: Path) -> None:
    assert statuses(USUAL.replace("KIND", kind) + claim, tmp_path)[-1] == status
