"""Plain values: seconds and offsets. Real programs are in test_activity_streams.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.decisions.activity import (
    ActivityPatterns,
    Looked,
    Observation,
    Reported,
    Seen,
    Typed,
    Waited,
    Watch,
    Watched,
    Wrote,
    begin,
    next_at,
    observe,
    wants_look,
)

BARE = Watch()
ASKS = Watch(patterns=ActivityPatterns(asking=(r"\[y/N\]$",), idle=(r"^> $|^>$",)))
QUESTION = "Go on? [y/N]"


def after(*seen: Observation, watch: Watch = ASKS, first: Watched | None = None) -> Watched:
    watched = first or begin(0.0)
    for each in seen:
        watched = observe(watched, each, watch)
    return watched


def output(*times: float, size: int = 100, start: int = 0) -> list[Observation]:
    places = range(start, start + size * len(times), size)
    return [Wrote(at, place, place + size) for at, place in zip(times, places, strict=True)]


def asking() -> Watched:
    return after(Wrote(1.0, 0, 50), Looked(1.5, 50, QUESTION))


def test_what_the_program_says_that_it_asks_is_kept_beside_the_screen() -> None:
    told = after(Reported(1.0, "asking", "hook", "Bash: make"), Wrote(1.0, 0, 50))
    assert after(Looked(1.5, 50, QUESTION), first=told).seen == Seen(
        state="asking", source="hook", since=1.0, text="Bash: make"
    )
    reported = after(Reported(3.0, "asking", "hook"), first=asking())
    assert reported.seen == Seen(state="asking", source="hook", since=3.0, text=QUESTION)
    looked = after(Reported(1.0, "asking", "hook"), Wrote(1.0, 0, 50), Looked(1.5, 50, QUESTION))
    assert looked.seen == Seen(state="asking", source="hook", since=1.0, text=QUESTION)


def test_a_question_above_where_it_takes_a_prompt_is_none() -> None:
    patterns = ActivityPatterns(asking=(r"\[y/N\]$",), input_line=(r"^> ",))
    watch = Watch(patterns=patterns)
    asked, box = Wrote(1.0, 0, 50), f"{QUESTION}\n> no"
    assert after(asked, Looked(1.5, 50, QUESTION), watch=watch).seen.state == "asking"
    assert after(asked, Looked(1.5, 50, box), watch=watch).seen.state == "unknown"


def test_at_first_nothing_is_known_and_silence_is_idle() -> None:
    assert after().seen == Seen(state="unknown", source="screen", since=0.0)
    assert after(Waited(1.9)).seen.state == "unknown"
    assert after(Waited(2.0)).seen == Seen(state="idle", source="screen", since=2.0)
    assert next_at(begin(0.0), BARE) == 2.0
    assert next_at(after(Waited(2.0), watch=BARE), BARE) is None


def test_output_that_goes_on_is_work_since_it_began() -> None:
    watched = after(*output(3.0, 3.3, 3.6))
    assert watched.seen == Seen(state="active", source="screen", since=3.0)
    assert after(Waited(5.5), first=watched).seen.state == "active"
    assert after(Waited(5.6), first=watched).seen == Seen(state="idle", source="screen", since=5.6)
    assert next_at(watched, BARE) == pytest.approx(5.6)


def test_a_burst_is_no_work() -> None:
    assert after(*output(3.0, 3.1, 3.2, 3.3)).seen.state == "unknown"


def test_little_output_is_no_work_and_yet_no_silence() -> None:
    assert after(*output(*[n / 2 for n in range(20)], size=1)).seen.state == "unknown"
    working = after(*output(3.0, 3.6))
    dots = [Wrote(4.6 + n, 200 + n, 201 + n) for n in range(9)]
    assert after(*dots, first=working).seen == Seen(state="active", source="screen", since=3.0)


def test_output_that_was_told_before_is_not_counted_again() -> None:
    assert after(Wrote(1.0, 0, 100), Wrote(1.6, 0, 100), Wrote(1.7, 50, 100)).recent == (
        (1.0, 100),
    )
    watched = after(Wrote(1.0, 0, 100), Wrote(1.6, 90, 110))
    assert watched.recent == ((1.0, 100), (1.6, 10))
    assert begin(0.0, offset=500).end == 500
    assert after(Wrote(1.0, 0, 500), first=begin(0.0, offset=500)).recent == ()


def test_what_a_key_brings_is_no_work() -> None:
    seen: list[Observation] = []
    for n in range(40):
        seen += [Typed(3.0 + n / 4), Wrote(3.1 + n / 4, n * 90, n * 90 + 90)]
    assert after(Waited(2.0), *seen).seen.state == "idle"
    assert after(Waited(2.0), *seen, *output(14.0, 14.6, start=3600)).seen.state == "active"


def test_what_is_remembered_of_output_stays_short() -> None:
    watched = after(*output(*[3.0 + n / 1000 for n in range(5000)]))
    assert len(watched.recent) <= 41
    assert sum(size for _, size in watched.recent) > 150_000


def test_a_question_on_the_settled_screen_is_asking_with_the_line() -> None:
    watched = after(Wrote(1.0, 0, 50))
    assert not wants_look(watched, 1.39, ASKS)
    assert next_at(watched, ASKS) == 1.4
    assert wants_look(watched, 1.4, ASKS)
    watched = after(Looked(1.4, 50, f"before\n{QUESTION}\n\n"), first=watched)
    assert watched.seen == Seen(state="asking", source="screen", since=1.4, text=QUESTION)
    assert not wants_look(watched, 9.0, ASKS)
    assert next_at(watched, ASKS) is None


def test_nobody_looks_for_nothing() -> None:
    assert not wants_look(after(Wrote(1.0, 0, 50)), 9.0, BARE)
    assert next_at(after(*output(3.0, 3.6), watch=BARE), BARE) == 5.6


def test_a_question_is_looked_for_among_the_last_lines_only() -> None:
    far = "\n".join([QUESTION, *["line"] * 12])
    assert after(Wrote(1.0, 0, 50), Looked(1.5, 50, far)).seen.state == "unknown"


def test_redraws_while_asking_change_nothing() -> None:
    redraws = output(*[2.0 + n / 10 for n in range(100)], start=50)
    watched = after(*redraws, first=asking())
    assert watched.seen == Seen(state="asking", source="screen", since=1.5, text=QUESTION)
    watched = after(Looked(12.0, 9000, QUESTION), first=watched)
    assert watched.seen.since == 1.5


def test_one_look_into_a_redraw_does_not_take_the_question_away() -> None:
    watched = after(Wrote(2.0, 50, 99), Looked(2.1, 99, ""), first=asking())
    assert watched.seen.state == "asking"
    assert after(Looked(5.2, 99, QUESTION), first=watched).seen.since == 1.5
    gone = after(Wrote(2.9, 99, 120), Looked(3.0, 120, "working"), first=watched)
    assert gone.seen.state == "active"


def test_a_question_among_output_without_end_is_seen_twice_first() -> None:
    seen = after(*output(1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0))
    assert next_at(seen, ASKS) == 3.0
    once = after(Looked(4.0, 700, QUESTION), first=seen)
    assert once.seen.state == "active"
    again = after(*output(4.5, 5.0, 7.0, start=700), Looked(7.0, 1000, QUESTION), first=once)
    assert again.seen == Seen(state="asking", source="screen", since=7.0, text=QUESTION)


def test_an_answer_ends_the_question() -> None:
    answered = after(Typed(4.0), Wrote(4.1, 50, 60), first=asking())
    assert answered.seen.state == "asking"
    at_rest = after(Looked(4.6, 60, "done"), first=answered)
    assert at_rest.seen == Seen(state="idle", source="screen", since=4.6)
    going_on = after(Wrote(7.0, 60, 90), Looked(7.1, 90, "working"), first=answered)
    assert going_on.seen == Seen(state="active", source="screen", since=7.1)


def test_a_key_that_is_no_answer_leaves_the_question() -> None:
    moved = after(Typed(4.0), Wrote(4.1, 50, 60), first=asking())
    assert after(Looked(4.6, 60, QUESTION), first=moved).seen.since == 1.5


def test_a_known_prompt_is_idle_at_once_and_forgets_what_was_written_before() -> None:
    watched = after(*output(3.0, 3.3, 3.6), Looked(4.0, 300, "done\n>"))
    assert watched.seen == Seen(state="idle", source="screen", since=4.0, text=">")
    assert after(Wrote(4.1, 300, 301), first=watched).seen.state == "idle"
    assert after(Waited(9.0), first=watched).seen.text == ">"


def test_a_prompt_on_a_screen_that_is_not_settled_says_nothing() -> None:
    assert after(*output(3.0, 3.3, 3.6), Looked(3.7, 300, ">")).seen.state == "active"


def test_a_report_is_believed_before_the_screen() -> None:
    idle = after(Waited(2.0), Reported(3.0, "idle", "hook", "Stop"))
    assert idle.seen == Seen(state="idle", source="hook", since=3.0, text="Stop")
    assert after(*output(4.0, 4.5, 5.0), first=idle).seen == idle.seen
    active = after(Reported(3.0, "active", "hook", "PreToolUse"))
    assert after(Waited(9.0), first=active).seen == active.seen
    quiet = after(Wrote(4.0, 0, 10), Looked(4.5, 10, ">"), first=active)
    assert quiet.seen == active.seen


def test_a_report_of_work_is_not_believed_for_ever() -> None:
    active = after(Wrote(2.9, 0, 10), Reported(3.0, "active", "hook"), watch=BARE)
    assert next_at(active, BARE) == 13.0
    assert after(Waited(12.9), first=active, watch=BARE).seen == active.seen
    assert after(Waited(13.0), first=active, watch=BARE).seen.state == "idle"
    assert after(Wrote(12.0, 10, 20), Waited(21.9), first=active, watch=BARE).seen == active.seen


def test_a_report_of_work_is_not_believed_long_when_somebody_typed_since() -> None:
    active = after(Reported(3.0, "active", "hook"), Wrote(8.0, 0, 90), watch=BARE)
    ended = after(Typed(9.0), Wrote(9.1, 90, 120), first=active, watch=BARE)
    assert next_at(ended, BARE) == pytest.approx(11.1)
    assert after(Waited(11.1), first=ended, watch=BARE).seen.state == "idle"
    begun = after(Reported(3.0, "active", "hook"), Typed(3.1), Wrote(3.1, 0, 50), watch=BARE)
    assert next_at(begun, BARE) == pytest.approx(13.1)


def test_a_question_on_the_screen_is_seen_through_a_report_of_work() -> None:
    active = after(Reported(3.0, "active", "hook", "PreToolUse"), Wrote(3.1, 0, 50))
    asked = after(Looked(3.6, 50, QUESTION), first=active)
    assert asked.seen == Seen(state="asking", source="screen", since=3.6, text=QUESTION)
    answered = after(Typed(5.0), Wrote(5.1, 50, 99), Looked(5.6, 99, "running"), first=asked)
    assert answered.seen == Seen(state="active", source="hook", since=5.6, text="PreToolUse")


def test_who_types_after_a_report_ends_it() -> None:
    asked = after(Reported(3.0, "asking", "hook", "Notification"), watch=BARE)
    typed = after(Typed(4.0), first=asked, watch=BARE)
    assert typed.seen == Seen(state="active", source="screen", since=4.0)
    assert after(Typed(4.0), first=asked).seen.state == "asking"  # until somebody looked
    idle = after(Reported(3.0, "idle", "hook"), Typed(4.0), *output(4.5, 5.0, 5.5))
    assert idle.seen == Seen(state="active", source="screen", since=4.5)


def test_what_was_typed_before_a_report_and_is_heard_of_after_it_does_not_end_it() -> None:
    """The output that tells of it may come later than the report of a hook."""
    heard = (Reported(3.0, "asking", "hook", "May I?"), Typed(3.9), Wrote(3.9, 0, 50))
    for watch in (None, BARE):
        asked = after(*heard, watch=watch) if watch else after(*heard)
        assert asked.seen == Seen(state="asking", source="hook", since=3.0, text="May I?")


def test_a_report_without_words_keeps_those_of_the_one_before() -> None:
    asked = after(Reported(3.0, "asking", "hook", "Bash: make"), Reported(9.0, "asking", "hook"))
    assert asked.seen == Seen(state="asking", source="hook", since=3.0, text="Bash: make")


def test_the_same_state_again_keeps_its_beginning_and_takes_the_new_evidence() -> None:
    watched = after(Reported(3.0, "asking", "hook", "a"), Reported(4.0, "asking", "hook", "b"))
    assert watched.seen == Seen(state="asking", source="hook", since=3.0, text="b")


def observations() -> st.SearchStrategy[list[Observation]]:
    """In order of time; the kind is chosen by number."""

    def build(steps: list[tuple[int, float, int]]) -> list[Observation]:
        at, end, found = 0.0, 0, []
        for kind, pause, size in steps:
            at += pause
            made: list[Observation] = [
                Wrote(at, end, end + size),
                Typed(at),
                Looked(at, end, QUESTION if size % 2 else ">"),
                Reported(at, ("active", "asking", "idle")[size % 3], "hook"),
                Waited(at),
            ]
            end += size if kind == 0 else 0
            found.append(made[kind])
        return found

    steps = st.tuples(st.integers(0, 4), st.floats(0, 3), st.integers(0, 200))
    return st.lists(steps, max_size=60).map(build)


@given(observations(), st.sampled_from([BARE, ASKS]))
def test_who_waits_as_told_comes_to_an_end(seen: list[Observation], watch: Watch) -> None:
    watched = after(*seen, watch=watch)
    at = seen[-1].at if seen else 0.0
    for _ in range(6):
        due = next_at(watched, watch)
        if due is None:
            break
        at = max(at, due)
        looks = wants_look(watched, at, watch)
        told = Looked(at, watched.end, "nothing") if looks else Waited(at)
        watched = observe(watched, told, watch)
    assert next_at(watched, watch) is None
    assert watched.seen.state in {"idle", "asking"}
    assert watched.seen.since <= at
