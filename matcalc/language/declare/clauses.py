"""Texts of declarations cut into single ones: what names are spoken of, and what is said of them.

Declarations stand apart by ``;``, line breaks and full stops, and by commas and *and* where what
follows declares another name: ``x: n, A: n×n, symmetric, B symmetric`` are three. A declaration is
``names: value``, ``names ∈ set``, ``names are value``, ``names value``, ``value names``
(``scalars a, b``), or an equation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from matcalc.base.errors import MatcalcError, ParseError, Span
from matcalc.base.records import record
from matcalc.facts.table import canonical
from matcalc.language.declare.declared import Range, index_of, without_ranges
from matcalc.language.declare.scanning import ADDING, FILLERS, JOINING, KINDS, LINKS, OPENING, SETS, Token, scanned
from matcalc.language.declare.value_reader import Said, ValueReader
from matcalc.language.text.spelling import canonical_name, is_name

Tokens: TypeAlias = Sequence[Token]

_LONGEST_COMMAND = 20
_SAYING = frozenset(["×", "x", "by", "(", "[", "^", "real", "∈"])
"""What tells sizes from another name."""


@record(frozen=False, eq=False)
class Entry:
    """One declaration, still as tokens.

    ``names`` are its names with their places; ``value`` what is said of them, ``equations`` (each
    of them tokens) what is said beside it. ``adds`` tells what adds to another declaration of the
    same name from what gives its kind or size.
    """

    names: list[tuple[str, Span]]
    value: list[Token]
    equations: list[Tokens]
    adds: bool = False
    member: bool = False
    open: bool = False
    """Whether names may follow: ``scalars a, b``."""
    start: int = 0
    end: int = 0
    ranges: tuple[Range, ...] = ()
    """What the indices in its names run over."""

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


def entries(text: str) -> list[Entry]:
    """Every declaration of a text, in order."""
    found: list[Entry] = []
    plain, ranges = without_ranges(text)
    for statement in _statements(scanned(plain), text):
        found += _Statement(text, statement).entries()
    for one in ranges:
        _give_range(found, one)
    return found


def _give_range(found: list[Entry], one: Range) -> None:
    """Gives a range to the declaration that it stands behind. Raises ParseError where that has no
    such index."""
    before = [entry for entry in found if entry.start < one.start]
    if not before or not any(one.index in index_of(canonical_name(name)) for name, _ in before[-1].names):
        said = f"no name with the index {one.index} is declared here"
        raise ParseError(said, span=Span(one.start, one.end), suggestion=f"x_{one.index}: d for {one.index} = 1..n")
    before[-1].ranges += (one,)


def value_entry(text: str, start: int, name: str) -> Entry:
    """The declaration of a mapping: what is said of the name stands from ``start`` on."""
    plain, ranges = without_ranges(text)
    tokens = [token for token in scanned(plain, start) if token.text != ";"]
    entry = Entry([(name, Span(0, max(1, start - 2)))], [], [], start=0, end=len(text))
    for one in ranges:
        _give_range([entry], one)
    for part in _chunks(tokens):
        _continue(entry, part, text)
    return entry


def _statements(tokens: Tokens, text: str) -> Iterator[list[Token]]:
    depth, begin = 0, 0
    for place, token in enumerate(tokens):
        depth = _deeper(depth, token)
        stop = token.text == "." and (place + 1 == len(tokens) or tokens[place + 1].start > token.end)
        if depth == 0 and token.kind == "sign" and (token.text == ";" or stop):
            yield list(tokens[begin:place])
            begin = place + 1
    yield list(tokens[begin:])


def _deeper(depth: int, token: Token) -> int:
    if token.kind != "sign":
        return depth
    return depth + 1 if token.text in "([{" else max(0, depth - 1) if token.text in ")]}" else depth


def _chunks(tokens: Tokens) -> Iterator[list[Token]]:
    """The parts between commas, and words such as *and*, that stand outside brackets."""
    depth, begin = 0, 0
    for place, token in enumerate(tokens):
        depth = _deeper(depth, token)
        if depth == 0 and (token.text == "," or (token.kind == "word" and token.text in JOINING)):
            yield list(tokens[begin:place])
            begin = place + 1
    yield list(tokens[begin:])


class _Statement:
    """One statement: chunks that belong together."""

    def __init__(self, text: str, tokens: Tokens) -> None:
        self.text = text
        self.tokens = tokens
        self.found: list[Entry] = []
        self.waiting: list[Tokens] = []
        """Chunks that are a bare name."""

    def entries(self) -> list[Entry]:
        """The declarations in it."""
        for part in _chunks(self.tokens):
            chunk = _without_opening(part)
            if chunk:
                self._chunk(chunk)
        self._give_up_waiting()
        return self.found

    def _chunk(self, chunk: Tokens) -> None:
        if self._is_bare_name(chunk):
            self.waiting.append(chunk)
            return
        link = next((k for k, depth in outside(chunk) if chunk[k].text.lower() in LINKS and k), None)
        if link is not None and self._linked(chunk, link):
            return
        if any(chunk[k].kind == "relation" for k, _ in outside(chunk)):
            self._relation(chunk)
        elif not self._named_first(chunk) and not self._named_last(chunk):
            self._give_up_waiting()
            if self.found:
                _continue(self.found[-1], chunk, self.text)
            else:
                self.found.append(self._unread(chunk))

    # ------------------------------------------------------------ forms

    def _linked(self, chunk: Tokens, link: int) -> bool:
        """``A: n×n``, ``A ∈ R^{n×n}``, ``the matrix A is symmetric``."""
        stated = next((k for k, _ in outside(chunk[:link]) if chunk[k].kind == "relation"), None)
        before = chunk[:link] if stated is None else chunk[:stated]  # of A = A' ∈ R^{n×n}
        name, said = self._name_and_more(before)
        if name is None and chunk[link].text == ":":
            raise self._no_name(before)
        if name is None:
            return False
        word = chunk[link].text.lower()
        value = list(chunk[link + 1 :])
        if value and word == ":" and value[0].text == ":":
            value = value[1:]
        if value and value[0].text.lower() in ("∈", "in"):
            word = "∈"
            value = value[1:]
        entry = self._new([name], [*said, *value], adds=word in ADDING and not said, member=word in ("∈", "in"))
        entry.end = chunk[-1].end
        entry.equations += [] if stated is None else [chunk[:link]]
        relations = [k for k, _ in outside(entry.value) if entry.value[k].kind == "relation"]
        if relations:
            self._related_value(entry, relations[0])
        return True

    def _related_value(self, entry: Entry, relation: int) -> None:
        """``a: scalar > 0``, ``Σ ∈ ℝ^{d×d} ≻ 0``; or ``A: A = A'``."""
        value = entry.value
        if [token.text for token in value[relation + 1 :]] != ["0"]:
            entry.value, entry.equations = [], [value]
            return
        for name, span in entry.names:
            entry.equations.append([Token("word", name, span.start, span.end), value[relation], *value[relation + 1 :]])
        del value[relation:]
        entry.adds = entry.adds or not value

    def _relation(self, chunk: Tokens) -> None:
        """``A = A'``, ``x, y ≥ 0``."""
        simple = sign_of(chunk)
        names = self.waiting if simple is not None else []
        if simple is None or (self.found and self.found[-1].open):  # more of vectors x, y, and both are positive
            self._give_up_waiting()
        self.waiting = []
        equations = [[*name, *chunk[-2:]] for name in names] if simple is not None and chunk[-1].text == "0" else []
        equations += [[chunk[0], chunk[1], *name] for name in names] if simple is not None and chunk[-1].text != "0" else []
        for equation in [*equations, chunk]:
            if self.found and self.found[-1].names:
                self.found[-1].equations.append(equation)
                self.found[-1].end = max(self.found[-1].end, equation[-1].end)
            else:
                self.found.append(Entry([], [], [equation], adds=True, start=equation[0].start, end=equation[-1].end))

    def _named_first(self, chunk: Tokens) -> bool:
        """``A symmetric``, ``x a vector of length n``."""
        end = name_end(chunk, 0)
        if end == 0 or end == len(chunk) or not is_free_word(chunk[0]) or chunk[end].text in ("×", "*", "by", "x", "X", "-", "^"):
            return False
        name = self._name(chunk[:end])
        said = None if name is None or self._continues(chunk, end) else self._said(chunk[end:], name[0])
        if name is None or said is None:
            return False
        if said.shape and not (said.kind or said.properties or any(token.text in _SAYING for token in chunk[end:])):
            return False
        entry = self._new([name], list(chunk[end:]), adds=True)
        entry.end = chunk[-1].end
        return True

    def _continues(self, chunk: Tokens, end: int) -> bool:
        """Whether ``n symmetric`` in ``A: n, n symmetric`` goes on with the sizes."""
        if not self.found or end != 1 or self.waiting:
            return False
        before = self.found[-1].value
        if (
            len(before) != 1
            or before[0].kind not in ("word", "number")
            or before[0].text.lower() in KINDS
            or not self.found[-1].names
        ):
            return False
        names_matrix = self.found[-1].names[-1][0][:1].isupper()
        return before[0].text == chunk[0].text or (names_matrix and chunk[0].text[:1].islower() and is_free_word(before[0]))

    def _named_last(self, chunk: Tokens) -> bool:
        """``scalars a, b``, ``a symmetric n×n matrix A``."""
        if self.found and not (self.found[-1].open or chunk[0].text.lower() in KINDS):
            return False
        name, said = self._name_and_more(chunk)
        if name is None or not said or not any(self._is_vocabulary(token) for token in said):
            return False
        entry = self._new([name], said, adds=True)
        entry.open = True
        entry.end = chunk[-1].end
        return True

    # ------------------------------------------------------------ names

    def _name(self, tokens: Tokens) -> tuple[str, Span] | None:
        """A name as it is written, with its place."""
        if not tokens:
            return None
        span = Span(tokens[0].start, tokens[-1].end)
        written = self.text[_with_font(self.text, span.start) : span.end].strip("$ ")
        return (written, span) if is_name(canonical_name(written)) else None

    def _name_and_more(self, tokens: Tokens) -> tuple[tuple[str, Span] | None, list[Token]]:
        """The name at the end of what stands before a link, and what is said before it."""
        if not tokens:
            return None, []
        if name_end(tokens, 0) == len(tokens) or len(tokens) == 1:
            return self._name(tokens) or (self.text[tokens[0].start : tokens[-1].end], Span(tokens[0].start, tokens[-1].end)), []
        for begin in range(max(1, len(tokens) - 4), len(tokens)):
            if name_end(tokens, begin) == len(tokens) and is_free_word(tokens[begin]):
                name = self._name(tokens[begin:])
                said = [token for token in tokens[:begin] if token.text.lower() not in FILLERS or len(tokens) > 2]
                if name is None:
                    continue
                if all(token.text.lower() in FILLERS for token in said):
                    return name, []
                if any(self._is_vocabulary(token) for token in said) and self._said(said, name[0]) is not None:
                    return name, said
        return None, []

    def _no_name(self, tokens: Tokens) -> ParseError:
        """The error for what stands before a colon, and is no name."""
        written = self.text[tokens[0].start : tokens[-1].end] if tokens else ""
        span = Span(tokens[0].start, tokens[-1].end) if tokens else Span(self.tokens[0].start, self.tokens[0].end)
        names = [token.text for token in tokens if token.kind == "word"]
        advice = f"{', '.join(names)}: n" if len(names) == len(tokens) > 1 else None
        return ParseError(
            f"{written!r} cannot be a name", span=span, expected="letters, with digits or an index after them", suggestion=advice
        ).with_text(self.text)  # type: ignore[return-value]

    def _said(self, tokens: Tokens, name: str) -> Said | None:
        try:
            return ValueReader(tokens, self.text, name).read()
        except MatcalcError:
            return None

    def _is_bare_name(self, chunk: Tokens) -> bool:
        return name_end(chunk, 0) == len(chunk) and is_free_word(chunk[0])

    def _is_vocabulary(self, token: Token) -> bool:
        return token.kind == "word" and (token.text.lower() in KINDS or canonical(token.text) is not None)

    # ------------------------------------------------------------ entries

    def _new(self, names: list[tuple[str, Span]], value: list[Token], *, adds: bool = False, member: bool = False) -> Entry:
        """A new entry, which the bare names before it belong to."""
        before = [self._name(chunk) for chunk in self.waiting]
        self.waiting = []
        every = [*[name for name in before if name is not None], *names]
        entry = Entry(every, value, [], adds, member, start=min(span.start for _, span in every))
        entry.start = _with_font(self.text, min([entry.start, *[token.start for token in value]]))
        self.found.append(entry)
        return entry

    def _give_up_waiting(self) -> None:
        """Names that nothing is said of are sizes: ``X: n, m``; or more of ``scalars a, b``."""
        waiting, self.waiting = self.waiting, []
        known = {name for name, _ in self.found[-1].names} if self.found and waiting else set()
        for chunk in waiting:
            if not self.found or not self.found[-1].names:
                self.found.append(self._unread(chunk))
            elif self.found[-1].open:
                name = self._name(chunk)
                if name is not None and name[0] not in known:
                    known.add(name[0])
                    self.found[-1].names.append(name)
                self.found[-1].end = chunk[-1].end
            else:
                _continue(self.found[-1], chunk, self.text)

    def _unread(self, chunk: Tokens) -> Entry:
        return Entry([], list(chunk), [], start=_with_font(self.text, chunk[0].start), end=chunk[-1].end)


