"""``python -m tests.attack.caches --count 60``: cache folders that are damaged, foreign or hostile.

Number k is one kind of harm done to the cache folder, at one of its entries. A process that then derives, evaluates and verifies must give
the same results as without a cache, run nothing that was written there, not hang, and leave no drafts behind. Exit status 1 when one
does not. Some kinds need a file system with permissions, or root, and are left out where these are not there.
"""

from __future__ import annotations

import marshal
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from binascii import crc32
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

import click

from tests.attack.running import Limits, Outcome, report

ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 200
_NOBODY = 65534

Harm: TypeAlias = Callable[[Path, random.Random], None]
"""Does harm to a filled cache folder."""

PROGRAM = """
import json, sys
import matcalc
found = matcalc.derive("x'*A*x + sum(exp(x))", "x")
value = found.function("numpy")(x=[1.0, 2.0], A=[[1.0, 2.0], [3.0, 4.0]])
verdict = matcalc.verify("d(log(det(X)))/dX = inv(X)'")
json.dump([str(found), found.latex(), [float(entry) for entry in value], verdict.status], sys.stdout)
"""


def run_program(folder: Path, limit: Callable[[], None] | None = None, program: str = PROGRAM) -> tuple[str, str]:
    """Standard output, and what went wrong, of a fresh process whose cache is below ``folder``."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # Bytecode lies elsewhere, so that the entries lie in the user's cache folder; it is kept, for speed.
    environment |= {"XDG_CACHE_HOME": str(folder), "PYTHONPYCACHEPREFIX": _bytecode(), "HACKED": str(folder.parent / "HACKED")}
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            preexec_fn=limit,
        )
    except subprocess.TimeoutExpired:
        return "", f"hung: no answer within {_SECONDS} s"
    return done.stdout, "" if done.returncode == 0 else f"exit status {done.returncode}: {done.stderr[-600:]}"


@cache
def _bytecode() -> str:
    return tempfile.mkdtemp(prefix="attack-bytecode-")


@cache
def _filled(program: str) -> tuple[Path, str, str]:
    """A cache folder as a process leaves it that finds none, to be copied and harmed; with what the process said."""
    folder = Path(tempfile.mkdtemp(prefix="attack-cache-"), "cache")
    folder.mkdir(mode=0o700)
    return folder, *run_program(folder, program=program)


def entries(folder: Path) -> list[Path]:
    """Entries of the cache, by name."""
    return sorted(path for path in folder.rglob("*.matcalc*"))


# ---------------------------------------------------------------- harm to one entry


def _an_entry(folder: Path, chooser: random.Random) -> Path:
    found = entries(folder)
    assert found, "the cache is empty: nothing can be harmed"
    return chooser.choice(found)


def truncated(folder: Path, chooser: random.Random) -> None:
    path = _an_entry(folder, chooser)
    content = path.read_bytes()
    path.write_bytes(content[: chooser.randrange(len(content))])


def empty(folder: Path, chooser: random.Random) -> None:
    _an_entry(folder, chooser).write_bytes(b"")


def flipped(folder: Path, chooser: random.Random) -> None:
    path = _an_entry(folder, chooser)
    content = bytearray(path.read_bytes())
    content[chooser.randrange(len(content))] ^= 1 << chooser.randrange(8)
    path.write_bytes(content)


def noise(folder: Path, chooser: random.Random) -> None:
    _an_entry(folder, chooser).write_bytes(chooser.randbytes(chooser.choice((3, 50, 100_000))))


def noise_with_checksum(folder: Path, chooser: random.Random) -> None:
    """What passes for undamaged and is no entry."""
    body = chooser.randbytes(chooser.choice((1, 50, 5000)))
    _an_entry(folder, chooser).write_bytes(crc32(body).to_bytes(4, "big") + body)


def of_another_entry(folder: Path, chooser: random.Random) -> None:
    _an_entry(folder, chooser).write_bytes(_an_entry(folder, chooser).read_bytes())


def huge(folder: Path, chooser: random.Random) -> None:
    """A file of 8 GB with holes."""
    with _an_entry(folder, chooser).open("r+b") as file:
        file.truncate(8 << 30)


def fifo(folder: Path, chooser: random.Random) -> None:
    path = _an_entry(folder, chooser)
    path.unlink()
    os.mkfifo(path)


def device(folder: Path, chooser: random.Random) -> None:
    path = _an_entry(folder, chooser)
    path.unlink()
    path.symlink_to("/dev/zero")


def folder_for_file(folder: Path, chooser: random.Random) -> None:
    path = _an_entry(folder, chooser)
    path.unlink()
    path.mkdir()


def dangling_link(folder: Path, chooser: random.Random) -> None:
    path = _an_entry(folder, chooser)
    path.unlink()
    path.symlink_to(folder / "nowhere")


def unreadable(folder: Path, chooser: random.Random) -> None:
    _an_entry(folder, chooser).chmod(0)


# ---------------------------------------------------------------- harm to the folder


def file_for_folder(folder: Path, chooser: random.Random) -> None:
    inner = folder / "matcalc"
    shutil.rmtree(inner)
    inner.write_text("no folder")


def link_for_folder(folder: Path, chooser: random.Random) -> None:
    inner = folder / "matcalc"
    inner.rename(folder.parent / "elsewhere")
    inner.symlink_to(folder.parent / "elsewhere")


def link_to_itself(folder: Path, chooser: random.Random) -> None:
    inner = folder / "matcalc"
    shutil.rmtree(inner)
    inner.symlink_to(inner)


def read_only(folder: Path, chooser: random.Random) -> None:
    empty(folder, chooser)
    (folder / "matcalc").chmod(0o500)


def drafts_in_the_way(folder: Path, chooser: random.Random) -> None:
    """Entries are gone, and folders have the names that their drafts may have."""
    for path in entries(folder):
        path.unlink()
        for number in range(3):
            path.with_name(f"{path.name}.{number}").mkdir()


def emptied(folder: Path, chooser: random.Random) -> None:
    shutil.rmtree(folder / "matcalc")


# ---------------------------------------------------------------- hostile entries


_CODE = re.compile(r"\bnp\.|\bsympy\.|^[a-z]+\(")
EVIL = "(__import__('pathlib').Path(__import__('os').environ['HACKED']).touch() or {})"


def forged(value: Any) -> Any:
    """The value with other code wherever it has code: what is evaluated writes a file."""
    match value:
        case str():
            return EVIL.format(value) if _CODE.search(value) else value
        case tuple() | list():
            return type(value)(forged(part) for part in value)
        case dict():
            return {key: forged(part) for key, part in value.items()}
        case _:
            return value


def forge(folder: Path) -> None:
    """Every entry is replaced by one with the right key and checksum, and with other code."""
    for path in entries(folder):
        content = path.read_bytes()
        try:
            key, value = marshal.loads(content[4:])
            body = marshal.dumps((key, forged(value)))
            path.write_bytes(crc32(body).to_bytes(4, "big") + body)
        except (EOFError, ValueError, TypeError):
            path.write_bytes(
                content.replace(b"np.", b"__import__('pathlib').Path(__import__('os').environ['HACKED']).touch() or np.")
            )


def written_by_others(folder: Path, chooser: random.Random) -> None:
    """Others may write into the folder, and have."""
    forge(folder)
    (folder / "matcalc").chmod(chooser.choice((0o777, 0o770, 0o1777, 0o722)))


def of_another_owner(folder: Path, chooser: random.Random) -> None:
    """The folder belongs to somebody else. Only root can make that."""
    forge(folder)
    os.chown(folder / "matcalc", _NOBODY, _NOBODY)


def entries_of_another_owner(folder: Path, chooser: random.Random) -> None:
    forge(folder)
    for path in entries(folder):
        os.chown(path, _NOBODY, _NOBODY)


def entries_written_by_others(folder: Path, chooser: random.Random) -> None:
    forge(folder)
    for path in entries(folder):
        path.chmod(0o666)


def links_to_hostile_entries(folder: Path, chooser: random.Random) -> None:
    """Entries are links into a folder that others may write."""
    forge(folder)
    elsewhere = folder.parent / "public"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    for path in entries(folder):
        path.rename(elsewhere / path.name)
        path.symlink_to(elsewhere / path.name)


def link_to_a_hostile_folder(folder: Path, chooser: random.Random) -> None:
    """The folder is a link to one that others may write."""
    forge(folder)
    link_for_folder(folder, chooser)
    (folder.parent / "elsewhere").chmod(0o777)


def _full_disk() -> None:
    """No file can grow: what is written is cut off, as on a disk that is full."""
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))


def full_disk(folder: Path, chooser: random.Random) -> None:
    emptied(folder, chooser)


HARMS: tuple[Harm, ...] = (
    truncated, empty, flipped, noise, noise_with_checksum, of_another_entry, huge, fifo, device, folder_for_file, dangling_link,
    unreadable, file_for_folder, link_for_folder, link_to_itself, read_only, drafts_in_the_way, emptied, full_disk, written_by_others,
    of_another_owner, entries_of_another_owner, entries_written_by_others, links_to_hostile_entries, link_to_a_hostile_folder,
)  # fmt: skip
_BY_ROOT: tuple[Harm, ...] = (of_another_owner, entries_of_another_owner)


def attack(number: int, seed: int = 0, program: str = PROGRAM) -> Outcome:
    """One harm."""
    chooser = random.Random(f"{seed}/{number}/caches")
    harm = HARMS[number % len(HARMS)]
    if harm in _BY_ROOT and os.geteuid() != 0:
        return Outcome(("left out",))
    with tempfile.TemporaryDirectory() as place:
        filled, right, wrong = _filled(program)
        if wrong or not entries(filled):
            return Outcome(("crashed",), (f"without harm: {wrong or 'the cache stays empty'}",))
        folder = shutil.copytree(filled, Path(place, "cache"))
        harm(folder, chooser)
        found, wrong = run_program(folder, _full_disk if harm is full_disk else None, program)
        faults = [wrong] if wrong else [f"{found} instead of {right}"] if found != right else []
        if Path(place, "HACKED").exists():
            faults.append("code from the cache was run")
        left = sorted(path.name for path in folder.rglob("*") if path.is_file() and ".matcalc." in path.name)
        if left and harm is not drafts_in_the_way:
            faults.append(f"left behind: {', '.join(left)}")
        _unlock(folder)
    return Outcome((harm.__name__,), tuple([f"{harm.__name__}: {fault}" for fault in faults]))


def _unlock(folder: Path) -> None:
    """So that the folder can be removed."""
    inner = folder / "matcalc"
    if inner.is_dir() and not inner.is_symlink():
        inner.chmod(0o700)


@click.command(help=__doc__)
@click.option("--count", default=2 * len(HARMS), show_default=True, help="Number of harmed caches.")
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True, help="Number of the first one, to run one again.")
@click.option("--workers", default=1, show_default=True)
def main(count: int, seed: int, start: int, workers: int) -> None:
    again = f"python -m tests.attack.caches --seed {seed}"
    task = partial(attack, seed=seed)
    summary = report("caches", range(start, start + count), task, workers, Limits(seconds=4.0 * _SECONDS, memory=1 << 30), again)
    raise SystemExit(1 if summary.faults else 0)


if __name__ == "__main__":
    main()
