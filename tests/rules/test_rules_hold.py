"""Every rule in ``rules/`` is true numerically, at several points; a false one is seen."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc.base.files import RuleLine, read, rule_lines
from matcalc.base.functions import Function, functions
from matcalc.base.records import replace
from matcalc.base.sizes import Size
from matcalc.einstein.lowering import lower
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Call, Elementwise, Expr, Symbol, Trace, Transpose, postorder
from matcalc.folding.fold import fold
from matcalc.language import elaborate
from matcalc.printing import text
from matcalc.rules.entrywise import EntryRule, definitions, entry_rules
from matcalc.rules.fold_forms import fold_forms, template_of
from matcalc.rules.rewrites import rewrite_lines, rewrites, shown_rewrites

ELEMENTWISE = [function for function in functions().values() if function.kind == "elementwise" and not function.partials]
OF_SEVERAL = [function for function in functions().values() if function.partials]
PRIMARY = [
    function
    for function in functions().values()
    if function.kind == "matrix" and function.derivative and "," not in function.signature
]
FOLD_LINES = rule_lines("folds.rules", read("rules", "folds.rules"))
POINTS = {"all": (-1.7, -0.4, 0.3, 1.9), "t > 0": (0.2, 1.1, 3.0), "-1 < t < 1": (-0.8, -0.1, 0.6), "t > 1": (1.2, 2.5)}


def slope_is_right(function: Function) -> bool:
    """Whether f'(t) in the table is the central difference of f."""
    formula = elaborate(function.derivative, {"t": "scalar"}).expression
    value = Elementwise(function.name, Symbol("t", ()))
    step = 1e-6
    for t in POINTS.get(function.domain, (-1.3, -0.6, 0.7, 1.2)):
        expected = (float(evaluate(value, {"t": t + step})) - float(evaluate(value, {"t": t - step}))) / (2 * step)
        if abs(float(evaluate(formula, {"t": t})) - expected) > 1e-6 * max(1.0, abs(expected)):
            return False
    return True


def partials_are_right(function: Function) -> bool:
    """Whether the derivative by each of several numbers is the central difference of f; an order
    ``k`` is a whole number."""
    names, step = function.parameters, 1e-6
    symbols = tuple([Symbol(name, ()) for name in names])
    value = Call(function.name, symbols, None, ())
    for place, partial in enumerate(function.partials):
        if not partial:
            continue
        formula = elaborate(partial, dict.fromkeys(names, "scalar")).expression
        for numbers in ((1.0, 0.4, 0.7), (2.0, 3.1, -0.2), (1.0, 1.9, 2.5)):
            at = dict(zip(names, numbers))
            high, low = (float(evaluate(value, {**at, names[place]: at[names[place]] + d})) for d in (step, -step))
            found = float(evaluate(formula, {name: at[name] for name in names if Symbol(name, ()) in postorder(formula)}))
            if abs((high - low) / (2 * step) - found) > 1e-5 * max(1.0, abs(found)):
                return False
    return True


@pytest.mark.parametrize("function", OF_SEVERAL, ids=lambda function: function.name)
def test_the_partial_derivatives_of_functions_of_several_numbers(function: Function) -> None:
    assert partials_are_right(function)
    wrong = tuple([f"2*({partial})" if partial else "" for partial in function.partials])
    assert not any(map(bool, function.partials)) or not partials_are_right(replace(function, partials=wrong))


@pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda function: function.name)
def test_the_derivative_of_every_elementwise_function(function: Function) -> None:
    assert slope_is_right(function)


@pytest.mark.parametrize("wrong", ["2*sin(t)", "sin(t)", "-cos(t)"])
def test_a_wrong_derivative_is_seen(wrong: str) -> None:
    assert not slope_is_right(replace(functions()["sin"], derivative=wrong))


@pytest.mark.parametrize("function", [f for f in ELEMENTWISE if f.parity], ids=lambda function: function.name)
def test_parity(function: Function) -> None:
    value = Elementwise(function.name, Symbol("t", ()))
    sign = 1 if function.parity == "even" else -1
    for t in (0.2, 0.7):
        assert float(evaluate(value, {"t": -t})) == pytest.approx(sign * float(evaluate(value, {"t": t})))


