"""Formulas as tokens with their brackets paired, and what words and commands in and around them
tell, from ``rules/``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from matcalc.base.files import stored_table
from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Nest, Notation
from matcalc.facts.table import facts

WordUse: TypeAlias = Literal["joining", "conditional", "accompanying", "remark"]
"""What a word within a formula does: see ``[words]``; ``remark`` is none of these."""

_LONGEST_CUE = 4
"""Words of the longest cue."""


@cache
def spellings_of(sort: str) -> Mapping[str, str]:
    """How a sign is written -> that sign: of ``relations``, of ``joints`` between statements, or of
    ``marks`` above an equals sign."""
    found = stored_table("rows")[sort].items()
    return MappingProxyType({spelled: sign for sign, spellings in found for spelled in spellings})


@cache
def commands(use: str) -> frozenset[str]:
    """The LaTeX commands of one use, without their backslash."""
    return frozenset(stored_table("rows")["commands"][use])


@cache
def environments(use: str) -> frozenset[str]:
    """The LaTeX environments of one use, without a star."""
    return frozenset(stored_table("rows")["environments"][use])


@cache
def _word_uses() -> Mapping[str, WordUse]:
    uses: tuple[WordUse, ...] = ("joining", "conditional", "accompanying")
    return MappingProxyType({cue: use for use in uses for cue in stored_table("rows")["words"][use]})


def word_use(text: str) -> WordUse:
    """What words within a formula do, by their beginning.

    >>> word_use("for all "), word_use("i.e."), word_use("(chain rule)")
    ('conditional', 'joining', 'remark')
    """
    words = text.lower().split(maxsplit=_LONGEST_CUE)[:_LONGEST_CUE]
    for count in range(len(words), 0, -1):
        use = _word_uses().get(" ".join(words[:count]).strip(",;:() "))
        if use is not None:
            return use
    return "remark"


_LONGEST = 600
"""Characters before a formula that are looked at."""
_GOVERNING = ("naming", "supposing", "stating")
_DOMINANT = frozenset(["where", "let", "denote", "write", "put", "define"])
"""What governs the whole of a sentence, up to one of the words below."""
_ENDING = frozenset(
    [
        "then",
        "we have",
        "one has",
        "hence",
        "therefore",
        "thus",
        "gives",
        "yields",
        "we get",
        "get",
        "obtain",
        "find",
        "follows",
        "it holds",
    ]
)
_HYPOTHESES = frozenset(
    [
        "if",
        "suppose",
        "assume",
        "such that",
        "subject to",
        "because",
        "since",
        "assuming",
        "provided",
        "when",
        "whenever",
        "constraint",
        "constraints",
        "assumed",
        "given",
    ]
)
_LETTING = frozenset(["let", "letting", "put", "putting"])
_NEXT = 1
"""Words that may stand between a cue and what it supposes."""
_FRONT = 2
"""Words within which a sentence begins: ``And if``."""


@cache
def _cues() -> Mapping[str, tuple[str, ...]]:
    """Each cue with the sorts that it is of."""
    found: dict[str, tuple[str, ...]] = {}
    for sort, cues in stored_table("roles")["cues"].items():
        for cue in cues:
            found[cue] = (*found.get(cue, ()), sort)
    return MappingProxyType(found)


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_cues(), key=lambda cue: (-len(cue), cue))
    cues = "|".join([re.escape(cue).replace(r"\ ", r"\s+") for cue in longest_first])
    return re.compile(rf"(?<![\w-])(?:{cues})(?![\w-])|[,;]|\$[^$]*\$|\([^()$]*\)")


@cache
def _properties() -> re.Pattern[str]:
    """What names a property, from the table of facts."""
    names = {name.replace("_", " ") for fact in facts().values() for name in (fact.name, *fact.aliases)}
    words = sorted(names | set(stored_table("roles")["names"]["properties"]), key=lambda name: (-len(name), name))
    return re.compile(r"(?<![\w-])(?:" + "|".join([word.replace(" ", "[ -]") for word in words]) + r")(?![\w-])")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What was found: the sorts of its cues, which of naming, supposing and stating governs its
    end, and by which cue."""

    sorts: frozenset[str]
    governing: str
    cue: str
    first: frozenset[str]
    in_brackets: bool
    supposes_next: bool
    """Whether the words right before make any equation a hypothesis, not only one that states a
    fact about a symbol."""

    qualifies: bool
    """Whether they, or ``with``, stand right before it: it says then of which things something
    holds."""

    lets_next: bool
    """Whether the word right before is one that lets something be so: an equation of products
    behind it is supposed."""

    follows: bool
    """Whether the words say that what comes follows from what was said: ``If O is orthogonal,``,
    ``hence``."""
    names_property: bool
    """Whether a property of matrices or vectors is named."""

    def has(self, sort: str) -> bool:
        """Whether a cue of a sort stands in the sentence."""
        return sort in self.sorts

    def begins(self, sort: str) -> bool:
        """Whether one stands at its beginning."""
        return sort in self.first


