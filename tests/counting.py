"""Work counted, not timed: how many functions a run calls, which is the same on a busy machine as on a quiet one."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls(run: Callable[[], object]) -> int:
    """How many functions (Python's own and built-in ones) `run` calls; what it raises is passed on."""
    count = 0

    def heard(_frame: FrameType, event: str, _given: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    _heard_by(heard, run, sys.getprofile, sys.setprofile)
    return count


def lines(work: Callable[[], object]) -> int:
    """How many lines of Python are executed."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    _heard_by(trace, work, sys.gettrace, sys.settrace)
    return count


def _heard_by(hook: Any, run: Callable[[], object], current: Callable[[], Any], install: Callable[[Any], None]) -> None:
    """Runs with a hook of the interpreter, and puts the one back that was there."""
    before = current()
    install(hook)
    try:
        run()
    finally:
        install(before)
