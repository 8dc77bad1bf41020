"""The front door: how the program begins, and how it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

from matcalc.cli.plainly import understood
from matcalc.console import prepare, say
from matcalc.errors import MatcalcError, internal_error

BAD_INPUT, OWN_FAULT, INTERRUPTED, CLOSED_PIPE = 2, 70, 130, 141


def main() -> None:
    """Run the command line and exit.

    The status is 0, or 2 for bad input, whose message goes to standard error; 70 for an error of matcalc's own, 130 after Ctrl-C and 141
    when nobody reads the output.
    """
    prepare()
    try:
        run = understood(sys.argv[1:]) or import_module("matcalc.cli.group").run
        status = run()
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except BrokenPipeError:
        without_a_reader()
    except KeyboardInterrupt:
        say("\ninterrupted", err=True)
        sys.exit(INTERRUPTED)
    except MatcalcError as error:
        say(f"error: {error}", err=True)
        sys.exit(BAD_INPUT)
    except Exception as error:
        say(f"{internal_error(error)} with the command", err=True)
        sys.exit(OWN_FAULT)


def without_a_reader() -> NoReturn:
    """Ends the program when nobody reads what it writes."""
    with suppress(OSError, ValueError):  # a stream without a file has no reader to lose
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(CLOSED_PIPE)
