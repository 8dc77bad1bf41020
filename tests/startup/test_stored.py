"""What is stored on disk is used when it fits, and only then."""

from __future__ import annotations

import errno
import os
import sys
from binascii import crc32
from collections.abc import Callable
from pathlib import Path

import pytest

from matcalc.base import files as module, functions
from matcalc.base.files import read, stored
from matcalc.language.syntax import tables
from matcalc.rules import entrywise

VALUE = {"a": [1, (2, "é")], "b": {-1: {"x": 3}}}


class Counted:
    """Computes ``VALUE`` and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, source: str) -> object:
        self.calls += 1
        return VALUE


@pytest.fixture(autouse=True)
def written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_the_second_time_it_comes_from_disk(tmp_path: Path) -> None:
    compute = Counted()
    for _ in range(3):
        assert stored("rows", "text", compute, (str(tmp_path),)) == VALUE
    assert compute.calls == 1
    assert len(entries(tmp_path)) == 1  # no draft is left behind


def test_another_text_is_computed_and_replaces_the_first(tmp_path: Path) -> None:
    compute = Counted()
    for source, calls in (("one", 1), ("two", 2), ("two", 2), ("one", 3)):
        stored("rows", source, compute, (str(tmp_path),))
        assert compute.calls == calls
    assert len(entries(tmp_path)) == 1


def flipped(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


def other_value(content: bytes) -> bytes:
    """Whole, but not an entry."""
    data = b"i\x01\x00\x00\x00"
    return crc32(data).to_bytes(4, "big") + data


@pytest.mark.parametrize(
    "damage", [flipped, other_value, lambda content: content[:40], lambda content: b"", lambda content: content * 2]
)
def test_a_damaged_entry_is_computed_again_and_mended(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    compute = Counted()
    stored("rows", "text", compute, (str(tmp_path),))
    (entry,) = entries(tmp_path)
    good = entry.read_bytes()
    entry.write_bytes(damage(good))
    assert stored("rows", "text", compute, (str(tmp_path),)) == VALUE
    assert compute.calls == 2
    assert entry.read_bytes() == good


def test_an_entry_of_another_version_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute = Counted()
    stored("rows", "text", compute, (str(tmp_path),))
    monkeypatch.setattr(module, "_FORMAT", ("0.0.0", *module._FORMAT[1:]))
    stored("rows", "text", compute, (str(tmp_path),))
    assert compute.calls == 2


def test_an_entry_of_older_code_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code that computes is edited: the module of the function has another time and size."""
    code = tmp_path / "code.py"
    code.write_text("first")
    monkeypatch.setattr(sys.modules[Counted.__module__], "__file__", str(code))
    compute = Counted()
    for text, calls in (("first", 1), ("first", 1), ("second", 2)):
        if code.read_text() != text:
            code.write_text(text)
        stored("rows", "text", compute, (str(tmp_path / "cache"),))
        assert compute.calls == calls


def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    compute = Counted()
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    places = (str(blocked / "below"), str(tmp_path / "second"))
    for _ in range(2):
        assert stored("rows", "text", compute, places) == VALUE
    assert compute.calls == 1
    assert len(entries(tmp_path / "second")) == 1
    assert stored("other", "text", compute, places[:1]) == VALUE


def test_nothing_is_written_where_bytecode_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert stored("rows", "text", Counted(), (str(tmp_path),)) == VALUE
    assert entries(tmp_path) == []


def given_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a file or folder another user's: the superuser can, for others it is the user who becomes another."""
    if os.geteuid() == 0:
        os.chown(path, 65534, -1, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65534)


def hostile(_: str) -> object:
    return {"a": "not what the text says"}


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path, mode: int) -> None:
    compute = Counted()
    stored("rows", "text", hostile, (str(tmp_path),))
    tmp_path.chmod(mode)
    before = entries(tmp_path)
    for calls in (1, 2):
        assert stored("rows", "text", compute, (str(tmp_path),)) == VALUE
        assert compute.calls == calls
    assert entries(tmp_path) == before


