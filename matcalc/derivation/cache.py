"""Derivatives that were found before in this process.

A derivative depends on nothing but the typed expression, the variables and the conventions, which all are immutable values, so it is kept
under these. The cache holds the latest ``MOST_KEPT``, none of an expression of more than ``LARGEST_KEPT`` nodes, and may be used from
several threads; errors are not kept. ``forget`` empties it, as measurements do before every derivation.
"""

from __future__ import annotations

from functools import lru_cache

from matcalc.derivation.pipeline import Layout, Outcome, Symmetric, differentiate
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.traversal import latest_postordered

MOST_KEPT = 256
LARGEST_KEPT = 2_000


def derivative_of(expression: Expr, wrt: tuple[Symbol, ...], layout: Layout, symmetric: Symmetric) -> Outcome:
    """What ``differentiate`` gives, found once."""
    if len(postorder(expression)) > LARGEST_KEPT:
        return differentiate(expression, wrt, layout=layout, symmetric=symmetric)
    return _found(expression, wrt, layout, symmetric)


def forget() -> None:
    """Empties the cache, and those that keep expressions alive."""
    _found.cache_clear()
    latest_postordered.cache_clear()


@lru_cache(maxsize=MOST_KEPT)
def _found(expression: Expr, wrt: tuple[Symbol, ...], layout: Layout, symmetric: Symmetric) -> Outcome:
    return differentiate(expression, wrt, layout=layout, symmetric=symmetric)
