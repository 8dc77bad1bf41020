"""The function table, read from ``rules/functions.toml``: names, signatures and texts, not yet
parsed formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from matcalc.base.files import read, stored
from matcalc.base.own_functions import own_function
from matcalc.base.records import record
from matcalc.base.sizes import Size, size_in

Kind = Literal["elementwise", "matrix", "defined", "computed"]


@record
class Function:
    """One function of the language; the fields and the properties are those of
    ``rules/functions.toml``, and are taken from their ``row`` there when they are asked for."""

    __slots__ = ("row",)
    if TYPE_CHECKING:
        row: ClassVar[Mapping[str, Any]]
    name: str
    kind: Kind
    meaning: str = ""
    aliases: tuple[str, ...] = ()
    derivative: str = ""
    partials: tuple[str, ...] = ()
    """Of an elementwise function of several numbers: the derivative by each, empty where there is
    none."""
    commutes: bool = False
    more: str = ""
    """The function that is meant with several arguments."""
    chooses: str = ""
    """Of such a function whose value is one of its arguments: "largest", "smallest", or "any"."""
    definition: str = ""
    definition_rows: str = ""
    definition_cols: str = ""
    definition_sample: str = ""
    definition_rows_sample: str = ""
    definition_cols_sample: str = ""
    signature: str = "t -> t"
    whole: str = ""
    """The parameter that is a whole number."""
    usual: str = ""
    """The number that the last parameter is where it is not given."""
    axis: bool = False
    of_one: str = ""
    """Of a function of vectors and matrices: its value where all are numbers, which are vectors of
    size 1 and matrices of 1×1, of its parameters, the first of which is ``t``."""
    of_any: bool = False
    """Whether that is the value where one of them is a number, too."""
    domain: str = "all"
    condition: str = ""
    """Of a matrix function: where its derivative holds, with ``{}`` for the argument."""
    continuous: bool = False
    """Whether its value is continuous, also where eigenvalues or singular values meet."""
    by_parameter: str = ""
    """Of a matrix function with a scalar parameter: the derivative by it."""
    at_kink: str = ""
    range: str = ""
    sign: str = ""
    ranges: tuple[tuple[str, str], ...] = ()
    gives: tuple[tuple[str, str], ...] = ()
    keeps: tuple[str, ...] = ()
    parity: str = ""
    numbers: str = ""
    """"complex" of a function that only formulas with complex symbols have."""
    conjugate: str = ""
    """"kept" when f(conj(z)) = conj(f(z)), and f is differentiable as a function of a complex
    number or matrix."""
    reflection: str = ""
    elementary: str = ""
    elementary_rows: str = ""
    divided: str = ""
    frechet: str = ""
    """Of a primary matrix function: the name of its Fréchet derivative, a function of the matrix
    and a direction."""
    linear: bool = False
    """Linear in the second argument, with the adjoint that has the first argument transposed."""
    multilinear: bool = False
    """Linear in each argument alone."""
    adjoints: tuple[tuple[str, str], ...] = ()
    """What a scalar of the value passes on to each parameter, in the parameters and the derivative
    G by the value."""
    jacobians: tuple[tuple[str, str], ...] = ()
    """Of a vector or matrix: the derivative by each parameter in denominator layout."""
    requires: str = ""
    masks: bool = False
    """Linear, and it keeps or drops each entry: f(X) is X ⊙ f(ones)."""
    symmetry: str = ""
    note: str = ""
    unicode: str = ""
    latex: str = ""

    if not TYPE_CHECKING:

        def __getattr__(self, field: str) -> Any:
            if field not in _FIELDS:
                raise AttributeError(f"a function of the table has no {field}")
            value = _field(self.row[field]) if field in self.row else _DEFAULTS[field]
            setattr(self, field, value)
            return value

    def code(self, language: str) -> str:
        """The field of this name, an expression of a language or library; empty when there is
        none."""
        return _unstored(self.name).get(language, "")

    @property
    def source(self) -> str:
        """Where it is defined or its derivative stands: a work of ``rules/sources.toml`` and the
        place in it."""
        return _unstored(self.name).get("source", "")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple([part.partition(":")[0].strip() for part in self.signature.partition("->")[0].split(",")])

    @property
    def orders(self) -> tuple[int | None, ...]:
        """The number of axes of each parameter: 1 a vector, 2 a matrix; None for a number that
        stands for each entry of an array."""
        sizes = [part.partition(":")[2].strip() for part in self.signature.partition("->")[0].split(",")]
        return tuple([(0 if each in ("scalar", "size") else 1 + each.count("×")) if each else None for each in sizes])

    @property
    def of_sizes(self) -> bool:
        """Whether it is a constant array: a function of sizes alone."""
        return ": size" in self.signature

    @property
    def axes(self) -> tuple[tuple[str, ...], ...]:
        """The sizes of the axes of each parameter, and behind them of the value, as the signature
        names them."""
        given, _, value = self.signature.partition("->")
        kinds = [*[part.partition(":")[2] for part in given.split(",")], value]
        return tuple(
            [tuple([name for part in kind.split("×") if (name := part.strip()) not in ("", "scalar")]) for kind in kinds]
        )

    def axes_of_value(self, argument: Sequence[Size]) -> tuple[Size, ...]:
        """The axes of the value of a function of one array, by those of the array.

        >>> [str(size) for size in functions()["svd_u"].axes_of_value([Size.of("k"), Size.of("p")])]
        ['k', 'min(k,p)']
        """
        sizes = dict(zip(self.axes[0], argument, strict=True))
        return tuple([size_in(name).replaced(sizes) for name in self.axes[-1]])

    @property
    def argument_order(self) -> int:
        """The number of axes of the first parameter: 0 elementwise, 1 a vector, 2 a matrix."""
        return self.orders[0] or 0


@cache
def functions() -> Mapping[str, Function]:
    """Every function of the language by its own name, in the order of the file."""
    rows = _table("functions.toml").items()
    return MappingProxyType({name: _function(name, row) for name, row in rows if name not in _NAMES})


def has_kink(name: str) -> bool:
    """Whether a function of the language has a kink or a jump: at 0, or where numbers are equal;
    nobody's own has one."""
    return name in functions() and bool(functions()[name].at_kink)


