"""From expressions to the source text of a function that computes them."""

from __future__ import annotations

import ast
import itertools
import linecache
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from matcalc.base.budgets import SpentError, during
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.functions import computable
from matcalc.base.shapes import Shape, axes_of, sizes_text
from matcalc.base.sizes import Size, names_in
from matcalc.codegen.batching import over_leading_axis
from matcalc.codegen.calling import BATCH, Arguments, LeadingAxes, with_leading_axis
from matcalc.codegen.emission import oriented, without_unused, written_body
from matcalc.codegen.operations import CONSTANTS, Builder, Op
from matcalc.codegen.ordering import decided_by_lengths, reachable
from matcalc.codegen.requests import (
    Application,
    Check,
    File,
    Function,
    LaidOut,
    Names,
    Operator,
    Output,
    Parameters,
    Spread,
    identifier,
    size_statements,
)
from matcalc.codegen.selfcheck import self_check
from matcalc.codegen.sharding import in_sums, rounds, split_axis
from matcalc.codegen.sparse_masks import at_entries
from matcalc.codegen.targets import Target, target_named
from matcalc.codegen.targets.target import Writer
from matcalc.codegen.tensors import laid_out
from matcalc.codegen.translation import Translator, in_index_notation
from matcalc.einstein.nodes import Symbol as TensorSymbol, postorder as tensor_postorder
from matcalc.expr.block_arrays import displayed
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.expr.rewriting import symbols_in
from matcalc.facts.table import ARRAY_OF_COMPLEX
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
    batched: Sequence[str] = (),
    sparse: Sequence[str] = (),
) -> str:
    """The source of a Python file that defines ``name``, a function of the symbols of ``outputs``.

    Vectors are 1-D, in and out; sizes that no array fixes are integer keywords, other keywords are
    ignored. With several outputs the function returns a named tuple of them, and they share their
    common subexpressions. ``sizes`` are used to order products by cost, the code is right for all
    sizes. With ``check`` the file compares its outputs with finite differences when it is run.
    Symbols that are ``batched`` have an axis in front, and so do the outputs; those that are
    ``sparse`` are sparse matrices.

    Raises MatcalcError when there is no code for a function, LimitError for index products with too
    many indices.
    """
    kept = None if batched or sparse else check
    return generated(outputs, target, name=name, check=kept, sizes=sizes, batched=batched, sparse=sparse).source


