"""Sessions in the page: live from every front, and all that can be done to one."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.end_to_end.conftest import House
from tests.fakes.repositories import Repository
from tests.page.browser import PHONE, Window
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


def row(shown: Window, title: str) -> Locator:
    return shown.page.get_by_role("navigation").get_by_role("link", name=title)


def choose(shown: Window, name: str) -> None:
    shown.button("More actions").click()
    shown.page.get_by_role("menuitem", name=name).click()


def worktree(house: House, repository: Repository, branch: str) -> dict[str, str]:
    made: dict[str, str] = house.data_of(
        {"type": "create-session", "session_type": "worktree", "title": branch, "branch": branch,
         "repository": str(repository.place), "worker": {"type": "terminal"}}
    )  # fmt: skip
    return made


def test_what_other_fronts_do_is_seen_at_once(
    greenroom: House, open_page: Open, place: Path
) -> None:
    shown = open_page()
    expect(shown.page.get_by_text("Nothing on stage yet")).to_be_visible()
    greenroom.run("new", str(place), "--terminal", "--title", "from the shell")
    expect(row(shown, "from the shell")).to_contain_text("1 worker")
    greenroom.run("worker", "add", "from the shell", "--terminal")
    expect(row(shown, "from the shell")).to_contain_text("2 workers")
    greenroom.run("pause", "from the shell")
    expect(row(shown, "from the shell").get_by_role("img", name="paused")).to_be_visible()
    greenroom.run("delete", "from the shell")
    expect(row(shown, "from the shell")).to_have_count(0)


def test_a_tab_that_is_refused_is_taken_back(
    greenroom: House, open_page: Open, place: Path
) -> None:
    made = greenroom.data_of({"type": "create-session", "location_path": str(place)})
    shown = open_page(f"/session/{made['id']}")
    expect(shown.page.get_by_text("No workers")).to_be_visible()
    place.rmdir()
    held: list[Route] = []

    def hold(route: Route) -> None:
        """It is under way until we let it go."""
        held.append(route)

    shown.page.route("**/workers", hold)
    shown.button("Add a worker").first.click()
    shown.page.get_by_role("menuitem", name="Terminal").click()
    expect(shown.page.locator(".tab.pending")).to_have_count(1)
    held[0].continue_()
    expect(shown.page.locator(".toast.error")).to_be_visible()
    expect(shown.page.get_by_role("tab")).to_have_count(0)


def test_worktree_and_quick_told_apart_forks_below_and_search(
    greenroom: House, open_page: Open, repository: Repository, place: Path
) -> None:
    first = worktree(greenroom, repository, "wick")
    greenroom.data_of({"type": "fork-session", "session": first["id"], "title": "wick again"})
    greenroom.data_of({"type": "create-session", "location_path": str(place), "title": "plain"})
    shown = open_page()
    expect(row(shown, "plain").get_by_role("img", name="Quick session")).to_be_visible()
    expect(row(shown, "wick again").get_by_role("img", name="Worktree session")).to_be_visible()
    titles = shown.page.locator(".sidebar .row-title")
    expect(titles).to_have_count(3)
    found = titles.all_inner_texts()
    assert found.index("wick again") == found.index("wick") + 1
    shown.page.get_by_label("Search sessions").fill("AGAIN")
    expect(titles).to_have_text(["wick again"])


def test_changes_with_hunks(greenroom: House, open_page: Open, repository: Repository) -> None:
    made = worktree(greenroom, repository, "wick")
    Path(made["location_path"], "hello").write_text("hello\nlantern\n")
    shown = open_page(f"/session/{made['id']}/changes")
    expect(shown.page.get_by_text("1 file", exact=True)).to_be_visible()
    expect(shown.page.locator("tr.plus")).to_contain_text("lantern")
    expect(shown.page.locator(".session-head .branch")).to_contain_text("±1")


def test_deleted_with_its_reasons_and_restored(
    greenroom: House, open_page: Open, repository: Repository
) -> None:
    made = worktree(greenroom, repository, "wick")
    Path(made["location_path"], "unsaved").write_text("work\n")
    shown = open_page(f"/session/{made['id']}")
    choose(shown, "Delete…")
    shown.button("Delete").click()
    expect(shown.page.locator(".reasons")).to_contain_text("unsaved")
    expect(shown.page.get_by_role("dialog")).to_contain_text("Its 1 worker ends")
    expect(shown.button("Delete")).to_be_disabled()
    shown.page.get_by_label("Delete it all the same").check()
    shown.button("Delete").click()
    expect(shown.page.get_by_role("dialog")).to_have_count(0)
    expect(row(shown, "wick")).to_have_count(0)
    shown.go("/trash")
    shown.button("Restore wick").click()
    expect(row(shown, "wick")).to_be_visible()
    shown.button("Start").first.click()
    shown.shows("$")
    shown.type("cat unsaved")
    shown.shows("work")


def test_renamed_forked_archived(greenroom: House, open_page: Open, place: Path) -> None:
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(place), "worker": {"type": "terminal"}}
    )
    shown = open_page(f"/session/{made['id']}")
    choose(shown, "Rename…")
    shown.page.get_by_label("Title").fill("another name")
    shown.page.keyboard.press("Enter")
    expect(shown.page.get_by_role("heading", level=1)).to_contain_text("another name")
    choose(shown, "Archive")
    shown.page.get_by_text("Archived (1)").click()
    expect(row(shown, "another name")).to_be_visible()


def test_what_cannot_be_made_is_said_in_the_form_which_keeps_what_was_typed(
    open_page: Open,
) -> None:
    shown = open_page()
    shown.page.keyboard.press("c")
    shown.page.get_by_role("dialog").get_by_text("Terminal", exact=True).click()
    shown.page.get_by_label("Directory", exact=True).fill("/nowhere/at/all")
    shown.button("Create").click()
    expect(shown.page.get_by_role("alert")).to_contain_text("/nowhere/at/all")
    shown.page.reload()
    expect(shown.page.get_by_text("connected", exact=True)).to_be_attached()
    shown.page.keyboard.press("c")
    expect(shown.page.get_by_label("Directory", exact=True)).to_have_value("/nowhere/at/all")


def test_on_a_phone_there_is_one_column(greenroom: House, open_page: Open, place: Path) -> None:
    greenroom.run("new", str(place), "--terminal", "--title", "pocket")
    shown = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    row(shown, "pocket").tap()
    expect(shown.page.get_by_role("navigation")).to_have_count(0)
    shown.button("Ctrl C").tap()
    shown.page.get_by_role("link", name="All sessions").tap()
    expect(row(shown, "pocket")).to_be_visible()
    for route in ("/", "/status", "/permissions", "/trash"):
        shown.go(route)
        width = shown.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], route
