"""The page as files: Python itself runs in the browser, and no server is asked for anything but
these files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from importlib import metadata
from pathlib import Path

from matcalc.base import files
from matcalc.base.errors import MatcalcError
from matcalc.interface.console import say
from matcalc.web import content_policy
from matcalc.web.assets import katex, pyodide

PAGE = Path(__file__).with_name("page")
CONFIG = "config.json"
_PACKAGE = PAGE.parent.parent
_FIRST, _LATER = ("lark",), ("sympy", "mpmath")
"""Distributions that every answer needs, and those that few do: the page fetches these when they
are first imported. All are plain Python, so that what is installed here runs there."""
_NOT_THERE = frozenset({"web", "katex", "__pycache__"})
_NOT_RUN = frozenset({"tests", "__pycache__", ".."})
_DATE = (1980, 1, 1, 0, 0, 0)
"""Of all files in an archive: the same content is the same archive."""


def build(folder: str | Path, given: str | None = None) -> None:
    """Writes the page into a folder that is empty, is not there yet, or holds an earlier build.

    ``given`` is a folder with the npm packages, where npm is not to bring them. Raises MatcalcError
    for another folder, and where a package cannot be had.
    """
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise MatcalcError(f"{place} is no folder")
    if place.is_dir() and any(place.iterdir()) and not _is_built(place):
        raise MatcalcError(f"{place} holds other files", suggestion="an empty folder, or one that does not exist")
    content = site(given)
    for name, data in content.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    for old in sorted((place / "assets").rglob("*")):  # archives of an earlier build have other names
        if old.is_file() and old.relative_to(place).as_posix() not in content:
            old.unlink()
    say(f"{len(content)} files, {sum(map(len, content.values())) / 1e6:.1f} MB in {place}; any server of files can offer them")


def site(given: str | None = None) -> Mapping[str, bytes]:
    """All files of the page, by their paths."""
    page = {path.relative_to(PAGE).as_posix(): path.read_bytes() for path in sorted(PAGE.rglob("*")) if path.is_file()}
    page["index.html"] = _with_policy(page["index.html"])
    libraries = {f"assets/katex/{name}": data for name, data in katex(given).items()}
    libraries |= {f"assets/pyodide/{name}": data for name, data in pyodide(given).items()}
    archives = {"packages": archive({**_of_matcalc(), **_of_distributions(_FIRST)}), "more": archive(_of_distributions(_LATER))}
    named = {key: f"{key}-{sha256(data).hexdigest()[:12]}.zip" for key, data in archives.items()}
    page[CONFIG] = json.dumps({"backend": "pyodide", **named}, indent=2).encode() + b"\n"
    return {**page, **libraries, **{f"assets/python/{named[key]}": data for key, data in archives.items()}}


def archive(content: Mapping[str, bytes]) -> bytes:
    """A zip file, the same one for the same content."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        for name, data in sorted(content.items()):
            opened.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _is_built(place: Path) -> bool:
    try:
        return bool(json.loads((place / CONFIG).read_bytes())["backend"] == "pyodide")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _with_policy(page: bytes) -> bytes:
    """The page with what it may load, which a server says in a header."""
    head = f'<meta charset="utf-8">\n  <meta http-equiv="Content-Security-Policy" content="{escape(content_policy(built=True))}">'
    return page.replace(b'<meta charset="utf-8">', head.encode(), 1)


def _of_matcalc() -> dict[str, bytes]:
    """The package as a wheel has it."""
    found = _below(_PACKAGE, _PACKAGE.parent)
    for name in ("grammar", "rules"):
        data = Path(files.folder(name))
        found |= {f"matcalc/_data/{path}": content for path, content in _below(data, data.parent).items()}
    return found


def _below(folder: Path, root: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and not _NOT_THERE.intersection(path.relative_to(folder).parts)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def _of_distributions(names: tuple[str, ...]) -> dict[str, bytes]:
    return {path: data for name in names for path, data in _installed(name)}


def _installed(name: str) -> Iterator[tuple[str, bytes]]:
    """What runs of a distribution that is installed here, and its licence; not its tests."""
    for path in metadata.files(name) or ():
        runs = path.suffix in (".py", ".lark") and not _NOT_RUN.intersection(path.parts)
        if runs or (path.parts[0].endswith(".dist-info") and "LICENSE" in path.name.upper()):
            yield path.as_posix(), path.read_binary()
