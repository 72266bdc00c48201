"""How a browser comes in, and that one which may not is told how."""

import pytest
from playwright.sync_api import Browser, expect

from tests.end_to_end.conftest import House
from tests.page.browser import window
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


def test_the_token_is_traded_for_a_cookie_and_leaves_the_address(
    greenroom: House, open_page: Open
) -> None:
    shown = open_page()
    token = (greenroom.data / "run" / "token").read_text().strip()
    assert token not in shown.page.url
    shown.page.go_back()
    assert token not in shown.page.url
    shown.page.goto(shown.url)
    expect(shown.page.get_by_text("connected", exact=True)).to_be_attached()
    (cookie,) = shown.page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert token not in str(cookie["value"])
    stored = "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])"
    assert token not in shown.page.evaluate(stored)


@pytest.mark.parametrize("route", ["/", f"/#token={'0' * 64}", "/#/status"])
def test_without_the_token_the_page_says_how_to_get_in(
    chromium: Browser, greenroom: House, route: str
) -> None:
    shown = window(chromium, greenroom.data, greenroom.status()["http"]["url"])
    shown.page.goto(shown.url + route)
    expect(shown.page.get_by_text("greenroom open", exact=True)).to_be_visible()
    expect(shown.page.get_by_role("navigation")).to_have_count(0)
    assert all("401" in problem for problem in shown.problems), shown.problems
    shown.page.context.close()


def test_a_page_that_is_shut_out_opens_with_a_new_address(
    chromium: Browser, greenroom: House
) -> None:
    shown = window(chromium, greenroom.data, greenroom.status()["http"]["url"])
    shown.page.goto(shown.url)
    expect(shown.page.get_by_text("greenroom open", exact=True)).to_be_visible()
    shown.open()
    expect(shown.page.get_by_role("navigation")).to_be_visible()
    shown.page.context.close()
