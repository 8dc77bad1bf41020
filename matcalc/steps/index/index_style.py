"""The derivation entry by entry, told from the stages that the engine itself runs, with the rule of
each step."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import cast

from matcalc.base.functions import functions
from matcalc.base.own_functions import own_function
from matcalc.base.records import grouped
from matcalc.base.shapes import Shape, axes_of
from matcalc.calculus.differentiation import Fired
from matcalc.derivation.pipeline import Stage, Trace, reading_order, traced
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import contract
from matcalc.einstein.linear import YES, scale
from matcalc.einstein.nodes import is_reciprocal, is_symmetric
from matcalc.einstein.substitution import weight
from matcalc.expr.nodes import Symbol
from matcalc.facts.table import essential, facts, varying
from matcalc.folding.build import row_symbols
from matcalc.printing import text
from matcalc.printing.notations import function_shown, notation_of
from matcalc.rules.entrywise import entry_rules
from matcalc.rules.rewrites import rewrite_lines
from matcalc.steps.index.arrangement import MARKER, Manner, Matrices, Reader, order_key
from matcalc.steps.index.formula import Entry, Formula, FormulaSide, Hidden, Letters, Total, contracted, flat, with_transposes
from matcalc.steps.index.lettering import derivative_writing, lettered, value_writing, written
from matcalc.steps.stating import Typed, composed, outer_function, outer_power, stated
from matcalc.steps.step import DerivativeSide, ExpressionSide, Question, Side, Step, Steps, Words, Writing

# ------------------------------------------------------------
# What the rules of a step are called, and where they come from.

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Said:
    """The name of a rule, its source, and a remark; ``outermost`` is the function of a function
    that the chain rule begins with."""

    rule: str
    source: str = ""
    remark: str = ""
    outermost: ix.Tensor | None = None


def differentiation_rule(fired: Sequence[Fired], variable: ix.Symbol, contributions: int) -> Said:
    """What the rules together are called by which something was differentiated by ``variable``."""
    if not contributions:
        return Said("constant", remark=f"{variable.name} does not occur")
    nodes = [node for _, node in reversed(fired)]
    maps, applied = _functions(nodes, ix.Map), _functions(nodes, ix.Apply)
    below = _denominators(fired)
    chained = [node for _, node in fired if node not in below and _has_inner(node, variable)]
    rules = _named_rules(fired, below, chained, variable)
    plain = [function_shown(function) for function in [*maps, *applied]] if not chained else []
    derivatives = [f"derivative of {_listed(plain, ', ')}"] if plain else []
    constants = ["constant factor"] if not plain and set(rules) <= {"sum"} and any(map(_has_factors, nodes)) else []
    name = ", ".join([*_joined(rules), *constants, *derivatives]) or "linearity"
    qualified = bool(chained) or len(applied) > 1
    sources = [f"{function_shown(function)}: {_source(function)}" if qualified else _source(function) for function in applied]
    remark = _listed(list(filter(None, map(_slope, maps))), ", ")
    return Said(name, _listed(sources, "; "), remark, chained[0] if chained else None)


def _named_rules(fired: Sequence[Fired], below: Set[ix.Tensor], chained: Sequence[ix.Tensor], variable: ix.Symbol) -> list[str]:
    """The rules that have names, the outermost first; of sums only what is not the inner part of a
    function."""
    active = {variable, *(node for _, node in fired)}
    found: dict[str, None] = {}
    for rule, node in fired:
        if isinstance(node, ix.Sum) and not found and sum(term in active for _, term in node.terms) > 1:
            found.setdefault("sum")
        elif rule in ("product rule", "quotient rule") or (rule == "power rule" and node not in below):
            found.setdefault(rule.removesuffix(" rule"))
        if node in chained:
            found.setdefault("chain")
    return list(found)


def _joined(rules: Sequence[str]) -> list[str]:
    """``product and chain rule``."""
    return [f"{' and '.join(filter(None, [', '.join(rules[:-1]), rules[-1]]))} rule"] if rules else []


def _has_factors(node: ix.Tensor) -> bool:
    return isinstance(node, ix.Contraction) and len(node.operands) > 1


def _denominators(fired: Sequence[Fired]) -> set[ix.Tensor]:
    """The reciprocals that the quotient rule was used on."""
    quotients = [node for rule, node in fired if rule == "quotient rule"]
    return {operand for node in quotients for operand in ix.children(node) if is_reciprocal(operand)}


def _functions(nodes: Sequence[ix.Tensor], kind: type[ix.Map | ix.Apply]) -> list[str]:
    return list(dict.fromkeys([node.function for node in nodes if isinstance(node, kind)]))


def _has_inner(node: ix.Tensor, variable: ix.Symbol) -> bool:
    """Whether a node is an outer function, of which an inner one is taken."""
    inner = _inner(node)
    return inner is not None and inner is not variable


def _inner(node: ix.Tensor) -> ix.Tensor | None:
    """What a function is taken of; None of what is no function."""
    match node := cast("ix.Node", node):
        case ix.Power():
            return node.base
        case ix.Map() | ix.Apply():
            return node.arguments[0]
        case ix.Symbol() | ix.Constant() | ix.SizeValue() | ix.Unit() | ix.Pairing() | ix.Sum() | ix.Contraction():
            return None


def _source(function: str) -> str:
    """Where the entrywise rule of a function comes from; those without one are primary matrix
    functions. That of the user's own has a name."""
    own = own_function(function)
    if own is not None:
        named = [function_shown(own.derivative(place).name) for place in range(len(own.takes))]
        return f"its derivative is called {', '.join(named)}"
    rule = entry_rules().get(function)
    return rule.source if rule is not None else "Higham, Functions of Matrices (2008), ch. 3"


