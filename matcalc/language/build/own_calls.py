"""Calls of the user's own functions, of each entry or with the shapes that they are declared with,
and of their derivatives: ``f(x)``, ``f'(t)``, ``grad_f(x)``, ``J_f(x)``, ``d12_phi(u, v)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from matcalc.base.errors import ParseError
from matcalc.base.own_functions import OwnFunction, by_spelling, signed_names
from matcalc.base.shapes import axes_of, sizes_text
from matcalc.language.build import terms as t
from matcalc.language.build.construction import size_of
from matcalc.language.build.table_functions import TableFunctions
from matcalc.language.declare.declared import maps_text
from matcalc.language.syntax import trees as s
from matcalc.language.text.spelling import canonical_name
from matcalc.language.typing import constraints as c, kind_relations
from matcalc.language.typing.dimensions import Dimension, Unknown
from matcalc.language.typing.kinds import ANY, SCALAR, extent, kind_of

if TYPE_CHECKING:
    from matcalc.language.build.scope import Scope
    from matcalc.language.declare.declared import Declaration

Axes = tuple[Dimension, ...]


class OwnFunctions(TableFunctions):
    """The builder with the user's own functions."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._maps: dict[str, tuple[list[Axes], Axes]] = {}
        """The sizes of what a function takes and gives, which are the same in all its calls."""

    def is_users(self, name: str) -> bool:
        """Whether a function is the user's own, or the derivative of one."""
        return self._declaration_of(name) is not None

    def _declaration_of(self, name: str) -> Declaration | None:
        """What is declared of the function that a name is, or is a derivative of."""
        if not self.scope.declarations:
            return None
        key = canonical_name(name.rstrip("'"))
        found = self.scope.declarations.get(key)
        if found is None:
            found = self.scope.declarations.get(self.scope.signed_functions.get(key, ""))
        return found if found is not None and found.kind == "function" else None

    def of_entries(self, name: str) -> bool:
        """Whether a function is the user's own, of each entry."""
        declaration = self._declaration_of(name)
        return declaration is not None and (declaration.function is None or declaration.function.entrywise)

    def users_call(self, node: s.Applied, arguments: list[t.Term]) -> t.Term:
        """The value of a function, or of a derivative of one, at these arguments."""
        name, declaration = node.function, self._declaration_of(node.function)
        assert declaration is not None
        own, span = declaration.function, self.place(node.span)
        plain = canonical_name(name.rstrip("'")) == declaration.name
        if own is None and len(arguments) == 1 and not plain:
            raise ParseError(
                f"{declaration.name} has one argument here",
                span=node.span,
                suggestion=f"{declaration.name}'(x)",
            )
        if declaration.gives is not None and len(declaration.takes) != len(arguments):
            self._count(node, arguments, len(declaration.takes))
        if own is None and len(arguments) != 1:
            own = OwnFunction(declaration.name, (None,) * len(arguments), 0)
        if own is None or own.entrywise:
            self.users_functions[declaration.name] = self._said(declaration)
            self._of_numbers(node, declaration, arguments)
        if own is None:
            return t.ElementwiseTerm(arguments[0].cell, span, (arguments[0],), canonical_name(name))
        meant = by_spelling(own).get(canonical_name(name))
        if meant is None:
            raise self._no_derivative(node, own)
        if own.entrywise:
            return t.CallTerm(self.folded(c.ElementMultiplied, arguments), span, tuple(arguments), meant.name, None)
        return self._shaped(node, declaration, meant, arguments)

    def _shaped(self, node: s.Applied, declaration: Declaration, meant: OwnFunction, arguments: list[t.Term]) -> t.Term:
        """A function of whole arrays: they have the shapes that are declared."""
        self.evidence = True
        takes, gives = self._sizes(declaration)
        self.users_functions[meant.stem] = self._said(declaration)
        result = self.cell(ANY, node.span)
        shapes = [*takes, (*gives, *[size for place in meant.by for size in takes[place - 1]])]
        cells = [*[argument.cell for argument in arguments], result]
        kinds = frozenset({tuple([kind_of(shape) for shape in shapes])})
        extents = tuple(map(extent, shapes))
        self.relate(kind_relations.Measured(self.place(node.span), kinds, node.function, tuple(cells), extents))
        return t.CallTerm(result, self.place(node.span), tuple(arguments), meant.name, None)

    def _sizes(self, declaration: Declaration) -> tuple[list[Axes], Axes]:
        """The sizes of what a function takes and gives."""
        if declaration.name not in self._maps:
            assert declaration.gives is not None
            self._maps[declaration.name] = [_axes(part) for part in declaration.takes], _axes(declaration.gives)
        return self._maps[declaration.name]

    def _said(self, declaration: Declaration) -> Callable[[], str]:
        """How the function is declared, when sizes are known."""
        if declaration.gives is None:
            return lambda: "function"
        takes, gives = self._sizes(declaration)
        return lambda: maps_text(map(_text, takes), _text(gives))

    def _of_numbers(self, node: s.Applied, declaration: Declaration, arguments: list[t.Term]) -> None:
        """A function that is declared to take numbers hardly takes arrays; if so, entry by
        entry."""
        if declaration.gives is None:
            return
        for argument in arguments:
            self.relate(kind_relations.OfNumbers(self.place(node.span), node.function, argument.cell))
        self.decide(
            f"{declaration.name} is declared to take numbers; it is taken of each entry",
            "kinds",
            span=self.place(node.span),
            when=lambda: any(argument.cell.mask != SCALAR for argument in arguments),
        )

    def _no_derivative(self, node: s.Applied, own: OwnFunction) -> ParseError:
        """The error for a sign of a derivative that the function does not have."""
        names = [one.written for one in by_spelling(own).values() if one.by]
        arguments = ", ".join(["xyzuvw"[place % 6] for place in range(len(own.takes))])
        return ParseError(
            f"{node.function} is no derivative of {own.stem} that is written so",
            span=node.function_span,
            expected=", ".join(dict.fromkeys(names)),
            suggestion=f"{names[0]}({arguments})" if names else f"d({own.stem}(x))/dx",
        )


def signed_functions(declarations: Mapping[str, Declaration]) -> dict[str, str]:
    """The names of derivatives of the functions that are declared, each with that function."""
    found: dict[str, str] = {}
    for name, one in declarations.items():
        if one.kind == "function" and one.function is not None:
            found |= dict.fromkeys(signed_names(one.function), name)
        elif one.kind == "function":
            several = [by_spelling(OwnFunction(name, (None,) * count, 0)) for count in (2, 3)]
            found |= {spelled: name for names in several for spelled in names if spelled != name}
    return found


def _axes(part: Declaration) -> Axes:
    if part.shape is not None:
        return axes_of(part.shape)
    return tuple([Unknown() for _ in range(part.order)])


def _text(axes: Axes) -> str:
    return sizes_text(map(size_of, axes)) if axes else "scalar"
