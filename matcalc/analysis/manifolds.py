"""Loads ``rules/manifolds.toml``: manifolds and their metrics, as formulas for the symbol that lies on one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.files import stored_table
from matcalc.base.records import record
from matcalc.base.shapes import is_square, kind_of, shape_text
from matcalc.base.sizes import Size
from matcalc.derivation.pipeline import released
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced, with_sizes
from matcalc.facts.table import essential, facts, fits, implied, tying, varying
from matcalc.language import elaborate, parse_declarations
from matcalc.language.declare.declared import Declaration
from matcalc.printing.names import unicode_name


@record
class Metric:
    """An inner product of tangent vectors, and what it makes of Euclidean derivatives; the fields
    are those of ``rules/manifolds.toml``."""

    name: str
    inner: str
    gradient: str
    hessian: str = ""
    aliases: tuple[str, ...] = ()
    source: str = ""


@record
class Manifold:
    """A manifold; the fields are those of ``rules/manifolds.toml``."""

    name: str
    words: str
    points: tuple[str, ...]
    metrics: tuple[Metric, ...]
    source: str
    aliases: tuple[str, ...] = ()
    fact: str = ""
    says: str = ""
    says_tangent: str = ""
    parts: Mapping[str, str] = {}
    constraint: tuple[str, ...] = ()
    equations: tuple[str, ...] = ()
    tangent: tuple[str, ...] = ()
    horizontal: tuple[str, ...] = ()
    invariant: str = ""
    above: str = ""
    pymanopt: Mapping[str, str] = {}
    geomstats: str = ""

    def sure(self, name: str) -> dict[str, str]:
        """What is known of a point of this name, whatever its shape is."""
        return {name: self.fact} if self.fact and len(self.points) == 1 else {}


@cache
def manifolds() -> Mapping[str, Manifold]:
    """Every manifold by its own name, in the order of the file."""
    return {name: _manifold(name, row) for name, row in stored_table("manifolds").items()}


def _manifold(name: str, row: Mapping[str, Any]) -> Manifold:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    fields["metrics"] = tuple([_metric(one, fields.get("source", ""), rows) for one, rows in row["metrics"].items()])
    if isinstance(fields.get("pymanopt"), str):
        fields["pymanopt"] = {"object": fields["pymanopt"]}
    return Manifold(name=name, **fields)


def _metric(name: str, source: str, row: Mapping[str, Any]) -> Metric:
    return Metric(**{"name": name, "source": source, **row, "aliases": tuple(row.get("aliases", ()))})


def manifold_named(name: object) -> Manifold:
    """The manifold that a name means, in any spelling. Raises MatcalcError for another name.

    >>> manifold_named("fixed-rank").name, manifold_named("Grassmannian").name
    ('fixed rank', 'grassmann')
    """
    spelled = {_plain(spelling): one for one in manifolds().values() for spelling in (one.name, *one.aliases)}
    found = spelled.get(_plain(name))
    if found is None:
        raise MatcalcError(
            f"there is no manifold {name!r}", expected=", ".join(manifolds()), suggestion=_near(name, spelled, "on")
        )
    return found


def metric_named(manifold: Manifold, name: object = None) -> Metric:
    """The metric of a manifold that a name means, the first where none is named. Raises
    MatcalcError for another one."""
    if name is None:
        return manifold.metrics[0]
    spelled = {_plain(spelling): one for one in manifold.metrics for spelling in (one.name, *one.aliases)}
    spelled |= {_plain(alias): spelled["euclidean"] for alias in _EMBEDDED if "euclidean" in spelled}
    found = spelled.get(_plain(name))
    if found is None:
        raise MatcalcError(
            f"there is no metric {name!r} on {manifold.words}",
            expected=", ".join([one.name for one in manifold.metrics]),
            suggestion=_near(name, spelled, "metric"),
        )
    return found


def _near(name: object, spelled: Mapping[str, Manifold] | Mapping[str, Metric], keyword: str) -> str | None:
    """The name that a misspelled one is near to, as it is given."""
    near = get_close_matches(_plain(name), spelled, 1)
    return f'{keyword}="{spelled[near[0]].name}"' if near else None


_EMBEDDED = ("embedded", "induced", "frobenius", "standard")


def _plain(name: object) -> str:
    words = re.sub(r"[\s_–-]+", " ", name if isinstance(name, str) else repr(name)).strip().lower()
    return words.removeprefix("the ").removesuffix(" manifold").removesuffix(" metric")


# ------------------------------------------------------------
# A manifold with a symbol that lies on it.


@record
class Place:
    """A symbol that lies on a manifold: the ``point`` has what is known of it there, the ``free``
    one what still holds when it moves anywhere. ``parts`` are the symbols that it is made of."""

    manifold: Manifold
    metric: Metric
    point: Symbol
    free: Symbol
    move: Symbol
    parts: tuple[Symbol, ...]
    sizes: Mapping[str, Size]
    shape: str
    taken: frozenset[str] = frozenset()
    """Names that are in use."""

    def formula(self, text: str, **values: Expr) -> Expr:
        """A formula of the manifold with the point, the direction and the parts in place of their
        names, and ``values`` in place of others."""
        return self._filled(_read(text, self.shape, self._declared, None), values)

    def sides(self, text: str, **values: Expr) -> tuple[Expr, Expr]:
        """Both sides of an equation of the manifold."""
        left, right = text.split("=")
        one = _read(left, self.shape, self._declared, None)
        return self._filled(one, values), self._filled(_read(right, self.shape, self._declared, one), values)

    @property
    def made(self) -> Expr | None:
        """The point in terms of its parts; None where it has none."""
        return self.formula(self.manifold.parts["made"]) if self.parts else None

    @property
    def _declared(self) -> tuple[tuple[str, str], ...]:
        return tuple([(name, text) for name, text in self.manifold.parts.items() if name != "made"])

    def _filled(self, formula: Expr, values: Mapping[str, Expr]) -> Expr:
        own: dict[str, Expr] = {"X": self.point, "Z": self.move, **{part.name: part for part in self.parts}}
        return replaced(with_sizes(formula, self.sizes), {**own, **values})


@cache
def _read(text: str, shape: str, parts: tuple[tuple[str, str], ...], like: Expr | None) -> Expr:
    """A formula in the letters of the file, of the shape of another one where that is given."""
    declare = {**dict.fromkeys("XGHZABWN", shape), "Q": f"{shape[-1]}×{shape[-1]}", **dict(parts)}
    return elaborate(text.strip(), declare, shape=None if like is None else like.shape).expression


def placed(manifold: Manifold, metric: Metric, symbol: Symbol, taken: Mapping[str, Symbol], direction: str) -> Place:
    """A manifold with the symbol that is to lie on it; ``taken`` are the symbols that are declared,
    among them perhaps what the symbol is made of.

    Raises ShapeError or MatcalcError where the shape or the facts of a symbol do not fit.
    """
    shape, sizes = _shape_on(manifold, symbol)
    square = is_square(symbol.shape)
    known = implied([manifold.fact] if _has_fact(manifold, symbol) else [], square=square)
    still = varying(symbol.properties)
    odd = [name for name in essential(symbol.properties, square=square) if name not in known | still]
    if odd:
        raise MatcalcError(
            f"{symbol.name} is declared {facts()[odd[0]].called}, which not all points of {manifold.words} are",
            suggestion=f"{symbol.name} without that fact, or no manifold",
        )
    point = Symbol(symbol.name, symbol.shape, implied({*known, *still}, square=square))
    parts, sizes = _parts(manifold, sizes, taken)
    taken_names = frozenset(taken) | frozenset([part.name for part in parts] + [direction])
    return Place(
        manifold,
        metric,
        point,
        released(point),
        Symbol(direction, symbol.shape, tying(point.properties)),
        parts,
        sizes,
        shape,
        taken_names,
    )


def _has_fact(manifold: Manifold, symbol: Symbol) -> bool:
    """Whether a symbol of this shape can have the fact of the points."""
    return bool(manifold.fact) and fits(facts()[manifold.fact], kind_of(symbol.shape), symbol.shape)


def _shape_on(manifold: Manifold, symbol: Symbol) -> tuple[str, dict[str, Size]]:
    """The shape of a point that the symbol has, and what its sizes are."""
    for shape in manifold.points:
        names = shape.split("×")
        if len(names) == len(symbol.shape) and not symbol.is_row:
            sizes = dict(zip(names, symbol.shape, strict=True))
            if [sizes[name] for name in names] == list(symbol.shape) and (manifold.equations or not _misses(manifold, symbol)):
                return shape, sizes
    tall = "" if not manifold.fact or facts()[manifold.fact].shape != "tall" else ", with no more columns than rows"
    raise ShapeError(
        f"{symbol.name} is {shape_text(symbol.shape)}, and a point of {manifold.words} is {' or '.join(manifold.points)}{tall}",
        suggestion=f"declare {symbol.name}: {manifold.points[0]}",
    )


def _misses(manifold: Manifold, symbol: Symbol) -> bool:
    return bool(manifold.fact) and not _has_fact(manifold, symbol)


def _parts(manifold: Manifold, sizes: dict[str, Size], taken: Mapping[str, Symbol]) -> tuple[tuple[Symbol, ...], dict[str, Size]]:
    """What the point is made of, with the sizes that are declared for it."""
    declared = {name: text for name, text in manifold.parts.items() if name != "made"}
    found = parse_declarations(declared) if declared else {}
    for name, one in found.items():
        if name in taken:
            sizes = _matched(one, taken[name], sizes, manifold)
    shapes = {name: tuple([size.replaced(sizes) for size in one.shape or ()]) for name, one in found.items()}
    return tuple([Symbol(name, shapes[name], one.facts_of(shapes[name])) for name, one in found.items()]), sizes


def _matched(part: Declaration, symbol: Symbol, sizes: Mapping[str, Size], manifold: Manifold) -> dict[str, Size]:
    """The sizes with those that a declared part has. Raises ShapeError where they do not fit."""
    result = dict(sizes)
    shape: Sequence[Size] = part.shape or ()
    fitting = len(shape) == len(symbol.shape) and all(
        result.setdefault(str(size), own) == own for size, own in zip(shape, symbol.shape, strict=True)
    )
    if not fitting:
        wanted = "×".join([str(size.replaced(sizes)) for size in shape])
        raise ShapeError(
            f"{symbol.name} is {shape_text(symbol.shape)}, and for {manifold.words} it is {wanted}",
            suggestion=f"declare {symbol.name}: {wanted}",
        )
    return result


def notes_on_free_entries(variables: Iterable[tuple[Symbol, Iterable[str]]]) -> list[str]:
    """That a derivative is by entries that vary freely, of variables with facts that are those of a
    manifold."""
    notes = []
    for symbol, names in variables:
        for fact in names:
            alike = [one for one in manifolds().values() if one.fact == fact]
            fitting = [one for one in alike if any(shape.count("×") == len(symbol.shape) - 1 for shape in one.points)]
            kept = " or ".join([f'"{one.name}"' for one in fitting])
            more = f"; on={kept} keeps it so" if kept else ""
            if alike:
                notes.append(f"{unicode_name(symbol.name)} is declared {facts()[fact].called}, and its entries vary freely{more}")
    return notes
