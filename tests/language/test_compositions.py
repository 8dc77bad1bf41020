"""Derivatives of functions whose arguments are functions."""

from __future__ import annotations

import pytest

from matcalc import verify
from matcalc.base.errors import ParseError

LAYERS = "h(p,q) = p^2*q; p(s,t) = s + t^2; q(s,t) = s*t; s(k) = k^2; t(k) = 3*k; "

# Behind LAYERS: statement | verdict
TABLE = """
d(h)/ds = d(h)/dp*d(p)/ds + d(h)/dq*d(q)/ds          | proved
∂h/∂s = ∂h/∂p ∂p/∂s + ∂h/∂q ∂q/∂s                    | proved
∂h/∂k = ∂h/∂s ∂s/∂k + ∂h/∂t ∂t/∂k                    | proved
∂h/∂k = ∂h/∂p ∂p/∂k + ∂h/∂q ∂q/∂k                    | proved
∂p/∂k = ∂p/∂s ∂s/∂k + ∂p/∂t ∂t/∂k                    | proved
∂h/∂t = 4 p t q + p^2 s                              | proved
∂h/∂p = 2 p q                                        | proved
∂h/∂k = ∂h/∂s ∂s/∂k                                  | refuted
∂h/∂t = 4 p t q                                      | refuted
∂h/∂p = p q                                          | refuted
""".strip().splitlines()


@pytest.mark.parametrize("line", TABLE)
def test_partial_derivatives_of_layers(line: str) -> None:
    statement, status = (part.strip() for part in line.split("|"))
    assert verify(LAYERS + statement).status == status


def test_layers_may_be_vectors() -> None:
    assert verify("g(u) = u'u; u(x) = A*x; d(g)/dx = A'*d(g)/du").status == "proved"


def test_what_is_held_fixed_must_be_clear() -> None:
    with pytest.raises(ParseError, match="it is not said what is held fixed"):
        verify("f(x,y) = x*y; y(x) = x^2; d(f)/dx = y")
