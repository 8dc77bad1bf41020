"""How operations are written in languages that count from 1, store arrays by columns and have
matrices as values.

A vector is a column. Operations that take NumPy's order of entries, which goes by rows, turn the
axes round before and after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable
from matcalc.base.sizes import ONE
from matcalc.codegen.operations import Op
from matcalc.codegen.targets.target import (
    ATOM,
    PLUS,
    TIMES,
    UNARY,
    Application,
    Operations,
    Step,
    Text,
    Writer,
    as_float,
    put_in,
    signed_sum,
)
from matcalc.expr.nodes import Symbol


@dataclass(frozen=True, slots=True)
class Permuted(Text):
    """An array with its axes in another order, counted from 1: two such orders are one."""

    inner: Text = Text("")
    axes: tuple[int, ...] = ()


class ColumnMajor(Operations):
    """A language with its own functions for most operations; ``calls`` are their templates,
    ``helpers`` what it has no function for."""

    in_python = False
    evaluates = False
    draws = False
    reuses_memory = False
    name: str
    helpers: Mapping[str, str]
    functions: Mapping[str, str]
    """Expressions for functions that are no words of the input language."""
    suffix: str
    """What is behind the name of a helper; ``prefix`` what is before it."""
    prefix: str
    dots: str
    """What is written before a sign to make it go entry by entry, where it would not else."""

    def guides(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        """Numbers are of double precision."""
        return []

    def length(self, name: str, axis: int) -> str:
        """The length of an axis."""
        return f"size({name}, {axis + 1})"

    def helper_name(self, name: str) -> str:
        """Names of helpers tell them from variables."""
        return f"{self.prefix}{name}{self.suffix}"

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

    def turned(self, text: Text) -> Text:
        """The transpose."""
        raise NotImplementedError

    def reshaped(self, code: str, lengths: Sequence[str]) -> Text:
        """The entries in their order, with other axes."""
        raise NotImplementedError

    def permutation(self, code: str, axes: Sequence[int]) -> str:
        """Axes in another order, counted from 1."""
        raise NotImplementedError

    def total(self, text: Text, step: Step) -> Text:
        """The sum of all entries of the operand."""
        raise NotImplementedError

    def contraction(self, step: Step) -> Text:
        """A sum of products over labels of axes."""
        raise NotImplementedError

    def on_diagonal(self, entries: Text, step: Step) -> str:
        """A matrix with the second operand of the step on its diagonal: a vector, or one number in
        all places."""
        raise NotImplementedError

    def entrywise(self, function: str, step: Step) -> Text:
        """A function of each entry."""
        raise NotImplementedError

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

    def _add(self, step: Step) -> Text:
        return signed_sum(self.lifted(step), negated=False, dot=self.dot(step.op))

    def negated(self, step: Step) -> Text:
        """The negative of a sum."""
        return signed_sum(self.lifted(step), negated=True, dot=self.dot(step.op))

    def dot(self, op: Op) -> str:
        """What stands before the signs of a sum."""
        return self.dots if any(operand.shape != op.shape for operand in op.operands) else ""

    def _mul(self, step: Step) -> Text:
        lifted = self.lifted(step)
        code = lifted.first.within(TIMES, kinds=("mul",))
        several = bool(step.op.operands[0].shape)
        for operand, text in zip(step.op.operands[1:], lifted.operands[1:], strict=True):
            code += f"{' .* ' if several and operand.shape else '*'}{text.within(TIMES)}"
            several |= bool(operand.shape)
        return Text(code, TIMES, "mul")

    def _div(self, step: Step) -> Text:
        above, below = self.lifted(step).operands
        sign = " ./ " if step.op.operands[1].shape else "/"
        return Text(f"{above.within(TIMES, kinds=('mul', 'div'))}{sign}{below.within(TIMES)}", TIMES, "div")

    def _pow(self, step: Step) -> Text:
        base, exponent = self.lifted(step).operands
        return Text(f"{base.within(UNARY)}{' .^ ' if step.op.shape else '^'}{exponent.within(UNARY)}", UNARY)

    def _sqrt(self, step: Step) -> Text:
        return self.entrywise("sqrt", step)

    def _user(self, step: Step) -> Text:
        return self.entrywise(step.writer.name("function", step.op.data), step)

    def _map(self, step: Step) -> Text:
        name = step.op.data
        simple = None if self.helper_source(name) is not None else re.fullmatch(r"(\w+)\(t\)", self.noted(name, step.writer))
        return self.entrywise(simple[1] if simple else step.writer.defined(name), step)

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

    def _add_diagonal(self, step: Step) -> Text:
        base, entries = step.operands
        sign = "-" if entries.code.startswith("-") and entries.level > PLUS else "+"
        if sign == "-":
            entries = Text(entries.code[1:], entries.level, entries.kind)
        added = self.on_diagonal(entries, step)
        return Text(f"{base.within(PLUS, kinds=('sum',))} {sign} {added}", PLUS, "sum")

    # ------------------------------------------------------------ axes

    def _transpose(self, step: Step) -> Text:
        return self.turned(step.first)

    def _row(self, step: Step) -> Text:
        return self.turned(step.first)

    def _column(self, step: Step) -> Text:
        return step.first

    def _broadcast(self, step: Step) -> Text:
        lifted = self.lifted(step)
        return Text(f"{lifted.first.within(PLUS)} {self.dots}+ {self.filled('zeros', step.op, step.writer)}", PLUS, "sum")

    def filled(self, function: str, op: Op, writer: Writer) -> str:
        """An array of the shape of the operation."""
        return f"{function}({', '.join(map(writer.size, op.shape))})"

    def _full(self, step: Step) -> Text:
        inner = step.op.operands[0]
        if inner.kind == "literal" and inner.data in (0, 1):
            return Text(self.filled("ones" if inner.data else "zeros", step.op, step.writer))
        value = Text(repr(as_float(inner.data))) if inner.kind == "literal" else step.first
        return Text(f"{value.within(TIMES)}*{self.filled('ones', step.op, step.writer)}", TIMES, "mul")

    def _expand(self, step: Step) -> Text:
        return self.reshaped(step.first.code, list(map(step.writer.size, step.op.shape)))

    def _permute(self, step: Step) -> Text:
        return self._permuted(step.first, [axis + 1 for axis in step.op.data])

    def _permuted(self, text: Text, axes: Sequence[int]) -> Text:
        if isinstance(text, Permuted):
            axes, text = [text.axes[axis - 1] for axis in axes], text.inner
        in_order = list(axes) == sorted(axes)
        return text if in_order else Permuted(self.permutation(text.code, axes), inner=text, axes=tuple(axes))

    def _vec(self, step: Step) -> Text:
        return self.reshaped(step.first.code, [step.writer.size(step.op.shape[0])])

    def _unvec(self, step: Step) -> Text:
        return self.reshaped(step.first.code, list(map(step.writer.size, step.op.shape)))

    def _reshape(self, step: Step) -> Text:
        before, after = step.op.operands[0].shape, step.op.shape
        lengths = list(map(step.writer.size, after))
        if [size for size in before if size != ONE] == [size for size in after if size != ONE]:
            return self.reshaped(step.first.code, lengths)  # the order of entries is that of the axes, from either end
        turned = self._permuted(step.first, range(len(before), 0, -1))
        return self._permuted(self.reshaped(turned.code, lengths[::-1]), range(len(after), 0, -1))

    # ------------------------------------------------------------ products

    def _outer(self, step: Step) -> Text:
        left, right = step.operands
        return Text(f"{left.within(TIMES)}*{self.turned(right).code}", TIMES, "matmul")

    def _matmul(self, step: Step) -> Text:
        (left, right), texts = step.op.operands, step.operands
        if left.order == 1 and right.order == 2:  # a vector on the left is a row, and the product a vector again
            return Text(f"{self.turned(texts[1]).code}*{texts[0].within(TIMES)}", TIMES, "matmul")
        first = self.turned(texts[0]) if left.order == 1 else texts[0]
        return Text(f"{first.within(TIMES, kinds=('matmul',))}*{texts[1].within(TIMES)}", TIMES, "matmul")

    def _solve(self, step: Step) -> Text:
        left, right = step.operands
        return Text(f"{left.within(TIMES)} \\ {right.within(TIMES)}", TIMES, "solve")

    def _dot_all(self, step: Step) -> Text:
        left, right = step.operands
        return self.total(Text(f"{left.within(TIMES)} .* {right.within(TIMES)}", TIMES), step)

    def _einsum(self, step: Step) -> Text:
        indices, output = step.op.data
        whole = not output and len(indices) == 1 and len(set(indices[0])) == len(indices[0])
        return self.total(step.first, step) if whole else self.contraction(step)

    def _matrix_power(self, step: Step) -> Text:
        if step.op.operands[1].kind == "literal":
            return Text(f"{step.first.within(UNARY)}^{step.operands[1].within(UNARY)}", UNARY)
        return Text(f"{step.writer.helper('matrix_power')}({', '.join(step.codes)})")

    def _on_diagonal(self, step: Step) -> Text:
        places = [str(place + 1) for place in step.op.data]
        base = step.first.code if len(step.operands) == 2 else self.filled("zeros", step.op, step.writer)
        return Text(f"{step.writer.helper('on_diagonal')}({base}, {step.operands[-1].code}, [{', '.join(places)}])")

    # ------------------------------------------------------------ functions of whole arrays

    def _call(self, step: Step) -> Text:
        name, axis = step.op.data
        if name not in computable():
            return Text(f"{step.writer.name('function', name)}({', '.join(step.codes)})")
        if axis == "each":
            return self.each(step)
        if axis is not None:
            along = 2 if axis == "rows" else 1
            return Text(f"{step.writer.helper(f'{name}_along')}({step.first.code}, {along})")
        return self.whole(name, step.codes, step.writer)

    def each(self, step: Step) -> Text:
        """A function of each of the arrays along leading axes; operands without such axes are the
        same for all."""
        name = step.op.data[0]
        given = computable()[name].signature.partition("->")[0].split(",")
        own = [part.count("×") + 1 if ":" in part and "scalar" not in part else 0 for part in given]
        leading = [operand.order - order for operand, order in zip(step.op.operands, own, strict=True)]
        names = [f"a{place}" if more else code for place, (more, code) in enumerate(zip(leading, step.codes, strict=True), 1)]
        parameters = [one for one, more in zip(names, leading, strict=True) if more]
        function = self.anonymous(parameters, self.whole(name, names, step.writer).code)
        lengths = ", ".join(map(step.writer.size, step.op.shape[: max(leading)]))
        arrays = [code for code, more in zip(step.codes, leading, strict=True) if more]
        return Text(f"{step.writer.helper('each')}({', '.join([function, f'[{lengths}]', *arrays])})")

    def anonymous(self, parameters: Sequence[str], code: str) -> str:
        """A function without a name."""
        raise NotImplementedError

    def whole(self, name: str, codes: Sequence[str], writer: Writer) -> Text:
        """A function of one vector or matrix."""
        if self.helper_source(name) is not None:
            return Text(f"{writer.helper(name)}({', '.join(codes)})")
        code = self.noted(name, writer)
        return Text(put_in(code, computable()[name].signature, codes), ATOM if re.fullmatch(r"\w+\(.*\)", code) else TIMES)

    def applied(self, application: Application, writer: Writer) -> str:
        """A closure."""
        call = f"{application.name}({', '.join([*application.bound, application.argument])})"
        return self.anonymous([application.argument], call)

    # ------------------------------------------------------------ running

    def converter(self) -> Callable[[str, Any], Any]:
        """It runs elsewhere."""
        raise MatcalcError(f"{self.name} code does not run in Python")

    def failures(self) -> tuple[type[Exception], ...]:
        """None of Python's."""
        return ()

    def is_traced(self, value: Any) -> bool:
        """It runs elsewhere."""
        return False


def joined(lines: Sequence[str], indent: str = "    ") -> str:
    """Lines within a function; empty ones stay empty."""
    return "\n".join([f"{indent}{line}" if line else "" for line in lines])


def rows_of(array: Any) -> list[list[str]]:
    """A vector or matrix as rows of numbers that read back to the same; a vector has one entry in
    each."""
    return [[repr(float(entry)) for entry in (row if array.ndim > 1 else [row])] for row in array]
