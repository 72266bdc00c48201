"""How a fork comes to be: what it has of its origin is copied, then the directory takes it in.

Part of the directory; files are worked on by the recorder's pool. The origin is read alone, also
while it is at work: what is open in it then is left out.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from actors.decisions import new_session
from actors.git.worktrees import Wanted
from actors.messages.session import Dispatch
from actors.messages.shelf import TakenIn
from actors.sessions.creation import Creation
from actors.sessions.flights import answered_alone
from actors.sessions.fork_places import ForkPlaces
from actors.sessions.owed import refused as not_writable
from actors.sessions.past import Past, Place, refused
from actors.sessions.shelf import taken_in
from storage import forked, trash
from storage.errors import StorageError
from storage.records import request as r
from storage.records.new_ids import new_id
from storage.trash import SessionExists

if TYPE_CHECKING:
    from actors.sessions.directory import Directory


class Forking:
    """`fork` is for the directory's thread."""

    def __init__(self, directory: "Directory", creation: Creation, past: Past) -> None:
        self._directory = directory
        self._around = directory.around
        self._creation = creation
        self._past = past
        self._maker = creation.making.maker
        self._places = ForkPlaces(self._maker, self._around.environ)

    def fork(self, request: r.ForkSession, asked: Dispatch) -> None:
        """An id that was allotted in advance makes the fork once, however often it is asked for."""
        if asked.allotted and self._creation.waits_for_undoing(asked.allotted, asked):
            return
        found = self._directory.resolve(request.session)
        done = self._done(asked)
        problem = self._around.health.problem
        if done is not None:
            asked.reply.send(done)
        elif isinstance(found, r.Refusal):
            self._around.recording.pool.submit(self._refuse, request, asked, found)
        elif problem:
            asked.reply.send(not_writable(problem))
        else:
            now = self._directory.context.clock.now()
            place = self._past.live(found)
            self._around.recording.outside.submit(self._fork, request, asked, place, now)

    def _done(self, asked: Dispatch) -> object:
        """The answer to what this very request did before; None if it is still to be done."""
        session_id = asked.allotted
        if session_id is None:
            return None
        entry = self._directory.entries.get(session_id)
        if entry:
            return taken_in(entry.session)
        if self._creation.was_used(session_id):
            text = f"session {session_id} was created, and has been deleted since"
            return r.Refusal(code="session-deleted", message=text)
        return None

    # On the pool.

    def _refuse(self, request: r.ForkSession, asked: Dispatch, found: r.Refusal) -> None:
        """One in the trash can be forked once it is back."""
        with answered_alone(asked):
            item: object = found
            if found.code == "session-not-found":
                item = trash.find(self._around.data, request.session)
            asked.reply.send(_in_trash(item.id) if isinstance(item, trash.Shelved) else found)

    def _fork(self, request: r.ForkSession, asked: Dispatch, place: Place, now: datetime) -> None:
        with answered_alone(asked):
            try:
                made = self._made(request, asked, place, now)
            except SessionExists as error:
                asked.reply.send(r.Refusal(code=error.code, message=str(error)))
            except (StorageError, OSError) as error:
                asked.reply.send(refused(place.session_id, error))
            else:
                if isinstance(made, r.Refusal):
                    asked.reply.send(made)
                else:
                    self._tell(made, asked, now)

    def _made(
        self, request: r.ForkSession, asked: Dispatch, place: Place, now: datetime
    ) -> forked.Forked | r.Refusal:
        session_id = asked.allotted or new_id()
        self._around.trees.wait(place.session_id)
        begun = forked.beginning(place.directory, place.session_id, request.at, place.last)
        title = request.title or forked.title_of(begun.origin)
        wanted = Wanted(session_id=session_id, branch=request.branch, title=title)
        finish = self._maker.finish
        own = self._places.made(begun, wanted, as_now=request.at is None, finish=finish)
        if isinstance(own, r.Refusal):
            return own
        if own is None and request.branch is not None:
            return _no_branch(begun.origin.location_path)
        try:
            session = forked.record_of(
                begun,
                session_id,
                new_id(),
                now,
                title=title,
                place=own.fields if own else None,
                tree_n=own.tree_n if own else None,
                files=own.files if own else None,
            )
            session = new_session.with_waiting_setup(session, new_id(), now)
            own_id = asked.request_id if asked.once else None
            return forked.put(self._around.data, begun, session, now, own_id)
        finally:
            if own:
                finish(own.held)

    def _tell(self, made: forked.Forked, asked: Dispatch, now: datetime) -> None:
        """The directory takes it in; one that is just being started finds it by itself."""
        if not self._around.directory.tell(
            TakenIn(made.session, made.end, made.event, now, asked.reply)
        ):
            asked.reply.send(taken_in(made.session))


def _in_trash(session_id: str) -> r.Refusal:
    text = (
        f"session {session_id} is in the trash, see: greenroom trash; to fork it, bring it back"
        f" first with: greenroom restore {session_id}"
    )
    return r.Refusal(code="session-not-found", message=text)


def _no_branch(directory: str) -> r.Refusal:
    text = (
        f"it would work in {directory} as it is, for no files of that time were kept there:"
        " leave out branch"
    )
    return r.Refusal(code="bad-request", message=text, path="$.branch")
