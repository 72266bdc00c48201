"""The directory through messages, on a whole tree: who is awake, held back, refused."""

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from actors.messages.session import Dispatch, Disposed, Idle, Reply
from storage import catalog, sessions_file
from storage.journal.frame import JournalEnd
from storage.journal.log import Journal
from storage.records import request as r
from storage.records.event import WorkerUpdated
from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import House, house, pass_time
from tests.storage.histories import START

PATIENCE_SECONDS = 30.0
IDLE_SECONDS = 60.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def timed(tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    """A tree whose time stands still until the test moves it."""
    with house(tmp_path, clock=clock) as running:
        yield running


def spoil(greenroom: House, session_id: str) -> None:
    """Damage what later lines confirm. The tree must be stopped."""
    path = greenroom.data.session("default", session_id) / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"session-created", b"session-crashed", 1))


# Passivation.


def test_an_idle_session_is_passive_after_a_while_and_woken_by_the_next_request(
    timed: House, clock: FakeClock
) -> None:
    session_id = timed.create(title="Sleepy")["id"]
    clock.advance(IDLE_SECONDS - 1)
    assert timed.get("get-messages", session=session_id)
    clock.advance(2)
    assert timed.get("get-messages", session=session_id)
    assert timed.awake() == {session_id}
    sleep(timed, clock, session_id)
    assert timed.get("get-session", session=session_id)["title"] == "Sleepy"
    assert timed.awake() == set()
    assert timed.get("update-session", session=session_id, updates={"title": "Up"})
    assert timed.awake() == {session_id}


def sleep(timed: House, clock: FakeClock, session_id: str) -> None:
    """Let the time pass until the session is passive."""

    def passive() -> bool:
        if session_id in timed.awake():
            clock.advance(IDLE_SECONDS)
        return session_id not in timed.awake()

    eventually(passive)


def test_passive_sessions_have_no_open_journal(timed: House, clock: FakeClock) -> None:
    session_id = timed.create()["id"]
    sleep(timed, clock, session_id)
    assert timed.room.around.recording._open == {}


def test_a_session_with_a_process_stays_awake(timed: House, clock: FakeClock) -> None:
    session_id, _ = timed.shell()
    for _ in range(5):
        clock.advance(IDLE_SECONDS)
        assert timed.get("get-messages", session=session_id)
    assert session_id in timed.awake()


def test_one_more_request_on_its_way_keeps_a_session_awake(timed: House) -> None:
    session_id = timed.create()["id"]
    assert timed.get("get-messages", session=session_id)
    directory = timed.room.around.directory
    incarnation = timed.ref(session_id).actor_urn
    directory.tell(Idle(session_id, 0))  # said before it came to the request
    assert timed.get("get-messages", session=session_id)
    assert timed.ref(session_id).actor_urn == incarnation
    directory.tell(Idle(session_id, 2))
    eventually(lambda: timed.awake() == set())


def test_requests_during_passivation_are_answered_by_the_next_incarnation(timed: House) -> None:
    session_id = timed.create()["id"]
    for number in range(20):
        assert timed.get("get-messages", session=session_id)
        timed.room.around.directory.tell(Idle(session_id, 4 if number else 1))
        futures = [timed.post(updating(session_id, f"{number}-{n}")) for n in range(3)]
        assert all(future.result(PATIENCE_SECONDS).ok for future in futures)


def updating(session_id: str, text: str) -> dict[str, Any]:
    return {"type": "update-session", "session": session_id, "updates": {"title": text}}


# Boot.


def test_only_sessions_with_something_to_do_are_woken_at_boot(greenroom: House) -> None:
    idle = {greenroom.create()["id"] for _ in range(8)}
    shells = {greenroom.shell()[0] for _ in range(2)}
    ended, worker_id = greenroom.shell(command=["sh", "-c", "exit 3"])
    greenroom.becomes(ended, worker_id, "exited")
    greenroom.again()
    eventually(lambda: greenroom.awake() == shells)
    assert len(greenroom.get("list-sessions")["sessions"]) == len(idle | shells) + 1


