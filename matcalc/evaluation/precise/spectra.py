"""Eigenvalues, singular values, their vectors and norms at many digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from matcalc.evaluation.precise.number_systems import Decimals, Undefined
from matcalc.evaluation.precise.small_arrays import (
    Array,
    Singular,
    check_simple,
    eigen,
    of_lines,
    polar_factor,
    pseudoinverse,
    rank_checked,
    singular,
    transposed,
)


def scalar(value: Decimal) -> Array:
    """A number as an array."""
    return Array((1, 1), [value])


def column(values: Sequence[Decimal]) -> Array:
    """Numbers as a column."""
    return Array((len(values), 1), list(values))


def _eigmax(ar: Decimals, matrix: Array) -> Array:
    found = eigen(ar, matrix)
    if ar.differencing:
        check_simple(ar, found.values[-2:])
    return scalar(found.values[-1])


def _eigvecmax(ar: Decimals, matrix: Array) -> Array:
    found = eigen(ar, matrix)
    check_simple(ar, found.values[-2:])
    return column(found.vectors[-1])


def _eigmin(ar: Decimals, matrix: Array) -> Array:
    found = eigen(ar, matrix)
    if ar.differencing:
        check_simple(ar, found.values[:2])
    return scalar(found.values[0])


def _eigvecmin(ar: Decimals, matrix: Array) -> Array:
    found = eigen(ar, matrix)
    check_simple(ar, found.values[:2])
    return column(found.vectors[0])


def _eigvecs(ar: Decimals, matrix: Array) -> Array:
    found = eigen(ar, matrix)
    check_simple(ar, found.values)
    return transposed(of_lines(found.vectors))


def _eig_gaps(ar: Decimals, matrix: Array) -> Array:
    return _gaps(ar, eigen(ar, matrix).values)


def _gaps(ar: Decimals, values: Sequence[Decimal]) -> Array:
    """1/(b - a) for pairs of numbers, 0 on the diagonal."""
    check_simple(ar, values)
    return of_lines([[ar.zero if i == j else 1 / (b - a) for j, b in enumerate(values)] for i, a in enumerate(values)])


def _svdvals(ar: Decimals, matrix: Array) -> Array:
    return column((_simple if ar.differencing else singular)(ar, matrix).values)


def _simple(ar: Decimals, matrix: Array) -> Singular:
    """Singular values that differ and are not zero."""
    found = singular(ar, matrix)
    check_simple(ar, found.values)
    if rank_checked(ar, found.values) < len(found.values):
        raise Undefined("the singular vectors of zero")
    return found


def _svd_u(ar: Decimals, matrix: Array) -> Array:
    return transposed(of_lines(_simple(ar, matrix).left))


def _svd_v(ar: Decimals, matrix: Array) -> Array:
    return transposed(of_lines(_simple(ar, matrix).right))


def _svd_gaps(ar: Decimals, matrix: Array) -> Array:
    return _gaps(ar, [value * value for value in singular(ar, matrix).values])


def _svd_sums(ar: Decimals, matrix: Array) -> Array:
    values = singular(ar, matrix).values
    if rank_checked(ar, values) < len(values):
        raise Undefined("a singular value of zero")
    return of_lines([[1 / (a + b) for b in values] for a in values])


def _spectral_norm(ar: Decimals, matrix: Array) -> Array:
    values = singular(ar, matrix).values
    if ar.differencing:
        check_simple(ar, values[:2])
        ar.away_from_zero(values[0])
    return scalar(values[0])


def _nuclear_norm(ar: Decimals, matrix: Array) -> Array:
    values = singular(ar, matrix).values
    if ar.differencing:
        rank_checked(ar, values)
    return scalar(ar.total(values))


def _left(ar: Decimals, matrix: Array) -> Array:
    return column(_top(ar, matrix).left[0])


def _right(ar: Decimals, matrix: Array) -> Array:
    return column(_top(ar, matrix).right[0])


def _sigma_min(ar: Decimals, matrix: Array) -> Array:
    return scalar((_lowest if ar.differencing else singular)(ar, matrix).values[-1])


def _lowest(ar: Decimals, matrix: Array) -> Singular:
    found = singular(ar, matrix)
    check_simple(ar, found.values[-2:])
    if rank_checked(ar, found.values) < len(found.values):
        raise Undefined("the singular vectors of zero")
    return found


def _left_lowest(ar: Decimals, matrix: Array) -> Array:
    return column(_lowest(ar, matrix).left[-1])


def _right_lowest(ar: Decimals, matrix: Array) -> Array:
    return column(_lowest(ar, matrix).right[-1])


def _top(ar: Decimals, matrix: Array) -> Singular:
    found = singular(ar, matrix)
    check_simple(ar, found.values[:2])
    if not found.values[0]:
        raise Undefined("the singular vectors of zero")
    return found


def _eigvals(ar: Decimals, matrix: Array) -> Array:
    found = eigen(ar, matrix).values
    if ar.differencing:
        check_simple(ar, found)
    return column(found)


SPECTRA: Mapping[str, Callable[[Decimals, Array], Array]] = MappingProxyType(
    {
        "eigvals": _eigvals,
        "eigmax": _eigmax,
        "eigvecmax": _eigvecmax,
        "eigmin": _eigmin,
        "eigvecmin": _eigvecmin,
        "sigma_min": _sigma_min,
        "leftsvmin": _left_lowest,
        "rightsvmin": _right_lowest,
        "eigvecs": _eigvecs,
        "eig_gaps": _eig_gaps,
        "svdvals": _svdvals,
        "svd_u": _svd_u,
        "svd_v": _svd_v,
        "svd_gaps": _svd_gaps,
        "svd_sums": _svd_sums,
        "spectral_norm": _spectral_norm,
        "nuclear_norm": _nuclear_norm,
        "leftsv": _left,
        "rightsv": _right,
        "pinv": pseudoinverse,
        "polar": polar_factor,
    }
)