class _Cue(NamedTuple):
    """A cue, or a sign between the parts of a sentence; ``blanks`` are those of the sentence before
    it."""

    said: str
    sorts: tuple[str, ...]
    blanks: int
    end: int

    @classmethod
    def of(cls, found: re.Match[str], blanks: int) -> _Cue:
        said = " ".join(found[0].split())
        return cls(said, _cues().get(said, ()), blanks, found.end())


def _governing(cues: Sequence[_Cue]) -> tuple[str, str, int]:
    """Which of naming, supposing and stating governs the end of a sentence, by which cue, and where
    that ends."""
    governing, cue, fronted, ends = "", "", False, 0
    for one in cues:
        if one.said == "," and fronted:
            governing, cue, fronted = "stating", "", False
        if one.said == ";" and cue not in _DOMINANT:
            governing, cue, fronted = "", "", False
        sort = next((sort for sort in _GOVERNING if sort in one.sorts), None)
        if sort is None or (sort == "stating" and (fronted or cue in _DOMINANT) and one.said not in _ENDING):
            continue
        governing, cue, ends = sort, one.said, one.end
        fronted = sort == "supposing" and one.blanks < _FRONT and one.said not in _DOMINANT
    return governing, cue, ends


@lru_cache(maxsize=256)
def sentence(before: str, lead: str) -> Sentence:
    """What the words before a formula say, those in front of it in the formula itself (``lead``)
    last."""
    text = f"{before[-_LONGEST:]} {lead}".lower()
    start = len(text) - len(text.lstrip())
    cues = [_Cue.of(found, text.count(" ", start, found.start())) for found in _pattern().finditer(text)]
    governing, cue, ends = _governing(cues)
    rest = text[ends:].split()
    return Sentence(
        frozenset().union(*(one.sorts for one in cues)),
        governing,
        cue,
        frozenset().union(*(one.sorts for one in cues if one.blanks <= 2 * _FRONT)),
        in_brackets=text.rstrip().endswith("("),
        supposes_next=cue in _HYPOTHESES and len(rest) <= _NEXT,
        qualifies=governing == "supposing" and cue not in _DOMINANT and not rest,
        lets_next=cue in _LETTING and not rest,
        follows=governing == "stating" and (not cue or cue in _ENDING),
        names_property=_properties().search(text) is not None,
    )


@dataclass(frozen=True, slots=True)
class Raw:
    """One unit of a formula; ``kind`` is a group of the patterns below, and ``name`` the command or
    environment without its backslash."""

    kind: str
    text: str
    start: int
    end: int
    name: str = ""


_TABLE = r"(?:\s*\{(?:[^{}\n]|\{[^{}\n]{0,20}\}){0,60}\})?"
_LATEX = r"""
    (?P<break>\\\\\*?(?:[ \t]*\[\s*-?[\d.]+\s*[a-z]{2}\s*\])?)
  | \\begin\s*\{(?P<begin>[A-Za-z]*array|tabularx?|x?alignat|alignedat|(?:sub)?numcases|empheq)\*?\}(?:\[[^\]\n]{0,20}\])?TABLE
  | \\begin\s*\{(?P<begin_other>[A-Za-z]+)\*?\}(?:\[[^\]\n]{0,20}\])?
  | \\end\s*\{(?P<end>[A-Za-z]+)\*?\}
  | \\left(?![A-Za-z])\s*(?P<left>\\[A-Za-z]+|\\.|.)
  | \\right(?![A-Za-z])\s*(?P<right>\\[A-Za-z]+|\\.|.)
  | (?P<open>\\(?:\{|langle(?![A-Za-z]))) | (?P<close>\\(?:\}|rangle(?![A-Za-z])))
  | \\(?P<command>[A-Za-z]+)(?:(?<=operatorname)\*|(?<=tag)\*|(?<=hspace)\*)?
  | (?P<escape>\\.|\\\Z)
  | (?P<space>[\s~\u200b]+)
  | (?P<comment>%[^\n]*)
"""
_PLAIN = r"""
    (?P<break>\n)
  | (?P<space>(?:[ \t\r\f\v\u00a0\u2000-\u200b]|\.\.\.[ \t]*\n)+)
  | (?P<comment>(?:[#%]|//)[^\n]*)
  | (?P<string>"[^"\n]*")
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d_]\w*)
  | (?P<operand>\.['*/^](?!\s*=))
"""
_BOTH = r"""
    (?P<dots>\.\.\.|…|⋯)
  | (?P<digits>\d+(?:\.\d+)?)
  | (?P<brace>\{) | (?P<unbrace>\})
  | (?P<soft>[(\[]) | (?P<unsoft>[)\]])
  | (?P<column>&)
"""
_OPENING = {"brace": "brace", "begin": "begin", "left": "left", "soft": "soft", "open": "soft"}
_CLOSING = {"unbrace": "brace", "end": "begin", "right": "left", "unsoft": "soft", "close": "soft"}


