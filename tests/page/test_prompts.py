"""The box below an agent's terminal: what is sent there, how far it has come, and what stays."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.end_to_end.conftest import House
from tests.page.browser import PHONE, Window
from tests.page.conftest import Open
from tests.peers.agents import TypedAgent

pytestmark = pytest.mark.peers

Started = Callable[..., str]
TEXT = "Fix the login form, please; nobody knows why it is broken."


@pytest.fixture
def agent(greenroom: House) -> TypedAgent:
    return TypedAgent(greenroom.home / "said")


@pytest.fixture
def started(greenroom: House, agent: TypedAgent) -> Started:
    """Starts the agent with these weaknesses; where it is shown."""

    def start(*options: str) -> str:
        settings = json.loads((greenroom.data / "workspaces/default/workspace.json").read_text())
        greenroom.workspace({**settings, "agents": [agent.definition(*options)]})
        worker = {"type": "agent", "name": "fixer", "agent": "typed"}
        made = greenroom.data_of(
            {"type": "create-session", "location_path": str(greenroom.home), "title": "fix",
             "worker": worker}
        )  # fmt: skip
        return f"/session/{made['id']}"

    return start


def box(shown: Window) -> Locator:
    return shown.page.get_by_label("Prompt for fixer")


def write(shown: Window, text: str) -> None:
    """Open the box if it is folded, and send that."""
    if not box(shown).is_visible():
        shown.button("Prompt").click()
    box(shown).fill(text)
    box(shown).press("Enter")
    expect(box(shown)).to_have_value("")


def now(shown: Window) -> Locator:
    """The step at which the last prompt is."""
    return shown.page.locator(".delivery .step.now, .delivery .step.failed").last


def test_a_prompt_is_accepted_with_its_evidence(
    open_page: Open, started: Started, agent: TypedAgent
) -> None:
    shown = open_page(started())
    shown.shows("? for help")
    write(shown, TEXT)
    expect(now(shown)).to_have_text("accepted")
    assert agent.said() == [TEXT]
    shown.page.get_by_text("What was seen").click()
    expect(shown.page.get_by_label("Evidence")).to_contain_text("it left the input line")
    shown.page.reload()
    expect(now(shown)).to_have_text("accepted")
    shown.button("Dismiss").click()
    expect(shown.page.locator(".delivery")).to_have_count(0)


def test_it_is_seen_on_its_way_and_what_waits_behind_it_is_taken_back(
    open_page: Open, started: Started, agent: TypedAgent
) -> None:
    shown = open_page(started("--slow", "2"))
    shown.shows("? for help")
    write(shown, TEXT)
    write(shown, "And the next one.")
    expect(shown.page.locator(".delivery")).to_have_count(2)
    shown.button("Take back").last.click()
    expect(now(shown)).to_have_text("cancelled")
    first = shown.page.locator(".delivery .step.now").first
    expect(first).to_have_text("submitted")
    expect(first).to_have_text("accepted")
    shown.button("Write again").click()
    expect(box(shown)).to_have_value("And the next one.")
    assert agent.said() == [TEXT]


def test_what_fails_says_why_and_is_written_again(open_page: Open, started: Started) -> None:
    shown = open_page(started("--plain"))
    shown.shows("? for help")
    write(shown, "two\nlines")
    expect(now(shown)).to_have_text("failed")
    expect(shown.page.get_by_label("Evidence")).to_contain_text("nothing was typed")
    shown.button("Write again").click()
    expect(box(shown)).to_have_value("two\nlines")
    expect(shown.page.locator(".delivery")).to_have_count(0)


def test_a_draft_stays_and_the_fold_gives_the_terminal_its_place(
    open_page: Open, started: Started
) -> None:
    shown = open_page(started())
    shown.shows("? for help")
    height = "document.querySelector('.terminal-place').clientHeight"
    folded = shown.page.evaluate(height)
    shown.page.keyboard.press("Shift+Escape")
    shown.page.keyboard.press("p")
    expect(box(shown)).to_be_focused()
    box(shown).fill("half a thou")
    assert shown.page.evaluate(height) < folded
    shown.page.reload()
    expect(box(shown)).to_have_value("half a thou")
    box(shown).press("Escape")
    expect(shown.page.locator(".xterm-helper-textarea")).to_be_focused()
    shown.button("Prompt").click()
    expect(box(shown)).to_have_count(0)
    expect(shown.page.locator(".xterm-helper-textarea")).to_be_focused()
    assert shown.page.evaluate(height) == folded


def test_on_a_phone(open_page: Open, started: Started, agent: TypedAgent) -> None:
    shown = open_page(started(), viewport=PHONE, has_touch=True, is_mobile=True)
    shown.shows("? for help")
    shown.button("Prompt").tap()
    box(shown).fill(TEXT)
    shown.button("Send").tap()
    expect(now(shown)).to_have_text("accepted")
    assert agent.said() == [TEXT]
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(shown.button("Ctrl C")).to_be_in_viewport()
