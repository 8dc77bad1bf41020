"""Packages that are installed only with an extra, and what is said where one is missing."""

from __future__ import annotations

from matcalc.base.errors import MatcalcError

DISTRIBUTION = "matcalculus"
"""The name to install by, as in ``pyproject.toml``; the name that is imported is ``matcalc``."""


def needs_extra(what: str, extra: str, error: ModuleNotFoundError) -> MatcalcError:
    """What to say where ``what`` needs a package that comes with an extra.

    >>> print(needs_extra("the page", "web", ModuleNotFoundError(name="starlette.routing")))
    the page needs starlette, which is not installed
    try: pip install "matcalculus[web]"
    """
    package = (error.name or extra).partition(".")[0]
    return MatcalcError(f"{what} needs {package}, which is not installed", suggestion=f'pip install "{DISTRIBUTION}[{extra}]"')