@cache
def _pattern_of(notation: Notation) -> re.Pattern[str]:
    own = _LATEX if notation == "latex" else _PLAIN
    signs = [sign for sort in ("relations", "joints") for sign in spellings_of(sort) if not sign.isalpha() and sign != "~"]
    several = "|".join(re.escape(sign).replace(":=", r":\s*=") for sign in sorted(signs, key=lambda sign: (-len(sign), sign)))
    pattern = rf"{own.replace('TABLE', _TABLE)} | (?P<sign>{several}) | {_BOTH} | (?P<char>.)"
    return re.compile(pattern, re.VERBOSE | re.DOTALL)


def tokens_of(text: str, notation: Notation) -> list[Raw]:
    """The tokens of a formula; together they are the whole of it."""
    found: list[Raw] = []
    for match in _pattern_of(notation).finditer(text):
        kind = match.lastgroup or "char"
        found.append(
            Raw(kind.removesuffix("_other"), match[0], match.start(), match.end(), match[kind] if match[kind] != match[0] else "")
        )
    return _without_splits(found) if notation == "latex" else found


def _without_splits(tokens: list[Raw]) -> list[Raw]:
    r"""The tokens with ``\right.`` at the end of a line and ``\left.`` on the next, which hold one
    bracket together, as splits."""
    waiting: int | None = None
    broken = False
    for position, token in enumerate(tokens):
        if (token.kind, token.name) == ("right", "."):
            waiting, broken = position, False
        elif (token.kind, token.name) == ("left", ".") and waiting is not None and broken:
            for place in (waiting, position):
                tokens[place] = replace(tokens[place], kind="split")
            waiting = None
        elif token.kind == "break":
            broken = True
        elif token.kind not in _UNSEEN and token.name not in _BETWEEN:
            waiting = None
    return tokens


_UNSEEN = frozenset(["space", "column", "comment"])
_BETWEEN = frozenset(["quad", "qquad", "nonumber", "notag"])


def partners_of(tokens: Sequence[Raw]) -> dict[int, int]:
    """For each bracket, brace, ``\\left`` and ``\\begin`` with a partner the place of that, both
    ways.

    Braces, ``\\left`` and environments close what was left open in them; round and square brackets
    may close each other: ``[0, 1)``.
    """
    partner: dict[int, int] = {}
    nest: Nest[int] = Nest()
    for position, token in enumerate(tokens):
        if token.kind in _OPENING:
            nest.begin(_OPENING[token.kind], position)
        wanted = _CLOSING.get(token.kind)
        if wanted is not None and (wanted != "soft" or not nest.open or nest.open[-1][0] == "soft"):
            place = nest.end(wanted)
            if place is not None:
                partner[place], partner[position] = position, place
    return partner


def spelled(token: Raw, *sorts: str) -> str | None:
    """The sign that a token is among those of some sorts, such as ``relations``."""
    if token.kind == "command":
        written = token.name
    elif token.text != "~" and (token.kind in ("sign", "char") or token.text == "in"):
        written = "".join(token.text.split())
    else:
        return None
    return next((sign for sort in sorts if (sign := spellings_of(sort).get(written)) is not None), None)


_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def outside_brackets(text: str) -> Iterator[tuple[int, str]]:
    """The signs of a text that stand in no brackets, each with its place."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if not depth:
            yield at, sign


def closing(text: str, start: int, bracket: str) -> int:
    """The place behind the bracket that closes the one before ``start``; 0 without one."""
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == bracket) - (text[at] == _BRACKETS[bracket])
        if not depth:
            return at + 1
    return 0


OPENED = pattern(r"\s*(?:\\left|\\[bB]igg?l?)?\s*(?P<bracket>[(\[])")
"""A bracket, of whatever size, that begins at a place."""
_RIGHT = re.compile(r"\s*\\(?:right|[bB]igg?r?)\s*\Z")


def bracketed(text: str, opened: re.Match[str] | None) -> tuple[str, int] | None:
    r"""What stands in the bracket that ``opened`` ends with, without the ``\right`` of its end, and
    the place behind; None without an end.

    >>> bracketed(r"f\left(x + 1\right) y", re.match(r"f\\left\(", r"f\left(x + 1\right) y"))
    ('x + 1', 19)
    """
    end = 0 if opened is None else closing(text, opened.end(), opened[0][-1])
    return None if opened is None or not end else (_RIGHT.sub("", text[opened.end() : end - 1]), end)
