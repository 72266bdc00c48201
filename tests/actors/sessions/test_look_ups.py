from typing import Any

from tests.actors.sessions.test_directory import spoil
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House


def test_workers_are_listed_and_found_by_id_name_and_prefix(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(name="shell")
    (listed,) = greenroom.get("list-workers", session=session_id)["workers"]
    for reference in (worker_id, "shell", worker_id[:6]):
        found = greenroom.get("get-worker", session=session_id, worker=reference)
        assert found == listed
    assert greenroom.refused("get-worker", session=session_id, worker="no") == "worker-not-found"
    assert greenroom.refused("list-workers", session="nobody") == "session-not-found"


def test_an_ambiguous_session_is_always_an_error(greenroom: House) -> None:
    for _ in range(2):
        greenroom.create(title="Twin")
    for command in ("get-session", "delete-session", "list-workers", "pause-session"):
        assert greenroom.refused(command, session="Twin") == "ambiguous"


def test_output_is_read_from_any_offset_of_any_epoch(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "printf 0123456789; read x"])
    greenroom.shows(session_id, worker_id, "0123456789")
    asked = {"session": session_id, "worker": worker_id}
    found = greenroom.get("get-output", **asked, **{"from": 4})
    assert found == {
        "data": "456789",
        "start": 4,
        "next": 10,
        "end": 10,
        "epoch": 1,
        "epochs": [1],
    }
    assert greenroom.get("get-output", **asked, **{"from": -3})["data"] == "789"
    assert greenroom.refused("get-output", **asked, epoch=7) == "epoch-not-found"
    greenroom.get("restart-worker", **asked)
    eventually(lambda: greenroom.get("get-output", **asked)["epochs"] == [1, 2])
    assert greenroom.get("get-output", **asked, epoch=1)["data"] == "0123456789"


def test_output_is_read_backwards_by_pages(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "seq 1 40; read x"])
    greenroom.shows(session_id, worker_id, "40\r\n")
    asked: dict[str, Any] = {"session": session_id, "worker": worker_id, "lines": 9}
    pages = [greenroom.get("get-output", **asked)]
    while pages[0]["start"]:
        before = pages[0]["start"]
        pages.insert(0, greenroom.get("get-output", **asked, before=before, epoch=1))
        assert pages[0]["next"] == before
    assert [page["data"].count("\n") for page in pages] == [4, 9, 9, 9, 9]
    assert "".join(page["data"] for page in pages).split() == [str(n) for n in range(1, 41)]
    both = {**asked, "from": 3}
    assert greenroom.refused("get-output", **both) == "bad-request"


def test_undecodable_output_is_shown_as_such(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", r"printf 'a\377b'; read x"])
    shown = greenroom.shows(session_id, worker_id, "b")
    assert shown == "a\N{REPLACEMENT CHARACTER}b"


def test_a_conversation_has_no_output(greenroom: House) -> None:
    made = greenroom.create(worker={"type": "conversation"})
    code = greenroom.refused("get-output", session=made["id"], worker=made["workers"][0]["id"])
    assert code == "not-a-terminal"
    assert greenroom.refused("get-output", session=made["id"], worker="no") == "worker-not-found"


def test_output_that_cannot_be_read_is_said(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "exit 0"])
    greenroom.becomes(session_id, worker_id, "exited")
    log = greenroom.data.terminal_log("default", session_id, worker_id)
    for path in log.iterdir():
        path.unlink()
    log.rmdir()
    log.write_text("no directory")
    code = greenroom.refused("get-output", session=session_id, worker=worker_id)
    assert code == "output-unavailable"


def test_agents_are_looked_up_where_they_are_started(greenroom: House) -> None:
    program = greenroom.place / "claude"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    greenroom.environ["PATH"] = str(greenroom.place)
    greenroom.write_workspace({"agents": [{"id": "mine", "name": "Mine", "command": "claude"}]})
    greenroom.again()
    found = {one["id"]: one for one in greenroom.get("list-agents")["agents"]}
    assert found["claude"]["found"] == found["mine"]["found"] == str(program)
    assert (found["codex"]["found"], found["mine"]["own"]) == (None, True)
    assert greenroom.refused("list-agents", workspace="../default") == "workspace-not-found"


def test_a_session_that_is_quarantined_is_listed_so_whatever_its_record_says(
    greenroom: House,
) -> None:
    bad, good = greenroom.create()["id"], greenroom.create()["id"]
    greenroom.get("update-session", session=bad, updates={"title": "Bad"})
    greenroom.stop()
    spoil(greenroom, bad)
    greenroom.start()
    assert greenroom.refused("get-messages", session=bad) == "session-quarantined"
    listed = {one["id"]: one for one in greenroom.get("list-sessions")["sessions"]}
    shown = {one["id"]: one for one in greenroom.get("get-status")["sessions"]}
    for found in (listed, shown):
        assert [found[each]["status"] for each in (bad, good)] == ["quarantined", "active"]
        assert found[bad]["activity"] is None
    assert (listed[bad]["is_active"], listed[good]["is_active"]) == (False, True)
