"""What every test starts from."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from matcalc.derivation.pipeline import forget

# Before NumPy is loaded: threads for matrices of a few rows wait for each other more than they compute.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The same examples in every run, however slow the machine: a test that passes passes everywhere. New ones are searched for with
# ``--hypothesis-profile default``.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> Iterator[None]:
    """A derivation that is kept would hide an error that a test plants in a stage, and one with an error must not be kept."""
    forget()
    yield
    forget()
