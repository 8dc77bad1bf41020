"""Functions that compute a derivative, written by hand or found by a library, compared with the
derivative itself: at random points that have the declared facts, and at several sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, cast

from matcalc.base.budgets import VERDICT_SECONDS, SpentError, checked_budget, explained
from matcalc.base.errors import MatcalcError
from matcalc.base.layouts import Layout, Symmetric, arranged
from matcalc.base.lazy import np
from matcalc.base.shapes import axes_of
from matcalc.base.sizes import Size, names_in
from matcalc.coded.called import Binding, Called, Caller, Needs, Raised, TimeOver, bound, fitting_caller, loaded
from matcalc.coded.compared import COARSER, TOLERANCE, CodeVerdict, Seen, common_digits, difference_in_words, entry_text, is_near
from matcalc.coded.faults import Fault, fault_of
from matcalc.coded.libraries import Subject, picking, subject_of
from matcalc.codegen.requests import identifier
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import Point, find_point, user_functions
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.expr.rewriting import symbols_in, with_sizes
from matcalc.interface.api import derive
from matcalc.interface.console import ascii_text
from matcalc.interface.results import Derivation, PartDerivation
from matcalc.language.declare.declared import Declare
from matcalc.objects.inputs import Expression, Names
from matcalc.objects.parsed import ParsedExpression
from matcalc.printing import text
from matcalc.verification.assumptions import condition_of
from matcalc.verification.claims import Claim, DerivativeForm, Formula, SideForm
from matcalc.verification.counterexamples import small_points
from matcalc.verification.verdict import Counterexample

SECONDS = 20.0
"""For all calls of the user's function together."""
_LOSS = 50.0
"""How many times more digits a function may lose than the formula does."""
_HOPELESS = 0.05
_FEW_DIGITS = "single precision within, differences in place of a derivative, or a small term too many"
_FEWEST = 2
_SMALL_TRIES = 16
_FAR = 1e3
_FAR_NOTE = "for entries around 1000 the function gives nan or inf, where the derivative has a value"


def check(
    function: Callable[..., Any] | str | Subject,
    formula: Expression,
    wrt: Names | None = None,
    *,
    declare: Declare = None,
    order: int = 1,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
    arguments: Any = None,
    value: Callable[..., Any] | str | None = None,
    autograd: bool = False,
    arrays: str | None = None,
    columns: bool = False,
    output: str | int | None = None,
    strict: bool = False,
    dialect: str | None = None,
    seconds: float = SECONDS,
) -> CodeVerdict:
    """Whether ``function`` computes the derivative of ``formula`` by ``wrt``; a verdict that is true
    if it does, so that a test may say ``assert matcalc.check(...)``.

    ``function`` is called, with arrays of NumPy, JAX or PyTorch (``arrays``; by default those that
    its file uses): vectors have one axis, with ``columns`` two. Its parameters are bound to symbols
    and sizes by their names, others by ``arguments``: ``"X=data, w=weights"``, or names in the order
    of the parameters. ``function`` may be a text, ``"file.py:name"``, a class whose constructor
    takes sizes, a ``torch.autograd.Function`` or a ``torch.nn.Module``. With ``autograd`` it gives
    the value, and the gradient that its library finds is compared. ``value`` is a function that
    should give the value of the formula, and is compared with it. ``output`` picks one of several
    results, by its number from 1 or its key. ``seconds`` are for the calls of the function.

    The other arguments are those of ``derive``. Raises MatcalcError for a formula that cannot be
    read, a function that cannot be found or called, parameters that nothing is known for, and
    ``seconds`` that are no positive number.

    >>> import numpy as np
    >>> def grad(x, A): return 2 * A @ x
    >>> print(check(grad, "x'*A*x", "x").reason)
    A should be Aᵀ
    """
    found = derive(formula, wrt, declare=declare, order=order, layout=layout, symmetric=symmetric, strict=strict, dialect=dialect)
    if isinstance(found, PartDerivation):
        raise MatcalcError(
            "the derivative by a part of a variable is not compared with a function", suggestion="the whole variable"
        )
    checked_budget(seconds)
    subject = subject_for(function, arrays, autograd)
    valued = None if value is None else subject_for(value, arrays, False)
    kept = "tensor" if subject.differentiated else found.layout
    form = DerivativeForm(found.source.node, found.wrt, kept, found.symmetric)
    asked = _Asked(found, form, subject, arguments, columns, output, seconds)
    with explained(formula, VERDICT_SECONDS):
        places = list(_places(form))
    if not places:
        return asked.verdict("undecided", "no point was found at which the formula has a derivative that numbers confirm")
    if valued is not None:
        of_value = replace(asked, form=Formula(form.function), subject=valued, output=None)
        verdict = of_value.decided([replace(place, right=evaluate(form.function, place.values, place.sizes)) for place in places])
        if not verdict.ok:
            return replace(verdict, reason=f"the value function is not the formula: {verdict.reason}", kind="value")
    return asked.decided(places)


