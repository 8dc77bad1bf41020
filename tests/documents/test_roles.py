"""What formulas are for, in the sentences that they stand in. A formula in double dollar signs is a display."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from matcalc.documents.blocks import Formula, Piece, Place, Role, Words, placed
from matcalc.documents.roles import reason_of, role_of
from matcalc.documents.rows import rows
from matcalc.documents.sides import Head, head_of
from matcalc.documents.sorting import sorted_rows, surroundings
from tests.documents.notes import statuses, verified

HERE = Place("notes.md", 1)


def pieces(text: str) -> list[Piece]:
    found: list[Piece] = []
    for part in re.split(r"(\$\$[^$]*\$\$|\$[^$]*\$)", text):
        if part.startswith("$"):
            found.append(Formula(placed(part.strip("$"), HERE), part.startswith("$$")))
        elif part:
            found.append(Words(placed(part, HERE)))
    return found


def roles(text: str) -> list[Role]:
    """The roles of the rows of a text, in order."""
    return [role for _, found in sorted_rows(pieces(text)) for _, role in found]


SAID: dict[str, list[Role]] = {
    # what is not read whatever it says
    r"$$\mathbb{E}[aU + b] = a\,\mathbb{E}[U] + b, \quad \operatorname{Var}(aU) = a^2\operatorname{Var}(U)$$": [
        "probability",
        "probability",
    ],
    r"Then $\log P(A \mid B) = \log P(B \mid A) + \log P(A) - \log P(B)$.": ["probability"],
    r"Let $E(w) = \|w\|^2$. Then $E(3w) = 9E(w)$.": ["definition", "claim"],
    r"$$\frac{\partial \log p(t \mid \mu)}{\partial \mu} = t - \mu$$": ["claim"],
    r"We have $h(t + s) = h(t) + s h'(t) + o(s^2)$ and $h(t + s) = h(t) + s h'(t) + \mathcal{O}(s^2)$.": [
        "claim",
        "not an equation",
    ],
    r"Thus $O(x - y) = Ox - Oy$ for a rotation.": ["claim"],
    r"Thus $P(I + QP)^{-1} = (I + PQ)^{-1}P$ and $f(|u|)\,u = u f(|u|)$.": ["claim", "claim"],
    r"Thus $E(I + FE)^{-1} = (I + EF)^{-1}E$ and $\mathbf{P}(I - K) = \mathbf{P} - \mathbf{P}K$.": ["claim", "claim"],
    r"Thus $E(u_{k-1} + v) = E(u_{k-1}) + E[v]$.": ["probability"],
    # definitions
    r"The loss is $$L(w) = \tfrac12\|Xw - y\|^2 .$$ Its gradient is $$\nabla L(w) = X^\top(Xw - y).$$": ["definition", "claim"],
    r"Let $p = \sigma(Xw)$ and write $z^{[1]} = W^{[1]}x$.": ["definition", "definition"],
    r"$$K_\sigma := K + \sigma^2 I$$": ["definition"],
    r"We put $\hat y = \mathrm{softmax}(z)$, where $z = Wx + b$.": ["definition", "definition"],
    r"$$\hat w = \arg\min_w L(w)$$": ["definition"],
    r"$$\delta := \frac{\partial L}{\partial z} = \hat y - y$$": ["definition", "claim"],
    r"$$f(x) = a = b$$": ["definition", "definition"],
    # claims
    r"Let $\Pi = T(T^\top T)^{-1}T^\top$. Then $\Pi^2 = \Pi$ and $\operatorname{tr}(\Pi) = k$.": ["definition", "claim", "claim"],
    r"Then $(PQ)^\top = Q^\top P^\top$ and $\operatorname{tr}(PQ) = \operatorname{tr}(QP)$.": ["claim", "claim"],
    r"We have $f'(x) = 2x$.": ["claim"],
    r"If $O$ is orthogonal, $O^{-1} = O^\top$.": ["notation", "claim"],
    r"$$m(-H^{-1}g) = -\tfrac12 g^\top H^{-1}g$$": ["claim"],
    r"With $E(w) = \|w\|^2$ we find, expanding it, $E(w) = w^\top w$.": ["definition", "claim"],
    r"Products: $\mathrm{d}(AY) = A\,\mathrm{d}Y$.": ["claim"],
    r"For symmetric $S$ and antisymmetric $K$, $\operatorname{tr}(SK) = 0$.": ["notation", "notation", "claim"],
    r"$$X^\top(y - X(X^\top X)^{-1}X^\top y) = 0$$": ["claim"],
    r"$$x^\top K x = 0 \quad\text{if } K^\top = -K$$": ["claim"],
    r"Let $f(s, t) = st$. Then $$\nabla f(s, t) = \begin{bmatrix} t \\ s \end{bmatrix}$$": ["definition", "claim"],
    r"Let $f(s, t) = st$. Then $$\mathbf{H}_f = \begin{pmatrix} 0 & 1 \\ 1 & 0 \end{pmatrix}$$": ["definition", "claim"],
    r"Let $f(x) = x$. Then $$\nabla f(x) = \begin{bmatrix} \partial f/\partial x_1 \\ \vdots \end{bmatrix}$$": [
        "definition",
        "not an equation",
    ],
    r"$$\nabla g(s, t) = \begin{bmatrix} t \\ s \end{bmatrix}$$": ["not an equation"],
    r"$$\mathbf{x}^\top A \mathbf{x} = x_i a_{ij} x_j$$": ["claim"],
    # conditions and what solves them
    r"Setting $\nabla L = 0$ gives the normal equations $X^\top X w = X^\top y$, with the solution $\hat w = (X^\top X)^{-1}X^\top y$": [
        "first-order condition",
        "first-order condition",
        "solution",
    ],
    r"Indeed $\nabla L(\hat w) = 0$.": ["claim"],
    r"Since it does not depend on x, $\nabla_x c = 0$.": ["claim"],
    r"$$\nabla L(w) \overset{!}{=} 0$$": ["first-order condition"],
    r"$$\nabla L = 2Ax = 0 \implies x = A^{-1}b$$": ["claim", "first-order condition", "solution"],
    r"It is minimal at $K^* = PH^\top S^{-1}$.": ["solution"],
    r"$$0 = \nabla L = 2Ax$$": ["first-order condition", "claim"],
    # facts
    r"Let $R$ be a rotation, $R^\top R = I$.": ["notation", "fact"],
    r"The columns are orthonormal ($Q^\top Q = I$).": ["fact"],
    r"This holds because $u^\top u = 1$; moreover $\|u\|^2 = u^\top u$.": ["fact", "claim"],
    r"Let $\Sigma \succ 0$.": ["fact"],
    r"where $y$ is one-hot, so $\sum_c y_c = 1$.": ["notation", "fact"],
    r"If $\mathrm{d}f = \operatorname{tr}(G^\top \mathrm{d}X)$ for all $\mathrm{d}X$ then": ["fact", "notation"],
    # equations that are no identities: what is unknown in them is to be found
    r"Two vectors are orthogonal, $v \cdot w = 0$, and $A x = b$ is solved.": ["fact", "first-order condition"],
    r"The matrices commute ($AB = BA$): $\det(A - \lambda I) = 0$, and $A v = \lambda v$.": ["claim", "fact", "fact"],
    r"$$y'' + 2y' + 5y = 0$$": ["fact"],
    r"$$\langle \mathbf{q}_i, \mathbf{q}_j \rangle = \delta_{ij}$$": ["fact"],
    r"$$\sigma^2 = \frac{1}{n} \sum_i (x_i - \mu)^2$$": ["definition"],
    # the rest
    r"$X \in \mathbb{R}^{n\times p}$, $f: \mathbb{R}^n \to \mathbb{R}$": ["declaration", "declaration"],
    r"the fit needed $k = 7$ steps at $\mu = 10^{-3}$, a share of $\rho = 0.87$": ["number", "number", "number"],
    r"the sum over $i = 1, \dots, n$ of $x_i$": ["notation", "notation"],
    r"$$\|\nabla f(x)\| \le \|A\|\,\|x\| = L\|x\|$$": ["inequality", "inequality"],
    r"$$f'(x) = \lim_{h \to 0} \frac{f(x+h) - f(x)}{h}$$": ["limit"],
    r"$$L(w + \epsilon) \approx L(w)$$": ["not an equation"],
    r"$$\nabla f = \begin{pmatrix} a \\ b \end{pmatrix}$$": ["not an equation"],
    r"$$w \gets w - \eta \nabla L(w)$$": ["not an equation"],
}


@pytest.mark.parametrize("text", SAID)
def test_roles(text: str) -> None:
    assert roles(text) == SAID[text]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"a \approx b", "approximation"),
        (r"w \gets w - x", "assignment"),
        (r"\nabla f = \begin{cases} a & x > 0 \\ b & x < 0 \end{cases}", "by cases"),
        (r"\nabla f = (a, \dots, b)", "ellipsis"),
        ("= b", "left side"),
    ],
)
def test_what_is_no_equation_has_a_reason(text: str, words: str) -> None:
    for formula, around in surroundings([Formula(placed(text, HERE), True)]):
        (row,) = rows(formula)
        assert role_of(row, around) == "not an equation"
        assert words in reason_of(row, "not an equation")


@pytest.mark.parametrize(
    ("text", "head"),
    [
        (r"\hat{\mathbf w}_{t+1}", Head("w_hat_t+1")),
        (r"f_\theta\left(x, y\right)", Head("f_theta", ("x", "y"))),
        (r"\mathsf{K}^{*}", Head("K_star")),
        (r"\operatorname{prox}(x)_i", Head("prox_i", ("x",))),
        *[
            (text, None)
            for text in (r"A^\top", "x^2", "Ax", r"\Pi T", r"\nabla f", "f'(x)", r"\psi(x+s)", r"\frac{a}{b}", "2x", "a, b")
        ],
    ],
)
def test_heads(text: str, head: Head | None) -> None:
    assert head_of(text) == head


def test_an_equation_with_a_number_behind_with_is_no_claim(tmp_path: Path) -> None:
    """It says of which things something holds."""
    text = r"Let $w = 2u$. We look at the points $v$ with $w \cdot v = 1$. We have $w \cdot v = 2u \cdot v$."
    assert [entry.role for entry in verified(text, tmp_path).entries] == ["definition", "notation", "fact", "claim"]


def test_an_operator_of_the_authors_own_is_no_claim(tmp_path: Path) -> None:
    """A name set upright that the document gives no formula: what is said with it cannot be checked. One with a formula, or usual, can."""
    text = r"The \(\operatorname{glue}\) operator joins. Then $\frac{\partial u}{\partial v} = \operatorname{glue}(a, b)$."
    assert [entry.role for entry in verified(text, tmp_path).entries][-1] == "unknown function"
    text = r"Then $\frac{\partial u}{\partial v} = glue(a, b)$."
    assert [entry.role for entry in verified(text, tmp_path).entries][-1] == "claim"


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (r"Then $\frac{dA}{dt} = \int h(x) e^{tx} dx$.", "integral"),
        (r"Then $\frac{d}{dt} t^2 = \int_0^t 2\,dx = 2t$.", "integral"),
        (r"Then $\sum_{k=0}^\infty q^k = \frac{1}{1 - q}$.", "limit"),
        (r"Then $G(-\infty) = 1 - G(\infty)$.", "limit"),
        (r"Then $(A \cup B) \cap C = (A \cap C) \cup (B \cap C)$.", "not an equation"),
        (r"Then $G(y) = P(h(X) \leq y)$ is one. Then $1 - G(y) = P(h(X) > y)$.", "probability"),
        (r"Then $\xbar = \frac{1}{n} \sum_i x_i$.", "definition"),
        (r"Then $\rss(\bhat) = (y - X\bhat)^\top(y - X\bhat)$.", "claim"),
        (r"Then $\hat\sigma^2_{\text{new}} = \frac1n \sum_i (x_i - \mu)^2$.", "definition"),
        (r"Then $A^\intercal B = (B^\intercal A)^\intercal$.", "claim"),
        (r"Then $\|x\|_\infty = \|x\|_\infty$.", "claim"),
    ],
)
def test_what_is_beyond_formulas(text: str, role: str, tmp_path: Path) -> None:
    assert [entry.role for entry in verified(text, tmp_path).entries][-1] == role


def test_a_command_that_nobody_defines_is_said_to_be_one(tmp_path: Path) -> None:
    reason = verified(r"Then $\frac{d}{dx} \rss(x) = 2x$.", tmp_path).entries[-1].reason
    assert r"\rss" in reason and "defines it" in reason


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (r"The step is $\Delta \mathbf{x} = -\nabla g(\mathbf{x})$.", "definition"),
        (r"The step is $\Delta x_\text{new} = -(\nabla^2 g(x))^{-1} \nabla g(x)$.", "definition"),
        (r"Let $u(x) = x^\top x$. Then $\Delta u = \operatorname{tr}(\nabla^2 u(x))$.", "claim"),
        (r"We have $\Delta u = \nabla \cdot \nabla u$.", "claim"),
        (r"Let $g(x) = x^\top x$. Take $\hat{g}(x + v) = g(x) + \nabla g(x)^\top v$.", "definition"),
        (r"Let $g(x) = x^\top x$. Then $g(x + v) = g(x) + \nabla g(x)^\top v$.", "claim"),
        (r"Let $h(x) = 2x$. Take $\hat{h}(x + v) = \hat{h} x + \hat{h} v + h(0)$.", "claim"),
        (r"To get this, let $$\begin{align} A x &= b \\ B x &= -C x \end{align}$$", "fact"),
        (r"A model is $\hat{g}(x + v) = g(x) + \nabla g(x)^\top v$.", "definition"),
        (r"Let $u = Ab$. Then $u - \inf_y h(y) = \frac12 h(u)^2$.", "not an equation"),
        (r"The hypothesis is $H_0: \theta = \theta_0$.", "fact"),
        (r"Let $w = Ab$. Then $s^2 = w^\top w$.", "definition"),
        (r"Let $A$ be symmetric, then $(A B)^\top = B^\top A$.", "claim"),
        (r"Let $L(w) = w^\top w$. Then $\nabla L(w) = 2 w$.", "claim"),
    ],
)
def test_steps_and_models(text: str, role: str, tmp_path: Path) -> None:
    assert [entry.role for entry in verified(text, tmp_path).entries][-1] == role


ROUGH = [
    r"Thus $q(z + ta) - q(z) = t \nabla q(z)^\top a + o(t \|a\|)$.",
    r"Thus $q(z + a) = q(z) + \nabla q(z)^\top a + O(\|a\|^2)$.",
    r"Thus $\delta q(z) = \nabla q(z)^\top a + \text{higher-order terms}$.",
]


@pytest.mark.parametrize("text", ROUGH)
def test_what_holds_up_to_a_remainder_is_no_claim(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path) == []


def test_apostrophes_of_text_processors_are_primes(tmp_path: Path) -> None:
    assert statuses("Let $q(t) = t^3$. Then $q\u2019(t) = 3t^2$ and $q\u2019\u2019(t) = 6t$.", tmp_path) == ["proved", "proved"]


def test_letters_of_an_eigendecomposition_are_not_any_matrices(tmp_path: Path) -> None:
    text = r"Here $B = U \Lambda U^\top$. We have $U^{-\top} \Lambda = U \Lambda$ and $\det(U \Lambda U^\top) = \det \Lambda$."
    assert "refuted" not in statuses(text, tmp_path)


@pytest.mark.parametrize("name", ["f", "q", "L"])
def test_the_difference_of_two_values_of_a_function_is_a_claim(name: str, tmp_path: Path) -> None:
    text = rf"Let ${name}(v) = v^\top S v$ with symmetric $S$. Thus ${name}(v + h) - {name}(v) = 2h^\top S v + h^\top S h$."
    assert statuses(text, tmp_path) == ["proved"]
    assert statuses(text.replace(" + h^\\top S h", ""), tmp_path) == ["refuted"]
