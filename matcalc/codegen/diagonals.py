"""How blocks are written where axes agree, for JAX and PyTorch, which have no views to write to."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.sizes import Shape, Size

Places = tuple[int, ...]
"""For every axis of the result the axis of the block that it is."""


def masked(block: str, places: Places, shape: Shape, size: Callable[[Size], str]) -> str:
    """JAX: the block repeated along the second of two tied axes, and zero where they differ. The compiler makes one loop of it."""
    masks: list[str] = []
    kept: set[int] = set()
    for axis, place in enumerate(places):
        first = places.index(place)
        if first == axis:
            kept.add(axis)
        else:
            masks.append(f"jnp.eye({size(shape[axis])}, dtype=bool){_expanded({first, axis}, len(places))}")
    return f"jnp.where({' & '.join(masks)}, {block}{_expanded(kept, len(places))}, 0)"


def _expanded(kept: set[int], order: int) -> str:
    if len(kept) == order:
        return ""
    return f"[{', '.join(':' if axis in kept else 'None' for axis in range(order))}]"


def embedded(block: str, places: Places) -> str:
    """PyTorch: ``diag_embed`` for every axis that is tied to an earlier one."""
    there = [places.index(place) for place in range(max(places) + 1)]  # the axes of the result that the array has so far
    code = block
    for axis, place in enumerate(places):
        if axis in there:
            continue
        earlier = max(one for one in there if places[one] == place and one < axis)
        at = there.index(earlier)
        if at != len(there) - 1:
            code = f"{code}.movedim({at}, -1)"
        there = sorted([*there, axis])
        code = f"torch.diag_embed({code}, dim1={there.index(earlier)}, dim2={there.index(axis)})"
    return code
