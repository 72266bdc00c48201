from msgspec.structs import replace

from actors.decisions.parents import line_of
from storage.records.session import Session
from tests.actors.decisions.given import Play


def session(own_id: str, parent: str | None = None) -> Session:
    return replace(Play.of().session, id=own_id, parent_session_id=parent)


def line(first: Session, *others: Session) -> list[str]:
    known = {one.id: one for one in others}
    return [one.id for one in line_of(first, known.get)]


def test_a_line_goes_up_to_the_first() -> None:
    assert line(session("a", "b"), session("b", "c"), session("c"), session("d")) == ["a", "b", "c"]
    assert line(session("a")) == ["a"]


def test_a_line_ends_at_one_that_is_gone() -> None:
    assert line(session("a", "b"), session("b", "gone"), session("c")) == ["a", "b"]


def test_a_line_that_bites_its_tail_ends() -> None:
    assert line(session("a", "b"), session("b", "a"), session("a", "b")) == ["a", "b"]