def _slope(name: str) -> str:
    """``tanh′(t) = 1 − tanh(t)²``, from the function table."""
    known = functions().get(name)
    if known is None or not known.derivative:
        return ""
    shown = known.unicode or name
    slope = known.derivative.replace("*", " ").replace("-", "−").replace("^2", "²").replace(name, shown)
    return f"{shown}′(t) = {slope}"


def rewrite_sources(fired: Sequence[Fired]) -> str:
    """The rewrites used, with their sources."""
    lines = {line.name: line for line in rewrite_lines()}
    return _listed([f"{name}: {lines[name].source}" for name in dict.fromkeys(name for name, _ in fired)], "; ")


def _listed(found: list[str], separator: str) -> str:
    if len(found) > _MOST_NAMED:
        return separator.join(found[:_MOST_NAMED]) + f"{separator}and {len(found) - _MOST_NAMED} more"
    return separator.join(found)


# ------------------------------------------------------------
# The derivation entry by entry, in index notation: told from the stages that the engine itself
# recorded.

_MOST_PARTS = 8
_HEAVIEST_ANSWER = 1000


def index_steps(question: Question) -> Steps:
    """The steps from the expression in index notation to the engine's answer.

    Raises LimitError where a step would be too long to write.
    """
    return _Narrator(
        question, traced(question.expression, question.wrt, layout=question.layout, symmetric=question.symmetric)
    ).told()


