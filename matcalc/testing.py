"""For test suites of papers and libraries: assert that a formula holds."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.verification.judgement import verify
from matcalc.verification.verdict import Verdict


def assert_identity(
    statement: str,
    declare: str | Mapping[str, str] | None = None,
    *,
    layout: str = "denominator",
    symmetric: str = "projected",
    proof: bool = False,
) -> Verdict:
    """Asserts that a statement is true, and returns the verdict.

    With ``proof=True`` it must be proved for all sizes; else agreement at every point tried is
    enough. Raises AssertionError with the explanation (counterexample, right answer, condition),
    and MatcalcError for a statement that cannot be read.

    >>> assert_identity("tr(A*B) = tr(B*A)").status
    'proved'
    """
    __tracebackhide__ = True
    verdict = verify(statement, declare=declare, layout=layout, symmetric=symmetric)
    if not verdict.ok or (proof and verdict.status != "proved"):
        raise AssertionError(verdict.explain())
    return verdict
