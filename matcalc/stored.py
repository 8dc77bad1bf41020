"""What is computed from the data files (parse tables, the function table), kept on disk between processes.

Every process would find the same again: Lark needs 60 ms for the parse tables of the input language, reading them back takes under one.
The cache is treated as Python treats its bytecode. It lies in the package's ``__pycache__``, or in the user's cache folder where that one
cannot be written; an entry carries a checksum, the whole source text it was computed from and the age of the code that did, and one that
is damaged, cut off, of another text or of other code is computed anew and replaced. A folder that cannot be written costs time and nothing
else.
``PYTHONDONTWRITEBYTECODE`` keeps it from being written.
"""

from __future__ import annotations

import marshal
import os
import sys
from binascii import crc32
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from matcalc.version import VERSION

Value = TypeVar("Value")

_HEADER = 4
_FORMAT = (VERSION, sys.hexversion, sys.implementation.name)
_FAILURES = (EOFError, IndexError, OSError, TypeError, ValueError)


def stored(name: str, source: str, compute: Callable[[str], Value], folders: tuple[str, ...] | None = None) -> Value:
    """``compute(source)``, from disk when a process before this one has computed it.

    The value is made of dicts, lists, tuples, strings and numbers. An error of ``compute`` is passed on, and nothing is stored then.
    """
    places = list(_folders()) if folders is None else list(folders)
    key = (_FORMAT, _age(compute), source)
    file = f"{name}.{sys.implementation.cache_tag}.matcalc"
    for folder in places:
        found = _read(os.path.join(folder, file), key)
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


def _folders() -> Iterator[str]:
    """Where entries may lie, the first choice first."""
    if sys.pycache_prefix is None:
        yield os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__")
    users = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser(os.path.join("~", ".cache"))
    if os.path.isabs(users):  # not where there is no home
        yield os.path.join(users, "matcalc")


def _age(compute: Callable[[str], object]) -> tuple[int, int]:
    """Time and size of the module that computes, as bytecode is told from code that has changed since."""
    try:
        found = os.stat(sys.modules[compute.__module__].__file__ or "")
    except (AttributeError, KeyError, OSError):
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _read(path: str, key: object) -> tuple[Any] | None:
    """The value stored for ``key``, in a tuple; None when there is none or it cannot be trusted."""
    try:
        with open(path, "rb") as file:
            content = file.read()
        # Data that is not as it was written must not reach marshal, which trusts what it reads.
        if crc32(content[_HEADER:]) != int.from_bytes(content[:_HEADER], "big"):
            return None
        found, value = marshal.loads(content[_HEADER:])
    except _FAILURES:
        return None
    return (value,) if found == key else None


def _write(folder: str, file: str, content: bytes) -> bool:
    """Puts the whole entry in place at once, so that no other process reads half of it."""
    path = os.path.join(folder, file)
    draft = f"{path}.{os.getpid()}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(draft, "xb") as written:
            written.write(content)
        os.replace(draft, path)
    except OSError:
        return False
    return True
