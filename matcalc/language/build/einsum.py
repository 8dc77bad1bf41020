"""The formula that a call of ``einsum`` means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import reduce

from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.language.syntax import trees as s

_SUBSCRIPTS = pattern(r"([A-Za-z]*(?:,[A-Za-z]*)*)(?:->([A-Za-z]*))?")
_LETTERS = "ijklmnpqrstuvwxyzabcdfghIJKLMNPQRSTUVWXYZABCDFGH"
_USAGE = 'einsum("ij,j->i", A, x)'


def summed_products(node: s.Applied, taken: Collection[str]) -> tuple[s.Syntax, tuple[str, ...]]:
    """The formula of a call of ``einsum``, and the names in it of the operands; ``taken`` are names
    that no index may have.

    Raises ParseError for subscripts that do not fit.
    """
    words = node.arguments[0] if node.arguments else None
    match = _SUBSCRIPTS.fullmatch(words.word.replace(" ", "")) if isinstance(words, s.Word) else None
    if match is None:
        raise ParseError("the subscripts of einsum are letters", span=node.span, suggestion=_USAGE)
    inputs = match[1].split(",")
    if len(inputs) != len(node.arguments) - 1:
        counted = f"{len(inputs)} operand{'s' if len(inputs) != 1 else ''}"
        raise ParseError(f"the subscripts are those of {counted}", span=node.span, suggestion=_USAGE)
    output = _output("".join(inputs)) if match[2] is None else match[2]
    if len(set(output)) < len(output) or not set(output) <= set("".join(inputs)) or len(output) > 4:
        raise ParseError(
            "the subscripts of the result are at most four different letters of the operands", span=node.span, suggestion=_USAGE
        )
    names = _index_names("".join(inputs), taken)
    parameters = tuple([f"operand {k}" for k in range(len(inputs))])
    return _formula(inputs, output, names, parameters, node.span), parameters


def _output(letters: str) -> str:
    """NumPy's result where none is written: the letters that stand once, in their order."""
    return "".join(sorted(letter for letter, times in Counter(letters).items() if times == 1))


def _index_names(letters: str, taken: Collection[str]) -> dict[str, str]:
    """A free name for each letter: the letter itself where it is free."""
    wanted = dict.fromkeys(letters)
    names = {letter: letter for letter in wanted if letter not in taken and letter != "e"}
    free = (letter for letter in _LETTERS if letter not in taken and letter not in wanted)
    for letter in wanted:
        if letter not in names:
            names[letter] = next(free, f"{letter}_0")
    return names


def _formula(inputs: list[str], output: str, names: dict[str, str], parameters: tuple[str, ...], span: Span) -> s.Syntax:
    def index(letter: str) -> s.Syntax:
        return s.Name(span, names[letter])

    factors: list[s.Syntax] = []
    for letters, parameter in zip(inputs, parameters, strict=True):
        operand = s.Name(span, parameter)
        factors.append(s.Entries(span, operand, tuple(map(index, letters))) if letters else operand)
    body = reduce(lambda left, right: s.Binary(span, "*", left, right, span), factors)
    summed = [letter for letter in dict.fromkeys("".join(inputs)) if letter not in output]
    for letter in reversed(summed):
        body = s.Summation(span, (names[letter],), body)
    return s.Applied(span, "tensor", (*map(index, output), body), span) if output else body
