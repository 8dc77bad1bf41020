"""A read expression, and how it was read: the text, the decisions, what else it could mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from matcalc.base.budgets import as_call
from matcalc.base.errors import MatcalcError
from matcalc.base.functions import over
from matcalc.base.lazy import later
from matcalc.base.records import guarded, replace
from matcalc.base.shapes import Shape
from matcalc.derivation.conditions import conditions_of_equation
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import has_complex
from matcalc.language import Elaborated, elaborate
from matcalc.language.decisions import Decision, warned, warnings_of
from matcalc.language.declare.declared import Declaration, declaration_text, declared_text
from matcalc.objects.arithmetic import Arithmetic
from matcalc.printing import Shown, latex, markdown, operand, text
from matcalc.printing.notations import checked_notation, notation_of

if TYPE_CHECKING:
    import matcalc.sympy_exchange as sympy_exchange
    from matcalc.entries import Entries
    from matcalc.language.statements import Side, Statement
    from matcalc.objects.inputs import Names
else:
    sympy_exchange = later("matcalc.sympy_exchange")

Style: TypeAlias = Literal["unicode", "ascii"]
_STYLES: tuple[Style, ...] = get_args(Style)


@guarded
class ParsedExpression(Shown, Arithmetic):
    """A typed matrix expression, to be combined with others by Python's operators (see
    ``matcalc.objects.arithmetic``).

    ``declarations`` are the kinds and sizes of its symbols in the ``declare`` syntax, ``notes``
    what was assumed in reading it.
    """

    node: Expr
    declarations: Mapping[str, str]
    notes: tuple[str, ...] = ()
    origin: object = None
    """The SymPy expression that it was read from."""
    source: Elaborated | None = None
    """What was read; None of what was made of other expressions."""
    families: Mapping[str, str] | None = None
    """Names under which an array may be given too, ``x``, where the x_i are rows of X; those of
    ``source`` where there is one."""

    @property
    def other_names(self) -> Mapping[str, str]:
        """Names under which arrays may be given too, with those that they have here."""
        return self.families or {} if self.source is None else self.source.families

    @property
    def reading(self) -> Reading:
        """How the expression was read."""
        return Reading(self.source or made_of(self.node, self.declarations, self.notes, self.origin))

    @property
    def conditions(self) -> tuple[str, ...]:
        """Where the expression has a value; of complex symbols nothing is said."""
        if has_complex(self.node):
            return ()
        return tuple(conditions_of_equation((), (self.node,)))

    @property
    def shape(self) -> tuple[int | str, ...]:
        """``()`` scalar, ``("n",)`` vector, ``(1, "n")`` row vector, ``("m", "n")`` matrix."""
        return plain_shape(self.node.shape)

    @as_call
    def text(self, style: Style = "unicode") -> str:
        """The expression in the input language; ``"ascii"`` reads back to the same expression."""
        return text(self.node, checked_style(style))

    @as_call
    def latex(self, *, bold: bool = False) -> str:
        """LaTeX source, without dollar signs; ``bold`` sets vectors and matrices in bold type."""
        return latex(self.node, bold)

    @as_call
    def typeset(self, notation: str = "latex", *, bold: bool = False) -> str:
        """Source for math mode in a notation that is typeset, ``"latex"`` or ``"typst"``."""
        return text(self.node, checked_notation(notation), bold)

    def markdown(self, *, bold: bool = False) -> str:
        """LaTeX between dollar signs."""
        return markdown(self.node, bold)

    @as_call
    def function(
        self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None
    ) -> Callable[..., Any]:
        """A callable that takes the symbols as keyword arguments and returns an array (vectors have
        one axis).

        ``target`` is ``"numpy"``, ``"jax"`` or ``"torch"``. Arrays of names that are ``batched``
        have leading axes, and so has the result; ``shard`` is the name of a size whose axes JAX
        splits over its devices. Raises MatcalcError for another target; the callable raises it for
        missing or unfitting arguments.
        """
        return array_function(
            programs().value_callable,
            self.node,
            (),
            over(target, shard),
            programs().batched_names(batched, programs().symbols_of(self.node)),
            programs().batched_names(sparse, programs().symbols_of(self.node), "sparse"),
            declarations=self.declarations,
            result=declaration_text(self.shape),
            families=self.other_names,
        )

    @as_call
    def entries(self, **sizes: int) -> Entries:
        """The expression entry by entry at small sizes, which are given by name (``n=2``): formulas
        in the entries of the symbols.

        Raises MatcalcError for a size that is missing, and for functions that cannot be written
        out.
        """
        return cast("Entries", import_module("matcalc.entries").expression_entries(self.node, sizes))

    @as_call
    def simplify(self, *, form: str = "shortest") -> ParsedExpression:
        """What ``matcalc.simplify`` gives for the expression: the same value in a shorter form, or in
        another one.

        >>> from matcalc import symbols, inv
        >>> A, B = symbols("A, B: n×n invertible")
        >>> print((inv(A @ B) @ A).simplify())
        B⁻¹
        """
        return cast("ParsedExpression", import_module("matcalc.interface.simplify_call").simplify(self, form=form))

    @as_call
    def at(self, **values: Any) -> Any:
        """The value as a NumPy array; symbols are given by name, as numbers, lists or arrays.
        Raises MatcalcError where they do not fit."""
        made = import_module("matcalc.entries")
        return made.value_at(self.function(), self.declarations, made.size_names([self.node]), values)

    @as_call
    def code(self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None) -> str:
        """The source text of a self-contained function for the expression; of ``"sympy"`` a program
        that builds ``sympy()``. Names that are ``batched`` have a leading axis."""
        target = over(target, shard)
        if target == "sympy" and not (batched or sparse):
            return sympy_exchange.sympy_source(result=self.sympy())
        return str(programs().value_code(self.node, target, batched, sparse))

    @as_call
    def sympy(self, symbols: Sequence[Any] = ()) -> Any:
        """The expression in SymPy: matrices are ``MatrixSymbol``, a vector one of n×1, scalars real
        and sizes positive integer symbols.

        SymPy symbols given as ``symbols``, and those of a SymPy expression that was read, are used
        for their names. Raises MatcalcError for what SymPy's matrix expressions do not have.
        """
        return sympy_exchange.to_sympy(self.node, symbols, self.origin)

    def __eq__(self, other: object) -> bool:
        """Whether both are the same expression of symbols that are declared in the same way."""
        if not isinstance(other, ParsedExpression):
            return NotImplemented
        return self.node is other.node and self.declarations == other.declarations

    def __hash__(self) -> int:
        return hash((self.node, frozenset(self.declarations.items())))

    def __repr__(self) -> str:
        return f"<ParsedExpression {self.text()}{warned(self.warnings)}>"


@guarded
class Alternative:
    """Another reading of a text: ``words`` say what differs, ``instead`` how it is said beyond
    doubt."""

    words: str
    instead: str
    expression: ParsedExpression

    def __str__(self) -> str:
        return f"{self.words}: {self.instead}"

    def __repr__(self) -> str:
        return f"<Alternative {self}>"


@guarded
class Reading:
    """How a text was read: what was decided on the way, what is doubtful, and what else the text
    could mean.

    >>> from matcalc.interface.api import parse
    >>> print(parse("1/2 w'w + x'A x").reading.echo())
    read as: 0.5 wᵀ w + xᵀ A x with w: n, x: m, A: m×m
    """

    source: Elaborated | Statement
    shown: str = ""
    """What is shown where the expressions themselves were left behind."""

    def portable(self) -> Reading:
        """The reading of a statement without its expressions, which may be too deep for another
        process."""
        assert not isinstance(self.source, Elaborated)
        bare = replace(self.source, left=None, right=None, symbols={}, intermediates={}, misfit=None)
        return Reading(bare, self._shown("unicode"))

    @property
    def text(self) -> str:
        """What was written; empty for what was given as an object."""
        return self.source.text

    @property
    def expression(self) -> ParsedExpression | None:
        """The typed expression; of a statement what it differentiates, or its left side."""
        source = self.source
        if isinstance(source, Elaborated):
            return ParsedExpression(source.expression, source.declarations, source.notes, source.origin, source)
        side = _lead(source)
        return (
            None
            if side is None
            else ParsedExpression(side if isinstance(side, Expr) else side.expression, source.declarations, source.notes)
        )

    @property
    def declarations(self) -> dict[str, str]:
        """Kind and size of every symbol, declared or inferred, in the ``declare`` syntax."""
        return dict(self.source.declarations)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Every choice made in reading, with its weight, its place in the text, and what else there
        was."""
        return self.source.decisions

    @property
    def dialect(self) -> str:
        """What the text is written in: ``"math"``, ``"matlab"``, ``"numpy"``, ``"latex"`` or
        ``"julia"``."""
        return self.source.dialect

    @property
    def warnings(self) -> tuple[str, ...]:
        """The words of what is doubtful."""
        return warnings_of(self.decisions)

    @property
    def notes(self) -> tuple[str, ...]:
        """The words of what was assumed."""
        return tuple(dict.fromkeys(decision.words for decision in self.decisions if decision.weight == "assumed"))

    @property
    def surprising(self) -> bool:
        """Whether more was decided than the usual kinds of letters and the names of sizes."""
        return any(decision.surprising for decision in self.decisions)

    @cached_property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Other readings that fit together, each with what differs and how it is said: one of the
        assumed kinds is another one."""
        return tuple(islice(_alternatives(self), _MOST_ALTERNATIVES))

    def echo(self, style: Style = "unicode") -> str:
        """One line: the text as it was read, with the kinds and sizes of its names."""
        kinds = ", ".join(f"{name}: {kind}" for name, kind in self.source.declarations.items())
        return f"read as: {self._shown(style)}" + (f" with {kinds}" if kinds else "")

    def latex(self) -> str:
        """What was read, in LaTeX: the expression, or both sides of the statement."""
        return self._shown("latex")

    def typeset(self, notation: str = "latex") -> str:
        """What was read, for math mode in ``"latex"`` or ``"typst"``."""
        return self._shown(checked_notation(notation))

    def _shown(self, style: str) -> str:
        source = self.source
        if isinstance(source, Elaborated):
            return text(source.expression, style)
        sides = [_side_text(side, style) for side in (source.left, source.right) if side is not None]
        return " = ".join(sides) or self.shown

    def explain(self, style: Style = "unicode") -> str:
        """Several lines: what was read, every decision with its weight and what else there was,
        other readings."""
        lines = [self.echo(style), f"dialect: {self.dialect}"]
        for decision in sorted(self.decisions, key=lambda decision: _WEIGHTS.index(decision.weight)):
            lines.append(f"{decision.weight}: {decision.words.removeprefix(f'{decision.weight} ')}")
            lines += [f"  or {reading}" for reading in decision.instead]
        lines += [f"alternative: {other}" for other in self.alternatives]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the alternatives as JSON-ready values."""
        return {
            "text": self.text,
            "echo": self.echo(),
            "dialect": self.dialect,
            "declarations": self.declarations,
            "warnings": list(self.warnings),
            "notes": list(self.notes),
            "decisions": [
                {
                    "words": decision.words,
                    "topic": decision.topic,
                    "weight": decision.weight,
                    "span": None if decision.span is None else [decision.span.start, decision.span.end],
                    "instead": list(decision.instead),
                }
                for decision in self.decisions
            ],
        }

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"<Reading {self.text or self._shown('unicode')}{warned(self.warnings)}>"


