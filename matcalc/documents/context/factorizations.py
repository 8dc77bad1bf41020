"""What the name of a factorization says of its factors: in a singular value decomposition ``U S V'`` those outside are orthonormal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.documents.asking import Said
from matcalc.documents.context.asserting import Doubts
from matcalc.documents.context.facts import Told, reach_of
from matcalc.documents.context.names import weights_in
from matcalc.documents.context.outline import Line
from matcalc.documents.context.phrases import Description, tokens_of
from matcalc.documents.context.vocabulary import Factorization, vocabulary
from matcalc.documents.context.wording import Wording
from matcalc.facts.table import is_square, needs_square
from matcalc.language import parse_syntax
from matcalc.language.declare.declared import Declaration
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import number_in
from matcalc.language.text.vocabulary import Vocabulary

_MOST_FACTORS = 3
_MATRIX = 2
_NEAR = 4
"""Words before the name of a factorization that are a part of it."""


def factors_in(wording: Wording, told: Sequence[Told]) -> Iterator[Told]:
    """What is told of the factors in the equations of a sentence by the name that it gives to the factorization.

    ``told`` is what else is told of names: of a matrix that is not square, as the middle factor of a full decomposition, nothing is told
    that only a square one is.
    """
    named = [(one, found) for one in vocabulary().factorizations if (found := one.words.search(wording.text)) is not None]
    if not named or _is_another(wording.text, named[0][1].start()) or vocabulary().lists["doubtful_sentence"].search(wording.text):
        return
    tokens = tokens_of(wording)
    doubts = Doubts(tokens, wording.text)
    word = next((number for number, token in enumerate(tokens) if token.end >= named[0][1].end()), len(tokens) - 1)
    if doubts.about(word, word + 1):
        return  # "unlike the SVD, ..."
    for position, token in enumerate(tokens):
        if token.mention is None or doubts.about(position, position + 1):
            continue
        reach = reach_of(wording, tokens, Description((), "", position, position + 1))
        for line in token.mention.lines:
            facts = _facts(line, [one for one, _ in named])
            for one in _told(wording, line, Said(named[0][1][0], line.row.left.place()), reach, facts):
                if not (needs_square(one.declaration.properties) and any(_is_oblong(other, one) for other in told)):
                    yield one


def _is_another(text: str, start: int) -> bool:
    """Whether the words before the name make it that of something else: ``an approximate SVD``, ``similar to an SVD``."""
    before = text[:start].replace("-", " ").split()[-_NEAR:]
    return vocabulary().lists["another"].search(" ".join(before)) is not None


def _told(wording: Wording, line: Line, said: Said, reach: tuple[int, int, bool], facts: Mapping[str, tuple[str, ...]]) -> Iterator[Told]:
    start, end, narrow = reach
    weights = weights_in(line.row.text, line.notation)
    for name, properties in facts.items():
        declaration = Declaration(name, properties=properties)
        yield Told(name, declaration, said, start, end, False, narrow, wording.spot, wording.place(0), weights.of(name))


def _is_oblong(other: Told, one: Told) -> bool:
    """Whether unequal numbers of rows and columns are told of the same name, in rows that both reach."""
    shape = other.declaration.shape
    unequal = shape is not None and len(shape) == _MATRIX and not is_square(shape)
    return unequal and other.name == one.name and other.start < one.end and one.start < other.end


_FONT = r"(?:\\(?:mathbf|boldsymbol|bm|mathrm)\s*\{?\s*)?"
_PRODUCT = pattern(
    rf"{_FONT}(?P<outer>[A-Z])(?:_\w|\s|\}})*{_FONT}(?P<middle>\\(?:Lambda|Sigma)(?![A-Za-z])|[DS])(?:_\w|\s|\}})*{_FONT}(?P=outer)(?:_\w|\s|\}})*"
    r"\^\s*\{?\s*(?:T|\\top|\\intercal|-\s*1|\\mathsf)"
)


def letters_of_factors(text: str) -> Iterator[str]:
    r"""The letters in a formula that stand as the factors of an eigendecomposition do.

    >>> list(letters_of_factors(r"A = U \Lambda U^\top"))
    ['U', 'Lambda']
    """
    for found in _PRODUCT.finditer(text) if "^" in text else ():
        yield from (found["outer"], found["middle"].removeprefix("\\"))


def _facts(line: Line, named: Sequence[Factorization]) -> Mapping[str, tuple[str, ...]]:
    """The factors of a row with what is known of them, by the first of the factorizations that it has the form of."""
    if line.row.right is None or line.row.relation not in ("=", ":="):
        return {}
    factors = _factors(line.row.right.text)
    return next((facts for one in named if (facts := _of_form(factors, one)) is not None), {})


def _of_form(factors: tuple[tuple[str, str], ...], one: Factorization) -> Mapping[str, tuple[str, ...]] | None:
    """The names of the factors with their facts, if they stand and are marked as those of the form."""
    if [mark for _, mark in factors] != [mark for _, mark in one.form]:
        return None
    meant = dict(zip((letter for letter, _ in one.form), (name for name, _ in factors), strict=True))
    same = [meant[letter] for letter, _ in one.form] == [name for name, _ in factors] and len(set(meant.values())) == len(meant)
    return {meant[letter]: tuple(facts.split()) for letter, facts in one.facts.items()} if same else None


def _factors(text: str) -> tuple[tuple[str, str], ...]:
    """The names in a product, with what stands behind them: ``'`` or ``^-1``; nothing for another formula."""
    try:
        waiting = [parse_syntax(text, Vocabulary()).program.value]
    except MatcalcError:
        return ()
    found: list[tuple[str, str]] = []
    while waiting:
        match waiting.pop():
            case s.Binary(operator="*", left=left, right=right):
                waiting += [right, left]
            case s.Name(name=name):
                found.append((name, ""))
            case s.Transposed(operand=s.Name(name=name)):
                found.append((name, "'"))
            case s.Raised(base=s.Name(name=name), exponent=exponent) if number_in(exponent) == -1:
                found.append((name, "^-1"))
            case _:
                return ()
        if len(found) > _MOST_FACTORS:
            return ()
    return tuple(found)