def test_sessions_come_back_without_their_projection(greenroom: House) -> None:
    made = {greenroom.create(title=f"t{number}")["id"] for number in range(5)}
    greenroom.stop()
    greenroom.data.sessions_file("default").unlink()
    greenroom.start()
    assert {one["id"] for one in greenroom.get("list-sessions")["sessions"]} == made
    eventually(lambda: len(greenroom.projected() or ()) == 5)


def test_a_broken_projection_is_kept_and_the_sessions_come_back(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    greenroom.stop()
    greenroom.data.sessions_file("default").write_text("{ not json")
    greenroom.start()
    assert greenroom.get("get-session", session=session_id)
    eventually(lambda: greenroom.edits == ["{ not json"])
    assert [one["id"] for one in greenroom.projected() or ()] == [session_id]


@pytest.mark.parametrize("while_it_runs", [True, False])
def test_an_edit_by_hand_is_kept_and_never_written_over(
    greenroom: House, *, while_it_runs: bool
) -> None:
    session_id = greenroom.create(title="Ours")["id"]
    eventually(lambda: len(greenroom.projected() or ()) == 1)
    if not while_it_runs:
        greenroom.stop()
    path = greenroom.data.sessions_file("default")
    edited = path.read_text().replace("Ours", "Theirs")
    path.write_text(edited)
    if not while_it_runs:
        greenroom.start()
    greenroom.get("update-session", session=session_id, updates={"metadata": {"a": 1}})
    eventually(lambda: (greenroom.projected() or [{}])[0].get("metadata") == {"a": 1})
    assert greenroom.edits == [edited]
    assert greenroom.get("get-session", session=session_id)["title"] == "Ours"


def test_a_projection_older_than_the_journals_is_no_loss(greenroom: House) -> None:
    session_id = greenroom.create(title="Old")["id"]
    greenroom.stop()
    old = greenroom.data.sessions_file("default").read_bytes()
    greenroom.start()
    greenroom.get("update-session", session=session_id, updates={"title": "New"})
    later = greenroom.create(title="Later")["id"]
    greenroom.stop()
    greenroom.data.sessions_file("default").write_bytes(old)
    greenroom.start()
    assert greenroom.get("get-session", session=session_id)["title"] == "New"
    assert greenroom.get("get-session", session=later)["title"] == "Later"


# Quarantine.


def test_a_corrupt_journal_concerns_its_session_alone(greenroom: House) -> None:
    bad, good = greenroom.create()["id"], greenroom.create()["id"]
    greenroom.get("update-session", session=bad, updates={"title": "Bad"})
    greenroom.stop()
    spoil(greenroom, bad)
    greenroom.data.sessions_file("default").unlink()
    greenroom.start()
    assert greenroom.get("update-session", session=good, updates={"title": "Good"})
    (found,) = greenroom.get("get-status")["store"]["quarantined"]
    assert found["session_id"] == bad
    assert "journal.jsonl" in found["reason"]


def test_a_session_whose_files_are_gone_is_told_and_can_be_deleted(greenroom: House) -> None:
    session_id = greenroom.create(title="gone")["id"]
    other = greenroom.create(title="there")["id"]
    greenroom.stop()
    shutil.rmtree(greenroom.data.session("default", session_id))
    greenroom.start()
    (told,) = greenroom.get("get-status")["store"]["quarantined"]
    assert told["session_id"] == session_id
    assert "gone" in told["reason"]
    assert greenroom.get("delete-session", session=session_id) == {"deleted": True}
    assert [one["id"] for one in greenroom.get("list-sessions")["sessions"]] == [other]
    greenroom.again()
    assert greenroom.get("get-status")["store"]["quarantined"] == []


def test_a_session_found_corrupt_when_it_wakes_is_refused_and_listed(greenroom: House) -> None:
    bad, good = greenroom.create()["id"], greenroom.create()["id"]
    greenroom.get("update-session", session=bad, updates={"title": "Bad"})
    greenroom.stop()
    spoil(greenroom, bad)
    greenroom.start()  # its length is right, so nobody has looked into it yet
    for _ in range(2):
        assert greenroom.refused("get-messages", session=bad) == "session-quarantined"
    assert greenroom.get("get-messages", session=good)
    (found,) = greenroom.get("get-status")["store"]["quarantined"]
    assert found["session_id"] == bad
    assert found["reason"].startswith(str(greenroom.data.session("default", bad)))


def test_events_that_do_not_fit_are_damage_too_when_it_wakes(greenroom: House) -> None:
    bad = greenroom.create()["id"]
    greenroom.stop()
    entry = catalog.load(greenroom.data, "default").entries[bad]
    journal, _ = Journal.open(greenroom.data.session("default", bad))
    with journal:
        journal.append([(START, (WorkerUpdated("nobody", {"desired": "run"}),), None)])
        entries = [(entry.session, journal.end)]
    path = greenroom.data.sessions_file("default")
    sessions_file.write(path, 99, entries, previous=None, at=START)
    greenroom.start()  # the file names the end of the journal, so that nobody reads it yet
    assert greenroom.refused("get-messages", session=bad) == "session-quarantined"
    (found,) = greenroom.get("get-status")["store"]["quarantined"]
    assert "do not fit together" in found["reason"]
    assert greenroom.state("sessions", bad) != "quarantined"  # it was not tried over and over


def test_a_session_whose_actor_fails_too_often_is_refused_at_once(
    timed: House, clock: FakeClock
) -> None:
    session_id = timed.create()["id"]
    for _ in range(5):
        crash(timed, session_id)
        come_back(timed, clock, session_id, seconds=10.0)
    crash(timed, session_id)
    eventually(lambda: timed.state("sessions", session_id) == "quarantined")
    assert timed.refused("get-messages", session=session_id) == "session-quarantined"
    assert timed.get("get-status")["store"]["quarantined"][0]["session_id"] == session_id
    come_back(timed, clock, session_id, seconds=65.0)
    assert timed.get("get-messages", session=session_id) == {"messages": []}
    assert timed.get("get-status")["store"]["quarantined"] == []


def crash(timed: House, session_id: str) -> None:
    ref = timed.ref(session_id)
    ref.tell("a message that nobody knows")
    eventually(lambda: not ref.is_alive())
    eventually(lambda: timed.state("sessions", session_id) != "running")


def test_requests_held_back_for_one_that_is_given_up_are_refused(
    timed: House, clock: FakeClock
) -> None:
    session_id = timed.create()["id"]
    timed.stop()
    place = timed.data.session("default", session_id)
    timed.start()
    shutil.move(place, place.with_name("elsewhere"))
    waiting = timed.post({"type": "get-messages", "session": session_id})
    answer = waiting.result(PATIENCE_SECONDS)
    assert answer.error is not None
    assert answer.error.code == "session-quarantined"


def come_back(timed: House, clock: FakeClock, session_id: str, *, seconds: float) -> None:
    """Let at most so much time pass in all, until the session runs again.

    While its new actor comes up others have timers too: those must not use up a whole period.
    """
    end = clock.monotonic() + seconds

    def back() -> bool:
        time.sleep(0.05)  # for what needs no time of the clock
        if timed.state("sessions", session_id) != "running":
            pass_time(clock, end - clock.monotonic())
        return timed.state("sessions", session_id) == "running"

    eventually(back)


# Workspaces.


def test_a_workspace_made_while_it_runs_can_be_used(greenroom: House) -> None:
    greenroom.data.workspace("second").mkdir()
    made = greenroom.create(workspace="second", title="There")
    assert made["workspace"] == "second"
    eventually(greenroom.data.sessions_file("second").exists)
    greenroom.again()
    assert greenroom.get("get-session", session="There")["id"] == made["id"]


def test_a_workspace_that_cannot_be_used_is_refused(greenroom: House) -> None:
    elsewhere = greenroom.place / "elsewhere"
    elsewhere.mkdir()
    greenroom.data.workspace("linked").symlink_to(elsewhere)
    code = greenroom.refused(
        "create-session", location_path=str(greenroom.place), workspace="linked"
    )
    assert code == "storage-failed"
    assert greenroom.create()["id"]


# Its own end.


def test_a_directory_that_crashes_comes_back_with_every_session_and_process(
    greenroom: House,
) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    ref: Any = greenroom.room.around.directory.ref
    ref.tell("a message that nobody knows")
    eventually(lambda: greenroom.room.around.directory.ref is not ref)
    eventually(lambda: greenroom.state("sessions") == "running")
    assert greenroom.becomes(session_id, worker_id, "running").process.pid == pid
    assert greenroom.get("update-session", session=session_id, updates={"title": "After"})
    eventually(lambda: (greenroom.projected() or [{}])[0].get("title") == "After")


def test_nobody_is_left_without_an_answer_when_everything_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.gateway.READY_SECONDS", 0.3)
    monkeypatch.setattr("actors.sessions.directory.NEXT_SECONDS", 0.3)
    with house(tmp_path) as greenroom:
        sessions = [greenroom.create()["id"] for _ in range(4)]
        futures: list[Future[Answer]] = []
        begun = threading.Semaphore(0)

        def ask_often(session_id: str) -> None:
            for number in range(60):
                futures.append(greenroom.post(updating(session_id, str(number))))
                futures.append(greenroom.post({"type": "get-status"}))
                begun.release()

        threads = [threading.Thread(target=ask_often, args=(each,)) for each in sessions]
        for thread in threads:
            thread.start()
        assert begun.acquire(timeout=10)
        room = greenroom.room
        assert room.root.stop(PATIENCE_SECONDS)
        for thread in threads:
            thread.join()
        codes = {
            answer.error.code if answer.error else "done"
            for answer in (future.result(PATIENCE_SECONDS) for future in futures)
        }
        assert codes <= {"done", "interrupted", "starting", "storage-failed"}


def test_what_comes_too_late_for_the_directory_is_answered_all_the_same(
    greenroom: House,
) -> None:
    ref: Any = greenroom.room.around.directory.ref
    heard: list[Any] = []
    entered, until = threading.Event(), threading.Event()

    def block(_: Any) -> None:
        entered.set()
        until.wait(10)

    ref.tell(Dispatch(r.ListSessions(), Reply(block)))
    assert entered.wait(10)
    ref.tell("a message that nobody knows")
    ref.tell(Disposed("nobody", "default", JournalEnd(0, 0, ""), (Reply(heard.append),)))
    ref.tell(Dispatch(r.ListSessions(), Reply(heard.append)))
    until.set()
    eventually(lambda: len(heard) == 2)
    assert heard[0].code == "interrupted"
    assert heard[1] == {"sessions": []}
    assert greenroom.room.around.directory.ref is not ref


def test_a_request_that_the_directory_fails_over_is_answered(greenroom: House) -> None:
    ref: Any = greenroom.room.around.directory.ref
    heard: list[Any] = []
    greenroom.room.around.recording.stop()  # as after the recorder's crash
    session_id = "nobody"
    ref.tell(Dispatch(r.GetOutput(session=session_id, worker="none"), Reply(heard.append)))
    eventually(lambda: len(heard) == 1)
    assert heard[0].code == "session-not-found"
    assert greenroom.refused("create-session", location_path=str(greenroom.place))
    assert greenroom.refused("get-status") == "starting"
    greenroom.room.around.recording.start()
