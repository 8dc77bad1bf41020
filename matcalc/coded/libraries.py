"""The array libraries that functions are written with: arrays made for them, what they give as
NumPy's, the derivatives that they find themselves; and how what is written with them is called."""

from __future__ import annotations

import copy
import inspect
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import np

NAMES = ("numpy", "jax", "torch")
EXAMPLE = 'matcalc check gradients.py:grad "||X*w - y||^2" --wrt w'

Given = Mapping[str, Any]
Invoke = Callable[[Mapping[str, Any]], Any]


class Library(ABC):
    """A library: what it makes of NumPy's arrays, and of functions."""

    name: str

    @contextmanager
    def ready(self, precision: str) -> Iterator[None]:
        """The library computes in this precision."""
        yield

    @abstractmethod
    def array(self, value: Any, precision: str) -> Any:
        """An array of its own."""

    @abstractmethod
    def copied(self, value: Any) -> Any:
        """The same again, to be compared with later; what is no array as it is."""

    @abstractmethod
    def numbers(self, value: Any) -> Any:
        """NumPy's array of a result, in the precision it has."""

    @abstractmethod
    def differentiated(self, invoke: Invoke, given: Given, slots: Sequence[str]) -> Any:
        """The derivative of what ``invoke`` gives by the arguments in the slots, one after another:
        its axes are those of the value, then those of each argument."""

    def same(self, value: Any, kept: Any) -> bool:
        """Whether an argument is still what it was."""
        if value is kept or callable(value):
            return True
        one, other = np.asarray(self.numbers(value)), np.asarray(self.numbers(kept))
        return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=True))

    def plain(self, result: Any, name: str) -> tuple[Any, str]:
        """A result as an array of doubles, and the type of its numbers. Raises MatcalcError for
        what is no array of numbers."""
        if result is None:
            raise MatcalcError(f"{name} gives None", expected="an array: does it end with return?")
        if self._are_several(result):
            several = f"{len(result)} results" + (f": {', '.join(map(str, result))}" if isinstance(result, dict) else "")
            which = next(iter(result)) if isinstance(result, dict) else len(result)
            raise MatcalcError(f"{name} gives {several}", expected="the choice of one", suggestion=f"--output {which}")
        array = np.asarray(self._bare(result))
        if array.dtype.kind == "c" and not np.any(array.imag):
            array = array.real
        if array.dtype.kind not in "biufc":
            raise MatcalcError(f"{name} gives {type(result).__name__}, which is no array of numbers")
        return array.astype(complex if array.dtype.kind == "c" else float), self._precision(result, array)

    def _are_several(self, result: Any) -> bool:
        if isinstance(result, tuple | list):
            return any(np.ndim(self._bare(part)) for part in result[1:])
        return isinstance(result, dict)

    def _bare(self, result: Any) -> Any:
        if isinstance(result, tuple | list):
            return [self._bare(part) for part in result]
        if hasattr(result, "toarray"):  # sparse
            return result.toarray()
        return self.numbers(result)

    def _precision(self, result: Any, array: Any) -> str:
        return str(array.dtype)


class NumPy(Library):
    """Also anything else that takes NumPy's arrays."""

    name = "numpy"

    def array(self, value: Any, precision: str) -> Any:
        array = np.array(value, dtype=precision)
        return array if array.ndim else array.dtype.type(array)

    def copied(self, value: Any) -> Any:
        return value.copy() if isinstance(value, np.ndarray) else value

    def numbers(self, value: Any) -> Any:
        return value

    def differentiated(self, invoke: Invoke, given: Given, slots: Sequence[str]) -> Any:
        raise MatcalcError(
            "NumPy has no derivatives of its own",
            suggestion="--arrays jax or --arrays torch, or a function that gives the derivative",
        )


class Jax(Library):
    """JAX: arrays do not change, and derivatives are taken in reverse, so that rules written by
    hand are used."""

    name = "jax"

    @contextmanager
    def ready(self, precision: str) -> Iterator[None]:
        import jax

        with jax.enable_x64(precision == "float64"):
            yield

    def array(self, value: Any, precision: str) -> Any:
        import jax.numpy as jnp

        return jnp.asarray(value, dtype=precision)

    def copied(self, value: Any) -> Any:
        return value

    def numbers(self, value: Any) -> Any:
        return np.asarray(value)

    def _precision(self, result: Any, array: Any) -> str:
        return str(getattr(result, "dtype", array.dtype))

    def differentiated(self, invoke: Invoke, given: Given, slots: Sequence[str]) -> Any:
        import jax

        def nested(place: int, held: Given) -> Any:
            if place == len(slots):
                value = invoke(held)
                return value.reshape(()) if getattr(value, "size", 0) == 1 else value
            return jax.jacrev(lambda moved: nested(place + 1, {**held, slots[place]: moved}))(held[slots[place]])

        return nested(0, given)


