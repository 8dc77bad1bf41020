r"""LaTeX as people type and paste it: many spellings of one thing, slips of the backslash, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.base.errors import MatcalcError
from matcalc.language import elaborate
from matcalc.language.latex.lexemes import is_doubled

HERE = Path(__file__).parent


def rows(file: str) -> list[tuple[str, str, str]]:
    lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    return [(*[part.strip() for part in line.split(" :: ")], "")[:3] for line in lines if line and not line.startswith("#")]  # type: ignore[misc]


def same_object(source: str, plain: str, declare: str) -> bool:
    symbols = declare or elaborate(source).declarations
    return elaborate(source, symbols).expression is elaborate(plain, symbols).expression


PAIRS = rows("spellings.pairs")


@pytest.mark.parametrize(("source", "plain", "declare"), PAIRS, ids=[row[0] for row in PAIRS])
def test_a_spelling_stands_for_its_plain_twin(source: str, plain: str, declare: str) -> None:
    assert same_object(source, plain, declare)


def test_a_planted_difference_is_seen() -> None:
    wrong = [(source, plain.replace("'", "", 1), declare) for source, plain, declare in PAIRS if plain.count("'*") == 1][:20]
    seen = 0
    for row in wrong:
        try:
            seen += not same_object(*row)
        except MatcalcError:
            seen += 1
    assert seen == len(wrong) == 20


@pytest.mark.parametrize(("source", "message", "_"), rows("spellings.refused"), ids=[row[0] for row in rows("spellings.refused")])
def test_what_is_refused_says_so_at_its_place(source: str, message: str, _: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        elaborate(source)
    assert caught.value.message == message
    assert caught.value.span is not None
    assert 0 <= caught.value.span.start <= len(source)


SLIPS = [
    ("frac{1}{2}\\|x\\|^2", "(1/2)*||x||^2", "frac is read as the command \\frac"),
    ("\\frac{1}{2} mathbf{x}^\\top sqrt{y}", "(1/2)*x'*sqrt(y)", "mathbf is read as the command \\mathbf"),
    ("sum_{i=1}^n x_{i}^2", "sum(i, x[i]^2)", None),
    ("A odot B_{1} + {C}", "A.*B_1 + C", "odot is read as the command \\odot"),
    ("x^{top} A x", "x'*A*x", None),
    (r"\\frac{1}{2} x^\\top A x", "(1/2)*x'*A*x", "doubled backslashes are read as single ones"),
    (r"\\|Ax-b\\|_2^2 + \\lambda \\|x\\|_1", "||A*x-b||^2 + lambda*||x||_1", "doubled backslashes are read as single ones"),
    ("\x0crac{1}{2} x^\\top \x08eta", "(1/2)*x'*beta", None),  # Python read "\f" and "\b"
    ("\\frac{1}{2} x^\top \theta", "(1/2)*x'*theta", None),  # and "\t"
    ("\\|x\\|^2 + \\|\rho\\|^2", "||x||^2 + ||rho||^2", None),
]


@pytest.mark.parametrize(("source", "plain", "said"), SLIPS, ids=[repr(row[0]) for row in SLIPS])
def test_slips_of_the_backslash(source: str, plain: str, said: str | None) -> None:
    declare = "x, y, theta, beta, rho: n; A, B_1: n×n" if "lambda" not in plain else None
    declare = "A, B_1, C: n×n" if "odot" in source else declare
    assert same_object(source, plain, declare or "")
    notes = elaborate(source, declare).notes
    assert said is None or said in notes


@pytest.mark.parametrize(
    "source", [r"\sigma(w^\top x)", r"\sigma (w^\top x)", r"\sigma\left(w^\top x\right)", r"\sigma[w^\top x]"]
)
def test_a_letter_with_a_usual_meaning_before_brackets(source: str) -> None:
    assert same_object(source, "sigmoid(w'*x)", "")
    both = source + r" + \sigma^2"
    assert same_object(both, "sigma*(w'*x) + sigma^2", "")
    assert any("product: sigma stands by itself" in note for note in elaborate(both).notes)


def test_words_that_are_no_commands_stay_words() -> None:
    assert not is_doubled(r"x \\ y")
    assert not is_doubled(r"a \\\frac{1}{2}")
    assert not is_doubled(r"\alpha \\ \beta")
    assert set(elaborate(r"\alpha \mathrm{summary}").declarations) == {"alpha", "summary"}


def test_the_sign_of_the_pseudoinverse_is_said() -> None:
    assert elaborate(r"A^\dagger b").notes[0] == r"\dagger is read as the sign of the pseudoinverse; the transpose is A^\top"
    assert not any("dagger" in note for note in elaborate("A^{+} b").notes)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("‖Ax−b‖22", "a number at once behind norm bars may be an index or an exponent"),
        ("∛a", "higher roots have no sign here"),
        ("{A + B} x", "'{' is not used here"),
        ("⟨x⟩", "the character '⟨' (U+27E8) is not in the language"),
        ("a < b", "'<' is not used in expressions: only equations are decided"),
        ("<a, b, c>", "'<' is not used in expressions: only equations are decided"),
    ],
)
def test_pasted_characters_that_are_refused(source: str, message: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        elaborate(source)
    assert caught.value.message == message