def generated(
    outputs: Mapping[str, Output],
    target: str,
    *,
    name: str = "function",
    check: Check | None = None,
    sizes: Mapping[str, int] | None = None,
    others: Sequence[Symbol] = (),
    batched: Sequence[str] = (),
    sparse: Sequence[str] = (),
) -> Generated:
    """``generate``, with the parameters of the function.

    ``others`` are symbols that it may be called with too: a constant takes the dtype and the device
    of the first array among them. Symbols that are ``batched`` have an axis in front, and so do the
    results: one for each place along it. Those that are ``sparse`` are matrices of ``scipy.sparse``
    or BCOO, and what they multiply is computed at the entries of the first.
    """
    during("writing the code")
    language = target_named(target)
    if batched and not language.in_python:
        raise MatcalcError(f"{target} code does not take arrays with leading axes", expected="numpy, jax or torch")
    if not outputs:
        raise MatcalcError("no outputs were asked for")
    if check is not None and not others:
        others = [*symbols_in(check.source).values(), *(symbol for one in check.derivatives.values() for symbol in one.wrt)]
    if sparse and (batched or not language.in_python):
        raise MatcalcError("sparse matrices are for code without leading axes, for numpy or jax")
    written = _Function(outputs, language, name, sizes, others, batched, sparse)
    helpers, function, mapped, trial = written.helpers(), written.function(), written.mapped(), None
    modules = tuple(written.writer.imports)
    if check is not None:
        value = _Function({"value": check.varied}, target_named(language.name), "value", sizes, ())
        trial = self_check(check, outputs, (written.parameters, value.parameters), value.function(), language)
        helpers = {name: source for name, source in value.helpers().items() if name not in helpers} | helpers
        modules += tuple(value.writer.imports)
    file = File(written.lines(), helpers, modules, tuple(written.applications), function, trial, mapped)
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
        self,
        outputs: Mapping[str, Output],
        target: Target,
        name: str,
        sizes: Mapping[str, int] | None,
        others: Sequence[Symbol],
        batched: Sequence[str] = (),
        sparse: Sequence[str] = (),
    ) -> None:
        self.outputs, self.target, self.name = outputs, target, name
        self.batched, self.sparse = tuple(batched), tuple(sparse)
        of_complex = any(ARRAY_OF_COMPLEX in symbol.properties for symbol in symbols_of_outputs(outputs).values())
        self.builder = Builder(fresh_first=target.reuses_memory, complex=of_complex)
        self.ops = self._operations(sizes)
        self.rounds = None
        if target.split is not None and (self.batched or self.sparse):
            raise MatcalcError("code with leading axes or sparse arrays is not split over devices", suggestion="shard alone")
        if target.split is not None:
            self.ops = in_sums(self.builder, self.ops, target.split)
            self.rounds = rounds(self.ops, target.split)
        self.operators = {key: output for key, output in outputs.items() if isinstance(output, Operator)}
        self.captured = {key: _captured(self.ops[key], output.argument.name) for key, output in self.operators.items()}
        self.names = Names(target.identifier)
        self.used_sizes: dict[str, None] = {}
        self.applications: list[Application] = []
        order = reachable(list(self.ops.values()))
        users = _users(order)
        # Of a constant: an array says where it is to be, and of what type.
        symbols = self.symbols = self._used() or (target.guides(others)[:1] if target.asks_for_guides else [])
        named = [*(("symbol", symbol.name) for symbol in symbols), *(("function", user) for user in users)]
        named += [("size", size) for size in sorted(names_in([size for op in order for size in op.shape]))]
        for kind, one in [*named, *(("symbol", name) for name in sorted({one.argument.name for one in self.operators.values()}))]:
            self.names.of(kind, one)
        like = next((self.names.of("symbol", symbol.name) for symbol in target.guides(symbols)), None)
        self.writer = Writer(target, self._name, like, counted=self._counted)
        self.statements, self.results = self._body()
        self.symbols = symbols
        parameters = with_leading_axis(symbols, self.batched)
        self.parameters = Parameters(tuple(parameters), users, tuple(self.used_sizes), self.names)

    def _used(self) -> list[Symbol]:
        """The symbols that the code uses, in reading order."""
        roots = [op for key, op in self.ops.items() if key not in self.operators]
        used = {op.data for op in reachable(roots + [op for ops in self.captured.values() for op in ops]) if op.kind == "input"}
        return [symbol for symbol in symbols_of_outputs(self.outputs).values() if symbol.name in used]

    def _operations(self, sizes: Mapping[str, int] | None) -> dict[str, Op]:
        plain = {key: _plain(output) for key, output in self.outputs.items()}
        expressions = {key: output for key, output in plain.items() if isinstance(output, Expr)}
        forms = [displayed(form, in_index_notation, named=False) for form in stable(*expressions.values())]
        rewritten = dict(zip(expressions, forms, strict=True))
        translator = Translator(self.builder, list(rewritten.values()), sizes, symmetric_products=self.target.reuses_memory)
        ops: dict[str, Op] = {}
        # Numbers last: the products of matrices that the others need anyway may do for them too.
        for key, output in sorted(plain.items(), key=lambda pair: not _shape_of(pair[1])):
            if isinstance(output, LaidOut):
                ops[key] = laid_out(self.builder, output, translator.extents)
            else:
                ops[key] = translator.exact(rewritten[key])
        ops = oriented(self.builder, {key: ops[key] for key in plain})
        order = reachable(list(ops.values()))
        used = {op.data: op for op in order if op.kind == "input"}
        sparse = [name for name in self.sparse if name in used]
        if any(used[name].order != 2 for name in sparse):
            raise MatcalcError("only a matrix can be sparse")
        if sparse:
            ops = at_entries(self.builder, order, ops, sparse)
        if self.batched and not self.target.mapping:
            shapes = {
                symbol.name: axes_of(symbol.shape)
                for symbol in symbols_of_outputs(self.outputs).values()
                if symbol.name in self.batched
            }
            ops = over_leading_axis(self.builder, ops, shapes, BATCH)
        if not self.target.chooses:
            return ops
        # What an operator captures is computed once, in whatever order it is applied.
        applied = [op for key, op in ops.items() if isinstance(self.outputs[key], Operator)]
        return decided_by_lengths(self.builder, ops, set(reachable(applied)), dict(sizes or {}))

    def _name(self, kind: str, name: str) -> str:
        if kind == "size" and name in self.target.keywords:
            return name
        if kind == "size":
            self.used_sizes.setdefault(name)
        return self.names.of(kind, name)

    def _counted(self, size: Size) -> Size:
        """A size as a number: where devices share arrays, one of them sees a part of each."""
        if self.rounds is None or self.rounds.size not in size.names:
            return size
        whole = Size.of(self.rounds.size) * Size.of(self.target.keywords[0])
        return size.replaced({self.rounds.size: whole})

    # ------------------------------------------------------------ the body

    def _body(self) -> tuple[list[str], dict[str, str]]:
        wanted = {key: op for key, op in self.ops.items() if key not in self.operators}
        wanted |= {f"{key}/{k}": op for key, captured in self.captured.items() for k, op in enumerate(captured)}
        rows = {key for key, output in self.outputs.items() if isinstance(output, Expr) and output.is_row}
        totals, added = self._totals()
        body = written_body(wanted, self.writer, self.names, totals, rows=rows)
        body.statements[:0] = added
        body.statements[:0] = self._typing([self.names.of("symbol", symbol.name) for symbol in self.symbols])
        results = {key: code for key, code in body.results.items() if "/" not in key}
        for key, captured in self.captured.items():
            codes = [body.results[f"{key}/{k}"] for k in range(len(captured))]
            results[key] = self._operator(key, self.operators[key], codes, body.statements)
        return body.statements, {key: results[key] for key in self.outputs}

    def _totals(self) -> tuple[dict[Op, str], list[str]]:
        """The names of what devices add up, and the statements that do it."""
        given: dict[Op, str] = {}
        statements: list[str] = []
        for sums in () if self.rounds is None else self.rounds.sums:
            body = written_body({f"/{k}": op for k, op in enumerate(sums)}, self.writer, self.names, given)
            names = [self.names.fresh() for _ in sums]
            statements += [*body.statements, self.target.added_up(names, [body.results[f"/{k}"] for k in range(len(sums))])]
            given |= dict(zip(sums, names, strict=True))
        return given, statements

    def _typing(self, names: Sequence[str]) -> list[str]:
        """The statement that sets the type which arrays of these names have together, where it is
        used."""
        typed = self.writer.typed
        sparse = {self.names.of("symbol", name) for name in self.sparse}
        shown = [f"{name}.dtype" if name in sparse else name for name in names]
        return [] if typed is None else [f"{typed} = {self.target.common_type(shown)}"]

    def _operator(self, key: str, output: Operator, codes: list[str], statements: list[str]) -> str:
        """Defines the function that applies an operator, and gives the code that binds what it
        captures."""
        given: dict[Op, str] = {}
        for op, code in zip(self.captured[key], codes, strict=True):
            given[op] = self.names.of("symbol", op.data) if op.kind == "input" else code
            if not given[op].isidentifier():
                given[op] = self.names.fresh()
                statements.append(f"{given[op]} = {code}")
        before = dict(self.used_sizes)
        self.used_sizes.clear()
        argument = self.names.of("symbol", output.argument.name)
        outer = self.writer.like, self.writer.typed
        self.writer.like, self.writer.typed = argument if output.argument.shape else self.writer.like, None
        body = written_body({key: self.ops[key]}, self.writer, self.names, given)
        typing = self._typing([argument, *given.values()])
        self.writer.like, self.writer.typed = outer
        found, open_sizes = size_statements([output.argument], list(self.used_sizes), self.names, self.target)
        self.used_sizes = {**before, **dict.fromkeys(open_sizes)}
        bound = [*given.values(), *(self.names.of("size", size) for size in open_sizes)]
        result = body.results[key]
        inner = tuple(without_unused([*found, *typing, *body.statements], [result]))
        made = Application(self.target.helper_name(f"apply_{identifier(key)}"), tuple(bound), argument, inner, result)
        self.applications.append(made)
        return self.target.applied(made, self.writer)

    # ------------------------------------------------------------ the file

    def lines(self) -> tuple[str, ...]:
        """What is said about the file: the formulas, and the shapes of the parameters."""
        lines = []
        for key, output in self.outputs.items():
            expression = _plain(output)
            if isinstance(expression, Expr):
                shown = _comment(expression)
                if shown and "\\" not in shown and '"""' not in shown:
                    applied = f"(applied to {output.argument.name}) " if isinstance(output, Operator) else ""
                    lines.append(f"{key} {applied}= {shown}")
        if self.batched:
            lines.append(f"for each place along the leading axis of {', '.join(self.batched)}")
        if self.rounds is not None:
            count = len(self.rounds.sums)
            lines.append(f"split over devices along {self.rounds.size}: {count or 'no'} all-reduce{'s' if count > 1 else ''}")
        shapes = "; ".join(f"{symbol.name}: {sizes_text(symbol.shape) or 'scalar'}" for symbol in self.parameters.symbols)
        return (*lines, f"where {shapes}") if shapes else tuple(lines)

    def helpers(self) -> dict[str, str]:
        """The sources of the helpers, in the order in which they are to be defined."""
        found: dict[str, str] = {}
        for helper in self.writer.helpers:
            for name in (*self.target.needed_helpers(helper), helper):
                source = self.target.helper_source(name)
                found.setdefault(name, self.target.elementwise_source(name) if source is None else source)
        return found

    def mapped(self) -> tuple[str, ...]:
        """The parameters that the function is mapped over by the library."""
        if not self.target.mapping:
            return ()
        found = tuple([self.names.of("symbol", symbol.name) for symbol in self.symbols if symbol.name in self.batched])
        if self.batched and not found:
            raise MatcalcError(f"the result does not depend on {', '.join(self.batched)}")
        if found:
            self.writer.imports.setdefault(self.target.mapping.partition(".")[0])
        return found

    def function(self) -> Function:
        """The function itself."""
        names = self.names
        symbols = self.symbols if self.target.mapping else self.parameters.symbols
        found, open_sizes = size_statements(symbols, self.parameters.sizes, names, self.target)
        return Function(
            self.name,
            {names.of("symbol", symbol.name): symbol for symbol in symbols},
            tuple([names.of("function", user) for user in self.parameters.functions]),
            tuple([names.of("size", size) for size in open_sizes]),
            (*found, *self.statements),
            self.results,
            {key: code if code.isidentifier() else names.of("result", key) for key, code in self.results.items()},
            self.writer.like,
            None if self.rounds is None else self._spread(self.rounds.size),
        )

    def _spread(self, size: str) -> Spread:
        """Which axes are split."""
        parameters = {
            self.names.of("symbol", symbol.name): split_axis(symbol.name, axes_of(symbol.shape), size)
            for symbol in self.parameters.symbols
        }
        return Spread(size, parameters, {key: split_axis("a result", op.shape, size) for key, op in self.ops.items()})


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
        library = (error.name or "").partition(".")[0]
        raise MatcalcError(
            f"the code needs a library that is not installed: {error.name}",
            suggestion=f"pip install {library}" if library else None,
        ) from error
    return cast("Callable[..., Any]", namespace[defined[-1]])


