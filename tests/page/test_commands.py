"""A terminal that runs a command: from the form for a new session, and in one that is there."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


def test_a_new_session_with_a_command(greenroom: House, open_page: Open, place: Path) -> None:
    shown = open_page()
    shown.page.keyboard.press("c")
    dialog = shown.page.get_by_role("dialog")
    dialog.get_by_text("Terminal", exact=True).click()
    dialog.get_by_label("Directory", exact=True).fill(str(place))
    dialog.get_by_label("Command").fill("pwd && echo made $((40 + 2)); exit 3")
    shown.button("Create").click()
    shown.shows("made 42")
    shown.shows(place.name)
    expect(shown.page.get_by_text("Exited with code 3.")).to_be_visible()
    (session,) = greenroom.status()["sessions"]
    assert session["workers"][0]["restarts"] == 0


def test_a_command_in_a_session_that_is_there(
    greenroom: House, open_page: Open, place: Path
) -> None:
    greenroom.run("new", str(place), "--terminal", "--title", "shell")
    shown = open_page()
    shown.page.keyboard.press("j")
    shown.button("Add a worker").first.click()
    shown.page.get_by_role("menuitem", name="Run a command…").click()
    dialog = shown.page.get_by_role("dialog", name="New terminal")
    expect(dialog.get_by_label("When it ends")).to_have_count(0)
    dialog.get_by_label("Command").fill("echo $((1 + 1)) >> runs; sleep 0.2; exit 1")
    dialog.get_by_label("When it ends").select_option("Start it again")
    dialog.get_by_label("Name").fill("watch")
    shown.button("Create").click()
    expect(shown.tab("watch")).to_have_attribute("aria-selected", "true")
    greenroom.wait(lambda: (place / "runs").read_text().count("2\n") > 1, "a second run")


def test_without_a_command_it_is_the_shell(greenroom: House, open_page: Open, place: Path) -> None:
    greenroom.run("new", str(place), "--terminal", "--title", "shell")
    shown = open_page()
    shown.page.keyboard.press("j")
    shown.shows("$")
    shown.page.keyboard.press("Control+Shift+K")
    shown.page.keyboard.type("run a command")
    shown.page.keyboard.press("Enter")
    expect(shown.page.get_by_role("dialog", name="New terminal")).to_be_visible()
    shown.page.keyboard.press("Enter")
    expect(shown.tab("terminal-2")).to_have_attribute("aria-selected", "true")
    shown.type("echo a shell $((1 + 1))")
    shown.shows("a shell 2")
