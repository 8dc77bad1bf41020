"""Some harm to cache folders; and a cache that evaluates what it finds, which has to be seen."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from matcalc.base import files
from tests.attack.caches import HARMS, PROGRAM, attack

# Those that have been wrong before, and a few that have not.
CHOSEN = ("truncated", "fifo", "device", "huge", "full_disk", "written_by_others", "links_to_hostile_entries", "file_for_folder")


def faults(name: str, program: str = PROGRAM) -> tuple[str, ...]:
    number = next(number for number, harm in enumerate(HARMS) if harm.__name__ == name)
    return attack(number, program=program).faults


@pytest.mark.parametrize("name", CHOSEN)
def test_a_harmed_cache_is_no_harm(name: str) -> None:
    assert faults(name) == ()


# A cache as it should not be: an entry is evaluated, whoever may have written it, and a draft is left behind when the disk is full.
TRUSTING = """
import binascii, marshal, os, pathlib
folder = pathlib.Path(os.environ["XDG_CACHE_HOME"], "matcalc")
path = folder / "planted.matcalc"
if path.exists() and path.stat().st_size:
    value = eval(marshal.loads(path.read_bytes()[4:])[1], {"np": type("np", (), {"sin": staticmethod(abs)})})
else:
    folder.mkdir(mode=0o700, exist_ok=True)
    body = marshal.dumps(("key", "np.sin(1)" + " " * 1000))
    draft = folder / "planted.matcalc.1"
    draft.write_bytes(binascii.crc32(body).to_bytes(4, "big") + body)
    draft.replace(path)
    value = 1
print(value)
"""


@pytest.mark.parametrize(
    ("name", "complaints"),
    [
        ("written_by_others", ["code from the cache was run"]),
        ("truncated", ["exit status 1"]),
        ("full_disk", ["exit status 1", "left behind"]),
    ],
)
def test_a_cache_that_trusts_is_seen(name: str, complaints: list[str]) -> None:
    found = " ".join(faults(name, TRUSTING))
    assert all(complaint in found for complaint in complaints), found


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder to somebody else")
@pytest.mark.parametrize("given", ["room", "room/entry*"])
def test_what_belongs_to_somebody_else_is_not_read(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    files.keep("room", "entry", "key", 1)
    assert files.kept("room", "entry", "key") == 1
    (place,) = (tmp_path / "matcalc").glob(given)
    os.chown(place, 65534, 65534)
    assert files.kept("room", "entry", "key") is None
    monkeypatch.setattr(files._Folder, "_check", lambda folder, found: None)  # a cache that does not ask is seen
    assert files.kept("room", "entry", "key") == 1


def test_the_program_uses_every_part() -> None:
    assert all(word in PROGRAM for word in ("derive", "function", "verify", "latex"))
