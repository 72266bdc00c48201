"""Terminals in the page: two windows, a daemon that is killed, an end, text in place of one."""

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import House
from tests.page.browser import probe
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


@pytest.fixture
def shell(greenroom: House) -> str:
    """Where a shell is shown."""
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home), "title": "shell",
         "worker": {"type": "terminal", "name": "one"}}
    )  # fmt: skip
    return f"/session/{made['id']}"


def test_two_windows_show_the_same_and_who_types_is_said(open_page: Open, shell: str) -> None:
    first, second = open_page(shell), open_page(shell)
    first.type("echo seen $((6 * 7)) times")
    for each in (first, second):
        each.shows("seen 42 times")
    second.type("echo mine")
    expect(second.page.get_by_role("status").get_by_role("button")).to_have_text("Take over")
    expect(second.page.locator(".bar")).to_contain_text("Another window types since")
    second.button("Take over").click()
    second.type("echo now $((1 + 1))")
    first.shows("now 2")
    assert "mine\n" not in first.screen()
    expect(first.button("Take over")).to_be_visible()


def test_a_daemon_killed_under_an_open_page_comes_back_by_itself(
    greenroom: House, open_page: Open, shell: str
) -> None:
    shown = open_page(shell)
    shown.type("for i in $(seq 1 400); do echo line-$i-; sleep 0.01; done; echo all-$((1 + 1))")
    shown.shows("line-20-")
    shown.may_be_away = True
    greenroom.kill_daemon()
    shown.shows("all-2")
    expect(shown.page.get_by_text("connected", exact=True)).to_be_attached()
    expect(shown.page.locator(".banner")).to_have_count(0)
    numbers = [
        int(line.split("-")[1]) for line in shown.screen().split() if line.startswith("line-")
    ]
    assert numbers == list(range(numbers[0], 401)), "a line was lost, or is there twice"
    shown.type("echo typed $((2 + 3)) again")
    shown.shows("typed 5 again")


def test_the_end_of_a_program_is_said_and_it_is_started_again(open_page: Open, shell: str) -> None:
    shown = open_page(shell)
    shown.type("exit 7")
    expect(shown.page.get_by_text("Exited with code 7.")).to_be_visible()
    shown.button("Restart").last.click()
    expect(shown.page.get_by_text("Exited with code 7.")).to_have_count(0)
    shown.type("echo anew $((4 + 4))")
    shown.shows("anew 8")


def test_a_paused_session_says_so_and_goes_on(open_page: Open, shell: str) -> None:
    shown = open_page(shell)
    shown.shows("$")
    shown.button("Pause").click()
    expect(shown.page.get_by_text("Paused: its program stands still")).to_be_visible()
    shown.button("Resume").click()
    expect(shown.page.get_by_text("Paused: its program stands still")).to_have_count(0)
    shown.type("echo on $((3 + 3))")
    shown.shows("on 6")


def test_answers_of_the_terminal_are_not_typed_when_its_history_is_shown(
    open_page: Open, shell: str
) -> None:
    """A program's question stands in the history; only a live one is answered."""
    shown = open_page(shell)
    asked = r"stty raw -echo; printf '\033[6n'; dd bs=1 count=6 >/dev/null 2>&1; stty sane"
    shown.type(f"{asked}; echo clear$((1 + 1))")
    shown.shows("clear2")
    for _ in range(2):
        shown.page.reload()
        shown.shows("clear2")
        shown.type("echo after $((1 + 2))")
        shown.shows("after 3")
    assert "not found" not in shown.screen()
    assert ";1R" not in shown.screen()


def test_a_terminal_that_is_left_while_it_connects_is_no_failure(
    open_page: Open, shell: str
) -> None:
    """The browser's console is looked at when the page is closed."""
    shown = open_page(shell)
    shown.shows("$")
    for _ in range(3):
        shown.go("/")
        expect(shown.page.locator(".terminal-place")).to_have_count(0)
        shown.page.evaluate(probe("in_and_out"), shell)
    shown.go(shell)
    shown.type("echo back $((1 + 1))")
    shown.shows("back 2")


def test_one_that_goes_as_it_comes_leaves_nothing_behind(open_page: Open, shell: str) -> None:
    shown = open_page(shell)
    shown.shows("$")
    shown.page.evaluate(probe("open_and_close"), ["nobody", "nothing"])
    assert not shown.problems
    assert shown.page.locator(".xterm").count() == 1


def test_without_the_library_a_terminal_is_text_with_a_line_to_type_into(
    open_page: Open, shell: str
) -> None:
    shown = open_page()
    shown.page.evaluate("document.body.dataset.terminal = 'text'")  # as the daemon would say
    shown.go(shell)
    shown.page.get_by_label("Type a line").fill("echo text $((5 + 5))")
    shown.page.get_by_label("Type a line").press("Enter")
    expect(shown.page.get_by_label("Terminal screen")).to_contain_text("text 10")
    expect(shown.page.get_by_label("Type a line")).to_have_value("")
