"""KaTeX and Pyodide from their npm packages, in memory.

The archives are kept, in the package itself (``vendor``, in wheels that were built with it) or in
the user's cache; each is compared with its digest whenever it is read, so that nobody else's script
gets onto the page.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from matcalc.base.errors import MatcalcError
from matcalc.base.files import users_folder
from matcalc.base.records import record

_SECONDS = 60
"""For a package manager, to bring one package."""


@record
class Package:
    """An npm package at one version: the sha512 of its archive as a lock file has it, the folder in
    it that is used, and patterns of the files."""

    name: str
    version: str
    sha512: str
    folder: str
    files: tuple[str, ...]

    @property
    def archive(self) -> str:
        """The name of its file, which is npm's."""
        return f"{self.name}-{self.version}.tgz"


_KATEX = Package(
    "katex",
    "0.19.1",
    "jG8uKntjSEcm2EpQOh0XturpPuuC9r3Sq5HLHdsFdWZT27E672SF19QEi+of0/YeOy15lDgRhKvr5614uRrEfA==",
    "dist",
    ("katex.min.js", "katex.min.css", "fonts/*.woff2", "LICENSE"),
)
_PYODIDE = Package(
    "pyodide",
    "314.0.8",
    "74Wq1kXOC+CCEzAfxuRAO701nAcCMLjf8NrwvWpu8S41dVMXwXmLQ05dYB+F4e46AdnGo0oq7YHSVUpHsoarLQ==",
    "",
    ("pyodide.mjs", "pyodide.js", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"),
)
NO_KATEX = dict.fromkeys(("katex.min.js", "katex.min.css"), b"")
"""What stands in its place, so that nothing is missed."""


def katex(given: str | None = None, *, fetch: bool = True) -> Mapping[str, bytes]:
    """KaTeX's script, style and fonts, by their names below ``dist``.

    They are taken from the folder that is ``given``, which is trusted, else from the archive, which
    npm brings if need be and ``fetch`` allows it. Raises MatcalcError where they are not at hand.
    """
    return _files(_KATEX, given, fetch)


def pyodide(given: str | None = None, *, fetch: bool = True) -> Mapping[str, bytes]:
    """Pyodide's files, as ``katex`` gives those of KaTeX."""
    return _files(_PYODIDE, given, fetch)


def _files(package: Package, given: str | None, fetch: bool) -> Mapping[str, bytes]:
    if given is not None:
        return _given(package, Path(given))
    for place in _places():
        with suppress(OSError):
            content = (place / package.archive).read_bytes()
            if _is_right(package, content):
                return _unpacked(package, content)
    if not fetch:
        raise MatcalcError(f"{package.name} {package.version} is not at hand", suggestion=_by_hand(package))
    return _unpacked(package, _fetched(package))


def _given(package: Package, folder: Path) -> Mapping[str, bytes]:
    """The files from a folder that holds them, the package, packages such as ``node_modules``, or
    the archive."""
    with suppress(OSError):
        content = (folder / package.archive).read_bytes()
        if _is_right(package, content):
            return _unpacked(package, content)
    for base in (folder, folder / package.folder, folder / package.name, folder / package.name / package.folder):
        if (base / package.files[0]).is_file():
            paths = [path for pattern in package.files for path in sorted(base.glob(pattern))]
            return {path.relative_to(base).as_posix(): path.read_bytes() for path in paths}
    raise MatcalcError(
        f"{folder} has no {package.files[0]} of {package.name}", suggestion=f"the folder of npm install {package.name}"
    )


def _places() -> Iterator[Path]:
    """Where archives may lie."""
    yield Path(__file__).with_name("vendor")
    for folder in users_folder():
        yield Path(folder) / "web"


def _is_right(package: Package, content: bytes) -> bool:
    return b64encode(hashlib.sha512(content).digest()).decode() == package.sha512


def _unpacked(package: Package, content: bytes) -> Mapping[str, bytes]:
    """The files that are used; nothing of the archive is written to disk."""
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for member in archive:
            name = member.name.removeprefix("package/").removeprefix(f"{package.folder}/")
            opened = archive.extractfile(member) if any(fnmatchcase(name, pattern) for pattern in package.files) else None
            if opened is not None:
                found[name] = opened.read()
    return dict(sorted(found.items()))


def _fetched(package: Package) -> bytes:
    """The archive as npm brings it, which is kept."""
    npm = shutil.which("npm")
    if npm is None:
        raise MatcalcError(f"{package.name} comes from npm, which is not here", suggestion=_by_hand(package))
    with tempfile.TemporaryDirectory() as folder:
        _run([npm, "pack", f"{package.name}@{package.version}", "--fetch-retries=0", "--silent"], folder, package.name)
        content = (Path(folder) / package.archive).read_bytes()
    if not _is_right(package, content):
        raise MatcalcError(f"what npm has brought is not {package.name} {package.version}: its digest is another one")
    for kept in map(Path, users_folder()):
        with suppress(OSError):
            (kept / "web").mkdir(parents=True, mode=0o700, exist_ok=True)
            draft = kept / "web" / f"{package.archive}.{os.getpid()}"
            draft.write_bytes(content)
            draft.replace(kept / "web" / package.archive)
    return content


def _by_hand(package: Package) -> str:
    return f"npm pack {package.name}@{package.version}, and its folder as --assets"


def _run(command: Sequence[str], folder: str, what: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise MatcalcError(f"{what}: {os.path.basename(command[0])} has not brought it within {_SECONDS} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise MatcalcError(f"{what}: {os.path.basename(command[0])} has not brought it" + (f": {said[-1]}" if said else ""))
