"""A look-up that wants to be in order shows what came before it, and only that."""

from concurrent.futures import Future
from typing import Any

from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House


def ask(greenroom: House, kind: str, *, in_order: bool = False, **fields: Any) -> Future[Answer]:
    future: Future[Answer] = Future()
    greenroom.room.gateway.hand_in({"type": kind, **fields}, future.set_result, in_order=in_order)
    return future


def title(future: Future[Answer]) -> str:
    answer = future.result(PATIENCE_SECONDS)
    assert answer.ok
    return str(answer.data.title)


def test_each_look_up_shows_what_came_before_it(greenroom: House) -> None:
    session_id = greenroom.create(title="first")["id"]
    seen = []
    for number in range(20):
        ask(greenroom, "update-session", session=session_id, updates={"title": str(number)})
        seen.append(ask(greenroom, "get-session", session=session_id, in_order=True))
    assert [title(one) for one in seen] == [str(number) for number in range(20)]


def test_others_show_what_is_durable_however_long_the_disk_takes(greenroom: House) -> None:
    session_id = greenroom.create(title="first")["id"]
    journal = greenroom.faulty(session_id)
    journal.hold.clear()
    change = ask(greenroom, "update-session", session=session_id, updates={"title": "second"})
    assert journal.entered.acquire(timeout=PATIENCE_SECONDS)
    ordered = ask(greenroom, "get-session", session=session_id, in_order=True)
    assert title(ask(greenroom, "get-session", session=session_id)) == "first"
    assert not ordered.done()
    journal.hold.set()
    assert title(ordered) == title(change) == "second"


def test_a_session_that_sleeps_again_is_not_woken_for_it(greenroom: House) -> None:
    session_id = greenroom.create(title="first")["id"]
    title(ask(greenroom, "update-session", session=session_id, updates={"title": "second"}))
    directory = greenroom.room.around.directory.ref
    assert directory is not None
    proxy: Any = directory.proxy()
    proxy.stop_child(session_id).get(timeout=PATIENCE_SECONDS)
    eventually(lambda: greenroom.awake() == set())
    assert title(ask(greenroom, "get-session", session=session_id, in_order=True)) == "second"
    assert greenroom.awake() == set()


def test_a_look_up_after_a_deletion_finds_nothing(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    deletion = ask(greenroom, "delete-session", session=session_id)
    deletion.result(PATIENCE_SECONDS)
    found = ask(greenroom, "get-session", session=session_id, in_order=True)
    answer = found.result(PATIENCE_SECONDS)
    assert answer.ok
    assert answer.data is None


def test_workers_are_looked_up_in_order_too(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    worker = {"type": "terminal", "name": "shell", "desired": "stopped"}
    ask(greenroom, "create-worker", session=session_id, worker=worker)
    found = ask(greenroom, "get-worker", session=session_id, worker="shell", in_order=True)
    assert found.result(PATIENCE_SECONDS).ok


def test_events_show_what_came_before_them(greenroom: House) -> None:
    session_id = greenroom.create(title="first")["id"]
    seen = []
    for number in range(20):
        ask(greenroom, "update-session", session=session_id, updates={"title": str(number)})
        seen.append(ask(greenroom, "get-events", session=session_id, after=1, in_order=True))
    for number, one in enumerate(seen):
        told = [each["updates"]["title"] for each in one.result(PATIENCE_SECONDS).data["events"]]
        assert told[: number + 1] == [str(each) for each in range(number + 1)]
