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
    assert greenroom.get("get-output", **asked, epoch=7)["data"] == ""
    greenroom.get("restart-worker", **asked)
    eventually(lambda: greenroom.get("get-output", **asked)["epochs"] == [1, 2])
    assert greenroom.get("get-output", **asked, epoch=1)["data"] == "0123456789"


def test_undecodable_output_is_shown_as_such(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", r"printf 'a\377b'; read x"])
    greenroom.shows(session_id, worker_id, "a\N{REPLACEMENT CHARACTER}b")


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
