"""The call convexity, and what it gives: a verdict with what shows it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from matcalc.base.budgets import as_call, explained
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.lazy import later
from matcalc.base.records import guarded
from matcalc.base.shapes import shape_text
from matcalc.expr.nodes import (
    Expr,
    Indexed,
    Leaf,
    Linear,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Number,
    Product,
    Sum,
    Symbol,
)
from matcalc.expr.rewriting import symbols_in
from matcalc.facts.table import essential
from matcalc.interface.product_calls import source_of
from matcalc.language.decisions import reading_options
from matcalc.language.declare.declared import Declare, declaration_text
from matcalc.objects.inputs import Expression, Names, names_of
from matcalc.objects.parsed import ParsedExpression, Reading
from matcalc.printing import text
from matcalc.products.differentials import moving

if TYPE_CHECKING:
    from matcalc.analysis import convex_verdicts
    from matcalc.analysis.chords import Chord
    from matcalc.analysis.convex_verdicts import Finding
else:
    convex_verdicts = later("matcalc.analysis.convex_verdicts")

_RELATIONS = {"unicode": "≥", "ascii": ">=", "latex": r"\ge"}
_ORDERS = {"unicode": "⪰", "ascii": ">=", "latex": r"\succeq"}
_AND = {"unicode": " and ", "ascii": " and ", "latex": r" \text{ and } "}
_OR = {"unicode": " or ", "ascii": " or ", "latex": r" \text{ or } "}
_FORMS = ("unicode", "ascii", "latex")


@guarded
class Convexity:
    """What is known of the convexity of ``given`` in ``wrt``, jointly.

    ``verdict`` is ``"convex"``, ``"concave"``, ``"affine"``, ``"neither"``, ``"convex only if"`` (see
    ``condition``) or ``"unknown"``.
    """

    given: ParsedExpression
    wrt: tuple[str, ...]
    finding: Finding
    directions: tuple[str, ...]
    """Names of the directions that a certificate along directions has."""

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        return self.finding.word

    @cached_property
    def certificate(self) -> ParsedExpression | None:
        """The second derivative of a convex function, or minus that of a concave one, in a form that
        shows that it is >= 0: the Hessian, or its quadratic form along ``directions``."""
        return self._expression(self.finding.certificate)

    @property
    def strong(self) -> ParsedExpression | None:
        """A constant of strong convexity, where one is seen."""
        return self._expression(self.finding.bounds.strong)

    @property
    def lipschitz(self) -> ParsedExpression | None:
        """A Lipschitz constant of the gradient, where one is seen."""
        return self._expression(self.finding.bounds.lipschitz)

    @property
    def condition(self) -> str | None:
        """Under which the function is convex, and without which it is not; None where there is none."""
        return self.condition_text("ascii")

    @as_call
    def condition_text(self, form: str = "unicode") -> str | None:
        """The condition as ``"unicode"``, ``"ascii"`` or ``"latex"``."""
        parts = self.finding.conditions
        said = [_held(one, form, alone=len(parts) == 1) for one in parts]
        return _AND[form].join(said) if said else None

    @property
    def domain(self) -> tuple[str, ...]:
        """Where the verdict is meant: the function has values there."""
        inside = [f"{text(one, 'unicode')} > 0" for one in self.finding.domain]
        return tuple(dict.fromkeys([*self.given.conditions, *inside]))

    @property
    def witness(self) -> dict[str, dict[str, Any]] | None:
        """Chords that show it: ``not_convex`` and ``not_concave``, each with the constants ``at``,
        points ``x`` and ``y``, and ``theta``."""
        chords: dict[str, Chord | None] = {"not_convex": self.finding.not_convex, "not_concave": self.finding.not_concave}
        found = {name: chord.to_dict() for name, chord in chords.items() if chord is not None}
        return found or None

    @property
    def reasons(self) -> tuple[str, ...]:
        """By which forms the certificate is seen to be >= 0."""
        return self.finding.reasons

    @property
    def steps(self) -> tuple[dict[str, str], ...]:
        """The parts that are curved, innermost first, each with the rule and its source."""
        words = {1: "convex", -1: "concave"}
        return tuple(
            [
                {
                    **{form: text(line.part, form) for form in _FORMS},
                    "curvature": words[line.sign],
                    "rule": line.rule,
                    "source": line.source,
                }
                for line in self.finding.lines
            ]
        )

    @property
    def conditions(self) -> tuple[str, ...]:
        """Where the function has a value."""
        return self.given.conditions

    @property
    def notes(self) -> tuple[str, ...]:
        """How the text was read, and why nothing is decided."""
        return (*self.given.notes, *([self.finding.hint] if self.finding.hint else []))

    @property
    def declarations(self) -> Mapping[str, str]:
        """Those of the function and of the directions in the certificate."""
        return self.given.declarations if self.certificate is None else self.certificate.declarations

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is doubtful in how the expression was read."""
        return tuple(self.given.warnings)

    @property
    def reading(self) -> Reading:
        """How the expression was read."""
        return self.given.reading

    @as_call
    def steps_text(self, form: str = "unicode") -> str:
        """The steps, one line each."""
        if form not in _FORMS:
            raise MatcalcError(f"steps are not available as {form!r}", expected=", ".join(_FORMS))
        rows = [
            (step[form], f"is {step['curvature']}: {step['rule']}" + (f" ({step['source']})" if step["source"] else ""))
            for step in self.steps
        ]
        if self.certificate is not None:
            rows.append((self._certified(form), f"holds: {', '.join(self.reasons)}"))
        if form == "latex":
            lines = [f"  & {left} && \\text{{{right}}}" for left, right in rows]
            return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"
        return "\n".join([f"{left}\n    {right}" for left, right in rows])

    def _certified(self, form: str) -> str:
        certificate = self.certificate
        if certificate is None:
            return ""
        order = _ORDERS if certificate.node.shape else _RELATIONS
        return f"{text(certificate.node, form)} {order[form]} 0"

    @as_call
    def text(self, form: str = "unicode") -> str:
        """The verdict with its condition, certificate or witness, on lines of their own."""
        if form not in _FORMS:
            raise MatcalcError(f"a verdict is not available as {form!r}", expected=", ".join(_FORMS))
        condition = self.condition_text(form)
        lines = [f"{self.verdict} {condition}" if condition else self.verdict]
        if self.certificate is not None:
            named = "minus the second derivative" if self.finding.turned else "second derivative"
            lines.append(f"{named}: {self._certified(form)}")
        for name, one in (("strongly convex with", self.strong), ("gradient Lipschitz with", self.lipschitz)):
            if one is not None:
                lines.append(f"{name}: {text(one.node, form)}")
        lines += [chord_text(name, chord) for name, chord in (self.witness or {}).items()]
        return "\n".join(lines)

    @as_call
    def latex(self) -> str:
        """LaTeX source, without dollar signs: the verdict and the certificate."""
        condition = self.condition_text("latex")
        verdict = rf"\text{{{self.verdict}}}" + (rf"\ {condition}" if condition else "")
        return verdict if self.certificate is None else rf"{verdict}:\quad {self._certified('latex')}"

    @as_call
    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "expression": self.given.text(),
            "wrt": list(self.wrt),
            "verdict": self.verdict,
            "condition": self.condition,
            "certificate": None if self.certificate is None else _written(self.certificate),
            "directions": list(self.directions),
            "reasons": list(self.reasons),
            "domain": list(self.domain),
            "witness": self.witness,
            "strong": None if self.strong is None else _written(self.strong),
            "lipschitz": None if self.lipschitz is None else _written(self.lipschitz),
            "steps": [dict(step) for step in self.steps],
            "declarations": dict(self.declarations),
            "conditions": list(self.conditions),
            "notes": list(self.notes),
            "reading": self.reading.to_dict(),
        }

    def _expression(self, node: Expr | None) -> ParsedExpression | None:
        if node is None:
            return None
        used = symbols_in(node)
        moves = {
            move.name: declaration_text(move.shape, essential(move.properties))
            for move in self.finding.directions
            if move.name in used
        }
        declarations = {**self.given.declarations, **moves}
        return ParsedExpression(node, declarations, (), self.given.origin, self.given.source)

    def remarks(self, form: str = "unicode") -> list[str]:
        """What the verdict rests on, in lines for a console."""
        parts = {
            "where:": [f"{name}: {kind}" for name, kind in self.declarations.items()],
            "holds if:": list(self.domain),
            "note:": list(self.notes),
        }
        lines = [f"{label:<10}{'; '.join(said)}" for label, said in parts.items() if said]
        return lines if form != "ascii" else [line.replace("×", "x") for line in lines]

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Convexity {self.verdict}{'' if self.condition is None else ' ' + self.condition}>"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def _written(one: ParsedExpression) -> dict[str, str]:
    return {"unicode": one.text(), "ascii": one.text("ascii"), "latex": one.latex()}


