"""Texts of declarations cut into single ones: what names are spoken of, and what is said of them.

Declarations stand apart by ``;``, line breaks and full stops, and by commas and *and* where what
follows declares another name: ``x: n, A: n×n, symmetric, B symmetric`` are three. A declaration is
``names: value``, ``names ∈ set``, ``names are value``, ``names value``, ``value names``
(``scalars a, b``), or an equation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import record
from matcalc.facts.table import canonical
from matcalc.language.declare.declared import Declaration, Range, index_of, without_ranges
from matcalc.language.declare.scanning import ADDING, FILLERS, JOINING, KINDS, LINKS, OPENING, SETS, Token, Tokens, at, scanned
from matcalc.language.text.spelling import canonical_name, is_name

_LONGEST_COMMAND = 20
_SAYING = frozenset(["×", "x", "by", "(", "[", "^", "real", "∈"])
"""What tells sizes from another name."""
_MEMBER = ("∈", "in")

Name: TypeAlias = tuple[str, Span]
"""A name as it is written, with its place."""


ReadValue: TypeAlias = Callable[[Tokens, str, str], Declaration | None]
"""Reads what tokens of a text say of a name; None where they are not understood."""


@record(frozen=False, eq=False)
class Entry:
    """One declaration, still as tokens.

    ``names`` are its names with their places; ``value`` what is said of them, ``equations`` (each
    of them tokens) what is said beside it. ``adds`` tells what adds to another declaration of the
    same name from what gives its kind or size.
    """

    names: list[Name]
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


def entries(text: str, value: ReadValue) -> list[Entry]:
    """Every declaration of a text, in order."""
    plain, ranges = without_ranges(text)
    tokens = scanned(plain)
    statements = (_Statement(text, statement, value) for statement in _parts(tokens, _ends_statement))
    return _with_ranges([entry for statement in statements for entry in statement.entries()], ranges)


def value_entry(text: str, start: int, name: str) -> Entry:
    """The declaration of a mapping: what is said of the name stands from ``start`` on."""
    plain, ranges = without_ranges(text)
    tokens = [token for token in scanned(plain, start) if token.text != ";"]
    entry = Entry([(name, Span(0, max(1, start - 2)))], [], [], start=0, end=len(text))
    _with_ranges([entry], ranges)
    for part in _parts(tokens, _ends_chunk):
        _continue(entry, part)
    return entry


def _with_ranges(found: list[Entry], ranges: tuple[Range, ...]) -> list[Entry]:
    """The declarations with the ranges behind them. Raises ParseError where one has no such
    index."""
    for one in ranges:
        before = [entry for entry in found if entry.start < one.start]
        if not before or not any(one.index in index_of(canonical_name(name)) for name, _ in before[-1].names):
            said = f"no name with the index {one.index} is declared here"
            raise ParseError(said, span=Span(one.start, one.end), suggestion=f"x_{one.index}: d for {one.index} = 1..n")
        before[-1].ranges += (one,)
    return found


def _parts(tokens: Tokens, ends: Callable[[Tokens, int], bool]) -> Iterator[Tokens]:
    """The parts between tokens outside brackets at which one ends."""
    begin = 0
    for place in outside(tokens):
        if ends(tokens, place):
            yield tokens[begin:place]
            begin = place + 1
    yield tokens[begin:]


def _ends_statement(tokens: Tokens, place: int) -> bool:
    token, following = tokens[place], at(tokens, place + 1)
    return token.kind == "sign" and (
        token.text == ";" or (token.text == "." and (not following.text or following.start > token.end))
    )


def _ends_chunk(tokens: Tokens, place: int) -> bool:
    return tokens[place].text == "," or (tokens[place].kind == "word" and tokens[place].text in JOINING)


def outside(tokens: Tokens) -> Iterator[int]:
    """The places outside brackets."""
    depth = 0
    for place, token in enumerate(tokens):
        before, depth = depth, _deeper(depth, token)
        if depth == 0 and before == 0:
            yield place


def relations_in(tokens: Tokens) -> list[int]:
    """The places of relations outside brackets."""
    return [place for place in outside(tokens) if tokens[place].kind == "relation"]


def _deeper(depth: int, token: Token) -> int:
    if token.kind != "sign":
        return depth
    return depth + 1 if token.text in "([{" else max(0, depth - 1) if token.text in ")]}" else depth


class _Statement:
    """One statement: chunks that belong together."""

    def __init__(self, text: str, tokens: Tokens, value: ReadValue) -> None:
        self.text = text
        self.tokens = tokens
        self.value = value
        self.found: list[Entry] = []
        self.colon = False
        """Whether the last declaration has a colon."""
        self.waiting: list[Tokens] = []
        """Chunks that are a bare name."""

    def entries(self) -> list[Entry]:
        """The declarations in it."""
        for part in _parts(self.tokens, _ends_chunk):
            chunk = _without_opening(part)
            if chunk:
                self._chunk(chunk)
        self._give_up_waiting()
        return self.found

    def _chunk(self, chunk: Tokens) -> None:
        if _is_name(chunk):
            self.waiting.append(chunk)
            return
        link = next((k for k in outside(chunk) if k and chunk[k].text.lower() in LINKS), None)
        if link and self._linked(chunk, link):
            return
        if relations_in(chunk):
            self._relation(chunk)
        elif not (self._named_first(chunk) or self._named_last(chunk)):
            self._give_up_waiting()
            if self.found:
                _continue(self.found[-1], chunk)
            else:
                self.found.append(self._unread(chunk))

    # ------------------------------------------------------------ forms

    def _linked(self, chunk: Tokens, link: int) -> bool:
        """``A: n×n``, ``A ∈ R^{n×n}``, ``the matrix A is symmetric``."""
        before, sign, value = chunk[:link], chunk[link].text.lower(), list(chunk[link + 1 :])
        stated = relations_in(before)  # of A = A' ∈ R^{n×n}
        spoken_of = before[: stated[0]] if stated else before
        name, said = self._name_and_more(spoken_of)
        if sign == "→" and self._takes_more():
            _continue(self.found[-1], chunk)
            return True
        if name is None and sign == ":":
            raise self._no_name(spoken_of)
        if name is None:
            return False
        if sign == ":" and at(value, 0).text == ":":
            del value[0]
        if at(value, 0).text.lower() in _MEMBER:
            sign = value.pop(0).text.lower()
        entry = self._new([name], [*said, *value], chunk[-1].end, adds=sign in ADDING and not said)
        self.colon = sign == ":"
        entry.member = sign in _MEMBER
        entry.equations += [before] if stated else []
        relations = relations_in(entry.value)
        if relations:
            self._related_value(entry, relations[0])
        return True

    def _takes_more(self) -> bool:
        """Whether what stands before an arrow is one more argument of a function: ``g: n, m ->
        scalar``."""
        if not self.found or not self.colon:
            return False
        for chunk in self.waiting:
            _continue(self.found[-1], chunk)
        self.waiting = []
        return all(token.text != "→" for token in self.found[-1].value)

    def _related_value(self, entry: Entry, relation: int) -> None:
        """``a: scalar > 0``, ``Σ ∈ ℝ^{d×d} ≻ 0``; or ``A: A = A'``."""
        value = entry.value
        if [token.text for token in value[relation + 1 :]] != ["0"]:
            entry.value, entry.equations = [], [value]
            return
        entry.equations += [[_as_token(name), *value[relation:]] for name in entry.names]
        del value[relation:]
        entry.adds = entry.adds or not value

    def _relation(self, chunk: Tokens) -> None:
        """``A = A'``, ``x, y ≥ 0``."""
        names = [] if sign_of(chunk) is None else self.waiting
        if not names or (self.found and self.found[-1].open):  # more of vectors x, y, and both are positive
            self._give_up_waiting()
        self.waiting = []
        behind = chunk[-1].text == "0"
        equations = [[*name, *chunk[-2:]] if behind else [*chunk[:2], *name] for name in names]
        for equation in [*equations, chunk]:
            if self.found and self.found[-1].names:
                self.found[-1].equations.append(equation)
                self.found[-1].end = max(self.found[-1].end, equation[-1].end)
            else:
                self.found.append(Entry([], [], [equation], adds=True, start=equation[0].start, end=equation[-1].end))

    def _named_first(self, chunk: Tokens) -> bool:
        """``A symmetric``, ``x a vector of length n``."""
        end = name_end(chunk, 0)
        if end == 0 or at(chunk, end).text in ("", "×", "*", "by", "x", "X", "-", "^") or not is_free_word(chunk[0]):
            return False
        name, value = self._name(chunk[:end]), chunk[end:]
        if name is None or self._continues(chunk, end):
            return False
        said = self.value(value, self.text, name[0])
        if said is None or not (said.kind or said.properties or not said.shape or any(token.text in _SAYING for token in value)):
            return False
        self._new([name], list(value), chunk[-1].end, adds=True)
        return True

    def _continues(self, chunk: Tokens, end: int) -> bool:
        """Whether ``n symmetric`` in ``A: n, n symmetric`` goes on with the sizes."""
        if not self.found or end != 1 or self.waiting:
            return False
        last = self.found[-1]
        if not last.names or len(last.value) != 1:
            return False
        before = last.value[0]
        if before.kind not in ("word", "number") or before.text.lower() in KINDS:
            return False
        names_matrix = last.names[-1][0][:1].isupper()
        return before.text == chunk[0].text or (names_matrix and chunk[0].text[:1].islower() and is_free_word(before))

    def _named_last(self, chunk: Tokens) -> bool:
        """``scalars a, b``, ``a symmetric n×n matrix A``."""
        if self.found and not (self.found[-1].open or chunk[0].text.lower() in KINDS):
            return False
        name, said = self._name_and_more(chunk)
        if name is None or not any(map(_is_vocabulary, said)):
            return False
        self._new([name], said, chunk[-1].end, adds=True).open = True
        return True

    # ------------------------------------------------------------ names

    def _name(self, tokens: Tokens) -> Name | None:
        """A name as it is written, with its place."""
        if not tokens:
            return None
        span = Span(tokens[0].start, tokens[-1].end)
        written = self.text[_with_font(self.text, span.start) : span.end].strip("$ ")
        return (written, span) if is_name(canonical_name(written)) else None

    def _name_and_more(self, tokens: Tokens) -> tuple[Name | None, list[Token]]:
        """The name at the end of what stands before a link, and what is said before it."""
        if not tokens:
            return None, []
        if name_end(tokens, 0) == len(tokens) or len(tokens) == 1:
            return self._name(tokens) or (self.text[tokens[0].start : tokens[-1].end], Span(tokens[0].start, tokens[-1].end)), []
        for begin in range(max(1, len(tokens) - 4), len(tokens)):
            name = self._name(tokens[begin:]) if _is_name(tokens[begin:]) else None
            said = None if name is None else self._said_before(name[0], tokens[:begin], len(tokens) > 2)
            if said is not None:
                return name, said
        return None, []

    def _said_before(self, name: str, tokens: Tokens, long: bool) -> list[Token] | None:
        """What is said before a name; None for words that say nothing of it."""
        said = [token for token in tokens if long or token.text.lower() not in FILLERS]
        if all(token.text.lower() in FILLERS for token in said):
            return []
        return said if any(map(_is_vocabulary, said)) and self.value(said, self.text, name) is not None else None

    def _no_name(self, tokens: Tokens) -> ParseError:
        """The error for what stands before a colon, and is no name."""
        written = self.text[tokens[0].start : tokens[-1].end] if tokens else ""
        span = Span(tokens[0].start, tokens[-1].end) if tokens else Span(self.tokens[0].start, self.tokens[0].end)
        names = [token.text for token in tokens if token.kind == "word"]
        return ParseError(
            f"{written!r} cannot be a name",
            text=self.text,
            span=span,
            expected="letters, with digits or an index after them",
            suggestion=f"{', '.join(names)}: n" if len(names) == len(tokens) > 1 else None,
        )

    # ------------------------------------------------------------ entries

    def _new(self, names: list[Name], value: list[Token], end: int, *, adds: bool) -> Entry:
        """A new entry, which the bare names before it belong to."""
        before = [self._name(chunk) for chunk in self.waiting]
        self.waiting = []
        every = [*[name for name in before if name is not None], *names]
        start = _with_font(self.text, min([*[span.start for _, span in every], *[token.start for token in value]]))
        self.found.append(Entry(every, value, [], adds, start=start, end=end))
        return self.found[-1]

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
                _continue(self.found[-1], chunk)

    def _unread(self, chunk: Tokens) -> Entry:
        return Entry([], list(chunk), [], start=_with_font(self.text, chunk[0].start), end=chunk[-1].end)


