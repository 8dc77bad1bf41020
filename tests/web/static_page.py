"""``python -m tests.web.static_page``: builds the page as files, opens it in a browser, and measures what a visitor waits for.

Size, first result, no request to anybody else, names of all controls; and every example gives on the page what Python gives.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from matcalc.service import answer
from matcalc.web.static_site import build
from tests.web.test_page import ARGUMENTS, CHROMIUM, NAMELESS, Seen, api, fragment_of, opened

FIRST = {"f": "x'Ax", "wrt": "x"}
MOST_MEGABYTES = 12.0
"""Of what is sent, compressed, before the first result."""
MOST_SECONDS = 20.0
MINUTE = 60_000


class Files(SimpleHTTPRequestHandler):
    """A server of files, which counts what it sends, and what that would be when it is compressed."""

    sent: dict[str, tuple[int, int]] = {}
    packed: dict[str, int] = {}

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if path.is_file():
            data = path.read_bytes()
            self.sent[path.name] = (len(data), self.packed.setdefault(path.name, min(len(data), len(gzip.compress(data, 6)))))
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def expected(example: dict[str, str]) -> str:
    """What Python says to an example: the derivative, or the verdict."""
    asked = {"text": example["text"], "declare": example.get("declare")}
    if "wrt" not in example:
        # Without NumPy nobody tells whether a condition is needed.
        return str(answer("verify", asked)["result"]["status"]).replace("conditional", "refuted").capitalize()
    return str(answer("derive", {**asked, "wrt": example["wrt"]})["result"]["equation"]["unicode"])


def shown(seen: Seen, text: str) -> str:
    """What the page says to a formula that was just put in, when it has read it."""
    page = seen.page
    for _ in range(600):
        page.wait_for_timeout(100)
        if page.locator("#result").get_attribute("aria-busy") == "false" and page.locator("#formula").input_value() == text:
            break
    if page.locator(".verdict strong").count():
        return str(page.locator(".verdict strong").inner_text())
    place = page.locator(".shown .formula")
    return str(place.get_attribute("aria-label")) if place.count() else str(page.locator("#problem").inner_text())


def measured(browser: Any, address: str) -> list[str]:
    """What is wrong; the figures are printed."""
    wrong: list[str] = []
    begun = time.perf_counter()
    with opened(browser, address, fragment_of(**FIRST)) as seen:
        page = seen.page
        api.expect(page.locator(".shown .formula")).to_have_attribute("aria-label", re.compile("A"), timeout=4 * MINUTE)
        first = time.perf_counter() - begun
        sent, packed = (sum(sizes[place] for sizes in Files.sent.values()) / 1e6 for place in (0, 1))
        print(f"first result   {first:.1f} s, with {len(Files.sent)} files of {sent:.1f} MB, {packed:.1f} MB compressed")
        if packed > MOST_MEGABYTES:
            wrong.append(f"{packed:.1f} MB before the first result")
        if first > MOST_SECONDS:
            wrong.append(f"{first:.1f} s until the first result")
        if page.evaluate(NAMELESS):
            wrong.append(f"controls without a name: {page.evaluate(NAMELESS)}")
        begun = time.perf_counter()
        page.locator("#formula").fill("x'A y")
        api.expect(page.locator(".shown .formula")).to_have_attribute("aria-label", re.compile("= A y"), timeout=MINUTE)
        print(f"next result    {time.perf_counter() - begun:.2f} s, of which 0.25 s is the pause after typing")
        page.get_by_role("tab", name="Code").click()
        page.get_by_role("tab", name="SymPy").click()  # which fetches SymPy
        api.expect(page.locator("#result .code")).to_contain_text("sympy import", timeout=2 * MINUTE)
        wrong += different(seen)
    again = time.perf_counter()
    with opened(browser, address, fragment_of(**FIRST)) as seen:
        api.expect(seen.page.locator(".shown .formula")).to_have_attribute("aria-label", re.compile("A"), timeout=4 * MINUTE)
        print(f"opened again   {time.perf_counter() - again:.1f} s")
    return wrong


def different(seen: Seen) -> list[str]:
    """The examples of which the page says something else than Python."""
    examples = answer("examples", {})["result"]["examples"]
    found = []
    for example in examples:
        seen.page.get_by_role("button", name="Examples", exact=True).click()
        seen.page.locator("#examples .entry").filter(has_text=example["title"]).first.click()
        said, wanted = shown(seen, example["text"]), expected(example)
        if said != wanted:
            found.append(f"{example['title']}: {said}, not {wanted}")
    print(f"examples       {len(examples) - len(found)} of {len(examples)} as in Python")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assets", help="folder with the npm packages, where npm is not to bring them")
    parser.add_argument("--folder", help="where to build (a temporary folder)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.folder or f"{scratch}/page"
        build(folder, chosen.assets)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            wrong = measured(browser, f"http://127.0.0.1:{server.server_address[1]}/")
            browser.close()
        server.shutdown()
    print(*(wrong or ["nothing is asked of anybody else; every control has a name"]), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
