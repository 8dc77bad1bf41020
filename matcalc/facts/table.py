"""The table of facts, ``rules/facts.toml``: what each implies and excludes, and which entries it
ties."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from matcalc.base.files import read, stored
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.base.sizes import ONE

if TYPE_CHECKING:
    from matcalc.base import shapes
    from matcalc.base.fields import Matrix, Rows
    from matcalc.base.shapes import Shape
else:
    shapes = later("matcalc.base.shapes")

FactShape = Literal["any", "array", "vector", "matrix", "square", "tall"]
Tie = Literal["", "symmetric", "antisymmetric", "diagonal", "lower", "upper"]

SQUARE = "square"
"""Stands among the facts of a combination for a matrix that is known to be square."""

COMPLEX = "complex"
"""The fact of symbols whose entries are complex numbers; all that is said of these implies it."""

ARRAY_OF_COMPLEX, IMAGINARY_UNIT = "complex array", "imaginary unit"
"""What steps and generated code know of symbols that stand for complex arrays, and for the
imaginary unit; no facts, which would have consequences."""

_SHAPES = ("any", "array", "vector", "matrix", "square", "tall")
_TIES = ("", "symmetric", "antisymmetric", "diagonal", "lower", "upper")


@record
class Fact:
    """One fact; the fields are those of ``rules/facts.toml``."""

    name: str
    aliases: tuple[str, ...] = ()
    shape: FactShape = "any"
    implies: tuple[str, ...] = ()
    excludes: tuple[tuple[str, str], ...] = ()
    tie: Tie = ""
    open: bool = False
    inside: bool = False
    entries: str = ""
    relations: tuple[str, ...] = ()
    order: str = ""
    given: tuple[str, ...] = ()
    sympy: str = ""
    assumption: str = ""
    words: str = ""
    meaning: str = ""
    numbers: Literal["", "complex", "both"] = ""
    """Of which symbols it is said: real ones, complex ones, or both."""
    of_complex: str = ""
    refused: str = ""
    instead: str = ""

    @property
    def called(self) -> str:
        """The name as messages write it."""
        return self.words or self.name


@record
class Combination:
    """Facts that together imply others, or that cannot hold together, unless a further one holds,
    or only for an even or odd size."""

    of: frozenset[str]
    implies: tuple[str, ...] = ()
    impossible: str = ""
    unless: str = ""
    size: Literal["", "even", "odd"] = ""
    written: bool = False


@cache
def _table() -> tuple[Mapping[str, Fact], tuple[Combination, ...]]:
    return _made(stored("facts", read("rules", "facts.toml"), _rows))


def _rows(text: str) -> dict[str, Any]:
    """The rows of the table, which are checked when they are first read: what is stored is
    consistent."""
    import tomllib

    rows = tomllib.loads(text)
    read_table(rows)
    return rows


def read_table(rows: Mapping[str, Any]) -> tuple[Mapping[str, Fact], tuple[Combination, ...]]:
    """The facts by name, in the order of the file, and their combinations.

    Raises ValueError for a table that is not consistent: an unknown name or word, a spelling of two
    facts, a fact that cannot hold.
    """
    table, combinations = _made(rows)
    _check(table, combinations)
    return table, combinations


def _made(rows: Mapping[str, Any]) -> tuple[Mapping[str, Fact], tuple[Combination, ...]]:
    found: dict[str, Fact] = {}
    for name, row in rows.items():
        if name != "combinations":
            fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
            fields["excludes"] = tuple(row.get("excludes", {}).items())
            found[name] = Fact(name=name, **fields)
    return MappingProxyType(found), tuple([_combination(row) for row in rows.get("combinations", [])])


def _combination(row: Mapping[str, Any]) -> Combination:
    texts: dict[str, Any] = {key: row[key] for key in ("impossible", "unless", "size", "written") if key in row}
    return Combination(frozenset(row["of"]), tuple(row.get("implies", ())), **texts)


def _check(table: Mapping[str, Fact], combinations: Collection[Combination]) -> None:
    _check_facts(table)
    _check_combinations(combinations, {*table, SQUARE})
    for names in [frozenset([name]) for name in table] + [one.of - {SQUARE} for one in combinations if one.implies]:
        closed = closure(names, table, combinations, square=False)
        clash = _clash(closed, table, combinations)
        if clash is not None:
            raise ValueError(f"{', '.join(sorted(names))}: implies {' and '.join(clash[0])}, which exclude each other")


def _check_facts(table: Mapping[str, Fact]) -> None:
    known = {*table, SQUARE}
    spelled: dict[str, str] = {}
    for fact in table.values():
        if fact.shape not in _SHAPES or fact.tie not in _TIES:
            raise ValueError(f"fact {fact.name}: unknown shape {fact.shape!r} or tie {fact.tie!r}")
        others = [fact.of_complex] if fact.of_complex else []
        _known(f"fact {fact.name}", [*fact.implies, *fact.given, *others, *(name for name, _ in fact.excludes)], known)
        entry_values(fact.entries)
        for spelling in (fact.name, *fact.aliases):
            if spelled.setdefault(spelling, fact.name) != fact.name:
                raise ValueError(f"fact {fact.name}: {spelling!r} is {spelled[spelling]} already")


def _check_combinations(combinations: Collection[Combination], known: Collection[str]) -> None:
    for one in combinations:
        where = "combination of " + ", ".join(sorted(one.of))
        _known(where, [*one.of, *one.implies, *([one.unless] if one.unless else [])], known)
        if bool(one.implies) + bool(one.impossible) + (one.size in ("even", "odd")) != 1:
            raise ValueError(f"{where}: it implies something, or is impossible, or is of an even or odd size")


def _known(where: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{where}: there is no fact {name!r}")


def facts() -> Mapping[str, Fact]:
    """Every fact by its own name, in the order of the file.

    >>> facts()["orthogonal"].implies
    ('orthonormal', 'invertible')
    """
    return _table()[0]


def combinations() -> tuple[Combination, ...]:
    """What facts imply or exclude together, in the order of the file."""
    return _table()[1]


@cache
def _spellings() -> Mapping[str, str]:
    return {spelling: fact.name for fact in facts().values() for spelling in (fact.name, *fact.aliases)}


def canonical(word: str) -> str | None:
    """The fact that a word means, in any spelling; None for another word.

    >>> canonical("psd"), canonical("positive-semidefinite"), canonical("big")
    ('positive_semidefinite', 'positive_semidefinite', None)
    """
    return _spellings().get(re.sub(r"[\s-]+", "_", word.strip().lower()))


@cache
def spelled_apart() -> tuple[str, ...]:
    """Spellings of more than one word, with spaces, the longest first: ``"positive definite"``."""
    return tuple(
        sorted(
            {spelling.replace("_", " ") for spelling in _spellings() if "_" in spelling}, key=lambda words: (-len(words), words)
        )
    )


# ---------------------------------------------------------------- what follows


def implied(names: Iterable[str], *, square: bool = False) -> frozenset[str]:
    """These facts and all that follow from them; ``square`` for a symbol that is known to be a
    square matrix.

    >>> sorted(implied(["positive_definite"]))
    ['invertible', 'positive_definite', 'positive_semidefinite', 'symmetric']
    >>> "diagonal" in implied(["symmetric", "lower_triangular"]), "orthogonal" in implied(["orthonormal"], square=True)
    (True, True)
    """
    return _implied(frozenset(names), square)


@lru_cache(maxsize=4096)
def _implied(names: frozenset[str], square: bool) -> frozenset[str]:
    table, combinations = _table()
    return frozenset(closure(names, table, combinations, square=square))


def essential(names: Iterable[str], *, square: bool = False) -> tuple[str, ...]:
    """The fewest of these facts that say them all, in the order of the table.

    >>> essential(["symmetric", "invertible", "positive_definite", "positive_semidefinite"])
    ('positive_definite',)
    """
    known = frozenset(names)
    kept = [name for name in facts() if name in known]
    for name in reversed(kept):
        others = [other for other in kept if other != name]
        if name in implied(others, square=square):
            kept = others
    return tuple(kept)


@lru_cache(maxsize=1024)
def size_parity(names: frozenset[str]) -> int | None:
    """0 when only matrices of an even size have these facts, 1 of an odd size; None when the size
    does not matter.

    >>> size_parity(frozenset(["antisymmetric", "orthogonal"]))
    0
    """
    known = implied(names)
    found = next((one.size for one in _table()[1] if one.size and one.of <= known and one.unless not in known), None)
    return None if found is None else ("even", "odd").index(found)


def closure(
    names: Iterable[str], table: Mapping[str, Fact], combinations: Iterable[Combination], *, square: bool
) -> dict[str, frozenset[str]]:
    """Each fact that holds, and those of ``names`` that it follows from."""
    found: dict[str, frozenset[str]] = {}
    queue = [(name, frozenset([name])) for name in sorted(names)]
    while True:
        while queue:
            name, because = queue.pop(0)
            if name not in found and name in table:
                found[name] = because
                queue += [(other, because) for other in table[name].implies]
        reasons = dict(found)
        if square or any(table[name].shape == SQUARE for name in found):
            reasons[SQUARE] = frozenset(name for name in names if name in table and table[name].shape == SQUARE)
        for one in combinations:
            if one.of <= reasons.keys():
                because = frozenset().union(*[reasons[name] for name in one.of])
                queue += [(name, because) for name in one.implies if name not in found]
        if not queue:
            return found


def contradiction(names: Iterable[str], shape: Shape | None = None) -> str | None:
    """Why these facts cannot hold together, of a symbol of this shape when it is given; None when
    they can.

    >>> contradiction(["antisymmetric", "spd"])
    'antisymmetric and positive_definite at once: only the zero matrix is both'
    """
    written = [canonical(name) or name for name in names]
    table, combinations = _table()
    if COMPLEX in implied(written):
        real = next((table[name] for name in written if not table[name].numbers), None)
        if real is not None:
            return f"{real.called} is said of real symbols only"
    closed = closure(written, table, combinations, square=shape is not None and shapes.is_square(shape))
    clash = _clash(closed, table, combinations)
    if clash is not None:
        at_fault = sorted(frozenset().union(*[closed[name] for name in clash[0]]), key=written.index)
        return f"{' and '.join(at_fault)} at once: {clash[1]}"
    return _wrong_shape([table[name] for name in written], shape)


def _clash(
    closed: Mapping[str, frozenset[str]], table: Mapping[str, Fact], combinations: Iterable[Combination]
) -> tuple[list[str], str] | None:
    """Two facts, or more, that hold and exclude each other, and why; those that were said, rather
    than what they imply."""
    found = [([name, other], why) for name in closed for other, why in table[name].excludes if other in closed]
    found += [
        (sorted(one.of), one.impossible)
        for one in combinations
        if one.impossible and one.of <= closed.keys() and not _excepted(one, closed, table)
    ]
    return min(found, key=lambda clash: sum(closed[name] != {name} for name in clash[0]), default=None)


def _excepted(one: Combination, closed: Mapping[str, frozenset[str]], table: Mapping[str, Fact]) -> bool:
    """Whether the fact holds that a combination leaves out, and not because of what the combination
    says of entries."""
    if one.written and any(closed[name] != {name} for name in one.of):
        return True
    entries = frozenset().union(*[closed[name] for name in one.of if table[name].entries])
    return one.unless in closed and not closed[one.unless] & entries


# ---------------------------------------------------------------- shapes


_KINDS: Mapping[str, frozenset[str]] = {
    "any": frozenset(["scalar", "vector", "matrix", "tensor"]),
    "array": frozenset(["vector", "matrix", "tensor"]),
    "vector": frozenset(["vector"]),
    "matrix": frozenset(["matrix"]),
    "square": frozenset(["matrix"]),
    "tall": frozenset(["matrix"]),
}
NOUNS: Mapping[str, str] = {
    "any": "symbol", "array": "vector or matrix", "vector": "vector", "matrix": "matrix", "square": "square matrix",
    "tall": "matrix with no more columns than rows",
}  # fmt: skip


def kinds(names: Iterable[str]) -> frozenset[str]:
    """The kinds (scalar, vector, matrix, tensor) that a symbol with these facts may have.

    >>> sorted(kinds(["symmetric"])), sorted(kinds(["unit", "positive"]))
    (['matrix'], ['vector'])
    """
    found = _KINDS["any"]
    for name in names:
        found &= _KINDS[facts()[name].shape]
    return found


def needs_square(names: Iterable[str]) -> bool:
    """Whether only a square matrix can have these facts."""
    return any(facts()[name].shape == SQUARE for name in names)


def fits(fact: Fact, kind: str | None, shape: Shape | None) -> bool:
    """Whether a symbol of this kind and shape, as far as they are known, can have a fact."""
    if kind is not None and kind not in _KINDS[fact.shape]:
        return False
    if shape is None or len(shape) != 2 or shape[0] == ONE or fact.shape not in (SQUARE, "tall"):
        return True
    rows, cols = shape
    if fact.shape == SQUARE:
        return rows == cols
    return rows.number is None or cols.number is None or rows.number >= cols.number


def _wrong_shape(written: list[Fact], shape: Shape | None) -> str | None:
    if shape is not None:
        wrong = next((fact for fact in written if not fits(fact, shapes.kind_of(shape), shape)), None)
        return f"only a {NOUNS[wrong.shape]} can be {wrong.called}" if wrong is not None else None
    for place, fact in enumerate(written):
        for other in written[:place]:
            if not _KINDS[fact.shape] & _KINDS[other.shape]:
                one, two = f"a {NOUNS[other.shape]} can be {other.called}", f"a {NOUNS[fact.shape]} {fact.called}"
                return f"{other.name} and {fact.name} at once: {one}, {two}"
    return None


# ---------------------------------------------------------------- entries


@record
class EntryValues:
    """What an entry may be: one of finitely many values, or any on one side of zero; whole numbers
    only."""

    values: tuple[int, ...] | None = None
    lowest: str = ""
    """``">"``, ``">="``, or nothing."""
    whole: bool = False

    def allows(self, t: Any, rounding: float = 0.0) -> bool:
        """Whether a number is allowed, up to rounding, of which an exact one has none."""
        if self.whole or self.values is not None:
            near = round(t)
            if abs(t - near) > rounding or (self.values is not None and near not in self.values):
                return False
        return not self.lowest or bool(t > 0) or (self.lowest == ">=" and bool(t >= -rounding))


@cache
def entry_values(text: str) -> EntryValues:
    """What the text of the field ``entries`` allows.

    >>> entry_values("t = 0 or t = 1").values, entry_values("t > 0").lowest
    ((0, 1), '>')
    """
    if not text:
        return EntryValues()
    if text == "t integer":
        return EntryValues(whole=True)
    if text in ("t > 0", "t >= 0"):
        return EntryValues(lowest=">" if text == "t > 0" else ">=")
    parts = [re.fullmatch(r"t = (-?\d+)", part) for part in text.split(" or ")]
    values = tuple([int(part[1]) for part in parts if part is not None])
    if len(values) < len(parts):
        raise ValueError(f"entries {text!r} are not understood")
    return EntryValues(values=values, whole=True)


@lru_cache(maxsize=1024)
def entries_of(names: frozenset[str]) -> EntryValues:
    """What all of these facts together allow an entry to be."""
    every = [entry_values(facts()[name].entries) for name in sorted(names & facts().keys())]
    lowest = max([one.lowest for one in every], key=("", ">=", ">").index, default="")
    whole = any(one.whole for one in every)
    first = next((one.values for one in every if one.values is not None), None)
    if first is None:
        return EntryValues(None, lowest, whole)
    checks = [EntryValues(None, lowest), *[EntryValues(one.values) for one in every]]
    return EntryValues(tuple([value for value in first if all(check.allows(value) for check in checks)]), lowest, whole)


_STRONGEST: tuple[Tie, ...] = ("diagonal", "lower", "upper", "symmetric", "antisymmetric")


def tie_of(names: Iterable[str]) -> Tie:
    """The strongest tie that these facts, with all that follows from them, give.

    >>> tie_of(["positive_definite"]), tie_of(["lower_triangular", "symmetric"]), tie_of(["orthogonal"])
    ('symmetric', 'diagonal', '')
    """
    found = {facts()[name].tie for name in implied(names)}
    return next((tie for tie in _STRONGEST if tie in found), "")


def tying(names: Iterable[str]) -> frozenset[str]:
    """Those of these facts that tie entries: what a change of a symbol has because the symbol has
    it.

    >>> sorted(tying(["positive_definite", "mask"]))
    ['symmetric']
    """
    return frozenset(name for name in implied(names) if facts()[name].tie)


def varying(names: Iterable[str]) -> frozenset[str]:
    """Those of these facts that still hold when every entry changes a little on its own, from a
    member that is on no edge.

    >>> sorted(varying(["positive", "nonnegative"])), sorted(varying(["mask", "nonnegative"]))
    (['nonnegative', 'positive'], [])
    """
    known = [facts()[name] for name in names if name in facts()]
    has_inside = all(fact.open or fact.inside or fact.name in ("symmetric", "constant") for fact in known)
    return frozenset(fact.name for fact in known if fact.open or (fact.inside and has_inside))


def may_vary(tie: Tie, row: int, column: int) -> bool:
    """Whether the entry is not tied to zero."""
    match tie:
        case "" | "symmetric":
            return True
        case "antisymmetric":
            return row != column
        case "diagonal":
            return row == column
        case "lower":
            return row >= column
        case "upper":
            return row <= column


def mirrored(tie: Tie) -> int:
    """How an entry depends on the one across the diagonal: 1 equal, −1 opposite, 0 not at all."""
    return 1 if tie == "symmetric" else -1 if tie == "antisymmetric" else 0


def tied(matrix: Rows, tie: Tie) -> Matrix:
    """The matrix that keeps the tie and has the same entries on the diagonal and above it, as far
    as they are free.

    >>> tied([[1, 2], [4, 3]], "antisymmetric"), tied([[1, 2], [4, 3]], "lower")
    ([[0, 2], [-2, 0]], [[1, 0], [4, 3]])
    """
    sign = mirrored(tie)
    shown = [[matrix[j][i] * sign if sign and i > j else entry for j, entry in enumerate(row)] for i, row in enumerate(matrix)]
    return [[entry if may_vary(tie, i, j) else entry - entry for j, entry in enumerate(row)] for i, row in enumerate(shown)]
