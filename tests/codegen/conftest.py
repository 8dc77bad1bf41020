"""Double precision everywhere, so that the libraries can be compared with the evaluator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _double_precision(request: pytest.FixtureRequest) -> Iterator[None]:
    """Asks the library of a test's ``target`` for double precision; skips the test when it is not installed."""
    target = getattr(request.node, "callspec", None) and request.node.callspec.params.get("target")
    if target == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
        yield
    elif target == "torch":
        torch = pytest.importorskip("torch")
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        yield
        torch.set_default_dtype(before)
    else:
        yield
