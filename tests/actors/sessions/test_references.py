from collections.abc import Mapping

import pytest

from actors.sessions.references import MOST_CANDIDATES, SHORTEST_PREFIX, resolve
from storage.records.request import Refusal
from storage.records.session import Session
from tests.storage.histories import session


def sessions(**titles: str) -> dict[str, Session]:
    return {name: session(name, title) for name, title in titles.items()}


TWO = sessions(abcdef="first", abcdeg="abcdef")


def refused(reference: str, among: Mapping[str, Session] = TWO) -> Refusal:
    found = resolve(reference, among)
    assert isinstance(found, Refusal)
    return found


def ids(refusal: Refusal) -> list[str]:
    assert refusal.data is not None
    return [candidate["id"] for candidate in refusal.data["candidates"]]


def test_an_exact_id_beats_a_title() -> None:
    assert resolve("abcdef", TWO) == "abcdef"


def test_a_unique_prefix_of_an_id_beats_a_title() -> None:
    assert resolve("zzzzz", sessions(zzzzzz="other", yyyyyy="zzzzz")) == "zzzzzz"


@pytest.mark.parametrize("reference", ["z", "zz", "zzz"])
def test_a_few_characters_are_no_prefix(reference: str) -> None:
    assert len(reference) < SHORTEST_PREFIX
    assert refused(reference, sessions(zzzzzz="other")).code == "session-not-found"
    assert resolve(reference, sessions(zzzzzz="other", yyyyyy=reference)) == "yyyyyy"


def test_a_title_means_its_session() -> None:
    assert resolve("first", TWO) == "abcdef"


def test_an_ambiguous_prefix_lists_its_candidates() -> None:
    refusal = refused("abcde")
    assert refusal.code == "ambiguous"
    assert ids(refusal) == ["abcdef", "abcdeg"]


def test_a_title_of_two_is_ambiguous() -> None:
    refusal = refused("twin", sessions(aaaaaa="twin", bbbbbb="twin"))
    assert ids(refusal) == ["aaaaaa", "bbbbbb"]


def test_of_many_candidates_some_are_shown_and_the_rest_counted() -> None:
    refusal = refused("aaaa", {f"aaaa{n:03}": session(f"aaaa{n:03}") for n in range(25)})
    assert refusal.data is not None
    assert len(refusal.data["candidates"]) == MOST_CANDIDATES
    assert "and 15 more" in refusal.message


def test_what_means_nothing_is_not_found() -> None:
    assert refused("nobody").code == "session-not-found"