def test_what_another_user_owns_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("folder", "entry"):
        place = tmp_path / part
        stored("rows", "text", hostile, (str(place),))
        with monkeypatch.context() as patch:
            given_away(place if part == "folder" else entries(place)[0], patch)
            assert stored("rows", "text", Counted(), (str(place),)) == VALUE


@pytest.mark.parametrize("sort", ["fifo", "link", "folder", "writable", "large"])
def test_what_is_no_entry_is_not_opened(tmp_path: Path, sort: str) -> None:
    """A pipe would hang, a link leads elsewhere."""
    place, elsewhere = tmp_path / "cache", tmp_path / "elsewhere"
    stored("rows", "text", hostile, (str(place),))
    (entry,) = entries(place)
    content = entry.read_bytes()
    entry.unlink()
    match sort:
        case "fifo":
            os.mkfifo(entry)
        case "link":
            elsewhere.write_bytes(content)
            entry.symlink_to(elsewhere)
        case "folder":
            entry.mkdir()
        case "writable":
            entry.write_bytes(content)
            entry.chmod(0o666)
        case _:
            entry.write_bytes(content + b"\0" * module._LARGEST)
    assert stored("rows", "text", Counted(), (str(place),)) == VALUE
    assert entries(place) == [entry]
    if sort == "link":
        assert elsewhere.read_bytes() == content


def test_a_linked_folder_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert stored("rows", "text", Counted(), (str(tmp_path / "link"),)) == VALUE
    assert entries(tmp_path / "real") == []


def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        stored("rows", "text", Counted(), (str(tmp_path / "below" / "matcalc"),))
    finally:
        os.umask(former)
    assert (tmp_path / "below" / "matcalc").stat().st_mode & 0o777 == 0o700
    assert entries(tmp_path / "below" / "matcalc")[0].stat().st_mode & 0o022 == 0


def test_a_full_disk_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert stored("rows", "text", Counted(), (str(tmp_path),)) == VALUE
    assert entries(tmp_path) == []


def test_code_does_not_come_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an entry says of a function, what is evaluated for it stands in the file of the package."""
    rows = functions._rows(read("rules", "functions.toml"))
    assert not {field for name, row in rows.items() if name != "targets" for field in row} & {*functions.code_targets(), "sympy"}
    monkeypatch.setattr(functions, "stored", lambda *_: {"exp": {**rows["exp"], "numpy": "__import__('os')"}})
    functions.functions.cache_clear()
    try:
        assert functions.functions()["exp"].code("numpy") == "np.exp(t)"
    finally:
        monkeypatch.undo()
        functions.functions.cache_clear()


def test_an_error_is_not_stored(tmp_path: Path) -> None:
    def refuse(source: str) -> object:
        raise ValueError("bad rules")

    for _ in range(2):
        with pytest.raises(ValueError, match="bad rules"):
            stored("rows", "text", refuse, (str(tmp_path),))
    assert entries(tmp_path) == []


def test_the_folders_follow_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    beside = os.path.join(os.path.dirname(os.path.abspath(module.__file__)), "__pycache__")
    assert list(module._folders()) == [beside, str(tmp_path / "matcalc")]
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    assert list(module._folders()) == [str(tmp_path / "matcalc")]


def test_what_is_stored_is_what_the_files_say(tmp_path: Path) -> None:
    """Plain data comes back from disk as it was computed."""
    grammar = tables._built(read("grammar", "matcalc.lark"))
    trees = entrywise._trees(read("grammar", "rules.lark"), read("rules", "matrix_functions.rules"))
    for name, value in (("grammar", grammar), ("trees", trees), ("functions", functions._rows(read("rules", "functions.toml")))):
        for _ in range(2):
            assert stored(name, "text", lambda _, value=value: value, (str(tmp_path),)) == value


def test_a_grammar_that_the_parser_cannot_run_is_refused() -> None:
    with pytest.raises(ValueError, match="not used in this grammar"):
        tables._built('!start: "[" NAME "]"\n%declare NAME\n')
