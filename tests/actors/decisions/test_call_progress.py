from actors.decisions import call_progress
from actors.messages import outcomes as o
from actors.messages.effects import ShowProgress
from storage.records import request as r
from tests.actors.decisions.given import ID, Play, call, talking


def running() -> Play:
    play = talking()
    play.asks()
    play.arrives(call("a"))
    return play


def test_progress_is_shown_to_who_follows_while_the_request_is_open() -> None:
    play = running()
    response_id = play.response
    assert play.decide(o.ToolProgressed(response_id, "a")).events == ()
    assert play.wanted(ShowProgress) == [ShowProgress(response_id)]
    play.decide(r.Cancel(response_id=response_id))
    play.forget()
    play.decide(o.ToolProgressed(response_id, "a"))
    play.decide(o.ToolProgressed("no-such-response", "a"))
    assert play.wanted(ShowProgress) == []


def test_it_stands_at_the_running_call_of_its_response() -> None:
    play = running()
    found = play.round(play.response)
    key = f"{found.id}/a"
    (shown,) = call_progress.with_progress(found, {key: "3 of 10"}).turns[-1].tool_calls
    assert shown.progress == "3 of 10"
    (other,) = call_progress.with_progress(found, {"another/a": "9 of 10"}).turns[-1].tool_calls
    assert other.progress is None
    assert call_progress.with_progress(found, {}) == found
    play.returns("a")
    done = play.round(found.id)
    assert call_progress.with_progress(done, {key: "3 of 10"}) == done
    assert play.session.id == ID
