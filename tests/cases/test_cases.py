"""Every line of ``*.cases``: the printed text exactly, and its value against numerical derivatives at several sizes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import matcalc
from matcalc.base.errors import MatcalcError
from matcalc.interface.results import Derivation
from matcalc.language import elaborate
from tests.cases.reading import Case, read_cases
from tests.oracle import Disagreement, check_derivation
from tests.printing.latex_faults import fault

FOLDER = Path(__file__).resolve().parent
CASES = [case for path in sorted(FOLDER.glob("*.cases")) for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    wrt = case.wrt[0] if len(case.wrt) == 1 else case.wrt
    layout, symmetric = case.options["layout"], case.options["symmetric"]
    derivation = check_derivation(
        case.expression, wrt, case.declare or None, case.expected, layout=layout, symmetric=symmetric, closed=True
    )
    if case.exact:
        assert str(derivation) == case.expected
    check_latex(derivation)


def check_latex(derivation: Derivation) -> None:
    """What is printed in LaTeX is well formed, and read again it is the same expression; in bold type too."""
    # Unicode and LaTeX write -(A ⊗ B) as -A ⊗ B, which is another expression of the same value.
    shape, texts = derivation.outcome.shape, (derivation.text("ascii"), derivation.text("unicode"))
    twins = [elaborate(text, derivation.declarations, shape=shape).expression for text in texts]
    for bold in (False, True):
        source = derivation.latex(bold=bold)
        assert fault(source) is None, source
        assert fault(derivation.latex(equation=True, bold=bold)) is None
        assert elaborate(f"${source}$", derivation.declarations, shape=shape).expression in twins, source


@pytest.mark.parametrize("wrong", [(r"^{\top}", ""), (r"\odot", r"\oslash"), ("X", "y"), ("{", "")])
def test_wrong_latex_would_be_seen(wrong: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = matcalc.derive("sum(y.*tanh(X*w))^2", "w")
    check_latex(derivation)
    printed = Derivation.latex
    monkeypatch.setattr(Derivation, "latex", lambda self, *given, **asked: printed(self, *given, **asked).replace(*wrong, 1))
    with pytest.raises((AssertionError, MatcalcError)):
        check_latex(derivation)


def test_every_case_has_a_source_and_none_stands_twice() -> None:
    assert [str(case) for case in CASES if not case.source] == []
    keys = Counter((case.expression, case.wrt, case.declare, tuple(sorted(case.options.items()))) for case in CASES)
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize(
    ("expression", "wrt", "wrong"),
    [
        ("x'*A*x", "x", "2 A x"),  # true only for symmetric A
        ("norm2(A*x)^2", "x", "Aᵀ A x"),  # the factor
        ("a'*inv(X)*b", "X", "X⁻ᵀ a bᵀ X⁻ᵀ"),  # the sign
        ("tr(A*X*B)", "X", "(A B)ᵀ"),  # the order, seen only at unequal sizes or values
    ],
)
def test_a_wrong_expectation_would_be_seen(expression: str, wrt: str, wrong: str) -> None:
    declare = "; ".join(f"{name}: n×n" for name in "ABX" if name in expression)
    check_derivation(expression, wrt, declare)
    with pytest.raises(Disagreement):
        check_derivation(expression, wrt, declare, wrong)


def test_a_line_that_is_no_case_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.cases"
    path.write_text("x'*A*x | x | (A + Aᵀ) x\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.cases:1"):
        read_cases(path)
