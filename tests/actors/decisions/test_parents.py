from msgspec.structs import replace

from actors.decisions.parents import ids_of_line, line_of
from storage.records.session import Session
from tests.actors.decisions.given import Play


def session(own_id: str, parent: str | None = None, *above: str) -> Session:
    """`above`: who stands above its parent; its record names them only if there are any."""
    ancestors = (parent, *above) if parent and above else ()
    made = Play.of().session
    return replace(made, id=own_id, parent_session_id=parent, ancestors=ancestors)


def line(first: Session, *others: Session) -> list[str]:
    known = {one.id: one for one in others}
    return [one.id for one in line_of(first, known.get)]


def test_a_line_goes_up_to_the_first() -> None:
    assert line(session("a", "b"), session("b", "c"), session("c"), session("d")) == ["a", "b", "c"]
    assert line(session("a")) == ["a"]


def test_a_line_goes_on_over_those_that_are_gone() -> None:
    first, root = session("a", "b", "c", "d"), session("d")
    assert line(first, session("b", "c", "d"), session("c", "d"), root) == ["a", "b", "c", "d"]
    assert line(first, session("c", "d"), root) == ["a", "c", "d"]
    assert line(first, root) == ["a", "d"]
    assert line(first) == ["a"]
    assert ids_of_line(first, lambda _: None) == ("a", "b", "c", "d")


def test_a_record_of_an_older_greenroom_names_its_parent_alone() -> None:
    assert line(session("a", "b"), session("b", "gone"), session("c")) == ["a", "b"]
    assert line(session("a", "b"), session("b", "gone", "c"), session("c")) == ["a", "b", "c"]
    known = {one.id: one for one in (session("b", "c"), session("c"))}
    assert ids_of_line(session("a", "b"), known.get) == ("a", "b", "c")


def test_a_line_that_bites_its_tail_ends() -> None:
    assert line(session("a", "b"), session("b", "a"), session("a", "b")) == ["a", "b"]
    assert line(session("a", "b", "a"), session("b", "a", "b")) == ["a", "b"]
