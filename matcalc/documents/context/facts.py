"""What the words and formulas of a document tell of its symbols."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.base.shapes import is_square
from matcalc.documents.blocks import Said
from matcalc.documents.context.assertions import Doubts, Told, only_defines, reach_of, section_of
from matcalc.documents.context.defined_names import head_and_value, program_of
from matcalc.documents.context.loose_notation import ANY_SIZE, listed_names
from matcalc.documents.context.outline import END, Line
from matcalc.documents.context.phrases import Description, descriptions
from matcalc.documents.context.scripts import Scripts, is_of_layer
from matcalc.documents.context.wording import (
    CLOSE,
    OPEN,
    Factorization,
    Token,
    Wording,
    remark,
    says,
    tokens_of,
    vocabulary,
    words_of,
)
from matcalc.documents.context.written_names import (
    CALLED,
    behind_primes,
    index_of,
    names_at,
    weights_in,
    whole_name,
    without_index,
)
from matcalc.documents.sides import head_of, is_function
from matcalc.facts.table import needs_square
from matcalc.language.declare.declared import Declaration, parse_declarations
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import number_in
from matcalc.language.text.meanings import USUAL
from matcalc.language.text.spelling import Vocabulary

_LONGEST_DECLARATION = 400
_ELLIPSIS = re.compile(r"\\[lc]?dots|…|\.\.\.")
_NEAR_AN_EQUATION = 12
"""Characters between a word and the equation that it is about."""


def told_in(wording: Wording) -> Iterator[Told]:
    """Everything that a sentence tells of names."""
    if _is_doubtful(wording) or _drops(wording):
        return
    yield from _said_in(wording)
    for line in wording.lines:
        if line.row.behind or line.row.lead:
            yield from _remarked(wording, line)


# ---------------------------------------------------------------- what is told


def _described(wording: Wording, tokens: Sequence[Token], found: Description) -> Iterator[Told]:
    """What words say of names."""
    start, end, narrow = reach_of(wording, tokens, found.first, general=found.general, listed=found.listed)
    if start >= end:
        return
    text = wording.text[tokens[found.first].start : tokens[min(found.last, len(tokens)) - 1].end]
    shown = re.sub(r"⟨(\d+)⟩", lambda one: wording.mentions[int(one[1])].formula.text.text.strip(), text)
    said = Said(shown, wording.place(tokens[found.first].start))
    introduced = not found.with_verb and not _is_resumed(tokens, found.first)
    for written in found.names:
        declaration = _declaration_of(written, found.said)
        if declaration is not None and not _is_usual(declaration, text):
            anew = found.general or declaration.shape is not None or (declaration.kind is not None and introduced)
            place = wording.place(0)
            yield Told(start, end, declaration.name, declaration, said, place, narrow, anew, found.bold, found.general)


def _declaration_of(written: str, said: str) -> Declaration | None:
    """What is said of a name; of a member of a family, the vector w_i, only the facts of all of
    them."""
    name = without_index(written)
    declaration = _declaration(name, said)
    if declaration is None or name == written or declaration.shape == ():
        return declaration
    return Declaration(name, properties=declaration.properties)


def _is_usual(declaration: Declaration, text: str) -> bool:
    """Whether words say of a function that it is the usual one of its letter, as
    ``the sigmoid activation function`` of a sigma does."""
    usual = USUAL.get(declaration.name) if declaration.kind == "function" else None
    return usual is not None and any(word in text.lower() for word in (usual.function, *usual.words.split()[1:2]))


def _is_resumed(tokens: Sequence[Token], position: int) -> bool:
    """Whether a description is of what is known already: ``applied to the vector z``, not
    ``consider the vector z``."""
    before = [token.text for token in tokens[: position + 1] if token.mention is None]
    return "the" in before[-2:] and not any(says("introducing", word) for word in before)


def _stated(wording: Wording, tokens: Sequence[Token], position: int, line: Line) -> Iterator[Told]:
    """What a formula says of names: a set that they are in, an equation that is supposed."""
    row = line.row
    told = line.role == "fact" or (row.relation in ("∈", "≻", "⪰", ">", "≥") and line.role == "declaration")
    if row.right is None or row.link or not told:
        return
    text = f"{row.left.text} {row.relation} {row.right.text}"
    before = wording.text[: tokens[position].start]
    constraints = words_of("constraining").finditer(before) if row.relation == "=" else ()
    near = len(before.rstrip()) - _NEAR_AN_EQUATION
    if len(text) > _LONGEST_DECLARATION or any(found.end() >= near for found in constraints):
        return  # an equation that is to be met is no fact about what is varied
    try:
        declarations = parse_declarations(_readable(text))
    except MatcalcError:
        return
    if _ELLIPSIS.search(row.left.text) is not None:
        return  # members of a family: x_1, ..., x_N
    start, end, narrow = reach_of(wording, tokens, position)
    said = Said(text, row.left.place())
    weights = weights_in(row.left.text, line.notation)
    for name, declaration in declarations.items():
        plain = without_index(name)
        if plain != name:
            if declaration.shape not in (None, ()):
                continue  # a member of a family
            declaration = Declaration(plain, properties=declaration.properties)
        anew = declaration.shape is not None
        yield Told(start, end, plain, declaration, said, wording.place(0), narrow, anew, weights.of(plain))


def _remarked(wording: Wording, line: Line) -> Iterator[Told]:
    """What the words at a row say: ``\\quad\\text{if } K^\\top = -K``."""
    own = remark(line, wording.spot)
    if _is_doubtful(own):
        return
    wide = own.text.lstrip().lower().startswith(("where", "with", "here"))
    end = section_of(wording) if only_defines(wording) else wording.reach
    yield from (replace(one, start=wording.start, end=end) if wide else one for one in _said_in(own, supposed=True))


def _said_in(wording: Wording, *, supposed: bool = False) -> Iterator[Told]:
    """What the words and the formulas of a sentence tell; ``supposed``: its own formulas alone, as
    facts."""
    tokens = tokens_of(wording)
    doubts = Doubts(tokens, wording.text)
    for found in descriptions(tokens):
        if not doubts.about_clause(found.first, found.last, with_verb=found.with_verb):
            yield from _described(wording, tokens, found)
    for position, token in enumerate(tokens):
        if token.mention is not None and (not supposed or token.mention.number < 0) and not doubts.about(position, position + 1):
            for line in token.mention.lines:
                yield from _stated(wording, tokens, position, replace(line, role="fact") if supposed else line)


def _declaration(name: str, said: str) -> Declaration | None:
    """The words as a declaration; what cannot be one is left out, from the end. Words that say
    nothing declare nothing."""
    parts = _readable(said).split()
    while parts:
        for words in (parts, [part for part in parts if part != "square"]):
            try:
                return parse_declarations(f"{name}: {' '.join(words)}").get(name)
            except MatcalcError:
                continue
        parts.pop()
    return Declaration(name) if not said else None


def _readable(text: str) -> str:
    """A declaration as that of a formula is written, without the commands that the language has no
    use for."""
    return text.replace(r"\times", "×").replace(r"\quad", " ")


_CONDITION = re.compile(
    r"\s*(?:(?:only )?(?:holds|is true|is valid|is right)(?: only)? |only )?(?:if|when|whenever|provided|as long as|unless)\b[^.;⟨⟩]*"
)
"""Words behind a formula that say when it holds, without a formula in them."""


def under_a_condition(wording: Wording) -> Iterator[int]:
    """The rows behind which words say when they hold, of which nothing is understood:
    ``holds if A and B commute``."""
    for number, mention in enumerate(wording.mentions):
        mark = f"⟨{number}⟩"
        said = _CONDITION.match(wording.text, wording.text.index(mark) + len(mark))
        understood = said is None or any(token.text in vocabulary().nouns for token in tokens_of(replace(wording, text=said[0])))
        if not understood:
            yield from (line.number for line in mention.lines)


# ---------------------------------------------------------------- together


def kept_until_dropped(told: Iterable[Told], read: Iterable[Wording]) -> Iterator[Told]:
    """What is told, up to the sentences that say of assumptions that they are made no longer; kinds
    and sizes stay."""
    ends = sorted([wording.start for wording in read if _drops(wording)])
    for one in told:
        at = bisect_left(ends, one.start + 1)
        if one.declaration.properties and at < len(ends) and ends[at] < one.end:
            yield replace(one, end=ends[at])
            if one.declaration.kind is not None:
                kind = Declaration(one.name, one.declaration.kind, one.declaration.shape)
                yield replace(one, declaration=kind, start=ends[at], anew=False)
        else:
            yield one


def _is_doubtful(wording: Wording) -> bool:
    return words_of("doubtful_sentence").search(wording.text) is not None


def _drops(wording: Wording) -> bool:
    return all(words_of(sort).search(wording.text) is not None for sort in ("dropping", "assumption"))


_MOST_FACTORS = 3
_NEAR = 4
"""Words before the name of a factorization that are a part of it."""


def factors_in(wording: Wording, told: Sequence[Told]) -> Iterator[Told]:
    """What is told of the factors in the equations of a sentence by the name that it gives to the
    factorization.

    ``told`` is what else is told of names: of a matrix that is not square, as the middle factor of
    a full decomposition, nothing is told that only a square one is.
    """
    named = [(one, found) for one in vocabulary().factorizations if (found := one.words.search(wording.text)) is not None]
    if not named or _is_another(wording.text, named[0][1].start()) or _is_doubtful(wording):
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
        start, end, narrow = reach_of(wording, tokens, position)
        for line in token.mention.lines:
            said, weights = Said(named[0][1][0], line.row.left.place()), weights_in(line.row.text, line.notation)
            for name, properties in _facts(line, forms).items():
                declaration = Declaration(name, properties=properties)
                one = Told(start, end, name, declaration, said, wording.place(0), narrow, bold=weights.of(name))
                if not (needs_square(properties) and any(_is_oblong(other, one) for other in told)):
                    yield one


def _is_another(text: str, start: int) -> bool:
    """Whether the words before the name make it that of something else: ``an approximate SVD``,
    ``similar to an SVD``."""
    before = text[:start].replace("-", " ").split()[-_NEAR:]
    return words_of("another").search(" ".join(before)) is not None


def _is_oblong(other: Told, one: Told) -> bool:
    """Whether unequal numbers of rows and columns are told of the same name, in rows that both
    reach."""
    shape = other.declaration.shape
    unequal = shape is not None and len(shape) == 2 and not is_square(shape)
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
    program = program_of(text, Vocabulary())
    waiting = [] if program is None else [program.value]
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
_MOMENT = pattern(
    rf"\s*{_EXPECTED}{ANY_SIZE}(?:\[|\\\{{|\()(?P<whole>.{{2,300}}?)\^\s*(?:T|\\top|\\intercal|\{{\s*(?:T|\\top|\\intercal)\s*\}}){ANY_SIZE}"
    rf"(?:\]|\\\}}|\)){ANY_SIZE}"
)
_UNSEEN = pattern(ANY_SIZE)


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
    whole = "" if moment is None else _UNSEEN.sub("", moment["whole"])
    if moment is None or whole != whole[: len(whole) // 2] * 2:
        return None
    said = Said(f"{line.row.left.text} = {value}", line.row.left.place())
    return _semidefinite(name, said, line, wording, END, weights_in(line.row.left.text).of(name))


def _semidefinite(name: str, said: Said, line: Line, wording: Wording, end: int, bold: bool | None) -> Told:
    declaration = Declaration(name, properties=("positive_semidefinite",))
    return Told(line.number, end, name, declaration, said, wording.place(0), bold=bold)


_NORMAL = pattern(
    rf"(?:\\(?:mathcal|mathrm|mathscr|operatorname|text|mathbf)\s*\{{?\s*N\s*\}}?|\\N(?![A-Za-z])|N)(?:_\s*(?:\{{[^{{}}]*\}}|\w))?{ANY_SIZE}"
    rf"\((?P<mean>[^()]{{1,80}}),(?P<covariance>[^(),]{{1,60}}?){ANY_SIZE}\)"
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
        yield Told(line.number, wording.spot.section_end, name, Declaration(name, "vector"), said, wording.place(0))


_REAL = r"\s*(?:\\mathbb\s*\{?\s*R\s*\}?|\\R(?:eals)?(?![A-Za-z])|ℝ)\s*"
_MAP = pattern(rf"(?P<name>.{{1,40}}?)\s*(?::|\\colon(?![A-Za-z])){_REAL}")
_NUMBERS = pattern(_REAL)
_APPLIED = pattern(r"(?i)[\s,(]*(?:(?:is|being|applied|acting|taken|computed|understood)\s+)*([a-z]+(?:-[a-z]+)?)")


def functions_in(wording: Wording, defined: Collection[str], scripts: Scripts, shown: Collection[str]) -> Iterator[Told]:
    """The functions of which a sentence says that they work on each entry, or that are ``shown``
    to; those that are ``defined`` have a formula."""
    introducing = words_of("introducing").match(wording.text.lstrip()) is not None
    for number, mention in enumerate(wording.mentions):
        _, _, after = wording.text.partition(f"{OPEN}{number}{CLOSE}")
        applied = _APPLIED.match(after)
        said_so = applied is not None and says("entrywise", applied[1])
        for line in mention.lines:
            ordered = scripts.ordered(line)
            of_numbers, value = _of_numbers(line), _of_value(ordered)
            name = _of_entries(ordered) or of_numbers or (value if said_so or value in shown else None)
            if name is None or (name in defined and not (of_numbers and introducing)) or is_function(name) or name in USUAL:
                continue
            yield from (
                _function(one, name, wording, line, anew=bool(of_numbers and introducing))
                for one in dict.fromkeys([name, *scripts.siblings(name)])
            )


def _function(name: str, written: str, wording: Wording, line: Line, *, anew: bool) -> Told:
    """That a name is a function, as a row says of the name that is written in it."""
    row = line.row
    said = Said(f"{row.left.text} {row.relation} {row.right.text if row.right else ''}", row.left.place())
    bold = weights_in(row.text, line.notation).of(written)
    declaration = Declaration(name, "function")
    return Told(wording.start, wording.around, name, declaration, said, wording.place(0), anew=anew, bold=bold)


def shown_entrywise(texts: Iterable[str]) -> frozenset[str]:
    r"""The functions of layers that work on each entry: their derivatives stand in products of
    entries, ``\odot g^{[l]\prime}(z)``."""
    products = [text for text in texts if r"\odot" in text or r"\circ" in text]
    named = ((at, text, behind_primes(text, at.end)) for text in products for at in names_at(text))
    return frozenset(
        at.name for at, text, end in named if end > at.end and is_of_layer(at.name) and CALLED.match(text, end) is not None
    )


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
    given = line.row.right if line.row.relation in ("=", ":=") else None
    head = head_of(given.text, line.notation) if given is not None else None
    return head.name if head is not None and len(head.arguments) == 1 else None


def _of_numbers(line: Line) -> str | None:
    r"""f of ``f: \mathbb{R} \to \mathbb{R}``."""
    row = line.row
    found = _MAP.fullmatch(row.left.text) if row.relation == "→" and row.right is not None else None
    of_numbers = found is not None and row.right is not None and _NUMBERS.fullmatch(row.right.text)
    head = head_of(found["name"], line.notation) if found is not None and of_numbers else None
    return head.name if head is not None and not head.arguments else None


def function_names(told: Iterable[Told]) -> frozenset[str]:
    """The names that are said to be functions of each entry somewhere."""
    return frozenset(one.name for one in told if one.declaration.kind == "function")
