"""What a problem of the code benchmarks consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Problem:
    """``by_hand`` gives the value and the gradients; ``loss(xp, arrays)`` the value with the module ``jax.numpy`` or ``torch``.

    ``hessian`` gives the Hessian of vec by ``hessian_by``. ``hessian_loss`` replaces the loss where the variable is symmetric: a library
    that moves entries one at a time has to be told to move the symmetric part.
    """

    name: str
    expression: str
    declare: str
    gradient: tuple[str, ...]
    sample: Callable[[np.random.Generator, Mapping[str, int]], Arrays]
    by_hand: Callable[[Arrays], tuple[Any, ...]]
    loss: Callable[[Any, Mapping[str, Any]], Any]
    sizes: tuple[dict[str, int], ...]
    hessian: Callable[[Arrays], Any]
    hessian_by: str
    hessian_sizes: tuple[dict[str, int], ...]
    hessian_loss: Callable[[Any, Mapping[str, Any]], Any] | None = None
