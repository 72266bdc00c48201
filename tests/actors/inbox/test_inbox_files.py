"""What people do to the inbox, and to the directories around it, while it is being read."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from storage import request_claims, request_files
from tests.actors.inbox.dropping import (
    LIST,
    answer,
    claims,
    counts,
    creation,
    drop,
    is_empty,
    settle,
    titles,
)
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House


def said(greenroom: House, session_id: str) -> list[str]:
    found = greenroom.get("get-messages", session=session_id)["messages"]
    return [one["content"][0]["text"] for one in found]


def saying(session_id: str, text: str) -> dict[str, Any]:
    message = {"role": "user", "content": text}
    return {"type": "add-message", "session": session_id, "message": message}


@pytest.mark.parametrize("reads", [False, True])
@pytest.mark.parametrize("in_place", [False, True])
def test_what_is_written_under_a_name_that_is_just_being_taken_is_a_request_too(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch, reads: bool, in_place: bool
) -> None:
    """As by `echo … > inbox/job.json` and `mv … inbox/job.json`, twice in a row."""
    session_id = open_greenroom.create()["id"]
    look = {"type": "get-session", "session": session_id}
    texts = [json.dumps(look if reads else saying(session_id, text)) for text in ("one", "two")]
    path = open_greenroom.data.inbox / "job.json"
    read, late = request_files.read, [f"{texts[1]} "]

    def read_then_changed(*where: Any, **how: Any) -> Any:
        found = read(*where, **how)
        if found is not None and late:
            if in_place:
                path.write_text(late.pop())
            else:
                drop(open_greenroom, "job.json", late.pop())
        return found

    monkeypatch.setattr(request_files, "read", read_then_changed)
    drop(open_greenroom, "job.json", texts[0])
    eventually(lambda: not late)
    settle(open_greenroom)
    eventually(lambda: counts(open_greenroom)["answered"] >= 1)
    if not reads:
        eventually(lambda: said(open_greenroom, session_id)[-1:] == ["two"])
        assert len(said(open_greenroom, session_id)) <= 2
    assert open_greenroom.rejected == []
    eventually(lambda: counts(open_greenroom)["running"] == 0)


def test_what_is_written_anew_before_its_claim_is_durable_is_done_instead(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = open_greenroom.create()["id"]
    path = open_greenroom.data.inbox / "job.json"
    take_away, late = request_claims.take_away, ["two"]

    def changed_then_taken(*where: Any) -> bool:
        if late:
            path.write_text(json.dumps(saying(session_id, late.pop())))
        return take_away(*where)

    monkeypatch.setattr(request_claims, "take_away", changed_then_taken)
    drop(open_greenroom, "job.json", saying(session_id, "one"))
    assert answer(open_greenroom, "job")["ok"]
    settle(open_greenroom)
    assert said(open_greenroom, session_id) == ["two"]
    found = counts(open_greenroom)
    assert (found["running"], found["answered"]) == (0, 1)


def test_a_request_in_place_of_something_else_is_judged_by_itself(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there at the scan, or was just refused, says nothing of it."""
    read, late = request_files.read, [LIST]

    def read_then_replaced(*where: Any, **how: Any) -> Any:
        try:
            return read(*where, **how)
        finally:
            if late:
                path.unlink()
                drop(open_greenroom, "job.json", late.pop())

    path = open_greenroom.data.inbox / "job.json"
    monkeypatch.setattr(request_files, "read", read_then_replaced)
    path.symlink_to("/etc/passwd")
    assert answer(open_greenroom, "job")["ok"]
    assert open_greenroom.rejected == []


def test_what_cannot_be_moved_away_is_left_and_tried_again(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.inbox.inbox_actor.LOOK_SECONDS", 0.1)
    set_aside = request_claims.set_aside

    def refuse(*_: Any) -> Path:
        raise PermissionError(1, "immutable")

    monkeypatch.setattr(request_claims, "set_aside", refuse)
    drop(open_greenroom, "bad.json", "[]")
    for number in range(3):
        drop(open_greenroom, f"{number}.json", LIST)
        assert answer(open_greenroom, str(number))["ok"]
    assert open_greenroom.rejected == []
    monkeypatch.setattr(request_claims, "set_aside", set_aside)
    eventually(lambda: "bad.json" in open_greenroom.rejected, seconds=PATIENCE_SECONDS)


def test_directories_that_were_removed_are_made_again(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_greenroom.data
    for directory in (data.outbox, data.rejected, data.inbox):
        shutil.rmtree(directory)
        eventually(directory.is_dir, seconds=PATIENCE_SECONDS)
        eventually(data.claimed.is_dir, seconds=PATIENCE_SECONDS)
        drop(open_greenroom, "job.json", LIST)
        assert answer(open_greenroom, "job")["ok"]
        (data.outbox / "job.json").unlink()
    drop(open_greenroom, "bad.json", "[]")
    eventually(lambda: "bad.json" in open_greenroom.rejected, seconds=PATIENCE_SECONDS)
    assert open_greenroom.state("fronts", "inbox") == "running"
    eventually(lambda: counts(open_greenroom)["problems"] == [])


def test_a_link_in_place_of_the_inbox_is_told_and_not_followed(
    open_greenroom: House, tmp_path: Path
) -> None:
    inbox, elsewhere = open_greenroom.data.inbox, tmp_path / "elsewhere"
    (elsewhere / ".claimed").mkdir(parents=True)
    (elsewhere / "job.json").write_text(json.dumps(creation(open_greenroom, title="not ours")))
    os.utime(elsewhere / "job.json", (1000, 1000))
    inbox.rename(tmp_path / "away")
    inbox.symlink_to(elsewhere)
    eventually(lambda: counts(open_greenroom)["problems"], seconds=PATIENCE_SECONDS)
    assert (elsewhere / "job.json").stat().st_atime == 1000
    assert titles(open_greenroom) == []
    inbox.unlink()
    (tmp_path / "away").rename(inbox)
    drop(open_greenroom, "job.json", LIST)
    assert answer(open_greenroom, "job")["ok"]
    eventually(lambda: counts(open_greenroom)["problems"] == [], seconds=PATIENCE_SECONDS)


def test_only_so_much_is_on_its_way_at_a_time(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.inbox.intake.MOST_BYTES", 50_000)
    most = 0
    session_id = open_greenroom.create()["id"]
    open_greenroom.stop()
    for number in range(100):
        drop(open_greenroom, f"{number:03}.json", saying(session_id, str(number)))
    open_greenroom.start()
    while not is_empty(open_greenroom.data.inbox):
        most = max(most, len(claims(open_greenroom)))
    settle(open_greenroom)
    assert said(open_greenroom, session_id) == [str(number) for number in range(100)]
    assert most <= 50_000 // 4096 + 1


def test_a_conversation_that_takes_long_keeps_nothing_waiting(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.inbox.intake.MOST_BYTES", 1)
    open_greenroom.converse([{"when": "", "delay_seconds": 600, "reply": [{"text": "late"}]}])
    session_id = open_greenroom.create(worker={"type": "conversation"})["id"]
    drop(open_greenroom, "talk.json", {"type": "request", "session": session_id, "content": "well"})
    eventually(lambda: open_greenroom.get("get-history", session=session_id)["rounds"])
    drop(open_greenroom, "look.json", LIST)
    assert answer(open_greenroom, "look")["ok"]
    (found,) = open_greenroom.get("get-history", session=session_id)["rounds"]
    assert open_greenroom.get("cancel", response_id=found["id"])
    assert answer(open_greenroom, "talk")["error"]["code"] == "cancelled"
