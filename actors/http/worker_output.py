"""What a worker's program shows, told to one client from any offset on: every byte once, in order.

A live terminal's output comes from the terminal host, what came before and what the host does not
hold any more from the output log. Nothing is kept for a client that is slow: it is read later.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn, TypeVar

from actors.decisions.output_text import OutputText, TextPiece
from actors.http.worker_history import Past, Wanted, past
from actors.http.worker_place import WorkerPlace
from actors.http.worker_voice import SaidGoodbye, Voice
from actors.terminals import protocol as p
from actors.terminals.greeting import HostUnreachableError
from actors.terminals.host_stream import HostStream
from storage import output_log
from storage.records.process import ProcessExit
from storage.records.worker_message import ExitMessage, HistoryMessage, OutputMessage

_Read = TypeVar("_Read")

HOST_SECONDS = 5.0
_PAGE_BYTES = 256 * 1024
_AGAIN_SECONDS = 0.2
_RUNS = frozenset({"starting", "running"})


class WorkerOutput:
    """`changed` is to be called when something may have become of the worker; `began` is called
    when another process is shown than before.
    """

    def __init__(self, place: WorkerPlace, voice: Voice, began: Callable[[], object]) -> None:
        self._place = place
        self._voice = voice
        self._began = began
        self._wanted: Wanted | None = None
        self._showing: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._epoch = 0
        self._text = OutputText(0)
        self._exit: p.TerminalExit | None = None
        self._has_told_exit = False
        self.has_begun = asyncio.Event()
        """Set once the client was told what was before."""

    def changed(self) -> None:
        self._news.set()

    def show_from(self, wanted: Wanted) -> None:
        """Begin anew there."""
        self._wanted = wanted
        if self._showing:
            self._showing.cancel()

    async def run(self, wanted: Wanted) -> None:
        """Until it is cancelled, or the worker is deleted."""
        self._wanted = wanted
        while self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self._showing = asyncio.create_task(self._show(wanted))
            try:
                await self._showing
            except asyncio.CancelledError:
                own = asyncio.current_task()
                if self._wanted is None or (own and own.cancelling()):
                    raise

    async def _show(self, wanted: Wanted) -> None:
        await self._tell_history(wanted)
        while True:
            self._news.clear()
            stream = await self._reach()
            state = stream.terminal(self._place.key) if stream else None
            try:
                if stream and state and state.epoch == self._epoch:
                    await self._follow(stream, state)
                    continue
            finally:
                if stream:
                    stream.close()
            later = await self._tell_rest(state)
            if later is not None:
                await self._begin(later)
            else:
                await self._wait()

    async def _tell_history(self, wanted: Wanted) -> None:
        try:
            found = await self._in_pool(partial(past, self._place.log, wanted))
        except OSError as error:
            await self._voice.refuse("output-unavailable", f"its output cannot be read: {error}")
            found = Past(b"", wanted.from_offset or 0, wanted.epoch or 0)
        self._epoch = found.epoch
        self._text = OutputText(found.start)
        self._exit, self._has_told_exit = None, False
        pieces = self._text.feed(found.data, found.start)
        piece = pieces[0] if pieces else TextPiece("", found.start, found.start)
        await self._say_history(piece._replace(text=found.modes + piece.text))
        self.has_begun.set()

    async def _say_history(self, piece: TextPiece) -> None:
        text, start, end = piece
        told = HistoryMessage(data=text, start=start, offset=end, epoch=self._epoch)
        await self._voice.say(told)

    async def _begin(self, epoch: int) -> None:
        """The process was started anew: what it shows begins at 0."""
        await self._tell(self._text.finish())
        self._epoch, self._text = epoch, OutputText(0)
        self._exit, self._has_told_exit = None, False
        await self._say_history(TextPiece("", 0, 0))
        self._began()

    # While the host holds the terminal.

    async def _reach(self) -> HostStream | None:
        try:
            return await HostStream.connect(self._place.data, "websocket", HOST_SECONDS)
        except (OSError, HostUnreachableError):
            return None

    async def _follow(self, stream: HostStream, state: p.TerminalState) -> None:
        """Until the host lets go of the terminal or of us."""
        key = self._place.key
        stream.send(p.Watch(key=key, epoch=self._epoch, start=self._text.end))
        self._exit = state.exit
        await self._tell_exit_if_due()
        while messages := await stream.receive():
            mine = [each for each in messages if getattr(each, "key", None) == key]
            if not await self._tell_output(mine):
                return
            for message in mine:
                match message:
                    case p.Exited() if message.epoch == self._epoch:
                        self._exit = message.exit
                    case p.Closed() if message.epoch == self._epoch:
                        return
                    case p.Detached():
                        text = f"detached by {message.by}; the terminal runs on"
                        await self._say_goodbye("detached", text)
            await self._tell_exit_if_due()

    async def _tell_output(self, messages: list[p.FromHost]) -> bool:
        """All that came at once, as one; False if it is another process's."""
        pieces: list[TextPiece] = []
        for message in messages:
            if isinstance(message, p.Output):
                if message.epoch != self._epoch:
                    return False
                pieces += self._text.feed(message.data, message.start)
        await self._tell(pieces)
        return True

    async def _tell_exit_if_due(self) -> None:
        if self._exit is not None and self._text.end >= self._exit.end_offset:
            await self._tell_exit(self._exit)

    # While it does not.

    async def _tell_rest(self, state: p.TerminalState | None) -> int | None:
        """What the log has of this process; then the epoch of the next one, if there was one."""
        log, epochs = self._place.log, {state.epoch} if state else set()
        while True:
            read = partial(output_log.read, log, epoch=self._epoch, limit=_PAGE_BYTES)
            try:
                page = await self._in_pool(partial(read, start=self._text.end))
            except OSError:
                return None  # it is looked at again, as soon as there is something new
            epochs.update(page.epochs)
            if not page.data:
                break
            await self._tell(self._text.feed(page.data, page.start))
        later = min((each for each in epochs if each > self._epoch), default=None)
        if later is None:
            await self._tell_end()
        return later

    async def _tell_end(self) -> None:
        worker = self._place.worker
        if worker is None:
            is_there = self._place.session is not None
            code = "worker-not-found" if is_there else "session-not-found"
            text = f"the {'worker' if is_there else 'session'} was deleted; see greenroom ls"
            await self._say_goodbye(code, text)
        elif self._exit is not None:
            await self._tell_exit(self._exit)
        elif worker.status not in _RUNS:
            await self._tell_exit(worker.exit)

    async def _wait(self) -> None:
        """Until there is news. Of one that runs and the host does not hold, look again soon."""
        worker = self._place.worker
        is_due = worker is not None and worker.status == "running"
        with suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN_SECONDS if is_due else None):
                await self._news.wait()

    # Words.

    async def _tell(self, pieces: list[TextPiece]) -> None:
        """As few messages as there are gaps."""
        for first, *more in _without_gaps(pieces):
            text = "".join((first.text, *(each.text for each in more)))
            end = more[-1].end if more else first.end
            told = OutputMessage(data=text, start=first.start, offset=end, epoch=self._epoch)
            await self._voice.say(told)

    async def _tell_exit(self, exit_: p.TerminalExit | ProcessExit | None) -> None:
        if not self._has_told_exit:
            self._has_told_exit = True
            await self._tell(self._text.finish())
            code, number = (exit_.code, exit_.signal) if exit_ else (None, None)
            await self._voice.say(ExitMessage(exit_code=code, signal=number))

    async def _say_goodbye(self, code: str, text: str) -> NoReturn:
        await self._voice.end(code, text)
        raise SaidGoodbye

    async def _in_pool(self, read: Callable[[], _Read]) -> _Read:
        try:
            pool = self._place.front.around.recording.pool
        except RuntimeError as error:
            raise SaidGoodbye from error
        return await asyncio.get_running_loop().run_in_executor(pool, read)


def _without_gaps(pieces: list[TextPiece]) -> list[list[TextPiece]]:
    found: list[list[TextPiece]] = []
    for piece in pieces:
        if found and found[-1][-1].end == piece.start:
            found[-1].append(piece)
        else:
            found.append([piece])
    return found
