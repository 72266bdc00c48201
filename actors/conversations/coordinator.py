"""Conversations for a Python program on an asyncio loop: ask, follow, await, look up.

Works over whatever fulfils `Sessions`: the gateway of a tree that the program has started. Commands
and events of all kinds, with a daemon or without, are `actors.library`'s. The context it builds is
made by the same code as the one that the model is sent.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Protocol

from actors.conversations import context_building
from actors.conversations.followers import Follow
from actors.messages.recording import TurnGrew
from actors.ports import Clock
from storage import codec
from storage.records.conversation import Round, Turn
from storage.records.message import ChatMessage, Content
from storage.records.prompt import Context
from storage.records.request import Answer
from storage.records.session import Session
from storage.records.workspace import (
    DynamicContextSettings,
    FileSettings,
    McpServerSettings,
    ModelSettings,
    PromptSettings,
    WorkspaceSettings,
)

ContextBuildError = context_building.ContextBuildError


class ConversationError(Exception):
    """What went wrong with a request: `code` in kebab case, a text that says what to do next."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class SessionNotFoundError(ConversationError):
    """There is no session with that id."""


class ProviderError(ConversationError):
    """The model could not be reached, refused, or failed after its retries."""


class ToolExecutionError(ConversationError):
    """Tools could not be reached, or a required one failed."""


class ContextError(ConversationError, ContextBuildError):
    """The prompt or a file could not be built."""


_BY_CODE: dict[str, type[ConversationError]] = {
    "session-not-found": SessionNotFoundError,
    "context-failed": ContextError,
    "tools-unavailable": ToolExecutionError,
}
_NOT_THE_PROVIDER = frozenset(
    {"cancelled", "interrupted", "bad-request", "no-conversation", "session-stopped", "turn-limit"}
)


class Sessions(Protocol):
    """Where requests go; callbacks come from any thread."""

    def hand_in(
        self, raw: Any, deliver: Callable[[Answer], object], *, follow: Follow | None = None
    ) -> None: ...


class Metadata(Protocol):
    """What a workspace is called, and where it lies."""

    name: str
    path: str
    description: str | None


