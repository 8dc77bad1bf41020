"""Finds the ``grammar/`` and ``rules/`` folders, in a checkout and in an installed wheel."""

from __future__ import annotations

import os
from functools import cache

_PACKAGE = os.path.dirname(os.path.realpath(__file__))


@cache
def folder(name: str) -> str:
    """The folder ``grammar`` or ``rules``: inside the package when installed from a wheel, beside it in a checkout."""
    for base in (os.path.join(_PACKAGE, "_data"), os.path.dirname(_PACKAGE)):
        if os.path.isdir(os.path.join(base, name)):
            return os.path.join(base, name)
    raise FileNotFoundError(f"matcalc's data folder {name!r} is missing: reinstall the package")


def read(name: str, file: str) -> str:
    """The text of one file of a data folder."""
    with open(os.path.join(folder(name), file), encoding="utf-8") as opened:
        return opened.read()