def _captured(op: Op, argument: str) -> list[Op]:
    """Operations that do not depend on the argument, but are used by ones that do."""
    order = reachable([op])
    depends = _dependent(order, argument)
    used = [operand for node in order if node in depends or node is op for operand in node.operands if operand not in depends]
    return [operand for operand in dict.fromkeys(used) if operand.kind not in (*CONSTANTS, "eye")]


def _dependent(order: Sequence[Op], argument: str) -> set[Op]:
    depends: set[Op] = set()
    for node in order:
        if (node.kind == "input" and node.data == argument) or not depends.isdisjoint(node.operands):
            depends.add(node)
    return depends


def _plain(output: Output) -> Expr | LaidOut:
    return output.expression if isinstance(output, Operator) else output


def _shape_of(output: Expr | LaidOut) -> Shape:
    return output.tensor.shape if isinstance(output, LaidOut) else output.shape


def _users(order: Sequence[Op]) -> tuple[str, ...]:
    """The functions of the user's own."""
    whole = {op.data[0] for op in order if op.kind == "call"} - computable().keys()
    return tuple(sorted({op.data for op in order if op.kind == "user"} | whole))


def symbols_of_outputs(outputs: Mapping[str, Output]) -> dict[str, Symbol]:
    """Every symbol of the outputs by name, in reading order."""
    found: dict[str, Symbol] = {}
    for plain in map(_plain, outputs.values()):
        if isinstance(plain, LaidOut):
            tensors = [node for node in tensor_postorder(plain.tensor) if isinstance(node, TensorSymbol)]
            leaves = [Symbol(node.name, node.sizes, node.properties) for node in tensors]
        else:
            leaves = [leaf for leaf in postorder(plain) if isinstance(leaf, Symbol)]
        for leaf in leaves:
            found.setdefault(leaf.name, leaf)
    return found


