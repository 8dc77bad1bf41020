"""The command line: results on standard output, everything said about them on standard error."""

from matcalc.cli.front import main

__all__ = ["main"]
