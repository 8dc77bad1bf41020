"""Primes of functions without their arguments, and claims that are true of transposes alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

CUBIC = "Let $u(t) = t^3 + t$ and $v(t) = e^t$. "
SCALAR = r"Let $\psi$ be a scalar function. "

_TRUE = [
    CUBIC + r"Then $(uv)' = u'v + uv'$.",
    CUBIC + r"Then $\left(\frac{u}{v}\right)' = \frac{u'v - uv'}{v^2}$.",
    CUBIC + r"Then $(uv)'' = u''v + 2u'v' + uv''$.",
    CUBIC + r"Then $(2v)^\prime = 2v$.",
    CUBIC + r"Then $(uv)'' = 6te^t + 2(3t^2 + 1)e^t + (t^3 + t)e^t$.",
    CUBIC + r"Then $\frac{d^2}{dt^2}(u(t) v(t)) = u''(t) v(t) + 2u'(t) v'(t) + u(t) v''(t)$.",
    SCALAR + r"Then $(\psi^2)' = 2\psi\psi'$.",
    r"Let $u, v \in \mathbb{R}^n$. Then $(u + v)' = u' + v'$.",
    r"Let $u \in \mathbb{R}^n$ and let $k$ be a scalar. Then $(ku)' = ku'$.",
    r"We see that $(Bu)' = u'B'$.",
    r"We see that $(\mathbf{u} + \mathbf{v})' = \mathbf{u}' + \mathbf{v}'$.",
    r"We see that $u'v = v'u$.",
    r"We see that $(p + q)' = p' + q'$.",
]
_FALSE = [
    CUBIC + r"Then $(uv)' = u'v'$.",
    CUBIC + r"Then $(uv)'' = u''v + u'v' + uv''$.",
    CUBIC + r"Then $(u/v)' = u'/v'$.",
    CUBIC + r"Then $(2u)' = 3t^2 + 1$.",
]
_OPEN = [
    r"Let $p, q: \mathbb{R} \to \mathbb{R}$ be smooth. Then $(pq)' = p'q'$.",
    r"We see that $(pq)' = p'q'$.",
    r"We see that $(p/q)' = p'/q'$.",
    r"We see that $(kp)' = k'p'$.",
    r"We see that $(pq)'' = p''q''$.",
    r"We see that $\left(pq\right)^\prime = p^\prime q^\prime$.",
    SCALAR + r"Then $(\psi^2)' = (\psi')^2$.",
]


@pytest.mark.parametrize("text", _TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "proved"


@pytest.mark.parametrize("text", _FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "refuted"


@pytest.mark.parametrize("text", _OPEN)
def test_true_of_transposes_alone_is_not_proved(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1:] in (["undecided"], ["refuted"], [])