class Torch(Library):
    """PyTorch."""

    name = "torch"

    def array(self, value: Any, precision: str) -> Any:
        import torch

        return torch.tensor(np.array(value, dtype=float), dtype=getattr(torch, precision))

    def copied(self, value: Any) -> Any:
        return value.detach().clone() if hasattr(value, "detach") else value

    def numbers(self, value: Any) -> Any:
        if not hasattr(value, "detach"):
            return value
        plain = value.detach().cpu()
        return (plain.to_dense() if plain.is_sparse else plain).double().numpy()

    def _precision(self, result: Any, array: Any) -> str:
        return str(getattr(result, "dtype", array.dtype)).removeprefix("torch.")

    def differentiated(self, invoke: Invoke, given: Given, slots: Sequence[str]) -> Any:
        import torch

        leaves = {slot: given[slot].clone().requires_grad_(True) for slot in dict.fromkeys(slots)}
        value = invoke({**given, **leaves})
        if not isinstance(value, torch.Tensor):
            raise MatcalcError(f"the value is {type(value).__name__}, and no tensor that PyTorch differentiates")
        value = value.reshape(()) if value.numel() == 1 else value
        for place, slot in enumerate(slots):
            value = self._gradients(torch, value, leaves[slot], slot, last=place + 1 == len(slots))
        return value

    def _gradients(self, torch: Any, value: Any, leaf: Any, slot: str, last: bool) -> Any:
        if not value.requires_grad:
            raise MatcalcError(
                f"PyTorch gives no gradient by {slot}: the value is detached from it",
                expected="a value that depends on its arguments",
            )
        flat = value.reshape(-1)
        found = [
            torch.autograd.grad(entry, leaf, create_graph=not last, retain_graph=True, allow_unused=True)[0]
            for entry in flat.unbind()
        ]
        if all(one is None for one in found):
            raise MatcalcError(
                f"PyTorch gives no gradient by {slot}: the value does not depend on it", expected="a value that does"
            )
        whole = torch.stack([torch.zeros_like(leaf) if one is None else one for one in found])
        return whole.reshape((*value.shape, *found_shape(found, leaf)))


def found_shape(found: Sequence[Any], leaf: Any) -> tuple[int, ...]:
    """The shape of a gradient: a backward that is written by hand may give another than its
    argument has."""
    return tuple(next((one.shape for one in found if one is not None), leaf.shape))


_LIBRARIES: Mapping[str, type[Library]] = {"numpy": NumPy, "jax": Jax, "torch": Torch}


def libraries_of(found: Any, owner: Any, asked: str | None) -> tuple[Library, ...]:
    """The library that is asked for, or those that may be meant, the most likely first: what a
    function names itself, then what its file imports, then NumPy."""
    if asked is not None:
        if asked not in _LIBRARIES:
            raise MatcalcError(f"there are no arrays of {asked}", expected=", ".join(_LIBRARIES))
        return (_LIBRARIES[asked](),)
    plain = inspect.unwrap(found) if callable(found) else found
    plain = getattr(plain, "func", plain)
    code = getattr(getattr(plain, "__func__", plain), "__code__", None)
    module = owner if isinstance(owner, ModuleType) else sys.modules.get(getattr(plain, "__module__", None) or "")
    names = getattr(plain, "__globals__", None) or (vars(module) if module is not None else {})
    used = [names[name] for name in getattr(code, "co_names", ()) if name in names]
    named = [*dict.fromkeys(map(_package, used)), *sorted({_package(one) for one in names.values()} & {*NAMES}), "numpy"]
    return tuple([_LIBRARIES[name]() for name in dict.fromkeys(named) if name in _LIBRARIES])


def _package(one: Any) -> str:
    """The package that a name of a file stands for, or comes from."""
    name = one.__name__ if isinstance(one, ModuleType) else getattr(one, "__module__", None)
    return name.partition(".")[0] if isinstance(name, str) else ""


