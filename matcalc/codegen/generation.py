"""From expressions to the source text of a function that computes them."""

from __future__ import annotations

import ast
import itertools
import linecache
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcalc.budgets import SpentError, during
from matcalc.codegen.emission import oriented, reachable, written_body
from matcalc.codegen.helpers import helper_source, needed_helpers, needed_imports
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.requests import Check, LaidOut, Names, Operator, Output, Parameters, identifier, size_statements
from matcalc.codegen.selfcheck import self_check
from matcalc.codegen.targets import TARGETS, TargetName, Writer, elementwise_code
from matcalc.codegen.tensors import laid_out
from matcalc.codegen.translation import Translator
from matcalc.einstein.nodes import Symbol as TensorSymbol
from matcalc.einstein.nodes import postorder as tensor_postorder
from matcalc.errors import LimitError, MatcalcError
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.expr.rewriting import symbols_in
from matcalc.functions import computable
from matcalc.printing import text as printed
from matcalc.sizes import Shape
from matcalc.stable.replacement import stable

_IMPORT = {"numpy": "import numpy as np", "jax": "import jax.numpy as jnp", "torch": "import torch"}
_WIDEST_COMMENT = 200
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Generated:
    """A source text, and what its function takes."""

    source: str
    parameters: Parameters


def generate(
    outputs: Mapping[str, Output],
    target: TargetName,
    *,
    name: str = "function",
    check: Check | None = None,
    sizes: Mapping[str, int] | None = None,
) -> str:
    """The source of a Python file that defines ``name``, a function of the symbols of ``outputs``.

    Vectors are 1-D, in and out; sizes that no array fixes are integer keywords, other keywords are ignored. With several outputs the
    function returns a named tuple of them, and they share their common subexpressions. ``sizes`` are used to order products by cost, the
    code is right for all sizes. With ``check`` the file compares its outputs with finite differences when it is run.

    Raises MatcalcError when there is no code for a function, LimitError for index products with too many indices.
    """
    return generated(outputs, target, name=name, check=check, sizes=sizes).source


def generated(
    outputs: Mapping[str, Output],
    target: TargetName,
    *,
    name: str = "function",
    check: Check | None = None,
    sizes: Mapping[str, int] | None = None,
    others: Sequence[Symbol] = (),
) -> Generated:
    """``generate``, with the parameters of the function.

    ``others`` are symbols that it may be called with too: a constant takes the dtype and the device of the first array among them.
    """
    during("writing the code")
    if target not in TARGETS:
        raise MatcalcError(f"there is no code for {target!r}", expected=", ".join(TARGETS))
    if not outputs:
        raise MatcalcError("no outputs were asked for")
    if check is not None and not others:
        others = [*symbols_in(check.source).values(), *(symbol for one in check.derivatives.values() for symbol in one.wrt)]
    written = _Function(outputs, target, name, sizes, others)
    parts = [f"{written.header()}\n\n{written.imports()}", *written.definitions()]
    if check is not None:
        value = _Function({"value": check.varied}, target, "value", sizes, ())
        modules = {**written.modules(), **value.modules()}
        both = (written.parameters, value.parameters)
        parts.append(self_check(check, name, outputs, both, value.function(), target, jax_imported="jax" in modules))
        parts[0] = f"{written.header()}\n\n{written.imports(value)}"
        parts[1:1] = [source for source in value.helper_sources() if source not in parts]
    return Generated("\n\n\n".join(parts) + "\n", written.parameters)


def _comment(expression: Expr) -> str:
    """The formula of an output; nothing where it is long, or where parts used many times make it endless."""
    try:
        shown = printed(expression) if len(postorder(expression)) < _WIDEST_COMMENT else ""
    except SpentError:
        raise
    except LimitError:
        return ""
    return shown if len(shown) <= _WIDEST_COMMENT else ""


