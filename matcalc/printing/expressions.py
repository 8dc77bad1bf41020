"""The public printers of expressions, and how results show themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from matcalc.base.functions import computable
from matcalc.base.own_functions import stem_of
from matcalc.base.shapes import sizes_text
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import named_indices
from matcalc.printing.names import member_name
from matcalc.printing.notation import Level, fits, render
from matcalc.printing.notations import notation_of
from matcalc.printing.printer import printed

# ------------------------------------------------------------ The public printers of expressions.


def text(expr: e.Expr, style: str = "unicode", bold: bool = False) -> str:
    """The expression in one of ``NOTATIONS``. What is plain text the language package reads again
    to an equal expression, given the declarations of its symbols; what is typeset is source for
    math mode, with ``bold`` vectors and matrices in bold type.

    Raises LimitError above two million characters.
    """
    return render(printed(expr, notation_of(style, _names(expr), bold)))


def length(expr: e.Expr) -> int:
    """How long the text of an expression is without blanks, names counted as one letter."""
    longer = sum([len(node.name) - 1 for node in e.postorder(expr) if isinstance(node, e.Symbol)])
    return len("".join(text(expr, "ascii").split())) - longer


def latex(expr: e.Expr, bold: bool = False) -> str:
    """The expression as LaTeX source for math mode; see ``text``."""
    return text(expr, "latex", bold)


def operand(expr: e.Expr, style: str, bold: bool = False) -> str:
    """The expression as it stands behind the sign of a derivative: only one factor or a plain
    product without brackets."""
    notation = notation_of(style, _names(expr), bold)
    body = printed(expr, notation)
    shown = render(body)
    plain = fits(body, Level.FRACTION) or (fits(body, Level.PRODUCT) and body.operator == "product" and "(" not in shown)
    return shown if plain else render(notation.bracketed(body))


def markdown(expr: e.Expr, bold: bool = False) -> str:
    """The expression as inline mathematics in Markdown, ``$...$``.

    Raises LimitError above two million characters.
    """
    return f"${latex(expr, bold)}$"


def equation(left: str, expr: e.Expr, bold: bool = False) -> str:
    r"""``left = expr`` in LaTeX, with ``left`` given as LaTeX source, such as
    ``\frac{\partial f}{\partial x}``.

    Raises LimitError above two million characters.
    """
    return f"{left} = {latex(expr, bold)}"


def _names(expr: e.Expr) -> list[str]:
    """The names of symbols, indices and functions of the user's own."""
    nodes = e.postorder(expr)
    has_members = any(isinstance(node, e.Entry) and node.is_member for node in nodes)
    whole = _whole_symbols(nodes) if has_members else set()
    return [name for node in nodes if isinstance(node, _NAMING) for name in _named_by(node, whole)]


def _whole_symbols(nodes: Sequence[e.Expr]) -> set[e.Symbol]:
    """The symbols that stand elsewhere than in entries."""
    users = [node for node in nodes if not isinstance(node, e.Entry)]
    return {child for node in users for child in e.children(node) if isinstance(child, e.Symbol)}


_NAMING = (e.Symbol, e.Elementwise, e.Entry, e.Index, e.IndexSum, e.IndexArray)


def _named_by(node: e.Expr, whole: set[e.Symbol]) -> list[str]:
    if isinstance(node, e.Symbol):
        return [node.name]
    if isinstance(node, e.Elementwise | e.Call) and node.function not in computable():
        return [stem_of(node.function)]
    if isinstance(node, e.Entry) and node.is_member and node.operand in whole:
        # Of a whole X, the x_i would be another's.
        return [member_name(node.operand.name, len(node.operand.shape) - len(node.positions))]
    return [index.name for index in named_indices([node])] if isinstance(node, e.Index | e.IndexSum | e.IndexArray) else []


def member_notes(expression: e.Expr) -> tuple[str, ...]:
    """What the members in an expression are, one note for each family: ``x_i: row i of X, n×d``."""
    notes: dict[e.Symbol, str] = {}
    for node in e.postorder(expression):
        if isinstance(node, e.Entry) and node.is_member and isinstance(node.operand, e.Symbol):
            part = "row" if node.operand.is_matrix else "slice"
            at = ", ".join([str(position) if isinstance(position, Size) else position.name for position in node.positions])
            shape = sizes_text(node.operand.shape)
            notes.setdefault(node.operand, f"{text(node)}: {part} {at} of {node.operand.name}, {shape}")
    return tuple(notes.values())


# ------------------------------------------------------------
# How results show themselves: as their text, and in notebooks as LaTeX; what is doubtful in how
# they were read comes first.


class Read(Protocol):
    """How an input was read, as far as a result shows it."""

    @property
    def warnings(self) -> tuple[str, ...]: ...


class Shown(ABC):
    """A result whose string is its text; a notebook asks for ``_repr_latex_``, which sets the LaTeX
    source in display style."""

    @property
    def reading(self) -> Read | None:
        """How the input was read; None of what was not read from one."""
        return None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is doubtful in how the input was read."""
        return () if self.reading is None else self.reading.warnings

    @abstractmethod
    def text(self) -> str:
        """The result in the input language."""

    @abstractmethod
    def latex(self) -> str:
        """LaTeX source, without dollar signs."""

    def _displayed(self) -> str:
        """The LaTeX source that a notebook shows."""
        return self.latex()

    def __str__(self) -> str:
        return "\n".join([*self._warned(), self.written()])

    def written(self) -> str:
        """The string without warnings."""
        return self.text()

    def _warned(self) -> list[str]:
        return [f"warning: {warning}" for warning in self.warnings]

    def _repr_latex_(self) -> str:
        return "\n\n".join([*self._warned(), f"$\\displaystyle {self._displayed()}$"])
