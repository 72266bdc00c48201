from typing import Any

import pytest

from actors.gateway import NOT_READY, TYPES, answer, encoded, parse
from storage import codec
from storage.records import request as r
from tests.fakes.greenroom import House


def refusal(raw: Any) -> tuple[r.Answer, r.Refusal]:
    found = parse(raw)
    assert isinstance(found, r.Answer)
    assert found.error is not None
    assert not found.ok
    return found, found.error


def test_a_good_request_becomes_its_type() -> None:
    raw = {"type": "update-session", "id": "mine", "session": "s", "updates": {"title": "T"}}
    assert parse(raw) == r.UpdateSession(id="mine", session="s", updates={"title": "T"})


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"type": "create-session", "title": 7}, "$.title"),
        ({"type": "create-session", "title": ""}, "$.title"),
        ({"type": "create-session", "colour": "red"}, "$.colour"),
        ({"type": "create-session", "config": {"provder": "x"}}, "$.config.provder"),
        (
            {"type": "create-session", "config": {"budget": {"usdollars": 1}}},
            "$.config.budget.usdollars",
        ),
        ({"type": "create-session", "worker": {"type": "robot"}}, "$.worker.type"),
        ({"type": "create-session", "config": {"temperature": 2}}, "$.config.temperature"),
        ({"type": "get-session"}, "$"),
        ({"type": "get-session", "session": ["x"]}, "$.session"),
        ({"type": "get-session", "session": "x", "id": "no id!"}, "$.id"),
        ({"type": "resize-worker", "session": "x", "worker": "y", "cols": 0, "rows": 1}, "$.cols"),
        ({"type": "write-input", "session": "x", "worker": "y", "data": ""}, "$.data"),
        ({"type": "request", "session": "x", "content": []}, "$.content"),
        ({"type": None}, "$.type"),
        ({}, "$"),
        ([], "$"),
        (None, "$"),
        ("create-session", "$"),
        (7, "$"),
    ],
)
def test_a_wrong_field_is_refused_with_its_path(raw: Any, path: str) -> None:
    found, error = refusal(raw)
    assert (error.code, error.path) == ("bad-request", path)
    kind = raw.get("type") if isinstance(raw, dict) else None
    assert found.type == (kind or "")


def test_an_unknown_type_is_refused_with_those_that_are_known() -> None:
    found, error = refusal({"type": "make-coffee", "id": "mine"})
    assert (found.id, found.type) == ("mine", "make-coffee")
    assert (error.code, error.path) == ("unknown-type", "$.type")
    assert "create-session" in error.message


def test_an_id_that_is_no_text_is_not_repeated() -> None:
    found, _ = refusal({"type": "make-coffee", "id": 7})
    assert found.id is None


def test_an_answer_repeats_type_and_id() -> None:
    asked = r.ListSessions(id="mine")
    assert answer(asked, {"a": 1}) == r.Answer(
        id="mine", type="list-sessions", ok=True, data={"a": 1}
    )
    refused = r.Refusal(code="no", message="never")
    assert answer(r.ListSessions(), refused, "given") == r.Answer(
        id="given", type="list-sessions", ok=False, error=refused
    )


def test_the_types_are_those_of_the_requests() -> None:
    assert {"create-session", "request", "get-status"} <= TYPES
    assert len(TYPES) == len(r.REQUEST_TYPES)


def test_every_session_command_reaches_a_decision(greenroom: House) -> None:
    """A request that nobody handles would be answered as an internal error, or not at all."""
    needed: dict[str, Any] = {
        "session": "nobody",
        "worker": "nothing",
        "response_id": "nothing-1",
        "permission": "nothing-1",
        "decision": "deny",
        "updates": {},
        "message": {"role": "user", "content": "x"},
        "message_id": "m",
        "content": "x",
        "data": "x",
        "path": "/nowhere/it.tar.gz",
        "cols": 80,
        "rows": 24,
        "timer_id": "t",
        "in_seconds": 1,
    }
    session_id = greenroom.create()["id"]
    for kind in r.REQUEST_TYPES:
        fields = {name: needed[name] for name in kind.__struct_fields__ if name in needed}
        fields |= {"session": session_id} if "session" in fields else {}
        fields |= {"message": "x"} if kind is r.SetTimer else {}
        name = r.type_of_class(kind)
        if name in {"delete-session", "create-worker", "create-session"}:
            continue
        found = greenroom.ask({"type": name, **fields})
        assert found.type == name
        assert found.error is None or found.error.code not in {"internal-error", "bad-request"}, (
            name
        )


def test_a_refused_request_is_answered_under_the_fronts_id(greenroom: House) -> None:
    found = greenroom.post({"type": "make-coffee"}, request_id="7-job").result(10)
    assert found.id == "7-job"
    found = greenroom.post({"type": "make-coffee", "id": "own"}, request_id="7-job").result(10)
    assert found.id == "own"


def test_a_request_waits_a_while_for_the_directory(greenroom: House) -> None:
    directory = greenroom.room.around.directory
    ref, directory.ref = directory.ref, None
    waiting = greenroom.post({"type": "list-sessions"})
    assert not waiting.done()
    directory.ref = ref
    assert waiting.result(10).ok


def test_while_the_directory_does_not_come_a_request_is_to_be_asked_again(
    greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.gateway.READY_SECONDS", 0.2)
    greenroom.room.around.directory.ref = None
    assert greenroom.ask({"type": "list-sessions"}).error == NOT_READY


def test_a_status_that_fails_is_an_answer_too(greenroom: House) -> None:
    around: Any = greenroom.room.around
    entries = around.index.entries
    around.index.entries = None
    try:
        assert greenroom.refused("get-status") == "internal-error"
    finally:
        around.index.entries = entries


def test_where_nothing_is_left_over_a_clean_up_ends_nobody(greenroom: House) -> None:
    assert greenroom.get("cleanup-orphans") == {"ended": [], "left": []}


def test_an_answer_that_cannot_be_written_becomes_one_that_says_so() -> None:
    odd = r.Answer(id="one", type="list-sessions", ok=True, data={"name": "b\udcff"})
    told = codec.decode(encoded(odd), r.Answer)
    assert (told.id, told.type, told.ok) == ("one", "list-sessions", False)
    assert told.error is not None
    assert told.error.code == "internal-error"
