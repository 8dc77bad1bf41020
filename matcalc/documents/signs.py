"""The signs of a formula that tell where its rows and sides are: relations, separators, alignment,
words; all else is operands."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Notation
from matcalc.documents.cues import Raw, commands, environments, partners_of, spelled, spellings_of, tokens_of
from matcalc.language.latex.latex_commands import SPACING

SignKind: TypeAlias = Literal[
    "operand",
    "operator",
    "relation",
    "joint",
    "comma",
    "semicolon",
    "colon",
    "wide",
    "break",
    "column",
    "words",
    "cases",
    "stop",
    "cut",
    "space",
]


@dataclass(frozen=True, slots=True)
class Sign:
    """A stretch of a formula and what it is for its rows.

    ``value`` is the sign of a relation or joint, or the text of words; ``mark`` what stands above a
    relation. What is ``cut`` is no part of a side. ``single``: the words stand right before a
    bracket or a script, as the name of a function does.
    """

    kind: SignKind
    start: int
    end: int
    value: str = ""
    mark: str = ""
    single: bool = False


def signs_of(text: str, notation: Notation) -> list[Sign]:
    """The signs of a formula in order; together they are the whole of it."""
    tokens = tokens_of(text, notation)
    walk = _Walk(text, notation, [*tokens, Raw("nothing", "", len(text), len(text))], partners_of(tokens))
    found: list[Sign] = []
    position = 0
    while position < len(tokens):
        sign, position = walk.sign(position)
        found += walk.without_breaks(sign)
    return found


_QUANTIFIERS = {"forall": "for all", "exists": "for some", "∀": "for all", "∃": "for some"}
_SIMPLE: Mapping[str, SignKind] = {
    "split": "cut", "break": "break", "column": "column", "space": "space", "comment": "words",
    ",": "comma", ";": "semicolon", ".": "stop", ":": "colon",
    **dict.fromkeys(_QUANTIFIERS, "words"), **dict.fromkeys("+-−–*/·⋅∙×⊙∘⊗⊘⊕±∗", "operator"),
}  # fmt: skip
"""What a token is by itself, by its kind or its text."""
_USES: Mapping[str, SignKind] = {"quantifiers": "words", "breaks": "break", "dropped": "cut", "operators": "operator"}
"""What a command by itself is, by its use."""
_WIDEST_TIES = 3
_PROSE = pattern(r"\\(?:text[a-z]*|mbox)\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_SET_OUT = pattern(
    r"\\(?:begin|end)\s*\{[a-zA-Z]*\*?\}(?:\s*\[[lcr]\])?|\\\\(?:\[[^\]]*\])?|[&\s]|\\[a-z]*(?:size|small|tiny|quad)"
)
_NAME = pattern(r"[^\W\d_][\w-]*")
_SYMBOLS = frozenset(["command", "char", "digits"])
_BEFORE_STATEMENT = frozenset(["nothing", "break", "column", "begin", "left", "brace", "soft", "open"])
_MOST_ARGUMENTS = 4


class _Walk:
    def __init__(self, text: str, notation: Notation, tokens: Sequence[Raw], partner: Mapping[int, int]) -> None:
        self.text = text
        self.notation = notation
        self.tokens = tokens
        self.partner = partner
        self.breaks: list[Raw] = []
        """Line ends and alignment marks in brackets, which are there for the eye."""
        self.opened = self._open_groups()

    def sign(self, position: int) -> tuple[Sign, int]:
        """The sign at a token, and the position after it."""
        token = self.tokens[position]
        if position in self.opened:
            return self._one("cut", position)
        if (relation := spelled(token, "relations")) is not None:
            return self._relation(position, position + 1, relation)
        if (joint := spelled(token, "joints")) is not None and token.kind != "split":
            return self._one("joint", position, joint)
        if token.kind == "command":
            return self._command(position)
        if self._is_script(position):
            return self._operand(position, self._after_argument(position + 1))
        return self._group(position) if self.partner.get(position, -1) > position else self._by_itself(position)

    def _one(self, kind: SignKind, position: int, value: str = "") -> tuple[Sign, int]:
        """A token that is a sign by itself."""
        token = self.tokens[position]
        return Sign(kind, token.start, token.end, value), position + 1

    def _by_itself(self, position: int) -> tuple[Sign, int]:
        token = self.tokens[position]
        kind = _SIMPLE.get(token.kind) or _SIMPLE.get(token.text) or "operand"
        if token.kind == "space" and token.text.count("~") >= _WIDEST_TIES:
            kind = "wide"
        elif token.kind == "escape" and token.text[1:] in SPACING:
            kind = "space"
        elif token.kind == "comment" and token.text.startswith("%") and self.notation == "latex":
            kind = "cut"
        said = _QUANTIFIERS.get(token.text, token.text) if kind in ("words", "operator") else ""
        return self._one(kind, position, said)

    def without_breaks(self, sign: Sign) -> Iterator[Sign]:
        """A sign cut at the breaks in it."""
        if sign.kind != "operand" or not self.breaks:
            yield sign
            return
        first = bisect_left(self.breaks, sign.start, key=lambda token: token.start)
        at = sign.start
        while first < len(self.breaks) and self.breaks[first].end <= sign.end:
            token = self.breaks[first]
            yield replace(sign, start=at, end=token.start)
            yield Sign("cut", token.start, token.end)
            at = token.end
            first += 1
        yield replace(sign, start=at)

    # ------------------------------------------------------------ parts

    def _end(self, position: int) -> int:
        """Where the token before a position ends."""
        return self.tokens[position - 1].end

    def _operand(self, position: int, after: int) -> tuple[Sign, int]:
        return Sign("operand", self.tokens[position].start, self._end(after)), after

    def _skip_space(self, position: int) -> int:
        while self.tokens[position].kind == "space":
            position += 1
        return position

    def _after_argument(self, position: int) -> int:
        """The position after the argument that begins here, or after the space before it; no
        argument is none."""
        position = self._skip_space(position)
        token = self.tokens[position]
        if token.kind in ("break", "column", "unbrace", "end", "right", "nothing"):
            return position
        if token.kind == "command" and self.tokens[position + 1].kind == "brace":
            position += 1
        return (self.partner.get(position, position) if self.tokens[position].kind == "brace" else position) + 1

    def _inner(self, first: int, after: int) -> str:
        """The text of an argument, without its braces."""
        first = self._skip_space(first)
        if first >= after:
            return ""
        if self.tokens[first].kind == "brace" and self.partner.get(first) == after - 1:
            return self._inside(first, after - 1)
        return self.text[self.tokens[first].start : self._end(after)]

    def _inside(self, first: int, last: int) -> str:
        """The text between two tokens."""
        return self.text[self.tokens[first].end : self.tokens[last].start]

    def _relation(self, position: int, after: int, value: str, mark: str = "") -> tuple[Sign, int]:
        """A relation with the marks that stand at it as scripts."""
        following = self._skip_space(after)
        while self._is_script(following):
            after = self._after_argument(following + 1)
            mark = mark or self._inner(following + 1, after)
            following = self._skip_space(after)
        if self.tokens[position].name.startswith("x") and self.tokens[following].kind == "brace":
            after = self._after_argument(following)  # \xrightarrow{f}
            mark = mark or self._inner(following, after)
        meant = spellings_of("marks").get(mark.strip())
        value = ":=" if meant == ":=" and value == "=" else value
        return Sign("relation", self.tokens[position].start, self._end(after), value, meant or mark), after

    def _is_script(self, position: int) -> bool:
        token = self.tokens[position]
        return token.kind == "char" and token.text in ("^", "_")

    def _group(self, position: int) -> tuple[Sign, int]:
        sign, after = self._operand(position, self.partner[position] + 1)
        if self.tokens[position].kind == "brace" and not self._inside(position, after - 1).strip():
            return (sign if self.tokens[after].text in ("^", "_") else replace(sign, kind="space")), after
        return (replace(sign, kind="cases") if self._is_cases(position) else sign), after

    def _is_cases(self, position: int) -> bool:
        token, partner = self.tokens[position], self.partner.get(position)
        if partner is None or token.kind == "begin":
            return partner is not None and token.name in environments("cases")
        return token.kind == "left" and token.name == r"\{" and self.tokens[partner].name == "."

    def _command(self, position: int) -> tuple[Sign, int]:
        name, token = self.tokens[position].name, self.tokens[position]
        following = self._skip_space(position + 1)
        braced = self.tokens[following].kind == "brace"
        after = self._after_argument(following) if braced else position + 1
        if name in commands("prose") and braced:
            said = self._inner(following, after)
            return Sign("words", token.start, self._end(after), said, single=self._names(said, position, after)), after
        if name in commands("dropped_with_argument"):
            return Sign("cut", token.start, self._end(after)), after
        if name in commands("wide"):
            after = after if name in commands("wide_with_argument") else position + 1
            return Sign("wide", token.start, self._end(after)), after
        if name in commands("stacked") | commands("braced"):
            return self._stacked(position)
        if name in commands("frames") and following in self.opened:
            return self._one("cut", position)
        coloured = self._coloured(token, after) if name in commands("coloured") and braced else None
        return coloured or self._lone_command(position)

    def _coloured(self, token: Raw, after: int) -> tuple[Sign, int] | None:
        """A command with a colour, ``after`` that, where its group is opened or holds words."""
        if self._skip_space(after) in self.opened:
            return Sign("cut", token.start, self._end(after)), after
        after = self._after_argument(after)
        said = self._remark(after)
        return (Sign("words", token.start, self._end(after), said), after) if said else None

    def _lone_command(self, position: int) -> tuple[Sign, int]:
        """A command by itself."""
        name = self.tokens[position].name
        kind = next((kind for use, kind in _USES.items() if name in commands(use)), None)
        if kind is None:
            return self._one("space" if name in SPACING else "operand", position)
        return self._one(kind, position, _QUANTIFIERS.get(name, name if kind == "operator" else ""))

    def _remark(self, after: int) -> str:
        """The words of the group that ends before a position, perhaps in the brackets of an array;
        empty where it holds anything else."""
        first = self.partner.get(after - 1)
        if first is None or self.tokens[after - 1].kind != "unbrace":
            return ""
        inside = self._inside(first, after - 1)
        bare = _SET_OUT.sub("", _PROSE.sub("", inside)).strip()
        return "" if bare else " ".join(found[1] for found in _PROSE.finditer(inside))

    def _names(self, said: str, position: int, after: int) -> bool:
        """Whether one word stands where a name does: before a bracket or a script, or right beside
        a symbol."""
        if not _NAME.fullmatch(said):
            return False
        behind = self.tokens[self._skip_space(after)]
        if behind.text in ("_", "^") or behind.kind in ("soft", "left", "open"):
            return True
        if behind.kind in _SYMBOLS and not self._is_spacing(behind) and not self._is_sign(behind):
            return True
        ahead = self._before(position)
        return ahead.kind == "command" and ahead.name in commands("prefixes")

    @staticmethod
    def _is_sign(token: Raw) -> bool:
        sign = spelled(token, "relations", "joints")
        return sign is not None or token.text in ",;:.&" or token.name in commands("wide")

    def _stacked(self, position: int) -> tuple[Sign, int]:
        r"""``\overset{!}{=}``, ``\underbrace{=}_{(a)}``: a sign with a mark, where it is a sign
        that is marked."""
        first = position + 1
        after = self._after_argument(first)
        mark = ""
        if self.tokens[position].name in commands("stacked"):
            mark = self._inner(first, after)
            first, after = after, self._after_argument(after)
        inner = [token for token in self.tokens[first:after] if token.kind not in ("space", "brace", "unbrace")][:2]
        if len(inner) == 1:
            relation, joint = spelled(inner[0], "relations"), spelled(inner[0], "joints")
            if relation is not None:
                return self._relation(position, after, relation, mark)
            if joint is not None:
                return Sign("joint", self.tokens[position].start, self._end(after), joint, mark), after
        return self._operand(position, position + 1)

    # ------------------------------------------------------------ groups that are opened

    def _open_groups(self) -> set[int]:
        """The brackets, both ends, of groups whose statements are those of the formula."""
        opened: set[int] = set()
        stack: list[int] = []
        stating: set[int] = set()
        nested: Counter[str] = Counter()
        for position, token in enumerate(self.tokens):
            other = self.partner.get(position)
            if other is not None and other > position:
                stack.append(position)
                nested[self._nesting(position)] += 1
            elif other is not None:
                stack.pop()
                nested[self._nesting(other)] -= 1
                if self._is_opened(other, position, other in stating):
                    opened |= {other, position}
                    stating |= set(stack[-1:])
                elif other in stating and self._is_marked(other):
                    stating |= set(stack[-1:])
            elif token.kind == "break" or spelled(token, "relations", "joints"):
                stating |= set(stack[-1:])
            if token.kind in ("break", "column", "split") and nested["bracket"] and not nested["array"]:
                self.breaks.append(token)
        return opened

    def _is_marked(self, first: int) -> bool:
        """Whether a group is what a sign is set above or below."""
        return self.tokens[first].kind == "brace" and self._owner(first)[0] in commands("stacked") | commands("braced")

    def _nesting(self, first: int) -> str:
        """What a group is to the breaks in it: those of an array are its own."""
        token = self.tokens[first]
        if token.kind == "begin":
            return "" if token.name in environments("rows") else "array"
        return "bracket" if token.kind in ("soft", "left", "open") else ""

    def _is_opened(self, first: int, last: int, stating: bool) -> bool:
        token = self.tokens[first]
        if token.kind == "begin" and token.name in environments("rows"):
            return True
        if not stating:
            return False
        match token.kind:
            case "begin" if token.name in environments("cases"):
                return self._begins_statement(first)
            case "begin":
                return token.name in environments("tables") and not self._is_bracketed(first)
            case "left":
                beside = token.name in (r"\{", ".") and self.tokens[last].name == "."
                return beside and self._begins_statement(first)
            case kind:
                return kind == "brace" and self._is_bare(first, last)

    def _is_bracketed(self, first: int) -> bool:
        """Whether brackets of an array stand right before a group."""
        before = self._significant_before(first)
        return self.tokens[before].kind in ("soft", "open", "left") and not self._is_cases(before)

    def _significant_before(self, position: int) -> int:
        """The place of the token before; that of the end, which is nothing, without one."""
        position -= 1
        while self.tokens[position].kind == "space" or self._is_spacing(self.tokens[position]):
            position -= 1
        return position

    def _before(self, position: int) -> Raw:
        return self.tokens[self._significant_before(position)]

    @staticmethod
    def _is_spacing(token: Raw) -> bool:
        return token.kind == "command" and (token.name in SPACING or token.name in commands("dropped"))

    def _begins_statement(self, position: int) -> bool:
        before = self._before(position)
        return before.kind in _BEFORE_STATEMENT or spelled(before, "joints") is not None

    def _is_bare(self, first: int, last: int) -> bool:
        """Whether braces are no argument, or that of a frame; those around a lone relation always
        are."""
        owner, number = self._owner(first)
        if owner == "color" and number > 1:
            return True
        if owner in commands("frames"):
            return number == 1
        if owner in commands("coloured"):
            return number > 1
        if owner in commands("stacked") or owner in commands("braced"):
            return False
        if owner is None or owner in "_^":
            return owner is None or number > 1
        return number == 1 and self._is_lone_relation(first, last)

    def _is_lone_relation(self, first: int, last: int) -> bool:
        """Whether a group is made of a relation alone."""
        short = last - first <= _MOST_ARGUMENTS
        inner = [token for token in self.tokens[first + 1 : last] if short and token.kind != "space"]
        return len(inner) == 1 and spelled(inner[0], "relations") is not None

    def _owner(self, position: int) -> tuple[str | None, int]:
        """The command or script sign whose argument a brace begins, and which one it is."""
        for number in range(1, _MOST_ARGUMENTS + 1):
            before = self._significant_before(position)
            token = self.tokens[before]
            if token.kind == "unbrace" and before in self.partner:
                position = self.partner[before]
                continue
            sign = spelled(token, "relations", "joints") or token.name in commands("operators")
            if token.kind == "command" and not sign:
                return token.name, number
            return (token.text, number) if token.kind == "char" and token.text in "_^" else (None, number)
        return None, _MOST_ARGUMENTS
