"""A state is what its journal says, whoever folds it and when."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from storage import fold
from storage.fold import table
from storage.journal.frame import Commit, decode_commit, encode_commit
from storage.journal.log import Draft
from storage.records import event as e
from storage.records.config import SessionConfig
from storage.records.worker import ConversationWorker, TerminalWorker
from storage.state import SessionState
from tests.storage.histories import START, histories, message, session


def folded(drafts: list[Draft], state: SessionState | None = None) -> SessionState:
    state = state or SessionState()
    for at, events, _ in drafts:
        state = fold.apply_all(state, events, at)
    return state


def through_a_journal(drafts: list[Draft]) -> list[Draft]:
    commits = [
        decode_commit(
            encode_commit(
                Commit(n=1, synced=0, prev="00000000", at=at, request=request, events=tuple(events))
            )[:-1]
        )
        for at, events, request in drafts
    ]
    return [(commit.at, commit.events, commit.request) for commit in commits]


@settings(max_examples=30)
@given(histories())
def test_replay_gives_the_state_that_was_live(drafts: list[Draft]) -> None:
    assert folded(through_a_journal(drafts)) == folded(drafts)


@settings(max_examples=30)
@given(histories(), st.integers(0, 14))
def test_a_state_does_not_change_when_another_is_made_from_it(
    drafts: list[Draft], cut: int
) -> None:
    durable = folded(drafts[: cut + 1])
    before = folded(through_a_journal(drafts[: cut + 1]))
    folded(drafts[cut + 1 :], durable)
    assert durable == before


@settings(max_examples=30)
@given(histories(), histories(), st.integers(1, 14))
def test_an_ahead_that_was_dropped_leaves_nothing_in_the_next_one(
    drafts: list[Draft], dropped: list[Draft], cut: int
) -> None:
    durable = folded(drafts[:cut])
    lost: list[Draft] = [
        (START, (e.MessageAdded(message(f"lost-{n}")),), None) for n in range(len(dropped))
    ]
    folded(lost, durable)
    assert folded(drafts[cut:], durable) == folded(through_a_journal(drafts))
    assert all(durable.messages.find(f"lost-{n}") is None for n in range(len(dropped)))


@settings(max_examples=30)
@given(histories())
def test_the_counters_of_the_session_are_those_of_its_parts(drafts: list[Draft]) -> None:
    state = folded(drafts)
    assert state.record.message_count == len(state.messages)
    assert state.record.open_requests == len(state.open_rounds)
    assert state.record.status == fold.derived_status(state.record)
    timers = state.record.timers
    assert list(timers) == sorted(timers, key=lambda one: (one.due, one.timer_id))


def test_every_event_has_its_step() -> None:
    assert set(table._STEPS) == set(e.Event.__args__)


def test_an_event_about_something_that_is_not_there_is_a_fault() -> None:
    state = folded([(START, (e.SessionCreated(session()),), None)])
    for event in (
        e.WorkerStarting("nobody", 0),
        e.MessageUpdated("nothing", {}),
        e.TurnRetried("nothing", 1, 1, "error", 1.0),
        e.ToolCallStarted("nothing", "call"),
        e.RequestCompleted("nothing", "completed"),
    ):
        with pytest.raises(LookupError):
            fold.apply(state, event, START)
    with pytest.raises(LookupError):
        fold.apply(SessionState(), e.WorkerDeleted("any"), START)


@pytest.mark.parametrize(
    ("updates", "status"),
    [
        ({}, "active"),
        ({"desired": "paused"}, "paused"),
        ({"desired": "stopped"}, "inactive"),
        ({"desired": "stopped", "archived": True}, "archived"),
    ],
)
def test_status_follows_from_intent(updates: dict[str, Any], status: str) -> None:
    state = folded([(START, (e.SessionCreated(session()), e.SessionUpdated(updates)), None)])
    assert state.record.status == status


def test_a_session_whose_terminals_have_all_ended_is_inactive() -> None:
    worker = TerminalWorker(id="worker", name="one", created_at=START)
    events = (
        e.SessionCreated(session()),
        e.WorkerCreated(worker),
        e.WorkerEnded("worker", "exited"),
    )
    state = folded([(START, events, None)])
    assert state.record.status == "inactive"
    assert (
        folded([(START, (e.WorkerStarting("worker", 1),), None)], state).record.status == "active"
    )


def test_deleting_and_deleted_are_remembered() -> None:
    state = folded([(START, (e.SessionCreated(session()), e.SessionDeleting()), None)])
    assert (state.deleting, state.deleted) == (True, False)
    assert folded([(START, (e.SessionDeleted(),), None)], state).deleted


def test_a_restored_session_is_stopped_and_nothing_of_it_is_on_its_way() -> None:
    events = (
        e.SessionCreated(session()),
        e.WorkerCreated(TerminalWorker(id="worker", name="one", created_at=START)),
        e.WorkerDeleting("worker"),
        e.SessionDeleting(),
        e.SessionDeleted(),
        e.SessionRestored("trash"),
    )
    state = folded([(START, events, None)])
    assert (state.deleting, state.deleted, state.doomed_workers) == (False, False, frozenset())
    assert (state.record.desired, state.record.status) == ("stopped", "inactive")
    assert [worker.status for worker in state.record.workers] == ["stopped"]


def test_each_change_carries_the_time_of_its_commit() -> None:
    later = START + timedelta(minutes=1)
    state = folded([(START, (e.SessionCreated(session()),), None)])
    assert fold.apply(state, e.MessageAdded(message("one")), later).record.updated_at == later


def test_merging_a_configuration_unsets_with_null_and_keeps_the_rest() -> None:
    before = SessionConfig(model="one", effort="low")
    assert fold.merged(before, {"model": None}) == SessionConfig(effort="low")
    assert fold.merged(None, {"max_tokens": 5}) == SessionConfig(max_tokens=5)


@pytest.mark.parametrize(("ended", "status"), [(False, "active"), (True, "inactive")])
def test_a_conversation_beside_a_set_up_that_waits_is_active(*, ended: bool, status: str) -> None:
    talker = ConversationWorker(id="a", name="conversation", status="running", created_at=START)
    setup = TerminalWorker(
        id="b", name="setup", status="stopped", desired="stopped", created_at=START
    )
    workers = (setup,) if ended else (talker, setup)
    made = replace(session(), workers=workers)
    assert fold.derived_status(made) == status
