"""Calls as programs write them: ``sum(X, axis=0)``, ``norm(X, 'fro')``, ``x.dot(y)``,
``einsum("ij,j->i", A, x)``.

A call of a dialect is turned into a call of the language, or opened as the formula that
``rules/dialects.toml`` has for it. An axis is one of NumPy's: ``first``, ``second`` or ``last``; of
a vector, which has one, the first is the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from matcalc.base.errors import ParseError
from matcalc.base.files import stored_table
from matcalc.base.functions import functions, of_entries, spellings
from matcalc.base.lazy import later
from matcalc.base.records import record, replace
from matcalc.base.sizes import ONE, Size
from matcalc.language.build import terms as t
from matcalc.language.build.call_templates import (
    check_option,
    fitted_arguments,
    is_taken_along,
    option_text,
    parameter_names,
    template_of,
    whole_number,
)
from matcalc.language.build.calls import CallBuilder
from matcalc.language.build.einsum import summed_products
from matcalc.language.build.scope import Scope
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import number_in
from matcalc.language.text.dialects import of_lists, templates, ways_to_call
from matcalc.language.text.spelling import STRUCTURAL
from matcalc.language.text.terminals import WRITTEN_OUT
from matcalc.language.typing import kind_relations
from matcalc.language.typing.dimensions import Dimension, Unknown
from matcalc.language.typing.kinds import COLUMN, MATRIX, SCALAR

if TYPE_CHECKING:
    from matcalc.language.build import complex_calls
    from matcalc.language.text import meanings
else:
    complex_calls = later("matcalc.language.build.complex_calls")
    meanings = later("matcalc.language.text.meanings")


_AXIS_WORDS = frozenset(["axis", "dim", "dims"])
_KEEPING = frozenset(["keepdims", "keepdim"])
_AXES = {0: "first", 1: "second", -1: "last", -2: "first"}
_DIRECTIONS = {"first": "cols", "second": "rows", "last": "rows", "rows": "rows", "cols": "cols"}
_BY_LESS = {"ddof": ("1",), "correction": ("1",), "unbiased": ("True", "true"), "corrected": ("True", "true")}
"""Options that say of a variance that it is that of a sample, divided by n - 1."""
_OF_TORCH = ("dim", "keepdim", "unbiased")
"""Options that only PyTorch has."""
_OF_PROGRAMS = frozenset([s.Keyword, s.Listed])
"""Arguments that only programs have."""
_SIZES = frozenset(["len", "size", "length", "numel", "shape"])


@record
class _Meant:
    """A call in the terms of the language: a call, or a formula of which the parameters are its
    arguments."""

    node: s.Applied
    formula: s.Syntax | None = None
    parameters: tuple[str, ...] = ()


@cache
def _general_names() -> Mapping[str, str]:
    """The functions that a module has in a meaning of its own, by their names in the table."""
    table = stored_table("dialects")["modules"]["of_their_own"]
    return {own: name.rpartition(".")[2] for name, own in table.items()}


_DIVIDING_BY_LESS = {"matlab": "MATLAB", "julia": "Julia"}


class DialectBuilder(CallBuilder):
    """The builder with the calls of dialects."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._meanings: dict[s.Applied, _Meant] = {}

    # ------------------------------------------------------------ what a call means

    def _meant(self, node: s.Applied) -> _Meant:
        found = self._meanings.get(node)
        if found is None:
            usual = node.function not in templates("math") and _OF_PROGRAMS.isdisjoint(map(type, node.arguments))
            plain = self.depth or (self.written.dialect == "math" and usual)
            found = self._meanings[node] = _Meant(self._with_dimension(node)) if plain else self._translated(node)
        return found

    def _translated(self, node: s.Applied) -> _Meant:
        name, asked = node.function, node
        arguments, options = _unpacked(node)
        own = stored_table("dialects")["modules"]["of_their_own"].get(f"torch.{name}")
        if own is not None and not options.keys().isdisjoint(_OF_TORCH):  # X.std(dim=0), of which no module is named
            return self._translated(replace(node, function=own))
        words = self._axis_words(node, options)
        if node.function == "norm" and words:
            return _Meant(self._norms_along(node, arguments, options, words))
        node = replace(node, arguments=(*arguments, *words))
        if self.is_users(name) or name in self.scope.definitions:
            return _Meant(node)
        ways = ways_to_call(self.written.dialect, name)
        along = tuple([word.word for word in words if isinstance(word, s.Word)])
        usable = [way for way in ways if not along or is_taken_along(way)]
        tried = ((way, fitted_arguments(way, arguments, options)) for way in usable)
        fitting = next(((way, given) for way, given in tried if given is not None), None)
        if name in _OF_ROWS and _is_of_lists(node) and self.written.dialect == "numpy" and not options.keys() - {"dtype"}:
            return _Meant(_OF_ROWS[name](node))
        if fitting is None and name in _general_names():
            return self._translated(replace(asked, function=_general_names()[name]))
        if fitting is not None:
            way, given = fitting
            tree = template_of(way.formula, parameter_names(way), along)
            return _Meant(replace(node, arguments=given), tree, parameter_names(way))
        own = templates(self.written.dialect).get(name, ()) if self.written.dialect != "math" else ()
        places = sum(not isinstance(argument, s.Word) for argument in arguments)
        counted = any(len(way.parameters) <= places for way in own)
        return _Meant(self._known(node, options, counted))

    def _known(self, node: s.Applied, options: dict[str, s.Keyword], counted: bool) -> s.Applied:
        """A call of a function of the language with the options of a program."""
        if node.function == "norm":
            node = self._norm_with_order(node, options)
        told = [option.span for option in options.values() if _is_of_sample(node, option)]
        for option in options.values():
            if option.span not in told:
                check_option(option)
        if counted and node.function not in STRUCTURAL:
            raise ParseError(
                f"{node.function} is not read with these arguments", span=node.span, suggestion=self._example(node.function)
            )
        node = self._with_dimension(node)
        return replace(node, arguments=(*node.arguments, s.Word(told[0], "sample"))) if told else node

    def _example(self, function: str) -> str:
        way = max(ways_to_call(self.written.dialect, function), key=lambda way: len(way.parameters))
        return f"{function}({', '.join([*way.parameters, *way.defaults])})"

    def _norm_with_order(self, node: s.Applied, options: dict[str, s.Keyword]) -> s.Applied:
        order = options.pop("ord", None) or options.pop("p", None)
        if order is None:
            return node
        first, *rest = node.arguments
        return replace(node, arguments=(first, order.value, *rest))

    def _norms_along(
        self, node: s.Applied, arguments: tuple[s.Syntax, ...], options: dict[str, s.Keyword], words: tuple[s.Syntax, ...]
    ) -> s.Applied:
        """``norm(X, axis=1)``: the norm of each row as sums along an axis."""
        order = options.pop("ord", None) or options.pop("p", None)
        number = (
            whole_number(order.value if order is not None else arguments[1]) if order is not None or len(arguments) == 2 else 2
        )
        place = node.span
        if number == 1:
            return replace(node, function="sum", arguments=(s.Applied(place, "abs", arguments[:1], place), *words))
        if number != 2:
            raise ParseError("only norms of order 1 and 2 are read along an axis", span=place, suggestion="norm(X, axis=1)")
        entries = s.Applied(place, "abs", arguments[:1], place) if self.scope.complex else arguments[0]
        squares = s.Raised(place, entries, s.NumberLiteral(place, Fraction(2)), True)
        return replace(node, function="sqrt", arguments=(s.Applied(place, "sum", (squares, *words), place),))

    # ------------------------------------------------------------ axes

    def _axis_words(self, node: s.Applied, options: dict[str, s.Keyword]) -> tuple[s.Syntax, ...]:
        """The axis that options name, and whether it is kept, as words of the language."""
        if node.function in of_lists():
            return ()
        named = [options.pop(word) for word in [*options] if word in _AXIS_WORDS]
        if len(named) > 1:
            raise ParseError("the axis is given twice", span=named[1].span, suggestion=f"{node.function}(X, axis=0)")
        kept = [options.pop(word) for word in [*options] if word in _KEEPING]
        if not named or _is_word(named[0].value, "None"):
            return ()
        option = named[0]
        from_one = option.name == "dims"  # Julia's
        axis = self._axis(node, option, from_one)
        keeps = from_one or (bool(kept) and not _is_word(kept[0].value, "False"))
        return tuple([s.Word(option.span, word) for word in ([axis, "kept"] if keeps else [axis])])

    def _axis(self, node: s.Applied, option: s.Keyword, from_one: bool) -> str:
        axis = whole_number(option.value)
        if axis is None or (axis - from_one) not in _AXES:
            said = (
                "one axis of a matrix is summed over" if isinstance(option.value, s.Listed) else "a matrix has the axes 0 and 1"
            )
            raise ParseError(
                said, span=option.span, suggestion=f"{node.function}(X, axis=0), or {node.function}(X) for all entries"
            )
        return _AXES[axis - from_one]

    def _with_dimension(self, node: s.Applied) -> s.Applied:
        """``sum(X, 1)``: an axis of NumPy, counted from 0, or a dimension of MATLAB, counted from
        1."""
        if len(node.arguments) != 2 or not self._has_axis(node.function) or self.depth:
            return node
        second = node.arguments[1]
        if isinstance(second, s.Word) and second.word == "all":
            return replace(node, arguments=node.arguments[:1])
        number = whole_number(second)
        if number is None or self.summed_index(node) is not None or self._goes_by_entries_of_both(node):
            return node
        self._refuse_weight(node)
        from_zero = self._counts_from_zero(node, number)
        axis = number if from_zero else number - 1
        if axis not in _AXES or (axis < 0 and not from_zero):
            raise ParseError(
                "a matrix has the axes 0 and 1" if from_zero else "the dimensions of a matrix are 1 and 2",
                span=second.span,
                suggestion=f"{node.function}(X, rows), {node.function}(X, cols)",
            )
        kept = () if from_zero else (s.Word(second.span, "kept"),)
        return replace(node, arguments=(node.arguments[0], s.Word(second.span, _AXES[axis]), *kept))

    def _refuse_weight(self, node: s.Applied) -> None:
        """Raises ParseError for the number in ``std(x, 1)``, which is an axis in NumPy only."""
        entry = functions().get(spellings().get(node.function, ""))
        if entry is not None and entry.definition_sample and self.written.dialect != "numpy":
            name = node.function
            raise ParseError(
                "the number is an axis in NumPy, and says by what is divided in MATLAB",
                span=node.arguments[1].span,
                suggestion=f"{name}(X, rows), {name}(X, cols), or {name}(x, sample) for a division by n - 1",
            )

    def _goes_by_entries_of_both(self, node: s.Applied) -> bool:
        """``max(X, 1)``, which is the larger of each entry and 1 but in NumPy."""
        return spellings().get(node.function) in of_entries() and self.written.dialect != "numpy"

    def _counts_from_zero(self, node: s.Applied, number: int) -> bool:
        """Whether the number behind a comma is an axis of NumPy, and no dimension of MATLAB or
        Julia."""
        if self.written.dialect in ("numpy", "matlab", "julia"):
            return self.written.dialect == "numpy"
        if number != 1:
            return number < 1
        ours = spellings().get(node.function) in ("softmax", "logsumexp")  # which MATLAB has not
        name, along = ("NumPy", "rows") if ours else ("MATLAB", "cols")
        self.decide(
            f"{node.function}(X, 1) is read as {name}'s: {node.function}(X, {along})",
            "dialect",
            "doubtful",
            span=self.place(node.span),
            instead=(f"for every column: {node.function}(X, cols)", f"for every row: {node.function}(X, rows)"),
        )
        return ours

    # ------------------------------------------------------------ building

    def argument_terms(self, node: s.Applied) -> list[s.Syntax]:
        meant = self._meant(node)
        if meant.formula is not None:
            return list(meant.node.arguments)
        if node.function == "einsum":
            return list(meant.node.arguments[1:])
        if node.function in _SIZES and not self.is_users(node.function):
            return list(meant.node.arguments[:1])
        return super().argument_terms(meant.node)

    def call(self, node: s.Applied, arguments: list[t.Term]) -> t.Term:
        meant = self._meant(node)
        node = meant.node
        if meant.formula is not None:
            self.evidence = True
            if self.scope.complex:
                complex_calls.require_plain(self, meant.formula, node, arguments)
            return self._opened(meant.formula, dict(zip(meant.parameters, arguments, strict=True)), {}, node.span)
        if node.function == "einsum" and not self.is_users("einsum"):
            letters = frozenset([*self.scope.variables, *self.scope.values, *self.scope.declarations])
            tree, parameters = summed_products(node, letters)
            return self._opened(tree, dict(zip(parameters, arguments, strict=True)), {}, node.span)
        if node.function in _SIZES and not self.is_users(node.function):
            return self._size_of(node, arguments)
        self._note_convention(node, arguments)
        words = [argument.word for argument in node.arguments if type(argument) is s.Word]
        if words and (words[0] in _AXES.values() or (words[0] in _DIRECTIONS and len(words) > 1)):
            return self._along(node, arguments, words[0], words[1:])
        return super().call(node, arguments)

    def _note_convention(self, node: s.Applied, arguments: list[t.Term]) -> None:
        """What a variance is divided by, and that MATLAB's sum(X) is that of each column."""
        name, dialect = node.function, self.written.dialect
        entry = functions().get(spellings().get(name, ""))
        if self.depth or self.is_users(name) or not arguments:
            return
        operand, place = arguments[0], self.place(node.span)
        if entry is not None and entry.definition_sample:
            told = "R" if name == "sd" else _DIVIDING_BY_LESS.get(dialect, "")
            other = f"that of {told} divides by n - 1" if told else f"by n - 1: {name}(x, sample)"
            if dialect != "numpy" and not any(_is_word(argument, "sample") for argument in node.arguments):
                self.decide(f"{name} divides by n; {other}", "dialect", span=place)
        elif name in ("sum", "mean") and dialect == "matlab" and len(node.arguments) == 1 and not any(self._summed_up[:-1]):
            self.decide(
                f"{name} of a matrix is read as that of all entries; MATLAB's, for every column, is {name}(X, 1)",
                "dialect",
                span=place,
                when=lambda: operand.cell.mask == MATRIX,
            )

    def _along(self, node: s.Applied, arguments: list[t.Term], axis: str, words: list[str]) -> t.Term:
        """A function along an axis of an array; what is left lies, or has an axis of size 1 when
        that is ``kept``."""
        span, operand, kept = self.place(node.span), arguments[0], "kept" in words
        self.evidence = True
        direction = _DIRECTIONS[axis]
        entry = functions().get(spellings().get(node.function, ""))
        self._count(node, arguments, 1)
        if entry is not None and not entry.axis:
            raise ParseError(f"{node.function} is not taken along an axis", span=node.span, suggestion=f"{node.function}(X)")
        if node.function == "sum":
            result = self.related(kind_relations.ArrayTotalled, node.span, axis, "sum", operand.cell)
            made: t.Term = t.TotalTerm(result, span, (operand,), direction)
        elif entry is None:
            raise meanings.unknown_function(node.function, node.function_span)
        elif entry.kind == "defined":
            self.relate(kind_relations.InRelation(span, frozenset({(MATRIX,)}), f"{node.function} along an axis", operand.cell))
            made = self.lifted(operand, direction, span, entry.name, "sample" in words)
        elif entry.signature.endswith("-> scalar"):
            result = self.related(kind_relations.ArrayTotalled, node.span, axis, node.function, operand.cell)
            made = t.CallTerm(result, span, (operand,), entry.name, direction)
        else:
            kinds = frozenset({(MATRIX,)}) if axis == "second" else frozenset({(MATRIX,), (COLUMN,)})
            self.relate(kind_relations.InRelation(span, kinds, node.function, operand.cell))
            return t.CallTerm(operand.cell, span, (operand,), entry.name, direction)
        if kept and direction == "cols":
            return self.transpose(made, node.span)
        if kept:
            made.cell.lying = False
        return made

    def _size_of(self, node: s.Applied, arguments: list[t.Term]) -> t.Term:
        """``len(y)``, ``X.shape[0]``, ``size(X, 1)``, ``numel(X)``: a size as a number."""
        axis = "all" if node.function in ("size", "numel") else "first"
        if len(node.arguments) == 2:
            number = whole_number(node.arguments[1])
            if number not in (1, 2) or node.function in ("len", "length", "numel"):
                raise ParseError("a matrix has two sizes", span=node.span, suggestion=f"{node.function}(X, 1)")
            axis = "first" if number == 1 else "second"
        elif node.function == "shape" or len(node.arguments) != 1:
            raise ParseError("a shape is several numbers", span=node.span, suggestion="X.shape[0], X.shape[1] or X.size")
        size = Unknown()
        self.relate(kind_relations.Counted(self.place(node.span), axis, size, arguments[0].cell))
        return t.SizeTerm(self.cell(SCALAR, node.span), self.place(node.span), size)

    def size(self, node: s.Syntax) -> Dimension:
        """A size written as an argument, also by what has it: ``np.eye(A.shape[0])``."""
        if not isinstance(node, s.Applied) or node.function not in _SIZES:
            return super().size(node)
        term = self.build(node)
        assert isinstance(term, t.SizeTerm)
        return term.size

    def _entries(self, node: s.Entries, operands: list[t.Term]) -> t.Term:
        """Of a matrix, NumPy's ``X[0]`` is a row."""
        name = node.operand
        number = whole_number(node.positions[0]) if len(node.positions) == 1 and self.written.arrays and not self.depth else None
        if self.written.arrays and not node.whole and len(node.positions) == 1 and self._is_of_rows(name, node.positions[0]):
            node = replace(node, whole=(1,))
        if (
            number is None
            or node.whole
            or not isinstance(name, s.Name)
            or not name.name[0].isupper()
            or name.name in self.scope.declarations
        ):
            return super()._entries(node, operands)
        position = self.position(node.positions[0])
        assert isinstance(position, int)
        row = self.transpose(self._name(name), node.span)
        return self.product([row, self.unit(Size.of(position), node.span)], node.span)

    def _is_of_rows(self, operand: s.Syntax, position: s.Syntax) -> bool:
        """Whether a range, or a place from the end, is one of the rows of a matrix: ``X[-1]``,
        ``X[:k]``."""
        if not isinstance(operand, s.Name) or (isinstance(position, s.Name) and position.name != "end"):
            return False
        declared = self.scope.declarations.get(operand.name)
        if declared is not None and declared.shape is not None:
            return len(declared.shape) == 2
        plain = whole_number(position) is not None and declared is None
        return not plain and operand.name[0].isupper() and (declared is None or declared.kind in (None, "matrix"))

    def position(self, node: s.Syntax) -> t.Position:
        """NumPy counts from 0."""
        if not self.written.arrays or self.depth:
            return super().position(node)
        number = whole_number(node)
        if number is None:
            found = super().position(node)
            if isinstance(found, Size):
                found = found + ONE
                said = f"[{found - ONE}] is place {found}: NumPy counts from 0"
                self.decide(said, "dialect", "assumed", span=self.place(node.span))
            return found
        if number < 0:
            raise ParseError("entries are not counted from the end", span=node.span, suggestion="x[0], or e_3'*x for the third")
        said = f"[{number}] is place {number + 1}: NumPy counts from 0"
        ways = (f"entry {number + 1}: e_{number + 1}'*x", f"entry {number}: e_{number}'*x") if number else ()
        self.decide(said, "dialect", "doubtful" if number else "assumed", span=self.place(node.span), instead=ways)
        return number + 1