# ---------------------------------------------------------------- its parameters


@dataclass(frozen=True)
class Slot:
    """A place for an argument: a parameter of the function, of the constructor of its class, or a
    weight of a module."""

    name: str
    kind: str = "parameter"
    by_name: bool = False
    required: bool = True
    axes: int | None = None
    """The number of axes, of a weight."""


@dataclass(frozen=True)
class Subject:
    """A function to be called. ``invoke`` takes the arguments by their slots; ``differentiated``
    says that it gives a value, of which the library's own derivative is asked for."""

    name: str
    slots: tuple[Slot, ...]
    invoke: Callable[[Mapping[str, Any]], Any]
    libraries: tuple[Library, ...]
    """Those whose arrays it may take, the most likely first."""
    differentiated: bool = False
    open: str = ""
    """``places`` or ``names`` where it takes any arguments so, and says no names of theirs."""
    weighted: bool = False
    """Whether these are weights, which have the names of symbols."""


def subject_of(
    found: Any, owner: Any = None, name: str | None = None, *, arrays: str | None = None, autograd: bool = False
) -> Subject:
    """How a function, a method, a class or a module of PyTorch is called. Raises MatcalcError for
    what cannot be."""
    said = name or str(getattr(found, "__name__", type(found).__name__))
    if not callable(found):
        raise MatcalcError(f"{said} is no function", expected="a function that gives the derivative", suggestion=EXAMPLE)
    libraries = libraries_of(found, owner, arrays)
    libraries = _with_autograd(libraries) if autograd else libraries
    method = _method(found, owner)
    if inspect.isclass(found) or method or "torch" in sys.modules:
        special = _of_class(found, owner if method else found, method, said, libraries, autograd)
        if special is not None:
            return special
    slots, spread = _slots(found)
    return Subject(said, slots, partial(_by_place, found, slots), libraries, autograd, spread)


def _with_autograd(libraries: tuple[Library, ...]) -> tuple[Library, ...]:
    return tuple([one for one in libraries if one.name != "numpy"]) or libraries


def _of_class(found: Any, owner: Any, method: str, said: str, libraries: tuple[Library, ...], autograd: bool) -> Subject | None:
    """What is called through a class, or an object of PyTorch; None for a function."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and _is_class_of(found, torch.autograd.Function):
        slots, spread = _slots(found.forward, skip=int("setup_context" not in vars(found)))
        return Subject(said, slots, partial(_by_place, found.apply, slots), (Torch(),), True, spread)
    if torch is not None and _is_module(torch, owner):
        return _of_module(torch, owner, said, (Torch(),), method or "forward", autograd or not method)
    return _of_instance(owner, method or "__call__", said, libraries, autograd) if inspect.isclass(owner) else None


def _method(found: Any, owner: Any) -> str:
    """The name of a method that needs an object of its class; empty for other functions."""
    if not inspect.isclass(owner) or not inspect.isfunction(found):
        return ""
    return "" if isinstance(inspect.getattr_static(owner, found.__name__), staticmethod) else found.__name__


SPREAD = "argument "
"""What the places behind the parameters are called, with a number."""


def _slots(function: Any, skip: int = 0, kind: str = "parameter") -> tuple[tuple[Slot, ...], str]:
    """The places for arguments, and how there may be more, as ``Subject.open`` has it."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return (), "places"
    named = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    slots = [Slot(one.name, kind, one.kind is one.KEYWORD_ONLY, one.default is one.empty) for one in named]
    kinds = {one.kind for one in parameters}
    more = {inspect.Parameter.VAR_POSITIONAL: "places", inspect.Parameter.VAR_KEYWORD: "names"}
    return tuple(slots), next((word for kind_of_more, word in more.items() if kind_of_more in kinds), "")


def _by_place(function: Callable[..., Any], slots: Sequence[Slot], given: Mapping[str, Any]) -> Any:
    """Calls with the arguments in their places; those behind one that is left out by name."""
    before: list[Any] = []
    rest = dict(given)
    spread = [name for name in given if name.startswith(SPREAD)]
    for slot in [*[slot for slot in slots if not slot.by_name], *[Slot(name) for name in spread]]:
        if slot.name not in rest:
            break
        before.append(rest.pop(slot.name))
    return function(*before, **rest)