def _as_token(name: Name) -> Token:
    written, span = name
    return Token("word", written, span.start, span.end)


def _is_vocabulary(token: Token) -> bool:
    return token.kind == "word" and (token.text.lower() in KINDS or canonical(token.text) is not None)


def _continue(entry: Entry, chunk: Tokens) -> None:
    """More of what is said."""
    relation = next(iter(relations_in(chunk)), None)
    if relation is not None:
        order = [token.text for token in chunk[relation + 1 :]] == ["0"] and sign_of(chunk) is None
        if relation and not order:
            entry.equations.append(chunk)
            return
        entry.equations.append([_as_token(entry.names[0]), *chunk[relation:]])
        chunk = chunk[:relation]
    if chunk and not entry.value and chunk[0].text.lower() in LINKS:
        entry.member |= chunk[0].text.lower() in _MEMBER
        chunk = chunk[1:]
    if not chunk:
        return
    if entry.value:
        entry.value.append(Token("sign", ",", chunk[0].start, chunk[0].start))
    entry.value += chunk
    entry.end = max(entry.end, chunk[-1].end)


_TURNED = {">": "<", "<": ">", "≥": "≤", "≤": "≥", "≻": "≺", "≺": "≻", "⪰": "⪯", "⪯": "⪰"}


def sign_of(chunk: Tokens) -> tuple[Tokens, str] | None:
    """The name and the relation of ``x ≥ 0`` or ``0 < x``; None for another equation."""
    if len(chunk) < 3:
        return None
    if chunk[-1].text == "0" and chunk[-2].text in _TURNED and name_end(chunk, 0) == len(chunk) - 2:
        return chunk[:-2], chunk[-2].text
    if chunk[0].text == "0" and chunk[1].text in _TURNED and name_end(chunk, 2) == len(chunk):
        return chunk[2:], _TURNED[chunk[1].text]
    return None


def name_end(tokens: Tokens, place: int) -> int:
    """Where the name that begins here ends; the same place when none begins."""
    start = place
    while at(tokens, place).accent:
        place += 1
    if place > start and at(tokens, place).text == "{":
        place = _closed(tokens, place)
    elif at(tokens, place).kind == "word":
        place += 1
    else:
        return start
    while at(tokens, place + 1).text and tokens[place].text in ("_", "^"):
        following = tokens[place + 1]
        if following.text in ("{", "("):
            place = _closed(tokens, place + 1)
        elif tokens[place].text == "_" or following.text == "*":
            place += 2
        else:
            break
    return place


def _is_name(tokens: Tokens) -> bool:
    return name_end(tokens, 0) == len(tokens) and is_free_word(tokens[0])


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
    if token.accent or token.kind != "word":
        return token.accent
    if len(word) == 1:
        return token.text not in ("ℝ", "ℕ", "ℤ", "𝕊", "ℂ")
    said = word in KINDS or word in FILLERS or canonical(token.text) is not None
    return not said and (len(word) < 3 or token.text not in SETS)


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
