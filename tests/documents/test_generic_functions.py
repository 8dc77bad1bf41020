"""Functions without a formula, derivatives at points, and numbers whose square is zero."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

SMOOTH = "Let $p$ and $q$ be smooth. "
WITH_FORMULA = r"Let $h(t) = t^3 + kt$. "
NILPOTENT = r"Let $\eta$ be nilpotent, that is $\eta^2 = 0$. "

TRUE = [
    SMOOTH + r"Then $\frac{d}{dt}(p(t) - q(t)) = \frac{dp}{dt}(t) - \frac{dq}{dt}(t)$.",
    SMOOTH + r"Then $\frac{d}{dt}(p(t) q(t)) = \frac{dp}{dt} q(t) + p(t) \frac{dq}{dt}$.",
    SMOOTH + r"Then $\frac{d}{dt} p(q(t)) = \frac{dp}{dq}(q(t)) \cdot \frac{dq}{dt}(t)$.",
    SMOOTH + r"Then $(p \circ q)'(s) = p'(q(s)) q'(s)$.",
    SMOOTH + r"Then $(pq)'' = p''q + 2p'q' + pq''$.",
    SMOOTH + r"Then $(p + q)'' = p'' + q''$.",
    r"We have $\frac{d}{dt} u(t)^3 = 3 u(t)^2 \frac{du}{dt}(t)$.",
    "# First\nLet $p(A) = \\operatorname{tr}(A^2)$.\n\n# Second\nLet $p: \\mathbb{R} \\to \\mathbb{R}$ be smooth. "
    "Then $\\frac{d}{dt}(k p(t)) = k \\frac{dp}{dt}(t)$.",
    WITH_FORMULA + r"Then $\frac{dh}{dt}(t) = 3t^2 + k$.",
    WITH_FORMULA + r"Then $\frac{d^2h}{dt^2}\left(t\right) = 6t$.",
    WITH_FORMULA + r"Then $\frac{dh}{dt}(t_0) = 3t_0^2 + k$.",
    WITH_FORMULA + r"Then $\frac{dh}{dt}(t + 1) = 3(t + 1)^2 + k$.",
    WITH_FORMULA + r"Then $\frac{dh}{dt}(a + b) = (3t^2 + k)(a + b)$.",
    r"Let $g(x, y) = x^2 y$. Then $\frac{\partial g}{\partial x}(x, y) = 2xy$.",
    NILPOTENT + r"Then $(a + b\eta)(c - e\eta) = ac + (bc - ae)\eta$.",
    NILPOTENT + "Moreover\n\n$$\\frac{1}{1 + \\eta} = 1 - \\eta.$$",
    NILPOTENT + WITH_FORMULA + r"Then $h(a + b\eta) = h(a) + b h'(a)\eta$.",
    WITH_FORMULA + r"Then $\frac{dh}{dt}(c) = 3c^2 + k$.",
    WITH_FORMULA + r"Put $t = 2c$. Then $\frac{dh}{dc}(c) = 24c^2 + 2k$.",
]
FALSE = [
    SMOOTH + r"Then $\frac{d}{dt}(p(t) q(t)) = \frac{dp}{dt}(t) \frac{dq}{dt}(t)$.",
    SMOOTH + r"Then $\frac{d}{dt} p(q(t)) = \frac{dp}{dt}(t) \frac{dq}{dt}(t)$.",
    SMOOTH + r"Then $(p \circ q)'(s) = p'(s) q'(s)$.",
    WITH_FORMULA + r"Then $\frac{dh}{dt}(t) = 3t^2 - k$.",
    WITH_FORMULA + r"Then $\frac{d^2h}{dt^2}(t) = 3t$.",
    WITH_FORMULA + r"Then $\frac{dh}{dt}(t + 1) = 3(t - 1)^2 + k$.",
    NILPOTENT + WITH_FORMULA + r"Then $h(a + b\eta) = h(a) - b h'(a)\eta$.",
]
OPEN = [
    SMOOTH + r"Then $(pq)'' = p''q + p'q' + pq''$.",
    SMOOTH + r"Then $(pq)'' = p''q''$.",
    SMOOTH + r"Then $(pq)'' = pq''$.",
    SMOOTH + r"Then $(p/q)'' = p''/q - 2p'q'/q^2 - p q''/q^2 + 2 p (q')^2/q^3$.",
    SMOOTH + r"Then $(pq)'' = (p''q + 2p'q' + pq'')'$.",
    r"Let $q$ be inverse to $p$. Then $\frac{d}{dt}(p(t) q(t)) = p'(t) q(t) + p(t)/p'(q(t))$.",
    r"For matrices $\frac{d}{dt} C(t)^2 = 2 C(t) C'(t)$ is no rule.",
    r"Thus $\frac{d}{dt} C(t)^{-1} = -C(t)^{-1} C'(t) C(t)^{-1}$.",
    r"Thus $\frac{d}{dt} (p(t) \times q(t)) = p'(t) \times q(t) + q'(t) \times p(t)$.",
    NILPOTENT + r"Then $(a + b\eta)(c - e\eta) = ac + (bc + ae)\eta$.",
    r"We have $\frac{du}{dt}(t) = k u(t)$.",
    r"The even function $p$ has $\frac{d}{dt} p(-t) = \frac{dp}{dt}(t)$.",
    r"The function $q$ is inverse to $p$. Thus $\frac{d}{dt} p(q(t)) = \frac{dp}{dt}(t) - \frac{dp}{dt}(t) + 1$.",
    r"As $p$ is a multiple of $q$, we have $p'(t) q(t) = q'(t) p(t)$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "proved"


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "refuted"


@pytest.mark.parametrize("text", OPEN)
def test_open(text: str, tmp_path: Path) -> None:
    """What is false of some functions, and may be true of those that are meant."""
    assert statuses(text, tmp_path)[-1:] in (["undecided"], ["not read"], [])


def test_a_square_that_is_zero_somewhere_is_none_elsewhere(tmp_path: Path) -> None:
    """An equation that is to be solved says nothing about what follows it."""
    text = r"The equation $x^2 = 0$ has a double root. We see that $(1 + x)^2 = 1 + 2x$."
    assert "proved" not in statuses(text, tmp_path)


COMPOSED = r"Let $p(z) = z^\top M z$ and $q(t) = \sin t$. "


@pytest.mark.parametrize("nabla", [r"\nabla", r"\nabla_z"])
def test_the_gradient_of_a_composition_is_by_its_argument(nabla: str, tmp_path: Path) -> None:
    text = COMPOSED + rf"Then ${nabla} (q \circ p)(z) = \cos(z^\top M z)(M + M^\top) z$."
    assert statuses(text, tmp_path) == ["proved"]
    assert statuses(text.replace(r"(M + M", r"(M - M"), tmp_path) == ["refuted"]
    assert "proved" not in statuses(text.replace(r"(M + M^\top) z", ""), tmp_path)


def test_a_gradient_before_a_function_of_a_function_may_be_that_of_either(tmp_path: Path) -> None:
    text = COMPOSED + r"Then $\nabla q(p(z)) = \cos(z^\top M z)(M + M^\top) z$."
    assert statuses(text, tmp_path) == ["undecided"]
    assert statuses(COMPOSED + r"Then $\nabla p(z) = (M - M^\top) z$.", tmp_path) == ["refuted"]


def test_a_bracket_behind_a_derivative_may_be_the_point(tmp_path: Path) -> None:
    text = r"Let $p(z) = z_1^2 + 3 z_1 z_2$ and $z_0 = (1, 2)$. Then $\frac{\partial p}{\partial z_1}(z_0) = 8$."
    assert "refuted" not in statuses(text, tmp_path)
    assert statuses(text.replace("(z_0) = 8", "= 2 z_1 - 3 z_2"), tmp_path)[-1] == "refuted"
