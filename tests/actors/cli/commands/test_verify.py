"""What verify says of real files, whole and damaged."""

import json
from pathlib import Path
from typing import Any

import pytest

from storage.attachments import NAME as ATTACHMENTS
from storage.journal.log import Journal
from tests.actors.cli.conftest import Run
from tests.actors.cli.store import Store
from tests.storage.histories import added
from tests.storage.journal.samples import sealed

ONE, OTHER = "abcdefghijkl", "mnopqrstuvwx"


@pytest.fixture
def store(data: Path) -> Store:
    made = Store(data)
    made.add(ONE, 4)
    made.add(OTHER, 3)
    made.answer(ONE, 4)
    made.write_sessions_file()
    return made


def proved(run: Run, status: int) -> dict[str, Any]:
    outcome = run("verify", "--json")
    answer = json.loads(outcome.out)
    assert (outcome.status, outcome.err, answer["ok"]) == (status, "", not status)
    found: dict[str, Any] = answer["data"]
    return found


def rows(run: Run) -> list[str]:
    return run("verify").out.splitlines()


def test_what_is_no_directory_is_one_line(run: Run, data: Path) -> None:
    for way in ("absent", "file"):
        if way == "file":
            data.write_text("a file")
        outcome = run("verify")
        assert (outcome.status, outcome.out) == (1, "")
        assert outcome.err.startswith(f"greenroom: {data} cannot be verified: ")
        assert len(outcome.err.splitlines()) == 1
        assert json.loads(run("verify", "--json").out)["ok"] is False


def test_a_place_that_cannot_be_read_is_one_line_too(run: Run, data: Path) -> None:
    sessions = data / "workspaces" / "default" / "sessions"
    sessions.parent.mkdir(parents=True)
    sessions.write_text("a file")
    outcome = run("verify")
    assert outcome == (1, "", f"greenroom: {sessions}: Not a directory\n")
    assert json.loads(run("verify", "--json").out)["error"]["code"] == "failed"


def test_a_workspace_without_sessions_is_whole(run: Run, data: Path) -> None:
    (data / "workspaces" / "default").mkdir(parents=True)
    outcome = run("verify")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("0 sessions")


def test_it_says_what_it_proved(run: Run, store: Store) -> None:
    sizes = [store.journal(each).stat().st_size for each in (ONE, OTHER)]
    found = proved(run, 0)
    kept = ("sessions", "lines", "bytes", "problems", "torn", "attachments")
    assert [found[name] for name in kept] == [2, 9, sum(sizes), 0, 0, 2]
    assert found["journals"][0] == {
        "workspace": "default",
        "session_id": ONE,
        "lines": 5,
        "bytes": sizes[0],
        "n": 4,
        "problem": None,
        "torn_from": None,
        "attachments": 1,
    }
    assert [row["name"] for row in found["requests"]] == ["2026-11-21.jsonl"]
    assert found["projections"][0]["sessions"] == [ONE, OTHER]
    lines = rows(run)
    assert lines[0] == f"default/{ONE}  whole to number 4, {sizes[0]} bytes, 1 attachment"
    assert lines[2].startswith("requests/2026-11-21.jsonl  whole to number 1, ")
    assert lines[3] == (
        f"2 sessions, 9 lines, {sum(sizes)} bytes, 2 attachments read:"
        " every line is as it was written"
    )
    assert len(lines) == 4


def test_a_torn_tail_is_said_and_is_no_failure(run: Run, store: Store) -> None:
    end = store.journal(OTHER).stat().st_size
    with store.journal(OTHER).open("ab") as file:
        file.write(b'{"n":4,"synced":3,"pr')
    found = proved(run, 0)
    assert found["torn"] == 1
    assert found["journals"][1]["torn_from"] == end
    assert f"; a torn tail from byte {end}, cut at the next start" in rows(run)[1]


def test_a_bad_end_that_others_confirmed_is_damage(run: Run, store: Store) -> None:
    offset = store.damage(ONE, 4)
    found = proved(run, 1)
    assert found["journals"][0]["problem"] == f"bad from number 4 at byte {offset}"
    store.data.sessions_file("default").unlink()
    assert proved(run, 1)["problems"] == 1  # the requests journal names it too
    (store.data.requests / "2026-11-21.jsonl").unlink()
    assert proved(run, 0)["journals"][0]["torn_from"] == offset


def test_a_bad_line_inside_is_damage_and_the_next_step_is_said(run: Run, store: Store) -> None:
    offset = store.damage(ONE, 2)
    outcome = run("verify")
    assert outcome.status == 1
    assert f"default/{ONE}  bad from number 2 at byte {offset}" in outcome.out
    assert "1 not whole" in outcome.out
    assert "greenroom salvage SESSION" in outcome.out.splitlines()[-1]


