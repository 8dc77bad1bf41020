"""An equation to be solved that says again, up to a factor, what was to be zero is right; one that does not is no claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import roles, statuses, verified

FIT = r"Let $E(v) = \|t - Bv\|^2 + \mu\|v\|^2$. "
NORMAL = FIT + r"The minimum solves $$(B^\top B + \mu I)v = B^\top t.$$"
AXIS = r"Let $C$ be symmetric and $L(u, \lambda) = u^\top C u - \lambda(u^\top u - 1)$. Setting the gradient to zero gives $$Cu = \lambda u.$$"
MEAN = r"Let $\ell(c) = -\frac{1}{2s}\sum_{i=1}^n (t_i - c)^2$. Setting its derivative to zero we need $$\sum_{i=1}^n (t_i - c) = 0.$$"
STEPS = r"$$\frac{\partial E}{\partial K} = 2KS - 2PH^\top = 0$$ $$\Rightarrow KS - PH^\top = 0$$ $$\Rightarrow KS = PH^\top$$"


@pytest.mark.parametrize("text", [NORMAL, AXIS, MEAN])
def test_the_derivative_again(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path) == ["proved"]


def test_what_was_said_before_again(tmp_path: Path) -> None:
    assert statuses("Let $E = f(K)$. " + STEPS, tmp_path)[-2:] == ["proved", "proved"]


@pytest.mark.parametrize(
    "text",
    [
        NORMAL.replace("B^\\top t.", "-B^\\top t."),
        NORMAL.replace(r"+ \mu I", r"+ 2\mu I"),
        AXIS.replace("= \\lambda u.", "= 2\\lambda u."),
        MEAN.replace("(t_i - c) = 0", "(t_i + c) = 0"),
    ],
)
def test_another_equation_is_not_proved(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path) == []
    assert roles(text, tmp_path)[-1] in ("fact", "first-order condition")


def test_a_wrong_step_is_not_proved(tmp_path: Path) -> None:
    wrong = STEPS.replace("= PH^\\top$$", "= P^\\top H^\\top$$")
    assert "proved" not in statuses("Let $E = f(K)$. " + wrong, tmp_path)[2:]


def test_the_report_says_how_it_is_meant(tmp_path: Path) -> None:
    assert "what was to be zero" in verified(NORMAL, tmp_path).claims[-1].reading


ZERO = r"Let $E(v) = \|t - Bv\|^2 + \mu\|v\|^2$. Setting $\nabla E(v) = 0$ gives "


@pytest.mark.parametrize("found", [r"$(B^\top B + \mu I)v = B^\top t$.", r"$v^* = (B^\top B + \mu I)^{-1} B^\top t$."])
def test_what_does_not_follow_is_not_hidden(found: str, tmp_path: Path) -> None:
    assert statuses(ZERO + found, tmp_path) == ["proved"]
    for wrong in (found.replace(r"\mu I", r"2\mu I"), found.replace(r"B^\top t", r"(-B^\top t)")):
        assert statuses(ZERO + wrong, tmp_path) == ["undecided"]


def test_a_constraint_beside_a_condition_is_no_claim(tmp_path: Path) -> None:
    assert statuses(ZERO.replace("gives ", "subject to ") + "$v^\\top v = 1$.", tmp_path) == []