def subject_for(function: Any, arrays: str | None, autograd: bool) -> Subject:
    """How what is given for a function is called; the file of a text is run."""
    if isinstance(function, Subject):
        return function
    if isinstance(function, str):
        return subject_of(*loaded(function), arrays=arrays, autograd=autograd)
    return subject_of(function, arrays=arrays, autograd=autograd)


# ---------------------------------------------------------------- points


def _places(form: DerivativeForm) -> Iterator[Seen]:
    """Points of several sizes at which differences confirm the derivative. Raises MatcalcError
    where they contradict it."""
    names = names_in({*form.function.shape, *[size for node in postorder(form.function) for size in node.shape]})
    shapes: list[dict[str, Any]] = [{}, {"equal": True}, {"sizes": dict.fromkeys(names, 1)}, {"negative": 0}, {"negative": 1}]
    for seed, keywords in enumerate(shapes):
        try:
            point = find_point([form.function], 1 + seed, extra=form.wrt, attempts=16, **keywords)
        except SpentError:
            return
        except MatcalcError:
            continue
        if point is not None:
            yield from _placed(form, point)


def _placed(form: DerivativeForm, point: Point) -> Iterator[Seen]:
    values = {name: value if callable(value) else np.asarray(value, dtype=float) for name, value in point.values.items()}
    try:
        right = np.asarray(form.exact(values, point.sizes), dtype=float)
        found = numerical_derivative(form.function, form.wrt, values, point.sizes, symmetric=form.symmetric)
    except SpentError:
        raise
    except MatcalcError:
        return
    if not np.all(np.isfinite(right)) or not found.reliable:
        return
    if not agrees(np.ravel(arranged(found.value, form.groups)), np.ravel(right), relative=1e-5, absolute=1e-7):
        raise MatcalcError(
            "internal error: the derivative differs from what differences give",
            suggestion="report this formula; no verdict is better",
        )
    yield Seen(values, point.sizes, right, None, TOLERANCE["float64"])


# ---------------------------------------------------------------- the verdict


