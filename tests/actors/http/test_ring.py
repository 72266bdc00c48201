"""The ring of the last events."""

from datetime import UTC, datetime

from actors.http.ring import Ring
from actors.messages.recording import Published
from storage import codec
from storage.records.conversation import TurnGrew
from storage.records.event import Event, SessionDeleted, SessionUpdated

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def said(n: int, *events: Event) -> Published:
    return Published("s", n, AT, events or (SessionUpdated({"title": str(n)}),), None)


def filled(count: int, **limits: int) -> Ring:
    ring = Ring(7, **limits)
    for n in range(1, count + 1):
        ring.hear(said(n))
    return ring


def test_each_event_has_a_number_of_its_own() -> None:
    ring = Ring(7)
    ring.hear(said(1, SessionUpdated({}), SessionDeleted()))
    ring.hear(TurnGrew("s", "s-1", None))
    ring.hear(said(2))
    found = ring.after(0, 10)
    assert found is not None
    assert [(each.number, each.type) for each in found] == [
        (1, "session-updated"),
        (2, "session-deleted"),
        (3, "session-updated"),
    ]
    assert codec.decode(found[2].content, dict)["n"] == 2
    assert [ring.id_of(each.number) for each in found] == ["7.1", "7.2", "7.3"]


def test_nothing_is_between_what_is_kept_and_what_is_gone() -> None:
    ring = filled(25, most=10)
    assert ring.after(14, 5) is None
    found = ring.after(15, 4)
    assert found is not None
    assert [each.number for each in found] == [16, 17, 18, 19]
    assert ring.after(25, 4) == []
    assert (ring.number_of("7.14"), ring.number_of("7.15"), ring.number_of("7.25")) == (
        None, 15, 25
    )  # fmt: skip


def test_an_id_of_another_daemon_or_none_at_all_is_unknown() -> None:
    ring = filled(3)
    for unknown in ("6.1", "7.4", "7", "", "7.x", "x.1", "7.-1", "7.1.1", "7.²"):
        assert ring.number_of(unknown) is None
    assert filled(0).number_of("7.0") == 0


def test_it_is_bounded_in_bytes_too() -> None:
    ring = Ring(7, most_bytes=2000)
    for n in range(1, 40):
        ring.hear(said(n, SessionUpdated({"title": "x" * 300})))
    found = ring.after(ring.last - 4, 10)
    assert found is not None
    assert len(found) == 4
    assert ring.after(10, 10) is None
    ring.hear(said(40, SessionUpdated({"title": "x" * 3000})))
    assert ring.after(ring.last, 10) == []


def test_who_listens_is_told_of_each_addition_until_it_leaves() -> None:
    ring, told = Ring(7), []
    with ring.listening(lambda: told.append(ring.last)):
        ring.hear(said(1))
        ring.hear(said(2))
    ring.hear(said(3))
    assert told == [1, 2]