def _of_instance(owner: Any, method: str, said: str, libraries: tuple[Library, ...], autograd: bool) -> Subject:
    """A method of an object that is made anew for each call, of arguments of its constructor that
    bear names of sizes or symbols."""
    made, _ = _slots(owner, kind="constructor")
    if not hasattr(owner, method) or (method == "__call__" and "__call__" not in dir(owner)):
        raise MatcalcError(f"{said} is a class whose objects are not called", suggestion=f"{said}.METHOD")
    slots, spread = _slots(getattr(owner, method), skip=1)

    def invoke(given: Mapping[str, Any]) -> Any:
        instance = _by_place(owner, made, _only(given, made))
        return _by_place(getattr(instance, method), slots, _only(given, slots))

    return Subject(said, (*made, *slots), invoke, libraries, autograd, spread)


def _is_class_of(found: Any, kind: Any) -> bool:
    return inspect.isclass(found) and issubclass(found, kind)


def _is_module(torch: Any, found: Any) -> bool:
    return isinstance(found, torch.nn.Module) or _is_class_of(found, torch.nn.Module)


def _of_module(
    torch: Any, found: Any, said: str, libraries: tuple[Library, ...], method: str = "forward", autograd: bool = True
) -> Subject:
    """A module of PyTorch, whose weights are arguments too; it stays as it is."""
    is_class = inspect.isclass(found)
    made, _ = _slots(found, kind="constructor") if is_class else ((), "")
    slots, spread = _slots(getattr(found, method), skip=int(is_class))
    required = any(slot.required for slot in made)
    example: Any = None
    if not required:
        example = found() if is_class else copy.deepcopy(found)
    named = [] if example is None else list(example.named_parameters())
    weights = [Slot(name, "weight", True, False, weight.ndim) for name, weight in named]
    module = _Module(torch, said, found, example, method, made, slots)
    return Subject(
        said, (*made, *slots, *weights), module, libraries, autograd, spread or ("names" if required else ""), required
    )


@dataclass(frozen=True)
class _Module:
    """Calls a module with the weights that are given, and those that it has."""

    torch: Any
    said: str
    found: Any
    example: Any
    """None where one is made for each call, of what its constructor takes."""
    method: str
    made: Sequence[Slot]
    slots: Sequence[Slot]

    def __call__(self, given: Mapping[str, Any]) -> Any:
        instance, own = self.example, _only(given, self.slots)
        if instance is None:
            instance = _by_place(self.found, self.made, _only(given, self.made))
        kind = next((value.dtype for value in given.values() if hasattr(value, "dtype")), None)
        instance = instance if kind is None else instance.to(kind)
        taken = {slot.name for slot in (*self.slots, *self.made)}
        weights = {name: value for name, value in given.items() if name not in taken}
        known = [name for name, _ in (*instance.named_parameters(), *instance.named_buffers())]
        unknown = sorted(weights.keys() - {*known})
        if unknown:
            raise MatcalcError(
                f"{self.said} has no parameter {', '.join(unknown)}",
                expected=f"one of its parameters: {', '.join(known)}" if known else None,
                suggestion=f"--arguments {known[0] if known else 'PARAMETER'}={unknown[0]}",
            )
        if self.method != "forward":
            instance.load_state_dict(weights, strict=False)
            return _by_place(getattr(instance, self.method), self.slots, own)
        order = [slot.name for slot in self.slots if slot.name in own]
        return self.torch.func.functional_call(instance, weights, tuple([own[name] for name in order]))


def _only(given: Mapping[str, Any], slots: Sequence[Slot]) -> dict[str, Any]:
    names = {slot.name for slot in slots}
    return {name: value for name, value in given.items() if name in names}


def picking(subject: Subject, output: str | int) -> Callable[[Mapping[str, Any]], Any]:
    """The function that gives one of several results."""

    def picked(given: Mapping[str, Any]) -> Any:
        result = subject.invoke(given)
        key: Any = output
        if isinstance(result, tuple | list):
            key = int(output) - 1 if str(output).isdigit() else output
        try:
            if isinstance(key, int) and key < 0:
                raise IndexError
            return result[key]
        except (KeyError, IndexError, TypeError):
            raise MatcalcError(f"{subject.name} has no result {output!r}", expected="a number from 1, or a key") from None

    return picked
