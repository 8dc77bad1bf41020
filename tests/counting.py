"""Work counted, not timed: how many functions a run calls, which is the same on a busy machine as on a quiet one."""

import sys
from collections.abc import Callable
from types import FrameType


def calls(run: Callable[[], object]) -> int:
    """How many functions (Python's own and built-in ones) `run` calls; what it raises is passed on."""
    count = 0

    def heard(_frame: FrameType, event: str, _given: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(heard)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count
