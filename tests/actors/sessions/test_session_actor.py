"""Sessions through messages, on a whole tree with real journals."""

import os
import signal
import threading
from concurrent.futures import Future
from typing import Any

import pykka

from actors.messages import outcomes as o
from actors.messages.session import Dispatch, Reply
from actors.sessions.session_actor import SessionActor
from storage.errors import StorageFull, SyncFailed
from storage.records import event as e
from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House
from tests.peers.processes import alive

PATIENCE_SECONDS = 30.0
STUBBORN = ["sh", "-c", "trap '' HUP TERM; while :; do sleep 1; done"]
"""Ends 2 s after it was asked to, by SIGKILL."""


def title(session_id: str, text: str) -> dict[str, Any]:
    return {"type": "update-session", "session": session_id, "updates": {"title": text}}


def answers(futures: list["Future[Answer]"]) -> list[Answer]:
    return [future.result(PATIENCE_SECONDS) for future in futures]


def test_a_session_is_made_changed_and_read(greenroom: House) -> None:
    made = greenroom.create(title="First", metadata={"a": 1})
    assert (made["status"], made["desired"], made["workers"]) == ("active", "run", [])
    changed = greenroom.get(
        "update-session", session=made["id"], updates={"title": "Second", "metadata": {"b": 2}}
    )
    assert (changed["title"], changed["metadata"]) == ("Second", {"b": 2})
    assert greenroom.get("get-session", session="Second") == changed
    (listed,) = greenroom.get("list-sessions")["sessions"]
    assert (listed["id"], listed["title"], listed["is_active"]) == (made["id"], "Second", True)


