"""The file front: what is dropped into `inbox/` is answered in `outbox/`, or else kept."""

import json
import os
from functools import partial

import pykka
import pytest

from actors.gateway import NOT_READY
from actors.watch.files_watch_actor import Check, FilesWatchActor
from tests.actors.inbox.dropping import LIST, answer, claims, counts, drop, is_empty, settle
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House


def test_a_request_is_taken_and_answered_under_its_name(open_greenroom: House) -> None:
    creation = {"type": "create-session", "location_path": str(open_greenroom.place)}
    drop(open_greenroom, "job.json", creation)
    found = answer(open_greenroom, "job")
    assert (found["ok"], found["type"]) == (True, "create-session")
    assert open_greenroom.get("get-session", session=found["data"]["id"])
    eventually(lambda: claims(open_greenroom) == [])
    assert is_empty(open_greenroom.data.inbox)


def test_a_file_that_is_written_in_place_is_taken_when_it_is_whole(open_greenroom: House) -> None:
    path = open_greenroom.data.inbox / "slow.json"
    with path.open("w") as file:
        file.write('{"type": ')
        file.flush()
        eventually(lambda: counts(open_greenroom)["waiting"] == 1)
        file.write('"list-sessions"}')
    assert answer(open_greenroom, "slow")["ok"]
    assert open_greenroom.rejected == []


def has_answered(greenroom: House, number: int) -> bool:
    return bool(counts(greenroom)["answered"] == number)


def test_what_stays_unparsable_is_refused_with_the_reason(open_greenroom: House) -> None:
    drop(open_greenroom, "bad.json", '{"type": "list-sessions",')
    eventually(lambda: "bad.json" in open_greenroom.rejected, seconds=PATIENCE_SECONDS)
    why = json.loads((open_greenroom.data.rejected / "bad.json.why.json").read_text())
    assert why["line"] == 1
    assert why["reason"]
    assert (open_greenroom.data.rejected / "bad.json").read_text() == '{"type": "list-sessions",'
    assert is_empty(open_greenroom.data.outbox)
    eventually(lambda: counts(open_greenroom)["rejected"] == 1)


@pytest.mark.parametrize("content", ["[]", "7", '"text"', '{"a": NaN}', '{"a": 1, "a": 2}'])
def test_what_is_no_request_at_all_is_refused(open_greenroom: House, content: str) -> None:
    made = open_greenroom.data.root / "odd.json"
    made.write_text(content)
    os.utime(made, (1000, 1000))
    made.rename(open_greenroom.data.inbox / "odd.json")
    assert eventually(lambda: "odd.json" in open_greenroom.rejected, seconds=PATIENCE_SECONDS)


def test_links_and_pipes_are_refused_without_being_read(open_greenroom: House) -> None:
    inbox = open_greenroom.data.inbox
    (inbox / "link.json").symlink_to("/etc/passwd")
    os.mkfifo(inbox / "pipe.json")
    wanted = {"link.json.why.json", "pipe.json.why.json"}
    assert eventually(lambda: wanted <= set(open_greenroom.rejected), seconds=PATIENCE_SECONDS)


def test_a_request_that_cannot_be_is_answered_and_not_rejected(open_greenroom: House) -> None:
    drop(open_greenroom, "unknown.json", {"type": "make-coffee"})
    found = answer(open_greenroom, "unknown")
    assert found["error"]["code"] == "unknown-type"
    assert found["id"].endswith("-unknown")
    drop(open_greenroom, "wrong.json", {"type": "create-session", "title": 7})
    found = answer(open_greenroom, "wrong")
    assert (found["error"]["code"], found["error"]["path"]) == ("bad-request", "$.title")
    assert open_greenroom.rejected == []


def test_two_with_the_same_id_are_both_answered_there(open_greenroom: House) -> None:
    for number in range(2):
        drop(open_greenroom, f"file-{number}.json", {**LIST, "id": "same"})
    assert answer(open_greenroom, "same")["id"] == "same"
    eventually(lambda: counts(open_greenroom)["answered"] == 2)
    eventually(lambda: claims(open_greenroom) == [])
    assert sorted(path.name for path in open_greenroom.data.outbox.iterdir()) == ["same.json"]


