"""An edit of `sessions.json` survives the daemon's end at every step, and is done once."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actors.edits.plan import Plan, Task, hash_of, request_id
from actors.gateway import Gateway
from actors.sessions import checks
from storage import reserve
from storage.edit_claims import DIRECTORY, Claim, write_plan
from storage.errors import StorageFull
from storage.records import event as e
from storage.records import request as r
from tests.actors.edits.conftest import Desk
from tests.fakes.editors import by_rename, changed
from tests.fakes.greenroom import House, house


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with house(tmp_path, fronts=True) as running:
        yield Desk(running)


@pytest.fixture
def edits(desk: Desk) -> Path:
    found = desk.path.parent / DIRECTORY
    desk.create(2)
    desk.at_rest()
    desk.house.stop()
    return found


def retitled(told: Any) -> None:
    for place, session in enumerate(told["sessions"]):
        session["title"] = f"Edited {place}"


def ids(greenroom: House) -> list[str]:
    return [one["id"] for one in greenroom.projected() or ()]


def test_a_claim_that_was_only_taken_out_is_done(desk: Desk, edits: Path) -> None:
    first, second = ids(desk.house)
    (edits / "sessions-5.json").write_text(changed(desk.path, retitled))
    desk.house.start()
    desk.at_rest()
    assert [desk.title(each) for each in (first, second)] == ["Edited 0", "Edited 1"]


def test_an_edit_and_the_claim_of_an_earlier_one_are_done_in_order(desk: Desk, edits: Path) -> None:
    first, second = ids(desk.house)
    (edits / "sessions-5.json").write_text(changed(desk.path, retitled))
    by_rename(
        desk.path, changed(desk.path, lambda told: told["sessions"][1].update(metadata={"a": 1}))
    )
    desk.house.start()
    desk.at_rest()
    assert [desk.title(each) for each in (first, second)] == ["Edited 0", "Edited 1"]
    assert desk.house.record(second).metadata == {"a": 1}
    assert desk.house.rejected == []


def planned(desk: Desk, edits: Path) -> tuple[Claim, Plan]:
    """A claim whose plan was written before the daemon ended: both titles, and a new session."""
    claim = Claim(5, edits / "sessions-5.json")
    place = str(desk.house.place)

    def change(told: Any) -> None:
        retitled(told)
        told["sessions"].append({"location_path": place})

    claim.path.write_text(changed(desk.path, change))
    updates = [
        Task(
            position=number,
            request=r.UpdateSession(session=session, updates={"title": f"Edited {number}"}),
            n=1,
        )
        for number, session in enumerate(ids(desk.house))
    ]
    creation = Task(
        position=2, request=r.CreateSession(location_path=place), allotted="abcdefghijkl"
    )
    plan = Plan(sha256=hash_of(claim.path.read_bytes()), tasks=(*updates, creation))
    write_plan(claim, plan)
    return claim, plan


@pytest.mark.parametrize("done", range(4))
def test_what_was_half_done_is_done_to_its_end_and_nothing_twice(
    desk: Desk, edits: Path, done: int
) -> None:
    first, second = ids(desk.house)
    claim, plan = planned(desk, edits)
    aside = claim.path.rename(edits / "aside"), claim.plan.rename(edits / "aside.plan-too")
    desk.house.start()
    for task in plan.tasks[:done]:
        raw = json.loads(json.dumps(_raw(task)))
        name = request_id(claim, plan, task)
        assert desk.house.post(raw, request_id=name, allotted=task.allotted).result(30).ok
    if done:
        desk.house.get("update-session", session=first, updates={"title": "Later"})
    desk.house.stop()
    aside[0].rename(claim.path)
    aside[1].rename(claim.plan)
    desk.house.start()
    desk.until(lambda: desk.title(second) == "Edited 1")
    desk.until(lambda: not claim.path.exists())
    assert desk.title(first) == ("Later" if done else "Edited 0")
    assert desk.house.get("get-session", session="abcdefghijkl")
    assert len(desk.house.get("list-sessions")["sessions"]) == 3
    assert desk.house.rejected == []
    titles = [x.updates for x in desk.house.journal(second) if isinstance(x, e.SessionUpdated)]
    assert titles == [{"title": "Edited 1"}]


def _raw(task: Task) -> Any:
    if isinstance(task.request, r.CreateSession):
        return {"type": "create-session", "location_path": task.request.location_path}
    assert isinstance(task.request, r.UpdateSession)
    return {
        "type": "update-session",
        "session": task.request.session,
        "updates": task.request.updates,
    }


def test_what_a_plan_could_not_do_is_told_with_its_reason(desk: Desk, edits: Path) -> None:
    first, second = ids(desk.house)
    claim, plan = planned(desk, edits)
    gone = Task(position=7, request=r.UpdateSession(session="nobody77", updates={"title": "x"}))
    write_plan(claim, Plan(sha256=plan.sha256, tasks=(*plan.tasks, gone)))
    desk.house.start()
    why = desk.refusal()
    assert "not done: update-session of session nobody77" in why["reason"]
    assert [desk.title(each) for each in (first, second)] == ["Edited 0", "Edited 1"]


def test_a_claim_that_was_saved_on_is_read_again(desk: Desk, edits: Path) -> None:
    first, second = ids(desk.house)
    claim, _ = planned(desk, edits)
    claim.path.write_text(
        changed(desk.path, lambda told: told["sessions"][0].update(metadata={"later": True}))
    )
    desk.house.start()
    desk.at_rest()
    assert desk.house.record(first).metadata == {"later": True}
    assert desk.title(second) == "Edited 1"


def shows(desk: Desk, session_id: str, metadata: dict[str, int]) -> bool:
    return bool(desk.shown(session_id)["metadata"] == metadata)


def test_somebody_who_keeps_the_file_open_is_heard_to_the_end(desk: Desk) -> None:
    (session_id,) = desk.create()
    text = changed(desk.path, lambda told: told["sessions"][0].update(title="Longer title"))
    with desk.path.open("r+") as file:
        for number in range(3):
            desk.house.get(
                "update-session", session=session_id, updates={"metadata": {"n": number}}
            )
            desk.until(partial(shows, desk, session_id, {"n": number}))
        file.write(text)
        file.truncate()
    desk.until(lambda: desk.title(session_id) == "Longer title")
    desk.at_rest()
    assert desk.house.record(session_id).metadata == {"n": 2}
    assert desk.house.rejected == []


def test_a_change_that_comes_while_an_edit_is_decided_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session_id,) = desk.create()
    updates = {"title": "By command"}

    def meanwhile(*asked: Any) -> Any:
        monkeypatch.undo()
        desk.house.get("update-session", session=session_id, updates=updates)
        return checks.cannot_run(*asked)

    monkeypatch.setattr("actors.edits.reading.checks.cannot_run", meanwhile)
    text = desk.edit(lambda told: told["sessions"][0].update(title="By hand"))
    assert '"By command" by somebody else' in desk.refusal()["reason"]
    assert desk.title(session_id) == "By hand"
    assert desk.refused_texts() == [text]


def test_an_edit_that_cannot_be_claimed_waits_and_is_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.edits.edits_actor.LOOK_SECONDS", 0.2)
    (session_id,) = desk.create()
    edits = desk.path.parent / DIRECTORY
    desk.at_rest()
    edits.rmdir()
    edits.write_text("in the way")
    desk.edit(lambda told: told["sessions"][0].update(title="At last"))
    desk.until(lambda: desk.house.get("get-status")["store"]["problems"])
    edits.unlink()
    desk.until(lambda: desk.title(session_id) == "At last")
    desk.until(lambda: desk.shown(session_id)["title"] == "At last")
    assert desk.house.rejected == []


def test_an_edit_for_which_there_is_no_room_waits_and_is_not_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk.create(2)
    desk.at_rest()
    asked: list[str] = []

    def full(_: Path) -> None:
        raise StorageFull("no space left")

    def said(greenroom: Gateway, raw: Any, *rest: Any, **named: Any) -> None:
        asked.append(raw["type"])
        hand_in(greenroom, raw, *rest, **named)

    hand_in = Gateway.hand_in
    monkeypatch.setattr(Gateway, "hand_in", said)
    with monkeypatch.context() as disk:
        disk.setattr(reserve, "probe", full)
        desk.house.room.around.health.failed(StorageFull("no space left"))
        told = {"title": "Not now"}
        assert desk.house.refused("update-session", session=first, updates=told) == "storage-full"
        asked.clear()
        desk.edit(retitled)
        desk.until(lambda: asked.count("update-session") == 2)
    desk.at_rest()
    assert [desk.title(each) for each in (first, second)] == ["Edited 0", "Edited 1"]
    assert desk.house.get("get-status")["store"]["rejected_edits"] == []
