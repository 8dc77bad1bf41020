"""The options that commands share, each written once, and what they do to a command."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import wraps
from typing import Any, TypeAlias, cast

from matcalc.base.budgets import DERIVATION_SECONDS, VERDICT_SECONDS, budget as allowed
from matcalc.base.errors import MatcalcError
from matcalc.base.files import plain
from matcalc.base.functions import code_targets, typesetting
from matcalc.base.layouts import COSTS, LAYOUTS, SYMMETRIC
from matcalc.cli.front import EXPLAINS, Command, Option, holding
from matcalc.interface.presentation import FORMATS
from matcalc.language.decisions import DIALECTS
from matcalc.objects.inputs import NAMES
from matcalc.printing.notations import STEP_FORMATS, STEP_STYLES

Keywords: TypeAlias = dict[str, Any]
"""Arguments that are passed on to the calls of the Python interface."""
SAMPLES = ("matrix", "sum")
VIEWS = ("differential", "slice")
"""Forms of a first derivative besides the closed matrix form and the index form."""
FORM_NAMES = {
    "md": "markdown", "text": "unicode", "txt": "ascii", "utf8": "unicode", "utf-8": "unicode", "plain": "ascii",
    "indices": "index", "web": "html",
    **{alias: one.name for names in (code_targets(), typesetting()) for one in names.values() for alias in one.aliases},
}  # fmt: skip
"""Other names of the forms of a result."""


def form_option(forms: Sequence[str], shown: Sequence[str] = ()) -> Option:
    """``--to``; the help page lists the forms, or those of them that are ``shown``."""
    said = f"Form of the result: {', '.join(shown or forms)}.  [default: unicode]"
    return Option(("--to",), "target", "word", said, "FORM", None, tuple(forms), FORM_NAMES)


LAYOUT = Option(
    ("--layout",),
    "layout",
    "word",
    "denominator: a gradient has the shape of the variable; numerator: the transposes; tensor: nothing is flattened.  "
    "[default: denominator]",
    "LAYOUT",
    LAYOUTS[0],
    LAYOUTS,
    {"numer": "numerator", "num": "numerator", "denom": "denominator", "den": "denominator"},
)
SYMMETRY = Option(
    ("--symmetric",),
    "symmetric",
    "word",
    "By a variable declared symmetric: projected ½(G + Gᵀ), independent G, or cookbook G + Gᵀ − diag(G).  [default: projected]",
    "CONVENTION",
    SYMMETRIC[0],
    SYMMETRIC,
)
COST = Option(
    ("--cost",),
    "cost",
    "word",
    "The form that is shown: the shortest, the cheapest to compute, or the familiar one.  [default: shortest]",
    "|".join(COSTS),
    COSTS[0],
    COSTS,
)
BUDGET = Option(
    ("--budget",),
    "budget",
    "number",
    f"How long a derivation or a verdict may take.  [default: {DERIVATION_SECONDS:g} and {VERDICT_SECONDS:g}]",
    "SECONDS",
)
BOLD = Option(("--bold",), "bold", "flag", "Vectors and matrices in bold type, in LaTeX and Markdown.", default=False)
DECLARE = Option(
    ("-d", "--declare", "--where"),
    "declare",
    "texts",
    'Kinds, sizes and facts: "X: n×m; A ∈ R^{n×n}; a: scalar", or in words: --where "A symmetric".',
    "TEXT",
    (),
)
READING = (
    DECLARE,
    Option(("--strict",), "strict", "flag", "Refuse a formula of which the reading is doubtful.", default=False),
    Option(
        ("--dialect",),
        "dialect",
        "word",
        f"What the formula is written in: {', '.join(DIALECTS)}.  [default: what it shows]",
        "DIALECT",
        None,
        DIALECTS,
        {"np": "numpy", "jax": "numpy", "torch": "numpy", "octave": "matlab", "tex": "latex"},
    ),
    Option(
        ("--explain-reading",), "explained", "flag", "Say first how the formula is read, and how else it could be.", default=False
    ),
)
"""How a text is read."""


STEPS = (
    Option(
        ("--steps",),
        "steps",
        "flag",
        f"Print the derivation step by step; FORM is then one of {', '.join(STEP_FORMATS)}.",
        default=False,
    ),
    Option(
        ("--style",),
        "style",
        "word",
        "Steps entry by entry (index) or by differentials (differential); implies --steps.  [default: index]",
        "STYLE",
        None,
        STEP_STYLES,
    ),
)
"""The derivation step by step."""


ON = (
    Option(
        ("--on",),
        "on",
        "text",
        "The manifold on which the symbol lies, such as stiefel: the derivative is then the Riemannian one.",
        "MANIFOLD",
    ),
    Option(("--metric",), "metric", "text", "Its metric, such as canonical.  [default: the usual one]", "METRIC"),
)
"""What makes a derivative Riemannian."""


def names_option(default: str) -> Option:
    """``--names``."""
    said = f"Names given in EXPRESSION are replaced by their values in the answer (substitute), or kept (keep).  [default: {default}]"
    return Option(("--names",), "names", "word", said, "TREATMENT", default, NAMES)


def wrt_option(said: str) -> Option:
    """``--wrt``, which may be repeated."""
    return Option(("-w", "--wrt"), "wrt", "texts", said, "NAME", (), symbols=True)


def deriving_options(wrt: str, *, names: str | None, more: Sequence[str] = ()) -> tuple[Option, ...]:
    """The options of a command that differentiates. ``names`` is the default of ``--names``, which
    there is only where there is a default; ``more`` are further forms of the result."""
    return (
        wrt_option(wrt),
        *READING,
        LAYOUT,
        SYMMETRY,
        COST,
        BUDGET,
        *([names_option(names)] if names else []),
        BOLD,
        *STEPS,
        Option(("--entries",), "entries", "text", "Write the result out entry by entry at small sizes, as in n=2,m=3.", "SIZES"),
        Option(("--at",), "point", "text", 'The value of the result: "x=[1,2], A=[1 2; 3 4]".', "VALUES"),
        Option(
            ("--samples",),
            "samples",
            "word",
            "Of a formula with samples x_i: the result in matrices, or as a sum over them.  [default: matrix]",
            "matrix|sum",
            SAMPLES[0],
            SAMPLES,
        ),
        Option(("--shard",), "shard", "text", "Code for JAX: split the axes of this size over the devices.", "SIZE"),
        form_option(tuple(dict.fromkeys((*FORMATS, *more, *VIEWS, *STEP_FORMATS))), (*FORMATS, *more, *VIEWS)),
        Option(("--batched",), "batched", "text", "Code for arrays of these names with a leading axis, as in x,A.", "NAMES"),
        Option(("--sparse",), "sparse", "text", "Code for sparse matrices, computed at the entries of the first.", "NAMES"),
    )


def with_reading(command: Command) -> Command:
    """The command with ``READING`` as the keyword arguments ``reading`` of the calls of the Python
    interface."""

    @wraps(command)
    def reads(*, declare: Sequence[str], strict: bool, dialect: str | None, explained: bool, **others: Any) -> Any:
        reading = {"declare": plain("; ".join(declare)) or None, "strict": strict, "dialect": dialect}
        with holding(EXPLAINS, explained):
            return command(reading=reading, **others)

    return cast("Command", reads)


def with_budget(command: Command) -> Command:
    """The command with ``BUDGET``, which holds until it ends."""

    @wraps(command)
    def works(*, budget: float | None, **others: Any) -> Any:
        with nullcontext() if budget is None else allowed(budget):
            return command(**others)

    return cast("Command", works)


def set_in_bold(target: str | None, bold: bool) -> str | None:
    """The form of the result: LaTeX where ``--bold`` stands alone. Raises MatcalcError for a form
    that has no bold type."""
    if not bold:
        return target
    if target not in (None, "markdown", *typesetting()):
        raise MatcalcError(f"there is no bold type in the form {target}", suggestion="--bold with --to latex or --to markdown")
    return target or "latex"
