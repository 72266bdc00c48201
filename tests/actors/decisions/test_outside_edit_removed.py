"""What is taken out of `sessions.json` by hand, and what we took out meanwhile."""

from typing import Any

import pytest
from msgspec.structs import replace

from storage.records import request as r
from tests.actors.decisions.edits import OTHER, Edit
from tests.actors.decisions.given import ID, NOW


def test_a_worker_that_is_taken_out_is_deleted() -> None:
    edit = Edit()
    gone = edit.one["workers"].pop(0)
    assert edit.asked() == [r.DeleteWorker(session=ID, worker=gone["id"])]
    edit.we(workers=edit.ours[ID].workers[1:])
    assert edit.asked() == []


def test_a_worker_that_one_took_out_and_the_other_changed_is_a_conflict() -> None:
    edit = Edit()
    edit.one["workers"].pop(0)
    edit.we_worker(0, restart="never")
    assert edit.refused().path == "$.sessions[0].workers"
    edit = Edit()
    edit.we(workers=edit.ours[ID].workers[1:])
    assert edit.asked() == []
    edit.one["workers"][0]["restart"] = "never"
    assert edit.refused().path == "$.sessions[0].workers[0]"


def test_a_missing_entry_deletes_its_session() -> None:
    edit = Edit()
    del edit.theirs["sessions"][1]
    assert edit.asked() == [r.DeleteSession(session=OTHER, keep_worktree=True)]


def test_a_session_that_the_revision_did_not_list_is_not_missing() -> None:
    edit = Edit()
    edit.ours["newer"] = replace(edit.ours[OTHER], id="newer")
    assert edit.asked() == []


def test_what_both_deleted_is_deleted() -> None:
    edit = Edit()
    del edit.theirs["sessions"][1], edit.ours[OTHER]
    assert edit.asked() == []


@pytest.mark.parametrize("status", ["running", "starting"])
def test_a_session_with_a_running_worker_is_not_deleted(status: Any) -> None:
    edit = Edit()
    del edit.theirs["sessions"][0]
    edit.we_worker(1, status=status)
    edit.we_worker(0, status="stopped")
    refused = edit.refused()
    assert (refused.path, "right runs" in refused.reason) == ("$.sessions", True)
    edit.we_worker(1, status="stopped")
    assert edit.asked() == [r.DeleteSession(session=ID, keep_worktree=True)]


def test_a_session_with_an_open_request_is_not_deleted() -> None:
    edit = Edit()
    del edit.theirs["sessions"][1]
    edit.we(OTHER, open_requests=1)
    assert "request is open" in edit.refused().reason


@pytest.mark.parametrize(
    "change",
    [{"title": "New"}, {"message_count": 9}, {"metadata": {"x": 1}}, {"workers": ()}],
)
def test_a_session_that_we_changed_is_not_deleted(change: Any) -> None:
    edit = Edit()
    del edit.theirs["sessions"][1]
    edit.we(OTHER, **change)
    assert "changed meanwhile" in edit.refused().reason


def many(count: int) -> Edit:
    edit = Edit()
    one = replace(edit.base[OTHER], created_at=NOW)
    edit.base = {f"s{number}": replace(one, id=f"s{number}") for number in range(count)}
    edit.ours, edit.listed = dict(edit.base), set(edit.base)
    edit.theirs = edit.written()
    return edit


@pytest.mark.parametrize(("count", "limit"), [(2, 1), (3, 1), (4, 2), (9, 4)])
def test_one_edit_deletes_at_most_half(count: int, limit: int) -> None:
    edit = many(count)
    del edit.theirs["sessions"][:limit]
    assert len(edit.asked()) == limit
    del edit.theirs["sessions"][0]
    refused = edit.refused()
    assert refused.path == "$.sessions"
    if count > 2:
        assert f"deletes {limit} at most" in refused.reason


def test_what_is_gone_already_does_not_count() -> None:
    edit = many(4)
    del edit.theirs["sessions"][:3], edit.ours["s0"]
    assert edit.asked() == [
        r.DeleteSession(session="s1", keep_worktree=True),
        r.DeleteSession(session="s2", keep_worktree=True),
    ]


def test_the_only_session_is_deleted_by_no_edit_but_by_putting_another_in_its_place() -> None:
    edit = many(1)
    edit.theirs["sessions"].clear()
    assert edit.refused().path == "$.sessions"
    edit.add(location_path="/srv/new")
    created, deleted = edit.asked()
    assert isinstance(created, r.CreateSession)
    assert deleted == r.DeleteSession(session="s0", keep_worktree=True)


def test_an_empty_list_is_as_it_was_where_there_were_no_sessions() -> None:
    edit = many(0)
    assert edit.asked() == []


def test_the_entry_of_a_session_that_we_deleted_is_passed_over_unless_they_changed_it() -> None:
    edit = Edit()
    del edit.ours[ID]
    edit.one["workers"].reverse()
    assert edit.asked() == []
    changes: list[dict[str, Any]] = [
        {"title": "New"},
        {"metadata": {}},
        {"config": {}},
        {"workers": edit.one["workers"][1:]},
        {"workers": [*edit.one["workers"], {"type": "terminal"}]},
    ]
    for change in changes:
        edit.theirs = edit.written()
        edit.one.update(change)
        refused = edit.refused()
        assert refused.path == f"$.sessions[0].{next(iter(change))}"
        assert "deleted meanwhile" in refused.reason


def test_a_session_of_which_nothing_is_known_any_more_is_refused() -> None:
    edit = Edit()
    edit.base = {OTHER: edit.base[OTHER]}
    assert edit.asked() == []  # what is now tells what it was
    edit.ours = dict(edit.base)
    assert edit.refused().path == "$.sessions[0].id"
    del edit.theirs["sessions"][0]
    assert edit.asked() == []


def test_a_session_that_cannot_be_read_is_not_deleted() -> None:
    edit = Edit()
    del edit.base[OTHER], edit.theirs["sessions"][1]
    assert "changed meanwhile" in edit.refused().reason


def test_without_the_ends_of_the_journals_their_fields_must_still_be_there() -> None:
    edit = Edit()
    assert edit.asked(ends=None) == []
    edit.one["n"] = True
    assert edit.refused(ends=None).path == "$.sessions[0].n"
