"""From expressions to the source text of a function that computes them."""

from __future__ import annotations

import ast
import itertools
import linecache
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcalc.base.budgets import SpentError, during
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.functions import computable
from matcalc.base.sizes import Shape, names_in, sizes_text
from matcalc.codegen.emission import oriented, reachable, written_body
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.requests import Check, LaidOut, Names, Operator, Output, Parameters, identifier, size_statements
from matcalc.codegen.selfcheck import self_check
from matcalc.codegen.targets import Target, target_named
from matcalc.codegen.targets.target import Application, File, Function, Writer, without_unused
from matcalc.codegen.tensors import laid_out
from matcalc.codegen.translation import Translator
from matcalc.einstein.nodes import Symbol as TensorSymbol
from matcalc.einstein.nodes import postorder as tensor_postorder
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.expr.rewriting import symbols_in
from matcalc.printing import text as printed
from matcalc.stable.replacement import stable

_WIDEST_COMMENT = 200


@dataclass(frozen=True, slots=True)
class Generated:
    """A source text, and what its function takes."""

    source: str
    parameters: Parameters


def generate(
    outputs: Mapping[str, Output],
    target: str,
    *,
    name: str = "function",
    check: Check | None = None,
    sizes: Mapping[str, int] | None = None,
) -> str:
    """The source of a Python file that defines ``name``, a function of the symbols of ``outputs``.

    Vectors are 1-D, in and out; sizes that no array fixes are integer keywords, other keywords are
    ignored. With several outputs the function returns a named tuple of them, and they share their
    common subexpressions. ``sizes`` are used to order products by cost, the code is right for all
    sizes. With ``check`` the file compares its outputs with finite differences when it is run.

    Raises MatcalcError when there is no code for a function, LimitError for index products with too
    many indices.
    """
    return generated(outputs, target, name=name, check=check, sizes=sizes).source


def generated(
    outputs: Mapping[str, Output],
    target: str,
    *,
    name: str = "function",
    check: Check | None = None,
    sizes: Mapping[str, int] | None = None,
    others: Sequence[Symbol] = (),
) -> Generated:
    """``generate``, with the parameters of the function.

    ``others`` are symbols that it may be called with too: a constant takes the dtype and the device
    of the first array among them.
    """
    during("writing the code")
    language = target_named(target)
    if not outputs:
        raise MatcalcError("no outputs were asked for")
    if check is not None and not others:
        others = [*symbols_in(check.source).values(), *(symbol for one in check.derivatives.values() for symbol in one.wrt)]
    written = _Function(outputs, language, name, sizes, others)
    helpers, function, trial = written.helpers(), written.function(), None
    modules = tuple(written.writer.imports)
    if check is not None:
        value = _Function({"value": check.varied}, language, "value", sizes, ())
        trial = self_check(check, outputs, (written.parameters, value.parameters), value.function(), language)
        helpers = {name: source for name, source in value.helpers().items() if name not in helpers} | helpers
        modules += tuple(value.writer.imports)
    file = File(written.lines(), helpers, modules, tuple(written.applications), function, trial)
    return Generated(language.file(file), written.parameters)


