"""How operations are written in languages that count from 1, store arrays by columns and have
matrices as values.

A vector is a column. Operations that take NumPy's order of entries, which goes by rows, turn the
axes round before and after.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable, function_called
from matcalc.base.shapes import Selection
from matcalc.base.sizes import ONE
from matcalc.codegen.operations import Op
from matcalc.codegen.requests import Application, Comparison, Function, Trial
from matcalc.codegen.targets.target import ATOM, PLUS, TIMES, UNARY, Step, Target, Text, Writer, plain_call, put_in


@dataclass(frozen=True, slots=True)
class Permuted(Text):
    """An array with its axes in another order, counted from 1: two such orders are one."""

    inner: Text = Text("")
    axes: tuple[int, ...] = ()


_CALLS = {
    "pi": Text("pi"),
    "imaginary": Text("1i"),
    "diagonal": Text("diag({0})"),
    "kron": Text("kron({codes})"),
    "inverse": Text("inv({0})"),
    "solve": Text("{0:times} \\ {1:times}", TIMES, "solve"),
    "whole_power": Text("{0:unary}^{1:unary}", UNARY),
}


class ColumnMajor(Target):
    """A language with its own functions for most operations; ``calls`` are their templates,
    ``helpers`` what it has no function for."""

    calls: Mapping[str, Text] = MappingProxyType(_CALLS)
    helpers: Mapping[str, str]
    functions: Mapping[str, str]
    """Expressions for functions that are no words of the input language."""
    dots: str
    """What is written before a sign to make it go entry by entry, where it would not else."""
    at_point: str
    """An array of a point, in self checks."""
    sine: str
    """A function that stands for one of the user's own."""
    beside: str
    """What is written between blocks of a row."""
    forms: Mapping[str, str]
    """What is made of differences, by ``Comparison.form``."""

    def length(self, name: str, axis: int) -> str:
        """The length of an axis."""
        return f"size({name}, {axis + 1})"

    def helper_source(self, name: str) -> str | None:
        """The source of a helper, or the definition that stands in the table of functions."""
        source = self.helpers.get(name) or (computable()[name].code(self.name) if name in computable() else "")
        return source.strip("\n") if "\n" in source else None

    def needed_helpers(self, name: str) -> tuple[str, ...]:
        """What a helper calls, and what that calls, first."""
        called = self._called(self.helper_source(name) or self._code(name))
        return tuple(dict.fromkeys(one for other in called if other != name for one in (*self.needed_helpers(other), other)))

    def _called(self, code: str) -> list[str]:
        """The helpers that the code calls."""
        found = {word: word.removeprefix(self.prefix).removesuffix(self.suffix) for word in re.findall(r"\w+(?=\.?\()", code)}
        return [name for word, name in found.items() if self.helper_name(name) == word and self.helper_source(name) is not None]

    # ------------------------------------------------------------ what languages write differently

    @abstractmethod
    def turned(self, text: Text) -> Text:
        """The transpose."""

    @abstractmethod
    def reshaped(self, code: str, lengths: Sequence[str]) -> Text:
        """The entries in their order, with other axes."""

    @abstractmethod
    def permutation(self, code: str, axes: Sequence[int]) -> str:
        """Axes in another order, counted from 1."""

    @abstractmethod
    def total(self, text: Text, step: Step) -> Text:
        """The sum of all entries of the operand."""

    @abstractmethod
    def contraction(self, step: Step) -> Text:
        """A sum of products over labels of axes."""

    @abstractmethod
    def entrywise(self, function: str, step: Step) -> Text:
        """A function of each entry."""

    # ------------------------------------------------------------ entry by entry

    def lifted(self, step: Step) -> Step:
        """The step with operands that have all axes of the result: missing ones come first."""
        texts = []
        for operand, text in zip(step.op.operands, step.operands, strict=True):
            missing = step.op.order - operand.order
            if operand.shape and missing:
                lengths = ["1"] * missing + [step.writer.size(size) for size in operand.shape]
                text = self.turned(text) if len(lengths) == 2 else self.reshaped(text.code, lengths)
            texts.append(text)
        return Step(step.op, texts, step.writer, step.in_place)

    def dot(self, op: Op) -> str:
        """What stands before the signs of a sum."""
        return self.dots if any(operand.shape != op.shape for operand in op.operands) else ""

    def _mul(self, step: Step) -> Text:
        lifted = self.lifted(step)
        code = f"{lifted.first:times mul}"
        several = bool(step.op.operands[0].shape)
        for operand, text in zip(step.op.operands[1:], lifted.operands[1:], strict=True):
            code += f"{' .* ' if several and operand.shape else '*'}{text:times}"
            several |= bool(operand.shape)
        return Text(code, TIMES, "mul")

    def _div(self, step: Step) -> Text:
        above, below = self.lifted(step).operands
        sign = " ./ " if step.op.operands[1].shape else "/"
        return Text(f"{above:times mul div}{sign}{below:times}", TIMES, "div")

    def _pow(self, step: Step) -> Text:
        base, exponent = self.lifted(step).operands
        return Text(f"{base:unary}{' .^ ' if step.op.shape else '^'}{exponent:unary}", UNARY)

    def _sqrt(self, step: Step) -> Text:
        return self.entrywise("sqrt", step)

    def _user(self, step: Step) -> Text:
        return self.entrywise(step.user, step)

    def _map(self, step: Step) -> Text:
        name = step.op.data
        own = self.helper_source(name) is not None
        called = "" if own else plain_call(name, self.noted(name, step.writer))
        return self.entrywise(called or step.writer.defined(name), step)

    def noted(self, name: str, writer: Writer) -> str:
        """The expression for a function; the helpers that it calls are noted."""
        code = self._code(name)
        for helper in self._called(code):
            writer.helper(helper)
        return code

    def _code(self, name: str) -> str:
        """The expression for a function. Raises MatcalcError when there is none."""
        known = computable().get(name)
        code = self.functions.get(name) or (known.code(self.name) if known is not None else "")
        if not code:
            raise MatcalcError(f"there is no {self.name} code for the function {name}")
        return code

    # ------------------------------------------------------------ axes

    def _transpose(self, step: Step) -> Text:
        return self.turned(step.first)

    _row = _transpose

    def _broadcast(self, step: Step) -> Text:
        return Text(f"{self.lifted(step).first:plus} {self.dots}+ {self.filled('zeros', step)}", PLUS, "sum")

    def filled(self, function: str, step: Step) -> str:
        return f"{function}({', '.join(step.sizes)})"

    def _expand(self, step: Step) -> Text:
        return self.reshaped(step.first.code, step.sizes)

    _vec = _unvec = _expand

    def _permute(self, step: Step) -> Text:
        return self._permuted(step.first, [axis + 1 for axis in step.op.data])

    def _permuted(self, text: Text, axes: Sequence[int]) -> Text:
        if isinstance(text, Permuted):
            axes, text = [text.axes[axis - 1] for axis in axes], text.inner
        in_order = list(axes) == sorted(axes)
        return text if in_order else Permuted(self.permutation(text.code, axes), inner=text, axes=tuple(axes))

    def _reshape(self, step: Step) -> Text:
        before, after = step.op.operands[0].shape, step.op.shape
        if [size for size in before if size != ONE] == [size for size in after if size != ONE]:
            return self.reshaped(step.first.code, step.sizes)  # the order of entries is that of the axes, from either end
        code = self._permuted(step.first, range(len(before), 0, -1)).code
        return self._permuted(self.reshaped(code, step.sizes[::-1]), range(len(after), 0, -1))

    # ------------------------------------------------------------ parts and blocks

    def run(self, run: Selection, writer: Writer) -> str:
        return f"{writer.size(run.before + ONE)}:{writer.size(run.before + run.size)}"

    def _stack(self, step: Step) -> Text:
        return self.listed_rows([[text] for text in step.operands])

    def grid(self, rows: Sequence[Sequence[Text]]) -> Text:
        return self.listed_rows(rows)

    def array(self, rows: Sequence[Sequence[Text]], step: Step) -> Text:
        return self.listed_rows([[entry] for entry in rows[0]] if step.op.order == 1 else rows)

    def listed_rows(self, rows: Sequence[Sequence[Text]]) -> Text:
        """An array of what stands in it."""
        return Text(f"[{'; '.join([self.beside.join([one.within(ATOM, kinds=('',)) for one in row]) for row in rows])}]")

    # ------------------------------------------------------------ products

    def _outer(self, step: Step) -> Text:
        left, right = step.operands
        return Text(f"{left:times}*{self.turned(right)}", TIMES, "matmul")

    def _matmul(self, step: Step) -> Text:
        (left, right), texts = step.op.operands, step.operands
        if left.order == 1 and right.order == 2:  # a vector on the left is a row, and the product a vector again
            return Text(f"{self.turned(texts[1])}*{texts[0]:times}", TIMES, "matmul")
        first = self.turned(texts[0]) if left.order == 1 else texts[0]
        return Text(f"{first:times matmul}*{texts[1]:times}", TIMES, "matmul")

    def _dot_all(self, step: Step) -> Text:
        left, right = step.operands
        return self.total(Text(f"{left:times} .* {right:times}", TIMES), step)

    def _einsum(self, step: Step) -> Text:
        indices, output = step.op.data
        whole = not output and len(indices) == 1 and len(set(indices[0])) == len(indices[0])
        return self.total(step.first, step) if whole else self.contraction(step)

    def _on_diagonal(self, step: Step) -> Text:
        places = [str(place + 1) for place in step.op.data]
        base = step.first.code if len(step.operands) == 2 else self.filled("zeros", step)
        return Text(f"{step.helper}({base}, {step.operands[-1].code}, [{', '.join(places)}])")

    # ------------------------------------------------------------ functions of whole arrays

    def along(self, step: Step) -> Text:
        name, axis = step.op.data
        return Text(f"{step.writer.helper(f'{name}_along')}({step.first}, {2 if axis == 'rows' else 1})")

    def each(self, step: Step) -> Text:
        """A function of each of the arrays along leading axes; operands without such axes are the
        same for all."""
        name = step.op.data[0]
        leading = [
            operand.order - (order or 0) for operand, order in zip(step.op.operands, function_called(name).orders, strict=True)
        ]
        names = [f"a{place}" if more else code for place, (more, code) in enumerate(zip(leading, step.codes, strict=True), 1)]
        parameters = [one for one, more in zip(names, leading, strict=True) if more]
        function = self.anonymous(parameters, self.called(name, names, step.writer).code)
        lengths = ", ".join(map(step.writer.size, step.op.shape[: max(leading)]))
        arrays = [code for code, more in zip(step.codes, leading, strict=True) if more]
        return Text(f"{step.writer.helper('each')}({', '.join([function, f'[{lengths}]', *arrays])})")

    @abstractmethod
    def anonymous(self, parameters: Sequence[str], code: str) -> str:
        """A function without a name."""

    def whole(self, name: str, codes: Sequence[str], writer: Writer) -> Text:
        """A function of one vector or matrix."""
        if self.helper_source(name) is not None:
            return Text(f"{writer.helper(name)}({', '.join(codes)})")
        code = self.noted(name, writer)
        return Text(put_in(code, computable()[name].parameters, codes), ATOM if re.fullmatch(r"\w+\(.*\)", code) else TIMES)

    def applied(self, application: Application, writer: Writer) -> str:
        """A closure."""
        call = f"{application.name}({', '.join([*application.bound, application.argument])})"
        return self.anonymous([application.argument], call)

    # ------------------------------------------------------------ the self check

    def arguments(self, function: Function, trial: Trial) -> str:
        """What a function is called with at the point."""
        given = {name: self.at_point.format(name) for name in trial.values}
        given |= {name: str(number) for name, number in trial.sizes.items()}
        given |= {name: self.sine.format(order) for name, order in trial.users.items()}
        return ", ".join([given[name] for name in function.parameters])

    def laid_out(self, comparison: Comparison, trial: Trial, differences: str) -> str:
        """The differences as what is expected."""
        arrays = [trial.values[name] for name in comparison.wrt]
        array = next((name for name in comparison.wrt if trial.values[name].ndim), "")
        fields = {"differences": differences, "array": array, "columns": prod([each.size for each in arrays])}
        return self.forms[comparison.form].format(along=comparison.along, **fields)


def joined(lines: Sequence[str], indent: str = "    ") -> str:
    """Lines within a function; empty ones stay empty."""
    return "\n".join([f"{indent}{line}" if line else "" for line in lines])


def rows_of(array: Any) -> list[list[str]]:
    """A vector or matrix as rows of numbers that read back to the same; a vector has one entry in
    each."""
    return [[repr(float(entry)) for entry in (row if array.ndim > 1 else [row])] for row in array]
