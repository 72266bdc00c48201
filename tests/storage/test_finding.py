"""An exact name beats an id, an id its beginnings, and those a title."""

from typing import NamedTuple

from storage.finding import pick
from storage.records.request import Refusal


class Thing(NamedTuple):
    name: str
    id: str
    title: str


THINGS = [
    Thing("abcd-1", "abcd", "First"),
    Thing("abcd-2", "abcd", "Second"),
    Thing("abcdefgh-1", "abcdefgh", "abcd"),
    Thing("mnop-1", "mnop", "Second"),
]


def picked(reference: str) -> str:
    found = pick(reference, THINGS, lambda thing: thing.title, "nowhere")
    return found.code if isinstance(found, Refusal) else found.name


def test_each_way_to_mean_one() -> None:
    assert picked("abcd-2") == "abcd-2"
    assert picked("abcdefgh") == "abcdefgh-1"
    assert picked("abcde") == "abcdefgh-1"
    assert picked("First") == "abcd-1"


def test_several_and_none() -> None:
    assert picked("abcd") == "ambiguous"
    assert picked("Second") == "ambiguous"
    assert picked("mno") == "session-not-found"
    assert picked("Third") == "session-not-found"


def test_a_refusal_says_what_there_is() -> None:
    found = pick("Second", THINGS, lambda thing: thing.title)
    assert isinstance(found, Refusal)
    assert found.data == {"candidates": [{"id": "abcd-2"}, {"id": "mnop-1"}]}
    missing = pick("Third", THINGS, lambda thing: thing.title, "nowhere")
    assert isinstance(missing, Refusal)
    assert missing.message == "Session not found with ID: Third (nowhere)"


def test_titles_are_asked_for_only_when_nothing_else_is_meant() -> None:
    asked: list[str] = []

    def title(thing: Thing) -> str:
        asked.append(thing.name)
        return thing.title

    pick("mnop", THINGS, title)
    assert asked == []


def test_of_many_some_are_named() -> None:
    many = [Thing(f"abcd-{number}", "abcd", "") for number in range(30)]
    found = pick("abcd", many, lambda thing: thing.title)
    assert isinstance(found, Refusal)
    assert "and 20 more" in found.message
