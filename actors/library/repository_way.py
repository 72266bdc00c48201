"""Commands of the session state, answered by a repository alone. Nothing runs; the rest is refused.

A session is named by its whole id here: beginnings and titles are for the daemon.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from actors.decisions.parents import ids_of_line
from actors.gateway import answer, parse
from actors.library.delivery import Delivery
from actors.library.way import Deliver, Follow
from actors.refused import Refused
from actors.repository import SessionRepository
from actors.session_factory import SessionFactory
from storage import codec
from storage.records import request as r
from storage.records.new_ids import new_id
from storage.records.session import Session

if TYPE_CHECKING:
    from actors.recording.broadcaster import Subscription


class RepositoryWay:
    """Fulfils `Way`."""

    data_dir: None = None

    def __init__(self, repository: SessionRepository) -> None:
        self._repository = repository
        self._listening: Subscription | None = None

    def hand_in(
        self, request: dict[str, Any], deliver: Deliver, *, follow: Follow | None = None
    ) -> Callable[[], object]:
        deliver(self._answer(request))
        return lambda: None

    def _answer(self, request: dict[str, Any]) -> r.Answer:
        asked = parse(request)
        if isinstance(asked, r.Answer):
            return asked
        handler = HANDLERS.get(type(asked))
        if handler is None:
            text = f"{r.type_of(asked)} needs a greenroom that runs, not a repository alone"
            return answer(asked, r.Refusal(code="not-available", message=text))
        try:
            return answer(asked, handler(self._repository, asked))
        except Refused as problem:
            return answer(asked, problem.refusal)

    def listen(self, delivery: Delivery) -> None:
        if self._listening is None:
            self._listening = self._repository.subscribe(delivery.say)

    def close(self) -> None:
        """The repository is its owner's, and goes on without us."""
        if self._listening:
            self._listening.unsubscribe()


def _create(repository: SessionRepository, command: r.CreateSession) -> Session:
    ancestors: tuple[str, ...] = ()
    if command.parent is not None:
        parent = repository.get_session(command.parent)
        if parent is None:
            text = f"Session not found with ID: {command.parent}"
            raise Refused(r.Refusal(code="session-not-found", message=text, path="$.parent"))
        ancestors = ids_of_line(parent, repository.get_session)
    return repository.create_session(SessionFactory().begin(command, ancestors))


def _get(repository: SessionRepository, command: r.GetSession) -> Session | None:
    if command.at is not None:
        text = "what a session was needs a greenroom that runs, not a repository alone"
        raise Refused(r.Refusal(code="not-available", message=text, path="$.at"))
    return repository.get_session(command.session)


def _add(repository: SessionRepository, command: r.AddMessage) -> dict[str, Any]:
    message = replace(command.message, id=command.message.id or new_id())
    return _with_message(repository.add_message(command.session, message), message.id)


def _with_message(session: Session, message_id: str | None) -> dict[str, Any]:
    return {**codec.builtins(session), "message_id": message_id}


HANDLERS: dict[type[r.RequestBase], Callable[[SessionRepository, Any], Any]] = {
    r.CreateSession: _create,
    r.GetSession: _get,
    r.UpdateSession: lambda repository, asked: repository.update_session(
        asked.session, asked.updates
    ),
    r.DeleteSession: lambda repository, asked: {
        "deleted": repository.delete_session(asked.session)
    },
    r.AddMessage: _add,
    r.UpdateMessage: lambda repository, asked: _with_message(
        repository.update_message(asked.session, asked.message_id, asked.updates), asked.message_id
    ),
    r.GetMessages: lambda repository, asked: {"messages": repository.get_messages(asked.session)},
    r.ListSessions: lambda repository, _: {"sessions": repository.list_sessions()},
    r.UpdateTokenMetrics: lambda repository, asked: repository.update_token_metrics(
        asked.session, asked.prompt_tokens, asked.completion_tokens
    ),
}
"""The commands of the session state."""
