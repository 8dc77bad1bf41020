"""Finds the ``grammar/`` and ``rules/`` folders, in a checkout and in an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def folder(name: str) -> Path:
    """The folder ``grammar`` or ``rules``: inside the package when installed from a wheel, beside it in a checkout."""
    for base in (_PACKAGE / "_data", _PACKAGE.parent):
        if (base / name).is_dir():
            return base / name
    raise FileNotFoundError(f"matcalc's data folder {name!r} is missing: reinstall the package")


def read(name: str, file: str) -> str:
    """The text of one file of a data folder."""
    return (folder(name) / file).read_text(encoding="utf-8")
