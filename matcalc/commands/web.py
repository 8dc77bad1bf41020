"""``matcalc web``: the page on one's own machine."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from matcalc.base.errors import MatcalcError
from matcalc.base.extras import needs_extra
from matcalc.base.lazy import later
from matcalc.cli.clicked import PlainHelp
from matcalc.interface.console import say
from matcalc.web.assets import katex

if TYPE_CHECKING:
    import matcalc.web.server as server
    import matcalc.web.static_site as building
    import matcalc.web.workers as workers
else:
    building, server, workers = later("matcalc.web.static_site"), later("matcalc.web.server"), later("matcalc.web.workers")

_LOOPBACK = "127.0.0.1"
_FEWEST_WORKERS = 2
"""So that a short formula need not wait for a long one."""
_SECONDS_BEFORE_OPENING = 0.5
_EXTRA = frozenset({"starlette", "uvicorn", "h11", "anyio"})


@click.command("web", cls=PlainHelp, short_help="A page to type formulas into, in the browser.")
@click.option(
    "--host", default=_LOOPBACK, show_default=True, help="Address to listen at; others than this machine's own let others in."
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen at.  [default: 8000, or a free one]")
@click.option("--open/--no-open", "opens", default=None, help="Open the page in a browser.  [default: at a terminal]")
@click.option(
    "--workers", "count", type=click.IntRange(1, 64), help="Formulas to work on at once.  [default: one for each processor]"
)
@click.option("--assets", metavar="DIR", help="Folder with KaTeX, such as node_modules, where npm cannot bring it.")
@click.option("--build", metavar="DIR", help="Write the page as files that need no server, and end.")
def web_command(
    host: str, port: int | None, opens: bool | None, count: int | None, assets: str | None, build: str | None
) -> None:
    """Serve the page on this machine, and the same as an interface of JSON.

    Formulas are read as they are typed, and each is computed in a process of its own, which is cut
    off after ten seconds. Nothing is sent anywhere. The interface is described at
    /api/v1/openapi.json.

    \b
    matcalc web
    matcalc web --port 8080 --no-open
    matcalc web --build FOLDER
    """
    if build is not None:
        building.build(build, assets)
        return
    try:
        listening = server.bound(host, port)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise needs_extra("the page", "web", error) from error
    with listening:
        address = server.address_of(listening)
        files = server.files_of(_katex(assets))
        say(f"matcalc is at {address}  (Ctrl-C ends it)")
        if not server.is_loopback(host):
            say("warning:  whoever reaches this machine can use the page; there is no password and no encryption", err=True)
        if _has_browser() if opens is None else opens:
            threading.Timer(_SECONDS_BEFORE_OPENING, webbrowser.open, [address]).start()
        crew = workers.Crew(workers.Limits(workers=count or max(_FEWEST_WORKERS, os.cpu_count() or 1)))
        with suppress(KeyboardInterrupt):
            server.Server(server.application(crew, server.served_hosts(host), files), crew).run(sockets=[listening])


def _katex(assets: str | None) -> Mapping[str, bytes] | None:
    """KaTeX's files; None, and a line about it, where they cannot be had."""
    try:
        return katex(assets)
    except MatcalcError as error:
        if assets is not None:
            raise
        advice = f" ({error.suggestion})" if error.suggestion else ""
        say(f"note:     the page shows formulas in Unicode: {error.message}{advice}", err=True)
        return None


def _has_browser() -> bool:
    """Whether somebody sits at this machine; a browser that runs in the terminal is none."""
    windows = os.name == "nt" or sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    return sys.stdout is not None and sys.stdout.isatty() and windows
