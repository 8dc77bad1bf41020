"""The page in a real browser, before the server on this machine: what is typed, shown, copied and shared, by mouse and by keys alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

api = pytest.importorskip("playwright.sync_api", reason='the page is tried with pip install "matcalculus[browser]"')
pytest.importorskip("uvicorn", reason='the page is served with pip install "matcalculus[web]"')

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]
PHONE = {"width": 360, "height": 740}
WITHIN = 20_000
"""Milliseconds for an answer, on a machine that runs all tests at once."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where ``matcalc web`` serves the page."""
    command = [sys.executable, "-m", "matcalc", "web", "--no-open", "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout is not None
        for line in server.stdout:
            if found := re.search(r"http://\S+", line):
                break
        else:
            pytest.fail("the server did not start")
        yield found[0]
        server.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@dataclass
class Seen:
    """A page, and what went on behind it."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def hear(self, message: Any) -> None:
        """What the browser complains of; KaTeX may be missing where there is no npm, and what cannot be read is
        answered with a status that Chromium writes down."""
        expected = "status of 422" in message.text or "/assets/katex/" in message.location["url"]
        if message.type == "error" and not expected:
            self.complaints.append(message.text)

    def type(self, text: str) -> None:
        self.page.locator("#formula").press_sequentially(text)

    def shows(self, selector: str, text: str) -> None:
        api.expect(self.page.locator(selector)).to_contain_text(text, timeout=WITHIN)

    def result(self, unicode: str) -> None:
        """The equation that is shown, by its label."""
        label = re.compile(re.escape(unicode))
        api.expect(self.page.locator(".shown .formula, .verdict")).to_have_attribute("aria-label", label, timeout=WITHIN)


@contextmanager
def opened(browser: Any, address: str, fragment: str = "", **options: Any) -> Iterator[Seen]:
    """The page, with a new profile; nothing may be complained of, or asked of anybody else."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], **options)
    seen = Seen(context.new_page())
    seen.page.on("console", seen.hear)
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.goto(f"{address}#{fragment}" if fragment else address)
    yield seen
    assert seen.complaints == []
    assert {urlsplit(url).netloc for url in seen.requests if not url.startswith("data:")} == {urlsplit(address).netloc}
    context.close()


def fragment_of(**state: str) -> str:
    return "&".join(f"{name}={quote(value)}" for name, value in state.items())


def test_what_is_typed_is_read_and_derived_and_copied(browser: Any, address: str) -> None:
    with opened(browser, address) as seen:
        page = seen.page
        seen.shows("#answer", "Least squares")
        seen.type("x'Ax")
        seen.shows("#answer", "Choose the symbol")
        page.get_by_role("radio", name="x").check()
        seen.result("(A + Aᵀ) x")
        page.get_by_role("button", name="Copy ASCII").click()
        assert page.evaluate("navigator.clipboard.readText()") == "(A + A')*x"
        page.get_by_role("button", name="Copy LaTeX").first.click()
        assert page.evaluate("navigator.clipboard.readText()") == r"(A + A^{\top}) x"
        # A fact about a symbol, from its row.
        page.get_by_label("Facts about A").click()
        page.get_by_role("checkbox", name="symmetric", exact=True).check()
        seen.result("= 2 A x")
        page.get_by_label("Kind of x").select_option("matrix")
        seen.shows("#symbols", "as found")
        page.get_by_role("button", name="Forget what was said of x").click()
        page.get_by_label("Derivative").select_option("2")
        seen.result("= 2 A")
        page.get_by_role("tab", name="Code").click()
        page.get_by_role("tab", name="Julia").click()
        seen.shows("#result .code", "function ")


def test_doubt_is_a_question_and_an_error_has_its_place(browser: Any, address: str) -> None:
    with opened(browser, address, fragment_of(f="1/2 w'w + C sum(relu(1 - y.*(Xw + b)))", wrt="w")) as seen:
        page = seen.page
        seen.shows(".question", "C is read as a scalar")
        page.get_by_role("button", name="C is a scalar").first.click()
        api.expect(page.locator(".question")).to_have_count(0, timeout=WITHIN)
        assert "declare=C" in page.url
        page.locator("#formula").fill("𝐱'(A x + b")
        seen.shows("#problem", "'(' is never closed")
        assert page.locator("#marks mark").inner_text() == "("
        assert page.locator("#formula").get_attribute("aria-invalid") == "true"
        page.get_by_role("button", name="Go to the place").click()
        assert page.evaluate("[formula.selectionStart, formula.selectionEnd]") == [3, 4]
        page.locator("#formula").fill("x'x")
        api.expect(page.locator("#problem")).to_be_empty(timeout=WITHIN)
        page.get_by_text("what else it could mean").click()
        page.get_by_role("button", name="x is a matrix").click()
        assert "x%3A+n%C3%97m" in page.url


def test_a_statement_is_verified_and_mended(browser: Any, address: str) -> None:
    with opened(browser, address, fragment_of(f="d(x'Ax)/dx = 2Ax")) as seen:
        page = seen.page
        seen.shows(".verdict", "Conditional")
        seen.shows(".condition", "A = Aᵀ")
        tables = page.locator(".counterexample table")
        assert tables.count() == 4
        left, right = (tables.nth(place).locator("td").all_inner_texts() for place in (2, 3))
        assert len(left) == len(right) == 2
        assert left != right
        page.get_by_role("button", name="Use this").click()
        seen.shows(".verdict", "Proved")
        assert page.locator("#formula").input_value() == "d(x'Ax)/dx = (A + A')*x"
        page.get_by_text("Proof, line by line").click()
        seen.shows(".proof .code", "=")
        page.locator("#formula").fill("d(x'Ax)/dx = 2Ax")
        page.get_by_role("button", name="Assume it").click(timeout=WITHIN)
        seen.shows(".verdict", "Proved")


def test_another_form_is_asked_for_in_words(browser: Any, address: str) -> None:
    with opened(browser, address, fragment_of(f="simplify det(A)*(1 + y'*inv(A)*x)")) as seen:
        seen.shows("#answer .steps", "determinant lemma")
        assert seen.page.locator("#run").inner_text() == "Simplify"
        seen.page.locator("#formula").fill("the Hessian of x'Ax by x along v")
        shown = seen.page.locator("#answer > .formula")
        api.expect(shown).to_have_attribute("aria-label", "(A + Aᵀ) v", timeout=WITHIN)


def test_a_link_brings_everything_back(browser: Any, address: str) -> None:
    state = {"f": "x'A*y", "wrt": "x", "and": "y", "order": "2", "layout": "numerator", "view": "steps", "style": "differential"}
    with opened(browser, address, fragment_of(**state, declare="A: n×n symmetric")) as seen:
        page = seen.page
        seen.result("= A")
        assert page.get_by_label("Derivative").input_value() == "2"
        assert page.get_by_label("and by").input_value() == "y"
        assert page.get_by_role("tab", name="By differentials").get_attribute("aria-selected") == "true"
        seen.shows(".conventions", "numerator")
        assert page.get_by_label("Facts about A").inner_text() == "symmetric"
        link = page.url
        page.get_by_role("button", name="Share").click()
        assert page.evaluate("navigator.clipboard.readText()") == link
        page.wait_for_timeout(2700)  # then it is history
        page.locator("#formula").fill("tr(B)")
        seen.result("= zeros(n*n, n*n)")
        page.get_by_role("button", name="History").click()
        page.locator("#history").get_by_role("button", name="x'A*y").click()
        seen.result("= A")
        assert page.url == link.replace("&view=steps", "").replace("&style=differential", "")
        page.get_by_role("button", name="History").click()
        page.get_by_role("button", name="Clear the history").click()
        seen.shows("#history", "Nothing yet")


def test_keys_are_enough(browser: Any, address: str) -> None:
    with opened(browser, address, fragment_of(f="x'x", wrt="x")) as seen:
        page, keys = seen.page, seen.page.keyboard
        seen.result("= 2 x")
        keys.press("?")
        seen.shows("#keys", "to the formula")
        keys.press("Escape")
        api.expect(page.locator("#keys")).to_be_hidden()
        keys.press("/")
        assert page.evaluate("document.activeElement.id") == "formula"
        keys.type("sum(exp(x))")
        keys.press("Control+Enter")
        seen.result("= exp(x)")
        keys.press("Escape")
        assert page.evaluate("document.activeElement.id") != "formula"
        for _ in range(40):
            keys.press("Tab")
            if page.evaluate("document.activeElement.textContent") == "Steps":
                break
        style = page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth"
        )
        assert style == "solid3px"
        keys.press("ArrowRight")
        assert page.evaluate("document.activeElement.textContent") == "Code"
        seen.shows("#result .code", "def gradient")
        keys.press("End")
        assert page.evaluate("document.activeElement.textContent") == "Details"
        keys.press("Home")
        # A function from the list, sought and put in.
        page.locator("#open-functions").focus()
        keys.press("Enter")
        keys.type("softmax")
        seen.shows("#functions .cards", "softmax(x)")
        page.get_by_role("button", name="About softmax").focus()
        keys.press("Enter")
        seen.shows("#functions .cards", "Goodfellow")
        keys.press("Shift+Tab")
        keys.press("Enter")
        assert page.locator("#formula").input_value() == "sum(exp(x))softmax()"


