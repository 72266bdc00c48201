"""What one client types into a terminal, under a lease of its own, on a connection of its own.

Begun with the first key and let go after a rest, so that an open page keeps nobody from typing.
A connection to the host that breaks is made again, and what was typed meanwhile arrives once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from actors.http.worker_place import WorkerPlace
from actors.terminals import protocol as p
from actors.terminals.greeting import HostUnreachableError
from actors.terminals.host_stream import HostStream
from actors.terminals.too_old import explained
from actors.terminals.typing_ahead import NumberedWrite, TypingAhead

REST_SECONDS = 30.0
"""Who types nothing for so long lets go of the terminal."""

ROOM_SECONDS = 5.0
"""So long is waited for a program that reads nothing; then input is refused."""

LAST_WORDS_SECONDS = 1.0
AWAY_SECONDS = 30.0
HOST_SECONDS = 5.0
_AGAIN_SECONDS = 0.05

_RUNS = frozenset({"starting", "running"})

Refuse = Callable[[str, str], Awaitable[None]]
_Problem = tuple[str, str]

_NOT_RUNNING = "it has no process now, so nothing was typed; start or restart the worker first"
_OTHER = "its process was started anew; what was on its way was not typed, so type it again"
_AWAY = "the terminal host does not answer, so nothing was typed; see greenroom status"


class Size(NamedTuple):
    cols: int
    rows: int


class WorkerInput:
    """`owner` is what others are told of who types; `refuse(code, text)` tells this client."""

    def __init__(self, place: WorkerPlace, owner: str, refuse: Refuse) -> None:
        self._place = place
        self._owner = owner
        self._refuse = refuse
        self._typing = TypingAhead()
        self._room = asyncio.Event()
        self._stream: HostStream | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._epoch = 0
        self._lease = 0
        self._has_lease = False
        self._is_asked = False
        self._forces = False
        self._writer: p.Writer | None = None
        self._size: Size | None = None
        self._fitted: Size | None = None
        self._used_at = 0.0
        self._telling: set[asyncio.Future[None]] = set()

    async def type(self, data: bytes) -> None:
        """Returns when there was room for it, or it was refused. No part of it is left out."""
        if await self._offer(data):
            self._use()
        else:
            text = "the program reads nothing, so this was not typed; try again or restart it"
            await self._refuse("input-full", text)

    def take(self) -> None:
        """Type from now on, whoever did until now."""
        self._forces = True
        self._use()

    def resize(self, size: Size) -> None:
        self._size = size
        self._use()

    def fit(self) -> None:
        """Give a terminal that is new the size that this client has."""
        self._fitted = None
        if self._size is not None:
            self._use()

    async def close(self) -> None:
        """What was taken is typed first, if that goes quickly."""
        if self._speaking is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                while self._typing.size_bytes and not self._speaking.done():
                    self._room.clear()
                    await self._room.wait()
        for task in (self._speaking, *self._telling):
            task.cancel()
        await asyncio.wait([self._speaking])

    async def _offer(self, data: bytes) -> bool:
        end = asyncio.get_running_loop().time() + ROOM_SECONDS
        while not self._typing.offer(data):
            self._room.clear()
            try:
                async with asyncio.timeout_at(end):
                    await self._room.wait()
            except TimeoutError:
                return False
        return True

    # The connection.

    def _use(self) -> None:
        self._used_at = asyncio.get_running_loop().time()
        if self._speaking is None or self._speaking.done():
            self._speaking = asyncio.create_task(self._speak())
        elif self._stream is not None:
            self._go_on(self._stream)

    @property
    def _is_wanted(self) -> bool:
        return bool(self._typing.size_bytes) or self._forces

    async def _speak(self) -> None:
        while self._is_wanted or self._size != self._fitted:
            problem = await self._converse()
            if problem is not None:
                self._give_up(*problem)

    def _forget(self) -> None:
        """Nothing of what waits is typed any more."""
        self._typing.forget()
        self._room.set()
        self._forces = False
        self._fitted = self._size

    async def _converse(self) -> _Problem | None:
        """On one connection, until it ends or there was a rest; or why there is none."""
        reached = await self._reach()
        if not isinstance(reached[0], HostStream):
            return reached
        stream, state = reached
        rest = asyncio.get_running_loop().call_later(REST_SECONDS, self._rest)
        try:
            if self._is_other(state.epoch):
                return "worker-not-running", _OTHER
            self._stream, self._writer = stream, state.writer
            self._go_on(stream)
            ended = asyncio.get_running_loop().create_future()

            def hear(messages: list[p.FromHost]) -> None:
                for message in messages:
                    if getattr(message, "key", None) == self._place.key:
                        self._take(stream, message)
                if not messages and not ended.done():
                    ended.set_result(None)

            stream.hand_out(hear)
            await ended
        finally:
            rest.cancel()
            stream.close()
            self._stream = None
            self._has_lease = self._is_asked = False
        return None

    def _is_other(self, epoch: int) -> bool:
        """Whether what is on its way was for another process than this one."""
        is_new = epoch != self._epoch
        if is_new:
            self._epoch, self._lease = epoch, 0
        return is_new and self._typing.under_way is not None

    async def _reach(self) -> tuple[HostStream, p.TerminalState] | _Problem:
        """A connection to a host that holds the terminal; waits for one that is just coming."""
        loop = asyncio.get_running_loop()
        end = loop.time() + AWAY_SECONDS
        problem = "host-unreachable", _AWAY
        while loop.time() < end:
            with suppress(OSError, HostUnreachableError):
                stream = await HostStream.connect(self._place.data, self._owner, HOST_SECONDS)
                state = stream.terminal(self._place.key)
                if state is not None and state.exit is None:
                    return stream, state
                stream.close()
                problem = "worker-not-running", _NOT_RUNNING
            worker = self._place.worker
            if worker is None or worker.status not in _RUNS:
                return "worker-not-running", _NOT_RUNNING
            await asyncio.sleep(_AGAIN_SECONDS)
        return problem

    def _rest(self) -> None:
        """Let go of the terminal, unless it was used since."""
        loop = asyncio.get_running_loop()
        left = self._used_at + REST_SECONDS - loop.time()
        stream = self._stream
        if stream is None:
            return
        if left <= 0 and not self._typing.size_bytes:
            stream.close()
        else:
            loop.call_later(max(left, _AGAIN_SECONDS), self._rest)

    # Words with the host.

    def _go_on(self, stream: HostStream) -> None:
        key = self._place.key
        if self._forces or (self._is_wanted and not self._has_lease and not self._is_asked):
            self._is_asked = True
            asked = p.TakeLease(key=key, owner=self._owner, renew=self._lease, force=self._forces)
            self._forces = False
            stream.send(asked)
        if self._size is not None and self._size != self._fitted:
            self._fitted = self._size
            if self._has_lease or self._writer is None:
                stream.send(p.Resize(key=key, cols=self._size.cols, rows=self._size.rows))
        if self._has_lease and (write := self._typing.next()):
            self._write(stream, write)

    def _write(self, stream: HostStream, write: NumberedWrite) -> None:
        stream.send(
            p.Write(key=self._place.key, lease=self._lease, number=write.number, data=write.data)
        )

    def _write_again(self) -> None:
        if self._stream is not None and self._has_lease and self._typing.under_way:
            self._write(self._stream, self._typing.under_way)

    def _take(self, stream: HostStream, message: p.FromHost) -> None:
        match message:
            case p.Accepted() if message.lease == self._lease:
                self._typing.typed(message.number)
                self._room.set()
                self._go_on(stream)
            case p.LeaseTaken():
                self._begin_typing(stream, message)
            case p.LeaseChanged():
                self._writer = message.writer
                if self._has_lease and self._writer is None:
                    self._has_lease = False
                    self._go_on(stream)
                elif self._has_lease and self._writer and self._writer.lease != self._lease:
                    self._lose(f"{self._writer.owner} types now")
            case p.Refused():
                self._refused(message)
            case p.Exited():
                stream.close()
                self._give_up("worker-not-running", _NOT_RUNNING)
            case _:
                pass

    def _begin_typing(self, stream: HostStream, taken: p.LeaseTaken) -> None:
        self._is_asked, self._has_lease = False, True
        self._typing.begin_lease(taken.last_number, is_renewed=taken.lease == self._lease)
        self._lease = taken.lease
        self._fitted = None
        again = self._typing.under_way
        self._go_on(stream)
        if again:
            self._write(stream, again)

    def _lose(self, who: str) -> None:
        self._has_lease = self._is_asked = False
        self._typing.forget()
        self._room.set()
        self._tell("input-held", f"{who}; send take-input to type yourself")

    def _refused(self, refused: p.Refused) -> None:
        match refused.code:
            case "lease-held":
                self._lose(refused.message)
            case "input-full" if refused.lease == self._lease:
                asyncio.get_running_loop().call_later(_AGAIN_SECONDS, self._write_again)
            case "input-held":
                pass  # who types now was told before
            case "exited" | "no-terminal":
                self._give_up("worker-not-running", _NOT_RUNNING)
            case _:
                self._give_up(*explained(refused))

    def _give_up(self, code: str, text: str) -> None:
        """Type nothing of what waits, and say so if anything does."""
        is_told = self._is_wanted
        self._forget()
        if is_told:
            self._tell(code, text)

    def _tell(self, code: str, text: str) -> None:
        """When the client reads it; what the host says meanwhile is heard."""
        telling = asyncio.ensure_future(self._refuse(code, text))
        self._telling.add(telling)
        telling.add_done_callback(self._told)

    def _told(self, telling: "asyncio.Future[None]") -> None:
        self._telling.discard(telling)
        if not telling.cancelled():
            telling.exception()  # the client is gone, which shows elsewhere
