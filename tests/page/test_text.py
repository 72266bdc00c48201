"""Text from outside is text: no markup, and nothing that hides or reverses."""

import re

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.page.browser import probe
from tests.page.conftest import Open

pytestmark = pytest.mark.peers

HOSTILE = "<img src=x onerror=alert(1)> \x1b[31mred\x07 \u202edrawkcab\u2069 \u200bhid&amp;"
_RAW = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def test_hostile_text_is_shown_and_does_nothing(greenroom: House, open_page: Open) -> None:
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home), "title": HOSTILE,
         "worker": {"type": "conversation", "name": "talk"}}
    )  # fmt: skip
    greenroom.data_of(
        {"type": "request", "session": made["id"], "content": f"# sum\n```\n{HOSTILE}\n```"}
    )
    shown = open_page()
    for route in ("/", f"/session/{made['id']}", "/status", f"/session/{made['id']}/changes"):
        shown.go(route)
        expect(shown.page.locator("main")).not_to_contain_text("Looking…")
        said = shown.page.evaluate(probe("all_text"))
        assert "<img src=x onerror=alert(1)>" in said
        assert r"\u202edrawkcab\u2069" in said
        found = _RAW.search(said)
        assert found is None, repr(said[max(found.start() - 40, 0) : found.end() + 10])
    assert shown.page.locator("img").count() == 0


def test_letters_of_all_languages_stay_as_they_are(greenroom: House, open_page: Open) -> None:
    title = "Lampe für 夜 ليل & naïve 🏮"
    greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home), "title": title}
    )
    shown = open_page()
    expect(shown.page.get_by_role("navigation").locator(".row-title")).to_have_text(title)
