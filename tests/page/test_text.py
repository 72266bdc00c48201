"""Text from outside is text: no markup, and nothing that hides or reverses."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.fakes.hostile_texts import HOSTILE as HOSTILE_TEXTS
from tests.fakes.hostile_texts import is_all_in
from tests.fakes.repositories import Repository
from tests.page.browser import Window, probe
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


def _all_said(shown: Window) -> str:
    said: str = shown.page.evaluate(probe("all_text"))
    found = _RAW.search(said)
    assert found is None, repr(said[max(found.start() - 40, 0) : found.end() + 10])
    return said


def test_all_there_is_to_see_of_a_call_and_of_changes_is_shown(
    greenroom: House, open_page: Open, repository: Repository
) -> None:
    """R13: what a terminal would obey, or nobody would see, is shown where people decide."""
    call = {"tool": "demo.slow", "parameters": {"seconds": 0, **HOSTILE_TEXTS}}
    script = [{"when": "do it", "reply": [call]}, {"reply": [{"text": "no"}]}]
    lines = "".join(json.dumps(line) + "\n" for line in script)
    (greenroom.home / "script.jsonl").write_text(lines)
    repository.commit(first="\n")
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(repository.place), "title": "talk",
         "worker": {"type": "conversation", "name": "talk"}}
    )  # fmt: skip
    (repository.place / "first").write_text("\n".join(HOSTILE_TEXTS.values()))
    greenroom.data_of({"type": "request", "session": made["id"], "content": "do it", "wait": False})
    shown = open_page(f"/session/{made['id']}")
    card = shown.page.get_by_role("article", name="Permission request")
    for route, seen in (
        (f"/session/{made['id']}", card),
        ("/permissions", card),
        (f"/session/{made['id']}/changes", shown.page.locator("tr.plus").first),
    ):
        shown.go(route)
        expect(seen).to_be_visible()
        said = _all_said(shown)
        assert [name for name, text in HOSTILE_TEXTS.items() if not is_all_in(text, said)] == []
    shown.go(f"/session/{made['id']}")
    card.get_by_role("button", name="Deny", exact=True).click()
    expect(shown.page.locator(".tool-state")).to_have_text("denied")
    shown.page.locator(".tool summary").click()
    said = shown.page.get_by_label("Parameters").inner_text()
    assert [name for name, text in HOSTILE_TEXTS.items() if not is_all_in(text, said)] == []
