"""What is wrong with greenroom is seen in an open page, without loading it anew."""

import resource

import pytest
from playwright.sync_api import expect

from storage.data_dir import DataDir
from tests.end_to_end.conftest import House
from tests.page.conftest import Open

pytestmark = pytest.mark.peers


def test_a_session_that_is_quarantined(greenroom: House, open_page: Open) -> None:
    made = greenroom.data_of(
        {"type": "create-session", "location_path": str(greenroom.home), "title": "bad"}
    )
    greenroom.run("stop")
    journal = DataDir(greenroom.data).session("default", made["id"]) / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"session-created", b"session-crashed", 1))
    greenroom.run("start")  # its length is right, so nobody has looked into it yet
    greenroom.wait(lambda: greenroom.status()["http"]["state"] == "running", "the page")
    shown = open_page()
    row = shown.page.get_by_role("navigation").get_by_role("link", name="bad")
    expect(row).to_be_visible()
    refused = greenroom.ask({"type": "get-messages", "session": made["id"]})
    assert refused["error"]["code"] == "session-quarantined"
    expect(row.get_by_role("img", name="quarantined")).to_be_visible()
    expect(shown.page.get_by_role("link", name="Status 1")).to_be_visible()
    row.click()
    expect(shown.page.locator(".notice")).to_contain_text("a line that was confirmed is damaged")
    greenroom.data_of({"type": "delete-session", "session": made["id"]})
    expect(shown.page.get_by_role("link", name="Status", exact=True)).to_be_visible()


def test_a_store_that_is_degraded(greenroom: House, open_page: Open) -> None:
    shown = open_page()
    daemon = greenroom.status()["daemon"]["pid"]
    _, most = resource.prlimit(daemon, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon, resource.RLIMIT_FSIZE, (0, most))  # as a disk that is full
    greenroom.run("new", str(greenroom.home), "--terminal", "--title", "shell", expect=1)
    expect(shown.page.locator(".banner")).to_contain_text("The store is degraded.")
    shown.page.locator(".banner").get_by_role("link", name="Status").click()
    expect(shown.page.locator(".figure.unwell").first).to_contain_text("degraded")
    resource.prlimit(daemon, resource.RLIMIT_FSIZE, (most, most))
    shown.go("/")
    expect(shown.page.get_by_role("heading", name="Sessions", level=1)).to_be_attached()
    expect(shown.page.locator(".banner")).to_have_count(0)
