"""The user's own function: found by its name, its parameters bound to the symbols of a formula,
called with arrays of its library, or differentiated by that library."""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import signal
import sys
import threading
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import np
from matcalc.coded.libraries import EXAMPLE, SPREAD, Library, Slot, Subject
from matcalc.language.text.spelling import spelled_alike


class Raised(MatcalcError):
    """The user's function has raised an ``error`` of its own."""

    error: BaseException | None = None


class TimeOver(MatcalcError):
    """The user's function has not ended in the time for all its calls."""


class _Late(BaseException):
    """What interrupts the user's function; no ``except Exception`` of it takes this away."""


# ---------------------------------------------------------------- found


def loaded(target: str) -> tuple[Any, Any, str]:
    """What ``file.py:name`` or ``package.module:Class.method`` stands for, what it is taken from (a
    module or a class), and its name.

    Raises MatcalcError where there is no such file or name, and Raised for what goes wrong in the
    file itself.
    """
    place, colon, path = target.strip().rpartition(":")
    place, path = place.rstrip(": "), path.strip()
    if not colon or not place or not all(part.isidentifier() for part in path.split(".")):
        raise MatcalcError(f"{target!r} names no function", expected="FILE.py:NAME or MODULE:NAME", suggestion=EXAMPLE)
    found: Any = _module(place)
    owner = found
    for part in path.split("."):
        if not hasattr(found, part):
            known = [name for name in sorted(dir(found)) if not name.startswith("_") and callable(getattr(found, name, None))]
            raise MatcalcError(f"there is no {part} in {place}", expected=", ".join(known[:12]) or None)
        owner, found = found, getattr(found, part)
    return found, owner, path