def _comment(expression: Expr) -> str:
    """The formula of an output; nothing where it is long, or where parts used many times make it
    endless."""
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
        self, outputs: Mapping[str, Output], target: Target, name: str, sizes: Mapping[str, int] | None, others: Sequence[Symbol]
    ) -> None:
        self.outputs = outputs
        self.target = target
        self.name = name
        self.builder = Builder(fresh_first=target.reuses_memory)
        self.ops = self._operations(sizes)
        self.names = Names(target.identifier)
        self.symbols = _symbols(outputs)
        self.operators = {key: self.ops[key] for key, output in outputs.items() if isinstance(output, Operator)}
        arguments = {output.argument.name for output in outputs.values() if isinstance(output, Operator)}
        order = reachable(list(self.ops.values()))
        roots = [op for key, op in self.ops.items() if key not in self.operators]
        for key, output in outputs.items():
            if isinstance(output, Operator):
                roots += _captured(self.ops[key], output.argument.name)
        used = {op.data for op in reachable(roots) if op.kind == "input"}
        users = sorted(
            {op.data for op in order if op.kind == "user"} | {op.data[0] for op in order if op.kind == "call" and _is_users(op)}
        )
        symbols = [symbol for symbol in self.symbols.values() if symbol.name in used]
        symbols = symbols or target.guides(others)[:1]  # a constant: an array says where it is to be, and of what type
        for symbol in symbols:
            self.names.of("symbol", symbol.name)
        for user in users:
            self.names.of("function", user)
        self.used_sizes: dict[str, None] = {}
        for size_name in sorted(names_in([size for op in order for size in op.shape])):
            self.names.of("size", size_name)
        for argument in sorted(arguments):
            self.names.of("symbol", argument)
        like = next((self.names.of("symbol", symbol.name) for symbol in target.guides(symbols)), None)
        self.writer = Writer(target, self._name, like)
        self.applications: list[Application] = []
        statements, results = self._body()
        self.parameters = Parameters(tuple(symbols), tuple(users), tuple(self.used_sizes), self.names)
        self.statements = statements
        self.results = results

    def _operations(self, sizes: Mapping[str, int] | None) -> dict[str, Op]:
        plain = {key: output.expression if isinstance(output, Operator) else output for key, output in self.outputs.items()}
        expressions = {key: output for key, output in plain.items() if isinstance(output, Expr)}
        rewritten = dict(zip(expressions, stable(*expressions.values()), strict=True))
        translator = Translator(self.builder, list(rewritten.values()), sizes, symmetric_products=self.target.reuses_memory)
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
        rows = {key for key, output in self.outputs.items() if isinstance(output, Expr) and output.is_row}
        body = written_body(wanted, self.writer, self.names, rows=rows)
        results = {key: code for key, code in body.results.items() if "/" not in key}
        for key, operands in captured.items():
            results[key] = self._operator(
                key, operands, [body.results[f"{key}/{k}"] for k in range(len(operands))], body.statements
            )
        return body.statements, {key: results[key] for key in self.outputs}

    def _operator(self, key: str, captured: list[Op], codes: list[str], statements: list[str]) -> str:
        """Defines the function that applies an operator, and gives the code that binds what it
        captures."""
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
        found, open_sizes = size_statements([output.argument], list(self.used_sizes), self.names, self.target)
        self.used_sizes = {**before, **dict.fromkeys(open_sizes)}
        bound = [*(given[op] for op in captured), *(self.names.of("size", size) for size in open_sizes)]
        result = body.results[key]
        inner = tuple(without_unused([*found, *body.statements], [result]))
        made = Application(self.target.helper_name(f"apply_{identifier(key)}"), tuple(bound), argument, inner, result)
        self.applications.append(made)
        return self.target.applied(made, self.writer)

    # ------------------------------------------------------------ the file

    def lines(self) -> tuple[str, ...]:
        """What is said about the file: the formulas, and the shapes of the parameters."""
        lines = []
        for key, output in self.outputs.items():
            expression = output.expression if isinstance(output, Operator) else output
            if isinstance(expression, Expr):
                shown = _comment(expression)
                if shown and "\\" not in shown and '"""' not in shown:
                    applied = f"(applied to {output.argument.name}) " if isinstance(output, Operator) else ""
                    lines.append(f"{key} {applied}= {shown}")
        shapes = "; ".join(f"{symbol.name}: {_shape_words(symbol)}" for symbol in self.parameters.symbols)
        return (*lines, f"where {shapes}") if shapes else tuple(lines)

    def helpers(self) -> dict[str, str]:
        """The sources of the helpers, in the order in which they are to be defined."""
        found: dict[str, str] = {}
        for helper in self.writer.helpers:
            for name in (*self.target.needed_helpers(helper), helper):
                source = self.target.helper_source(name)
                found.setdefault(name, self.target.elementwise_source(name) if source is None else source)
        return found

    def function(self) -> Function:
        """The function itself."""
        names = self.names
        found, open_sizes = size_statements(self.parameters.symbols, self.parameters.sizes, names, self.target)
        return Function(
            self.name,
            {names.of("symbol", symbol.name): symbol for symbol in self.parameters.symbols},
            tuple([names.of("function", user) for user in self.parameters.functions]),
            tuple([names.of("size", size) for size in open_sizes]),
            (*found, *self.statements),
            self.results,
            {key: code if code.isidentifier() else names.of("result", key) for key, code in self.results.items()},
            self.writer.like,
        )


_serial = itertools.count(1)


def compile_source(source: str) -> Callable[..., Any]:
    """The function that a generated file defines.

    Raises MatcalcError when its library is not installed.
    """
    defined = [
        node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
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
    return sizes_text(symbol.shape) if symbol.shape else "scalar"
