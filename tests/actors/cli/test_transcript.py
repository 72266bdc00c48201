from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.cli.transcript import Transcript


def turn(number: int, text: str, *calls: tuple[str, str]) -> dict[str, Any]:
    tools = [{"tool_call_id": name, "name": name, "args": {}, "status": s} for name, s in calls]
    content = [{"type": "text", "text": text}] if text else []
    return {"number": number, "status": "streaming", "content": content, "tool_calls": tools}


def printed(transcript: Transcript, *turns: dict[str, Any], **answer: Any) -> str:
    spans = [span for each in turns for span in transcript.update(each)]
    return "".join(text for text, _ in [*spans, *transcript.finish(answer)])


def test_only_what_is_new_is_printed() -> None:
    assert printed(Transcript(), turn(1, "Hel"), turn(1, "Hello"), turn(1, "Hello")) == "Hello\n"


def test_a_new_turn_begins_a_paragraph() -> None:
    assert printed(Transcript(), turn(1, "One."), turn(2, "Two.")) == "One.\n\nTwo.\n"


def test_a_tool_call_is_one_line_once_it_ended() -> None:
    calls = [("a.b", "running")], [("a.b", "completed")], [("a.b", "completed")]
    turns = [turn(1, "Look", *each) for each in calls]
    assert printed(Transcript(), *turns) == "Look\ntool a.b {}: completed\n"
    assert "tool a.b {}: running\n" in printed(Transcript(shows_running=True), *turns)


def test_a_turn_that_was_asked_again_is_printed_again() -> None:
    shown = printed(Transcript(), turn(1, "Wrong"), turn(1, "Right"))
    assert shown == "Wrong\n(the model was asked again)\nRight\n"


def test_a_call_that_waits_is_told_once_and_its_text_begins_anew() -> None:
    waiting = turn(1, "") | {"waits_until": "2026-11-21T12:00:05Z", "error": "busy"}
    shown = printed(Transcript(), turn(1, "Wrong"), waiting, waiting, turn(1, "Right"))
    first, note, last = shown.splitlines()
    assert (first, last) == ("Wrong", "Right")
    assert note.startswith("(asked again at ")
    assert note.endswith(": busy)")


def test_an_end_that_is_not_the_models_own_is_told() -> None:
    cut = turn(1, "So f") | {"stop_reason": "max_tokens"}
    shown = printed(Transcript(), cut, turns=[cut])
    assert shown.startswith("So f\n(it was cut off")


def test_what_the_answer_adds_is_printed_too() -> None:
    assert (
        printed(Transcript(), turn(1, "On"), turns=[turn(1, "One"), turn(2, "Two")])
        == "One\n\nTwo\n"
    )
    assert printed(Transcript(), text="All at once") == "All at once\n"
    assert printed(Transcript()) == ""


@given(st.text(alphabet="ab\n"), st.lists(st.integers(0, 20)))
def test_whatever_snapshots_come_the_text_is_printed_once(text: str, cuts: list[int]) -> None:
    turns = [turn(1, text[:cut]) for cut in sorted(cuts)]
    assert printed(Transcript(), *turns, turn(1, text)).rstrip("\n") == text.rstrip("\n")
