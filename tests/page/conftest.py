"""One browser for all tests of the page; for each a greenroom of its own, and windows at it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.end_to_end.conftest import House, house  # noqa: F401 - a fixture
from tests.fakes.repositories import Repository
from tests.page.browser import Window, browser, window
from tests.page.stage import prepare

Open = Callable[..., Window]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def greenroom(house: House) -> House:  # noqa: F811 - the fixture
    """With a scripted model, a tool server and two agents."""
    prepare(house)
    house.run("start")
    house.wait(lambda: house.status()["http"]["state"] == "running", "the page")
    return house


@pytest.fixture
def open_page(chromium: Browser, greenroom: House) -> Iterator[Open]:
    """Opens windows that are logged in; at the end nothing may have been wrong in any of them."""
    opened: list[Window] = []

    def open_window(route: str = "/", **options: Any) -> Window:
        url = greenroom.status()["http"]["url"]
        opened.append(window(chromium, greenroom.data, url, **options))
        return opened[-1].open(route)

    yield open_window
    for each in opened:
        each.page.context.close()
    for each in opened:
        each.well()


@pytest.fixture
def repository(greenroom: House) -> Repository:
    return Repository(greenroom.home / "lantern")


@pytest.fixture
def place(greenroom: House) -> Path:
    made = greenroom.home / "place"
    made.mkdir()
    return made
