"""Partial derivatives with letters below, gradients as lists, and derivatives of any functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses, verified

CUBIC = r"Let $g(s, t) = s^2 t + t^3$. "

TRUE = [
    CUBIC + "Then $g_s = 2st$.",
    CUBIC + "Then $g_{st} = 2s$.",
    CUBIC + r"Then $\mathrm{d}g = g_s\,\mathrm{d}s + g_t\,\mathrm{d}t$.",
    CUBIC + r"Then $g_{ss} g_{tt} - (g_{st})^2 = 12t^2 - 4s^2$.",
    CUBIC + r"Then $\nabla g = \left(2st, s^2 + 3t^2\right)$.",
    CUBIC + r"Then $\nabla g(s, t) = (2st,\, s^2 + 3t^2)$.",
    CUBIC + r"Then $g_s(s, t) = 2st$.",
    r"Then $\frac{\partial^2 v}{\partial p\,\partial q} = \frac{\partial^2 v}{\partial q\,\partial p}$.",
    r"Thus $\partial^2 v / \partial p \partial q = \partial^2 v / \partial q \partial p$.",
    r"The total differential is $dv = \frac{\partial v}{\partial p} dp + \frac{\partial v}{\partial q} dq$.",
    r"Now $\nabla v = \left(\frac{\partial v}{\partial p}, \frac{\partial v}{\partial q}, \frac{\partial v}{\partial r}\right)$.",
    r"Thus $\frac{\partial}{\partial p}\frac{\partial v}{\partial q} = \frac{\partial^2 v}{\partial p \partial q}$.",
    r"If $R(s, t) = 0$ makes $t$ a function of $s$, then $\frac{dt}{ds} = -\frac{R_s}{R_t}$.",
    r"If $R(s, t) = 0$, then $\frac{dt}{ds} = -\frac{\partial R/\partial s}{\partial R/\partial t}$.",
    r"If $A = \partial v/\partial p$ and $B = \partial v/\partial q$, then $\partial A/\partial q = \partial B/\partial p$.",
    r"Hence $dS = \left(\frac{\partial S}{\partial V}\right)_T dV + \left(\frac{\partial S}{\partial T}\right)_V dT$.",
]
FALSE = [
    CUBIC + "Then $g_s = 2st + 1$.",
    CUBIC + "Then $g_{st} = 2t$.",
    CUBIC + r"Then $\nabla g = \left(2st, s^2 - 3t^2\right)$.",
]
NOT_PROVED = [
    r"Then $\frac{\partial^2 v}{\partial p\,\partial q} = \frac{\partial^2 v}{\partial q^2}$.",
    r"The total differential is $dv = \frac{\partial v}{\partial p} dp - \frac{\partial v}{\partial q} dq$.",
    r"Now $\nabla v = \left(\frac{\partial v}{\partial q}, \frac{\partial v}{\partial p}, \frac{\partial v}{\partial p}\right)$.",
    r"We have $\frac{\partial w}{\partial t} = k \frac{\partial^2 w}{\partial s^2}$.",
    r"We have $v(p + h, q) - v(p, q) = h\frac{\partial v}{\partial p} + q\frac{\partial v}{\partial q} - q\frac{\partial v}{\partial q}$.",
    r"We have $v(p + h, q) = v(p, q) + h\frac{\partial v}{\partial p} + \frac{h^2}{2}\frac{\partial^2 v}{\partial p^2}$.",
    r"If $R(s, t) = 0$ makes $t$ a function of $s$, then $\frac{dt}{ds} = \frac{R_s}{R_t}$.",
    r"If $R(s, t) = 0$ makes $t$ a function of $s$, then $\frac{dt}{ds} = -\frac{R_t}{R_s}$.",
    r"If $A = \partial v/\partial p$ and $B = \partial v/\partial q$, then $\partial A/\partial p = \partial B/\partial q$.",
    r"Hence $dS = \left(\frac{\partial S}{\partial V}\right)_T dV + \left(\frac{\partial S}{\partial T}\right)_P dT$.",
    r"The gradient of $v(p, q, r)$ is $\nabla v = \left(\frac{\partial v}{\partial p}, \frac{\partial v}{\partial q}\right)$.",
    r"For $v(p, q, r)$ we have $dv = \frac{\partial v}{\partial p} dp + \frac{\partial v}{\partial q} dq$.",
    r"Put $r=p^2$. $\frac{\partial}{\partial p}\left(r\frac{\partial v}{\partial q}\right) = r\frac{\partial^2 v}{\partial p\partial q}$.",
    r"We have $v(2p, q) = 2p \frac{\partial v}{\partial p} + q\frac{\partial v}{\partial q}$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1:] == ["proved"]


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1:] == ["refuted"]


@pytest.mark.parametrize("text", NOT_PROVED)
def test_never_proved(text: str, tmp_path: Path) -> None:
    """What is false of some functions may be an equation for those that are meant."""
    assert not {"proved", "confirmed", "refuted"} & set(statuses(text, tmp_path))


def test_a_letter_below_the_value_of_a_function_is_its_index(tmp_path: Path) -> None:
    """A sequence is no derivative, and a derivative that is zero is a condition."""
    roles = [entry.role for entry in verified(r"Let $h(t) = t^2$. Put $h_t = 4t$.", tmp_path).entries]
    assert roles == ["definition", "definition"]
    roles = [entry.role for entry in verified(CUBIC + r"Thus $$g_s = 2st = 0.$$", tmp_path).entries]
    assert roles == ["definition", "claim", "first-order condition"]


def test_entries_are_no_derivatives(tmp_path: Path) -> None:
    """A letter that was a function elsewhere has entries here."""
    text = "# One\nLet $v(a, b) = (a - b)^2$.\n\n# Two\n"
    text += r"We have $\frac{d}{dv_{ab}} \|\mathbf{C}\mathbf{V}\|_2^2 = 2[\mathbf{C}^\top\mathbf{C}\mathbf{V}]_{ab}$."
    assert statuses(text, tmp_path) == ["proved"]


NUMBERED = r"Let $h(z) = \sum_{i=1}^n c_i z_i^2$. "


def test_derivatives_by_one_entry(tmp_path: Path) -> None:
    """What holds for each entry does for one with a number; what has other numbers says something else."""
    assert statuses(NUMBERED + r"Then $\frac{\partial h}{\partial z_1} = 2 c_1 z_1$.", tmp_path) == ["proved"]
    for wrong in ("c_1 z_1", "2 c_2 z_1", "2 c_1 z_2"):
        text = NUMBERED + rf"Then $\frac{{\partial h}}{{\partial z_1}} = {wrong}$."
        assert "proved" not in statuses(text, tmp_path)
