"""Derivatives of a function without a formula by entries: ``∂L/∂z_i`` is entry i of ``∂L/∂z``, whatever L is."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.language.syntax import trees as s
from matcalc.language.syntax.open_indices import over
from matcalc.language.syntax.survey import mapped, ungrouped, walk
from matcalc.language.text.spelling import INDEX_LETTERS
from matcalc.records import replace

_MOST_AXES = 2


def by_the_whole(program: s.Program, declared: frozenset[str], functions: frozenset[str], layout: str) -> s.Program:
    """The program with the entries of derivatives by whole arrays in the place of derivatives by entries, for functions that have no value.

    ``declared`` are the names with a declaration, ``functions`` those of them that are declared as functions. The entry i, j of a
    derivative by a matrix in the layout of the numerator is that by the entry j, i.
    """
    nodes = walk(program)
    defined = functions | {name.name for name, _ in program.assignments} | {one.function for one in program.definitions}
    arrays = {node.name for node in nodes if isinstance(node, s.Name)} | {name.name for name, _ in program.assignments} | declared
    arrays |= {base for name in arrays if (base := _entry(name)[0])}
    program = _apart(program, nodes)
    if not any(isinstance(node, s.DerivativeOf) and _is_by_entry(node, defined, arrays) for node in nodes):
        return program
    change = _change(defined, arrays, layout)
    wholes = {_entry(node.wrt[0])[0] for node in nodes if isinstance(node, s.DerivativeOf) and _is_by_entry(node, defined, arrays)}
    assignments = tuple([_whole(name, mapped(value, change), wholes) for name, value in program.assignments])
    return s.Program(program.span, assignments, mapped(program.value, change), program.definitions)


def _whole(name: s.Name, value: s.Syntax, wholes: set[str]) -> tuple[s.Name, s.Syntax]:
    """The assignment to an entry of an array that is differentiated by, as one to the array."""
    base, index = _entry(name.name)
    if base not in wholes or len(set(index)) < len(index):
        return name, value
    return s.Name(name.span, base), over(value, tuple(index))


def _entry(name: str) -> tuple[str, str]:
    """The array and the indices of an entry; empty for another name."""
    base, _, index = name.rpartition("_")
    return (base, index) if base and 0 < len(index) <= _MOST_AXES and INDEX_LETTERS.issuperset(index) else ("", "")


def _is_by_entry(node: s.DerivativeOf, defined: frozenset[str], arrays: set[str]) -> bool:
    body = ungrouped(node.body)
    if not node.plain or len(node.wrt) != 1 or not isinstance(body, s.Name):
        return False
    unknown = body.name not in defined and body.name.rpartition("_")[0] not in defined and not _entry(body.name)[0]
    base, index = _entry(node.wrt[0])
    one = base in arrays and base[:1].islower()  # W_k is a matrix of several, w_k an entry
    return unknown and bool(base) and (one or len(index) == _MOST_AXES)


def _change(defined: frozenset[str], arrays: set[str], layout: str) -> Callable[[s.Syntax], s.Syntax]:
    def change(node: s.Syntax) -> s.Syntax:
        if not isinstance(node, s.DerivativeOf) or not _is_by_entry(node, defined, arrays):
            return node
        base, index = _entry(node.wrt[0])
        letters = index[::-1] if layout == "numerator" else index
        whole = s.DerivativeOf(node.span, node.body, (base,), node.turned, node.point, node.along)
        return s.Entries(node.span, s.Group(node.span, whole), tuple([s.Name(node.span, letter) for letter in letters]))

    return change


def _apart(program: s.Program, nodes: list[s.Syntax]) -> s.Program:
    """The program with other indices in the sums of its values than those that the claim differentiates by: they are not the same."""
    by = {letter for node in nodes if isinstance(node, s.DerivativeOf) for name in node.wrt for letter in _entry(name)[1]}
    used = {letter for node in nodes if isinstance(node, s.Name) for letter in (_entry(node.name)[1] or node.name)}
    spare = sorted(INDEX_LETTERS - used - by)
    clashing = {
        index for _, value in program.assignments for node in walk(value) if isinstance(node, s.Summation) for index in node.indices
    }
    others = dict(zip(sorted(clashing & by), spare, strict=False))
    if not others:
        return program
    assignments = tuple([(name, mapped(value, lambda node: _with_other_indices(node, others))) for name, value in program.assignments])
    return s.Program(program.span, assignments, program.value, program.definitions)


def _with_other_indices(node: s.Syntax, others: dict[str, str]) -> s.Syntax:
    """A sum over other indices; any other node as it is."""
    if not isinstance(node, s.Summation) or others.keys().isdisjoint(node.indices):
        return node
    here = {index: others[index] for index in node.indices if index in others}

    def renamed(inner: s.Syntax) -> s.Syntax:
        if not isinstance(inner, s.Name):
            return inner
        base, index = _entry(inner.name)
        if base:
            return s.Name(inner.span, f"{base}_{''.join([here.get(letter, letter) for letter in index])}")
        return s.Name(inner.span, here.get(inner.name, inner.name))

    indices = tuple([here.get(index, index) for index in node.indices])
    limits = tuple([(here.get(index, index), limit) for index, limit in node.limits])
    return replace(node, indices=indices, limits=limits, body=mapped(node.body, renamed)) if not node.relations else node
