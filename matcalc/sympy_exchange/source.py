"""SymPy expressions as Python source that builds them again."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Any

_FACTS = ("integer", "positive", "nonnegative", "real")
_WORD = re.compile(r"(?<![\w.'])[^\W\d]\w*")


def source(expressions: Mapping[str, Any]) -> str:
    """A program that imports what it needs from SymPy, makes the symbols, and binds each expression to its name.

    >>> from sympy import MatrixSymbol, Symbol
    >>> n = Symbol("n", integer=True, positive=True)
    >>> print(source({"result": MatrixSymbol("A", n, n) * MatrixSymbol("x", n, 1)}))
    from sympy import MatrixSymbol, Symbol
    <BLANKLINE>
    n = Symbol('n', integer=True, positive=True)
    A = MatrixSymbol('A', n, n)
    x = MatrixSymbol('x', n, 1)
    result = A*x
    """
    import sympy

    expressions = {re.sub(r"\W", "_", name): expression for name, expression in expressions.items()}
    printer = _printer(sympy.Tuple(*expressions.values()), frozenset(expressions))
    lines: list[str] = []
    for symbol in printer.symbols:
        facts = [f", {fact}=True" for fact in _FACTS if fact in symbol._assumptions_orig and symbol.assumptions0.get(fact)]
        lines.append(f"{printer.identifiers[symbol]} = Symbol({str(symbol.name)!r}{''.join(facts)})")
    for matrix in printer.matrices:
        shape = ", ".join(printer.doprint(size) for size in matrix.shape)
        lines.append(f"{printer.identifiers[matrix]} = MatrixSymbol({str(matrix.name)!r}, {shape})")
    lines += [f"{function} = Function({function!r})" for function in printer.functions]
    for name, expression in expressions.items():
        shown = printer.doprint(expression)
        lines.append(f"{name} = Integer({shown})" if expression.is_Integer else f"{name} = {shown}")
    own = {*printer.identifiers.values(), *printer.functions, *expressions}
    words = {word for line in lines for word in _WORD.findall(line)} - own
    imports = [f"from sympy import {', '.join(sorted(word for word in words if hasattr(sympy, word)))}"]
    if "MatrixElement" in words:
        imports.append("from sympy.matrices.expressions.matexpr import MatrixElement")
    return "\n".join([*imports, "", *lines])


def _printer(expression: Any, taken: frozenset[str]) -> Any:
    """SymPy's own printer of texts, with a constructor wherever that text is no Python or would be evaluated to something else."""
    import sympy
    from sympy.core.function import AppliedUndef
    from sympy.printing.str import StrPrinter

    class SourcePrinter(StrPrinter):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.symbols = sorted(expression.atoms(sympy.Symbol), key=lambda symbol: (not symbol.is_integer, str(symbol)))
            self.matrices = sorted(expression.atoms(sympy.MatrixSymbol), key=lambda symbol: str(symbol.name))
            self.functions = sorted({str(application.func) for application in expression.atoms(AppliedUndef)})
            self.identifiers: dict[Any, str] = {}
            for symbol in [*self.symbols, *self.matrices]:
                self.identifiers[symbol] = self._identifier(str(symbol.name))

        def _identifier(self, name: str) -> str:
            """A name of Python that hides neither a keyword, nor a function of SymPy, nor another symbol."""
            plain = re.sub(r"\W", "_", name)
            if keyword.iskeyword(plain) or hasattr(sympy, plain) or not plain.isidentifier():
                plain += "_"
            while plain in self.identifiers.values() or plain in self.functions or plain in taken:
                plain += "_"
            return plain

        def _print_Symbol(self, symbol: Any) -> str:
            return self.identifiers[symbol]

        _print_MatrixSymbol = _print_Dummy = _print_Symbol

        def _constructed(self, node: Any) -> str:
            return f"{type(node).__name__}({', '.join(self.doprint(argument) for argument in node.args)})"

        _print_Identity = _print_ZeroMatrix = _print_OneMatrix = _print_HadamardProduct = _print_HadamardPower = _constructed
        _print_KroneckerProduct = _print_FunctionMatrix = _print_Subs = _constructed

        def _print_MatMul(self, node: Any) -> str:
            # A number before a sum would be multiplied into it.
            text: str = super()._print_MatMul(node)
            return self._constructed(node) if node.args[0].is_number and node.args[1].is_MatAdd else text

        def _print_Rational(self, number: Any) -> str:
            return f"Rational({number.p}, {number.q})"

        _print_Half = _print_Rational

        def _print_Inverse(self, node: Any) -> str:
            return f"Inverse({self.doprint(node.args[0])})"

        def _print_MatrixElement(self, node: Any) -> str:
            if not isinstance(node.args[0], sympy.MatrixSymbol):
                return self._constructed(node)  # brackets would multiply a product out
            return f"{self.doprint(node.args[0])}[{', '.join(self.doprint(position) for position in node.args[1:])}]"

        def _print_ElementwiseApplyFunction(self, node: Any) -> str:
            operand = self.doprint(node.args[1])
            return f"{operand if operand.isidentifier() else f'({operand})'}.applyfunc({self.doprint(node.args[0])})"

        def _print_Lambda(self, node: Any) -> str:
            variables = ", ".join(self.doprint(variable) for variable in node.signature)
            return f"Lambda({variables if len(node.signature) == 1 else f'({variables})'}, {self.doprint(node.expr)})"

    return SourcePrinter()
