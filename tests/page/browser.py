"""A real browser at a real greenroom: what tests and pictures of the page are made with.

Every window notes what its console says wrong, what the content policy refuses and which errors go
uncaught; `Window.well` fails on any of them.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

PATIENCE_MS = 45_000
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_AWAY = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "ERR_INCOMPLETE_CHUNKED_ENCODING",
    "WebSocket connection to",
    "status of 503",
)
"""What a browser says of a daemon that is away. It is nothing of the page's."""

expect.set_options(timeout=PATIENCE_MS)


def probe(name: str) -> str:
    """A function of JavaScript that looks at the page, from `probes/`."""
    return (Path(__file__).parent / "probes" / f"{name}.js").read_text()


@contextmanager
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    assert program, f"none of {_CHROMIUM} is installed"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield started
        finally:
            started.close()


class Window:
    """A page of a browser that is logged in. `problems`: what was wrong in it."""

    def __init__(self, page: Page, data: Path, url: str) -> None:
        self.page = page
        self.data = data
        self.url = url
        self.problems: list[str] = []
        self.may_be_away = False
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        is_away = self.may_be_away and any(each in message.text for each in _AWAY)
        if message.type in {"error", "warning"} and not is_away and not _is_refusal(message):
            self.problems.append(f"{message.text} ({message.location.get('url')})")

    def open(self, route: str = "/") -> "Window":
        """Log in, as `greenroom open` does, and go there."""
        token = (self.data / "run" / "token").read_text().strip()
        self.page.goto(f"{self.url}/#token={token}")
        expect(self.page.get_by_text("connected", exact=True)).to_be_attached()
        if route != "/":
            self.go(route)
        return self

    def go(self, route: str) -> None:
        self.page.evaluate("route => { location.hash = route }", route)

    def well(self) -> None:
        assert not self.problems, self.problems

    # What tests say often.

    def button(self, name: str, *, exact: bool = True) -> Locator:
        return self.page.get_by_role("button", name=name, exact=exact)

    def tab(self, name: str) -> Locator:
        return self.page.get_by_role("tab", name=name)

    def screen(self) -> str:
        """What the terminal that is open shows."""
        found: str = self.page.locator(".xterm-rows").inner_text()
        return found.replace("\xa0", " ")

    def shows(self, text: str) -> None:
        """Wait until the terminal shows it."""
        expect(self.page.locator(".xterm-rows")).to_contain_text(text)

    def type(self, text: str) -> None:
        """Into the terminal, with Enter."""
        self.page.locator(".xterm-helper-textarea").focus()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")


def _is_refusal(message: ConsoleMessage) -> bool:
    """A browser notes each answer that is one; the page says it to the user."""
    is_api = "/api/" in message.location.get("url", "")
    return is_api and any(f"status of {code}" in message.text for code in (400, 404, 409, 422))


def window(started: Browser, data: Path, url: str, **options: Any) -> Window:
    """A window of its own, which shares no cookie with another."""
    context = started.new_context(**{"viewport": WIDE, **options})
    return Window(context.new_page(), data, url)
