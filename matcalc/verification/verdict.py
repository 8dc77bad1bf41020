"""What a verification says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from matcalc.base.budgets import PROOF_SECONDS, explained
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.lazy import later
from matcalc.evaluation.arrays import nested
from matcalc.language import elaborate
from matcalc.language.decisions import warned
from matcalc.objects.parsed import ParsedExpression, Reading
from matcalc.verification.entry_answers import EntryAnswer

if TYPE_CHECKING:
    from matcalc.proofs import prover
    from matcalc.proofs.claimed import Sides
    from matcalc.proofs.proof import Proof
else:
    prover = later("matcalc.proofs.prover")

Status: TypeAlias = Literal["proved", "confirmed", "conditional", "refuted", "undecided"]

STATUSES: tuple[Status, ...] = ("proved", "confirmed", "conditional", "refuted", "undecided")

HOLDS, REFUTED, BAD_INPUT, UNDECIDED = 0, 1, 2, 3
"""Exit statuses."""

_ASSUMED = "assumed "
_MEANING = {
    "proved": "equal for all sizes and all values, by normal form, and at every point tried",
    "confirmed": "equal at every point and size tried; no symbolic proof was found",
    "conditional": "false in general, true under a condition",
    "refuted": "not equal",
    "undecided": "neither proved nor refuted",
}


_MEANING_OF_ORDER: Mapping[Status, str] = {
    "proved": "for all sizes and all values, by a form that shows it, and at every point tried",
    "confirmed": "at every point tried",
    "conditional": "false in general, true under a condition",
    "refuted": "not so",
    "undecided": "neither proved nor refuted",
}


_DIGITS, _MOST_DIGITS = 6, 400


@dataclass(frozen=True, eq=False)
class Counterexample:
    """A point at which the two sides differ: sizes, the seed it was made from, the symbols' values,
    both sides, and what was taken for functions of which only the name is known."""

    sizes: Mapping[str, int]
    seed: int
    values: Mapping[str, Any]
    left: Any
    right: Any
    functions: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = []
        if self.sizes:
            lines.append(", ".join(f"{name} = {size}" for name, size in self.sizes.items()) + f" (seed {self.seed})")
        lines += [f"{name} = {shown(value)}" for name, value in self.values.items() if not callable(value)]
        lines += [f"{name} = {formula}" for name, formula in self.functions.items()]
        left, right = _shown_apart(self.left, self.right)
        lines += [f"left side:  {left}", f"right side: {right}"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """For notebooks: a table of the values and of both sides."""
        sizes = ", ".join(f"{name} = {size}" for name, size in self.sizes.items())
        left, right = _shown_apart(self.left, self.right)
        rows = [("sizes", sizes)] if sizes else []
        rows += [(name, _in_rows(value)) for name, value in self.values.items() if not callable(value)]
        rows += [*self.functions.items(), ("left side", left), ("right side", right)]
        return _table(rows)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        values = {name: _plain(value) for name, value in self.values.items() if not callable(value)}
        sides = {"left": _plain(self.left), "right": _plain(self.right)}
        functions = {"functions": dict(self.functions)} if self.functions else {}
        return {"sizes": dict(self.sizes), "seed": self.seed, "values": values, **functions, **sides}


def _plain(side: Any) -> Any:
    """Floating-point numbers, or the texts of decimal and of complex ones."""
    found = nested(side)
    if isinstance(found, list):
        return [_plain(part) for part in found]
    return str(found) if isinstance(found, Decimal | complex) else found


def shown(value: Any, digits: int = _DIGITS) -> str:
    """An array on one line, whole numbers without a point."""
    found = nested(value)
    if not isinstance(found, list | tuple):
        return _number(found, digits)
    return "[" + ", ".join(shown(part, digits) for part in found) + "]"


def _number(value: float | Decimal, digits: int) -> str:
    if value == 0:
        return "0"  # also of a zero that has a sign
    if isinstance(value, Decimal):
        context = Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN)
        value = context.create_decimal(value).normalize(context)
        return f"{value:f}" if -4 <= value.adjusted() < 16 else f"{value:g}"
    return f"{value:.{digits}g}"


def _in_rows(value: Any) -> str:
    """An array, a matrix with a line for each row."""
    found = nested(value)
    is_matrix = isinstance(found, list | tuple) and bool(found) and isinstance(found[0], list | tuple)
    return "\n".join(map(shown, found)) if is_matrix and not isinstance(found[0][0], list | tuple) else shown(value)


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = [f"<tr><th>{escape(name)}</th><td><pre>{escape(value)}</pre></td></tr>" for name, value in rows]
    return f'<table class="matcalc-values">{"".join(cells)}</table>'


def _shown_apart(left: Any, right: Any) -> tuple[str, str]:
    """Both sides with as many digits as tell them apart."""
    for digits in range(_DIGITS, _MOST_DIGITS):
        one, other = shown(left, digits), shown(right, digits)
        if one != other:
            return one, other
    return shown(left), shown(right)


@dataclass(frozen=True, eq=False)
class Verdict:
    """The verdict on one statement.

    ``status`` is one of ``STATUSES``; a verdict is true, as ``ok`` is, for a statement that was
    proved or confirmed.

    Three things are told apart: ``assumed`` is how the text was read (kinds by convention),
    ``holds_if`` where the sides have values (and derivatives, where these are asked for), and
    ``condition`` what would make a false statement true. The status is ``conditional`` when the
    statement is true exactly under ``condition``, and false without it (``condition_exact``); a
    condition that is enough but perhaps not needed leaves the status ``refuted``.

    When refuted or conditional, ``counterexample`` shows it (None when the shapes already differ),
    ``correction`` is the right answer in closed form (of a statement about entries that in its
    indices), ``other_layout`` a layout in which the statement is true, and ``reason`` what is wrong
    in words. ``problem`` is set when a statement of a file was not decided at all: it could not be
    read, or an error of the program itself came in between.
    """

    statement: str
    status: Status
    layout: str
    reason: str = ""
    counterexample: Counterexample | None = None
    correction: ParsedExpression | EntryAnswer | None = None
    condition: str | None = None
    condition_text: str = ""
    condition_exact: bool = False
    other_layout: str | None = None
    points: int = 0
    declarations: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()
    holds_if: tuple[str, ...] = ()
    name: str = ""
    source: str = ""
    line: int = 0
    expected: bool = True
    problem: str = ""
    reading: Reading | None = None
    """How the statement was read; None when it could not be."""
    links: tuple[Verdict, ...] = ()
    """The verdicts on the equations of ``a = b = c``, in order."""
    kind: str = ""
    """What is wrong in one word, as ``corrections.Mistake`` has it; empty where that is not
    known."""
    of_order: bool = False
    """Whether the statement is one of order or convexity, and no equation."""
    sides: Sides | None = None
    """What was proved, as a proof of it is written; None where nothing was."""

    @cached_property
    def proof(self) -> Proof | None:
        """A proof line by line, which the checker has accepted; None where none is found."""
        if self.sides is None or self.links:
            return None
        try:
            with explained(self.statement, PROOF_SECONDS):
                return prover.write(self.sides)
        except LimitError:
            return None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is doubtful in how the statement was read."""
        return () if self.reading is None else self.reading.warnings

    @property
    def ok(self) -> bool:
        """Whether the statement holds: proved or confirmed."""
        return self.status in ("proved", "confirmed")

    def __bool__(self) -> bool:
        return self.ok

    @property
    def is_false(self) -> bool:
        """Whether the statement is not true as it stands: refuted, or conditional."""
        return self.status in ("refuted", "conditional")

    @property
    def as_expected(self) -> bool:
        """Whether the status is the one that a document asks for: refuted or conditional where it
        says so, else proved or confirmed."""
        return self.ok if self.expected else self.is_false

    @property
    def assumed(self) -> tuple[str, ...]:
        """The kinds that names have by convention only, such as ``A: matrix; x: vector``."""
        return tuple([note.removeprefix(_ASSUMED) for note in self.notes if note.startswith(_ASSUMED)])

    @property
    def meaning(self) -> str:
        """What the status says, in words."""
        meaning = (_MEANING_OF_ORDER if self.of_order else _MEANING)[self.status]
        if self.status == "proved" and self.holds_if:
            meaning = meaning.replace("all values", "all values that meet the conditions")
        return meaning

    def explain(self) -> str:
        """Several lines: the verdict, and when refuted what would be right."""
        lines = [f"warning: {warning}" for warning in self.warnings]
        lines.append(f"{self.problem or self.status}: {self.statement}")
        lines += [] if self.problem else [f"  {self.meaning}"]
        lines += [f"  {self.reading.echo()}"] if self.reading is not None and self.reading.surprising else []
        lines += [f"  {line}" for line in self.reason.splitlines()]
        lines += [f"  {link.status}: {link.statement}" for link in self.links]
        if self.condition is not None:
            lines.append(f"  true {'if and only if' if self.condition_exact else 'if'} {self.condition_text or self.condition}")
        if self.other_layout is not None:
            lines.append(f"  true in {self.other_layout} layout (this is {self.layout} layout)")
        if self.correction is not None:
            lines.append(f"  right answer: {self.correction.text()}")
        if self.counterexample is not None:
            lines += ["  counterexample:", *(f"    {line}" for line in str(self.counterexample).splitlines())]
        lines += [f"  holds if: {condition}" for condition in self.holds_if if self.ok]
        if self.declarations:
            lines.append("  where " + "; ".join(f"{name}: {kind}" for name, kind in self.declarations.items()))
        lines += [f"  assumed {kinds}" for kinds in self.assumed]
        lines += [f"  note: {note}" for note in self.notes if not note.startswith(_ASSUMED) and note not in self.warnings]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "statement": self.statement,
            "status": self.status,
            "ok": self.ok,
            "layout": self.layout,
            "reason": self.reason,
            "kind": self.kind,
            "counterexample": None if self.counterexample is None else self.counterexample.to_dict(),
            "correction": None if self.correction is None else self.correction.text("ascii"),
            "condition": self.condition,
            "condition_text": self.condition_text,
            "condition_exact": self.condition_exact,
            "other_layout": self.other_layout,
            "points": self.points,
            "declarations": dict(self.declarations or {}),
            "assumed": list(self.assumed),
            "notes": list(self.notes),
            "reading": None if self.reading is None else self.reading.to_dict(),
            "holds_if": list(self.holds_if),
            "name": self.name,
            "source": self.source,
            "line": self.line,
            "expected": self.expected,
            "problem": self.problem,
            "links": [{"statement": link.statement, "status": link.status} for link in self.links],
        }

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"<Verdict {self.status}: {self.statement}{warned(self.warnings)}>"

    def _repr_html_(self) -> str:
        """For notebooks: the verdict, the right answer as a formula, and the values at which the
        sides differ as a table."""
        parts = [f"<b>warning:</b> {escape(warning)}" for warning in self.warnings]
        parts.append(f"<b>{escape(self.problem or self.status)}:</b> <code>{escape(self.statement)}</code>")
        plain = replace(self, counterexample=None, correction=None).explain().splitlines()[len(self.warnings) + 1 :]
        parts += [escape(line.strip()) for line in plain]
        if self.correction is not None:
            parts.append(f"right answer: ${escape(self.correction.latex())}$")
        body = "".join(f"<p>{part}</p>" for part in parts)
        table = "" if self.counterexample is None else f"<p>counterexample:</p>{self.counterexample._repr_html_()}"
        return f'<div class="matcalc-verdict matcalc-{self.status}">{body}{table}</div>'

    def _repr_markdown_(self) -> str:
        """For notebooks: the verdict, and the right answer as a formula."""
        first, *others = self.explain().splitlines()[len(self.warnings) :]
        shown = [f"**warning:** {warning}" for warning in self.warnings]
        shown.append(f"**{self.status}:** `{first.removeprefix(self.status + ': ')}`")
        if self.correction is not None:
            shown.append(f"right answer: ${self.correction.latex()}$")
        return "\n\n".join([*shown, "\n".join(["```text", *others, "```"])])


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """0 when every verdict is as expected; else 1 when a statement is refuted or conditional (or is
    to be false and is not), 2 when one was not decided because of an error, 3 when one is
    undecided."""
    if any(not verdict.as_expected and verdict.status != "undecided" for verdict in verdicts):
        return REFUTED
    if any(verdict.problem for verdict in verdicts):
        return BAD_INPUT
    return UNDECIDED if any(verdict.status == "undecided" for verdict in verdicts) else HOLDS


NOT_READ = "not read"

Carried: TypeAlias = "str | tuple[str, ...] | None"
"""A right answer as text: an expression, or an entry in each style."""


def portable(verdict: Verdict) -> tuple[Verdict, Carried]:
    """A verdict that may go to another process, and its right answer as a text: interned
    expressions may not."""
    example = verdict.counterexample
    if example is not None:
        example = replace(example, values={name: value for name, value in example.values.items() if not callable(value)})
    right = verdict.correction
    correction = right.texts if isinstance(right, EntryAnswer) else None if right is None else right.text("ascii")
    reading = None if verdict.reading is None else verdict.reading.portable()
    return replace(verdict, correction=None, counterexample=example, reading=reading, sides=None), correction


def restored(verdict: Verdict, correction: Carried) -> Verdict:
    """The verdict that ``portable`` sent, with its right answer as an expression again."""
    if correction is None:
        return verdict
    if not isinstance(correction, str):
        return replace(verdict, correction=EntryAnswer(*correction))
    try:
        found = elaborate(correction, verdict.declarations)
    except MatcalcError:  # a correction is help, no part of the verdict
        return verdict
    return replace(verdict, correction=ParsedExpression(found.expression, found.declarations, found.notes))
