"""Conversations in the page: streaming, tools, permissions, what waits, and what was only typed."""

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import House
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


@pytest.fixture
def talk(greenroom: House) -> str:
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home), "title": "talk",
         "worker": {"type": "conversation", "name": "talk"}}
    )  # fmt: skip
    return f"/session/{made['id']}"


def say(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.get_by_label("Message").press("Enter")
    expect(page.get_by_label("Message")).to_have_value("")


def test_an_answer_with_a_tool_that_opens(open_page: Open, talk: str) -> None:
    shown = open_page(talk)
    say(shown.page, "What is the sum?")
    expect(shown.page.locator(".prose strong")).to_have_text("42 ounces")
    expect(shown.page.locator(".tool-state")).to_have_text("done")
    expect(shown.page.locator(".tool pre").first).not_to_be_visible()
    shown.page.get_by_text("demo.add").click()
    expect(shown.page.get_by_label("Parameters")).to_contain_text('"a": 40')
    expect(shown.page.get_by_label("Result")).to_contain_text("42")
    expect(shown.page.locator(".figures-line")).to_contain_text("in ·")
    expect(shown.page.locator(".meter")).to_contain_text("tokens")


@pytest.mark.parametrize(("pressed", "becomes"), [("Allow", "done"), ("Deny", "denied")])
def test_a_permission_answered_in_place(
    greenroom: House, open_page: Open, talk: str, pressed: str, becomes: str
) -> None:
    shown = open_page(talk)
    say(shown.page, "And where?")
    card = shown.page.get_by_role("article", name="Permission request: demo.where")
    expect(card).to_be_visible()
    expect(shown.page).to_have_title("(1) talk · greenroom")
    card.get_by_role("button", name=pressed, exact=True).click()
    expect(card).to_have_count(0)
    expect(shown.page.locator(".tool-state")).to_have_text(becomes)
    expect(shown.page).to_have_title("talk · greenroom")
    assert greenroom.data_of({"type": "list-permissions"}) == {"permissions": []}


def test_a_permission_answered_in_the_list_is_seen_in_another_window(
    open_page: Open, talk: str
) -> None:
    first, second = open_page(talk), open_page("/permissions")
    say(first.page, "And where?")
    second.page.get_by_role("button", name="Allow", exact=True).click()
    expect(second.page.get_by_text("Nothing is asked")).to_be_visible()
    expect(first.page.locator(".tool-state")).to_have_text("done")
    expect(first.page.get_by_role("article", name="Permission request")).to_have_count(0)


def test_what_waits_is_shown_and_taken_back_and_what_runs_is_cancelled(
    open_page: Open, talk: str
) -> None:
    shown = open_page(talk)
    say(shown.page, "Answer slowly")
    expect(shown.page.get_by_text("Working")).to_be_visible()
    say(shown.page, "The next one")
    expect(shown.page.get_by_text("Queued")).to_be_visible()
    shown.button("Take back").click()
    expect(shown.page.get_by_text("Queued")).to_have_count(0)
    shown.button("Cancel the answer").click()
    expect(shown.page.get_by_text("Cancelled.")).to_have_count(2)


def test_a_draft_survives_a_reload(open_page: Open, talk: str) -> None:
    shown = open_page(talk)
    shown.page.get_by_label("Message").fill("half a thou")
    shown.page.reload()
    expect(shown.page.get_by_label("Message")).to_have_value("half a thou")


def test_what_was_not_accepted_stays_in_the_box_and_is_said_once(
    greenroom: House, open_page: Open, talk: str
) -> None:
    shown = open_page(talk)
    expect(shown.page.get_by_label("Message")).to_be_visible()
    shown.may_be_away = True
    greenroom.run("stop")
    expect(shown.page.locator(".banner")).to_be_visible()
    shown.page.get_by_label("Message").fill("What is the sum?")
    shown.page.get_by_label("Message").press("Enter")
    expect(shown.page.get_by_label("Message")).to_have_value("What is the sum?")
    said = shown.page.locator(".unsent")
    expect(said).to_contain_text("Not sent: greenroom did not answer.")
    expect(shown.page.get_by_label("Message")).to_be_focused()
    shown.page.get_by_label("Message").press("Enter")
    greenroom.run("start")
    expect(shown.page.locator(".banner")).to_have_count(0)
    expect(said).to_contain_text("press Enter again")
    expect(shown.page.locator(".toast")).to_have_count(0)
    expect(shown.page.get_by_label("Message")).to_have_value("What is the sum?")
    shown.page.get_by_label("Message").press("Enter")
    expect(shown.page.locator(".figures-line")).to_be_visible()
    expect(shown.page.get_by_label("Message")).to_have_value("")
    expect(said).to_have_count(0)
    assert len(greenroom.data_of({"type": "get-history", "session": "talk"})["rounds"]) == 1


def test_a_refusal_is_told_in_the_daemons_own_words(
    open_page: Open, greenroom: House, talk: str
) -> None:
    shown = open_page(talk)
    box = shown.page.get_by_label("Message")
    box.fill("hello")
    greenroom.run("halt", "talk")
    expect(shown.page.get_by_role("button", name="Start", exact=True).first).to_be_visible()
    expect(shown.button("Send")).to_be_disabled()
    expect(box).to_have_value("hello")


def test_a_failure_is_said_once(greenroom: House, open_page: Open, talk: str) -> None:
    greenroom.run("budget", "talk", "--tokens", "5")
    shown = open_page(talk)
    say(shown.page, "hello")
    expect(shown.page.locator(".figures-line")).to_be_visible()
    expect(shown.page.locator(".failure")).to_have_count(1)
    expect(shown.page.locator(".failure")).to_contain_text("the budget of talk allows 5 tokens")


def test_forked_from_one_of_its_answers_by_its_number(
    greenroom: House, open_page: Open, talk: str
) -> None:
    shown = open_page(talk)
    say(shown.page, "What is the sum?")
    expect(shown.page.locator(".figures-line")).to_have_count(1)
    say(shown.page, "And the next?")
    lines = shown.page.locator(".figures-line")
    expect(lines).to_have_count(2)
    first, _ = greenroom.data_of({"type": "get-history", "session": "talk"})["rounds"]
    expect(lines.first).to_contain_text(f"@{first['n']} ")
    assert f"@{first['n']}\n" in greenroom.run("history", "talk").stdout
    shown.button("Fork from here").first.click()
    expect(shown.page.get_by_label("From number")).to_have_value(str(first["n"]))
    expect(shown.page.get_by_label("Title")).to_have_attribute("placeholder", "fork of talk")
    shown.button("Fork", exact=True).click()
    expect(shown.page.get_by_role("heading", level=1)).to_contain_text("fork of talk")
    expect(lines).to_have_count(1)
    toast = shown.page.locator(".toast").bounding_box()
    box = shown.page.locator(".composer").bounding_box()
    assert toast
    assert box
    assert toast["y"] + toast["height"] <= box["y"]
    forked = greenroom.data_of({"type": "get-session", "session": "fork of talk"})
    assert forked["forked_from"]["n"] == first["n"]
