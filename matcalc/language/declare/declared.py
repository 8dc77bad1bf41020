"""What a declaration says of one name."""

from __future__ import annotations

from matcalc.base.records import record
from matcalc.base.sizes import Shape, Size
from matcalc.facts.table import implied, is_square


@record
class Declaration:
    """What is known of one name.

    ``kind`` is ``"scalar"``, ``"vector"``, ``"matrix"``, ``"tensor"``, ``"function"`` or None (left to inference, or of sizes that are 1);
    ``shape`` is None when the sizes are left to inference. ``properties`` are those written, ``facts`` those and what they imply.
    """

    name: str
    kind: str | None = None
    shape: Shape | None = None
    properties: tuple[str, ...] = ()
    count: Size | None = None
    """Of ``x_i: d for i = 1..n`` how many there are."""

    @property
    def facts(self) -> frozenset[str]:
        return self.facts_of(self.shape)

    def facts_of(self, shape: Shape | None) -> frozenset[str]:
        """The facts of a symbol that turns out to have this shape."""
        return implied(self.properties, square=shape is not None and is_square(shape)) if self.properties else frozenset()


def declared_text(declaration: Declaration) -> str:
    """What was declared of a name, in the ``declare`` syntax."""
    shape = declaration.shape
    sizes = (declaration.kind or "") if shape is None else "×".join(map(str, shape)) if shape else "scalar"
    count = [] if declaration.count is None else [f"for {declaration.name.rpartition('_')[2]} = 1..{declaration.count}"]
    return " ".join([*([sizes] if sizes else []), *declaration.properties, *count])


def joined(one: Declaration, other: Declaration) -> Declaration:
    """Both declarations of one name."""
    properties = tuple(dict.fromkeys((*one.properties, *other.properties)))
    return Declaration(
        one.name, one.kind or other.kind, one.shape if one.shape is not None else other.shape, properties, one.count or other.count
    )
