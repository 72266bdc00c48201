"""Every view, in both themes and on a phone: each control has a name, each text can be read."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.page.browser import PHONE, WIDE, probe
from tests.page.conftest import Open
from tests.page.pictures import routes
from tests.page.stage import Stage

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_names_contrast_and_order(
    greenroom: House, open_page: Open, theme: Any, viewport: dict[str, int]
) -> None:
    stage = Stage(greenroom).fill()
    shown = open_page(color_scheme=theme, viewport=viewport, reduced_motion="reduce")
    for view, route in routes(stage).items():
        shown.go(route)
        expect(shown.page.locator("main")).not_to_contain_text("Looking…")
        assert shown.page.evaluate(probe("unnamed")) == [], view
        assert shown.page.evaluate(probe("unreadable")) == [], view
        order = shown.page.evaluate(probe("order"))
        assert order == {"headings": 1, "mains": 1, "language": "en", "doubles": []}, view
    shown.go(routes(stage)["agent"])
    shown.button("Prompt").click()
    shown.page.get_by_label("Prompt for rover").fill("Go on.")
    shown.button("Send").click()
    shown.button("Take back").click()
    expect(shown.button("Write again")).to_be_visible()
    assert shown.page.evaluate(probe("unnamed")) == []
    assert shown.page.evaluate(probe("unreadable")) == []
    shown.go("/status")
    expect(shown.page.get_by_label("Prompt for rover")).to_have_count(0)
    for keys in ("c", "?", "Control+k"):
        shown.page.locator("body").press(keys)
        expect(shown.page.get_by_role("dialog")).to_be_visible()
        assert shown.page.evaluate(probe("unnamed")) == [], keys
        assert shown.page.evaluate(probe("unreadable")) == [], keys
        shown.page.keyboard.press("Escape")


def test_the_switch_of_the_theme_stays(open_page: Open) -> None:
    shown = open_page(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = shown.page.evaluate(ground)
    shown.button("Theme: as the system").click()
    shown.button("Theme: dark").click()
    expect(shown.button("Theme: light")).to_be_visible()
    light = shown.page.evaluate(ground)
    assert light != dark
    shown.page.reload()
    expect(shown.button("Theme: light")).to_be_visible()
    assert shown.page.evaluate(ground) == light