# ---------------------------------------------------------------- arguments


def _unpacked(node: s.Applied) -> tuple[tuple[s.Syntax, ...], dict[str, s.Keyword]]:
    """The arguments by place, and the options by name."""
    plain: list[s.Syntax] = []
    options: dict[str, s.Keyword] = {}
    for argument in node.arguments:
        if isinstance(argument, s.Keyword):
            if argument.name in options:
                raise ParseError(f"the option {argument.name} is given twice", span=argument.span)
            options[argument.name] = argument
        elif isinstance(argument, s.Listed) and node.function in of_lists():
            plain += argument.values
        else:
            plain.append(argument)
    return tuple(plain), options


def _of_blocks(node: s.Applied) -> s.Applied:
    """``np.block`` of rows, or of one row. Raises ParseError where brackets hold one block, which
    may be those of a list."""
    if any(isinstance(argument, s.Group) for argument in node.arguments):
        raise ParseError("a row of one block is not read", span=node.span, suggestion="np.concatenate([A, B])")
    rows = all(isinstance(argument, s.Listed) for argument in node.arguments)
    return replace(node, function=WRITTEN_OUT, arguments=node.arguments if rows else (s.Listed(node.span, node.arguments),))


def _of_numbers(node: s.Applied) -> s.Applied:
    """``np.array`` of rows of numbers, or of numbers. Raises ParseError for other entries, which
    may be arrays themselves."""
    rows = [argument for argument in node.arguments if isinstance(argument, s.Listed)]
    entries = [entry for row in rows for entry in row.values] if rows else node.arguments
    plain = len(rows) in (0, len(node.arguments)) and len({len(row.values) for row in rows}) < 2
    if not plain or len(entries) < 2 or any(number_in(entry) is None for entry in entries):
        said = f"{node.function} is read of numbers, and of rows of as many numbers each"
        raise ParseError(said, span=node.span, suggestion="np.array([[1, 2], [3, 4]]), or np.block([[A, B], [C, D]]) of arrays")
    return replace(node, function=WRITTEN_OUT, arguments=tuple(rows) if rows else node.arguments)


def _is_of_lists(node: s.Applied) -> bool:
    return len(node.arguments) > 1 or node.function == "block" or any(isinstance(one, s.Listed) for one in node.arguments)


_OF_ROWS = {"block": _of_blocks, "array": _of_numbers, "asarray": _of_numbers}


def _is_of_sample(node: s.Applied, option: s.Keyword) -> bool:
    """Whether an option says that a sum of squares is divided by n - 1."""
    entry = functions().get(spellings().get(node.function, ""))
    says = option_text(option) in _BY_LESS.get(option.name, ())
    return says and entry is not None and bool(entry.definition_sample)


def _is_word(node: s.Syntax, word: str) -> bool:
    return isinstance(node, s.Word) and node.word == word


# ---------------------------------------------------------------- formulas
