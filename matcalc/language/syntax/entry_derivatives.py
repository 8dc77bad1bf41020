"""Derivatives of functions without a formula by entries: ``∂L/∂z_i`` is entry i of ``∂L/∂z``, and
``∂u_k/∂z_i`` one of ``∂u/∂z``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.base.records import record, replace
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.open_indices import over
from matcalc.language.syntax.trees import bound_by, differentiated_by, entry_of, mapped, names_among, ungrouped, walk
from matcalc.language.text.spelling import INDEX_LETTERS

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
        body = ungrouped(node.body)
        if (
            not self._is_plain(node)
            or not isinstance(body, s.Name)
            or not self._is_unknown(body.name)
            or self._entry(body.name)[0]
        ):
            return False
        base, index = self._entry(node.wrt[0])
        one = base in self.arrays and base[:1].islower()  # W_k is a matrix of several, w_k an entry
        return bool(base) and (one or len(index) == _MOST_AXES)

    def of_entry(self, node: s.DerivativeOf) -> str:
        """``u_k`` of ``∂u_k/∂z_i``, by an entry of one array without a value of another; empty for
        another derivative."""
        body = ungrouped(node.body)
        if not self._is_plain(node) or not isinstance(body, s.Name) or not self._is_unknown(body.name):
            return ""
        if any(_entry(name)[0] == _entry(body.name)[0] for name in self.defined):
            return ""
        (array, at), (base, index) = self._entry(body.name), self._entry(node.wrt[0])
        vectors = len(at) == len(index) == 1 and array[:1].islower() and base[:1].islower()
        return body.name if vectors and array != base else ""

    def change(self, node: s.DerivativeOf) -> bool:
        """Whether a derivative is one by an entry, or of one."""
        return self.is_by_entry(node) or bool(self.of_entry(node))

    def _entry(self, name: str) -> tuple[str, str]:
        return ("", "") if name in self.labelled else _entry(name)

    def _is_plain(self, node: s.DerivativeOf) -> bool:
        return node.plain and len(node.wrt) == 1

    def _is_unknown(self, name: str) -> bool:
        return self.defined.isdisjoint((name, name.rpartition("_")[0]))


def _change(entries: _Entries, layout: str) -> Callable[[s.Syntax], s.Syntax]:
    def change(node: s.Syntax) -> s.Syntax:
        if not isinstance(node, s.DerivativeOf):
            return node
        of = entries.of_entry(node)
        if not entries.change(node):
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