class _Function:
    """One function of a file: its parameters, statements, and the helpers that it calls."""

    def __init__(
        self, outputs: Mapping[str, Output], target: TargetName, name: str, sizes: Mapping[str, int] | None, others: Sequence[Symbol]
    ) -> None:
        self.outputs = outputs
        self.target = target
        self.name = name
        self.builder = Builder(fresh_first=target == "numpy")
        self.ops = self._operations(sizes)
        self.names = Names()
        self.symbols = _symbols(outputs)
        self.operators = {key: self.ops[key] for key, output in outputs.items() if isinstance(output, Operator)}
        arguments = {output.argument.name for output in outputs.values() if isinstance(output, Operator)}
        order = reachable(list(self.ops.values()))
        roots = [op for key, op in self.ops.items() if key not in self.operators]
        for key, output in outputs.items():
            if isinstance(output, Operator):
                roots += _captured(self.ops[key], output.argument.name)
        used = {op.data for op in reachable(roots) if op.kind == "input"}
        users = sorted({op.data for op in order if op.kind == "user"} | {op.data[0] for op in order if op.kind == "call" and _is_users(op)})
        symbols = [symbol for symbol in self.symbols.values() if symbol.name in used]
        if target != "numpy" and not symbols:  # a constant: an array that it does not depend on says where it is to be, and of what type
            symbols = [symbol for symbol in others if symbol.shape][:1] or list(others if target == "torch" else ())[:1]
        for symbol in symbols:
            self.names.of("symbol", symbol.name)
        for user in users:
            self.names.of("function", user)
        self.used_sizes: dict[str, None] = {}
        for size_name in sorted({name for op in order for size in op.shape for name in size.names}):
            self.names.of("size", size_name)
        for argument in sorted(arguments):
            self.names.of("symbol", argument)
        arrays = [symbol for symbol in symbols if symbol.shape or target == "torch"]
        arrays.sort(key=lambda symbol: not symbol.shape)
        like = self.names.of("symbol", arrays[0].name) if arrays else None
        self.writer = Writer(target, self._name, like)
        self.applications: list[str] = []
        statements, results = self._body()
        self.parameters = Parameters(tuple(symbols), tuple(users), tuple(self.used_sizes), self.names)
        self.statements = statements
        self.results = results

    def _operations(self, sizes: Mapping[str, int] | None) -> dict[str, Op]:
        plain = {key: output.expression if isinstance(output, Operator) else output for key, output in self.outputs.items()}
        expressions = {key: output for key, output in plain.items() if isinstance(output, Expr)}
        rewritten = dict(zip(expressions, stable(*expressions.values()), strict=True))
        translator = Translator(self.builder, list(rewritten.values()), sizes, for_numpy=self.target == "numpy")
        ops: dict[str, Op] = {}
        # Numbers last: the products of matrices that the others need anyway may do for them too.
        for key, output in sorted(plain.items(), key=lambda pair: not _shape_of(pair[1])):
            if isinstance(output, LaidOut):
                ops[key] = laid_out(self.builder, output, translator.extents)
            else:
                ops[key] = translator.exact(rewritten[key])
        return oriented(self.builder, {key: ops[key] for key in plain})

    def _name(self, kind: str, name: str) -> str:
        if kind == "size":
            self.used_sizes.setdefault(name)
        return self.names.of(kind, name)

    # ------------------------------------------------------------ the body

    def _body(self) -> tuple[list[str], dict[str, str]]:
        wanted = {key: op for key, op in self.ops.items() if key not in self.operators}
        captured: dict[str, list[Op]] = {}
        for key, op in self.operators.items():
            output = self.outputs[key]
            assert isinstance(output, Operator)
            captured[key] = _captured(op, output.argument.name)
            for k, operand in enumerate(captured[key]):
                wanted[f"{key}/{k}"] = operand
        body = written_body(wanted, self.writer, self.names)
        results = {key: code for key, code in body.results.items() if "/" not in key}
        for key, operands in captured.items():
            results[key] = self._operator(key, operands, [body.results[f"{key}/{k}"] for k in range(len(operands))], body.statements)
        return body.statements, {key: results[key] for key in self.outputs}

    def _operator(self, key: str, captured: list[Op], codes: list[str], statements: list[str]) -> str:
        """Defines the function that applies an operator, and gives the code that binds what it captures."""
        output = self.outputs[key]
        assert isinstance(output, Operator)
        given: dict[Op, str] = {}
        for op, code in zip(captured, codes, strict=True):
            if op.kind == "input":
                given[op] = self.names.of("symbol", op.data)
            elif code.isidentifier():
                given[op] = code
            else:
                given[op] = self.names.fresh()
                statements.append(f"{given[op]} = {code}")
        before = dict(self.used_sizes)
        self.used_sizes.clear()
        argument = self.names.of("symbol", output.argument.name)
        like, self.writer.like = self.writer.like, argument if output.argument.shape else self.writer.like
        body = written_body({key: self.ops[key]}, self.writer, self.names, given)
        self.writer.like = like
        found, open_sizes = size_statements([output.argument], list(self.used_sizes), self.names)
        self.used_sizes = {**before, **dict.fromkeys(open_sizes)}
        bound = [*(given[op] for op in captured), *(self.names.of("size", size) for size in open_sizes)]
        partial = "jax.tree_util.Partial" if self.target == "jax" else "functools.partial"
        self.writer.imports.setdefault("jax" if self.target == "jax" else "functools")
        function = f"_apply_{identifier(key)}"
        inner = _without_unused([*found, *body.statements], body.results)
        lines = [f"def {function}({', '.join([*bound, argument])}):", *(f"    {line}" for line in inner)]
        self.applications.append("\n".join([*lines, f"    return {body.results[key]}"]))
        return f"{partial}({', '.join([function, *bound])})"

    # ------------------------------------------------------------ the file

    def header(self) -> str:
        """The docstring of the file."""
        lines = []
        for key, output in self.outputs.items():
            expression = output.expression if isinstance(output, Operator) else output
            if isinstance(expression, Expr):
                shown = _comment(expression)
                if shown and "\\" not in shown and '"""' not in shown:
                    applied = f"(applied to {output.argument.name}) " if isinstance(output, Operator) else ""
                    lines.append(f"{key} {applied}= {shown}")
        shapes = "; ".join(f"{symbol.name}: {_shape_words(symbol)}" for symbol in self.parameters.symbols)
        tail = [f"where {shapes}"] if shapes else []
        return '"""' + "\n".join([f"Generated by matcalc for {self.target}.", *([""] if lines or tail else []), *lines, *tail]) + '\n"""'

    def imports(self, other: _Function | None = None) -> str:
        """The import statements of the file."""
        modules = {**self.modules(), **(other.modules() if other else {})}
        standard = sorted(module for module in modules if module in ("functools", "math"))
        lines = [f"import {module}" for module in standard]
        if len(self.outputs) > 1:
            lines.append("from collections import namedtuple")
        if lines:
            lines.append("")
        third = sorted({_IMPORT[self.target], *(f"import {module}" for module in modules if module not in standard)})
        return "\n".join([*lines, *third])

    def modules(self) -> dict[str, None]:
        """Modules to import besides the library's own."""
        modules = dict(self.writer.imports)
        for helper in self.all_helpers():
            modules.update(dict.fromkeys(needed_imports(self.target, helper)))
            source = self._helper(helper)
            modules.update({module: None for module in ("math", "jax") if f"{module}." in source})
            if "jax.scipy.special" in source:
                modules["jax.scipy.special"] = None
        return modules

    def all_helpers(self) -> list[str]:
        """Helpers in the order in which they are to be defined."""
        found: dict[str, None] = {}
        for helper in self.writer.helpers:
            for needed in needed_helpers(self.target, helper):
                found.setdefault(needed)
            found.setdefault(helper)
        return list(found)

    def _helper(self, helper: str) -> str:
        source = helper_source(self.target, helper)
        return source if source is not None else f"def _{helper}(t):\n    return {elementwise_code(self.target, helper)}"

    def helper_sources(self) -> list[str]:
        """The definitions of the helpers."""
        return [self._helper(helper) for helper in self.all_helpers()]

    def definitions(self) -> list[str]:
        """Helpers, then the functions that apply operators, then the function itself."""
        return [*self.helper_sources(), *self.applications, self.function()]

    def function(self) -> str:
        """The definition of the function."""
        found, open_sizes = size_statements(self.parameters.symbols, self.parameters.sizes, self.names)
        scalars = [self.names.of("symbol", symbol.name) for symbol in self.parameters.symbols if not symbol.shape]
        if self.target == "torch":  # PyTorch's functions take tensors only
            like = "" if self.writer.like in scalars else self.writer.made_like()
            found = [f"{scalar} = torch.as_tensor({scalar}{like})" for scalar in scalars] + found
        arguments = [*(self.names.of("symbol", symbol.name) for symbol in self.parameters.symbols)]
        arguments += [self.names.of("function", user) for user in self.parameters.functions]
        arguments += [self.names.of("size", size) for size in open_sizes]
        statements = _without_unused([*found, *self.statements], self.results)
        lines = [f"def {self.name}({', '.join([*arguments, '**unused'])}):", *(f"    {line}" for line in statements)]
        if len(self.results) == 1:
            return "\n".join([*lines, f"    return {next(iter(self.results.values()))}"])
        fields = " ".join(identifier(key) for key in self.results)
        for key, code in self.results.items():
            if not code.isidentifier():
                lines.append(f"    {self._result_name(key)} = {code}")
        values = [code if code.isidentifier() else self._result_name(key) for key, code in self.results.items()]
        kind = "".join(part.capitalize() for part in self.name.split("_")) + "Results"
        return "\n".join([f'{kind} = namedtuple("{kind}", "{fields}")\n\n', *lines, f"    return {kind}({', '.join(values)})"])

    def _result_name(self, key: str) -> str:
        return self.names.of("result", key)


