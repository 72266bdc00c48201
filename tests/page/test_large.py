"""Much of something: the page shows the newest of it first, and can be used meanwhile."""

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


@pytest.fixture
def talk(greenroom: House) -> str:
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home), "title": "talk",
         "worker": {"type": "conversation", "name": "talk"}}
    )  # fmt: skip
    return f"/session/{made['id']}"


def test_a_long_conversation_shows_its_end_and_more_when_asked(
    greenroom: House, open_page: Open, talk: str
) -> None:
    for number in range(1, 61):
        greenroom.data_of({"type": "request", "session": "talk", "content": f"number {number}."})
    shown = open_page(talk)
    rounds = shown.page.locator(".round")
    expect(rounds).to_have_count(50)
    expect(rounds.first).to_contain_text("number 11.")
    expect(rounds.last).to_be_in_viewport()
    shown.page.get_by_label("Message").fill("number 61.")
    shown.page.get_by_label("Message").press("Enter")
    expect(rounds.last).to_contain_text("number 61.")
    expect(rounds.last).to_contain_text("I have no line for that.")
    expect(rounds.first).to_contain_text("number 12.")
    shown.button("Show earlier (11)").click()
    expect(rounds).to_have_count(61)
    expect(rounds.first).to_contain_text("number 1.")
    expect(shown.page.locator(".earlier")).to_have_count(0)


def test_many_messages_that_wait_leave_the_browser_its_connections(
    greenroom: House, open_page: Open, talk: str
) -> None:
    shown = open_page(talk)
    box = shown.page.get_by_label("Message")
    for number in range(8):
        box.fill(f"slowly, number {number}")
        box.press("Enter")
        expect(box).to_have_value("")
    expect(shown.page.get_by_text("Queued")).to_have_count(7)
    shown.go("/status")
    expect(shown.page.get_by_text("every change is on the disk")).to_be_visible()
    shown.go(talk)
    for left in range(7, 0, -1):
        shown.button("Take back").last.click()
        expect(shown.page.get_by_text("Queued")).to_have_count(left - 1)
    shown.button("Cancel the answer").click()
    expect(shown.page.get_by_text("Cancelled.")).to_have_count(8)


def test_a_terminal_that_is_flooded_comes_to_its_newest(greenroom: House, open_page: Open) -> None:
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home), "title": "shell",
         "worker": {"type": "terminal", "name": "one"}}
    )  # fmt: skip
    shown = open_page(f"/session/{made['id']}")
    shown.type("yes lantern")
    shown.shows("lantern")
    greenroom.wait(lambda: _written(greenroom) > 20_000_000, "twenty megabytes")
    shown.page.keyboard.press("Control+c")
    shown.type("echo over $((1 + 1))")
    shown.shows("over 2")
    shown.type("echo and $((2 + 2))")
    shown.shows("and 4")
    assert shown.screen().count("over 2") == 1


def _written(greenroom: House) -> int:
    output = greenroom.data_of({"type": "get-output", "session": "shell", "worker": "one"})
    return int(output["end"])
