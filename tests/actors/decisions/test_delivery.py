"""A prompt's way into an agent: what is done at each moment, and what never is."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.decisions import delivery as dv
from actors.messages import deliveries as d
from storage.records.delivery import Delivery, DeliveryState, Prompt
from tests.actors.decisions.delivery_world import ASKS, FOOTER, Program, World, rules
from tests.actors.decisions.given import NOW

TEXT = "Fix the login, please."
AT = 100.0
TIMES = dv.DeliveryTimes()
TYPING: DeliveryState = "typing"
SUBMITTING: DeliveryState = "submitting"


def prompt(state: DeliveryState = "queued", text: str = TEXT, **fields: Any) -> Prompt:
    told = {name: fields.pop(name) for name in ("attempts", "presses") if name in fields}
    delivery = Delivery(response_id="r", state=state, since=NOW, **told)
    return Prompt(id="r", worker_id="w", text=text, delivery=delivery, **fields)


def glance(*lines: str, at: float = AT, takes_paste: bool = True) -> dv.Glance:
    return dv.Glance(at=at, offset=10, lines=lines, row=len(lines), col=0, takes_paste=takes_paste)


def course(of: Prompt, seen: dv.Glance | None = None, **fields: Any) -> dv.Course:
    """Begun at AT, with output that was settled long before."""
    begun = dv.begin(of, AT, end=10)
    begun = replace(begun, wrote_at=AT - 5.0)
    if seen is not None:
        begun = dv.looked(begun, seen, rules())
    return replace(begun, **fields)


def action(of: dv.Course, at: float = AT, **more: Any) -> dv.Action:
    return dv.next_action(of, at, rules(**more))


# Before it is typed.


def test_it_looks_before_it_types_and_types_when_the_screen_is_at_rest() -> None:
    assert action(course(prompt())) == dv.LookNow()
    ready = course(prompt(), glance("> ", FOOTER))
    assert action(ready) == d.TypeIt(pasted=True, seen=0)
    again = course(prompt(), glance(f"> {TEXT}", "* heard it", "> ", FOOTER))
    assert action(again) == d.TypeIt(pasted=True, seen=1)


def test_it_waits_for_the_end_of_output_and_for_the_first_word() -> None:
    writing = dv.wrote(course(prompt(), glance("> ")), 20, AT + 1)
    assert action(writing, AT + 1) == dv.WaitUntil(AT + 1 + TIMES.settle_seconds)
    silent = dv.begin(prompt(), AT)
    assert action(silent) == dv.WaitUntil(AT + TIMES.silent_seconds)
    assert action(silent, AT + TIMES.silent_seconds) == dv.LookNow()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"held": "ann types there"}, "ann types there"),
        ({"asked": "May I?"}, "the agent asks: May I?"),
        ({"glance": glance(ASKS)}, f"the agent asks: {ASKS}"),
    ],
)
def test_nothing_is_typed_into_a_question_or_a_persons_typing(
    fields: dict[str, Any], why: str
) -> None:
    waits = course(prompt(), glance("> "), **fields)
    late = AT + TIMES.ready_seconds
    assert action(waits) == dv.WaitUntil(late)
    end = action(waits, late)
    assert isinstance(end, d.EndIt)
    assert (end.state, end.code) == ("failed", "prompt-not-accepted")
    assert f"nothing was typed: {why}" in end.evidence


def test_a_question_is_none_of_its_words_before_it_is_typed() -> None:
    quoting = course(prompt(text=f"If it says: {ASKS}, say yes"), glance(ASKS))
    assert action(quoting) == dv.WaitUntil(AT + TIMES.ready_seconds)


def test_handed_over_again_it_is_compared_with_the_screen_it_was_typed_upon() -> None:
    ready = course(prompt(), glance("> ", FOOTER))
    typing = replace(dv.recorded(ready, prompt("typing", number=1, attempts=1), AT), sent_at=AT)
    shown = dv.looked(typing, glance("> ****", FOOTER, at=AT + 1), rules())
    again = dv.recorded(shown, shown.prompt, AT + 1)
    assert again == shown
    end = action(again, AT + TIMES.shown_seconds)
    assert isinstance(end, d.EndIt)


def test_words_of_its_own_are_no_question_of_the_agents() -> None:
    own = prompt("typed", f"Answer it: {ASKS}", mark=0)
    assert action(course(own, glance(f"> Answer it: {ASKS}"))) == d.SubmitIt()


def test_what_stands_above_the_input_line_is_asked_no_more() -> None:
    said = course(prompt(), glance(f"* {ASKS}", "> ", FOOTER))
    assert action(said) == dv.WaitUntil(AT + TIMES.ready_seconds)
    assert action(said, taking=(r"^> ",)) == d.TypeIt(pasted=True, seen=0)


def test_several_lines_are_not_typed_where_the_first_would_be_submitted() -> None:
    for text in ("two\nlines", "a\ttab"):
        waits = course(prompt(text=text), glance("> ", takes_paste=False))
        late = AT + TIMES.shown_seconds
        assert action(waits) == dv.WaitUntil(late)
        end = action(waits, late)
        assert isinstance(end, d.EndIt)
        assert "send one line" in end.evidence
    ready = course(prompt(), glance("> ", takes_paste=False))
    assert action(ready) == d.TypeIt(pasted=False, seen=0)


# Typed, and shown or not.


def test_what_is_shown_is_typed_and_then_submitted() -> None:
    typing = course(prompt("typing", attempts=1), sent_at=AT)
    assert action(typing, AT + 1) == dv.LookNow()
    shown = dv.looked(typing, glance(f"> {TEXT}", FOOTER, at=AT + 1), rules())
    assert action(shown, AT + 1) == d.ItStands("the screen shows it", 1)
    cursor = replace(glance(f"> {TEXT}", FOOTER, at=AT + 1), row=0, col=2 + len(TEXT))
    behind = action(dv.looked(typing, cursor, rules()), AT + 1)
    assert behind == d.ItStands("the screen shows it, with the cursor behind it", -1)
    assert action(course(prompt("typed", mark=1), glance(f"> {TEXT}", FOOTER))) == d.SubmitIt()


def test_a_placeholder_for_a_paste_is_the_text() -> None:
    typing = course(prompt("typing", "one\ntwo\nthree", attempts=1), sent_at=AT)
    seen = dv.looked(typing, glance("> [Pasted #1 +3 lines]", at=AT + 1), rules())
    assert isinstance(action(seen, AT + 1, placeholders=("[Pasted #",)), d.ItStands)


def test_it_is_typed_again_only_where_certainly_nothing_was_shown() -> None:
    late = AT + TIMES.shown_seconds
    empty = glance("> ", FOOTER, at=AT + 1)
    typing = course(prompt("typing", attempts=1), empty, sent_at=AT, before=empty.lines)
    assert action(typing, AT + 2) == dv.WaitUntil(late)
    assert action(typing, late) == d.TypeIt(pasted=True, seen=0)
    for other in (
        replace(typing, before=("something", "else")),
        replace(typing, before=None),
        replace(typing, prompt=prompt("typing", attempts=3)),
        replace(typing, prompt=prompt("typing", "two\nlines", attempts=1)),
        replace(typing, held="ann types there"),
        replace(typing, asked="May I?"),
    ):
        end = action(other, late)
        assert isinstance(end, d.EndIt)
        assert end.code == ("outcome-unknown" if other.before is None else "prompt-not-accepted")
        assert FOOTER in end.evidence


def test_it_is_submitted_only_while_it_stands_there() -> None:
    typed = course(prompt("typed", mark=1), glance("> ", FOOTER))
    late = AT + TIMES.shown_seconds
    assert action(typed) == dv.WaitUntil(late)
    end = action(typed, late)
    assert isinstance(end, d.EndIt)
    assert end.code == "outcome-unknown"
    stands = course(prompt("typed", mark=1), glance(f"> {TEXT}", FOOTER))
    for fields in ({"held": "ann types there"}, {"asked": "May I?"}):
        assert isinstance(action(replace(stands, **fields)), dv.WaitUntil)
        end = action(replace(stands, **fields), AT + TIMES.ready_seconds)
        assert isinstance(end, d.EndIt)
        assert "not submitted" in end.evidence


# Submitted, and accepted or not.


def test_what_has_left_the_input_line_is_accepted() -> None:
    gone = glance(f"> {TEXT}", "* heard it", "> ", FOOTER)
    end = action(course(prompt("submitted", mark=1, presses=1), gone))
    assert isinstance(end, d.EndIt)
    assert (end.state, end.code) == ("accepted", None)
    assert "* heard it" in end.evidence


def test_what_a_question_hides_has_not_left_the_input_line() -> None:
    submitted = prompt("submitted", mark=1, presses=1)
    late = AT + TIMES.ready_seconds
    hidden = course(submitted, glance("* at work", ASKS))
    assert action(hidden) == dv.WaitUntil(late)
    end = action(hidden, late)
    assert isinstance(end, d.EndIt)
    assert (end.state, end.code) == ("failed", "outcome-unknown")
    taken = action(course(submitted, glance(f"> {TEXT}", "* at work", ASKS)))
    assert isinstance(taken, d.EndIt)
    assert taken.state == "accepted"


def test_an_agent_that_reports_is_waited_for_and_believed_at_once() -> None:
    gone = glance(f"> {TEXT}", "* heard it", "> ", FOOTER)
    submitted = course(prompt("submitted", mark=1, presses=1), gone)
    late = AT + TIMES.report_seconds
    assert action(submitted, reports=True) == dv.WaitUntil(late)
    silent = action(submitted, late, reports=True)
    assert isinstance(silent, d.EndIt)
    assert "it reported nothing" in silent.evidence
    told = d.EndIt("accepted", f"the agent reported it: {TEXT}")
    for state in ("typing", "typed", "submitting", "submitted"):
        assert action(course(prompt(state), reported=TEXT)) == told
    assert action(course(prompt("queued"), reported=TEXT)) == dv.LookNow()


def test_the_key_is_pressed_again_only_while_it_stands_and_nothing_is_asked() -> None:
    stands = course(prompt("submitted", mark=1, presses=1), glance(f"> {TEXT}", FOOTER))
    again = AT + TIMES.react_seconds
    assert action(stands) == dv.WaitUntil(again)
    assert action(stands, again) == d.SubmitIt()
    for fields in ({"held": "ann types there"}, {"asked": "May I?"}):
        assert isinstance(action(replace(stands, **fields), again), dv.WaitUntil)
    pressed = replace(stands, prompt=prompt("submitted", mark=1, presses=3))
    end = action(pressed, again)
    assert isinstance(end, d.EndIt)
    assert (end.state, end.code) == ("failed", "prompt-not-accepted")


def test_half_a_redraw_is_looked_at_twice() -> None:
    submitted = course(prompt("submitted", mark=1, presses=1))
    blank = replace(glance("", at=AT + 0.1), offset=20)
    drawing = dv.looked(dv.wrote(submitted, 20, AT + 0.1), blank, rules())
    again = AT + 0.1 + TIMES.settle_seconds
    writing = dv.wrote(drawing, 21, again)
    assert action(drawing, AT + 0.2) == dv.WaitUntil(again)
    assert action(replace(drawing, wrote_at=again), again) == dv.LookNow()
    twice = dv.looked(writing, replace(blank, at=again, offset=21), rules())
    assert isinstance(action(twice, again), d.EndIt)


@pytest.mark.parametrize(
    ("state", "code", "step"),
    [
        ("typing", "input-held", d.PutItBack("queued", "why")),
        ("submitting", "input-held", d.PutItBack("typed", "why")),
        ("typing", "number-passed", d.PutItBack("queued", "why")),
        ("typing", "input-full", d.EndIt("failed", "nothing was typed: why", dv.NOT_ACCEPTED)),
        (
            "submitting",
            "input-full",
            d.EndIt("failed", "it stands in the input line, not submitted: why", dv.NOT_ACCEPTED),
        ),
        ("typing", "outcome-unknown", d.EndIt("failed", "why", dv.UNKNOWN)),
    ],
)
def test_input_that_the_host_refuses(state: DeliveryState, code: str, step: d.Step) -> None:
    assert dv.refused(course(prompt(state)), code, "why") == step


def test_a_host_that_says_nothing_is_not_waited_for_for_ever() -> None:
    for state in ("typing", "submitting"):
        waits = course(prompt(state), asked_at=AT)
        assert action(waits) == dv.WaitUntil(AT + TIMES.ask_seconds)
        late = AT + TIMES.ready_seconds
        end = action(waits, late)
        assert isinstance(end, d.EndIt)
        assert end.code == "outcome-unknown"
    assert action(course(prompt("submitting"), sent_at=AT)) == d.KeyPressed()


def test_what_may_have_been_typed_before_a_crash_is_asked_about_and_not_typed() -> None:
    for state, back in ((TYPING, "queued"), (SUBMITTING, "typed")):
        resumed = dv.begin(prompt(state), AT)
        assert action(resumed) == dv.AskHost()
        asked = dv.asked(resumed, AT)
        assert action(asked) == dv.WaitUntil(AT + TIMES.ask_seconds)
        assert action(asked, AT + TIMES.ask_seconds) == dv.AskHost()
        step = dv.not_typed(asked)
        assert isinstance(step, d.PutItBack)
        assert step.state == back


def test_a_question_that_begins_while_no_daemon_runs_is_not_answered() -> None:
    for cut in range(4):
        program = Program(asks_from=1010.0, asks_until=1040.0)
        world = World(program, TEXT, rules())
        for number, _ in enumerate(world.steps()):
            if number == cut:
                break
        world.crash(15.0)
        told = world.run().delivery
        assert told.state in {"accepted", "failed"}
        assert program.said == ([TEXT] if told.state == "accepted" else [])
        assert program.answered == []


# What can be typed at all.


@pytest.mark.parametrize(
    "text", ["", " \n", "a\x1b[201~b", "\x03", "a\0b", "\x7f", "\x9b31m", "\r", "\ud800"]
)
def test_what_would_be_obeyed_cannot_be_typed(text: str) -> None:
    assert dv.problem_of(text)


@given(st.text(st.characters(codec="utf-8")))
def test_what_can_be_typed_holds_no_sequence(text: str) -> None:
    if dv.problem_of(text) is None:
        assert not set(map(ord, text)) & ({*range(0x20), *range(0x7F, 0xA0)} - {9, 10})


# From the beginning to the end.


@pytest.mark.parametrize(
    ("program", "state", "attempts", "presses"),
    [
        (Program(), "accepted", 1, 1),
        (Program(late=2.0), "accepted", 1, 1),
        (Program(deaf_until=1005.0), "accepted", 2, 1),
        (Program(lost_enters=2), "accepted", 1, 3),
        (Program(asks_from=0.0, asks_until=1030.0), "accepted", 1, 1),
        (Program(asks_from=0.0, asks_until=2000.0), "failed", 0, 0),
        (Program(lost_enters=9), "failed", 1, 3),
        (Program(blind=True), "failed", 3, 0),
    ],
    ids=["plain", "late", "deaf", "loses-enters", "asks", "asks-on", "stuck", "blind"],
)
def test_programs_with_their_weaknesses(
    program: Program, state: str, attempts: int, presses: int
) -> None:
    done = World(program, TEXT, rules()).run().delivery
    assert (done.state, done.attempts, done.presses) == (state, attempts, presses)
    assert program.said == ([TEXT] if state == "accepted" else [])
    assert program.answered == []


MOMENTS = st.floats(0.0, 30.0)
PROGRAMS = st.builds(
    lambda deaf, ask, asks, late, blind, lost: Program(
        deaf_until=1000 + deaf,
        asks_from=1000 + ask,
        asks_until=1000 + ask + asks,
        late=late,
        blind=blind,
        lost_enters=lost,
    ),
    st.sampled_from([0.0, 3.0, 9.0]),
    st.sampled_from([0.0, 50.0]),
    st.sampled_from([0.0, 10.0, 500.0]),
    st.sampled_from([0.0, 0.3, 2.0]),
    st.booleans(),
    st.integers(0, 4),
)


@settings(max_examples=200, deadline=None)
@given(PROGRAMS, st.dictionaries(st.integers(0, 14), st.sampled_from([1.0, 60.0]), max_size=6))
def test_it_is_never_submitted_twice_and_never_typed_into_a_question(
    program: Program, crashes: dict[int, float]
) -> None:
    """Cut off for so long at any steps, before one is recorded or before it is taken."""
    world = World(program, TEXT, rules())
    number = 0
    while not world.is_over:
        for _ in world.steps():
            number += 1
            if number - 1 in crashes:
                world.crash(crashes[number - 1])
                break
    done = world.prompt.delivery
    assert program.said in ([], [TEXT])
    assert program.answered == []
    if done.state == "accepted":
        assert program.said == [TEXT]
    if done.code == dv.NOT_ACCEPTED:
        assert program.said == []
