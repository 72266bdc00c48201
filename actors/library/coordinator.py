"""Conversations for a program on an asyncio loop: ask, follow, await, look up.

Works over whatever takes requests and shows how their turns grow: a `Greenroom`, or the sessions of
a `Workspace`. The round itself is made by the session, in this process or in a daemon; letting go
here, or ending, ends nothing there.
"""

import asyncio
import logging
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from actors.library.conversation_errors import error_of
from actors.library.turn_stream import TurnStream
from actors.library.way import Deliver, Follow
from storage import codec
from storage.records.conversation import Round, TurnGrew
from storage.records.message import Content
from storage.records.prompt import Context
from storage.records.request import Answer

Prose = str | tuple[Content, ...]


class Sessions(Protocol):
    """Takes requests; calls back from any thread."""

    def hand_in(
        self, command: Any, deliver: Deliver, *, follow: Follow | None = None
    ) -> Callable[[], object]: ...


class OfWorkspace(Protocol):
    """A part of a workspace, and the name of that."""

    @property
    def workspace(self) -> str: ...


class SessionCoordinator:
    """Every method belongs on an asyncio loop; several loops may have one each.

    A request is answered with the settings of its session's workspace as they are at that moment.
    The parts given here are live views of those, so all must be of one workspace: ValueError.
    """

    def __init__(
        self,
        metadata: OfWorkspace,
        prompt: OfWorkspace,
        sessions: Sessions,
        mcp: OfWorkspace,
        models: OfWorkspace,
        files: OfWorkspace | None = None,
        dynamic_context: OfWorkspace | None = None,
        logger: logging.Logger | None = None,
    ) -> None:
        parts = (metadata, prompt, mcp, models, files, dynamic_context)
        names = {part.workspace for part in parts if part is not None}
        if len(names) > 1:
            raise ValueError(f"these are parts of several workspaces: {', '.join(sorted(names))}")
        self._sessions = sessions
        self._logger = logger or logging.getLogger(__name__)
        self._open: set[asyncio.Future[Round]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle_request(
        self, session_id: str, content: Prose
    ) -> tuple[str, "asyncio.Future[Round]"]:
        """The response id as soon as the request is on disk, and a future of the whole round.

        The future raises what went wrong. A request that is refused raises here.
        """
        return await self._begin(session_id, content, lambda _: False)

    async def stream_request(
        self, session_id: str, content: Prose
    ) -> tuple[str, TurnStream, "asyncio.Future[Round]"]:
        """The same, with growing snapshots of each turn, the last one as it ended.

        Closing the stream, or forgetting it, lets go of it; the request goes on.
        """
        stream = TurnStream()
        response_id, completion = await self._begin(session_id, content, _into(stream))
        completion.add_done_callback(_ending(stream))
        return response_id, stream, completion

    async def get_round_by_response_id(self, response_id: str) -> Round:
        """The round as it is, with the text of a turn that is still being written."""
        data = await self._ask({"type": "get-response", "response_id": response_id})
        found: Round = _converted(data, Round)
        return found

    async def build_context(self, session_id: str) -> Context:
        """What the next call of the model would be sent, made by what makes that."""
        data = await self._ask({"type": "get-context", "session": session_id})
        built: Context = _converted(data, Context)
        return built

    async def cancel(self, response_id: str) -> None:
        """End a request; its completion raises `cancelled`."""
        await self._ask({"type": "cancel", "response_id": response_id})

    async def cleanup(self) -> None:
        """Let go of all that was begun here: completions are cancelled, the requests go on."""
        for completion in list(self._open):
            completion.cancel()
        for task in list(self._tasks):
            task.cancel()

    async def _begin(
        self, session_id: str, content: Prose, show: Callable[[TurnGrew], bool]
    ) -> tuple[str, "asyncio.Future[Round]"]:
        loop = asyncio.get_running_loop()
        accepted: asyncio.Future[str] = loop.create_future()
        completion: asyncio.Future[Round] = loop.create_future()

        def grown(notice: TurnGrew) -> None:
            if not accepted.done():
                accepted.set_result(notice.response_id)

        def heard(notice: TurnGrew) -> bool:
            _call_on(loop, grown, notice)
            return show(notice)

        def answered(answer: Answer) -> None:
            if not accepted.done():
                accepted.set_exception(error_of(answer))
            elif answer.ok:
                self._settle(answer.data["response_id"], completion)
            elif not completion.done():
                self._logger.info("a request of session %s failed: %s", session_id, answer.error)
                completion.set_exception(error_of(answer))

        self._open.add(completion)
        completion.add_done_callback(self._done)
        raw = {"type": "request", "session": session_id, "content": content}
        hear = partial(_call_on, loop, answered)
        try:
            await asyncio.to_thread(self._sessions.hand_in, raw, hear, follow=heard)
            return await accepted, completion
        except BaseException:
            completion.cancel()
            raise

    def _done(self, completion: "asyncio.Future[Round]") -> None:
        """Nobody has to await it: an error that is not looked at is no warning of its own."""
        self._open.discard(completion)
        if not completion.cancelled():
            completion.exception()

    def _settle(self, response_id: str, completion: "asyncio.Future[Round]") -> None:
        """The answer names the response; its round is what the caller wants."""

        async def fetch() -> None:
            try:
                found = await self.get_round_by_response_id(response_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told
                if not completion.done():
                    completion.set_exception(error)
            else:
                if not completion.done():
                    completion.set_result(found)

        task = asyncio.ensure_future(fetch())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, raw: dict[str, Any]) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()

        def answered(answer: Answer) -> None:
            if not future.done():
                future.set_result(answer)

        await asyncio.to_thread(self._sessions.hand_in, raw, partial(_call_on, loop, answered))
        answer = await future
        if not answer.ok:
            raise error_of(answer)
        return answer.data


def _into(stream: TurnStream) -> Callable[[TurnGrew], bool]:
    """What shows turns to the stream, from any thread, as long as somebody holds it open."""
    loop, held = asyncio.get_running_loop(), weakref.ref(stream)

    def show(notice: TurnGrew) -> bool:
        found = held()
        if found is None or found.is_over:
            return False
        if notice.turn is not None:
            _call_on(loop, found.grew, notice.turn)
        return True

    return show


def _ending(stream: TurnStream) -> Callable[["asyncio.Future[Round]"], None]:
    held = weakref.ref(stream)

    def end(completion: "asyncio.Future[Round]") -> None:
        found = held()
        if found:
            failed = completion.cancelled() or completion.exception() is not None
            found.ended(None if failed else completion.result())

    return end


def _call_on(loop: asyncio.AbstractEventLoop, call: Callable[[Any], object], value: Any) -> None:
    """From any thread; after the end of the loop, nothing."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, value)


def _converted(data: Any, kind: Any) -> Any:
    return codec.convert(codec.builtins(data), kind)