def _module(place: str) -> Any:
    if not place.lower().endswith(".py"):
        return _imported(place)
    path = _file(place)
    loader = SourceFileLoader(path.stem, str(path))
    spec = importlib.util.spec_from_loader(path.stem, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(path.stem)
    sys.modules[path.stem] = module  # dataclasses and the like look for their module there
    ended = False
    try:
        with _beginning_with(str(path.parent)):
            _running(partial(loader.exec_module, module), None)
        ended = True
    finally:
        if before is not None:
            sys.modules[path.stem] = before
        elif not ended:
            sys.modules.pop(path.stem, None)
    return module


def _file(place: str) -> Path:
    try:
        path = Path(place).expanduser().resolve()
        if path.is_file():
            return path
    except (OSError, ValueError, RuntimeError):  # too long, or no path at all
        pass
    raise MatcalcError(f"there is no file {_short(place)}", suggestion=EXAMPLE)


def _imported(place: str) -> Any:
    """A module by its name. Raises MatcalcError where there is none."""
    is_path = "." in place or os.sep in place
    none = MatcalcError(
        f"there is no module {_short(place)}", expected="a file that ends with .py" if is_path else None, suggestion=EXAMPLE
    )
    if place.startswith(".") or os.sep in place:
        raise none
    try:
        with _beginning_with(os.getcwd()):
            return _running(partial(importlib.import_module, place), None)
    except Raised as raised:
        missing = raised.error.name if isinstance(raised.error, ModuleNotFoundError) else None
        if missing is None or not f"{place}.".startswith(f"{missing}."):
            raise  # what the module itself imports
        raise none from None


def _short(place: str) -> str:
    return repr(place)[1:-1][:80]


@contextmanager
def _beginning_with(folder: str) -> Iterator[None]:
    """Modules beside the file can be imported, as when it is run."""
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


# ---------------------------------------------------------------- what is given to them

Arguments = "str | Mapping[str, object] | Sequence[str] | None"


@dataclass(frozen=True)
class Binding:
    """For each argument of a function the name of the symbol, size or function of the formula that
    is given there, or a number."""

    sources: Mapping[str, str | float] = field(default_factory=dict)
    guessed: Mapping[str, str] = field(default_factory=dict)
    """Arguments that are given a name that is only spelled like them."""

    def taken_by(self, symbol: str) -> str | None:
        """The argument in which the symbol is given."""
        return next((slot for slot, source in self.sources.items() if source == symbol), None)


@dataclass(frozen=True)
class Needs:
    """What a formula has to be given: its symbols with their numbers of axes, those among them that
    must have a place, and its sizes, as they are written."""

    symbols: Mapping[str, int]
    places: Sequence[str] = ()
    sizes: Sequence[str] = ()


def bound(subject: Subject, names: Mapping[str, Iterable[str]], needs: Needs, arguments: Any = None) -> Binding:
    """Binds arguments to ``names``: those of symbols, sizes and functions, each with its spellings.

    ``arguments`` are pairs such as ``X=data`` (symbol and parameter, either way round), or names of
    symbols in the order of the parameters. Raises MatcalcError for a parameter that nothing is
    known for, and for a symbol that has no place and needs one.
    """
    spelled = {spelling: name for name, spellings in names.items() for spelling in spellings}
    slots = {slot.name: slot for slot in subject.slots}
    given = _said(subject, slots, spelled, arguments)
    found: dict[str, str | float] = {}
    for slot in subject.slots:
        source = given.get(slot.name, spelled.get(slot.name))
        if source is not None and (slot.name in given or source not in given.values()):
            found[slot.name] = source
    guessed = _spelled_alike(subject, [*needs.symbols, *needs.places], found)
    found |= guessed
    for name, source in given.items():  # weights of modules that are made for each call
        found.setdefault(name, source)
    if subject.weighted:
        found |= {name: name for name in needs.symbols if name not in found.values()}
    _require(subject, found, needs, spelled)
    if not given and subject.open and not subject.weighted:
        _require_named(subject, found, list(needs.symbols))
    return Binding(found, guessed)


def _spelled_alike(subject: Subject, symbols: Sequence[str], found: Mapping[str, str | float]) -> dict[str, str]:
    """Parameters that nothing is known for, with the one symbol that is left and spelled like them;
    of one letter none, which may stand for much."""
    left = [name for name in dict.fromkeys(symbols) if name not in found.values()]
    free = [slot.name for slot in subject.slots if slot.required and len(slot.name) > 1 and slot.name not in found]
    pairs = [(name, one) for name in free for one in left if spelled_alike(name, one)]
    once = Counter(part for pair in pairs for part in pair)
    return {name: one for name, one in pairs if once[name] == once[one] == 1}


def _require_named(subject: Subject, found: Mapping[str, Any], symbols: Sequence[str]) -> None:
    """Raises MatcalcError where symbols are left for arguments that have no names."""
    left = [name for name in symbols if name not in found.values()]
    if left and subject.open == "places":
        said = f"{subject.name} takes any number of arguments, of which nothing tells what they are"
        raise MatcalcError(said, suggestion=f"--arguments {','.join([*found, *left])}, the symbols in their order")
    if left and not found:
        said = f"{subject.name} takes arguments of any name"
        raise MatcalcError(said, suggestion=f"--arguments {','.join(f'{name}={name}' for name in left)}")


def _said(subject: Subject, slots: Mapping[str, Slot], spelled: Mapping[str, str], arguments: Any) -> dict[str, str | float]:
    """What ``arguments`` say: for parameters names, or numbers."""
    parts: Any = arguments.split(",") if isinstance(arguments, str) else arguments or ()
    found: dict[str, str | float] = {}
    places = iter([slot.name for slot in subject.slots if slot.kind == "parameter"])
    for number, part in enumerate(parts.items() if isinstance(parts, Mapping) else parts):
        one, _, other = part.partition("=") if isinstance(part, str) else (part[0], "", part[1])
        slot, source = _pair(str(one).strip(), str(other).strip(), slots, spelled)
        if not other:
            slot = next(places, f"{SPREAD}{number + 1}" if subject.open == "places" else "")
        value = spelled.get(source, _number(source))
        if value is None or not slot or not (slot in slots or subject.open):
            formula = _listed(dict.fromkeys(spelled.values()))
            raise MatcalcError(
                f"{part!r} binds nothing: {subject.name} has {_listed(slots)}, the formula {formula}",
                expected="pairs of a symbol and a parameter, as in w=w,X=data",
            )
        found[slot] = value
    return found


def _pair(one: str, other: str, slots: Mapping[str, Slot], spelled: Mapping[str, str]) -> tuple[str, str]:
    """The parameter, and what it is given, of a pair that may be written either way round."""
    if not other or (one in spelled and (other in slots or not (other in spelled or _number(other)))):
        return other, one
    return one, other


def _number(text: str) -> float | None:
    """What a text says; a whole number may be a size."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return None


def _require(subject: Subject, found: Mapping[str, Any], needs: Needs, spelled: Mapping[str, str]) -> None:
    """Raises MatcalcError where a parameter is left, or a symbol that must have a place."""
    free = [slot for slot in subject.slots if slot.required and slot.name not in found]
    left = [name for name in dict.fromkeys([*needs.places, *needs.symbols]) if name not in found.values()]
    if free:
        known = _listed(dict.fromkeys(spelled.values()))
        said = f"the parameter {free[0].name} of {subject.name} is no name of the formula, which has {known}"
        raise MatcalcError(said, suggestion=f"--arguments {_advice(free, left, needs.sizes)}")
    _require_places(subject, found, needs, left)


def _require_places(subject: Subject, found: Mapping[str, Any], needs: Needs, left: Sequence[str]) -> None:
    """Raises MatcalcError where a symbol that must have a place is left, or one that a weight of
    the module is like."""
    like = {slot.axes for slot in subject.slots if slot.name not in found} - {None}
    missing = [name for name in left if name in needs.places or needs.symbols[name] in like]
    if missing:
        said = f"no parameter of {subject.name} takes {missing[0]}; it has {_listed(slot.name for slot in subject.slots)}"
        advice = _weights(subject, found, left, needs) or f"{missing[0]}=PARAMETER"
        raise MatcalcError(said, suggestion=f"--arguments {advice}")


def _advice(free: Sequence[Slot], left: Sequence[str], sizes: Sequence[str]) -> str:
    """What to write where parameters are left, and symbols and sizes, which are not known to belong
    together."""
    of_sizes = [slot for slot in free if slot.kind == "constructor" or not left]
    of_symbols = [slot for slot in free if slot not in of_sizes]
    parts = [_of_symbols(of_symbols, left), _of_numbers(of_sizes, sizes)]
    hints = " and ".join(hint for _, hint in parts if hint)
    return ",".join(pairs for pairs, _ in parts if pairs) + (f" with {hints}" if hints else "")


def _of_symbols(free: Sequence[Slot], left: Sequence[str]) -> tuple[str, str]:
    """Pairs of the one symbol that is left, or a word for it, and parameters, and what the word
    stands for."""
    if len(left) == 1:
        return ",".join(f"{left[0]}={slot.name}" for slot in free[:1]), ""
    return ",".join(f"SYMBOL={slot.name}" for slot in free), f"{_listed(left)} for SYMBOL" if free else ""


def _of_numbers(free: Sequence[Slot], sizes: Sequence[str]) -> tuple[str, str]:
    """Pairs of parameters and the one size that there is, or a word for it, and what the word
    stands for."""
    if len(sizes) == 1 and all(slot.kind == "constructor" for slot in free):
        return ",".join(f"{slot.name}={sizes[0]}" for slot in free), ""
    which = f" or one of the sizes {_listed(sizes)}" if sizes else ""
    return ",".join(f"{slot.name}=NUMBER" for slot in free), f"a number{which} for NUMBER" if free else ""


def _weights(subject: Subject, found: Mapping[str, Any], left: Sequence[str], needs: Needs) -> str:
    """Pairs of the weights of a module with the symbols that alone have as many axes; empty where
    that settles nothing."""
    weights = [slot for slot in subject.slots if slot.axes is not None and slot.name not in found]
    fitting = {name: [slot.name for slot in weights if slot.axes == needs.symbols.get(name)] for name in left}
    pairs = {name: slots[0] for name, slots in fitting.items() if len(slots) == 1}
    once = Counter(pairs.values())
    return ",".join(f"{slot}={name}" for name, slot in pairs.items() if once[slot] == 1)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


# ---------------------------------------------------------------- called


@dataclass(frozen=True, eq=False)
class Called:
    """What a call gave: the array, the type of its numbers, the arguments that it changed."""

    value: Any
    precision: str
    changed: tuple[str, ...] = ()


@dataclass(eq=False)
class Caller:
    """Calls of one function with points of a formula, in the time that there is for all of them.

    ``by`` are the symbols that the library differentiates by, where it does. ``columns`` says that
    ``vectors`` are given as arrays of one column, or row, as it is said of each; ``precision`` is
    the type of the numbers that are given.
    """

    subject: Subject
    binding: Binding
    vectors: Mapping[str, tuple[int, int]]
    library: Library
    by: tuple[str, ...] = ()
    columns: bool = False
    precision: str = "float64"
    seconds: float = 20.0
    said: io.StringIO = field(default_factory=io.StringIO)

    def __call__(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> Called:
        """Raises Raised for an error of the function, MatcalcError for a result that is no
        array."""
        library = self.library
        with library.ready(self.precision):
            given = {slot: self._given(source, values, sizes) for slot, source in self.binding.sources.items()}
            kept = {slot: library.copied(value) for slot, value in given.items()}
            if self.subject.differentiated:
                slots = [slot for slot in (self.binding.taken_by(name) for name in self.by) if slot is not None]
                run = partial(library.differentiated, self.subject.invoke, given, slots)
            else:
                run = partial(self.subject.invoke, given)
            result = self._timed(run)
            changed = tuple([slot for slot, value in given.items() if not library.same(value, kept[slot])])
            array, precision = library.plain(result, self.subject.name)
        return Called(array, precision, changed)

    def _given(self, source: str | float, values: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
        if not isinstance(source, str):
            return source
        if source not in values:
            return sizes[source]
        value = values[source]
        if callable(value):
            return value
        if self.columns and source in self.vectors:
            value = value.reshape(self.vectors[source])
        return self.library.array(value, self.precision)

    def _timed(self, run: Callable[[], Any]) -> Any:
        return _running(run, self)


def fitting_caller(caller: Caller, places: Sequence[Any]) -> Caller:
    """The caller with the first way of giving arrays with which the function ends without an
    error, at the first of the places if it can be.

    Raises what the first call raised where there is none.
    """
    ways = [(caller.columns, "float64", library) for library in caller.subject.libraries]
    ways += [(caller.columns, "float32", library) for library in caller.subject.libraries if library.name != "numpy"]
    ways += [(True, *way[1:]) for way in ways] if not caller.columns and caller.vectors else []
    first: Raised | None = None
    for place in places:
        for columns, precision, library in ways:
            tried = replace(caller, columns=columns, precision=precision, library=library)
            try:
                tried(place.values, place.sizes)
            except Raised as raised:
                first = first or raised
                caller.seconds = tried.seconds
            else:
                return tried
    assert first is not None
    values = places[0].values
    given = ", ".join(f"{slot}: {_shape(source, values)}" for slot, source in caller.binding.sources.items())
    first.message = f"{caller.subject.name} raises {first.message} (called with {given})"
    printed = " ".join(caller.said.getvalue().split())[:200]
    first.message += f"; it printed: {printed}" if printed else ""
    first.suggestion = first.suggestion or "--arrays numpy, jax or torch says what it takes"
    raise first


def _shape(source: str | float, values: Mapping[str, Any]) -> str:
    value = values.get(source, source) if isinstance(source, str) else source
    return f"array {np.shape(value)}" if np.ndim(value) else "a number" if not callable(value) else "a function"


def _running(run: Callable[[], Any], caller: Caller | None) -> Any:
    """Runs the user's code: what it prints is kept, what it raises is told with its place."""
    said = io.StringIO() if caller is None else caller.said
    try:
        with redirect_stdout(said), redirect_stderr(said), warnings.catch_warnings(action="ignore"), _limited(caller):
            return run()
    except MatcalcError:
        raise
    except _Late:
        place = _place_of(sys.exc_info()[2])
        raise TimeOver(f"the function did not end in the time that it has{place}", suggestion="--seconds 120") from None
    except (Exception, SystemExit) as error:
        words = " ".join(str(error).split())[:300]
        raised = Raised(f"{type(error).__name__}{_place_of(error.__traceback__)}: {words}")
        raised.error = error
        raise raised from None


_LONG = 1e7
"""Seconds that stand for any longer time."""


@contextmanager
def _limited(caller: Caller | None) -> Iterator[None]:
    """An end to the call where the system can interrupt it; the time that it took is counted."""
    if caller is None or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, min(max(caller.seconds, 0.01), _LONG))
    try:
        yield
    finally:
        caller.seconds = signal.setitimer(signal.ITIMER_REAL, 0)[0]
        signal.signal(signal.SIGALRM, before)


def _place_of(trace: Any) -> str:
    """The last place in the user's own files, which are none of installed packages."""
    frames = [frame for frame in traceback.extract_tb(trace) if _is_own(frame.filename)]
    return f" at {os.path.relpath(frames[-1].filename)}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""


_PACKAGE = str(Path(__file__).resolve().parents[1])


def _is_own(file: str) -> bool:
    return not file.startswith((_PACKAGE, "<", sys.base_prefix)) and "site-packages" not in file
