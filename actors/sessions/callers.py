"""Requests that a session makes itself, through its agent or its model: held to what it may.

Part of the directory and used in its thread, so that what is counted here is so when it is done.
What a session may is decided by `actors/decisions/rights.py`; here is found out whom it means.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from actors.decisions import budget, rights
from actors.decisions.parents import ids_of_line, line_of
from actors.messages.session import Dispatch, Reply
from actors.sessions import references
from storage.records import request as r
from storage.records.session import Session, WorktreeSession

if TYPE_CHECKING:
    from actors.sessions.creation import Creation
    from actors.sessions.directory import Directory


class Callers:
    def __init__(self, directory: "Directory", creation: "Creation") -> None:
        self._directory = directory
        self._creation = creation
        self._around = directory.around

    def pass_on(self, asked: Dispatch, do: Callable[[Dispatch], object]) -> None:
        """Have it done as it may be, with whole ids in it; as it is where a person asks."""
        held = asked if asked.caller is None else self._held(asked)
        if isinstance(held, r.Refusal):
            asked.reply.send(held)
        else:
            do(held)

    def _held(self, asked: Dispatch) -> Dispatch | r.Refusal:
        entry = self._directory.entries.get(asked.caller or "")
        if asked.caller == "":
            text = "several sessions share this tool server: let its scope be session, so that it"
            return rights.out_of_reach(f"{text} acts for one of them")
        if entry is None or entry.deleting:
            return rights.out_of_reach(f"the session that asks, {asked.caller}, is not there")
        caller, request = entry.session, asked.request
        no = rights.never(request)
        if no:
            return no
        match request:
            case r.CreateSession():
                done = self._create(request, caller)
            case r.ListSessions():
                return replace(asked, reply=self._visible_alone(asked.reply, caller))
            case r.ListPermissions():
                named = caller.id if request.session is None else request.session
                done = self._of(r.ListPermissions(id=request.id, session=named), named, caller)
            case r.Cancel() | r.GetResponse() | r.AnswerPermission():
                done = self._of_part(request, caller)
            case r.OfSession():
                done = self._of(request, request.session, caller)
            case _:
                return asked
        return done if isinstance(done, r.Refusal) else replace(asked, request=done)

    def _of(self, request: r.OfSession | r.ListPermissions, reference: str, caller: Session) -> Any:
        sessions = self._visible(caller)
        found = references.resolve(reference, sessions)
        if isinstance(found, r.Refusal):
            if found.code != "session-not-found":
                return found
            text = f"{found.message} among this session and those that it started"
            return replace(found, message=text)
        no = None
        if isinstance(request, r.OfSession):
            no = rights.refusal(request, caller, sessions[found])
        return no or replace(request, session=found)

    def _of_part(self, request: references.OfPart, caller: Session) -> Any:
        target = self._visible(caller).get(references.session_of(request))
        if target is None:
            return references.no_part(request)
        return rights.refusal(request, caller, target) or request

    def _create(self, request: r.CreateSession, caller: Session) -> Any:
        if request.parent is not None:
            named = self._directory.resolve(request.parent)
            request = replace(request, parent=named if isinstance(named, str) else "")
        line = self._line(caller)
        above = ids_of_line(caller, self._known)
        done = rights.as_child(request, line, self._known, self._below(above[-1]))
        return done if isinstance(done, r.Refusal) else _outside(done, caller) or done

    def _line(self, caller: Session) -> list[rights.Above]:
        return [
            rights.Above(one, budget.in_force(one, self._around.workspaces.settings(one.workspace)))
            for one in line_of(caller, self._known)
        ]

    def _below(self, top: str) -> int:
        """Those that are coming to be are counted."""
        there = {key: entry.session for key, entry in self._directory.entries.items()}
        there |= self._creation.records()
        below = (one for one in there.values() if one.id != top)
        return sum(top in ids_of_line(one, self._known) for one in below)

    def _visible(self, caller: Session) -> dict[str, Session]:
        there = {key: entry.session for key, entry in self._directory.entries.items()}
        return rights.visible(there, caller.id, self._known)

    def _visible_alone(self, reply: Reply, caller: Session) -> Reply:
        seen = self._visible(caller)

        def send(value: Any) -> None:
            if isinstance(value, r.Refusal):
                reply.send(value)
            else:
                listed = [each for each in value["sessions"] if each.id in seen]
                reply.send({**value, "sessions": listed})

        return Reply(send)

    def _known(self, session_id: str) -> Session | None:
        return self._around.index.session(session_id)


def _outside(request: r.CreateSession, parent: Session) -> r.Refusal | None:
    """A child works below its parent's directory, or in a worktree of the same repository."""
    is_quick = request.session_type == "quick"
    field = "location_path" if is_quick else "repository"
    place = request.location_path if is_quick else request.repository
    roots = [parent.location_path]
    if isinstance(parent, WorktreeSession) and not is_quick:
        roots.append(parent.repository)
    if place is None or any(_is_within(place, root) for root in roots):
        return None
    text = f"{place[:300]} is outside of {' and '.join(roots)}, where the session itself works"
    return rights.out_of_reach(f"{text}; name a directory in there, or leave it out", f"$.{field}")


def _is_within(place: str, root: str) -> bool:
    """By the real paths: a symbolic link leads nowhere else."""
    if "\0" in place:
        return False
    real, top = os.path.realpath(place), os.path.realpath(root)
    return real == top or real.startswith(top.rstrip("/") + "/")