def chord_text(name: str, chord: Mapping[str, Any]) -> str:
    """What a chord shows, in words."""
    ends = [", ".join([f"{key} = {value}" for key, value in chord[end].items()]) for end in ("x", "y", "at")]
    side = "above" if name == "not_convex" else "below"
    where = f", where {ends[2]}" if ends[2] else ""
    return f"{name.replace('_', ' ')}: {side} the chord from {ends[0]} to {ends[1]} with weight {chord['theta']:g} on the first{where}"


def _held(condition: Expr, form: str, *, alone: bool = True) -> str:
    """A condition in words: ``c >= 0``, ``y <= 0``, ``p >= 1 or p <= 0``."""
    outside = _outside(condition) if alone else None
    if outside is not None:
        name, low, high = outside
        said = text(name, form)
        more, less = _RELATIONS[form], {"unicode": "≤", "ascii": "<=", "latex": r"\le"}[form]
        return f"{said} {more} {text(Number(high), form)}{_OR[form]}{said} {less} {text(Number(low), form)}"
    square = len(condition.shape) == 2 and condition.shape[0] == condition.shape[1]
    if isinstance(condition, Negative) and not square:
        less = {"unicode": "≤", "ascii": "<=", "latex": r"\le"}[form]
        return f"{text(condition.operand, form)} {less} 0"
    return f"{text(condition, form)} {(_ORDERS if square else _RELATIONS)[form]} 0"


