"""Events as those outside hear of them."""

from datetime import UTC, datetime
from typing import get_args

from msgspec import structs

from actors.messages.heard import ACTIVITY, ENDED, EVENT_TYPES, heard, is_wanted
from actors.messages.recording import ActivityChanged, Published
from storage import codec
from storage.records import event as e

AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)


def test_each_is_flat_with_its_session_and_its_time() -> None:
    said = Published("s1", 7, AT, (e.SessionUpdated({"title": "x"}), e.SessionDeleted()), None)
    assert codec.builtins(heard(said)) == [
        {
            "n": 7,
            "type": "session-updated",
            "session_id": "s1",
            "timestamp": "2026-11-21T05:40:00Z",
            "updates": {"title": "x"},
        },
        {
            "n": 7,
            "type": "session-deleted",
            "session_id": "s1",
            "timestamp": "2026-11-21T05:40:00Z",
        },
    ]


def test_no_event_has_a_field_that_would_be_hidden() -> None:
    for kind in get_args(e.Event):
        names = {field.name for field in structs.fields(kind)}
        assert not names & {"n", "type", "session_id", "timestamp"}, kind


def test_the_end_of_a_subscription_is_no_event() -> None:
    assert "message-added" in EVENT_TYPES
    assert ENDED not in EVENT_TYPES


def test_what_a_worker_does_is_a_signal_for_those_who_ask_for_it_by_name() -> None:
    told = ActivityChanged("s1", "w1", AT, None)
    (event,) = codec.builtins(heard(told))
    assert event == {
        "type": "worker-activity",
        "session_id": "s1",
        "timestamp": "2026-11-21T05:40:00Z",
        "worker_id": "w1",
        "activity": None,
    }
    assert ACTIVITY in EVENT_TYPES
    assert [is_wanted(ACTIVITY, wanted) for wanted in (None, {"x"}, {ACTIVITY})] == [
        False, False, True
    ]  # fmt: skip
    assert is_wanted("message-added", None)