@dataclass(frozen=True)
class _Asked:
    """What is asked: that the function gives ``form``."""

    found: Derivation
    form: SideForm
    subject: Subject
    arguments: Any
    columns: bool
    output: str | int | None
    seconds: float

    def decided(self, places: Sequence[Seen]) -> CodeVerdict:
        """The verdict, by calls at these places."""
        caller = self._caller(self._binding())
        caller = fitting_caller(caller, places)
        seen: list[Seen] = []
        calls: list[Called] = []
        errors: list[str] = []
        for place in places:
            try:
                called = caller(place.values, place.sizes)
            except Raised as raised:
                errors.append(_raised(raised, place))
                continue
            except TimeOver:
                if len(seen) < _FEWEST:
                    raise
                break
            calls.append(called)
            seen.append(self._compared(place, called, caller))
        asked = self._at_equal_sizes() if errors and all(len({*one.sizes.values()}) == 1 for one in seen) else self
        verdict = asked._of_habits(asked._judged(seen, calls, caller), seen, calls, caller)
        if not errors:
            return verdict
        if verdict.ok and len(errors) == 1 and all(any(size > 1 for size in one.sizes.values()) for one in seen):
            return replace(verdict, notes=(*verdict.notes, errors[0]))
        kind = "raised" if verdict.ok else verdict.kind
        return replace(
            verdict, status="refuted", reason="; ".join(filter(None, [verdict.reason, errors[0]])), kind=kind, condition=None
        )

    def _judged(self, seen: Sequence[Seen], calls: Sequence[Called], caller: Caller) -> CodeVerdict:
        good = [one for one in seen if one.tolerance <= _HOPELESS]
        wrong = [one for one in good if not one.is_like(one.right)]
        if not wrong and len(good) >= min(len(seen), _FEWEST):
            return self.verdict("confirmed", kind="", calls=calls, caller=caller, points=len(good))
        if not wrong:
            said = f"the digits of {calls[0].precision} are too few to tell"
            return self.verdict("undecided", said, kind="precision", calls=calls, caller=caller)
        holes = [one for one in wrong if not np.all(np.isfinite(one.result))]
        if holes:
            return self._refuted(_hole(holes[0]), good, wrong, calls, caller)
        if all(is_near(one) for one in good):
            digits = min(common_digits(one) for one in good)
            said = f"the numbers agree to {digits} digits only: {_FEW_DIGITS}"
            return self.verdict("undecided", said, kind="precision", calls=calls, caller=caller)
        return self._refuted(None, good, wrong, calls, caller)

    def _refuted(
        self, fault: Fault | None, seen: Sequence[Seen], wrong: Sequence[Seen], calls: Sequence[Called], caller: Caller
    ) -> CodeVerdict:
        condition: tuple[str, str, bool] | None = None
        with explained(self.found.source.origin, VERDICT_SECONDS):
            fault = fault or fault_of(self.form, seen)
            condition = self._condition(fault, seen, caller) if fault is None or fault.formula is not None else None
            example = self._example(caller) or _counterexample(self.form, wrong[0])
        words = fault.words if fault is not None else difference_in_words(seen, wrong)
        changes: dict[str, Any] = {"counterexample": example, "correction": self._right()}
        if fault is not None and fault.layout is not None:
            changes |= {"other_layout": fault.layout}
        status = "refuted"
        if condition is not None:
            status = "conditional" if condition[2] else "refuted"
            changes |= {"condition": condition[0], "condition_text": condition[1], "condition_exact": condition[2]}
        verdict = self.verdict(
            status, words, kind=fault.kind if fault is not None else _kind_of(wrong[0]), calls=calls, caller=caller
        )
        return replace(verdict, **changes)

    def _of_habits(self, verdict: CodeVerdict, seen: Sequence[Seen], calls: Sequence[Called], caller: Caller) -> CodeVerdict:
        """What a function does besides: arguments that it changes, other results on another call,
        numbers that are too large for it."""
        changed = sorted({slot for call in calls for slot in call.changed})
        said, kind = [verdict.reason] if verdict.reason else [], verdict.kind
        if changed:
            said.append(f"the function changes its argument{'s' if len(changed) > 1 else ''} {', '.join(changed)} in place")
            kind = kind or "changed"
        elif not self._repeats(seen[0], calls[0], caller):
            said, kind = ["two calls with the same arguments give different results"], "random"
        if changed or kind == "random":
            said = ["the values are right", *said] if kind == "changed" else said
            return replace(verdict, status="refuted", reason="; ".join(said), kind=kind)
        far = self._overflows(seen[0], caller) if verdict.ok else ""
        return replace(verdict, notes=(*verdict.notes, far)) if far else verdict

    def _repeats(self, place: Seen, first: Called, caller: Caller) -> bool:
        try:
            again = caller(place.values, place.sizes)
        except Raised:
            return False
        return np.array_equal(first.value, again.value, equal_nan=True) or agrees(
            first.value, again.value, relative=max(1e-9, place.tolerance / 100)
        )

    def _overflows(self, place: Seen, caller: Caller) -> str:
        """What is said of entries that are large, where the derivative still has a value."""
        free = [name for name, value in place.values.items() if name in self._plain_names() and np.ndim(value)]
        far = {**place.values, **{name: place.values[name] * _FAR for name in free}}
        try:
            right = np.asarray(self.form.exact(far, place.sizes), dtype=float)
            if not np.all(np.isfinite(right)) or np.max(np.abs(right), initial=0.0) > 1e30:
                return ""
            result = caller(far, place.sizes).value
        except (MatcalcError, np.linalg.LinAlgError):
            return ""
        return "" if np.all(np.isfinite(result)) else _FAR_NOTE

    def _plain_names(self) -> frozenset[str]:
        return frozenset(symbol.name for symbol in _symbols_of(self.form) if not symbol.properties)

    def _condition(self, fault: Fault | None, seen: Sequence[Seen], caller: Caller) -> tuple[str, str, bool] | None:
        """A fact of a symbol with which the function would be right: as text, in words, and whether
        it is not right without."""
        if fault is not None and fault.formula is not None:
            try:
                found = condition_of(Claim(self.form, Formula(fault.formula)))
            except MatcalcError:
                found = None
            return None if found is None else (found.text, found.meaning, found.exact)
        for symbol in _symbols_of(self.form):
            if symbol.properties or len(symbol.shape) != 2 or symbol.shape[0] != symbol.shape[1]:
                continue
            if all(self._is_right_if_symmetric(one, symbol.name, caller) for one in seen):
                name = text(symbol, "unicode")
                return f"{symbol.name} symmetric", f"{name} = {name}ᵀ", False
        return None

    def _is_right_if_symmetric(self, one: Seen, name: str, caller: Caller) -> bool:
        value = one.values[name]
        values = {**one.values, name: (value + value.T) / 2}
        try:
            right = np.asarray(self.form.exact(values, one.sizes), dtype=float)
            return self._compared(replace(one, values=values, right=right), caller(values, one.sizes), caller).is_like(right)
        except MatcalcError:
            return False

    def _example(self, caller: Caller) -> Counterexample | None:
        """A small point, of whole numbers, at which the function is wrong."""
        claim = Claim(self.form, self.form)
        for point, seed in islice(small_points(claim), _SMALL_TRIES):
            values = {name: value if callable(value) else np.asarray(value, dtype=float) for name, value in point.values.items()}
            try:
                right = np.asarray(self.form.exact(values, point.sizes), dtype=float)
                if not np.all(np.isfinite(right)):
                    continue
                place = Seen(values, point.sizes, right, None, TOLERANCE["float64"])
                one = self._compared(place, caller(values, point.sizes), caller)
            except (MatcalcError, np.linalg.LinAlgError):
                continue
            if one.tolerance <= _HOPELESS and not one.is_like(right) and not is_near(one):
                return _counterexample(self.form, one, seed)
        return None

    # ------------------------------------------------------------ calls

    def _at_equal_sizes(self) -> _Asked:
        """The same question where all sizes are one: there a matrix may be turned by mistake."""
        names = sorted(names_in(size for node in postorder(*self.form.expressions) for size in node.shape))
        one = dict.fromkeys(names, Size.of(names[0])) if names else {}
        return replace(self, form=self.form.changed(lambda expression: with_sizes(expression, one)))

    def _binding(self) -> Binding:
        symbols = _symbols_of(self.form)
        names = {symbol.name: _spellings(symbol) for symbol in symbols}
        shapes = {*[size for node in postorder(*self.form.expressions, *symbols) for size in node.shape]}
        sizes = names_in(shapes)
        names |= {
            name: {name} for name in [*user_functions(postorder(*self.form.expressions)), *sorted(sizes)] if name not in names
        }
        variables = self.form.wrt if isinstance(self.form, DerivativeForm) and self.subject.differentiated else ()
        needs = Needs(
            {symbol.name: len(axes_of(symbol.shape)) for symbol in symbols},
            [symbol.name for symbol in variables],
            [*sorted(sizes), *sorted({str(size) for size in shapes if not names_in({size})})],
        )
        return bound(self.subject, names, needs, self.arguments)

    def _caller(self, binding: Binding) -> Caller:
        single = [symbol for symbol in _symbols_of(self.form) if len(axes_of(symbol.shape)) == 1]
        vectors = {symbol.name: (1, -1) if symbol.is_row else (-1, 1) for symbol in single}
        by = tuple([symbol.name for symbol in self.form.wrt]) if isinstance(self.form, DerivativeForm) else ()
        subject = self.subject if self.output is None else replace(self.subject, invoke=picking(self.subject, self.output))
        return Caller(subject, binding, vectors, subject.libraries[0], by, self.columns, seconds=self.seconds)

    def _compared(self, place: Seen, called: Called, caller: Caller) -> Seen:
        """The result beside what is right, in its shape where only axes of length one differ, and
        with what may be lost in its precision."""
        result, tolerance = called.value, place.tolerance
        right = np.asarray(place.right)
        if right.size == 1 or (caller.columns and _fits(result, right) and not self._is_turned(result, right)):
            result = result.reshape(right.shape) if result.size == right.size else result
        if called.precision != "float64" or caller.precision != "float64":
            lower = called.precision if called.precision in TOLERANCE else caller.precision
            tolerance = max(TOLERANCE[lower], self._loss(place) * COARSER.get(lower, 1.0))
        column = caller.columns and right.ndim == 1
        return replace(place, result=result, tolerance=tolerance, told=self._column(right.size) if column else None)

    def _column(self, length: int) -> tuple[int, int]:
        """The shape of an array of one column, or of one row, that a vector is."""
        is_row = self.form.expression.is_row if isinstance(self.form, Formula) else self.found.shape[:-1] == (1,)
        return (1, length) if is_row else (length, 1)

    def _is_turned(self, result: Any, right: Any) -> bool:
        """Whether a row stands where a column should, or a column where a row should."""
        turned = self._column(right.size)[::-1]
        return not self.subject.differentiated and right.ndim == 1 and right.size > 1 and result.shape == turned

    def _loss(self, place: Seen) -> float:
        """What the right formula itself loses in single precision, with room for another way of
        computing it; as a part of the largest entry."""
        try:
            single = {
                name: value if callable(value) else np.asarray(value, dtype=np.float32).astype(float)
                for name, value in place.values.items()
            }
            nearby = np.asarray(self.form.exact(single, place.sizes), dtype=float)
        except MatcalcError:
            return 1.0
        largest = float(np.max(np.abs(place.right), initial=0.0))
        return _LOSS * float(np.max(np.abs(nearby - place.right), initial=0.0)) / max(largest, 1e-12)

    def _right(self) -> ParsedExpression | None:
        if isinstance(self.form, Formula):
            return ParsedExpression(self.form.expression, self.found.declarations)
        form: Expr | None = self.form.outcome.expression
        return None if form is None else ParsedExpression(form, self.found.declarations)

    def verdict(
        self,
        status: str,
        reason: str = "",
        *,
        kind: str = "",
        calls: Sequence[Called] = (),
        caller: Caller | None = None,
        points: int | None = None,
    ) -> CodeVerdict:
        """A verdict on this question."""
        precision = calls[0].precision if calls else ""
        notes = [note for note in self.found.notes if note.startswith("assumed ")]
        if caller is not None:
            notes += self._left_out(caller)
        if caller is not None and caller.columns and not self.columns:
            notes.append("vectors were given as arrays of one column: with one axis the function raises an error")
        return CodeVerdict(
            self._statement(),
            cast("Any", status),
            self.form.layout if isinstance(self.form, DerivativeForm) else "denominator",
            reason,
            points=len(calls) if points is None else points,
            declarations=self.found.declarations,
            notes=tuple(notes),
            reading=self.found.reading,
            holds_if=self.found.conditions,
            kind=kind,
            precision=precision,
            printed="" if caller is None else caller.said.getvalue(),
        )

    def _left_out(self, caller: Caller) -> list[str]:
        """Symbols of the answer that the function is not given."""
        right = self._right()
        names = [] if right is None else list(symbols_in(right.node))
        left = [name for name in names if caller.binding.taken_by(name) is None]
        guessed = [f"{slot} is taken for {name}" for slot, name in caller.binding.guessed.items()]
        return [*[f"{name} is not given to the function" for name in left], *guessed]

    def _statement(self) -> str:
        source = self.found.source.text()
        if isinstance(self.form, Formula):
            return f"{self.subject.name} = {source}"
        names = "".join(f"d{text(symbol, 'unicode')}" for symbol in self.form.wrt)
        gradient = "gradient of " if self.subject.differentiated else ""
        return f"{gradient}{self.subject.name} = d{'²' if len(self.form.wrt) > 1 else ''}({source})/{names}"


