"""Everything by keyboard alone: ways, dialogs, the palette, and out of a terminal again."""

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.page.browser import Window, probe
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


def press(shown: Window, *keys: str) -> None:
    for key in keys:
        shown.page.keyboard.press(key)


def test_a_session_is_made_typed_into_and_closed(greenroom: House, open_page: Open) -> None:
    shown = open_page()
    press(shown, "c")
    expect(shown.page.get_by_role("dialog", name="New session")).to_be_visible()
    shown.page.keyboard.type(str(greenroom.home))
    press(shown, "Tab", "ArrowRight", "Enter")
    expect(shown.page.get_by_role("dialog")).to_have_count(0)
    shown.shows("$")
    shown.page.keyboard.type("echo by $((1 + 1)) hands\n")
    shown.shows("by 2 hands")
    press(shown, "Shift+Escape")
    expect(shown.tab("terminal-1")).to_be_focused()
    press(shown, "Delete")
    expect(shown.page.get_by_role("dialog", name="Close terminal-1?")).to_be_visible()
    press(shown, "Enter")
    expect(shown.page.get_by_role("tab")).to_have_count(0)


def test_the_palette_finds_and_does(greenroom: House, open_page: Open) -> None:
    for title in ("wick", "wax"):
        greenroom.run("new", str(greenroom.home), "--terminal", "--title", title)
    shown = open_page()
    press(shown, "Control+k")
    shown.page.keyboard.type("wax")
    press(shown, "Enter")
    expect(shown.page.get_by_role("heading", level=1)).to_contain_text("wax")
    shown.shows("$")
    press(shown, "Control+Shift+K")
    shown.page.keyboard.type("pause")
    press(shown, "Enter")
    expect(shown.button("Resume")).to_be_visible()
    press(shown, "Shift+Escape", "g", "s")
    expect(shown.page.get_by_role("heading", name="Status", level=1)).to_be_visible()
    press(shown, "?")
    expect(shown.page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    press(shown, "Escape")
    expect(shown.page.get_by_role("dialog")).to_have_count(0)
    press(shown, "j")
    expect(shown.page.get_by_role("tablist", name="Workers")).to_be_visible()
    shown.shows("$")
    press(shown, "Shift+Escape", "/")
    expect(shown.page.get_by_label("Search sessions")).to_be_focused()


def test_a_terminal_keeps_its_own_keys(greenroom: House, open_page: Open) -> None:
    greenroom.run("new", str(greenroom.home), "--terminal", "--title", "shell")
    shown = open_page()
    press(shown, "j")
    shown.shows("$")
    shown.page.locator(".xterm-helper-textarea").focus()
    shown.page.keyboard.type("cat -v")
    press(shown, "Enter", "Control+k", "Escape", "?", "Enter")
    shown.shows("^K^[?")
    expect(shown.page.get_by_role("dialog")).to_have_count(0)


def test_what_has_the_focus_is_seen_everywhere_and_tab_comes_round(
    greenroom: House, open_page: Open
) -> None:
    greenroom.run("new", str(greenroom.home), "--conversation", "--title", "talk")
    shown = open_page()
    press(shown, "j")
    expect(shown.page.get_by_label("Message")).to_be_visible()
    shown.page.locator("body").evaluate("() => document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(60):
        press(shown, "Tab")
        focus = shown.page.evaluate(probe("focus"))
        assert focus["isSeen"], focus
        if focus["name"] in seen[:1]:
            break
        seen.append(focus["name"])
    else:
        raise AssertionError(f"Tab does not come round: {seen}")
    assert "Message" in seen
    assert "More actions" in seen
    assert "Close conversation-1" in seen or any("Close" in name for name in seen)
