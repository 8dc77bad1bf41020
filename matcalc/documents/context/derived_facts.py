"""What formulas tell of names: factors of factorizations, second moments, functions that work on
each entry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import open_indices
from matcalc.documents.blocks import Said
from matcalc.documents.context.defined_names import Definition, head_and_value, names_used
from matcalc.documents.context.facts import Doubts, Told, reach_of
from matcalc.documents.context.loose_notation import listed_names
from matcalc.documents.context.phrases import Description
from matcalc.documents.context.prose import Factorization, vocabulary
from matcalc.documents.context.scripts import Scripts, is_of_layer
from matcalc.documents.context.wording import CLOSE, END, OPEN, Line, Wording, tokens_of
from matcalc.documents.context.written_names import (
    CALLED,
    PRIMES,
    index_of,
    names_at,
    respelled,
    weights_in,
    whole_name,
    without_index,
    without_script,
)
from matcalc.documents.sides import head_of, is_function
from matcalc.facts.table import is_square, needs_square
from matcalc.language.declare.declared import Declaration
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import number_in
from matcalc.language.text.meanings import USUAL
from matcalc.language.text.spelling import Vocabulary

_MOST_FACTORS = 3
_MATRIX = 2
_NEAR = 4
"""Words before the name of a factorization that are a part of it."""


def factors_in(wording: Wording, told: Sequence[Told]) -> Iterator[Told]:
    """What is told of the factors in the equations of a sentence by the name that it gives to the
    factorization.

    ``told`` is what else is told of names: of a matrix that is not square, as the middle factor of
    a full decomposition, nothing is told that only a square one is.
    """
    named = [(one, found) for one in vocabulary().factorizations if (found := one.words.search(wording.text)) is not None]
    if (
        not named
        or _is_another(wording.text, named[0][1].start())
        or vocabulary().lists["doubtful_sentence"].search(wording.text)
    ):
        return
    tokens = tokens_of(wording)
    doubts = Doubts(tokens, wording.text)
    word = next((number for number, token in enumerate(tokens) if token.end >= named[0][1].end()), len(tokens) - 1)
    if doubts.about(word, word + 1):
        return  # "unlike the SVD, ..."
    forms = [one for one, _ in named]
    for position, token in enumerate(tokens):
        if token.mention is None or doubts.about(position, position + 1):
            continue
        reach = reach_of(wording, tokens, Description((), "", position, position + 1))
        for line in token.mention.lines:
            told_here = _told(wording, line, Said(named[0][1][0], line.row.left.place()), reach, _facts(line, forms))
            yield from (one for one in told_here if not _is_denied(one, told))


def _is_denied(one: Told, told: Iterable[Told]) -> bool:
    """Whether something that only a square matrix is would be told of another one."""
    return needs_square(one.declaration.properties) and any(_is_oblong(other, one) for other in told)


def _is_another(text: str, start: int) -> bool:
    """Whether the words before the name make it that of something else: ``an approximate SVD``,
    ``similar to an SVD``."""
    before = text[:start].replace("-", " ").split()[-_NEAR:]
    return vocabulary().lists["another"].search(" ".join(before)) is not None


def _told(
    wording: Wording, line: Line, said: Said, reach: tuple[int, int, bool], facts: Mapping[str, tuple[str, ...]]
) -> Iterator[Told]:
    start, end, narrow = reach
    weights = weights_in(line.row.text, line.notation)
    for name, properties in facts.items():
        declaration = Declaration(name, properties=properties)
        yield Told(name, declaration, said, start, end, False, narrow, wording.spot, wording.place(0), weights.of(name))


def _is_oblong(other: Told, one: Told) -> bool:
    """Whether unequal numbers of rows and columns are told of the same name, in rows that both
    reach."""
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
    """The factors of a row with what is known of them, by the first of the factorizations that it
    has the form of."""
    if line.row.right is None or line.row.relation not in ("=", ":="):
        return {}
    factors = _factors(line.row.right.text)
    return next((facts for one in named if (facts := _of_form(factors, one)) is not None), {})


def _of_form(factors: tuple[tuple[str, str], ...], one: Factorization) -> Mapping[str, tuple[str, ...]] | None:
    """The names of the factors with their facts, if they stand and are marked as those of the
    form."""
    letters, names = [letter for letter, _ in one.form], [name for name, _ in factors]
    if [mark for _, mark in factors] != [mark for _, mark in one.form]:
        return None
    meant = dict(zip(letters, names, strict=True))
    if list(map(meant.get, letters)) != names or len(set(names)) != len(meant):
        return None
    return {meant[letter]: tuple(facts.split()) for letter, facts in one.facts.items()}


def _factors(text: str) -> tuple[tuple[str, str], ...]:
    """The names in a product, with what stands behind them: ``'`` or ``^-1``; nothing for another
    formula."""
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


_EXPECTED = r"(?:\\(?:mathbb|mathrm|operatorname|mathsf)\s*\{?\s*E\s*\}?|\\E(?![A-Za-z])|E|𝔼)(?:_\s*(?:\{[^{}]*\}|\w))?"
_SIZE = r"(?:\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|\s)*"
_MOMENT = pattern(
    rf"\s*{_EXPECTED}{_SIZE}(?:\[|\\\{{|\()(?P<whole>.{{2,300}}?)\^\s*(?:T|\\top|\\intercal|\{{\s*(?:T|\\top|\\intercal)\s*\}}){_SIZE}"
    rf"(?:\]|\\\}}|\)){_SIZE}"
)
_UNSEEN = pattern(_SIZE)


def moment_in(wording: Wording, line: Line) -> Told | None:
    """That a matrix is positive semidefinite, from a row that says of what it is the second moment,
    or the covariance."""
    return _second_moment(wording, line) or _covariance(wording, line)


def _second_moment(wording: Wording, line: Line) -> Told | None:
    """That a matrix is positive semidefinite, from a row that says of which vector it is the second
    moment."""
    found = head_and_value(line)
    if found is None or not found[0][:1].isupper() or line.notation != "latex":
        return None
    name, value = found
    moment = _MOMENT.fullmatch(value)
    if moment is None or not _is_twice(_UNSEEN.sub("", moment["whole"])):
        return None
    said = Said(f"{line.row.left.text} = {value}", line.row.left.place())
    return _semidefinite(name, said, line, wording, END, weights_in(line.row.left.text).of(name))


def _semidefinite(name: str, said: Said, line: Line, wording: Wording, end: int, bold: bool | None) -> Told:
    declaration = Declaration(name, properties=("positive_semidefinite",))
    return Told(name, declaration, said, line.number, end, False, False, wording.spot, wording.place(0), bold)


_NORMAL = pattern(
    rf"(?:\\(?:mathcal|mathrm|mathscr|operatorname|text|mathbf)\s*\{{?\s*N\s*\}}?|\\N(?![A-Za-z])|N)(?:_\s*(?:\{{[^{{}}]*\}}|\w))?{_SIZE}"
    rf"\((?P<mean>[^()]{{1,80}}),(?P<covariance>[^(),]{{1,60}}?){_SIZE}\)"
)


def _covariance(wording: Wording, line: Line) -> Told | None:
    r"""That a matrix is positive semidefinite, as the covariance of a normal distribution:
    ``x \sim N(\mu, S)``."""
    row = line.row
    found = _NORMAL.fullmatch(row.right.text.strip()) if row.relation == "∼" and row.right is not None else None
    name = whole_name(found["covariance"]) if found is not None else None
    if name is None or not name[:1].isupper() or row.right is None:
        return None  # a number, or a multiple of the identity
    said = Said(f"{row.left.text} ∼ {row.right.text}", row.left.place())
    return _semidefinite(name, said, line, wording, wording.spot.section_end, weights_in(row.right.text).of(name))


def diagonals_in(wording: Wording, line: Line) -> Iterator[Told]:
    r"""That the entries of a diagonal matrix are those of a vector:
    ``W = \mathrm{diag}(w_1, \dots, w_n)``."""
    text = line.row.right.text if line.row.right is not None and line.notation == "latex" else ""
    for name in sorted(listed_names(text)) if "diag" in text else ():
        said = Said(f"{line.row.left.text} = {text}", line.row.left.place())
        declaration = Declaration(name, "vector")
        yield Told(
            name, declaration, said, line.number, wording.spot.section_end, False, False, wording.spot, wording.place(0), None
        )


def _is_twice(text: str) -> bool:
    half = len(text) // 2
    return len(text) == 2 * half and text[:half] == text[half:]


_REAL = r"\s*(?:\\mathbb\s*\{?\s*R\s*\}?|\\R(?:eals)?(?![A-Za-z])|ℝ)\s*"
_MAP = pattern(rf"(?P<name>.{{1,40}}?)\s*(?::|\\colon(?![A-Za-z])){_REAL}")
_NUMBERS = pattern(_REAL)
_APPLIED = pattern(r"(?i)[\s,(]*(?:(?:is|being|applied|acting|taken|computed|understood)\s+)*([a-z]+(?:-[a-z]+)?)")


def functions_in(wording: Wording, defined: Collection[str], scripts: Scripts, shown: Collection[str]) -> Iterator[Told]:
    """The functions of which a sentence says that they work on each entry, or that are ``shown``
    to; those that are ``defined`` have a formula."""
    introducing = vocabulary().lists["introducing"].match(wording.text.lstrip()) is not None
    for number, mention in enumerate(wording.mentions):
        _, _, after = wording.text.partition(f"{OPEN}{number}{CLOSE}")
        applied = _APPLIED.match(after)
        said_so = applied is not None and vocabulary().says("entrywise", applied[1])
        for line in mention.lines:
            ordered = scripts.ordered(line)
            of_numbers, value = _of_numbers(line), _of_value(ordered)
            name = _of_entries(ordered) or of_numbers or (value if said_so or value in shown else None)
            if name is None or (name in defined and not (of_numbers and introducing)) or is_function(name) or name in USUAL:
                continue
            for one in dict.fromkeys([name, *scripts.siblings(name)]):
                yield _function(one, name, wording, line, anew=bool(of_numbers and introducing))


def _function(name: str, written: str, wording: Wording, line: Line, *, anew: bool) -> Told:
    """That a name is a function, as a row says of the name that is written in it."""
    row = line.row
    said = Said(f"{row.left.text} {row.relation} {row.right.text if row.right else ''}", row.left.place())
    bold = weights_in(row.text, line.notation).of(written)
    declaration = Declaration(name, "function")
    return Told(name, declaration, said, wording.start, wording.around, anew, False, wording.spot, wording.place(0), bold)


def shown_entrywise(texts: Iterable[str]) -> frozenset[str]:
    r"""The functions of layers that work on each entry: their derivatives stand in products of
    entries, ``\odot g^{[l]\prime}(z)``."""
    found: set[str] = set()
    for text in texts:
        if r"\odot" in text or r"\circ" in text:
            primed = [
                (at.name, primes) for at in names_at(text) if (primes := PRIMES.match(text, at.end)) is not None and primes[0]
            ]
            found |= {name for name, primes in primed if is_of_layer(name) and CALLED.match(text, primes.end())}
    return frozenset(found)


def _of_entries(line: Line) -> str | None:
    """f of ``h_i = f(z_i)``."""
    row = line.row
    if row.right is None or row.relation not in ("=", ":="):
        return None
    left, right = head_of(row.left.text, line.notation), head_of(row.right.text, line.notation)
    if left is None or right is None or left.arguments or len(right.arguments) != 1:
        return None
    index = index_of(left.name)
    return right.name if index and index == index_of(right.arguments[0]) and not index_of(right.name) else None


def _of_value(line: Line) -> str | None:
    """f of ``h = f(z)``."""
    head = (
        head_of(line.row.right.text, line.notation) if line.row.right is not None and line.row.relation in ("=", ":=") else None
    )
    return head.name if head is not None and len(head.arguments) == 1 else None


def _of_numbers(line: Line) -> str | None:
    r"""f of ``f: \mathbb{R} \to \mathbb{R}``."""
    row = line.row
    found = _MAP.fullmatch(row.left.text) if row.relation == "→" and row.right is not None else None
    head = (
        head_of(found["name"], line.notation) if found is not None and row.right and _NUMBERS.fullmatch(row.right.text) else None
    )
    return head.name if head is not None and not head.arguments else None


def as_arrays(definitions: Sequence[Definition], equation: str) -> tuple[Definition, ...]:
    """The definitions, those of entries as definitions of the arrays where somebody speaks of
    these, ``z_i = ...`` with ``f(z)``, or differentiates by one of their entries."""
    texts = {one.name: {at.name for at in names_at(one.value, one.notation)} for one in definitions}
    spoken = {at.name for at in names_at(equation)}.union(*texts.values())
    spoken |= {
        at.base
        for text in (equation, *(one.value for one in definitions))
        for at in names_at(text)
        if _BY.search(text[: at.start])
    }
    return tuple([_array(one) if one.name in spoken else one for one in definitions])


def with_matrices(definitions: Sequence[Definition], equation: str) -> tuple[Definition, ...]:
    r"""The definitions with entries of the matrices of an equation, where these are small letters
    of the same name: ``w_{ij}`` of W."""
    bases = frozenset([at.base for at in names_at(equation) if at.name == at.base and at.base[:1].isupper()])
    small = {at.base for at in names_at(equation)}
    return tuple([_with_capitals(one, bases, small) if bases and one.notation == "latex" else one for one in definitions])


def _with_capitals(one: Definition, matrices: frozenset[str], small: Collection[str]) -> Definition:
    changes = []
    for at in names_at(one.value):
        capital = at.base[:1].upper() + at.base[1:]
        if at.base[:1].islower() and at.base not in small and capital in matrices and len(at.name) - len(at.base) > _TWO:
            letter = one.value.index(at.base[0], at.start)
            changes.append((letter, letter + 1, capital[0]))
    if not changes:
        return one
    value = respelled(one.value, changes)
    return replace(one, value=value, uses=(one.uses | matrices) & names_used(value, one.notation))


_BY = pattern(r"(?:\}\s*\{|/)\s*\\partial\s*\Z")
_TWO = 2


def _array(one: Definition) -> Definition:
    index = index_of(one.head.name)
    shifted = any(pattern(rf"_\{{?[^{{}}]*{letter}\s*[-+]").search(one.value) for letter in index)
    # An index that does not stand in the value is a label, as in the least norm solution x_{ln}.
    if set(index) != open_indices(one.value):
        return one
    if not index or one.is_function or shifted or one.notation != "latex" or without_index(one.head.name) != one.name:
        return one
    base = next(iter(names_at(one.left))).name
    written = without_script(one.left)
    if head_of(written) is None or base != one.head.name:
        return one
    value = rf"\operatorname{{tensor}}({', '.join(index)}, {one.value})"
    return replace(one, left=written, value=value)


def function_names(told: Iterable[Told]) -> frozenset[str]:
    """The names that are said to be functions of each entry somewhere."""
    return frozenset(one.name for one in told if one.declaration.kind == "function")
