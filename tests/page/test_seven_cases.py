"""The seven cases, by name, as a person does them in the page."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.fakes.repositories import Repository
from tests.page.browser import Window
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


def create(shown: Window, kind: str, worker: str, **fields: str) -> None:
    """Fill in the form for a new session, and wait until it is there."""
    page = shown.page
    shown.button("New session (c)").click()
    page.get_by_text(kind, exact=True).click()
    page.get_by_role("dialog").get_by_text(worker, exact=True).click()
    if "agent" in fields:
        page.get_by_label("Which agent").select_option(fields.pop("agent"))
    for name, text in fields.items():
        page.get_by_label(name.capitalize(), exact=True).fill(text)
    shown.button("Create").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def session(house: House) -> Any:
    """The only one there is."""
    (found,) = house.status()["sessions"]
    return found


def add(shown: Window, worker: str) -> None:
    shown.button("Add a worker").first.click()
    shown.page.get_by_role("menuitem", name=worker).click()


def tabs(shown: Window) -> list[str]:
    return [tab.strip() for tab in shown.page.get_by_role("tab").all_inner_texts()]


def test_worktree_session_with_agent_worker(
    greenroom: House, open_page: Open, repository: Repository
) -> None:
    shown = open_page()
    place = str(repository.place)
    create(shown, "In a new worktree", "Agent", repository=place, branch="wick", agent="little")
    shown.shows("[own-")
    expect(shown.page.locator(".session-head")).to_contain_text("wick")
    expect(shown.page.get_by_role("link", name="wick")).to_contain_text("1 worker")
    made = session(greenroom)
    assert (made["type"], made["worktree"]["branch"]) == ("worktree", "wick")
    assert [worker["type"] for worker in made["workers"]] == ["agent"]
    shown.type("hello there")
    shown.shows("heard hello there")


def test_quick_session_with_agent_worker(greenroom: House, open_page: Open, place: Path) -> None:
    shown = open_page()
    create(shown, "In a directory", "Agent", directory=str(place), agent="little", prompt="begin")
    shown.shows("[own-")
    expect(shown.page.get_by_role("img", name="Quick session").first).to_be_visible()
    made = session(greenroom)
    assert (made["type"], made["location_path"]) == ("quick", str(place))
    assert made["workers"][0]["name"].startswith("agent")


def test_add_a_terminal_worker(greenroom: House, open_page: Open, place: Path) -> None:
    shown = open_page()
    create(shown, "In a directory", "Agent", directory=str(place), agent="little")
    add(shown, "Terminal")
    expect(shown.page.get_by_role("tab")).to_have_count(2)
    expect(shown.tab("terminal-1")).to_have_attribute("aria-selected", "true")
    shown.type("echo $((40 + 2)) lanterns")
    shown.shows("42 lanterns")
    assert len(session(greenroom)["workers"]) == 2


def test_reload_workers_persist(greenroom: House, open_page: Open, place: Path) -> None:
    shown = open_page()
    create(shown, "In a directory", "Terminal", directory=str(place))
    add(shown, "Terminal")
    expect(shown.page.get_by_role("tab")).to_have_count(2)
    shown.type("echo still $((1 + 1)) here")
    shown.shows("still 2 here")
    before = [worker["process"]["pid"] for worker in session(greenroom)["workers"]]
    route = shown.page.url
    shown.page.reload()
    expect(shown.page.get_by_role("tab")).to_have_count(2)
    expect(shown.page.get_by_role("tab", selected=True)).to_contain_text("terminal-2")
    shown.shows("still 2 here")
    assert shown.page.url == route
    assert [worker["process"]["pid"] for worker in session(greenroom)["workers"]] == before


def test_close_a_workers_tab(greenroom: House, open_page: Open, place: Path) -> None:
    shown = open_page()
    create(shown, "In a directory", "Terminal", directory=str(place))
    add(shown, "Terminal")
    expect(shown.page.get_by_role("tab")).to_have_count(2)
    shown.button("Close terminal-2").click()
    shown.button("Close", exact=True).last.click()
    expect(shown.page.get_by_role("tab")).to_have_count(1)
    expect(shown.tab("terminal-1")).to_have_attribute("aria-selected", "true")
    assert [worker["name"] for worker in session(greenroom)["workers"]] == ["terminal-1"]


def test_restart_of_the_server_the_agent_continues(
    greenroom: House, open_page: Open, place: Path
) -> None:
    """Both ended, as by a reboot: the agent goes on with its conversation by `--continue`."""
    shown = open_page()
    create(shown, "In a directory", "Agent", directory=str(place), agent="little")
    shown.shows("[own-")
    shown.type("remember this")
    shown.shows("heard remember this")
    shown.may_be_away = True
    greenroom.run("stop")
    expect(shown.page.get_by_text("greenroom does not answer.")).to_be_visible()
    greenroom.run("start")
    expect(shown.page.get_by_text("connected", exact=True)).to_be_attached()
    expect(shown.page.get_by_text("greenroom does not answer.")).to_have_count(0)
    shown.shows(" 1 no key]")
    (kept,) = (greenroom.home / "conversations").iterdir()
    assert kept.read_text() == "remember this\n"
    shown.type("and that")
    shown.shows("heard and that")
    assert kept.read_text() == "remember this\nand that\n"


def test_several_workers_in_one_session(greenroom: House, open_page: Open, place: Path) -> None:
    shown = open_page()
    create(shown, "In a directory", "Agent", directory=str(place), agent="little")
    for worker in ("Terminal", "Terminal", "Conversation"):
        before = len(tabs(shown))
        add(shown, worker)
        expect(shown.page.get_by_role("tab")).to_have_count(before + 1)
        expect(shown.page.locator(".tab.pending")).to_have_count(0)
    names = [worker["name"] for worker in session(greenroom)["workers"]]
    assert tabs(shown) == names
    for name in ("terminal-1", "terminal-2"):
        shown.tab(name).click()
        shown.type(f"echo only in $((0 + {name[-1]}))")
        shown.shows(f"only in {name[-1]}")
    assert "only in 1" not in shown.screen()
    shown.tab("terminal-1").click()
    shown.shows("only in 1")
    assert "only in 2" not in shown.screen()
    expect(shown.page.get_by_role("link", name="place")).to_contain_text("4 workers")