def _symbols_of(form: SideForm) -> list[Symbol]:
    return list(dict.fromkeys([*symbols_in(*form.expressions).values(), *form.extra]))


def _spellings(symbol: Symbol) -> set[str]:
    """How a symbol may be called in a program."""
    shown = {symbol.name, text(symbol, "unicode"), text(symbol, "ascii"), ascii_text(text(symbol, "unicode"))}
    return {name for one in shown for name in (one, identifier(one))}


def _kind_of(one: Seen) -> str:
    return "other" if np.shape(one.result) == np.shape(one.right) else "shape"


def _fits(result: Any, right: Any) -> bool:
    """Whether two shapes differ in axes of length one only."""
    return [length for length in result.shape if length > 1] == [length for length in right.shape if length > 1]


def _raised(raised: Raised, place: Seen) -> str:
    sizes = ", ".join(f"{name} = {number}" for name, number in sorted(place.sizes.items()))
    return f"the function raises an error where {sizes or 'other values are given'}: {raised.message}"


def _hole(one: Seen) -> Fault:
    place = np.argwhere(~np.isfinite(one.result))[0]
    where = f" at entry {entry_text([int(k) + 1 for k in place])}" if place.size else ""
    return Fault("nan", f"the result is {one.result[tuple(place)]:.3g}{where}, where the derivative is finite")


def _counterexample(form: SideForm, one: Seen, seed: int = 1) -> Counterexample:
    values = {symbol.name: one.values[symbol.name] for symbol in _symbols_of(form)}
    return Counterexample(dict(one.sizes), seed, values, one.result, one.right)