@record
class Named:
    """How a target of code or a notation is called; ``aliases`` are other spellings of its name."""

    name: str
    title: str
    aliases: tuple[str, ...] = ()


OVER = " over "
"""What stands between the name of a target and that of a size."""


def over(target: str, size: str | None) -> str:
    """The name of the target whose code splits the axes of a size over devices: ``jax over n``;
    without a size the target itself."""
    return target if size is None else f"{target}{OVER}{size}"


@cache
def code_targets() -> Mapping[str, Named]:
    """What code is written for, by name. It is read from the table alone: to list the names loads
    no code generator."""
    return _named("targets")


@cache
def typesetting() -> Mapping[str, Named]:
    """The notations that are typeset, by name."""
    return _named("notations")


def _named(kind: str) -> Mapping[str, Named]:
    rows = _table("functions.toml")[kind].items()
    return MappingProxyType({name: Named(name, row["title"], _field(row["aliases"])) for name, row in rows})


@cache
def computable() -> Mapping[str, Function]:
    """Every function that has a numerical implementation: those of the language, and those of
    ``rules/computed.toml``."""
    others = {name: _function(name, {"kind": "computed", **row}) for name, row in _table("computed.toml").items()}
    return MappingProxyType({**functions(), **others})


@cache
def function_called(name: str) -> Function:
    """What is known of a function with a numerical implementation, or of the user's own that is
    declared with shapes. Raises KeyError for another one."""
    own = own_function(name)
    if own is None:
        return computable()[name]
    if own.entrywise:
        return Function(name=name, kind="elementwise", signature=own.signature)
    return Function(name=name, kind="matrix", signature=own.signature, symmetry="always" if own.symmetric else "")


def _table(file: str) -> dict[str, dict[str, Any]]:
    return stored(file.partition(".")[0], read("rules", file), _rows)


def _function(name: str, row: Mapping[str, Any]) -> Function:
    function: Any = object.__new__(Function)
    function.name, function.row = name, row
    found: Function = function
    return found


def _field(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(value.items())
    return tuple(value) if isinstance(value, list) else value


def _rows(text: str) -> dict[str, dict[str, Any]]:
    """The table without what is evaluated, which is read from the file itself, and not from the
    disk cache."""
    import tomllib

    rows = tomllib.loads(text).items()
    return {name: row if name in _NAMES else {key: row[key] for key in _FIELDS if key in row} for name, row in rows}


_NAMES = ("targets", "notations")
"""Tables of names, and of no functions."""
_FIELDS = tuple(Function.__annotations__)
_DEFAULTS: Mapping[str, Any] = dict(zip(_FIELDS[2:], Function._defaults))  # type: ignore[attr-defined]


@cache
def _unstored(name: str) -> Mapping[str, str]:
    """The fields of a function that are code, and what else few ask for, of its own part of its
    files."""
    import tomllib

    found: dict[str, str] = {}
    for file in ("functions.toml", "computed.toml"):
        _, heading, rest = f"\n{read('rules', file)}".partition(f"\n[{name}]\n")
        if heading:
            found |= {key: value for key, value in tomllib.loads(rest.partition("\n[")[0]).items() if key not in _FIELDS}
    return found


@cache
def spellings() -> Mapping[str, str]:
    """Every accepted spelling, aliases included, and the function's own name."""
    names = {name: name for name in functions()}
    for name, function in functions().items():
        names.update(dict.fromkeys(function.row.get("aliases", ()), name))
    return MappingProxyType(names)


IMAGINARY = "i1"
"""The name of the imaginary unit."""


@cache
def of_complex_numbers() -> Mapping[str, str]:
    """Every spelling of a function that formulas have where symbols are complex, and its own name:
    ``conj``, ``re``."""
    named = {name: entry for name, entry in _table("computed.toml").items() if entry.get("numbers") == "complex"}
    return MappingProxyType({spelling: name for name, entry in named.items() for spelling in (name, *entry["aliases"])})


@cache
def of_sizes() -> frozenset[str]:
    """Every spelling of a function of sizes."""
    return frozenset([spelling for spelling, name in spellings().items() if functions()[name].of_sizes])


@cache
def of_entries() -> Mapping[str, str]:
    """Functions of a whole, with those of each entry that they are with several arguments: ``max``
    with ``maximum``."""
    twins = {name: function.more for name, function in functions().items() if "more" in function.row and not is_entrywise(name)}
    return MappingProxyType({name: twin for name, twin in twins.items() if is_entrywise(twin)})


@cache
def _written() -> Mapping[str, str]:
    return {twin: name for name, twin in of_entries().items()}


def written_name(name: str) -> str:
    """How a call of a function is written: ``maximum`` is ``max`` with several arguments."""
    return _written().get(name, name)


def is_entrywise(name: str) -> bool:
    """Whether a function takes numbers, entry by entry of arrays: one of the table, or the user's
    own of several."""
    own = own_function(name)
    if own is not None:
        return own.entrywise
    function = functions().get(name)
    return function is not None and function.kind == "elementwise"
