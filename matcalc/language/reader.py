"""One text on its way from characters to a typed expression: reading, inference, construction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING

from matcalc.base.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.base.lazy import later, pattern
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from matcalc.language.build import terms as t
from matcalc.language.build.builder import Builder
from matcalc.language.build.construction import Construction, shape_of_cell
from matcalc.language.build.scope import (
    Families,
    Scope,
    Variable,
    aliases,
    bold_names,
    letter_class,
    points_in,
    written_names,
)
from matcalc.language.decisions import (
    AS_USUAL,
    Apart,
    Attempt,
    Calculus,
    Decision,
    Dialect,
    Elaborated,
    Read,
    ReadingOptions,
    Settled,
    SettledSize,
    Source,
    doubt_in,
)
from matcalc.language.declare.declared import (
    Declaration,
    Declare,
    complex_signs,
    declaration_text,
    declared_members,
    declared_sizes,
    joined,
    parse_declarations,
    resized,
    said_behind,
)
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import entry_of, limits_in, size_names_in, walk
from matcalc.language.text.dialects import Written
from matcalc.language.text.spelling import Vocabulary, canonical_name, is_name
from matcalc.language.text.terminals import Fork
from matcalc.language.typing.dimensions import SizeSystem, Unknown, composed_name, resolved
from matcalc.language.typing.inference import SizeFailure, cost_of, infer_kinds, infer_sizes, measure
from matcalc.language.typing.kinds import COLUMN, MATRIX, SCALAR, TENSOR3, TENSOR4, Cell, Constraint, Contradiction

if TYPE_CHECKING:
    from matcalc.language.build import commutators, dialect_calls, index_ranges, own_calls
    from matcalc.language.latex import macro_expansion
    from matcalc.language.syntax import dependence, open_indices
    from matcalc.language.typing import failures
else:
    failures = later("matcalc.language.typing.failures")
    open_indices = later("matcalc.language.syntax.open_indices")
    commutators = later("matcalc.language.build.commutators")
    dialect_calls = later("matcalc.language.build.dialect_calls")
    own_calls = later("matcalc.language.build.own_calls")
    index_ranges = later("matcalc.language.build.index_ranges")
    dependence = later("matcalc.language.syntax.dependence")
    macro_expansion = later("matcalc.language.latex.macro_expansion")

_ASSIGNED = pattern(r"(?:^|[;\n])[^\S\n]*([^\W\d_][\w\u0300-\u030c]*′*)\s*=(?=[^;\n]*[;\n]\s*\S)")
_CALLING = frozenset([s.Applied, s.Entries, s.Definition, s.Summation])
_CUT_ALIKE = Decision("blocks are taken to fit one by one: those on a diagonal are square", "sizes")
_SIZE_LETTERS = "nmpqrkldst"
_INDEX_MARKS = frozenset("_[∑Σᵢⱼₖₗₘₙₚᵣₛ")
_INDEXED = pattern(r"\b[Ss]um\b\s*(?:[^\s(]|\(\s*\(?\s*\w+\s*(?:[,=:]|∈|in\b))|\^\s*\{?\(")
"""Without any of these there are no indices in a text."""


_KIND_WORDS = {
    MATRIX: ("matrix", "matrices"), COLUMN: ("vector", "vectors"), SCALAR: ("scalar", "scalars"),
    TENSOR3: ("tensor", "tensors"), TENSOR4: ("tensor", "tensors"),
}  # fmt: skip


def _against_the_capital(variable: Variable, kind: str) -> Decision:
    """What is said of a capital that is read as a scalar or a vector, and may be a matrix."""
    name = variable.name
    said = f"{name} is read as a {kind}"
    if not variable.matrix_too:
        return Decision(said, "kinds", span=variable.cell.span)
    readings = tuple([f"{name} is a {other}: declare {name}: {other}" for other in (kind, "matrix")])
    return Decision(
        f"{said}, although it is a capital", "kinds", "doubtful", variable.cell.span, readings, name=name, choice=kind
    )


class Reader:
    """One text on its way from characters to terms; used by ``elaborate`` and by statements."""

    settles = True
    """Whether declared names of sizes may turn out to be composed ones."""

    def __init__(
        self,
        text: str,
        declare: Declare,
        wrt: Iterable[str] = (),
        *,
        results: bool = False,
        options: ReadingOptions = AS_USUAL,
        calculus: Calculus | None = None,
    ) -> None:
        self.options = options
        self.dialect: Dialect = options.dialect or "math"
        self.source = macro_expansion.expanded(text) if "\\" in text else Source(text, text)
        self.results = results
        self.calculus = calculus
        self.declarations = parse_declarations(declare)
        self.text = self._without_facts()
        settled = {one.name: one.size for one in options.settled}
        if settled:
            self.declarations = {name: resized(said, settled) for name, said in self.declarations.items()}
        self.wrt = tuple([self._wrt_name(name) for name in wrt])
        known = dict(self.declarations)
        for name in self.wrt:
            known.setdefault(name, Declaration(name))
        self.scope = Scope(known, set(declared_sizes(self.declarations)), declared=frozenset(self.declarations))
        self.scope.signed_functions = self._signed_functions()
        self.scope.declared_members = declared_members(self.declarations)
        self.scope.apart = options.apart
        self.scope.complex = complex_signs(self.declarations.values(), options.complex)
        self.scope.sizes |= settled
        self.decisions = [
            Decision(f"\\{command}, which nothing defines, is read as a letter", "alias") for command in self.source.letters
        ]
        self.decisions += [Decision(one.words, "names") for one in options.settled]
        self.cells: list[Cell] = []
        self.forks: tuple[Fork, ...] = ()
        """Runs of letters that could be read otherwise."""
        self.functions: tuple[str, ...] = ()
        """The functions that the text defines, those left out of the program among them."""
        self._symbols: dict[str, e.Symbol] | None = None
        self.cost = 0.0
        """What the kinds cost, where there are such runs."""
        self.indexed = False
        """Whether there may be indices in the text."""
        self.index_letters: frozenset[str] = frozenset()
        """The letters that may be indices, where there may be any."""
        self.calls = True
        """Whether there may be calls in the text, or arrays that are written as calls."""
        self.titles: dict[str, str] = {}
        """What variables are called after all, where these are not their names."""
        self._sizes_named: set[str] = set()

    @cached_property
    def builder(self) -> Builder:
        """What makes terms of the syntax."""
        made = dialect_calls.DialectBuilder(self.scope) if self.calls else Builder(self.scope)
        made.otherwise = self.options.otherwise
        return made

    def _signed_functions(self) -> dict[str, str]:
        """Names of derivatives of declared functions, each with its function."""
        if not self.declared_functions:
            return {}
        found: dict[str, str] = own_calls.signed_functions(self.declarations)
        return {name: function for name, function in found.items() if name not in self.scope.declarations}

    def _without_facts(self) -> str:
        """The text without what is said behind it, which is declared."""
        try:
            text, behind = said_behind(self.source.text)
        except MatcalcError as error:
            raise self.source.located(error) from None
        for name, said in behind.items():
            self.declarations[name] = joined(self.declarations[name], said) if name in self.declarations else said
        return text

    def _wrt_name(self, name: str) -> str:
        if not isinstance(name, str) or not is_name(name):
            said = f"{name!r} is not a name to differentiate by"
            raise ParseError(said, text=self.source.given, expected="the name of a symbol")
        return canonical_name(name)

    def parse(self) -> s.Program:
        """The syntax tree; also learns which names are sizes."""
        if self.source.fault is not None:
            raise self.source.fault.with_text(self.source.given)
        assigned = [canonical_name(name) for name in _ASSIGNED.findall(self.text)] if "=" in self.text else []
        symbols = [*(name for name, said in self.scope.declarations.items() if said.kind != "function"), *assigned]
        functions, signs = [*self.declared_functions, *self.scope.signed_functions], self.scope.complex
        turned = (self.options.flipped or frozenset()) | self.options.otherwise
        parsed = parse_syntax(self.text, Vocabulary.of(symbols, functions, self.wrt, complex=signs), self.options.dialect, turned)
        self.forks = parsed.forks
        self.decisions += parsed.decisions
        self.dialect = parsed.written.dialect
        self.scope.labelled = parsed.labelled
        self._learn(walk(parsed.program), assigned, parsed.written)
        self.functions = tuple([definition.function for definition in parsed.program.definitions])
        program = dependence.composed(parsed.program) if len(self.functions) > 1 else parsed.program
        for definition in program.definitions:
            self.define(definition)
        return program

    def _learn(self, nodes: list[s.Syntax], assigned: list[str], written: Written) -> None:
        """What the names of a text tell, before it is read."""
        self.scope.size_names |= size_names_in(nodes)
        self.indexed = _may_have_indices(self.text)
        self.calls = self.indexed or written.dialect != "math" or not _CALLING.isdisjoint(map(type, nodes))
        self.builder.read_as(written)
        if written.dialect == "latex":
            self.scope.bold = bold_names(nodes, self.text)
        if "[" in self.text and (written.dialect in ("math", "latex") or not written.sure):
            self.scope.pairs = commutators.pairs_in(nodes, self.text, self.declarations)
        if self.indexed:
            self.scope.written = self.scope.here = written_names(nodes)
            self.scope.points = points_in(nodes, self.scope.written)
            self._learn_limits(limits_in(nodes))
            self.index_letters = open_indices.index_letters(nodes, self.scope.written.union(self.declarations, assigned))

    @property
    def declared_functions(self) -> list[str]:
        """The names that are declared as functions."""
        return [name for name, said in self.declarations.items() if said.kind == "function"]

    @staticmethod
    def ordered(program: s.Program) -> s.Program:
        """The program with its assignments in the order of their use."""
        return dependence.ordered(program) if program.assignments else program

    def define(self, definition: s.Definition) -> None:
        """Gives a function its formula."""
        name = definition.function
        if name in self.scope.definitions:
            raise ParseError(f"{name} is defined twice", span=definition.span)
        if len(set(definition.parameters)) < len(definition.parameters):
            raise ParseError(f"two arguments of {name} have one name", span=definition.span)
        self.scope.definitions[name] = definition

    def _require_undeclared(self, name: s.Name) -> None:
        """Raises ParseError for a name that is given a value although it is declared."""
        if name.name in self.declarations:
            raise ParseError(f"{name.name} is declared, and cannot be given a value too", span=name.span)

    def _learn_limits(self, limits: Mapping[str, bool]) -> None:
        """Names that are limits of sums are sizes, and by themselves the numbers of these."""
        known = {*self.declarations, *self.wrt, *self.scope.size_names}
        for name, alone in limits.items():
            if name not in known:
                self.scope.limits[name] = Unknown()
                if alone:
                    self.scope.sizes[name] = self.scope.limits[name]

    def build_assignments(self, program: s.Program) -> None:
        """Binds the names of intermediate results to their terms."""
        for name, value in program.assignments:
            self._require_undeclared(name)
            if name.name in self.scope.values:
                raise ParseError(f"{name.name} is given a value twice", span=name.span)
            labelled = "_" not in name.name or name.name in self.wrt or name.name in self.scope.labelled
            base, index = ("", "") if labelled else open_indices.members_given((name, value))
            if base:
                self._give_members(name, base, index, value)
                continue
            term = self.builder.build(value)
            if name.name in self.scope.variables and (self.results or name.name not in self.wrt):
                raise ParseError(f"{name.name} is used before it is given a value", span=name.span)
            self.scope.values[name.name] = term

    def _give_members(self, name: s.Name, base: str, index: str, value: s.Syntax) -> None:
        """``r_i = y_i - w'x_i``: a value for each index."""
        if base in self.scope.member_values or base in self.scope.variables or base in open_indices.bases_in(value):
            raise ParseError(
                f"{name.name} is used before it is given a value, or given one twice",
                span=name.span,
                suggestion="a name of its own for each value",
            )
        self.scope.member_values[base] = index, value

    def construction(self, symbols: Mapping[str, e.Expr], kept: Mapping[t.Term, e.Symbol] | None = None) -> Construction:
        """What builds the expressions of this text."""
        functions = {name: {one: self._argument(one) for one in names} for name, names in self.scope.undefined.arguments.items()}
        return Construction(symbols, self.text, kept, self.calculus, functions, self.options.otherwise)

    def _argument(self, name: str) -> t.Term:
        """What a function without a formula depends on."""
        value = self.scope.values.get(name)
        return value if value is not None else t.SymbolTerm(self.scope.variable(name, Span(0, 0)).cell, Span(0, 0), name)

    def free_indices(self, *sides: s.Syntax) -> tuple[str, ...]:
        """The free indices of an expression or of the sides of an equation; none of a name that
        these write as a size, ``unit(n, n)``."""
        sizes = size_names_in(list(walk(*sides)))
        known = frozenset([*self.declarations, *self.scope.values, *self.scope.limits, *self.scope.labelled, *sizes])
        by = [name for name in self.wrt if name not in self.scope.written]
        indices = open_indices.free_indices(sides, known, by, self.index_letters)
        if indices:
            whole = "both sides are read as arrays" if len(sides) > 1 else "the whole is read as an array"
            said = f"no sum runs over {', '.join(indices)}: {whole} over {'these' if len(indices) > 1 else 'it'}"
            self.decisions.append(Decision(said, "notation", span=sides[0].span))
        return indices

    def of_family(self, name: str) -> str:
        """The name of the array, where the name of its members is given."""
        return name if name in self.scope.variables else self.scope.families.get(name, name)

    def check_indices(self) -> None:
        """A name with the index of a sum stands within that sum."""
        for name, variable in self.scope.variables.items() if self.scope.indices else ():
            index = entry_of(name, self.scope.indices)[1]
            if index and variable.mentioned and name not in self.scope.declarations:
                raise ParseError(
                    f"{name} stands outside of the sum over {index}",
                    span=variable.cell.span,
                    suggestion=f"brackets around all that is summed, or declare {name} if it is one name",
                )

    def solve(self, roots: list[t.Term]) -> None:
        """Finds kinds and sizes of everything built so far."""
        self._symbols = None
        scope = self.scope
        for name in [one for one, said in self.declarations.items() if said.kind != "function" and one not in scope.variables]:
            scope.variable(name, Span(0, 0)).mentioned = False
        variables = list(scope.variables.values())
        self.infer_kinds(self.builder.constraints, variables)
        # Intermediate results first: sizes are named in reading order.
        terms = t.postorder(*scope.values.values(), *roots)
        self.cells = list(dict.fromkeys(term.cell for term in terms))
        measure(self.builder.constraints, self.cells, variables)
        families = Families(scope)
        free = self._infer_sizes(variables, families)
        families.check()
        self.titles = families.titles()
        self.decisions += families.decisions(self.titles)
        self.decisions += [alias for alias in aliases(scope.limits, Span(0, 0)) if alias not in self.decisions]
        self._note_conventions([variable for variable in variables if variable.name not in families.names])
        for name, cell in free.items():
            said = f"the size of {failures.quoted(self.text, cell.span)} does not follow from the expression; it is called {name}"
            self.decisions.append(Decision(said, "sizes", span=cell.span))

    def _infer_sizes(self, variables: list[Variable], families: Families) -> dict[str, Cell]:
        def named(sizes: SizeSystem) -> None:
            self._named_sizes(sizes, families)

        try:
            return infer_sizes(self.builder.constraints, variables, self.cells, self._fresh_sizes(), named, self.expect_sizes)
        except SizeFailure as failure:
            if self.scope.shared:
                raise Apart from None
            error = failures.explain_sizes(self.text, failure)
            if failure.clash is not None and (found := composed_name(failure.clash)) is not None:
                self._settle(*found, failures.quoted(self.text, failure.constraint.span), error)
            for settled in self.options.settled:
                error.message += f"; {settled.words}"
            raise error from None

    def _settle(self, name: str, size: Size, needed_by: str, error: ShapeError) -> None:
        """Raises Settled for a size that has a declared name, to be read again as what it must
        be."""
        if self.settles and name in declared_sizes(self.declarations):
            known = self.scope.size_names
            raise Settled(SettledSize(name, size, needed_by), error, is_open=not known.issuperset(size.names))

    def infer_kinds(self, constraints: list[Constraint], variables: list[Variable]) -> None:
        """Decides all kinds; raises the ShapeError that explains why that is impossible."""
        try:
            infer_kinds(constraints, variables, self.builder.soft, self.builder.evidence, self.scope.bold)
        except Contradiction as contradiction:
            if self.scope.shared:
                raise Apart from None
            raise failures.explain_kinds(self.text, contradiction.constraint, constraints, variables) from None
        if self.forks and not self.cost:
            self.cost = cost_of(constraints, variables, self.builder.soft, self.scope.bold)

    def unify_sizes(self, sizes: SizeSystem) -> None:
        """What a reader of more than one expression wishes of sizes that are open."""

    def expect_sizes(self, sizes: SizeSystem) -> None:
        """What a reader of more than one expression wishes of their sizes."""

    def _named_sizes(self, sizes: SizeSystem, families: Families) -> None:
        """What is wished of open sizes before they are named, and the names that sums and samples
        give them."""
        self.unify_sizes(sizes)
        if sizes.paired_cuts:
            self.decisions.append(_CUT_ALIKE)
        if self.builder.reached:
            index_ranges.settle(self.builder.reached, self.scope.limits, sizes)
        limits = [(dimension, name) for name, dimension in self.scope.limits.items()]
        wished = [*limits, *families.preferred_sizes()]
        taken = self._names_taken() if wished else set()
        for dimension, name in wished:
            root = resolved(dimension)
            if isinstance(root, Unknown) and not sizes.is_composed(root) and name not in self._sizes_named and name not in taken:
                root.value = Size.of(name)
                self._sizes_named.add(name)

    def _names_taken(self) -> set[str]:
        scope = self.scope
        return {*scope.variables, *scope.values, *scope.size_names, *self.declarations, *scope.indices, *scope.families}

    def _fresh_sizes(self) -> Iterator[str]:
        taken = self._names_taken() | set(self.scope.limits)
        yield from (
            name
            for name in chain(_SIZE_LETTERS, (f"n_{number}" for number in count(1)))
            if name not in taken and name not in self._sizes_named
        )

    def _note_conventions(self, variables: list[Variable]) -> None:
        groups: dict[int, list[str]] = {}
        for variable in variables:
            if not variable.open or not variable.mentioned:
                continue
            if letter_class(variable.name) == "upper" and not variable.undefined and variable.cell.mask in (COLUMN, SCALAR):
                self.decisions.append(_against_the_capital(variable, _KIND_WORDS[variable.cell.mask][0]))
                continue
            groups.setdefault(variable.cell.mask, []).append(variable.name)
        parts = [
            f"{', '.join(groups[kind])}: {words[len(groups[kind]) > 1]}" for kind, words in _KIND_WORDS.items() if kind in groups
        ]
        if parts:
            self.decisions.append(Decision("assumed " + "; ".join(parts), "convention"))

    def symbols(self) -> dict[str, e.Symbol]:
        """The typed symbols."""
        if self._symbols is not None:
            return dict(self._symbols)
        found: dict[str, e.Symbol] = {}
        for variable in self.scope.variables.values():
            shape = shape_of_cell(variable.cell)
            title = self.titles.get(variable.name, variable.name)
            found[variable.name] = found[title] = e.Symbol(title, shape, variable.facts_of(shape))
        for base, name in self.scope.families.items():
            found.setdefault(base, found[name])
        self._symbols = found
        return dict(found)

    def result(self, expression: e.Expr, construction: Construction, root: t.Term | None = None) -> Elaborated:
        symbols = self.symbols()
        values = construction.build_all(tuple(self.scope.values.values()))
        intermediates = dict(zip(self.scope.values, values, strict=True))
        declarations: dict[str, str] = {}
        for name, variable in self.scope.variables.items():
            if variable.mentioned or name in self.wrt:
                declarations[symbols[name].name] = declaration_text(symbols[name].shape, variable.properties)
        declarations |= {name: said() for name, said in self.builder.users_functions.items()}
        decisions = tuple(dict.fromkeys([*self.decisions, *construction.decisions, *self.builder.answers()]))
        steps, outline = self._steps(symbols, intermediates, root, expression)
        return Elaborated(
            expression,
            symbols,
            declarations,
            decisions,
            intermediates,
            steps,
            outline,
            text=self.source.given,
            dialect=self.dialect,
            given=self.declarations,
            derived=tuple(dict.fromkeys(construction.derived)),
            families={name: symbol.name for name, symbol in symbols.items() if symbol.name != name},
            options=self.options,
        )

    def attempted(self, read: Callable[[], Read]) -> Attempt[Read]:
        """What ``read`` gives, with what it costs; or why it cannot be read, or is not certain
        where that is wanted."""
        try:
            found = read()
        except MatcalcError as error:
            said = commutators.advised(error, self.scope.pairs) if self.scope.pairs else error
            return Attempt(self.forks, error=self.source.located(said))
        doubt = doubt_in(found.decisions) if self.options.strict else None
        return Attempt(self.forks, self.cost, found, None if doubt is None else self.source.located(doubt))

    def _steps(
        self, symbols: dict[str, e.Symbol], intermediates: Mapping[str, e.Expr], root: t.Term | None, expression: e.Expr
    ) -> tuple[dict[str, e.Expr], e.Expr]:
        """The intermediate results and the whole in terms of the names."""
        if root is None or not intermediates:
            return dict(intermediates), expression
        kept = {term: e.Symbol(name, intermediates[name].shape) for term, name in self.scope.references.items()}
        terms = tuple(self.scope.values.values())
        *values, outline = self.construction(symbols, kept).build_all((*terms, root))
        return dict(zip(self.scope.values, values, strict=True)), outline


def _may_have_indices(text: str) -> bool:
    marked = not _INDEX_MARKS.isdisjoint(text)
    return marked or (("um" in text or "^" in text) and _INDEXED.search(text) is not None)
