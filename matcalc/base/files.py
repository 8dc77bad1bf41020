"""The files the package comes with and their lines, what is computed from them and kept on disk,
text from bytes, and what is written for the user."""

from __future__ import annotations

import marshal
import os
import stat
import sys
from binascii import crc32
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

from matcalc.base.errors import MatcalcError
from matcalc.base.records import record
from matcalc.base.version import VERSION

FOLDER: ContextVar[str] = ContextVar("FOLDER", default="")
"""The folder from which the paths of documents are meant, where that is not the current one."""
_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


@cache
def folder(name: str) -> str:
    """The folder ``grammar`` or ``rules``: inside the package when installed from a wheel, beside
    it in a checkout."""
    for base in (os.path.join(_PACKAGE, "_data"), os.path.dirname(_PACKAGE)):
        if os.path.isdir(os.path.join(base, name)):
            return os.path.join(base, name)
    raise FileNotFoundError(f"matcalc's data folder {name!r} is missing: reinstall the package")


def whereabouts(path: str | os.PathLike[str]) -> str:
    """The path of a document as this process can open it."""
    return os.path.join(FOLDER.get(), path)


def save(file: str | os.PathLike[str], data: bytes) -> None:
    """Writes what a user asks for to a file. Raises MatcalcError where that is impossible."""
    try:
        with open(file, "wb") as opened:
            opened.write(data)
    except OSError as error:
        raise MatcalcError(f"{os.fspath(file)} cannot be written: {error.strerror or error}") from None


def read(name: str, file: str) -> str:
    """The text of one file of a data folder."""
    with open(os.path.join(folder(name), file), encoding="utf-8") as opened:
        return opened.read()


@cache
def stored_table(name: str) -> Any:
    """The file of ``rules/`` with this name and the ending ``.toml``."""
    return stored(name, read("rules", f"{name}.toml"), _tables)