def test_a_name_may_be_used_again_and_its_answer_is_replaced(open_greenroom: House) -> None:
    for number in range(3):
        drop(open_greenroom, "nightly.json", {"type": "pause-session", "session": f"nr{number}"})
        eventually(partial(has_answered, open_greenroom, number + 1))
        assert answer(open_greenroom, "nightly")["error"]["message"].endswith(f"nr{number}")


def test_two_hundred_at_once_are_all_answered(open_greenroom: House) -> None:
    for number in range(200):
        drop(open_greenroom, f"job-{number}.json", {"type": "get-session", "session": "nobody"})
    outbox = open_greenroom.data.outbox
    eventually(lambda: len(list(outbox.glob("*.json"))) == 200, seconds=PATIENCE_SECONDS)
    eventually(lambda: claims(open_greenroom) == [], seconds=PATIENCE_SECONDS)
    assert is_empty(open_greenroom.data.inbox)
    settle(open_greenroom)
    eventually(lambda: has_answered(open_greenroom, 200))
    found = counts(open_greenroom)
    assert (found["waiting"], found["running"], found["rejected"]) == (0, 0, 0)


def test_files_of_other_names_are_left_alone_and_counted(
    open_greenroom: House, caplog: pytest.LogCaptureFixture
) -> None:
    path = open_greenroom.data.inbox / "job.txt"
    path.write_text(json.dumps(LIST))
    os.utime(path, (1000, 1000))
    (open_greenroom.data.inbox / ".job.json.swp").write_text("x")
    for number in range(2):
        drop(open_greenroom, f"job-{number}.json", LIST)
        assert answer(open_greenroom, f"job-{number}")["ok"]
    eventually(lambda: counts(open_greenroom)["ignored"] == 1)
    assert path.exists()
    assert [record.getMessage() for record in caplog.records].count(
        "inbox: 'job.txt' is left alone: the name of a request ends in .json"
    ) == 1


def test_what_one_session_is_asked_is_done_in_the_order_of_change(open_greenroom: House) -> None:
    session_id = open_greenroom.create()["id"]
    open_greenroom.stop()
    for number in range(40):
        message = {"role": "user", "content": str(number)}
        request = {"type": "add-message", "session": session_id, "message": message}
        path = open_greenroom.data.inbox / f"{39 - number:02}.json"
        path.write_text(json.dumps(LIST if number % 5 == 0 else request))
        os.utime(path, (1000 + number, 1000 + number))
    open_greenroom.start()
    settle(open_greenroom)
    said = open_greenroom.get("get-messages", session=session_id)["messages"]
    assert [one["content"][0]["text"] for one in said] == [str(n) for n in range(40) if n % 5]


def test_a_look_up_sees_what_its_session_was_asked_before_it(open_greenroom: House) -> None:
    session_id = open_greenroom.create(title="at first")["id"]
    open_greenroom.stop()
    for number in range(40):
        update = {
            "type": "update-session",
            "session": session_id,
            "updates": {"title": str(number)},
        }
        look_up = {"type": "get-session", "session": session_id}
        for place, request in ((2 * number, update), (2 * number + 1, look_up)):
            path = open_greenroom.data.inbox / f"{place}.json"
            path.write_text(json.dumps(request))
            os.utime(path, (1000 + place, 1000 + place))
    open_greenroom.start()
    settle(open_greenroom)
    seen = [answer(open_greenroom, str(2 * number + 1))["data"]["title"] for number in range(40)]
    assert seen == [str(number) for number in range(40)]


def test_what_lay_there_before_the_start_is_taken(open_greenroom: House) -> None:
    open_greenroom.stop()
    drop(open_greenroom, "early.json", LIST)
    open_greenroom.start()
    assert answer(open_greenroom, "early")["ok"]


