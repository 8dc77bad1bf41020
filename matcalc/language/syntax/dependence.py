"""What the names of a program depend on: the order of its statements, functions of functions, and
functions without a formula, also by entries: ``∂L/∂z_i`` is entry i of ``∂L/∂z``, and ``∂u_k/∂z_i``
one of ``∂u/∂z``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

from matcalc.base.errors import ParseError, Span, UnknownFunctionError
from matcalc.base.records import record, replace
from matcalc.base.traversal import postordered
from matcalc.language.build.scope import NONE, Undefined
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.open_indices import members_given, over
from matcalc.language.syntax.trees import (
    bound_by,
    differentiated_by,
    entry_of,
    mapped,
    name_of,
    names_among,
    names_in,
    number_in,
    sum_indices,
    ungrouped,
    walk,
)  # fmt: skip
from matcalc.language.text.spelling import INDEX_LETTERS
from matcalc.language.text.terminals import PARTIALS

_NOTHING: Mapping[str, Collection[str]] = MappingProxyType({})


def ordered(program: s.Program, *, claim: bool = False, depends: Mapping[str, Collection[str]] = _NOTHING) -> s.Program:
    """The program with its assignments sorted, in the order written where that is free.

    When the last statement is an assignment too, the value of the program is the one result that no
    other statement uses. Names that need each other stay as they were written, for the reader to
    refuse. With ``claim`` the last equation is a statement, not an assignment. ``depends`` are
    names without a value that stand for functions of others. Raises ParseError when several results
    are left unused.
    """
    assignments, value = list(program.assignments), program.value
    if not assignments:
        return program
    last = value.left if isinstance(value, s.Equation) and isinstance(value.left, s.Name) and not claim else None
    if isinstance(value, s.Equation) and last is not None:
        assignments.append((last, value.right))
    uses = _Uses(assignments, program.definitions, depends)
    value = value if last is None else _result(assignments, last, uses)
    return replace(program, assignments=tuple(_sorted(assignments, uses)), value=value)


class _Uses:
    """The assigned names that a value uses, by itself or in the functions that it calls."""

    def __init__(
        self,
        assignments: list[tuple[s.Name, s.Syntax]],
        definitions: tuple[s.Definition, ...],
        depends: Mapping[str, Collection[str]],
    ) -> None:
        self._names = {name.name for name, _ in assignments}
        self._depends = depends
        self._bodies = {definition.function: definition for definition in definitions}
        self.of_each = [self._used(value) for _, value in assignments]

    def _used(self, value: s.Syntax) -> list[str]:
        trees = postordered([value], self._opened)[::-1]
        found = [name for node in walk(*trees) for name in self._meant(node)]
        arrays = dict.fromkeys([name if name in self._names else entry_of(name, INDEX_LETTERS)[0] for name in found])
        return [name for name in arrays if name in self._names]

    def _opened(self, value: s.Syntax) -> list[s.Syntax]:
        return [self._bodies[name].body for name in map(name_of, walk(value)) if name in self._bodies]

    def _meant(self, node: s.Syntax) -> tuple[str, ...]:
        name = name_of(node)
        return (name, *(node.wrt if isinstance(node, s.DerivativeOf) else ()), *self._depends.get(name, ()))


def _result(assignments: list[tuple[s.Name, s.Syntax]], last: s.Name, uses: _Uses) -> s.Syntax:
    used = {name for (own, _), names in zip(assignments, uses.of_each) for name in names if name != own.name}
    unused = [name for name, _ in assignments if name.name not in used]
    shown = ", ".join(dict.fromkeys(name.name for name in unused))
    if "," in shown:
        raise ParseError(
            f"the program has no single value: nothing uses {shown}", span=last.span, suggestion="end with the expression meant"
        )
    return unused[0] if unused else last


def _sorted(assignments: list[tuple[s.Name, s.Syntax]], uses: _Uses) -> list[tuple[s.Name, s.Syntax]]:
    """Depth first; the order written when names need each other, or one has two values."""
    names = [name.name for name, _ in assignments]
    if len(set(names)) < len(names):
        return assignments
    place = {name: k for k, name in enumerate(names)}
    needs = [[place[name] for name in used] for used in uses.of_each]
    order = postordered(range(len(names)), needs.__getitem__)
    new = {k: place for place, k in enumerate(order)}
    circular = any(new[other] >= new[k] for k, others in enumerate(needs) for other in others)
    return assignments if circular else [assignments[k] for k in order]


def composed(program: s.Program) -> s.Program:
    """The program with functions of functions as values of each other, where it differentiates what
    lies behind arguments or by it.

    Where nothing behind them is asked about, arguments stand for themselves. Raises ParseError
    where it is not said what a derivative holds fixed.
    """
    functions = {definition.function: definition for definition in program.definitions}
    asked = [found for node in walk(program.value) for found in _derived(node, functions)]
    inner = {inside for name, _, _ in asked for one in _behind(name, functions) for inside in _inner(one, functions)}
    if not inner:
        return program
    for name, by, place in asked:
        _check_fixed(name, by, place, functions)
    used = {name for name, _, _ in asked} | {name_of(node) for node in walk(program.value) if isinstance(node, s.Applied)}
    if inner.isdisjoint(used) and not any(_lies_behind(name, by, functions) for name, by, _ in asked):
        return replace(program, definitions=tuple([one for one in program.definitions if one.function not in inner]))
    return _layered(program, inner)


def _layered(program: s.Program, inner: set[str]) -> s.Program:
    """The program with functions of functions, and those in them, as values."""
    layers = {one.function: one for one in program.definitions if one.function in inner or not inner.isdisjoint(one.parameters)}
    values = tuple([(s.Name(one.span, name), one.body) for name, one in layers.items()])
    return replace(
        program, assignments=(*program.assignments, *values), value=mapped(program.value, lambda node: _named(node, layers))
    )


def _inner(function: s.Definition, functions: Mapping[str, s.Definition]) -> list[str]:
    """The arguments of a function that are functions."""
    return [parameter for parameter in function.parameters if parameter in functions]


def _derived(node: s.Syntax, functions: Mapping[str, s.Definition]) -> list[tuple[str, str, Span]]:
    """The function that is differentiated as it is defined and what by, where a node is the first
    derivative of one, or all of them."""
    if isinstance(node, s.Applied) and node.function in PARTIALS:
        whole = _named(node.arguments[0], functions)
        found = functions.get(whole.name) if isinstance(whole, s.Name) else None
        return [] if found is None else [(found.function, name, node.span) for name in found.parameters]
    if not isinstance(node, s.DerivativeOf) or not node.plain or len(set(node.wrt)) != 1:
        return []
    body = _named(ungrouped(node.body), functions)
    return [(body.name, node.wrt[0], node.span)] if isinstance(body, s.Name) and body.name in functions else []


def _named(node: s.Syntax, functions: Mapping[str, s.Definition]) -> s.Syntax:
    """A function at its own arguments as its name: u for ``u(a, b)``."""
    if not isinstance(node, s.Applied) or node.function not in functions:
        return node
    names = tuple([argument.name if isinstance(argument, s.Name) else "" for argument in node.arguments])
    return s.Name(node.span, node.function) if names == functions[node.function].parameters else node


def _behind(name: str, functions: Mapping[str, s.Definition]) -> list[s.Definition]:
    """A function and those that are arguments of it, or of each other."""
    return [functions[one] for one in reversed(postordered([name], lambda one: _inner(functions[one], functions)))]


def _depends(name: str, by: str, functions: Mapping[str, s.Definition]) -> bool:
    return name in functions and any(by in one.parameters for one in _behind(name, functions))


def _lies_behind(name: str, by: str, functions: Mapping[str, s.Definition]) -> bool:
    """Whether a function depends on a name that is no argument of its own."""
    return by not in functions[name].parameters and _depends(name, by, functions)


def _check_fixed(name: str, by: str, place: Span, functions: Mapping[str, s.Definition]) -> None:
    for one in _behind(name, functions):
        moving = [other for other in one.parameters if other != by and _depends(other, by, functions)]
        if by in one.parameters and moving:
            raise ParseError(
                f"{one.function} depends on {by} and on {moving[0]}, which depends on {by} itself: it is not said what is held fixed",
                span=place,
                suggestion=f"another name for the {by} in {moving[0]}",
            )


def undefined_functions(program: s.Program, known: frozenset[str], labelled: frozenset[str] = frozenset()) -> Undefined:
    """The names that are differentiated in a program and have no value in it; ``known`` are names
    that no text defines, ``labelled`` those in which no letter is an index.

    A derivative of a name that is said to be 0 says that the name is constant. Raises
    UnknownFunctionError for names that depend on each other, and for one that is differentiated by
    entries.
    """
    assigned = {name.name for name, _ in program.assignments} | {
        base for base, _ in map(members_given, program.assignments) if base
    }
    defined = assigned | {definition.function for definition in program.definitions} | known
    nodes = [] if _is_constancy(program.value, defined) else walk(program)
    by = _differentiated(nodes, defined, labelled)
    if not by:
        return NONE
    needs = _needs(program, by)
    behind = {name: _reached([name], needs) for name in by}
    for name, below in by.items():
        if name in behind[name]:
            other = next(iter(below))
            raise UnknownFunctionError(
                f"{name} and {other} each depend on the other", span=below[other], suggestion=f"{name} = ...; with its formula"
            )
    arguments = {name: tuple([one for one in by[name] if one not in _reached(by[name], needs)])
                 for name in sorted(by, key=lambda name: len(behind[name] & by.keys()))}  # fmt: skip
    return Undefined(arguments, all(len(one) == 1 for one in arguments.values()), _standing(nodes))


def _differentiated(nodes: list[s.Syntax], defined: set[str], labelled: frozenset[str]) -> dict[str, dict[str, Span]]:
    """The names without a value that are differentiated, each with what by and where. Raises
    UnknownFunctionError for one by entries."""
    bound = sum_indices(nodes)
    by: dict[str, dict[str, Span]] = {}
    for node in nodes:
        name = _differentiated_name(node, defined)
        for other in node.wrt if name and isinstance(node, s.DerivativeOf) else ():
            if other == name or (other not in labelled and _are_entries(other, name)):
                continue
            if "_" in other and bound.issuperset(other.rpartition("_")[2]):
                raise not_defined(name, other, node.span)
            by.setdefault(name, {}).setdefault(other, node.span)
    return by


def _differentiated_name(node: s.Syntax, defined: Collection[str]) -> str:
    """The name without a value that a node is a derivative of; empty for another node."""
    body = ungrouped(node.body) if isinstance(node, s.DerivativeOf) else None
    name = body.name if isinstance(body, s.Name) else ""
    return "" if name in defined or name.rpartition("_")[0] in defined else name


def _standing(nodes: list[s.Syntax]) -> frozenset[str]:
    """The names that occur in other ways than differentiated as they stand."""
    bodies = names_among([ungrouped(node.body) for node in nodes if isinstance(node, s.DerivativeOf)])
    return frozenset(Counter(names_among(nodes)) - Counter(bodies))


def not_defined(name: str, by: str, place: Span) -> UnknownFunctionError:
    """The error for a derivative that needs the formula of its function."""
    return UnknownFunctionError(
        f"{name} is not defined, so that its derivative by {by} is not known",
        span=place,
        suggestion=f"{name} = ...; with its formula before the claim",
    )


def _is_constancy(value: s.Syntax, defined: set[str]) -> bool:
    """``∂b/∂x = 0`` of a name without a value."""
    if not isinstance(value, s.Equation):
        return False
    return _differentiated_name(ungrouped(value.left), defined) != "" and _is_zero(ungrouped(value.right))


def _is_zero(node: s.Syntax) -> bool:
    """``0``, ``zeros(n)``, ``vector(0)``, ``matrix(0)``."""
    if isinstance(node, s.Applied) and node.function in ("vector", "matrix"):
        return bool(node.arguments) and number_in(node.arguments[0]) == 0
    return name_of(node) == "zeros" or number_in(node) == 0


def _are_entries(name: str, other: str) -> bool:
    """``∂x_i/∂x_j``."""
    return "_" in name and name.rpartition("_")[0] == other.rpartition("_")[0]


def _needs(program: s.Program, by: dict[str, dict[str, Span]]) -> dict[str, set[str]]:
    """The names that each name depends on at once."""
    needs: dict[str, set[str]] = {name: set(below) for name, below in by.items()}
    for name, value in program.assignments:
        for given in {name.name, members_given((name, value))[0] or name.name}:
            needs.setdefault(given, set()).update(_names_in(value))
    for definition in program.definitions:
        needs.setdefault(definition.function, set()).update(_names_in(definition.body))
    return needs


def _names_in(value: s.Syntax) -> set[str]:
    """The names in a value, and those of what its entries are of."""
    names = names_in(value)
    return {*names, *[name.rpartition("_")[0] for name in names]} - {""}


def _reached(names: Iterable[str], needs: Mapping[str, set[str]]) -> set[str]:
    """The names that some names depend on."""
    return set(postordered([one for name in names for one in needs.get(name, ())], lambda name: [*needs.get(name, ())]))


# ---------------------------------------------------------------- by entries

_MOST_AXES = 2


@record
class ByTheWhole:
    """A program with derivatives by whole arrays, and the names of those ``vectors`` that entries
    of them with one index tell of.

    ``by_same``: an entry of one is differentiated by the same entry of another, on which alone it
        may depend.
    """

    program: s.Program
    vectors: frozenset[str] = frozenset()
    by_same: bool = False


def by_the_whole(
    program: s.Program, declared: frozenset[str], functions: frozenset[str], labelled: frozenset[str], layout: str
) -> ByTheWhole:
    """The program with the entries of derivatives by whole arrays in the place of derivatives by
    entries, for functions that have no value.

    ``declared`` are the names with a declaration, ``functions`` those of them that are declared as
    functions, ``labelled`` those in which no letter is an index. The entry i, j of a derivative by
    a matrix in the layout of the numerator is that by the entry j, i.
    """
    nodes = walk(program)
    given = frozenset([name.name for name, _ in program.assignments])
    derivatives = [node for node in nodes if isinstance(node, s.DerivativeOf)]
    entries = _Entries(functions | given | {one.function for one in program.definitions}, labelled, frozenset())
    arrays = {*names_among(nodes), *given, *declared, *(node.wrt[0] for node in derivatives if entries.of_entry(node))}
    entries = replace(entries, arrays=frozenset([*arrays, *(_entry(name)[0] for name in arrays)]) - {""})
    program = _apart(program, nodes)
    changed = [node for node in derivatives if entries.change(node)]
    return _by_wholes(program, entries, changed, layout) if changed else ByTheWhole(program)


def _by_wholes(program: s.Program, entries: _Entries, changed: list[s.DerivativeOf], layout: str) -> ByTheWhole:
    change = _change(entries, layout)
    wholes = {_entry(node.wrt[0])[0] for node in changed}
    assignments = tuple([_whole(name, mapped(value, change), wholes) for name, value in program.assignments])
    whole = replace(program, assignments=assignments, value=mapped(program.value, change))
    pairs = [(_entry(of), _entry(node.wrt[0])) for node in changed if (of := entries.of_entry(node))]
    vectors = frozenset([array for pair in pairs for array, _ in pair]) - {name.name for name, _ in assignments}
    return ByTheWhole(whole, vectors, any(at == index for (_, at), (_, index) in pairs))


def _whole(name: s.Name, value: s.Syntax, wholes: set[str]) -> tuple[s.Name, s.Syntax]:
    """The assignment to an entry of an array that is differentiated by, as one to the array."""
    base, index = _entry(name.name)
    if base not in wholes or len(set(index)) < len(index):
        return name, value
    return s.Name(name.span, base), over(value, tuple(index))


def _entry(name: str) -> tuple[str, str]:
    """The array and the indices of an entry; empty for another name."""
    return entry_of(name, INDEX_LETTERS, _MOST_AXES)


@record
class _Entries:
    """Which derivatives of a program are by entries. ``defined`` are the names with a value,
    ``labelled`` those that are no entries, ``arrays`` those that stand for themselves somewhere, or
    before an index."""

    defined: frozenset[str]
    labelled: frozenset[str]
    arrays: frozenset[str]

    def is_by_entry(self, node: s.DerivativeOf) -> bool:
        """``∂L/∂z_i`` of a function L without a value."""
        function = self._function(node)
        if not function or self._entry(function)[0]:
            return False
        base, index = self._entry(node.wrt[0])
        one = base in self.arrays and base[:1].islower()  # W_k is a matrix of several, w_k an entry
        return bool(base) and (one or len(index) == _MOST_AXES)

    def of_entry(self, node: s.DerivativeOf) -> str:
        """``u_k`` of ``∂u_k/∂z_i``, by an entry of one array without a value of another; empty for
        another derivative."""
        function = self._function(node)
        if not function or any(_entry(name)[0] == _entry(function)[0] for name in self.defined):
            return ""
        (array, at), (base, index) = self._entry(function), self._entry(node.wrt[0])
        vectors = len(at) == len(index) == 1 and array[:1].islower() and base[:1].islower()
        return function if vectors and array != base else ""

    def change(self, node: s.DerivativeOf) -> bool:
        """Whether a derivative is one by an entry, or of one."""
        return self.is_by_entry(node) or bool(self.of_entry(node))

    def _entry(self, name: str) -> tuple[str, str]:
        return ("", "") if name in self.labelled else _entry(name)

    def _function(self, node: s.DerivativeOf) -> str:
        """The name without a value that is differentiated by one name; empty for another
        derivative."""
        return _differentiated_name(node, self.defined) if node.plain and len(node.wrt) == 1 else ""


def _change(entries: _Entries, layout: str) -> Callable[[s.Syntax], s.Syntax]:
    def change(node: s.Syntax) -> s.Syntax:
        if not isinstance(node, s.DerivativeOf):
            return node
        of = entries.of_entry(node)
        if not of and not entries.is_by_entry(node):
            return node
        (array, at), (base, index) = _entry(of), _entry(node.wrt[0])
        letters = at + index if layout == "numerator" and of else index[::-1] if layout == "numerator" else index + at
        body = s.Name(node.body.span, array) if of else node.body
        whole = s.DerivativeOf(node.span, body, (base,), node.turned, node.point, node.along)
        return s.Entries(node.span, s.Group(node.span, whole), tuple([s.Name(node.span, letter) for letter in letters]))

    return change


def _apart(program: s.Program, nodes: list[s.Syntax]) -> s.Program:
    """The program with other indices in the sums of its values and functions, and of what it
    differentiates, than those that the claim differentiates by: they are not the same.
    """
    others = _other_indices(program, nodes)
    if not others:
        return program

    def moved(value: s.Syntax) -> s.Syntax:
        return mapped(value, lambda node: _with_other_indices(node, others))

    def derived(node: s.Syntax) -> s.Syntax:
        return replace(node, body=moved(node.body)) if isinstance(node, s.DerivativeOf) else node

    assignments = tuple([(name, moved(value)) for name, value in program.assignments])
    definitions = tuple([replace(one, body=moved(one.body)) for one in program.definitions])
    return s.Program(program.span, definitions, assignments, mapped(program.value, derived))


def _other_indices(program: s.Program, nodes: list[s.Syntax]) -> dict[str, str]:
    """Letters that nothing uses, for those that clash with what is differentiated by."""
    by = set().union(*[_entry(name)[1] for name in differentiated_by(nodes)])
    used = {letter for name in names_among(nodes) for letter in (_entry(name)[1] or name)}
    used.update(*[one.parameters for one in program.definitions])
    inside = [node.body for node in walk(program.value) if isinstance(node, s.DerivativeOf)]
    given = [value for _, value in program.assignments]
    clashing = _moving_indices(walk(*given, *(one.body for one in program.definitions), *inside))
    moved_first = sorted(clashing & by)
    if differentiated_by(walk(*given)):  # a member may be used at any index
        moved_first += sorted(clashing - by)
    return dict(zip(moved_first, sorted(INDEX_LETTERS - used - by), strict=False))


def _moving_indices(nodes: list[s.Syntax]) -> set[str]:
    """Indices of sums and arrays that nothing in these is differentiated by."""
    return {index for node in nodes for index in bound_by(node) if index in INDEX_LETTERS and not _derives_by(node, index)}


def _derives_by(node: s.Syntax, index: str) -> bool:
    """Whether the index of a sum or an array is one of what is differentiated by in it:
    ``Σ_j ∂L/∂p_j``."""
    return any(index in _entry(name)[1] for name in differentiated_by(walk(node)))


def _with_other_indices(node: s.Syntax, others: dict[str, str]) -> s.Syntax:
    """A sum or an array over other indices; any other node as it is."""
    here = {index: others[index] for index in bound_by(node) if index in others and not _derives_by(node, index)}
    if not here or (isinstance(node, s.Summation) and node.relations):
        return node
    if isinstance(node, s.Summation):
        limits = tuple([(here.get(index, index), limit) for index, limit in node.limits])
        node = replace(node, indices=tuple([here.get(index, index) for index in node.indices]), limits=limits)
    return mapped(node, lambda inner: _with_indices(inner, here))


def _with_indices(inner: s.Syntax, here: Mapping[str, str]) -> s.Syntax:
    if isinstance(inner, s.DerivativeOf):
        return replace(inner, wrt=tuple([_renamed(name, here) for name in inner.wrt]))
    return s.Name(inner.span, _renamed(inner.name, here)) if isinstance(inner, s.Name) else inner


def _renamed(name: str, others: Mapping[str, str]) -> str:
    """A name, or the entry that it is, with other indices."""
    base, index = _entry(name)
    return f"{base}_{''.join([others.get(letter, letter) for letter in index])}" if base else others.get(name, name)
