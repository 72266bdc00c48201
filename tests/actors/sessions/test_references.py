from collections.abc import Mapping

from actors.sessions.references import MOST_CANDIDATES, resolve
from storage.records.request import Refusal
from storage.records.session import Session
from tests.storage.histories import session

SESSIONS: dict[str, Session] = {
    one.id: one for one in (session("abcd", "first"), session("abce", "abcd"))
}


def refused(reference: str, sessions: Mapping[str, Session] = SESSIONS) -> Refusal:
    found = resolve(reference, sessions)
    assert isinstance(found, Refusal)
    return found


def test_an_exact_id_beats_a_title() -> None:
    assert resolve("abcd", SESSIONS) == "abcd"


def test_a_unique_prefix_of_an_id_beats_a_title() -> None:
    titled = {**SESSIONS, "zzzz": session("zzzz", "abce")}
    assert resolve("abce", titled) == "abce"
    assert resolve("z", titled) == "zzzz"


def test_a_title_means_its_session() -> None:
    assert resolve("first", SESSIONS) == "abcd"


def test_an_ambiguous_prefix_lists_its_candidates() -> None:
    refusal = refused("abc")
    assert refusal.code == "ambiguous"
    assert refusal.data == {"candidates": ["abcd", "abce"]}


def test_a_title_of_two_is_ambiguous() -> None:
    refusal = refused("twin", {name: session(name, "twin") for name in ("aaaa", "bbbb")})
    assert refusal.data == {"candidates": ["aaaa", "bbbb"]}


def test_of_many_candidates_some_are_shown_and_the_rest_counted() -> None:
    many = {f"a{number:03}": session(f"a{number:03}") for number in range(25)}
    refusal = refused("a", many)
    assert refusal.data is not None
    assert len(refusal.data["candidates"]) == MOST_CANDIDATES
    assert "and 15 more" in refusal.message


def test_what_means_nothing_is_not_found() -> None:
    assert refused("nobody").code == "session-not-found"