def function(
    outputs: Mapping[str, Output],
    target: str,
    *,
    name: str = "function",
    sizes: Mapping[str, int] | None = None,
    others: Sequence[Symbol] = (),
    batched: Sequence[str] = (),
    sparse: Sequence[str] = (),
) -> Callable[..., Any]:
    """The generated function, compiled, taking the symbols as keyword arguments under their own
    names.

    A size that no array fixes is a keyword integer, or is read off the arrays of ``others``,
    symbols that the code itself does not use. Vectors may be given as ``(n, 1)`` or ``(1, n)`` too.
    Works on tracers: it may be jitted, and mapped over batches. The callable raises ShapeError for
    arrays that do not fit, MatcalcError for a missing argument or a singular matrix.
    """
    library = target_named(target)
    if not library.in_python:
        raise MatcalcError(f"{target} code does not run in Python", suggestion=f'code("{target}"), which is its source text')
    made = generated(outputs, target, name=name, sizes=sizes, others=others, batched=batched, sparse=sparse)
    compiled = compile_source(made.source)
    arguments = Arguments(made.parameters, library, with_leading_axis(others, batched), sparse)
    failures = library.failures()
    keywords = [name for name in library.keywords if name not in arguments.needed]
    leading = LeadingAxes(
        [one for one in {**symbols_of_outputs(outputs), **{s.name: s for s in others}}.values() if one.name in batched], library
    )

    def call(**values: Any) -> Any:
        values, axes = leading.joined(values) if batched else (values, (0,))
        given = arguments.checked(values)
        try:
            more = {name: values[name] for name in keywords if name in values}
            result = arguments.typed(compiled(**given, **more), values)
            return result if len(axes) == 1 else leading.apart(result, axes)
        except MemoryError as error:
            raise LimitError(f"an array is too large for the memory: {error}") from error
        except failures as error:
            raise MatcalcError(f"the function cannot be computed at this point: {error}") from error

    call.__name__ = name
    call.__doc__ = made.source
    return call