@pytest.mark.parametrize(
    "formula", ["||X w - y||² + lambda sum(log(1 + exp(-y .* (X w)))) + tr(A X B X' C) + sum(softmax(X w))", "d(x'Ax)/dx = 2Ax"]
)
def test_nothing_sticks_out_on_a_phone(browser: Any, address: str, formula: str) -> None:
    with opened(browser, address, fragment_of(f=formula, wrt="w"), viewport=PHONE, has_touch=True) as seen:
        seen.shows("#answer", "Copy")
        for name in ("Functions", "Examples"):
            seen.page.get_by_role("button", name=name, exact=True).click()
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
            seen.page.keyboard.press("Escape")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


NAMELESS = """() => [...document.querySelectorAll('button, select, input, textarea, summary, [role=tab], img, [role=tabpanel], dialog')]
  .filter((one) => !(one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.labels?.length || one.textContent.trim()
    || one.getAttribute('alt') !== null)).map((one) => one.outerHTML)"""
CONTRAST = """() => {
  const light = (color) => { const [r, g, b] = color.match(/[0-9.]+/g).map((part) => { const c = part / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (one) => { while (one && /, 0\\)$|transparent/.test(getComputedStyle(one).backgroundColor)) one = one.parentElement; return getComputedStyle(one ?? document.documentElement).backgroundColor; };
  return [...document.querySelectorAll('p, button, span, dt, dd, h1, h2, summary, label, code, td')].filter((one) => one.checkVisibility() && !one.closest('.katex, [aria-hidden], .status') && one.textContent.trim())
    .map((one) => { const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x); return [(a + 0.05) / (b + 0.05), one.outerHTML.slice(0, 90)]; })
    .filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_has_a_name_and_can_be_read(browser: Any, address: str, scheme: str) -> None:
    with opened(browser, address, fragment_of(f="d(x'Ax)/dx = 2Ax"), color_scheme=scheme) as seen:
        page = seen.page
        seen.shows(".verdict", "Conditional")
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate(CONTRAST) == []
        page.locator("#formula").fill("||X w - y||²")
        page.get_by_role("radio", name="w").check(timeout=WITHIN)
        seen.result("2 Xᵀ (X w − y)")
        seen.shows(".steps", "chain rule")
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate(CONTRAST) == []
        ground = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(ground)
        page.get_by_role("button", name="Dark mode").click()
        assert page.evaluate(ground) != before
        page.reload()
        seen.result("2 Xᵀ (X w − y)")
        assert page.evaluate(ground) != before
        assert page.evaluate("document.querySelector('#theme').getAttribute('aria-pressed')") == str(scheme == "light").lower()
        page.evaluate("document.body.append(document.createElement('button'))")
        page.evaluate("reading.style.color = '#999'; reading.style.background = '#888'; reading.hidden = false")
        assert len(page.evaluate(NAMELESS)) == 1, "a planted button without a name is seen"
        assert page.evaluate(CONTRAST), "planted grey on grey is seen"


def test_text_from_a_user_is_no_markup(browser: Any, address: str) -> None:
    script = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    hostile = fragment_of(
        f=script, wrt=script, declare=f"A: {script}", layout=script, view=script, style=script, order=script, dialect=script
    )
    with opened(browser, address, hostile) as seen:
        page = seen.page
        page.on("dialog", lambda dialog: seen.complaints.append(dialog.message))
        page.wait_for_selector("#problem p", timeout=WITHIN)
        for text in (f"x'A {script}", r"\href{javascript:alert(1)}{x}", f"x'x = '{script}'"):
            page.locator("#formula").fill(text)
            page.wait_for_timeout(500)
        page.locator("#formula").fill("x'x")
        page.wait_for_selector("#symbol-size-x", timeout=WITHIN)
        page.locator("#symbol-size-x").fill(script)
        page.keyboard.press("Tab")
        page.wait_for_timeout(500)
        assert page.evaluate("document.querySelectorAll('main img, main script, dialog script, a[href^=javascript]').length") == 0
