"""An edited `sessions.json` in tests: two sessions as it showed them, and what is made of it."""

import copy
from typing import Any

from msgspec.structs import replace

from actors.decisions.outside_edit import Change, EditRefused, merge
from storage import codec
from storage.journal.frame import JournalEnd
from storage.records import request as r
from storage.records.session import Session
from tests.actors.decisions.given import ID, Play, given, talking, terminal

KEY = "0" * 64
OTHER = "other"
END = {"n": 4, "bytes": 1234, "crc": "0badcafe"}
Json = dict[str, Any]


class Edit:
    """`theirs` is the document, to be edited; `ours` what is now. `one` has a config, metadata and
    two terminals, `two` a conversation.
    """

    def __init__(self) -> None:
        play = Play.of(
            terminal(name="left"), terminal(name="right"), title="One", metadata={"a": 1, "b": 2}
        )
        play.decide(r.UpdateSession(session=ID, updates={"config": {"model": "known"}}))
        self.base: dict[str, Session] = {
            ID: play.session,
            OTHER: replace(talking(effort="low").session, id=OTHER, title="Two"),
        }
        self.ours = dict(self.base)
        self.listed = set(self.base)
        self.used: set[str] = set()
        self.theirs = self.written()

    def written(self) -> Any:
        entries = [{**codec.builtins(session), **END} for session in self.base.values()]
        return copy.deepcopy(
            {"version": 1, "revision": 3, "digest": "sha256:abc", "sessions": entries}
        )

    @property
    def one(self) -> Json:
        entry: Json = self.theirs["sessions"][0]
        return entry

    @property
    def two(self) -> Json:
        entry: Json = self.theirs["sessions"][1]
        return entry

    def before(self, **fields: Any) -> None:
        """The first session was another when the file was written."""
        self.base[ID] = self.ours[ID] = replace(self.base[ID], **fields)
        self.theirs = self.written()

    def add(self, **entry: Any) -> None:
        self.theirs["sessions"].append(entry)

    def we(self, name: str = ID, **fields: Any) -> None:
        """We changed a session meanwhile."""
        self.ours[name] = replace(self.ours[name], **fields)

    def we_worker(self, place: int = 0, **fields: Any) -> None:
        workers = list(self.ours[ID].workers)
        workers[place] = replace(workers[place], **fields)
        self.we(workers=tuple(workers))

    def merge(self, **more: Any) -> tuple[Change, ...] | EditRefused:
        return merge(
            **{
                "base": self.base,
                "listed": self.listed,
                "ours": self.ours,
                "theirs": self.theirs,
                "key": KEY,
                "workspace": "default",
                "was_used": lambda name: name in self.used or name in self.ours,
                "given": given(),
                "ends": {name: codec.convert(END, JournalEnd) for name in self.base},
                **more,
            }
        )

    def asked(self, **more: Any) -> list[r.AnyRequest]:
        """The commands of an edit that is taken."""
        outcome = self.merge(**more)
        assert not isinstance(outcome, EditRefused), outcome
        return [change.request for change in outcome]

    def refused(self, **more: Any) -> EditRefused:
        outcome = self.merge(**more)
        assert isinstance(outcome, EditRefused), outcome
        return outcome


def update(updates: Json, session: str = ID) -> r.UpdateSession:
    return r.UpdateSession(session=session, updates=updates)


def update_worker(worker: str, **updates: Any) -> r.UpdateWorker:
    return r.UpdateWorker(session=ID, worker=worker, updates=r.WorkerUpdates(**updates))