def reflection_holds(function: Function) -> bool:
    value, other = (elaborate(text, {"t": "scalar"}).expression for text in (f"{function.name}(t)", function.reflection))
    return all(float(evaluate(value, {"t": -t})) == pytest.approx(float(evaluate(other, {"t": t}))) for t in (-1.3, 0.2, 0.7))


@pytest.mark.parametrize("function", [f for f in ELEMENTWISE if f.reflection], ids=lambda function: function.name)
def test_reflection(function: Function) -> None:
    assert reflection_holds(function)


def test_a_wrong_reflection_is_seen() -> None:
    assert not reflection_holds(replace(functions()["sigmoid"], reflection="sigmoid(t)"))


@pytest.mark.parametrize("function", PRIMARY, ids=lambda function: function.name)
def test_the_slope_of_every_primary_matrix_function(function: Function) -> None:
    """The derivative of tr(f(X)) is f'(X)', at a positive definite X."""
    size = Size.of("n")
    matrix = Symbol("X", (size, size), frozenset({"positive_definite", "symmetric", "invertible"}))
    value = Trace(Call(function.name, (matrix,), None, (size, size)))
    slope = Transpose(elaborate(function.derivative, {"X": "n×n positive_definite"}).expression)
    point = find_point([value], 3)
    assert point is not None
    found = numerical_derivative(value, matrix, point.values, point.sizes, symmetric="projected")
    assert agrees(evaluate(slope, point.values, point.sizes), found.value, relative=1e-6)


def rewrite_is_true(line: RuleLine) -> bool:
    left = elaborate(line.left, line.variables).expression
    right = elaborate(line.right, line.variables, shape=left.shape).expression
    for seed in range(4):
        point = find_point([left, right], seed)
        assert point is not None
        if not agrees(evaluate(left, point.values, point.sizes), evaluate(right, point.values, point.sizes), relative=1e-9):
            return False
    return True


@pytest.mark.parametrize("line", rewrite_lines(), ids=lambda line: line.name)
def test_every_rewrite_is_true_and_accepted(line: RuleLine) -> None:
    assert rewrite_is_true(line)
    assert rewrites(line)
    assert line.source


@pytest.mark.parametrize("line", rewrite_lines("shown.rules"), ids=lambda line: line.name)
def test_every_shorter_form_is_true_and_accepted(line: RuleLine) -> None:
    assert rewrite_is_true(line)
    assert shown_rewrites(line)
    assert line.source


def test_a_false_rewrite_is_seen() -> None:
    line = next(line for line in rewrite_lines() if line.name == "softplus")
    assert not rewrite_is_true(replace(line, right="softplus(2*t)"))
    line = next(line for line in rewrite_lines("shown.rules") if line.name == "adjugate")
    assert not rewrite_is_true(replace(line, right="adj(X)'"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"right": "softplus(s)", "variables": "t: scalar; s: scalar"}, "does not bind"),
        ({"right": "ones(n)", "variables": "t: scalar; n: scalar"}, "different shapes"),
        ({"right": "log(1 + exp(t)) + 0*t + t - t + sin(t)"}, "not shorter"),
    ],
)
def test_a_bad_rewrite_is_refused(change: dict[str, str], complaint: str) -> None:
    line = next(line for line in rewrite_lines() if line.name == "softplus")
    with pytest.raises(ValueError, match=complaint):
        rewrites(replace(line, **change))


def value_of_rule(function: str) -> tuple[Expr, Symbol]:
    """The function of a symbol that its rule holds for."""
    entry = functions()[function]
    names = entry.signature.partition("->")[0].partition(":")[2].strip().split("×")
    sizes = tuple(Size.of(name) for name in names)
    facts = frozenset({"symmetric", "positive_definite", "invertible"}) if function.startswith("eig") else frozenset()
    if len(names) == 2 and names[0] == names[1]:
        facts |= {"invertible"}
    symbol = Symbol("A", sizes, facts)
    shape = [part.strip() for part in entry.signature.partition("->")[2].strip().split("×")]
    result = () if shape == ["scalar"] else tuple(Size.of(name) for name in shape)
    return Call(function, (symbol,), None, result), symbol


