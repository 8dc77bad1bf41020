"""The options that commands share, each written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from matcalc.budgets import budget
from matcalc.decoding import plain
from matcalc.errors import MatcalcError
from matcalc.language.options import DIALECTS
from matcalc.limits import DERIVATION_SECONDS, VERDICT_SECONDS
from matcalc.products.reading import LAYOUTS, NAMES, SYMMETRIC

Command = TypeVar("Command", bound=Callable[..., Any])
Keywords: TypeAlias = dict[str, Any]
"""Arguments that are passed on to the calls of the Python interface."""


if TYPE_CHECKING:
    _ParamType = click.ParamType[str]
else:  # takes no argument in earlier versions of click
    _ParamType = click.ParamType


class OneOf(_ParamType):
    """One of several words, whatever their case; other names of them are understood."""

    name = "choice"

    def __init__(self, choices: Sequence[str], others: Mapping[str, str] | None = None) -> None:
        self.choices = tuple(choices)
        self.others = {name: choice for name, choice in (others or {}).items() if choice in self.choices}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = str(value).strip().lower()
        known = {choice.lower(): choice for choice in self.choices} | self.others
        if word not in known:
            import difflib

            near = difflib.get_close_matches(word, known, n=1)
            hint = f"; did you mean {known[near[0]]}?" if near else ""
            self.fail(f"there is no {value!r} here, only {', '.join(self.choices)}{hint}", param, ctx)
        return known[word]

    def get_metavar(self, *_: Any, **__: Any) -> str:
        return f"[{'|'.join(self.choices)}]"


FORM_NAMES = {
    "tex": "latex", "md": "markdown", "python": "numpy", "py": "numpy", "np": "numpy", "pytorch": "torch", "jnp": "jax", "text": "unicode",
    "txt": "ascii", "utf8": "unicode", "utf-8": "unicode", "plain": "ascii", "matlab": "ascii", "indices": "index", "web": "html",
}  # fmt: skip
"""Other names of the forms of a result."""


def form(choices: Sequence[str]) -> OneOf:
    """The type of ``--to``."""
    return OneOf(choices, FORM_NAMES)


LAYOUT = click.option(
    "--layout",
    type=OneOf(LAYOUTS, {"numer": "numerator", "num": "numerator", "denom": "denominator", "den": "denominator"}),
    default=LAYOUTS[0],
    metavar="LAYOUT",
    help="denominator: a gradient has the shape of the variable; numerator: the transposes; tensor: nothing is flattened.  "
    "[default: denominator]",
)
SYMMETRY = click.option(
    "--symmetric",
    type=OneOf(SYMMETRIC),
    default=SYMMETRIC[0],
    metavar="CONVENTION",
    help="By a variable declared symmetric: projected ½(G + Gᵀ), independent G, or cookbook G + Gᵀ − diag(G).  [default: projected]",
)


def _set_budget(ctx: click.Context, _: click.Parameter, seconds: float | None) -> None:
    """The budget holds until the command ends."""
    if seconds is not None:
        ctx.with_resource(budget(seconds))


BUDGET = click.option(
    "--budget",
    type=float,
    metavar="SECONDS",
    expose_value=False,
    callback=_set_budget,
    help=f"How long a derivation or a verdict may take.  [default: {DERIVATION_SECONDS:g} and {VERDICT_SECONDS:g}]",
)
BOLD = click.option("--bold", is_flag=True, help="Vectors and matrices in bold type, in LaTeX and Markdown.")


def names_option(default: str) -> Callable[[Command], Command]:
    """``--names``."""
    said = f"Names given in EXPRESSION are replaced by their values in the answer (substitute), or kept (keep).  [default: {default}]"
    return click.option("--names", type=OneOf(NAMES), default=default, metavar="TREATMENT", help=said)


def wrt_option(said: str) -> Callable[[Command], Command]:
    """``--wrt``, which may be repeated."""
    return click.option("-w", "--wrt", multiple=True, metavar="NAME", help=said)


def reading_options(command: Command) -> Command:
    """How a text is read, as the keyword arguments ``reading`` of the calls of the Python interface."""

    @wraps(command)
    def with_reading(*arguments: Any, declare: tuple[str, ...], strict: bool, dialect: str | None, **others: Any) -> Any:
        reading = {"declare": plain("; ".join(declare)) or None, "strict": strict, "dialect": dialect}
        return command(*arguments, reading=reading, **others)

    found: Any = with_reading
    for option in reversed(_READING):
        found = option(found)
    made: Command = found
    return made


_EXPLAINS = "the reading is to be explained"


def _set_explained(ctx: click.Context, _: click.Parameter, explained: bool) -> None:
    ctx.meta[_EXPLAINS] = explained


def explains_reading() -> bool:
    """Whether the command is asked to say all about how its formula is read."""
    return bool(click.get_current_context().meta.get(_EXPLAINS))


DECLARE = click.option(
    "-d",
    "--declare",
    "--where",
    multiple=True,
    metavar="TEXT",
    help='Kinds, sizes and facts: "X: n×m; A ∈ R^{n×n}; a: scalar", or in words: --where "A symmetric".',
)
_READING = (
    DECLARE,
    click.option("--strict", is_flag=True, help="Refuse a formula of which the reading is doubtful."),
    click.option(
        "--dialect",
        type=OneOf(DIALECTS, {"np": "numpy", "jax": "numpy", "torch": "numpy", "octave": "matlab", "tex": "latex"}),
        metavar="DIALECT",
        help=f"What the formula is written in: {', '.join(DIALECTS)}.  [default: what it shows]",
    ),
    click.option(
        "--explain-reading",
        is_flag=True,
        expose_value=False,
        callback=_set_explained,
        help="Say first how the formula is read, and how else it could be.",
    ),
)


def set_in_bold(target: str | None, bold: bool) -> str | None:
    """The form of the result: LaTeX where ``--bold`` stands alone. Raises MatcalcError for a form that has no bold type."""
    if not bold:
        return target
    if target not in (None, "latex", "markdown"):
        raise MatcalcError(f"there is no bold type in the form {target}", suggestion="--bold with --to latex or --to markdown")
    return target or "latex"