_WEIGHTS = ("doubtful", "assumed", "plain")
_KIND_NAMES = ("matrix", "vector", "scalar")
_MOST_ALTERNATIVES = 6
_MOST_TRIED = 24


def made_of(node: Expr, declarations: Mapping[str, str], notes: Sequence[str], origin: object = None) -> Elaborated:
    """What is known of an expression that was not read from a text."""
    decisions = tuple([Decision(note) for note in notes])
    return Elaborated(node, {}, declarations, decisions, {}, {}, node, origin)


def _alternatives(reading: Reading) -> Iterator[Alternative]:
    """Each name of a kind that was inferred, with another one, where that fits; everything else is
    read as before."""
    source = reading.source
    if not source.text or source.given is None or not isinstance(source, Elaborated):
        return
    given = {name: declared_text(declaration) for name, declaration in source.given.items()}
    options = replace(source.options, strict=False)
    for name, kind in islice(_other_kinds(source, source.given), _MOST_TRIED):
        properties = source.given[name].properties if name in source.given else ()
        other = None
        with suppress(MatcalcError):
            other = elaborate(source.text, {**given, name: " ".join([kind, *properties])}, options=options)
        if other is not None and name in other.declarations:
            expression = ParsedExpression(other.expression, other.declarations, other.notes, None, other)
            yield Alternative(f"{name} is a {kind}", f"declare {name}: {other.declarations[name]}", expression)