def _continue(entry: Entry, chunk: Tokens, text: str) -> None:
    """More of what is said."""
    if not chunk:
        return
    if any(chunk[k].kind == "relation" for k, _ in outside(chunk)):
        relation = next(k for k, _ in outside(chunk) if chunk[k].kind == "relation")
        if relation == 0 or [token.text for token in chunk[relation + 1 :]] == ["0"] and sign_of(chunk) is None:
            name, span = entry.names[0]
            entry.equations.append([Token("word", name, span.start, span.end), *chunk[relation:]])
            chunk = chunk[:relation]
        else:
            entry.equations.append(chunk)
            return
    if chunk and not entry.value and chunk[0].text.lower() in LINKS:
        entry.member |= chunk[0].text.lower() in ("∈", "in")
        chunk = chunk[1:]
    if not chunk:
        return
    if entry.value:
        entry.value.append(Token("sign", ",", chunk[0].start, chunk[0].start))
    entry.value += chunk
    entry.end = max(entry.end, chunk[-1].end)


def sign_of(chunk: Tokens) -> tuple[Tokens, str] | None:
    """The name and the relation of ``x ≥ 0`` or ``0 < x``; None for another equation."""
    turned = {">": "<", "<": ">", "≥": "≤", "≤": "≥", "≻": "≺", "≺": "≻", "⪰": "⪯", "⪯": "⪰"}
    if len(chunk) < 3:
        return None
    if (
        chunk[-1].text == "0"
        and chunk[-2].kind == "relation"
        and chunk[-2].text in turned
        and name_end(chunk, 0) == len(chunk) - 2
    ):
        return chunk[:-2], chunk[-2].text
    if chunk[0].text == "0" and chunk[1].kind == "relation" and chunk[1].text in turned and name_end(chunk, 2) == len(chunk):
        return chunk[2:], turned[chunk[1].text]
    return None


