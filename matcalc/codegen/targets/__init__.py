"""Languages and libraries that code is written for: a file each, and the names in
``rules/functions.toml``."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import OVER, code_targets
from matcalc.codegen.targets.target import Target

__all__ = ["Target", "target_named"]


def target_named(name: str) -> Target:
    """The target of this name, or with this among the other spellings of its name; of ``jax over
    n`` the one whose code splits the axes of size n over devices. Raises MatcalcError when there is
    none."""
    name, _, size = name.partition(OVER)
    known = code_targets()
    found = name if name in known else next((one.name for one in known.values() if name in one.aliases), None)
    if found is None:
        raise MatcalcError(f"there is no code for {name!r}", expected=", ".join(known))
    return _loaded(found).over_devices(size) if size else _loaded(found)


@cache
def _loaded(name: str) -> Target:
    return cast("Target", import_module(f"{__name__}.to_{name}").TARGET)