def test_claims_left_by_an_earlier_daemon_are_answered(open_greenroom: House) -> None:
    open_greenroom.stop()
    claimed = open_greenroom.data.claimed
    (claimed / "7-left.json").write_text(json.dumps(LIST))
    (claimed / "8-broken.json").write_text("{")
    drop(open_greenroom, "half.json", LIST)
    os.link(open_greenroom.data.inbox / "half.json", claimed / "9-half.json")
    open_greenroom.start()
    for name in ("left", "half"):
        assert answer(open_greenroom, name)["ok"]
    eventually(lambda: "8-broken.json" in open_greenroom.rejected)
    eventually(lambda: claims(open_greenroom) == [])
    drop(open_greenroom, "next.json", {"type": "make-coffee"})
    number, _, name = answer(open_greenroom, "next")["id"].partition("-")
    assert int(number) > 9  # never one that was used before
    assert name == "next"


def test_what_comes_before_the_sessions_are_there_is_answered_when_they_are(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.gateway.READY_SECONDS", 0.2)
    directory = open_greenroom.room.around.directory
    ref, directory.ref = directory.ref, None
    drop(open_greenroom, "early.json", LIST)
    eventually(lambda: len(claims(open_greenroom)) == 1)
    assert open_greenroom.ask(LIST).error == NOT_READY
    directory.ref = ref
    assert answer(open_greenroom, "early")["ok"]
    eventually(lambda: claims(open_greenroom) == [])
    assert counts(open_greenroom)["running"] == 0


def test_a_conversation_streams_and_its_answer_ends_the_stream(open_greenroom: House) -> None:
    open_greenroom.converse([{"when": "", "reply": [{"text": "one two three"}]}])
    session_id = open_greenroom.create(worker={"type": "conversation"})["id"]
    outbox = open_greenroom.data.outbox
    (outbox / "talk.jsonl").write_text("what an earlier one left\n")
    for number in range(2):
        request = {"type": "request", "session": session_id, "content": str(number)}
        drop(open_greenroom, "talk.json", request)
        eventually(partial(has_answered, open_greenroom, number + 1))
        *grown, last = map(json.loads, (outbox / "talk.jsonl").read_text().splitlines())
        contents = [line["turn"].get("content") for line in grown]
        assert contents[-1][0]["text"] == "one two three"
        assert last == answer(open_greenroom, "talk")
        assert last["data"]["text"] == "one two three"


def test_an_answer_that_cannot_be_written_is_written_later(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.inbox.inbox_actor.LOOK_SECONDS", 0.1)
    blocked = open_greenroom.data.outbox / "blocked.json"
    blocked.mkdir()
    drop(open_greenroom, "blocked.json", LIST)
    eventually(lambda: len(claims(open_greenroom)) == 1)
    drop(open_greenroom, "other.json", LIST)
    assert answer(open_greenroom, "other")["ok"]
    blocked.rmdir()
    assert answer(open_greenroom, "blocked")["ok"]
    eventually(lambda: claims(open_greenroom) == [])


def test_the_watch_is_set_up_again_when_it_has_ended(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ref,) = pykka.ActorRegistry.get_by_class(FilesWatchActor)
    monkeypatch.setattr("storage.files_watch.FilesWatch.is_alive", lambda _: False)
    ref.tell(Check())
    eventually(lambda: not ref.is_alive())
    monkeypatch.undo()
    eventually(lambda: open_greenroom.state("fronts", "files_watch") == "running")
    eventually(lambda: bool(pykka.ActorRegistry.get_by_class(FilesWatchActor)))
    (again,) = pykka.ActorRegistry.get_by_class(FilesWatchActor)
    again.tell(Check())
    drop(open_greenroom, "job.json", LIST)
    assert answer(open_greenroom, "job")["ok"]
    assert open_greenroom.state("fronts", "files_watch") == "running"


def test_a_front_that_crashes_is_started_again_alone(open_greenroom: House) -> None:
    directory = open_greenroom.room.around.directory.ref
    ref = open_greenroom.room.around.inbox.ref
    assert ref is not None
    ref.tell("a message that nobody knows")
    drop(open_greenroom, "job.json", LIST)
    assert answer(open_greenroom, "job")["ok"]
    assert open_greenroom.room.around.directory.ref is directory
