"""Whether a claim about two matrices that commute holds for some that do not.

``d(X^-2) = -2 X^-3 dX`` is (a - b)(a + 2b) dX_ab = 0 where X has the eigenvalues a and b: it holds if X and dX commute, and also where
one eigenvalue is -2 times another. Near matrices that commute nothing shows that, so such eigenvalues are looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError
from matcalc.evaluation import Point
from matcalc.facts.membership import belongs
from matcalc.verification.claims import Claim
from matcalc.verification.witness import points

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIZE = 3
_STARTS = ((-1.5, 0.0), (-0.6, 0.0), (2.0, 0.0), (-0.8, 1.2), (0.3, 1.5), (-1.5, 0.8), (3.0, 7.5))
_STEPS = 25
_MOST_DRAWN = 12
_STEP = 1e-6
_ZERO = 1e-10
_NEARLY = 1e-8
_APART = 0.05


def holds_where_eigenvalues_meet(claim: Claim, one: str, other: str) -> bool:
    """Whether the claim holds for a matrix with the eigenvalues 1 and z beside one that connects their eigenvectors, for a z not 1.

    These two do not commute.
    """
    drawn = [point for point in islice(_drawn(claim), _MOST_DRAWN) if len(point.values[one]) == _SIZE]
    if not drawn:
        return False
    facts = {symbol.name: symbol.properties for symbol in claim.symbols}
    for base, link in ((one, other), (other, one)):
        if belongs(_spread(2.0, 1.0), facts[base]) and belongs(_link(), facts[link]):
            pair = _Pair(claim, drawn, base, link)
            if any(pair.meets(start) for start in _STARTS):
                return True
    return False


def _drawn(claim: Claim) -> Iterator[Point]:
    for seed in count(31):
        yield from islice(points(claim, seed), 2)


def _spread(real: float, imaginary: float) -> NDArray[Any]:
    """A real matrix with the eigenvalues 1 and ``real ± imaginary i``."""
    import numpy as np

    return np.array([[1.0, 0.0, 0.0], [0.0, real, -imaginary], [0.0, imaginary, real]])


def _link() -> NDArray[Any]:
    """A matrix that takes the eigenvectors of the others to that of 1."""
    import numpy as np

    link = np.zeros((_SIZE, _SIZE))
    link[0, 1] = 1.0
    return link


class _Pair:
    """The claim at such a pair, as two equations for the eigenvalue; it has to hold whatever the other symbols are."""

    def __init__(self, claim: Claim, drawn: Sequence[Point], base: str, link: str) -> None:
        self._claim, self._drawn, self._base, self._link = claim, drawn, base, link

    def _difference(self, place: NDArray[Any], point: Point | None = None) -> NDArray[Any]:
        point = point or self._drawn[0]
        values = {**point.values, self._base: _spread(*place), self._link: _link()}
        return self._claim.difference_at(Point(values, point.sizes))

    def _holds(self, place: NDArray[Any]) -> bool:
        import numpy as np

        return all(bool(np.max(np.abs(self._difference(place, point))) < _NEARLY) for point in self._drawn)

    def meets(self, start: tuple[float, float]) -> bool:
        """Whether Newton's method finds an eigenvalue, not 1, at which the claim holds."""
        import numpy as np

        place = np.array(start)
        try:
            with np.errstate(all="ignore"):
                for _ in range(_STEPS):
                    whole = self._difference(place)
                    if whole.shape != (_SIZE, _SIZE) or not np.all(np.isfinite(whole)):
                        return False
                    if np.max(np.abs(whole)) < _ZERO:
                        return bool(np.hypot(place[0] - 1.0, place[1]) > _APART) and self._holds(place)
                    ahead = [self._difference(place + step)[0, 1:] for step in _STEP * np.eye(2)]
                    slopes = np.stack([(moved - whole[0, 1:]) / _STEP for moved in ahead], axis=1)
                    place = place - np.linalg.solve(slopes, whole[0, 1:])
        except (MatcalcError, np.linalg.LinAlgError):
            return False
        return False
