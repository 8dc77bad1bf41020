"""Walking a DAG without recursion, and building it again: one kit for terms, expressions and
tensors.

Which fields of a node hold its operands is told by their annotations: those that name the base
class of all nodes or a class right below it. (An ``Index`` stands further down: it names a
position.)
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from operator import attrgetter, is_
from typing import Any, TypeVar

from matcalc.base.budgets import spend

Node = TypeVar("Node")
Result = TypeVar("Result")
Key = TypeVar("Key", bound=Hashable)


def postorder(*roots: Node, known: Container[Node] = ()) -> Sequence[Node]:
    """Every node below ``roots`` once, operands before their users; no recursion. Nodes in
    ``known`` are left out with all below."""
    return latest_postorder(roots) if known == () else postordered(roots, _below, known)


@lru_cache(maxsize=8)
def latest_postorder(roots: tuple[Any, ...]) -> Sequence[Any]:
    """Kept for the latest few: one derivation asks for the order of its expression and of its
    tensors in many places."""
    return postordered(roots, _below)


_below: Callable[[Any], tuple[Any, ...]] = attrgetter("below")


def postordered(roots: Sequence[Node], operands: Callable[[Node], Sequence[Node]], known: Container[Node] = ()) -> list[Node]:
    """Every node below ``roots`` once, operands before their users. Nodes in ``known`` are left out
    with all below."""
    if len(roots) == 1:
        for operand in operands(roots[0]):
            if operand not in known:
                break
        else:  # a leaf, or new above what is known
            return [] if roots[0] in known else [roots[0]]
    seen: set[Node] = set()
    order: list[Node] = []
    stack: list[Node | None] = list(reversed(roots))
    pop, visit, append = stack.pop, seen.add, order.append
    while stack:
        node = pop()
        if node is None:  # all below the node under this mark is in order
            append(pop())  # type: ignore[arg-type]
        elif node not in seen and node not in known:
            visit(node)
            below = operands(node)
            if below:
                stack += (node, None, *below[::-1])
            else:
                append(node)
    spend(len(order) >> 4)
    return order


def without(root: Any, mark: str) -> list[Any]:
    """The nodes below ``root`` that have no attribute ``mark``, operands first: what is below a
    node that has it is left out."""
    for operand in root.below:
        if not hasattr(operand, mark):
            return postordered([root], _unmarked(mark))
    return [root]


@cache
def _unmarked(mark: str) -> Callable[[Any], list[Any]]:
    return lambda node: [operand for operand in node.below if not hasattr(operand, mark)]


def bottom_up(order: Iterable[Node], step: Callable[[Node, Mapping[Any, Result]], Result]) -> Mapping[Any, Result]:
    """``step`` of every node, operands before their users as ``order`` has them, with what it gave
    for the nodes before.

    A node that ``order`` leaves out stands for itself.
    """
    found: dict[Any, Result] = _Kept()
    for node in order:
        found[node] = step(node, found)
    return found


def on_demand(root: Key, needed: Callable[[Key], Sequence[Key]], made: Callable[[Key, list[Result]], Result]) -> Result:
    """What is made for ``root`` of what is made for the keys that it needs, and so on; for equal
    keys once, and without recursion."""
    done: dict[Key, Result] = {}
    needs: dict[Key, Sequence[Key]] = {}
    stack = [root]
    while stack:
        key = stack[-1]
        if key in needs:
            stack.pop()
            if key not in done:
                done[key] = made(key, [done[part] for part in needs[key]])
        else:
            needs[key] = needed(key)
            stack.extend([part for part in reversed(needs[key]) if part not in done])
    return done[root]


class _Kept(dict[Any, Any]):
    def __missing__(self, node: Any) -> Any:
        return node


# ------------------------------------------------------------
# The operands of a node, as the annotations of its fields say.


def with_operands(node: Node, values: Mapping[Node, Node]) -> Node:
    """The node with what ``values`` has for its operands, each in its place; the same node when
    that changes none."""
    below: tuple[Node, ...] = operands_of(node)
    new = [values.get(operand, operand) for operand in below]
    changed: Node = node if all(map(is_, new, below)) else _filled(node, new)
    return changed


def with_operand(node: Node, place: int, operand: Node) -> Node:
    """The node with another operand at one place, counted as in ``below``; an equal operand at
    another place stays."""
    below: tuple[Node, ...] = node.below  # type: ignore[attr-defined]
    changed: Node = _filled(node, [*below[:place], operand, *below[place + 1 :]])
    return changed


def _filled(node: Any, operands: Iterable[Any]) -> Any:
    left, holding, root = iter(operands), _operand_fields(node.__class__), _root(node.__class__)

    def filled(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple([filled(part) for part in value])
        return next(left) if isinstance(value, root) else value

    fields = [(name, getattr(node, name)) for name in node.__match_args__]
    return type(node)(*[filled(value) if name in holding else value for name, value in fields])


def operands_of(node: Any) -> tuple[Any, ...]:
    """The operands of a node, in the order of its fields."""
    return _reader(node.__class__)(node)


@cache
def _reader(cls: type) -> Callable[[Any], tuple[Any, ...]]:
    """Reads the operands of a node of the class; the forms of fields that classes have today are
    the quick ones."""
    fields, root = _operand_fields(cls), _root(cls)
    if not fields:
        return lambda _: ()
    get, forms = attrgetter(*fields), [*fields.values()]
    if forms == [root.__name__]:
        return lambda node: (get(node),)
    if forms == [root.__name__] * len(forms) or forms == [f"tuple[{root.__name__}, ...]"]:
        return get
    if forms == [f"tuple[tuple[Fraction, {root.__name__}], ...]"]:
        return lambda node: tuple([term for _, term in get(node)])

    def flat(value: Any) -> list[Any]:
        if isinstance(value, tuple):
            return [operand for part in value for operand in flat(part)]
        return [value] if isinstance(value, root) else []

    return lambda node: tuple(flat(get(node)))


@cache
def _operand_fields(cls: Any) -> dict[str, str]:
    """The fields of a class of nodes that hold operands, with their annotations."""
    root: Any = _root(cls)
    family = {one.__name__ for one in (root, *root.__subclasses__())}
    fields = {name: form for base in reversed(cls.__mro__) for name, form in vars(base).get("__annotations__", {}).items()}
    return {name: fields[name] for name in cls.__match_args__ if any(word in fields[name] for word in family)}


def _root(cls: type) -> type:
    return cls.__mro__[-2]
