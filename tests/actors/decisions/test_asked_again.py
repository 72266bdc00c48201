"""A request that is handed in again under its own id is done once."""

from msgspec.structs import replace

from actors.decisions import table
from actors.decisions.decision import Decision, Until
from storage import codec
from storage.records import event as e
from storage.records import request as r
from tests.actors.decisions.given import ID, Play, talking


def asked(play: Play, text: str, request_id: str | None) -> Decision:
    given = replace(play.given, request_id=request_id)
    verdict = table.decide(play.state, r.Request(session=ID, content=text), given)
    assert isinstance(verdict, Decision)
    return play._take(verdict)


def queued(play: Play) -> int:
    return len(play.state.open_rounds) + len(play.state.rounds)


def test_the_same_id_and_content_attaches_to_the_round_under_way() -> None:
    play = talking()
    asked(play, "build it", "17-job")
    first = play.state.open_rounds[0].id
    again = asked(play, "build it", "17-job")
    assert queued(play) == 1
    assert (again.events, again.effects, again.follows) == ((), (), first)
    assert isinstance(again.reply, Until)


def test_other_content_or_another_id_is_another_request() -> None:
    play = talking()
    asked(play, "build it", "17-job")
    asked(play, "build it", "18-job")
    asked(play, "test it", "17-job")
    assert queued(play) == 3


def test_a_request_without_an_id_of_its_own_is_always_new() -> None:
    play = talking()
    asked(play, "build it", None)
    asked(play, "build it", None)
    assert queued(play) == 2


def test_an_event_of_before_reads_as_without_an_id() -> None:
    play = talking()
    asked(play, "build it", None)
    event = e.RequestQueued("x", play.state.open_rounds[0].request)
    raw = codec.encode(event).replace(b',"request_id":null', b"")
    assert codec.decode(raw, e.Event) == event
