"""The value of a formula just as it is written, deltas and all: each part becomes an array operation of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from matcalc.einstein import nodes as ix
from matcalc.evaluation import evaluate, evaluate_tensor
from matcalc.expr.nodes import Expr
from matcalc.sizes import Shape, Size
from matcalc.steps.formula import Applied, Delta, Entry, Formula, Function, Hidden, Letters, Raised, Times, Total, free_letters, parts

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FormulaSide:
    """A formula with its free letters, which are the axes of its value, and their sizes."""

    formula: Formula
    letters: Letters
    sizes: Shape

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        writing = _Writing()
        tensor = writing.tensor(self.formula, self.letters, dict(zip(self.letters, self.sizes, strict=True)))
        brackets = {name: evaluate(expression, values, sizes) for name, expression in writing.brackets.items()}
        return evaluate_tensor(tensor, {**values, **brackets}, sizes)


class _Writing:
    """Formulas as tensors that are not in normal form: nothing is contracted or collected."""

    def __init__(self) -> None:
        self.brackets: dict[str, Expr] = {}
        """Matrix expressions in brackets, by the symbol that stands for each: they are evaluated as expressions."""

    def tensor(self, formula: Formula, axes: Letters, sizes: Mapping[str, Size]) -> ix.Tensor:
        """The formula with one axis for each of ``axes``, copied along those that it does not have."""
        match formula:
            case Entry():
                return _product([self._base(formula)], [formula.letters], axes, sizes)
            case Applied() | Hidden():
                return _product([formula.tensor], [formula.letters], axes, sizes)
            case Delta():
                identity = ix.Contraction((), (), (0, 0), (sizes[formula.one],))
                return _product([identity], [(formula.one, formula.other)], axes, sizes)
            case Total():
                terms = [(coefficient, self.tensor(term, axes, sizes)) for coefficient, term in formula.terms]
                return ix.Sum(tuple(terms), tuple([sizes[letter] for letter in axes]))
            case Times():
                inner = {**sizes, **dict(formula.bound)}
                letters = [free_letters(factor) for factor in formula.factors]
                factors = [self.tensor(factor, own, inner) for factor, own in zip(formula.factors, letters, strict=True)]
                return _product(factors, letters, axes, inner, tuple([letter for letter, _ in formula.bound]))
            case Raised():
                return ix.Power(self.tensor(formula.base, axes, sizes), formula.exponent)
            case Function():
                return ix.Map(formula.name, tuple([self.tensor(part, axes, sizes) for part in parts(formula)]))
            case _:
                assert_never(formula)

    def _base(self, entry: Entry) -> ix.Tensor:
        if entry.shown is None:
            return entry.tensor
        name = f"bracket {len(self.brackets)}"  # no name in the language has a blank
        self.brackets[name] = entry.shown
        return ix.Symbol(name, entry.tensor.shape)


def _product(
    operands: Sequence[ix.Tensor], letters: Sequence[Letters], axes: Letters, sizes: Mapping[str, Size], bound: Letters = ()
) -> ix.Tensor:
    names = tuple(dict.fromkeys((*axes, *bound, *(letter for own in letters for letter in own))))
    label = {letter: k for k, letter in enumerate(names)}
    indices = tuple([tuple([label[letter] for letter in own]) for own in letters])
    return ix.Contraction(tuple(operands), indices, tuple([label[letter] for letter in axes]), tuple([sizes[letter] for letter in names]))
