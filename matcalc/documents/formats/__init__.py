"""One file for each format: a text of it becomes a manuscript."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from os import PathLike, fspath
from pathlib import Path
from typing import TypeAlias, cast

from matcalc.base.budgets import MOST_DOCUMENT_CHARACTERS
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.extras import needs_extra
from matcalc.base.files import decoded, whereabouts
from matcalc.documents.blocks import Manuscript

Reader: TypeAlias = Callable[[str, str, Path | None], Manuscript]
"""Text, path, and the folder below which the files that it takes in must lie (None: its own)."""

READERS = {
    ".md": "matcalc.documents.formats.markdown",
    ".markdown": "matcalc.documents.formats.markdown",
    ".mdx": "matcalc.documents.formats.markdown",
    ".qmd": "matcalc.documents.formats.markdown",
    ".rmd": "matcalc.documents.formats.markdown",
    ".myst": "matcalc.documents.formats.markdown",
    ".ipynb": "matcalc.documents.formats.notebook",
    ".rst": "matcalc.documents.formats.restructured",
    ".rest": "matcalc.documents.formats.restructured",
    ".html": "matcalc.documents.formats.html",
    ".htm": "matcalc.documents.formats.html",
    ".xhtml": "matcalc.documents.formats.html",
    ".tex": "matcalc.documents.formats.latex",
    ".latex": "matcalc.documents.formats.latex",
    ".ltx": "matcalc.documents.formats.latex",
    ".txt": "matcalc.documents.formats.plain",
    ".text": "matcalc.documents.formats.plain",
}
"""The module that reads files of each suffix; its ``manuscript`` is a :data:`Reader`."""
IDENTITIES = ".identities"
"""Files of named statements, which are no prose."""
EXTRA = frozenset({"markdown_it", "mdit_py_plugins", "docutils", "pylatexenc"})
"""What the extra ``documents`` brings; each is imported when the first document that needs it is
read."""


def manuscript(path: str | PathLike[str], root: str | PathLike[str] | None = None) -> Manuscript:
    """The pieces of a document, whose format its suffix tells.

    Raises MatcalcError for a file that is not there, cannot be read, is too long or of no known
    format, and where the package that reads it is not installed.
    """
    place = Path(path_name(path))
    read = reader(place)
    text = text_of(place)
    if len(text) > MOST_DOCUMENT_CHARACTERS:
        raise LimitError(f"{place} has more than {MOST_DOCUMENT_CHARACTERS:,} characters", suggestion="several files")
    return read(text, str(place), None if root is None else Path(root))


def documents_below(folder: str | PathLike[str]) -> list[str]:
    """The documents in a folder and in those below it, in the order of their paths; nothing that is
    hidden. Raises MatcalcError where there is none."""
    found: list[str] = []
    for within, inner, names in os.walk(folder):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        known = [name for name in names if not name.startswith(".") and Path(name).suffix.lower() in {*READERS, IDENTITIES}]
        found += [os.path.normpath(os.path.join(within, name)) for name in known]
    if not found:
        raise MatcalcError(f"there are no documents in {fspath(folder)}", expected=f"files such as {', '.join(READERS)}")
    return sorted(found)


def path_name(path: str | PathLike[str]) -> str:
    """A path as it is written. Raises MatcalcError for what is none."""
    if not isinstance(path, (str, PathLike)):
        raise MatcalcError(f"a value of type {type(path).__name__} is no path", expected="the path of a file")
    return fspath(path)


def text_of(path: str | PathLike[str]) -> str:
    """The text of a file. Raises MatcalcError for one that cannot be read."""
    try:
        return decoded(Path(whereabouts(path)).read_bytes())
    except (OSError, ValueError) as error:
        raise MatcalcError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def reader(place: Path) -> Reader:
    """What reads files with this suffix. Raises MatcalcError where nothing does, or where its
    package is not installed."""
    suffix = place.suffix.lower()
    if suffix == ".pdf":
        raise MatcalcError(
            f"{place}: formulas cannot be read from PDF, where fractions and exponents are only letters at heights",
            suggestion="the source that it was made from (.tex, .md, .ipynb, .rst, .html)",
        )
    module = READERS.get(suffix)
    if module is None:
        raise MatcalcError(f"{place}: this kind of file is not read", expected=", ".join(READERS))
    try:
        return cast(Reader, import_module(module).manuscript)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in EXTRA:
            raise
        raise needs_extra(f"{place}: a file of this kind", "documents", error) from error
