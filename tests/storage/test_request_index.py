"""What the requests journal says, folded from plain events."""

import pytest
from msgspec import Raw

from storage import request_index as index
from storage.records import event as e
from storage.request_index import Conflict, New, Place, RememberedIds, RequestIndex, Same

ONE, OTHER = "1" * 64, "2" * 64
MONDAY, TUESDAY = "2026-11-23", "2026-11-24"


def at(day: str = MONDAY, offset: int = 0) -> Place:
    return Place(day, offset, 10)


def folded(*events: e.RequestEvent, day: str = MONDAY) -> RequestIndex:
    made = RequestIndex()
    for number, event in enumerate(events):
        made.apply(event, at(day, number))
    return made


def accepted(request_id: str = "mine", sha256: str | None = ONE) -> e.RequestAccepted:
    return e.RequestAccepted(request_id=request_id, sha256=sha256, session_id="made")


def answered(request_id: str = "mine", attachment: str | None = None) -> e.RequestAnswered:
    return e.RequestAnswered(request_id=request_id, answer=Raw(b"{}"), attachment=attachment)


def test_a_request_is_open_from_its_acceptance_until_its_answer_is_published() -> None:
    found = folded(accepted())
    assert found.open["mine"] == index.OpenRequest(day=MONDAY, sha256=ONE, session_id="made")
    found.apply(answered(), at(TUESDAY, 7))
    assert found.open["mine"].answer == at(TUESDAY, 7)
    assert found.needs(MONDAY)
    assert found.needs(TUESDAY)
    found.apply(e.AnswerPublished("mine"), at(TUESDAY))
    assert found.open == {}
    assert not found.needs(MONDAY)


def test_an_id_is_remembered_with_what_was_asked_and_where_its_answer_stands() -> None:
    found = folded(accepted())
    assert found.ids.judge("mine", ONE) == Same(None)
    assert found.ids.judge("mine", OTHER) == Conflict()
    assert found.ids.judge("else", ONE) == New()
    found.apply(answered(), at(TUESDAY, 7))
    found.apply(e.AnswerPublished("mine"), at(TUESDAY))
    assert found.ids.judge("mine", ONE) == Same(at(TUESDAY, 7))
    assert found.forget(TUESDAY) == frozenset()
    assert "mine" in found.ids
    found.forget(MONDAY)
    assert found.ids.judge("mine", OTHER) == New()
    assert len(found.ids) == 0


def test_ids_that_greenroom_gave_are_not_remembered_but_counted() -> None:
    found = folded(accepted("17-job", None), accepted("9-job", None), accepted("99-mine"))
    assert "17-job" not in found.ids
    assert found.highest == 17


def test_what_a_lost_day_began_is_passed_over() -> None:
    found = folded(answered(), e.AnswerPublished("mine"), answered("else"))
    assert found.open == {}
    assert found.ids.judge("mine", ONE) == New()


def test_an_attachment_goes_with_the_last_day_that_names_it() -> None:
    found = folded(accepted("a"), answered("a", "both"), accepted("b"), answered("b", "one"))
    found.apply(answered("a", "both"), at(TUESDAY))
    assert found.forget(MONDAY) == {"one"}
    assert found.forget(TUESDAY) == {"both"}
    assert found.forget(TUESDAY) == frozenset()


def test_events_of_sessions_mean_nothing_here() -> None:
    assert folded(e.SessionDeleted()).open == {}  # type: ignore[arg-type]  # a journal holds both


def test_any_front_can_remember_ids() -> None:
    ids = RememberedIds()
    ids.begin("key", ONE, MONDAY)
    ids.begin("key", OTHER, MONDAY)
    ids.answered("key", at())
    ids.answered("unknown", at())
    assert ids.judge("key", ONE) == Same(at())
    ids.withdraw("key")
    ids.withdraw("key")
    assert ids.judge("key", OTHER) == New()


def test_content_is_the_same_in_any_order() -> None:
    one = index.content_sha256({"type": "x", "a": {"b": 1, "c": [1, 2]}})
    assert one == index.content_sha256({"a": {"c": [1, 2], "b": 1}, "type": "x"})
    assert one != index.content_sha256({"type": "x", "a": {"b": 1, "c": [2, 1]}})


@pytest.mark.parametrize(
    ("request_id", "counter", "stem"),
    [("17-job", 17, "job"), ("17-a-b.c", 17, "a-b.c"), ("job", 0, ""), ("x1-job", 0, "job")],
)
def test_an_id_that_greenroom_gave_says_its_counter_and_file(
    request_id: str, counter: int, stem: str
) -> None:
    assert index.counter_of(request_id) == counter
    assert index.stem_of(request_id) == stem


def test_nobody_waits_for_what_is_asked_under_a_key() -> None:
    """It is done when it is asked for again; its day goes like any other."""
    mine = index.id_of_key("mine")
    found = folded(accepted(mine))
    assert index.is_keyed(mine)
    assert not index.is_keyed("mine")
    assert found.open[mine].session_id == "made"
    assert found.ids.judge(mine, ONE) == Same(None)
    assert not found.needs(MONDAY)
    found.forget(MONDAY)
    assert found.open == {}
    assert found.ids.judge(mine, ONE) == New()