def _other_kinds(source: Elaborated, given: Mapping[str, Declaration]) -> Iterator[tuple[str, str]]:
    """The names of inferred kinds, each with the kinds that it does not have."""
    for name, declaration in source.declarations.items():
        said = given.get(name)
        if declaration != "function" and name in source.symbols and (said is None or not (said.kind or said.shape)):
            yield from [(name, kind) for kind in _KIND_NAMES if kind != _kind_of(source.symbols[name])]


def _kind_of(symbol: Symbol) -> str:
    return "scalar" if symbol.is_scalar else "vector" if symbol.is_column else "matrix"


def _lead(statement: Statement) -> Side | None:
    return statement.right if statement.turned or statement.left is None else statement.left


def _side_text(side: Side, style: str) -> str:
    if isinstance(side, Expr):
        return text(side, style)
    derivative: Any = import_module("matcalc.language.statements").DerivativeSide
    if not isinstance(side, derivative):
        return f"{_DIFFERENTIAL.get(style, 'd')}({text(side.expression, style)})"
    names = [text(symbol, style) for symbol in side.wrt]
    if style in _DIFFERENTIAL:
        return f"{notation_of(style).derivative('', names, whole=True)} {operand(side.expression, style, False)}"
    below = "".join(f")/d{name}" for name in names)
    return f"{'d(' * len(side.wrt)}{text(side.expression, style)}{below}"


_DIFFERENTIAL = {"latex": "\\mathrm{d}", "typst": "dif"}
"""The sign of a differential, in the notations that are typeset."""


def plain_shape(shape: Shape) -> tuple[int | str, ...]:
    """A shape with numbers as ``int`` and symbolic sizes as text."""
    return tuple([str(size) if size.number is None else size.number for size in shape])


def checked_style(style: str) -> Style:
    if style not in _STYLES:
        raise MatcalcError(f"there is no text style {style!r}", expected=" or ".join(_STYLES))
    return style


def programs() -> Any:
    """Code generation, loaded when it is first used: a derivation that is only printed does without
    it."""
    return import_module("matcalc.objects.programs")


def array_function(maker: Callable[..., Callable[..., Any]], *arguments: Any, **named: Any) -> Callable[..., Any]:
    """A callable that can be pickled, see ``matcalc.objects.programs``."""
    return cast("Callable[..., Any]", import_module("matcalc.objects.programs").array_function(maker, *arguments, **named))
