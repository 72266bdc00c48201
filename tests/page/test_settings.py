"""What is chosen for the page stays in the browser."""

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


def test_a_screen_reader_is_told_what_a_terminal_shows(greenroom: House, open_page: Open) -> None:
    greenroom.run("new", str(greenroom.home), "--terminal", "--title", "shell")
    shown = open_page()
    shown.page.keyboard.press("j")
    shown.shows("$")
    read = shown.page.locator(".xterm-accessibility")
    expect(read).to_have_count(0)
    shown.page.keyboard.press("Control+Shift+K")
    shown.page.keyboard.type("screen reader")
    shown.page.keyboard.press("Enter")
    expect(read).to_be_attached()
    shown.type("echo read $((40 + 2)) out")
    expect(read).to_contain_text("read 42 out")
    shown.page.reload()
    expect(read).to_contain_text("read 42 out")
    shown.button("Keyboard help (?)").click()
    shown.page.get_by_label("Screen reader in terminals").uncheck()
    expect(read).to_have_count(0)
    shown.page.keyboard.press("Escape")
    shown.page.reload()
    shown.shows("read 42 out")
    expect(read).to_have_count(0)


def test_the_theme_follows_the_system_until_one_is_chosen(open_page: Open) -> None:
    shown = open_page(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = shown.page.evaluate(ground)
    shown.page.emulate_media(color_scheme="light")
    expect(shown.page.locator("html")).to_have_attribute("data-theme", "light")
    light = shown.page.evaluate(ground)
    assert light != dark
    shown.button("Theme: as the system").click()
    expect(shown.button("Theme: dark")).to_be_visible()
    assert shown.page.evaluate(ground) == dark
    shown.page.emulate_media(color_scheme="dark")
    shown.button("Theme: dark").click()
    assert shown.page.evaluate(ground) == light
    shown.page.reload()
    expect(shown.button("Theme: light")).to_be_visible()
    assert shown.page.evaluate(ground) == light