def test_what_a_session_is_wanted_to_do_is_durable(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    for command, desired, status in (
        ("pause-session", "paused", "paused"),
        ("resume-session", "run", "active"),
        ("stop-session", "stopped", "inactive"),
        ("start-session", "run", "active"),
        ("restart-session", "run", "active"),
        ("archive-session", "stopped", "archived"),
        ("unarchive-session", "stopped", "inactive"),
    ):
        found = greenroom.get(command, session=session_id)
        assert (found["desired"], found["status"]) == (desired, status), command
    greenroom.again()
    assert greenroom.record(session_id).desired == "stopped"


def test_an_unknown_session_is_refused_but_read_as_none_and_deleted_as_nothing(
    greenroom: House,
) -> None:
    assert greenroom.refused("pause-session", session="nobody") == "session-not-found"
    assert greenroom.get("get-session", session="nobody") is None
    assert greenroom.get("delete-session", session="nobody") == {"deleted": False}
    assert greenroom.refused("get-response", response_id="nobody-1") == "response-not-found"


def test_commands_under_way_share_a_sync_and_are_answered_in_order(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    journal = greenroom.faulty(session_id)
    journal.hold.clear()
    order: list[str] = []
    futures = [greenroom.post(title(session_id, "t0"))]
    assert journal.entered.acquire(timeout=10)
    futures += [greenroom.post(title(session_id, f"t{number}")) for number in range(1, 10)]
    for future in futures:
        future.add_done_callback(lambda done: order.append(done.result().data.title))
    eventually(lambda: _waiting(session_id) == 9)
    journal.hold.set()
    assert all(answer.ok for answer in answers(futures))
    assert order == [f"t{number}" for number in range(10)]
    assert journal.batches == [1, 9]
    assert greenroom.record(session_id).title == "t9"
    eventually(
        lambda: [(one["title"], one["n"]) for one in greenroom.projected() or ()] == [("t9", 11)]
    )


def test_everybody_hears_of_what_is_durable_also_when_an_answer_fails(
    greenroom: House,
) -> None:
    session_id = greenroom.create()["id"]
    heard: list[Any] = []
    greenroom.room.around.broadcaster.subscribe(heard.append)
    journal = greenroom.faulty(session_id)
    journal.hold.clear()
    first = greenroom.post(title(session_id, "t0"))
    assert journal.entered.acquire(timeout=10)
    greenroom.room.gateway.hand_in(title(session_id, "t1"), lambda _: 1 / 0)
    later = [greenroom.post(title(session_id, text)) for text in ("t2", "t3")]
    eventually(lambda: _waiting(session_id) == 3)
    assert heard == []  # nothing of it is on the disk
    journal.hold.set()
    assert answers([first])[0].ok
    answers(later)
    assert [event.updates["title"] for told in heard for event in told.events] == [
        "t0",
        "t1",
        "t2",
        "t3",
    ]
    assert greenroom.record(session_id).title == "t3"


def _waiting(session_id: str) -> int:
    """What its actor has not come to, since it writes."""
    refs = pykka.ActorRegistry.get_by_class(SessionActor)
    actors: list[Any] = [ref._actor_weakref() for ref in refs]
    return sum(one.actor_inbox.qsize() for one in actors if one.session_id == session_id)


def test_a_failed_append_refuses_all_under_way_until_the_disk_takes_changes_again(
    greenroom: House,
) -> None:
    session_id = greenroom.create(title="Before")["id"]
    journal = greenroom.faulty(session_id)
    journal.failures = [StorageFull("no space left")]
    journal.hold.clear()
    futures = [greenroom.post(title(session_id, "t0"))]
    assert journal.entered.acquire(timeout=10)
    futures += [greenroom.post(title(session_id, f"t{number}")) for number in range(1, 5)]
    futures.append(greenroom.post({"type": "pause-session", "session": "nobody"}))
    eventually(lambda: _waiting(session_id) == 4)
    journal.hold.set()
    *refused, unknown = answers(futures)
    assert {answer.error.code for answer in refused if answer.error} == {"storage-full"}
    assert all(not answer.ok for answer in refused)
    assert unknown.error is not None
    assert unknown.error.code == "session-not-found"
    assert greenroom.get("get-session", session=session_id)["title"] == "Before"
    eventually(lambda: greenroom.ask(title(session_id, "After")).ok)
    assert [type(event) for event in greenroom.journal(session_id)] == [
        e.SessionCreated,
        e.SessionUpdated,
    ]


def test_a_refusal_waits_for_the_sync_that_it_rests_on(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    journal = greenroom.faulty(session_id)
    journal.failures = [SyncFailed("the disk did not confirm")]
    journal.hold.clear()
    wanted = {"type": "conversation", "name": "talk"}
    futures = [
        greenroom.post({"type": "create-worker", "session": session_id, "worker": wanted}),
        greenroom.post({"type": "create-worker", "session": session_id, "worker": wanted}),
    ]
    assert journal.entered.acquire(timeout=10)
    assert not any(future.done() for future in futures)
    journal.hold.set()
    # That the name is taken was decided on what never came to be, so it is decided anew.
    first, second = answers(futures)
    assert first.error is not None
    assert first.error.code == "storage-failed"
    assert second.ok
    assert len(greenroom.record(session_id).workers) == 1


def test_a_creation_that_cannot_be_written_leaves_nothing(greenroom: House) -> None:
    place = greenroom.data.sessions("default")
    place.rmdir()
    place.touch()
    answer = greenroom.ask({"type": "create-session", "location_path": str(greenroom.place)})
    assert answer.error is not None
    eventually(lambda: greenroom.awake() == set())
    place.unlink()
    place.mkdir()
    assert greenroom.create()["id"] in greenroom.awake()


def test_a_message_too_large_is_refused_and_the_session_lives_on(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    message = {"role": "user", "content": "x" * (5 << 20)}
    assert greenroom.refused("add-message", session=session_id, message=message) == "too-large"
    small = {"role": "user", "content": "small"}
    assert greenroom.get("add-message", session=session_id, message=small)["message_count"] == 1


def test_a_session_too_large_to_begin_is_refused_and_leaves_nothing(greenroom: House) -> None:
    metadata = {"much": "x" * (5 << 20)}
    code = greenroom.refused(
        "create-session", location_path=str(greenroom.place), metadata=metadata
    )
    assert code == "too-large"
    eventually(lambda: greenroom.awake() == set())
    assert list(greenroom.data.sessions("default").iterdir()) == []


def test_a_request_that_the_actor_fails_over_is_answered_and_the_next_one_works(
    greenroom: House,
) -> None:
    """A bug, as a broken clock would be."""
    session_id = greenroom.create()["id"]
    future: Future[Any] = Future()
    unheard: Any = object()
    greenroom.ref(session_id).tell(Dispatch(unheard, Reply(future.set_result)))
    assert future.result(PATIENCE_SECONDS).code == "internal-error"
    assert greenroom.get("update-session", session=session_id, updates={"title": "After"})
    node = greenroom.node("sessions", session_id)
    assert node is not None
    assert node.restarts == 1


def test_requests_that_come_while_the_actor_crashes_are_answered_by_the_next(
    greenroom: House,
) -> None:
    session_id = greenroom.create()["id"]
    futures: list[Future[Answer]] = []
    lock = threading.Lock()

    def ask_often(thread: int) -> None:
        for number in range(25):
            future = greenroom.post(title(session_id, f"{thread}-{number}"))
            with lock:
                futures.append(future)

    threads = [threading.Thread(target=ask_often, args=(number,)) for number in range(8)]
    for thread in threads[:4]:
        thread.start()
    greenroom.ref(session_id).tell("a message that nobody knows")
    for thread in threads[4:]:
        thread.start()
    for thread in threads:
        thread.join()
    settled = answers(futures)
    assert len(settled) == 200
    refused = {answer.error.code for answer in settled if answer.error}
    assert refused <= {"interrupted"}  # those under way at the crash
    done = sum(answer.ok for answer in settled)
    assert done > 0
    written = [one for one in greenroom.journal(session_id) if isinstance(one, e.SessionUpdated)]
    assert len(written) >= done


def test_what_is_under_way_at_a_crash_is_settled_before_the_next_start(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    journal = greenroom.faulty(session_id)
    journal.hold.clear()
    future = greenroom.post(title(session_id, "Under way"))
    assert journal.entered.acquire(timeout=10)
    greenroom.ref(session_id).tell("a message that nobody knows")
    later = greenroom.post(title(session_id, "Later"))
    journal.hold.set()
    assert all(answer.ok for answer in answers([future, later]))
    assert greenroom.record(session_id).title == "Later"


def test_a_failing_disk_at_a_crash_leaves_nobody_waiting(greenroom: House) -> None:
    """The last collect itself fails; whoever waits for something else is told all the same."""
    session_id, worker_id = greenroom.shell(command=STUBBORN)
    stop = greenroom.post({"type": "stop-session", "session": session_id})
    eventually(lambda: greenroom.record(session_id).desired == "stopped")
    journal = greenroom.faulty(session_id)
    journal.hold.clear()
    journal.failures = [StorageFull("no space left")]
    ref = greenroom.ref(session_id)
    ref.tell(o.WorkerGaveUp(worker_id, "an outcome, which nobody asked for"))
    ref.tell("a message that nobody knows")
    assert journal.entered.acquire(timeout=10)
    journal.hold.set()
    (answer,) = answers([stop])
    assert answer.error is not None
    assert answer.error.code == "interrupted"
    greenroom.becomes(session_id, worker_id, "stopped")


def test_an_outcome_that_cannot_be_written_is_owed_and_written_later(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "read x; exit 3"])
    journal = greenroom.faulty(session_id)
    journal.hold.clear()
    journal.failures = [StorageFull("no space left")]
    typing = greenroom.post(
        {"type": "write-input", "session": session_id, "worker": worker_id, "data": "x"}
    )
    assert journal.entered.acquire(timeout=10)
    os.kill(greenroom.worker(session_id, worker_id).process.pid, signal.SIGTERM)
    eventually(lambda: _waiting(session_id) >= 1)
    journal.hold.set()
    (answer,) = answers([typing])
    assert answer.error is not None
    assert answer.error.code == "storage-full"
    ended = greenroom.becomes(session_id, worker_id, "exited")
    assert ended.exit.signal == signal.SIGTERM


def test_nobody_who_deletes_twice_is_left_without_an_answer(greenroom: House) -> None:
    for _ in range(5):
        session_id = greenroom.create()["id"]
        journal = greenroom.faulty(session_id)
        journal.hold.clear()
        order = {"type": "delete-session", "session": session_id}
        futures = [greenroom.post(order) for _ in range(6)]
        journal.hold.set()
        futures += [greenroom.post(order) for _ in range(6)]
        found = [answer.data["deleted"] for answer in answers(futures) if answer.ok]
        assert len(found) == 12
        assert found[0] is True


def test_a_deleted_session_is_whole_in_the_trash_and_gone_from_the_rest(
    greenroom: House,
) -> None:
    session_id, worker_id = greenroom.shell()
    greenroom.shows(session_id, worker_id, "$ ")
    pid = greenroom.worker(session_id, worker_id).process.pid
    assert greenroom.get("delete-session", session=session_id) == {"deleted": True}
    assert not alive(pid)
    assert list(greenroom.data.sessions("default").iterdir()) == []
    (kept,) = greenroom.data.trash("default").iterdir()
    assert kept.name.startswith(f"{session_id}-")
    assert (kept / "journal.jsonl").exists()
    assert list((kept / "terminals" / worker_id).iterdir())
    eventually(lambda: greenroom.projected() == [])
    assert greenroom.get("get-session", session=session_id) is None
    assert greenroom.awake() == set()


def test_a_deletion_cut_short_before_the_trash_is_finished_at_the_next_start(
    greenroom: House,
) -> None:
    kept, gone = greenroom.create()["id"], greenroom.create()["id"]
    greenroom.stop()
    greenroom.add_to_journal(gone, e.SessionDeleting(), e.SessionDeleted())
    greenroom.start()
    eventually(
        lambda: [path.name for path in greenroom.data.sessions("default").iterdir()] == [kept]
    )
    assert [path.name for path in greenroom.data.trash("default").iterdir()] == [f"{gone}-2"]
    assert greenroom.get("get-session", session=gone) is None


def test_a_deletion_cut_short_before_its_end_is_finished_at_the_next_start(
    greenroom: House,
) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    greenroom.stop()
    greenroom.add_to_journal(session_id, e.SessionDeleting())
    greenroom.start()
    eventually(lambda: list(greenroom.data.sessions("default").iterdir()) == [])
    assert not alive(pid)


def test_a_session_that_is_being_deleted_is_not_found(greenroom: House) -> None:
    session_id, _ = greenroom.shell(command=STUBBORN)
    deletion = greenroom.post({"type": "delete-session", "session": session_id})
    assert greenroom.refused("pause-session", session=session_id) == "session-not-found"
    assert deletion.result(PATIENCE_SECONDS).data == {"deleted": True}