def test_fewer_lines_than_are_named_are_damage(run: Run, store: Store) -> None:
    path = store.journal(ONE)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    assert proved(run, 1)["journals"][0]["problem"] == (
        "ends at number 3, but number 4 was confirmed"
    )


def test_a_longer_journal_than_is_named_is_whole(run: Run, store: Store) -> None:
    journal, _ = Journal.open(store.data.session("default", ONE))
    journal.append([added(9)])
    journal.close()
    assert proved(run, 0)["journals"][0]["n"] == 5


def test_a_session_without_its_journal_is_damage_unless_it_is_in_the_trash(
    run: Run, store: Store
) -> None:
    directory = store.data.session("default", OTHER)
    directory.rename(store.data.trash("default") / f"{OTHER}-3")
    assert proved(run, 0)["sessions"] == 1
    (store.data.trash("default") / f"{OTHER}-3").rename(store.data.root / "elsewhere")
    problem = f"names sessions without a journal: {OTHER}"
    assert proved(run, 1)["projections"][0]["problem"] == problem
    assert f"default/sessions.json  {problem}" in rows(run)


def test_what_lies_in_the_trash_is_proved_too(run: Run, store: Store) -> None:
    deleted = store.data.trash("default") / f"{OTHER}-3"
    offset = store.damage(OTHER, 3)
    store.data.session("default", OTHER).rename(deleted)
    found = proved(run, 1)
    assert [found[name] for name in ("sessions", "deleted", "lines")] == [1, 1, 8]
    assert found["trash"][0]["problem"] == f"bad from number 3 at byte {offset}"
    assert f"default/trash/{OTHER}-3  bad from number 3 at byte {offset}" in rows(run)
    deleted.rename(deleted.with_name(f"{OTHER}-2"))  # nobody says that there was a third
    assert proved(run, 0)["trash"][0]["torn_from"] == offset
    assert "; a torn tail from byte" in rows(run)[1]
    assert rows(run)[1].endswith("cut when it is restored")
    assert rows(run)[-1].startswith("1 session and 1 in the trash, 8 lines, ")


def test_an_attachment_that_is_gone_or_not_what_it_was_is_damage(run: Run, store: Store) -> None:
    (path,) = (store.data.session("default", OTHER) / ATTACHMENTS).iterdir()
    path.write_bytes(b"something else")
    reason = f"{ATTACHMENTS}/{path.name} is not what was written: its hash is another"
    assert proved(run, 1)["journals"][1]["problem"] == reason
    path.unlink()
    found = proved(run, 1)
    assert found["journals"][1]["problem"] == f"{ATTACHMENTS}/{path.name} is missing"
    assert found["attachments"] == 1


def test_a_damaged_requests_journal_is_damage(run: Run, store: Store) -> None:
    path = store.data.requests / "2026-11-21.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"at"', b'"aT"', 1))
    found = proved(run, 1)
    assert found["journals"][0]["problem"] is None
    assert "the first line is damaged" in found["requests"][0]["problem"]


def test_a_sessions_file_that_is_edited_or_broken_is_said_and_is_no_evidence(
    run: Run, store: Store
) -> None:
    path = store.data.sessions_file("default")
    path.write_text(path.read_text().replace('"n": 4', '"n": 9'))
    assert proved(run, 0)["projections"][0]["state"] == "edited"
    assert any("edited by hand: no evidence" in line for line in rows(run))
    path.write_bytes(b"")
    assert proved(run, 0)["projections"][0]["state"] == "broken"
    path.unlink()
    assert proved(run, 0)["projections"] == []


def test_a_journal_of_another_session_is_damage(run: Run, store: Store) -> None:
    third = store.data.session("default", "yzyzyzyzyzyz")
    store.data.session("default", OTHER).rename(third)
    store.data.sessions_file("default").unlink()
    assert f"it is the journal of {OTHER}" in proved(run, 1)["journals"][1]["problem"]


def test_events_that_do_not_fit_together_are_damage(run: Run, store: Store) -> None:
    path = store.data.session("default", "yzyzyzyzyzyz")
    store.add("yzyzyzyzyzyz", 4)
    journal, _ = Journal.open(path)
    journal.append([(added(1)[0], (_unknown_worker(),), None)])
    journal.close()
    assert "no worker nobody" in proved(run, 1)["journals"][2]["problem"]


def _unknown_worker() -> Any:
    from storage.records.event import WorkerUpdated

    return WorkerUpdated("nobody", {"name": "x"})


def test_what_a_later_greenroom_wrote_is_not_to_be_salvaged(run: Run, store: Store) -> None:
    with store.journal(OTHER).open("ab") as file:
        file.write(sealed(b'{"n":4,"synced":3,"prev":"0","at":"x","events":[{"type":"later"}]'))
        file.write(b"\n")
    outcome = run("verify")
    assert outcome.status == 1
    assert "start the later greenroom" in outcome.out
    assert "greenroom salvage" not in outcome.out
