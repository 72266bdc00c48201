"""What those who watch all sessions are told."""

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from actors.decisions.app_news import Changed, news
from actors.messages.recording import ActivityChanged, Published
from storage.records import app_message as m
from storage.records import event as e
from storage.records.permission import PermissionRequest
from storage.records.process import ProcessExit, ProcessIdentity
from storage.records.session import QuickSession, ShownStatus
from storage.records.worker import Activity, ConversationWorker, TerminalWorker

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SESSION = QuickSession(id="s", title="t", location_path="/", created_at=AT, updated_at=AT)
PROCESS = ProcessIdentity(boot_id="b", pid=1, start_ticks=1, nonce="n")
TERMINAL = TerminalWorker(id="w", name="shell", process=PROCESS, created_at=AT)
UPDATED = e.SessionUpdated({"title": "x"})


def said(session: Any, *events: Any) -> Published:
    return Published("s", 1, AT, events or (UPDATED,), session)


def hows(*notices: Published, before: ShownStatus | None = "active") -> list[str]:
    statuses: dict[str, ShownStatus] = {"s": before} if before else {}
    found: list[str] = [each.how for each in news(notices, statuses) if isinstance(each, Changed)]
    if notices[-1].session:
        assert statuses == {"s": notices[-1].session.status}
    return found


def test_a_change_is_told_once_however_much_changed() -> None:
    last = replace(SESSION, title="last")
    told = news([said(SESSION), said(SESSION), said(last)], {"s": "active"})
    assert told == [Changed(last, "updated")]


def test_pause_and_resume_have_their_own_names() -> None:
    paused = replace(SESSION, status="paused")
    assert hows(said(paused)) == ["paused"]
    assert hows(said(paused), before="paused") == ["updated"]
    assert hows(said(paused), before=None) == ["updated"]
    assert hows(said(SESSION), before="paused") == ["resumed"]
    assert hows(said(paused), said(SESSION), said(paused)) == ["paused", "resumed", "paused"]


def test_one_that_is_new_or_back_is_created() -> None:
    for event in (
        e.SessionCreated(SESSION),
        e.SessionForked(SESSION),
        e.SessionRestored("trash"),
    ):
        assert hows(said(SESSION, event), before=None) == ["created"]


def test_one_that_goes_is_told_by_its_id() -> None:
    statuses: dict[str, ShownStatus] = {"s": "active"}
    told = news([said(None, e.SessionDeleted())], statuses)
    assert told == [m.SessionDeletedMessage(session_id="s")]
    assert statuses == {}


def restarted(worker: Any, *events: Any) -> bool:
    session = replace(SESSION, workers=(worker,))
    told = news([said(session, *events)], {"s": "active"})
    found = [each for each in told if isinstance(each, m.WorkerRestartedMessage)]
    assert all(each.worker == worker and each.session_id == "s" for each in found)
    return bool(found)


def test_a_worker_that_ran_before_is_restarted() -> None:
    started = e.WorkerStarted("w", PROCESS)
    ended = ProcessExit(code=1, signal=None, cause="exited", at=AT)
    assert not restarted(TERMINAL, started)
    assert not restarted(replace(TERMINAL, exit=ended), UPDATED)
    assert restarted(replace(TERMINAL, exit=ended), started)
    assert restarted(replace(TERMINAL, restarts=1), started)
    talking = ConversationWorker(id="w", name="c", created_at=AT)
    started = e.WorkerStarted("w", None)
    assert not restarted(talking, e.WorkerCreated(talking), started)
    assert not restarted(talking, e.SessionCreated(SESSION), started)
    assert restarted(talking, started)


def test_of_what_a_worker_does_only_the_last_is_told() -> None:
    told = [
        ActivityChanged("s", "w", AT, Activity(state=state, source="screen", since=AT))
        for state in ("active", "idle")
    ]
    other = ActivityChanged("s", "v", AT, None)
    (last, second) = news([*told, other], {})
    assert isinstance(last, m.WorkerActivityMessage)
    assert isinstance(second, m.WorkerActivityMessage)
    assert (last.worker_id, second.worker_id) == ("w", "v")
    assert last.activity == told[1].activity


def test_questions_and_their_answers_are_told() -> None:
    asked = PermissionRequest(
        id="p", session_id="s", tool="t", server="v", hash="", seconds_left=1.0, asked_at=AT
    )
    told = news(
        [
            said(SESSION, e.PermissionRequested(asked)),
            said(SESSION, e.PermissionAnswered("p", "allowed", "cli")),
        ],
        {"s": "active"},
    )
    assert told == [
        m.PermissionRequestedMessage(session_id="s", permission=asked),
        Changed(SESSION, "updated"),
        m.PermissionAnsweredMessage(
            session_id="s", permission_id="p", state="allowed", answered_by="cli"
        ),
    ]