class _Narrator:
    def __init__(self, question: Question, trace: Trace) -> None:
        self._question = question
        self._stages = trace.stages
        self._groups = trace.groups
        self._value = trace.stages[0].tensor
        self._letters = lettered(question.expression, question.wrt, self._value.order)
        ranks = reading_order(question.expression)
        rows = row_symbols(question.expression, *question.wrt)
        self._matrices = Matrices(ranks, rows)
        self._typed = Typed(question.expression)
        self._ranks = dict(self._typed.names)
        self._reader = Reader(self._letters.summed, self._ranks, self._typed, self._matrices, self._value)
        self._steps: list[Step] = []
        self._shown: tuple[int, str] = (-1, "")

    def told(self) -> Steps:
        for stage in self._stages:
            self._tell(stage)
        self._conclude()
        return Steps.of(self._steps, stated(self._question, self._letters.name))

    # ------------------------------------------------------------ stages

    def _tell(self, stage: Stage) -> None:
        match stage.kind:
            case "lowered":
                self._say("index notation", stage, self._read(stage, Manner(direction="forward")))
            case "simplified":
                self._say("simplify", stage, self._read(stage, _manner(stage)), source=rewrite_sources(stage.fired))
            case "reshaped":
                self._say("multiply out", stage, self._read(stage, _manner(stage)))
            case "differentiated":
                self._differentiate(stage)
            case "convention":
                variable = stage.variable
                assert variable is not None
                self._say("convention", stage, self._read(stage, Manner()), remark="; ".join(stage.notes))
            case "declared":
                declared = [
                    f"{symbol.name} is {facts()[fact].called}"
                    for symbol in dict.fromkeys(self._question.wrt)
                    for fact in essential(symbol.properties)
                ]
                self._say("declared facts", stage, self._read(stage, Manner()), remark=", ".join(declared))

    def _differentiate(self, stage: Stage) -> None:
        variable = stage.variable
        assert variable is not None
        self._ranks[MARKER] = self._ranks.get(variable.name, len(self._ranks))
        self._reader.variable = variable.name
        said = differentiation_rule(stage.fired, variable, len(stage.parts))
        marked, equal = self._together(self._marked(stage, variable))
        remark = "; ".join(filter(None, [said.remark, self._why_equal(stage) if equal else ""]))
        self._say(said.rule, stage, marked, source=said.source, remark=remark, free=True, composed=self._composed(said))
        short = contracted(marked)
        self._say("contract δ", stage, short, free=True)
        collected = self._read(stage, Manner())
        same = _count(collected) == _count(short)
        if same and self._spelling(collected) == self._spelling(short):
            return  # only factors or terms change places
        self._say("rename dummies" if same else "collect", stage, collected, free=True)

    def _together(self, formula: Formula) -> tuple[Formula, bool]:
        """Terms that are written alike as one, and whether there are such."""
        if not isinstance(formula, Total):
            return formula, False
        alike = grouped((written(term, self._letters.names).unicode, (coefficient, term)) for coefficient, term in formula.terms)
        found = flat([(sum((part for part, _ in terms), Fraction(0)), terms[0][1]) for terms in alike.values()])
        return found, len(alike) < len(formula.terms)

    def _why_equal(self, stage: Stage) -> str:
        """What is said where terms of several occurrences are the same."""
        matrices = self._symmetric(stage.tensor)
        return f"equal terms, as {matrices}" if matrices else "equal terms"

    def _symmetric(self, tensor: ix.Tensor) -> str:
        """The symmetric matrices of a tensor in words; empty where there are none."""
        names = [node.name for node in ix.postorder(tensor) if isinstance(node, ix.Symbol) and is_symmetric(node)]
        return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} symmetric" if names else ""

    def _composed(self, said: Said) -> Words:
        """The outer and the inner function of what the chain rule was used on."""
        node = said.outermost
        if isinstance(node, ix.Power):
            form = self._matrices.bracket(self._reader.base(node))
            outer = outer_power(node.exponent, form)
        elif isinstance(node, ix.Map | ix.Apply) and len(node.arguments) == 1:
            form = self._matrices.bracket(node.arguments[0])
            outer = outer_function(node.function, form)
        else:
            return ()
        return composed(outer, None if form is None else Writing.of(lambda style: text(form, style)))

    def _spelling(self, formula: Formula) -> list[str]:
        return sorted(written(formula, self._letters.names).unicode)

    def _marked(self, stage: Stage, variable: ix.Symbol) -> Formula:
        """The contribution of every occurrence of the variable, with the deltas of its own
        entries."""
        letters = self._letters.free(stage.order)
        typed = self._typed if not (variable.order or self._value.order) else None
        parts = sorted(
            stage.parts,
            key=lambda part: (part[0] < 0, typed.changed(part[1]) if typed else 0, self._reader.rank(part[1])),
        )
        manner = Manner(direction="forward", outer_first=True)
        scaled = [scale(coefficient, _with_marker(part, variable)) for coefficient, part in parts[:_MOST_PARTS]]
        total = flat([(YES, self._reader.read(part, letters, manner)) for part in scaled])
        found: list[tuple[Fraction, Formula]] = list(total.terms) if isinstance(total, Total) else [(YES, total)]
        found.sort(key=lambda term: (term[0] < 0, *order_key(term[1], letters, self._ranks)))
        if len(parts) > _MOST_PARTS:
            rest = ix.Sum(tuple(parts[_MOST_PARTS:]), stage.tensor.shape)
            found.append((YES, Hidden(rest, letters, len(rest.terms))))
        return flat(found)

    # ------------------------------------------------------------ from entries to matrices

    def _conclude(self) -> None:
        last = self._stages[-1]
        outcome = self._question.outcome
        if outcome.shown is None:
            self._steps[-1] = replace(self._steps[-1], rule=f"{self._steps[-1].rule}; no closed matrix form is known")
            return
        if last.order and last.tensor.order <= 2 and last.tensor.order and outcome.sums is None:
            self._recognise(last)
        self._fold(last)

    def _recognise(self, last: Stage) -> None:
        letters = self._letters.free(last.order)
        bracketed = self._read(last, Manner(brackets=True))
        self._say("recognise", last, bracketed)
        whole = self._whole(last.tensor, letters)
        if last.tensor.order == 2:
            self._say("transpose", last, with_transposes(bracketed, letters))
        if whole is not None:
            self._say("matrix product" if last.tensor.order == 2 else "recognise", last, whole)

    def _whole(self, tensor: ix.Tensor, letters: Letters) -> Formula | None:
        """Every term as one entry of a matrix expression; None where one has none, or none that is
        short, and for a single term, whose matrix expression is the answer."""
        terms = tensor.terms if isinstance(tensor, ix.Sum) else ()
        if len(terms) < 2:
            return None
        placed: list[tuple[tuple[object, ...], tuple[Fraction, Formula]]] = []
        for coefficient, term in terms:
            form = self._matrices.bracket(term)
            if form is None:
                return None
            key = order_key(self._reader.read(term, letters, Manner()), letters, self._ranks)
            placed.append(((int(coefficient < 0), *key), (coefficient, Entry(term, letters, form))))
        return Total(tuple([part for _, part in sorted(placed, key=lambda part: part[0])]))

    def _fold(self, last: Stage) -> None:
        question, outcome = self._question, self._question.outcome
        form = outcome.shown
        assert form is not None
        large = weight(last.tensor) > _HEAVIEST_ANSWER
        right = Writing.of(lambda style: notation_of(style).dots if large else text(form, style))
        remark = "too long to be written here" if large else self._layout_remark()
        left = derivative_writing(self._letters, question.wrt, len(question.wrt), entries=False)
        if self._steps[-1].left_writing == left and self._steps[-1].right_writing == right:
            return  # a scalar by a scalar: the entry is the whole
        side = DerivativeSide(question.expression, question.wrt, question.symmetric, question.layout)
        self._steps.append(Step("fold", left, right, side, ExpressionSide(form), remark=remark))

    def _layout_remark(self) -> str:
        question = self._question
        letters = self._letters.free(len(question.wrt))
        if question.layout == "tensor" or not letters or len(self._groups) > 2:
            return ""
        rows, cols = [[letters[axis] for axis in sorted(group)] for group in (*self._groups, (), ())[:2]]
        if max(len(rows), len(cols)) > 1:
            return f"{_named_axes(rows, cols)} of the vec's in {question.layout} layout"
        if self._value.order and rows and cols:
            return f"row {rows[0]}, column {cols[0]} in {question.layout} layout"
        if question.layout != "numerator":
            return ""
        if len(letters) == 1:
            return "a row: numerator layout"
        return "transposed in numerator layout" if len(question.wrt) == 1 else ""

    # ------------------------------------------------------------ lines

    def _read(self, stage: Stage, manner: Manner) -> Formula:
        return self._reader.read(stage.tensor, self._letters.free(stage.order), manner)

    def _say(
        self,
        rule: str,
        stage: Stage,
        formula: Formula,
        *,
        source: str = "",
        remark: str = "",
        free: bool = False,
        composed: Words = (),
    ) -> None:
        """Adds a step, unless it would look like the one before; ``free``: entries of the last
        variable are varied on their own."""
        right = written(formula, self._letters.names)
        if self._shown == (stage.order, right.unicode):
            return
        self._shown = (stage.order, right.unicode)
        letters = self._letters.free(stage.order)
        left = derivative_writing(self._letters, self._question.wrt, stage.order) if stage.order else value_writing(self._letters)
        side = FormulaSide(formula, letters, stage.tensor.shape)
        self._steps.append(Step(rule, left, right, self._left(stage, free=free), side, source, remark, composed))

    def _left(self, stage: Stage, *, free: bool) -> Side:
        question = self._question
        axes: Shape = self._value.shape
        if not stage.order:
            return ExpressionSide(question.expression, axes)
        wrt = list(question.wrt[: stage.order])
        if free:
            wrt[-1] = Symbol(wrt[-1].name, wrt[-1].shape, varying(wrt[-1].properties))
        return DerivativeSide(question.expression, tuple(wrt), question.symmetric, axes=axes)


def _named_axes(rows: Sequence[str], cols: Sequence[str]) -> str:
    return " and ".join([f"{what} ({', '.join(at)})" for what, at in zip(("row", "column"), (rows, cols)) if at])


def _manner(stage: Stage) -> Manner:
    return Manner(direction="output" if stage.order else "forward")


def _with_marker(part: ix.Tensor, variable: ix.Symbol) -> ix.Tensor:
    """The contribution (axes of the value, then of the variable) times the derivative of the
    variable by itself."""
    shape = axes_of(variable.shape)
    if not shape:
        return part
    count = len(shape)
    outer = tuple(range(part.order - count))
    inner = tuple(range(part.order - count, part.order))
    new = tuple(range(part.order, part.order + count))
    marker = ix.Symbol(MARKER, shape + shape)
    sizes = dict(enumerate((*part.shape, *shape)))
    return contract([part, marker], [outer + inner, inner + new], outer + new, sizes)


def _count(formula: Formula) -> int:
    return len(formula.terms) if isinstance(formula, Total) else 1