_serial = itertools.count(1)


def compile_source(source: str) -> Callable[..., Any]:
    """The function that a generated file defines.

    Raises MatcalcError when its library is not installed.
    """
    defined = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    if not defined:
        raise MatcalcError("the source defines no function")
    filename = f"<matcalc {defined[-1]} {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)  # so that tracebacks show it
    namespace: dict[str, Any] = {"__name__": f"matcalc_{defined[-1]}"}
    try:
        exec(compile(source, filename, "exec"), namespace)
    except ImportError as error:
        raise MatcalcError(f"the code needs a library that is not installed: {error.name}") from error
    result: Callable[..., Any] = namespace[defined[-1]]
    return result


def _without_unused(statements: list[str], results: Mapping[str, str]) -> list[str]:
    """The statements, without those that name what no later code uses: an identity whose size alone was needed."""
    kept: list[str] = []
    used = set(_WORD.findall(" ".join(results.values())))
    for statement in reversed(statements):
        name, _, code = statement.partition(" = ")
        if name in used:
            used.update(_WORD.findall(code))
            kept.append(statement)
    return kept[::-1]


def _captured(op: Op, argument: str) -> list[Op]:
    """Operations that do not depend on the argument, but are used by ones that do."""
    order = reachable([op])
    depends: set[Op] = set()
    for node in order:
        if (node.kind == "input" and node.data == argument) or any(operand in depends for operand in node.operands):
            depends.add(node)
    found: dict[Op, None] = {}
    for node in order:
        if node in depends or node is op:
            for operand in node.operands:
                if operand not in depends and operand.kind not in ("literal", "size", "pi", "eye"):
                    found.setdefault(operand)
    return list(found)


def _shape_of(output: Expr | LaidOut) -> Shape:
    return output.tensor.shape if isinstance(output, LaidOut) else output.shape


def _is_users(op: Op) -> bool:
    return op.data[0] not in computable()


def _symbols(outputs: Mapping[str, Output]) -> dict[str, Symbol]:
    """Every symbol of the outputs by name, in reading order."""
    found: dict[str, Symbol] = {}
    for output in outputs.values():
        plain = output.expression if isinstance(output, Operator) else output
        if isinstance(plain, LaidOut):
            for node in tensor_postorder(plain.tensor):
                if isinstance(node, TensorSymbol):
                    found.setdefault(node.name, Symbol(node.name, node.sizes, node.properties))
        else:
            for leaf in postorder(plain):
                if isinstance(leaf, Symbol):
                    found.setdefault(leaf.name, leaf)
    return found


def _shape_words(symbol: Symbol) -> str:
    return "×".join(str(size) for size in symbol.shape) if symbol.shape else "scalar"
