"""Derivatives of programs in terms of the names in them, and all gradients of one sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matcalc.base.budgets import as_call
from matcalc.base.functions import over
from matcalc.base.records import guarded, replace
from matcalc.base.shapes import axes_of
from matcalc.derivation.pipeline import Outcome, differentiate
from matcalc.einstein import nodes as ix
from matcalc.einstein.lowering import lower
from matcalc.einstein.substitution import substituted
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced_all, resolved, rested_on, symbols_in
from matcalc.interface.results import Derivation
from matcalc.language.decisions import warned
from matcalc.language.declare.declared import declaration_text
from matcalc.objects.inputs import Names, Outline
from matcalc.objects.parsed import ParsedExpression, Reading, Style, array_function, programs
from matcalc.printing import Shown, index_text, text
from matcalc.printing.names import ascii_name, unicode_name
from matcalc.printing.notations import checked_notation, name_in, notation_of
from matcalc.products.sweeping import Sweep
from matcalc.sympy_exchange import sympy_source, to_sympy

Partials = Mapping[tuple[str, str], Derivation]


@guarded
class Pullback(Derivation):
    """What an upstream gradient becomes at a symbol. ``source`` is the scalar that pairs it with
    the expression ``value``."""

    value: ParsedExpression
    upstream: str

    def _identity(self) -> tuple[object, ...]:
        return (*super()._identity(), self.value, self.upstream)

    def _left(self, style: str, bold: bool) -> str:
        return self._by(style, "L", bold)

    @as_call
    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "expression": self.value.text(), "upstream": self.upstream}


@guarded
class NamedDerivation(Derivation):
    """A derivative in terms of the names of a program's results, and of adjoints that have names of
    their own.

    ``str()`` gives it with the adjoints below, ``text()`` as a program that the parser reads again.
    ``source`` is the expression with all names replaced by what they stand for; the callable
    computes the names on its way.
    """

    sweep: Sweep
    symbol: str
    """What is differentiated: the name of the value, or L with an upstream gradient."""

    def _identity(self) -> tuple[object, ...]:
        return (*super()._identity(), self.symbol, self.text("ascii"))

    @property
    def adjoints(self) -> dict[str, ParsedExpression]:
        """The named adjoints that the answer rests on, in the order of computation."""
        return {name: self._parsed(form) for name, form in self._needed().items()}

    @property
    def index_form(self) -> str:
        """The derivative in index notation; adjoints are written with a capital Δ there, because δ
        is the identity."""
        capital: dict[ix.Tensor, ix.Tensor] = {
            _tensor(name, form): _tensor("D" + name[1:], form) for name, form in self.sweep.adjoints.items()
        }
        return index_text(substituted(self.outcome.tensor, capital), "unicode")

    @cached_property
    def partials(self) -> Partials:
        """The derivative of every single step by each name and variable that it uses."""
        return single_steps(self.sweep.outline, self.wrt, self)

    def _needed(self) -> dict[str, Expr]:
        """The adjoints that the answer rests on."""
        form = self.outcome.expression
        return {} if form is None else rested_on(self.sweep.adjoints, form)

    def _parsed(self, form: Expr) -> ParsedExpression:
        return ParsedExpression(form, self.source.declarations, self.notes)

    @as_call
    def text(self, style: Style = "unicode") -> str:
        """A program: the steps needed, the adjoints, the derivative; or the index form when there
        is no matrix form."""
        form = self.outcome.expression
        if form is None:
            return super().text(style)
        adjoints = self._needed()
        steps = self.sweep.outline.needed(form, *adjoints.values())
        spell = ascii_name if style == "ascii" else unicode_name
        lines = [f"{spell(name)} = {text(value, style)}" for name, value in {**steps, **adjoints}.items()]
        return "; ".join([*lines, super().text(style)])

    @as_call
    def typeset(self, notation: str = "latex", equation: bool = False, *, bold: bool = False) -> str:
        """The derivative, then its adjoints."""
        where = [" = ".join(_line(notation, name, form, bold)) for name, form in self.adjoints.items()]
        return notation_of(notation).apart.join([super().typeset(notation, equation, bold=bold), *reversed(where)])

    def _left(self, style: str, bold: bool) -> str:
        return self._by(style, name_in(style, self.symbol), bold)

    @cached_property
    def opened(self) -> Outcome:
        """The derivative with every name replaced by what it stands for."""
        return opened_outcomes(self.sweep, {self.wrt[0]: self.outcome})[self.wrt[0]]

    def _whole_outcome(self) -> Outcome:
        return self.opened

    @cached_property
    def _short(self) -> Outcome:
        return self.outcome  # its names are those of the program

    @cached_property
    def _named(self) -> tuple[tuple[()], None]:
        return (), None

    @as_call
    def sympy(self, symbols: Sequence[Any] = ()) -> Any:
        """As for ``Derivation``, with the names of the program replaced by what they stand for."""
        return to_sympy(self.opened.expression, symbols, self.source.origin)

    @as_call
    def function(
        self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None
    ) -> Callable[..., Any]:
        """As for ``Derivation``; takes the symbols of the program, not the names of its results."""
        return array_function(
            programs().gradients_callable,
            {self.wrt[0]: self.opened},
            self.source.node,
            (*symbols_in(self.source.node).values(), *self.wrt),
            self.layout,
            over(target, shard),
            programs().batched_names(batched, (*symbols_in(self.source.node).values(), *self.wrt)),
            programs().batched_names(sparse, (*symbols_in(self.source.node).values(), *self.wrt), "sparse"),
            declarations=self.source.declarations,
            result=declaration_text(self.shape),
            field=self.wrt[0].name,
            families=self.source.other_names,
        )

    @as_call
    def code(self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None) -> str:
        """The source text of a self-contained function, or of a program that builds ``sympy()``."""
        target = over(target, shard)
        if target == "sympy" and not (batched or sparse):
            return super().code(target)
        opened = {self.wrt[0]: self.opened}
        return str(programs().gradients_code(opened, self.source.node, self.layout, self.symmetric, target, batched, sparse))

    @as_call
    def to_dict(self) -> dict[str, Any]:
        return {
            **super().to_dict(),
            "steps": {name: text(step, "ascii") for name, step in self.sweep.outline.steps.items()},
            "adjoints": {name: form.text("ascii") for name, form in self.adjoints.items()},
        }

    def written(self) -> str:
        return "\n".join([super().text(), *_where_lines(self.sweep, self._needed(), self.symbol)])


@dataclass(frozen=True, eq=False)
class Gradients(Shown, Mapping[str, Derivation]):
    """All derivatives of one expression from one sweep, by name; ``adjoints`` are what they
    share."""

    derivations: Mapping[str, Derivation]
    outline: Outline
    sweep: Sweep | None
    """None when the names are replaced by what they stand for."""
    symbol: str

    def __getitem__(self, name: str) -> Derivation:
        found = self.derivations.get(name) or self.derivations.get(self.source.other_names.get(name, name))
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.derivations)

    def __len__(self) -> int:
        return len(self.derivations)

    @property
    def _first(self) -> Derivation:
        return next(iter(self.derivations.values()))

    @property
    def source(self) -> ParsedExpression:
        """The expression, with the names replaced by what they stand for."""
        return self._first.source

    @property
    def reading(self) -> Reading:
        """How the expression was read."""
        return self.source.reading

    @property
    def adjoints(self) -> dict[str, ParsedExpression]:
        """The named adjoints in the order of computation."""
        forms = {} if self.sweep is None else self.sweep.adjoints
        declarations, notes = self.declarations, self.notes
        return {name: ParsedExpression(form, declarations, notes) for name, form in forms.items()}

    @property
    def declarations(self) -> dict[str, str]:
        return {name: kind for derivation in self.derivations.values() for name, kind in derivation.declarations.items()}

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(condition for derivation in self.derivations.values() for condition in derivation.conditions))

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(note for derivation in self.derivations.values() for note in derivation.notes))

    @property
    def closed(self) -> bool:
        """Whether every derivative has a closed matrix form."""
        return all(derivation.closed for derivation in self.derivations.values())

    @cached_property
    def partials(self) -> Partials:
        """The derivative of every single step by each name and variable that it uses, the value's
        first."""
        wrt = tuple([derivation.wrt[0] for derivation in self.derivations.values()])
        return single_steps(self.outline, wrt, self._first)

    @as_call
    def text(self, style: Style = "unicode") -> str:
        """One line for each adjoint, then one for each derivative."""
        partial, spell = ("d", ascii_name) if style == "ascii" else ("∂", unicode_name)
        lines = [f"{spell(name)} = {form.text(style)}" for name, form in self.adjoints.items()]
        above = f"{partial}{spell(self.symbol)}"
        lines += [f"{above}/{partial}{spell(name)} = {_own_text(one, style)}" for name, one in self.derivations.items()]
        return "\n".join(lines)

    @as_call
    def chain(self, style: Style = "unicode") -> str:
        """The single-step partials, one a line: what the chain rule multiplies."""
        partial, spell = ("d", ascii_name) if style == "ascii" else ("∂", unicode_name)
        return "\n".join(
            f"{partial}{spell(of)}/{partial}{spell(by)} = {derivation.text(style)}"
            for (of, by), derivation in self.partials.items()
        )

    @as_call
    def latex(self, *, bold: bool = False) -> str:
        """All lines, aligned at the equals signs; ``bold`` sets vectors and matrices in bold
        type."""
        return self.typeset("latex", bold=bold)

    @as_call
    def typeset(self, notation: str = "latex", *, bold: bool = False) -> str:
        """The same in a notation that is typeset, ``"latex"`` or ``"typst"``."""
        style = checked_notation(notation)
        rows = [_line(style, name, form, bold) for name, form in self.adjoints.items()]
        for derivation in self.derivations.values():
            left = derivation._by(style, name_in(style, self.symbol), bold)
            rows.append((left, Derivation.typeset(derivation, style, bold=bold)))
        return notation_of(style).aligned(rows)

    @as_call
    def function(
        self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None
    ) -> Callable[..., dict[str, Any]]:
        """A callable of the symbols that returns every derivative by name; names of the program are
        computed on the way, once."""
        free = [symbol for symbol in self._opened if symbol.name not in self.outline.steps]
        return array_function(
            programs().gradients_callable,
            self._opened,
            self.source.node,
            (*symbols_in(self.source.node).values(), *free),
            self._first.layout,
            over(target, shard),
            programs().batched_names(batched, (*symbols_in(self.source.node).values(), *free)),
            programs().batched_names(sparse, (*symbols_in(self.source.node).values(), *free), "sparse"),
            declarations=self.declarations,
            result=", ".join(self.derivations),
            families=self.source.other_names,
        )

    @as_call
    def code(self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None) -> str:
        """The source text of a function that returns every derivative; of ``"sympy"`` a program
        that builds ``sympy()``."""
        target = over(target, shard)
        if target == "sympy" and not (batched or sparse):
            return sympy_source(**{f"gradient_{name}": form for name, form in self.sympy().items()})
        first = self._first
        return str(
            programs().gradients_code(self._opened, first.source.node, first.layout, first.symmetric, target, batched, sparse)
        )

    @as_call
    def sympy(self, symbols: Sequence[Any] = ()) -> dict[str, Any]:
        """Every derivative in SymPy by name, with the names of a program replaced by what they
        stand for."""
        return {
            symbol.name: to_sympy(outcome.expression, symbols, self.source.origin) for symbol, outcome in self._opened.items()
        }

    @cached_property
    def _opened(self) -> dict[Symbol, Outcome]:
        outcomes = {derivation.wrt[0]: derivation.outcome for derivation in self.derivations.values()}
        return opened_outcomes(self.sweep or Sweep(self.outline, {}, {}, {}), outcomes)

    @as_call
    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "expression": text(self.outline.value),
            "steps": {name: text(step, "ascii") for name, step in self.outline.steps.items()},
            "adjoints": {name: form.text("ascii") for name, form in self.adjoints.items()},
            "gradients": {name: _own_text(derivation, "ascii") for name, derivation in self.derivations.items()},
            "declarations": self.declarations,
            "conditions": list(self.conditions),
            "notes": list(self.notes),
            "reading": self.reading.to_dict(),
        }

    def __eq__(self, other: object) -> bool:
        """Whether both have equal derivatives under the same names."""
        return dict(self.derivations) == dict(other.derivations) if isinstance(other, Gradients) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self.derivations.items()))

    def __repr__(self) -> str:
        return f"<Gradients by {', '.join(self.derivations)}{warned(self.warnings)}>"


# ---------------------------------------------------------------- names and what they stand for


def opened_outcomes(sweep: Sweep, outcomes: Mapping[Symbol, Outcome]) -> dict[Symbol, Outcome]:
    """Outcomes with the names of steps and adjoints replaced by what they stand for; what they
    share stays shared."""
    known = resolved(sweep.adjoints, sweep.outline.expanded)
    closed = {symbol: outcome.expression for symbol, outcome in outcomes.items() if outcome.expression is not None}
    opened = dict(zip(closed, replaced_all(tuple(closed.values()), known), strict=True))
    found: dict[Symbol, Outcome] = {}
    tensors: dict[ix.Tensor, ix.Tensor] = {}
    for symbol, outcome in outcomes.items():
        if symbol in opened:
            found[symbol] = replace(outcome, expression=opened[symbol])
            continue
        if not tensors:
            tensors = {_tensor(name, form): lower(form).tensor for name, form in known.items()}
        found[symbol] = replace(outcome, tensor=substituted(outcome.tensor, tensors))
    return found


def _tensor(name: str, form: Expr) -> ix.Symbol:
    return ix.Symbol(name, axes_of(form.shape))


def _where_lines(sweep: Sweep, adjoints: Mapping[str, Expr], symbol: str) -> list[str]:
    """``where δ = ∂f/∂z = u ⊙ f'(z)``, a line each."""
    lines: list[str] = []
    for name, form in reversed(tuple(adjoints.items())):
        means = "".join(f" = ∂{unicode_name(symbol)}/∂{unicode_name(of)}" for of in sweep.of[name])
        lines.append(f"  {'where' if not lines else '     '} {unicode_name(name)}{means} = {text(form)}")
    return lines


def _own_text(derivation: Derivation, style: Style) -> str:
    return Derivation.text(derivation, style)


def _line(style: str, name: str, form: ParsedExpression, bold: bool) -> tuple[str, str]:
    """The two sides of an adjoint, whose name is bold where its value has axes."""
    return name_in(style, name, bold and bool(form.shape)), form.typeset(style, bold=bold)


def single_steps(outline: Outline, wrt: tuple[Symbol, ...], like: Derivation) -> Partials:
    """The derivative of every single step by each step and variable that it uses, in the order of a
    reverse sweep."""
    asked = {symbol.name for symbol in wrt}
    declarations = {**like.source.declarations, **{name: declaration_text(s.shape, ()) for name, s in outline.names.items()}}
    found: dict[tuple[str, str], Derivation] = {}
    for of, step in reversed(tuple(outline.parts().items())):
        for by, symbol in symbols_in(step).items():
            if by in outline.steps or by in asked:
                outcome = differentiate(step, (symbol,), layout=like.layout, symmetric=like.symmetric)
                source = ParsedExpression(step, declarations)
                found[of, by] = Derivation(source, (symbol,), outcome, like.layout, like.symmetric, outcome.notes)
    return found