class SessionCoordinator:
    """Every method belongs on an asyncio loop; several loops may have one each.

    `mcp`, `models`, `files` and `dynamic_context` are those of the workspace's settings.
    """

    def __init__(
        self,
        metadata: Metadata,
        prompt: PromptSettings,
        sessions: Sessions,
        mcp: dict[str, McpServerSettings],
        models: ModelSettings,
        files: tuple[FileSettings, ...] = (),
        dynamic_context: tuple[DynamicContextSettings, ...] = (),
        logger: logging.Logger | None = None,
        *,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._logger = logger or logging.getLogger(__name__)
        self._open: set[asyncio.Future[Any]] = set()
        self._settings = WorkspaceSettings(
            name=metadata.name,
            description=metadata.description,
            prompt=prompt,
            mcp_servers=mcp,
            models=models,
            files=files,
            dynamic_context=dynamic_context,
        )

    async def handle_request(
        self, session_id: str, content: str | tuple[Content, ...]
    ) -> tuple[str, "asyncio.Future[Round]"]:
        """The response id as soon as the request is on disk, and a future of the whole round.

        The future raises what went wrong. A request that is refused raises here.
        """
        response_id, _, completion = await self._begin(session_id, content, follow=False)
        return response_id, completion

    async def stream_request(
        self, session_id: str, content: str | tuple[Content, ...]
    ) -> tuple[str, AsyncIterator[Turn], "asyncio.Future[Round]"]:
        """The same, with growing snapshots of each turn.

        Leaving the iteration early lets go of the stream; the request goes on.
        """
        response_id, turns, completion = await self._begin(session_id, content, follow=True)
        return response_id, _until_done(turns, completion), completion

    async def get_round_by_response_id(self, response_id: str) -> Round:
        """The round as it is, with the text of a turn that is still being written."""
        data = await self._ask({"type": "get-response", "response_id": response_id})
        return _round(data)

    async def build_context(self, session_id: str) -> Context:
        """What the next call of the model would be sent."""
        session = await self._session(session_id)
        data = await self._ask({"type": "get-messages", "session": session_id})
        messages: list[ChatMessage] = codec.convert(
            codec.builtins(data["messages"]), list[ChatMessage]
        )
        built = await context_building.build(session, messages, self._settings, (), self._clock)
        return built.context

    async def cancel(self, response_id: str) -> None:
        """End a request; its completion raises `cancelled`."""
        await self._ask({"type": "cancel", "response_id": response_id})

    async def cleanup(self) -> None:
        """Let go of all that was followed here. Requests that run go on."""
        for future in list(self._open):
            future.cancel()
        self._open.clear()

    async def _session(self, session_id: str) -> Session:
        data = await self._ask({"type": "get-session", "session": session_id})
        if data is None:
            text = f"Session not found with ID: {session_id}"
            raise SessionNotFoundError(text, "session-not-found")
        session: Session = codec.convert(codec.builtins(data), Session)
        return session

    async def _begin(
        self, session_id: str, content: str | tuple[Content, ...], *, follow: bool
    ) -> tuple[str, "asyncio.Queue[Turn]", "asyncio.Future[Round]"]:
        loop = asyncio.get_running_loop()
        accepted: asyncio.Future[str] = loop.create_future()
        completion: asyncio.Future[Round] = loop.create_future()
        turns: asyncio.Queue[Turn] = asyncio.Queue()
        completion.add_done_callback(_seen)

        def grown(notice: TurnGrew) -> None:
            if not accepted.done():
                accepted.set_result(notice.response_id)
            if follow and notice.turn is not None:
                turns.put_nowait(notice.turn)

        def answered(answer: Answer) -> None:
            if answer.ok and not completion.done():
                self._settle(answer, completion)
            elif not accepted.done():
                accepted.set_exception(_error(answer))
                completion.cancel()
            elif not completion.done():
                completion.set_exception(_error(answer))

        raw = {"type": "request", "session": session_id, "content": codec.builtins(content)}
        self._sessions.hand_in(raw, _on(loop, answered), follow=_on(loop, grown))
        response_id = await accepted
        self._open.add(completion)
        completion.add_done_callback(self._open.discard)
        return response_id, turns, completion

    def _settle(self, answer: Answer, completion: "asyncio.Future[Round]") -> None:
        """The answer names the response; its round is what the caller wants."""

        async def fetch() -> None:
            found = await self.get_round_by_response_id(answer.data["response_id"])
            if not completion.done():
                completion.set_result(found)

        task = asyncio.ensure_future(fetch())
        task.add_done_callback(lambda ended: _pass_error(ended, completion))

    async def _ask(self, raw: dict[str, Any]) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._sessions.hand_in(raw, _on(loop, lambda answer: _set(future, answer)))
        answer = await future
        if not answer.ok:
            raise _error(answer)
        return answer.data


def _on(loop: asyncio.AbstractEventLoop, call: Callable[[Any], object]) -> Callable[[Any], None]:
    """`call` from any thread; after the end of the loop, nothing."""

    def hand_over(value: Any) -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(call, value)

    return hand_over


def _set(future: "asyncio.Future[Answer]", answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)


def _pass_error(ended: "asyncio.Task[None]", completion: "asyncio.Future[Round]") -> None:
    error = None if ended.cancelled() else ended.exception()
    if error is not None and not completion.done():
        completion.set_exception(error)


def _seen(completion: "asyncio.Future[Round]") -> None:
    """Nobody has to await it: an error that is not looked at is no warning of its own."""
    if not completion.cancelled():
        completion.exception()


def _error(answer: Answer) -> ConversationError:
    refusal = answer.error
    code = refusal.code if refusal else "provider-error"
    kind = _BY_CODE.get(code, ConversationError if code in _NOT_THE_PROVIDER else ProviderError)
    return kind(refusal.message if refusal else "no answer", code)


def _round(data: Any) -> Round:
    found: Round = codec.convert(codec.builtins(data), Round)
    return found


async def _until_done(
    turns: "asyncio.Queue[Turn]", completion: "asyncio.Future[Round]"
) -> AsyncIterator[Turn]:
    """Snapshots as they come; the last ones are given also when the request has ended."""
    ended = asyncio.ensure_future(asyncio.wait([completion]))
    try:
        while not (completion.done() and turns.empty()):
            arrived = asyncio.ensure_future(turns.get())
            await asyncio.wait([arrived, ended], return_when=asyncio.FIRST_COMPLETED)
            if arrived.done():
                yield arrived.result()
            else:
                arrived.cancel()
    finally:
        ended.cancel()