def _outside(condition: Expr) -> tuple[Symbol, Any, Any] | None:
    """The symbol and the roots of a product of two of its differences from numbers."""
    if not isinstance(condition, Product) or len(condition.factors) != 2:
        return None
    ends = [_root(factor) for factor in condition.factors]
    if None in ends:
        return None
    (one, low), (other, high) = [end for end in ends if end is not None]
    return (one, min(low, high), max(low, high)) if one is other else None


def _root(factor: Expr) -> tuple[Symbol, Any] | None:
    match factor := cast("Node", factor):
        case Symbol():
            return factor, Fraction(0)
        case Sum(terms=(Symbol() as symbol, Number(value=value))):
            return symbol, -value
        case Sum(terms=(Symbol() as symbol, Negative(operand=Number(value=value)))):
            return symbol, value
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None


def convexity(
    expression: Expression,
    wrt: Names,
    *,
    declare: Declare = None,
    strict: bool = False,
    dialect: str | None = None,
) -> Convexity:
    """Whether a scalar function is convex, concave, affine or neither in ``wrt``: a name, or a list of
    names in which it is then looked at jointly.

    It is seen by rules of composition or by the Hessian, whose form as a sum of squares is the
    ``certificate``; a ``witness`` of what is neither is a chord. Where a sign is open the function may
    be ``"convex only if"`` the ``condition``. Nothing is said that chords at random points contradict.

    Raises MatcalcError, ShapeError for what is no scalar, and what ``derive`` raises.

    >>> print(convexity("logsumexp(x)", "x"))
    convex
    second derivative: diag(softmax(x)) − softmax(x) softmax(x)ᵀ ⪰ 0
    gradient Lipschitz with: 1
    >>> convexity("x'*A*x", "x").condition
    "A + A' >= 0"
    """
    with explained(expression):
        asked = names_of(wrt)
        options = reading_options(strict, dialect)
        read, source, symbols = source_of(expression, wrt, declare, options, ())
        given = ParsedExpression(source.expression, dict(source.declarations), source.notes, read.origin, read)
        if not given.node.is_scalar:
            raise ShapeError(
                f"the expression is {shape_text(given.node.shape)}, and convexity is asked of a number",
                expected="a scalar function",
            )
        names = _directions(asked, symbols, source.taken)
        moves = {symbol: moving(symbol, name, source.taken) for symbol, name in zip(symbols, names, strict=True)}
        return Convexity(given, tuple(asked), convex_verdicts.curvature(given.node, symbols, moves), names)


def _directions(asked: tuple[str, ...], symbols: tuple[Symbol, ...], taken: frozenset[str]) -> tuple[str, ...]:
    """Names of the directions: H, or h1, h2, ... of several; where one is in use, dx."""
    usual = ["H"] if len(symbols) == 1 else [f"h{k + 1}" for k in range(len(symbols))]
    return tuple(usual) if not taken & set(usual) else tuple([f"d{symbol.name}" for symbol in symbols])
