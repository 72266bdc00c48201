"""Notices of the browser itself: one for each question that nobody sees, and the way to it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.page.browser import Window
from tests.page.conftest import Open

pytestmark = pytest.mark.peers

# The browser's own notices are kept where a test can see and click them.
KEPT = """
window.noticed = [];
window.Notification = class extends Notification {
  constructor(title, how) { super(title, how); window.noticed.push(this); }
};
"""


@pytest.fixture
def talk(greenroom: House) -> str:
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home), "title": "talk",
         "worker": {"type": "conversation", "name": "talk"}}
    )  # fmt: skip
    return f"/session/{made['id']}"


def watching(open_page: Open, route: str) -> Window:
    """Notices are wanted, and allowed."""
    shown = open_page()
    shown.page.context.grant_permissions(["notifications"], origin=shown.url)
    shown.page.add_init_script(KEPT)
    shown.page.reload()
    shown.button("Notifications: off").click()
    expect(shown.button("Notifications: on")).to_be_visible()
    shown.go(route)
    return shown


def told(shown: Window) -> list[Any]:
    found: list[Any] = shown.page.evaluate("noticed.map(({title, body}) => [title, body])")
    return found


def ask(greenroom: House) -> None:
    greenroom.data_of(
        {"type": "request", "session": "talk", "content": "And where?", "wait": False}
    )


def is_told(shown: Window, count: int) -> None:
    shown.page.wait_for_function("count => noticed.length >= count", arg=count)


def test_a_question_out_of_sight_is_told_once_and_leads_there(
    greenroom: House, open_page: Open, talk: str
) -> None:
    shown = watching(open_page, "/status")
    ask(greenroom)
    is_told(shown, 1)
    expect(shown.page).to_have_title("(1) greenroom")
    ((title, body),) = told(shown)
    assert title == "talk"
    assert "demo.where" in body
    shown.page.evaluate("noticed[0].dispatchEvent(new Event('click'))")
    expect(shown.button("Allow")).to_be_visible()
    assert talk in shown.page.url
    shown.button("Allow").click()
    expect(shown.page).to_have_title("talk · greenroom")
    assert len(told(shown)) == 1
    shown.go("/trash")
    ask(greenroom)
    is_told(shown, 2)
    expect(shown.page).to_have_title("(1) greenroom")
    assert told(shown) == [[title, body]] * 2
    shown.page.reload()
    expect(shown.page).to_have_title("(1) greenroom")
    assert told(shown) == []


def test_a_question_that_is_in_sight_is_not_told(
    greenroom: House, open_page: Open, talk: str
) -> None:
    shown = watching(open_page, talk)
    ask(greenroom)
    expect(shown.button("Allow")).to_be_visible()
    expect(shown.page).to_have_title("(1) talk · greenroom")
    assert told(shown) == []


def test_an_agent_that_asks_in_its_terminal_is_told_once(greenroom: House, open_page: Open) -> None:
    worker = {"type": "agent", "agent": "rover", "name": "rover"}
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home), "title": "wick",
         "worker": worker}
    )  # fmt: skip
    shown = watching(open_page, "/trash")
    greenroom.run("type", "wick/rover", "/ask\n")
    is_told(shown, 1)
    expect(shown.page).to_have_title("(1) greenroom")
    ((title, _),) = told(shown)
    assert title == "wick"
    shown.page.evaluate("noticed[0].dispatchEvent(new Event('click'))")
    shown.shows("May I?")
    assert made["id"] in shown.page.url
    assert len(told(shown)) == 1


def test_without_the_bell_nothing_is_told(greenroom: House, open_page: Open, talk: str) -> None:
    shown = watching(open_page, "/status")
    shown.button("Notifications: on").click()
    ask(greenroom)
    expect(shown.page).to_have_title("(1) greenroom")
    assert told(shown) == []