def entry_rule_is_true(rule: EntryRule) -> bool:
    value, symbol = value_of_rule(rule.function)
    point = find_point([value], 5)
    assert point is not None
    argument = point.values["A"]
    expected = numerical_derivative(value, symbol, point.values, point.sizes, symmetric="independent").value
    total = np.zeros(np.shape(expected))
    axes = rule.output + rule.argument
    for coefficient, factors in rule.terms:
        operands: list[object] = []
        for factor in factors:
            if factor.function == "delta":
                label = factor.labels[0] if factor.labels[0] in axes else factor.labels[1]
                array = np.eye(np.shape(expected)[axes.index(label)])
            elif factor.function in definitions():
                definition = definitions()[factor.function]
                formula = elaborate(definition.formula, {definition.variable: definition.shape}).expression
                array = np.asarray(evaluate(formula, {"A": argument}, point.sizes))
            elif factor.function:
                inner, _ = value_of_rule(factor.function)
                array = np.asarray(evaluate(inner, {"A": argument}, point.sizes))
            else:
                array = argument
            operands += [array, list(factor.labels)]
        total = total + float(coefficient) * np.einsum(*operands, list(axes))
    return agrees(total, expected, relative=1e-5)


@pytest.mark.parametrize("rule", entry_rules().values(), ids=lambda rule: rule.name)
def test_every_entrywise_rule_is_true(rule: EntryRule) -> None:
    assert entry_rule_is_true(rule)
    assert rule.source


def test_a_false_entrywise_rule_is_seen() -> None:
    rule = entry_rules()["inv"]
    ((coefficient, (one, other)),) = rule.terms
    transposed = (replace(one, labels=one.labels[::-1]), other)
    assert not entry_rule_is_true(replace(rule, terms=((coefficient, transposed),)))
    assert not entry_rule_is_true(replace(rule, terms=((-coefficient, (one, other)),)))


def fold_form_is_true(line: RuleLine) -> bool:
    left = elaborate(line.left, line.variables).expression
    right = elaborate(line.right, line.variables).expression
    for seed in range(3):
        point = find_point([left, right], seed)
        assert point is not None
        found, expected = [evaluate(side, point.values, point.sizes) for side in (left, right)]
        if not agrees(found.reshape(expected.shape), expected, relative=1e-9):  # rows may count pairs of indices
            return False
    return True


@pytest.mark.parametrize("line", FOLD_LINES, ids=lambda line: f"{line.name}: {line.right}")
def test_every_fold_form_is_true_and_accepted(line: RuleLine) -> None:
    assert fold_form_is_true(line)
    assert template_of(line) in fold_forms()[line.name]
    assert line.source


def test_a_false_fold_form_is_seen() -> None:
    line = next(line for line in FOLD_LINES if line.name == "trace")
    assert not fold_form_is_true(replace(line, right="sum(A)"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"right": "A*C", "variables": "A: i×k; B: k×j; C: k×j"}, "same variables"),
        ({"right": "(A*B)'"}, "different shapes"),
        ({"right": "exp(A*B)"}, "does not write"),
    ],
)
def test_a_bad_fold_form_is_refused(change: dict[str, str], complaint: str) -> None:
    line = next(line for line in FOLD_LINES if line.name == "product")
    with pytest.raises(ValueError, match=complaint):
        template_of(replace(line, **change))


def test_folding_writes_the_forms_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    value = elaborate("tensor(i, sum(j, A[i,j]*v[j]))", "A: n×n; v: n").expression
    tensor = lower(value).tensor
    assert text(fold(tensor, 1, {}) or value, "ascii") == "A*v"
    forms = dict(fold_forms())
    monkeypatch.setattr("matcalc.folding.fold.fold_forms", lambda: forms | {"image": (("Diagonal", ("variable", "A")),)})
    assert text(fold(tensor, 1, {}) or value, "ascii") == "diag(A)"
