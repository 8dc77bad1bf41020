"""Sets that a name is a member of: ``ℝⁿ``, ``R^{n×m}``, ``S^n_{++}``, ``O(n)``, ``Δ^n``, ``{0,1}^n``, ``[0, ∞)``."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import record
from matcalc.base.sizes import Size
from matcalc.language.declare.measures import SizeReader
from matcalc.language.declare.scanning import Token
from matcalc.language.declare.words import ALWAYS_SETS, MARKS, SETS

_SIGNS = frozenset("+*>≥≻⪰0")
_INFINITE = ("∞", "inf", "infty", "Inf", "infinity")
_LETTERS_WITH_POWERS = frozenset(["S", "Z", "N", "C", "O", "U", "V"])
"""Of which a power with a number may be the power of a size."""


@record
class Membership:
    """What the members of a set are."""

    kind: str | None
    sizes: list[Size] | None
    properties: tuple[str, ...] = ()


def begins_set(tokens: Sequence[Token], place: int, *, member: bool) -> bool:
    """Whether a set is named here."""
    token = tokens[place]
    following = tokens[place + 1].text if place + 1 < len(tokens) else ""
    if token.kind == "sign":
        return token.text == "{" or (token.text in "[(" and _is_interval(tokens, place, member))
    base, _, below = token.text.partition("_")
    if base not in SETS or (below and base in ("R", "N", "Z", "C", "S", "U", "V") and not member):
        return False
    if base in ALWAYS_SETS or (member and (following in ("", "^", "_", "(", "+") or below)):
        return True
    if following == "(":
        return base not in ("R", "N", "Z", "C", "V")
    if following == "_":
        return base in ("R", "S", "Z", "N")
    if following != "^":
        return base in ("Sym", "SPD", "PSD") and following == "_"
    raised = tokens[place + 2] if place + 2 < len(tokens) else token
    return not (base in _LETTERS_WITH_POWERS and raised.kind == "number")


def _is_interval(tokens: Sequence[Token], place: int, member: bool) -> bool:
    inside = tokens[place + 1 : place + 6]
    comma = next((k for k, token in enumerate(inside) if token.text == ","), None)
    if comma is None:
        return False
    bounds = [token.text for token in inside[: comma + 3]]
    after = place + 1 + comma + 3
    raised = after < len(tokens) and tokens[after].text == "^"
    return any(word in bounds for word in _INFINITE) or ((member or raised) and inside[0].kind != "word")


class SetReader(SizeReader):
    """Reads one set, which begins at ``place``."""

    def __init__(self, tokens: Sequence[Token], text: str, name: str, place: int) -> None:
        super().__init__(tokens, text, name, place)
        self.start = place
        self.described = False
        """Whether a kind or sizes have been said before."""

    def read(self) -> Membership:
        """What its members are. Raises ParseError for a set that no facts say."""
        token = self.tokens[self.place]
        if token.kind == "sign":
            return self._listed() if token.text == "{" else self._interval()
        base, _, below = token.text.partition("_")
        self.place += 1
        sizes: list[Size] | None = None
        marks = ""
        less_one = False
        if below:
            sizes = [self._size(below, token)]
        while self.place < len(self.tokens) and self.tokens[self.place].text in ("^", "_", "(", "+"):
            if self.tokens[self.place].text == "+":
                marks += "+"
                self.place += 1
                continue
            found, mark, less = self._group()
            if found is not None and sizes is not None and [str(size) for size in found] not in (["R"], ["ℝ"]):  # GL_n(R)
                raise self._refused("sizes are given twice", f"{self.name}: {self._sizes_text(sizes)}")
            sizes = found if sizes is None else sizes
            marks += mark
            less_one |= less
        return self._members(SETS[base], base, sizes, marks, less_one)

    # ------------------------------------------------------------ what stands above, below and in brackets

    def _group(self) -> tuple[list[Size] | None, str, bool]:
        """Sizes, a mark such as + or > 0, and whether one is taken off the size."""
        opening = self.tokens[self.place].text
        if opening != "(":
            self.place += 1
        if self.place >= len(self.tokens):
            raise self.not_understood(self.tokens[-1])
        closing = {"{": "}", "(": ")"}.get(self.tokens[self.place].text)
        if closing is None:
            return self._bare()
        self.place += 1
        inside = self.place
        while self.place < len(self.tokens) and self.tokens[self.place].text != closing:
            self.place += 1
        if self.place >= len(self.tokens) or self.place == inside:
            raise self.not_understood(self.tokens[-1])
        written = self.tokens[inside : self.place]
        mark = "".join([token.text for token in written])
        if (set(mark) <= _SIGNS and mark != "0") or (opening == "_" and mark in MARKS and len(mark) > 1):
            self.place += 1
            return None, mark, False
        less_one = len(written) > 2 and mark.endswith("-1")
        end, self.place = self.place, inside
        sizes = self.list_of_sizes(closing)
        if self.place + (2 if less_one else 0) < end or not sizes:
            raise self._no_size(self.place)
        self.place = end + 1
        return sizes, "", less_one

    def _bare(self) -> tuple[list[Size] | None, str, bool]:
        """``R^n``, ``R^n×m``, ``R_+``, ``S_++``."""
        marks = ""
        while self.place < len(self.tokens) and self.tokens[self.place].text in ("+", "*") and len(marks) < 2:
            marks += self.tokens[self.place].text
            self.place += 1
        if marks:
            return None, marks, False
        sizes = self.list_of_sizes()
        if not sizes:
            raise self.not_understood(self.tokens[min(self.place, len(self.tokens) - 1)])
        return sizes, "", False

    def _size(self, written: str, token: Token) -> Size:
        return self.size_of(Token("number" if written.isdigit() else "word", written, token.start, token.end))

    # ------------------------------------------------------------ what it means

    def _members(self, sort: str, base: str, sizes: list[Size] | None, marks: str, less_one: bool) -> Membership:
        name = self.name
        match sort:
            case "real" | "integer" | "natural":
                if less_one:
                    raise self._no_size(self.place - 2)
                if sort == "real" and sizes is None and not marks and self.described:
                    return Membership(None, None)  # an n×d matrix of reals
                facts = {"integer": ("integer",), "natural": ("integer", "nonnegative")}.get(sort, ())
                return Membership("scalar" if sizes is None else None, sizes, (*facts, *self._marked(marks)))
            case "complex":
                raise self._refused("symbols are real", f"{name}: " + self._sizes_text(sizes))
            case "simplex":
                return Membership("vector" if sizes is None else None, sizes, ("simplex",))
            case "unitary":
                raise self._refused("symbols are real", f"{name}: {self._sizes_text(sizes, 2)} orthogonal")
            case "orthonormal":
                raise self._refused("which of the two sizes is the number of rows is not agreed on", f"{name}: n×p orthonormal")
            case "symmetric" if base in ("S", "𝕊") and (less_one or name[:1].islower()):
                if less_one and sizes is not None and len(sizes) == 1:
                    return Membership(None, sizes, ("unit",))
                raise self._refused("S^n may be a sphere or the symmetric matrices", f"{name}: n unit, or {name}: n×n symmetric")
            case _:
                return self._square(sort, base, sizes, marks)

    def _square(self, sort: str, base: str, sizes: list[Size] | None, marks: str) -> Membership:
        """Sets of square matrices, named by the number of rows."""
        if sizes is not None and len(sizes) == 2 and str(sizes[1]) in ("R", "ℝ"):  # GL(n, R)
            sizes = sizes[:1]
        if sizes is not None and (len(sizes) > 2 or (len(sizes) == 2 and sizes[0] != sizes[1])):
            raise self._refused(f"the members of {base} are square matrices", f"{self.name}: {sizes[0]}×{sizes[0]}")
        both = None if sizes is None else [sizes[0], sizes[0]]
        kind = "matrix" if sizes is None else None
        if sort != "symmetric":
            return Membership(kind, both, (sort,))
        marks = {"SPD": "++", "PSD": "+"}.get(base.upper(), marks)
        fact = {"positive": "positive_definite", "nonnegative": "positive_semidefinite"}
        found = [fact.get(one, one) for one in self._marked(marks)] or ["symmetric"]
        return Membership(kind, both, tuple(found))

    def _marked(self, marks: str) -> tuple[str, ...]:
        if not marks:
            return ()
        if marks not in MARKS:
            raise self._refused(f"{marks} says nothing that is known", f"{self.name}: n nonnegative")
        return (MARKS[marks],)

    # ------------------------------------------------------------ listed sets and intervals

    def _raised_sizes(self) -> list[Size] | None:
        if self.place < len(self.tokens) and self.tokens[self.place].text == "^":
            return self._group()[0]
        return None

    def _listed(self) -> Membership:
        """``{0,1}^n``, ``{-1,1}^n``."""
        end = next((k for k in range(self.place, len(self.tokens)) if self.tokens[k].text == "}"), None)
        inside = "" if end is None else "".join([token.text for token in self.tokens[self.place + 1 : end]])
        fact = {"0,1": "mask", "1,0": "mask", "-1,1": "sign", "1,-1": "sign", "-1,+1": "sign", "+1,-1": "sign", "±1": "sign"}.get(inside)
        if end is None or fact is None:
            self.place = (self.place if end is None else end) + 1
            raise self._refused("this set is not known", f"{self.name}: scalar integer")
        self.place = end + 1
        sizes = self._raised_sizes()
        return Membership("scalar" if sizes is None else None, sizes, (fact,))

    def _interval(self) -> Membership:
        end = next((k for k in range(self.place + 1, len(self.tokens)) if self.tokens[k].text in (")", "]")), None)
        if end is None:
            raise self.not_understood(self.tokens[self.place])
        opening = self.tokens[self.place].text
        bounds = "".join([token.text for token in self.tokens[self.place + 1 : end]]).split(",")
        self.place = end + 1
        sizes = self._raised_sizes()
        facts = {("0", True): ("positive",), ("0", False): ("nonnegative",), ("-", True): ()}
        low = "-" if bounds[0].lstrip("-") in _INFINITE else bounds[0]
        found = facts.get((low, opening == "(")) if bounds[-1].lstrip("+") in _INFINITE else None
        if found is None:
            lower = "nonnegative" if bounds[0] == "0" else "scalar"
            shape = "scalar" if sizes is None else self._sizes_text(sizes)
            raise self._refused(
                "bounds other than 0 cannot be declared", f"{self.name}: {shape} {lower}".replace("scalar scalar", "scalar")
            )
        return Membership("scalar" if sizes is None else None, sizes, found)

    # ------------------------------------------------------------ errors

    def _sizes_text(self, sizes: list[Size] | None, least: int = 1) -> str:
        if sizes is None:
            return "scalar" if least == 1 else "n×n"
        return "×".join([str(size) for size in (sizes * least if len(sizes) == 1 else sizes)])

    def _refused(self, said: str, suggestion: str) -> ParseError:
        end = self.tokens[min(self.place, len(self.tokens)) - 1].end
        return ParseError(said, span=Span(self.tokens[self.start].start, end), suggestion=suggestion)

    def _no_size(self, place: int) -> ParseError:
        token = self.tokens[min(place, len(self.tokens) - 1)]
        return ParseError(
            "a size is a name, a number or a product of them; another one needs a name of its own",
            span=Span(token.start, max(token.end, token.start + 1)),
            suggestion=f"{self.name}: m",
        )
