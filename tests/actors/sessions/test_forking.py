"""Forks on the real tree: a session of its own that begins as another, which stays as it is."""

from pathlib import Path
from typing import Any

from actors.decisions.history import valid_history
from storage.journal import log
from tests.actors.sessions.test_past import said, talk
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House, house
from tests.storage.listing import listed


def fork(running: House, session_id: str, **fields: Any) -> Any:
    return running.get("fork-session", session=session_id, **fields)


def numbers(running: House, session_id: str) -> list[int]:
    rounds = running.get("get-history", session=session_id)["rounds"]
    return [one["n"] for one in rounds]


def test_a_fork_goes_on_by_itself_and_its_origin_stays(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    first, _ = numbers(greenroom, session_id)
    path = greenroom.data.session("default", session_id) / log.NAME
    before = path.read_bytes()
    made = fork(greenroom, session_id, at=first, title="Other way")
    assert made["forked_from"] == {
        "session_id": session_id,
        "n": first,
        "tree_n": None,
        "files": None,
    }
    assert (made["title"], made["desired"], made["open_requests"]) == ("Other way", "run", 0)
    assert said(greenroom.get("get-history", session=made["id"])) == ["first"]
    greenroom.converse([{"reply": [{"text": "another"}]}])
    answer = greenroom.get("request", session=made["id"], content="instead")
    assert answer["status"] == "completed"
    assert said(greenroom.get("get-history", session=made["id"])) == ["first", "instead"]
    assert path.read_bytes() == before
    greenroom.again()
    assert said(greenroom.get("get-history", session=made["id"])) == ["first", "instead"]
    assert said(greenroom.get("get-history", session=session_id)) == ["first", "second"]


def test_a_fork_can_be_forked_deleted_and_restored(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    made = fork(greenroom, session_id)
    again = fork(greenroom, made["id"])
    assert again["forked_from"]["session_id"] == made["id"]
    greenroom.get("delete-session", session=made["id"])
    back = greenroom.get("restore-session", session=made["id"])
    assert back["forked_from"] == made["forked_from"]
    greenroom.get("delete-session", session=session_id)
    assert said(greenroom.get("get-history", session=again["id"])) == ["first", "second"]


def test_what_is_under_way_is_left_out(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    greenroom.converse([{"reply": [{"text": "late", "delay": 600}]}])
    asked = greenroom.get("request", session=session_id, content="third", wait=False)
    eventually(lambda: greenroom.record(session_id).open_requests == 1)
    made = fork(greenroom, session_id)
    assert made["open_requests"] == 0
    assert said(greenroom.get("get-history", session=made["id"])) == ["first", "second"]
    greenroom.get("cancel", response_id=asked["response_id"])


def test_a_session_without_a_conversation_has_no_worker_in_its_fork(greenroom: House) -> None:
    session_id, _ = greenroom.shell()
    made = fork(greenroom, session_id)
    assert made["workers"] == []
    assert greenroom.record(session_id).workers[0].status == "running"


def test_a_request_done_again_gives_the_same_fork(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    request = {"type": "fork-session", "session": session_id}
    asked = [greenroom.post(request, allotted="forkedforked", again=True) for _ in range(3)]
    answers = [one.result(30) for one in asked]
    assert {answer.data["id"] for answer in answers if answer.ok} == {"forkedforked"}
    greenroom.again()
    again = greenroom.post(request, allotted="forkedforked", again=True).result(30)
    assert again.data["id"] == "forkedforked"
    assert len(listed(greenroom.data.sessions("default"))) == 2
    greenroom.get("delete-session", session="forkedforked")
    gone = greenroom.post(request, allotted="forkedforked", again=True).result(30)
    assert gone.error is not None
    assert gone.error.code == "session-deleted"


def test_what_cannot_be_forked_is_refused(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    assert greenroom.refused("fork-session", session=session_id, at=999) == "number-not-found"
    assert greenroom.refused("fork-session", session="nobody") == "session-not-found"
    assert greenroom.refused("fork-session", session=session_id, at=0) == "bad-request"


def test_of_one_in_the_trash_it_says_how_to_get_it_back(greenroom: House) -> None:
    session = talk(greenroom)
    greenroom.get("delete-session", session=session["id"])
    for reference in (session["id"], session["title"]):
        answer = greenroom.ask({"type": "fork-session", "session": reference, "at": 1})
        assert answer.error is not None
        assert answer.error.code == "session-not-found"
        assert answer.error.message.endswith(f"with: greenroom restore {session['id']}")
    greenroom.get("restore-session", session=session["id"])
    assert fork(greenroom, session["id"], at=1)["forked_from"]["n"] == 1


def test_what_a_crash_left_of_a_fork_goes(tmp_path: Path) -> None:
    with house(tmp_path) as running:
        left = running.data.workspace("default") / ".forking-abc"
        running.stop()
        (left / "attachments").mkdir(parents=True)
        running.start()
        assert eventually(lambda: not left.exists())


def test_at_every_number_it_can_go_on_with_a_valid_history(greenroom: House) -> None:
    """A call of a tool, known or not, is whole in a fork or not there."""
    called = {"tool": "nowhere.search", "parameters": {"text": "x"}}
    asks = {"when": "^(first|second)$", "reply": [{"text": "I look."}, called]}
    greenroom.converse([asks, {"reply": [{"text": "Done."}]}])
    session_id = greenroom.create(config={})["id"]
    for text in ("first", "second"):
        greenroom.get("request", session=session_id, content=text)
    last = greenroom.get("get-history", session=session_id)["rounds"][-1]["n"]
    lengths = set()
    for n in range(1, last + 1):
        made = fork(greenroom, session_id, at=n)
        messages = greenroom.ask({"type": "get-messages", "session": made["id"]}).data["messages"]
        assert [one.id for one in valid_history(messages)] == [one.id for one in messages]
        lengths.add(len(messages))
    assert len(lengths) == 3
