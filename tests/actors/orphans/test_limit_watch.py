from typing import Any

from msgspec.structs import replace

from actors.messages.orphans import Owner, Usage
from actors.messages.session import Dispatch, EndOverLimit
from actors.orphans.limit_watch import LimitWatch
from actors.surroundings import Mailbox
from storage.records.config import Limits, SessionConfig
from storage.records.session import Session
from tests.actors.decisions.given import Play, terminal

SESSION = replace(Play.of(terminal()).session, config=SessionConfig(limits=Limits(processes=3)))


class Heard(Mailbox):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []

    def tell(self, message: object) -> bool:
        assert isinstance(message, Dispatch)
        self.told.append(message.request)
        return True


class Watched:
    def __init__(self) -> None:
        self.heard = Heard()
        self._watch = LimitWatch(self.heard)

    def looks(self, processes: int, nonce: str = "n", session: Session = SESSION) -> list[Any]:
        """What was told of so far."""
        key = f"{session.id}/w"
        usage = {key: Usage(processes, 0, 0.0)} if processes else {}
        owners = [Owner(key, nonce)] if processes else []
        self._watch.looked([session], usage, owners)
        return self.heard.told


def test_whoever_is_over_is_told_of_once() -> None:
    watched = Watched()
    assert watched.looks(3) == []
    (told,) = watched.looks(4)
    assert told == EndOverLimit(
        session=SESSION.id, by="w", limit="processes", most=3, found=4, text=told.text
    )
    assert len(watched.looks(5)) == 1


def test_its_next_self_is_told_of_anew_and_so_is_one_that_went_and_came() -> None:
    watched = Watched()
    watched.looks(4)
    assert len(watched.looks(4, nonce="later")) == 2
    watched.looks(0)
    assert len(watched.looks(4, nonce="later")) == 3


def test_a_session_without_limits_is_left_alone() -> None:
    for config in (None, SessionConfig(), SessionConfig(limits=Limits())):
        assert Watched().looks(10**6, session=replace(SESSION, config=config)) == []
