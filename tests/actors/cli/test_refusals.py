import pytest

from actors.cli.refusals import said
from actors.gateway import parse
from storage.records.request import Answer

WORKER = {"type": "create-worker", "session": "s"}


def sentence(raw: dict[str, object]) -> str:
    """What is said of a request that the daemon's own validator refuses."""
    answer = parse(raw)
    assert isinstance(answer, Answer)
    assert answer.error is not None
    return said({"message": answer.error.message, "path": answer.error.path})


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"type": "create-session", "title": "x" * 300}, "title: at most 200 characters"),
        ({"type": "create-session", "title": ""}, "title: must not be empty"),
        ({"type": "create-session", "title": 3}, "title: must be text"),
        ({**WORKER, "worker": {"type": "terminal", "command": []}}, "command: must not be empty"),
        ({**WORKER, "worker": {"type": "terminal", "restart": "often"}},
         "restart: 'often' is none of: always, never, on-crash"),
        ({"type": "get-output", "session": "s", "worker": "w", "epoch": -1}, "epoch: 0 or more"),
        ({"type": "request", "session": "s"}, "message is missing"),
    ],
)  # fmt: skip
def test_a_validators_text_becomes_a_sentence_naming_the_field(
    raw: dict[str, object], expected: str
) -> None:
    assert sentence(raw) == expected


def test_a_workers_name_with_a_slash_is_told_what_it_may_have() -> None:
    text = sentence({**WORKER, "worker": {"type": "terminal", "name": "a/b"}})
    assert text.startswith("name: letters, digits, spaces and . _ - only")


def test_a_field_that_the_daemon_does_not_know_points_to_its_age() -> None:
    assert "older one may run" in sentence({"type": "get-session", "session": "s", "new": 1})


def test_a_sentence_of_the_daemons_own_stays_as_it_is() -> None:
    assert said({"message": "the prompt is blank", "path": "$.prompt"}) == "the prompt is blank"


def test_candidates_that_the_message_lists_are_not_listed_again() -> None:
    message = "'abcd' could be abcd1, abcd2; use a longer prefix or an id"
    assert said({"message": message, "data": {"candidates": ["abcd1", "abcd2"]}}) == message


def test_titles_stand_beside_the_ids_where_there_are_any() -> None:
    message = "'abcd' could be abcd1, abcd2; use a longer prefix or an id"
    candidates = [{"id": "abcd1", "title": "One"}, {"id": "abcd2", "title": "Two"}]
    assert said({"message": message, "data": {"candidates": candidates}}) == (
        "'abcd' could be abcd1 'One', abcd2 'Two'; use a longer prefix or an id"
    )


def test_a_limit_is_lifted_by_the_word_of_the_command_line() -> None:
    text = "`processes` is at most 4,194,304; null lifts the limit"
    assert said({"message": text}) == "`processes` is at most 4,194,304; none lifts it"


def test_a_next_step_is_named_once() -> None:
    of_files = "Session not found with ID: x; see what there is with: greenroom ls, greenroom trash"
    assert said({"code": "session-not-found", "message": of_files}) == of_files
    of_trash = "Session not found with ID: x (in the trash; see: greenroom trash)"
    assert said({"code": "session-not-found", "message": of_trash}) == of_trash
    other = "Session not found with ID: x"
    assert said({"code": "session-not-found", "message": other}) == (
        f"{other}; see: greenroom ls, or greenroom trash"
    )