def name_end(tokens: Tokens, place: int) -> int:
    """Where the name that begins here ends; the same place when none begins."""
    start = place
    while place < len(tokens) and tokens[place].accent:
        place += 1
    if place < len(tokens) and place > start and tokens[place].text == "{":
        place = _closed(tokens, place)
    elif place < len(tokens) and tokens[place].kind == "word":
        place += 1
    else:
        return start
    while place + 1 < len(tokens) and tokens[place].text in ("_", "^"):
        following = tokens[place + 1]
        if following.text in ("{", "("):
            place = _closed(tokens, place + 1)
        elif tokens[place].text == "_" or following.text == "*":
            place += 2
        else:
            break
    return place


def _closed(tokens: Tokens, place: int) -> int:
    depth = 0
    for k in range(place, len(tokens)):
        depth = _deeper(depth, tokens[k])
        if depth == 0:
            return k + 1
    return len(tokens)


def is_free_word(token: Token) -> bool:
    """Whether a word may be a name: it is none of those that say something."""
    word = token.text.lower()
    return token.accent or (
        token.kind == "word"
        and word not in KINDS
        and (word not in FILLERS or len(word) == 1)
        and (len(word) == 1 or canonical(token.text) is None)
        and token.text not in ("ℝ", "ℕ", "ℤ", "𝕊", "ℂ")
        and (len(word) < 3 or token.text not in SETS)
    )