def _tables(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


Value = TypeVar("Value")

_HEADER = 4
_LARGEST = 1 << 20
"""Bytes of an entry; they have some ten thousand."""
_MOST_KEPT = 20_000
"""Entries of a room, some 40 MB."""
_HAS_OWNERS = hasattr(os, "geteuid") and os.open in os.supports_dir_fd
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""How a file is opened: no link is followed, nothing is waited for."""
_FORMAT = (VERSION, sys.hexversion, sys.implementation.name)
_FAILURES = (EOFError, IndexError, OSError, TypeError, ValueError)


def stored(name: str, source: str, compute: Callable[[str], Value], folders: tuple[str, ...] | None = None) -> Value:
    """``compute(source)``, from disk when a process before this one has computed it.

    The value is made of dicts, lists, tuples, strings and numbers. An error of ``compute`` is
    passed on, and nothing is stored then.
    """
    places = list(_folders()) if folders is None else list(folders)
    key = (_FORMAT, _age(compute), source)
    file = f"{name}.{sys.implementation.cache_tag}.matcalc"
    for folder in places:
        found = _read(folder, file, key)
        if found is not None:
            value: Value = found[0]
            return value
    value = compute(source)
    if not sys.dont_write_bytecode:
        entry: Any = (key, value)
        data = marshal.dumps(entry)
        for folder in places:
            if _write(folder, file, crc32(data).to_bytes(_HEADER, "big") + data):
                break
    return value


def kept(room: str, name: str, key: object) -> Any:
    """The value that ``keep`` put into a room of the user's cache under this name and key; None
    when there is none."""
    for folder in users_folder():
        found = _read(os.path.join(folder, room), f"{name}.{sys.implementation.cache_tag}.matcalc", (_FORMAT, key))
        if found is not None:
            return found[0]
    return None


def keep(room: str, name: str, key: object, value: Any) -> None:
    """Keeps a value of plain data for later processes; another one under the same name is replaced,
    be its key another or not.

    When a room has grown beyond its measure, what was not written for longest goes.
    """
    if sys.dont_write_bytecode:
        return
    entry: Any = ((_FORMAT, key), value)
    data = marshal.dumps(entry)
    for folder in users_folder():
        place = os.path.join(folder, room)
        _write(place, f"{name}.{sys.implementation.cache_tag}.matcalc", crc32(data).to_bytes(_HEADER, "big") + data)
        if name.endswith("00"):  # of names that are digests one in 256
            _thin_out(place)


def _thin_out(place: str) -> None:
    with suppress(OSError):
        entries = sorted((entry.stat().st_mtime_ns, entry.path) for entry in os.scandir(place) if entry.name.endswith(".matcalc"))
        for _, path in entries[: max(0, len(entries) - _MOST_KEPT)]:
            with suppress(OSError):
                os.unlink(path)


def _folders() -> Iterator[str]:
    """Where entries may lie, the first choice first."""
    if sys.pycache_prefix is None:
        yield os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__")
    yield from users_folder()


def users_folder() -> Iterator[str]:
    """The user's folder for what can be made again; nothing where there is no home."""
    users = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser(os.path.join("~", ".cache"))
    if os.path.isabs(users):
        yield os.path.join(users, "matcalc")


def _age(compute: Callable[[str], object]) -> tuple[int, int]:
    """Time and size of the module that computes, as bytecode is told from code that has changed
    since."""
    try:
        found = os.stat(sys.modules[compute.__module__].__file__ or "")
    except (AttributeError, KeyError, OSError):
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _read(folder: str, file: str, key: object) -> tuple[Any] | None:
    """The value stored for ``key``, in a tuple; None when there is none or it cannot be trusted."""
    try:
        with _Folder(folder) as opened:
            content = opened.read(file)
        # Data that is not as it was written must not reach marshal, which trusts what it reads.
        if crc32(content[_HEADER:]) != int.from_bytes(content[:_HEADER], "big"):
            return None
        found, value = marshal.loads(content[_HEADER:])
    except _FAILURES:
        return None
    return (value,) if found == key else None


def _write(folder: str, file: str, content: bytes) -> bool:
    """Puts the whole entry in place at once, so that no other process reads half of it; leaves
    nothing else behind."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with _Folder(folder) as opened:
            opened.write(file, content)
    except OSError:
        return False
    return True


class _Folder:
    """A folder held open, so that what was found out about it stays true of the files that are
    opened in it.

    Raises PermissionError for one in which somebody else may put entries, and for such entries.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.place: int | None = None
        self.trusted: frozenset[int] = frozenset()

    def __enter__(self) -> _Folder:
        if not _HAS_OWNERS:  # the user's folders are closed to others there
            return self
        self.place = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self.trusted = frozenset([0, os.geteuid(), *_package_owner(self.path)])
            self._check(os.fstat(self.place))
        except BaseException:
            os.close(self.place)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.place is not None:
            os.close(self.place)

    def read(self, file: str) -> bytes:
        """The content of an entry."""
        self._check_entry(os.stat(self._name(file), dir_fd=self.place, follow_symlinks=False))
        with open(self._opened(file, os.O_RDONLY | _PLAIN), "rb") as entry:
            self._check_entry(os.fstat(entry.fileno()))  # of the file that was opened, should it be another one by now
            return entry.read(_LARGEST)

    def write(self, file: str, content: bytes) -> None:
        """Replaces an entry."""
        draft = f"{file}.{os.urandom(6).hex()}"
        try:
            with open(self._opened(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN), "wb") as written:
                written.write(content)
            os.replace(self._name(draft), self._name(file), src_dir_fd=self.place, dst_dir_fd=self.place)
        except BaseException:  # a full disk, a place that is taken by a folder
            self._remove(draft)
            raise

    def _remove(self, file: str) -> None:
        with suppress(OSError):
            os.unlink(self._name(file), dir_fd=self.place)

    def _opened(self, file: str, flags: int) -> int:
        return os.open(self._name(file), flags, 0o644, dir_fd=self.place)

    def _name(self, file: str) -> str:
        return os.path.join(self.path, file) if self.place is None else file

    def _check_entry(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            raise PermissionError
        self._check(found)

    def _check(self, found: os.stat_result) -> None:
        if self.place is not None and (found.st_uid not in self.trusted or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
            raise PermissionError


def _package_owner(folder: str) -> list[int]:
    """Who may change the package may change what lies beside it."""
    package = os.path.dirname(os.path.abspath(__file__))
    return [os.stat(package).st_uid] if os.path.dirname(folder) == package else []


_PLAIN_CHARACTERS = str.maketrans(
    {"\ufeff": None, "\u200b": None, "\u2060": None, "\u00ad": None, "\r": "\n"}
    | dict.fromkeys("\u00a0\u202f\u2007\u2009\u200a", " ")
    | dict.fromkeys("“”„«»", '"')
)


def decoded(content: bytes) -> str:
    r"""The text of bytes in UTF-8, or UTF-16 with its mark, with Unix line ends.

    >>> decoded("x'Ax\r\n".encode("utf-8-sig")), decoded("x²".encode("utf-16"))
    ("x'Ax\n", 'x²')
    """
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return content.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def plain(text: str) -> str:
    r"""The text without invisible marks, with plain spaces, double quotes and line ends.

    >>> plain("\ufeffA:\u00a0n×n\r\n")
    'A: n×n\n'
    """
    return text.replace("\r\n", "\n").translate(_PLAIN_CHARACTERS)


# ------------------------------------------------------------
# The lines of rule files: ``name | variables | left = right | source``.


@record
class RuleLine:
    """One line, not yet parsed."""

    name: str
    variables: str
    left: str
    right: str
    source: str


def rule_lines(file: str, text: str) -> list[RuleLine]:
    """The lines of ``text``, which is that of ``file``; empty lines and those with ``#`` in front
    are left out.

    Raises ValueError for a line of another form.
    """
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) != 4 or parts[2].count("=") != 1 or " = " not in parts[2]:
            raise ValueError(f"{file} line {number}: expected 'name | variables | left = right | source'")
        name, variables, identity, source = parts
        left, _, right = identity.partition(" = ")
        lines.append(RuleLine(name, variables, left.strip(), right.strip(), source))
    return lines
