"""What is to be done for an edit: tasks in order, as they are kept on disk beside its claim."""

import hashlib

from msgspec import Struct

from actors.messages.session import AdoptSession
from storage.edit_claims import Claim
from storage.records import request as r


class Task(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command; `position` is its own in the file. `allotted`: the id of the session it makes.

    `n`: the last number of its session's journal when it was decided.
    """

    position: int
    request: r.AnyRequest | AdoptSession
    allotted: str | None = None
    n: int = 0

    @property
    def session_id(self) -> str:
        return session_of(self.request, self.allotted)


class Plan(Struct, frozen=True, kw_only=True):
    """`sha256` is of the edited file."""

    sha256: str
    tasks: tuple[Task, ...]


def session_of(request: r.AnyRequest | AdoptSession, allotted: str | None) -> str:
    """The id of the session that a command is about, or makes."""
    if allotted:
        return allotted
    return request.session if isinstance(request, r.OfSession) else ""


def request_id(claim: Claim, plan: Plan, task: Task) -> str:
    """The same for the same task of the same claim, and never that of any other."""
    return f"edit-{claim.counter}-{plan.sha256[:16]}-{task.position}"


def hash_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