def outside(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """The places outside brackets."""
    depth = 0
    for place, token in enumerate(tokens):
        before, depth = depth, _deeper(depth, token)
        if depth == 0 and before == 0:
            yield place, depth


def _without_opening(chunk: Tokens) -> Tokens:
    """The chunk without *let*, *where*, *the*... before it."""
    place = 0
    while place + 1 < len(chunk) and chunk[place].kind == "word" and chunk[place].text.lower() in OPENING:
        if len(chunk[place].text) == 1 and not (chunk[place].text == "a" and _is_article(chunk[place + 1 :])):
            break
        place += 1
    return chunk[place:]


def _is_article(rest: Tokens) -> bool:
    """Whether a before this is the article: ``a symmetric matrix B``, and not ``a scalar``,
    ``a: n``, ``a > 0``."""
    return rest[0].kind == "word" and rest[0].text.lower() not in LINKS and is_free_word(rest[-1]) and not is_free_word(rest[0])


def _with_font(text: str, start: int) -> int:
    r"""Where the command and brace before a name begin: of ``\mathbf{X}`` the X is at hand."""
    first = max(0, start - _LONGEST_COMMAND)
    before = text[first:start].rstrip("{ ")
    begin = before.rfind("\\")
    return first + begin if begin >= 0 and before[begin + 1 :].isalpha() else start
