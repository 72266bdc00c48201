"""One person at one terminal: shows what comes, types what is typed, until one of both ends.

A connection to the host that breaks is made again; meanwhile typing is kept, and arrives once.
"""

import selectors
import time
from collections.abc import Callable
from pathlib import Path
from re import Pattern
from typing import NamedTuple

from actors.cli.attach.detaching import before_key
from actors.cli.attach.host_link import HostLink
from actors.cli.attach.notices import Notices
from actors.cli.attach.raw_terminal import RawTerminal
from actors.cli.attach.replay import shown_again
from actors.cli.attach.signals import Signals
from actors.terminals import protocol as p
from actors.terminals.greeting import HostUnreachableError
from actors.terminals.screen_modes import ScreenModes
from actors.terminals.too_old import explained
from actors.terminals.typing_ahead import TypingAhead
from storage import output_log

LOOKED_BACK_BYTES = 4 * 1024 * 1024
"""Of what came before so much is searched for modes that are still on; less of it is shown."""

CONNECT_SECONDS = 2.0
AWAY_SECONDS = 30.0
"""A host that is away for so long is given up."""
LEAVE_SECONDS = 3.0
"""Who detaches waits so long for a host that has not taken all that was typed."""

_AGAIN_SECONDS = 0.05
_REDRAW_SECONDS = 0.05
_PAGE_BYTES = 256 * 1024
_BELL = b"\x07"


class Wish(NamedTuple):
    """`key`: of the terminal. `owner`: what others are told of who types."""

    key: str
    owner: str
    detach_key: Pattern[bytes] | None
    watch: bool = False
    take: bool = False


class Ending(NamedTuple):
    """Why it is over: `detached`, `sent-away`, `ended` with `exit`, `held`, `too-old`, `lost` or
    `hung-up`.

    `text` says it in words; of `sent-away`, who did it.
    """

    how: str
    text: str = ""
    exit: p.TerminalExit | None = None


class Attachment:
    def __init__(self, data: Path, wish: Wish, terminal: RawTerminal, notices: Notices) -> None:
        self._data = data
        self._wish = wish
        self._terminal = terminal
        self._notices = notices
        self._typing = TypingAhead()
        self._lease = 0
        self._writes = not wish.watch
        self._link: HostLink | None = None
        self._wanted = 0
        self._away_since = 0.0
        self._epoch = 0
        self._next = 0
        self._exit: p.TerminalExit | None = None
        self._ending: Ending | None = None
        self._is_leaving = False
        self._due: list[tuple[float, Callable[[], None]]] = []

    def run(self, link: HostLink, signals: Signals) -> Ending:
        """Until it is over. The terminal must be raw by now, and `link` freshly connected."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._terminal.in_fd, selectors.EVENT_READ, self._take_typed)
            selector.register(signals.fd, selectors.EVENT_READ, lambda: self._obey(signals))
            self._meet(link, selector)
            while self._ending is None:
                self._wait(selector)
        if self._link:
            self._link.close()
        return self._ending

    def _wait(self, selector: selectors.BaseSelector) -> None:
        if self._link and self._link.wanted != self._wanted:
            self._wanted = self._link.wanted
            selector.modify(self._link, self._wanted, self._hear)
        for key, _ in selector.select(self._seconds_to_wait()):
            key.data()
        if self._due:
            self._do_what_is_due()
        if self._link and not self._link.is_open:
            selector.unregister(self._link)
            self._link.close()
            self._link = None
            self._away_since = time.monotonic()
        if self._link is None and self._ending is None:
            self._connect_again(selector)

    def _seconds_to_wait(self) -> float | None:
        return max(0, min(at for at, _ in self._due) - time.monotonic()) if self._due else None

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        for due in [due for due in self._due if due[0] <= now]:
            self._due.remove(due)
            due[1]()

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        self._due.append((time.monotonic() + seconds, call))

    def _end(self, how: str, text: str = "") -> None:
        self._ending = self._ending or Ending(how, text, self._exit)

    # The host.

    def _connect_again(self, selector: selectors.BaseSelector) -> None:
        try:
            link = HostLink.connect_anew(self._data, self._wish.owner, CONNECT_SECONDS)
        except (OSError, HostUnreachableError) as error:
            if self._exit is not None:
                self._show_rest()
            elif time.monotonic() - self._away_since > AWAY_SECONDS:
                self._end("lost", f"the terminal host is gone ({error})")
            else:
                self._notices.say("the terminal host does not answer; trying again")
                self._after(_AGAIN_SECONDS, lambda: None)
            return
        self._meet(link, selector)

    def _meet(self, link: HostLink, selector: selectors.BaseSelector) -> None:
        """Take up a new connection: at the beginning, or where the one before ended."""
        states = {state.key: state for state in link.welcome.terminals}
        state = states.get(self._wish.key)
        if state is None or (self._epoch and state.epoch != self._epoch):
            link.close()
            self._show_rest() if self._exit else self._end("lost", "the process is gone")
            return
        self._link, self._wanted = link, link.wanted
        selector.register(link, self._wanted, self._hear)
        self._notices.writer(state.writer.owner if state.writer else None)
        self._notices.watchers(state.watchers)
        if not self._epoch:
            self._epoch = state.epoch
            self._next = max(0, state.end_offset - LOOKED_BACK_BYTES)
            self._look_back(state)
        link.send(p.Watch(key=self._wish.key, epoch=self._epoch, start=self._next))
        if state.exit is not None:
            self._note_exit(state.exit)
        elif self._writes:
            self._ask_lease(force=self._wish.take and not self._lease)
        self._notices.clear()

    def _ask_lease(self, *, force: bool) -> None:
        if self._link:
            asked = p.TakeLease(
                key=self._wish.key, owner=self._wish.owner, renew=self._lease, force=force
            )
            self._link.send(asked)

    def _hear(self) -> None:
        link = self._link
        if link is None:
            return
        link.flush()
        for message in link.receive():
            if getattr(message, "key", None) == self._wish.key:
                self._take(message)

    def _take(self, message: p.FromHost) -> None:
        match message:
            case p.Output():
                self._show(message)
            case p.Accepted() if message.lease == self._lease:
                self._typing.typed(message.number)
                self._type_on()
                self._leave_when_typed()
            case p.LeaseTaken():
                self._begin_typing(message)
            case p.LeaseChanged():
                self._note_writer(message.writer)
                self._notices.watchers(message.watchers)
            case p.Detached():
                self._end("sent-away", message.by)
            case p.Refused():
                self._refused(message)
            case p.Exited() if message.epoch == self._epoch:
                self._note_exit(message.exit)
            case p.Closed() if message.epoch == self._epoch:
                self._show_rest()
            case _:
                pass

    # What the program shows.

    def _look_back(self, state: p.TerminalState) -> None:
        """Show what stands there: its last output, or ask a full-screen program to draw anew."""
        past, self._next = self._stored(self._next, state.end_offset)
        modes = ScreenModes()
        modes.feed(past)
        if modes.is_alternate_screen and self._writes:
            self._terminal.show(modes.enter())
        else:
            self._terminal.show(shown_again(past) + modes.enter())

    def _stored(self, start: int, end: int) -> tuple[bytes, int]:
        """What the log has from `start` to `end`, less what is gone; where that ends."""
        pieces: list[bytes] = []
        while start < end:
            try:
                page = output_log.read(
                    self._log(), epoch=self._epoch, start=start, limit=min(end - start, _PAGE_BYTES)
                )
            except OSError:
                break
            if not page.data:
                break
            pieces.append(page.data)
            start = page.next
        return b"".join(pieces), start

    def _log(self) -> Path:
        session, _, worker = self._wish.key.partition("/")
        found = self._data.glob(f"workspaces/*/sessions/{session}/terminals/{worker}")
        return next(found, self._data / "none")

    def _show(self, output: p.Output) -> None:
        if output.epoch != self._epoch or output.end <= self._next:
            return
        self._terminal.show(output.data[max(0, self._next - output.start) :])
        self._next = output.end
        self._notices.drawn_over()
        self._check_end()

    def _note_exit(self, exit_: p.TerminalExit) -> None:
        self._exit = exit_
        self._check_end()

    def _check_end(self) -> None:
        if self._exit is not None and self._next >= self._exit.end_offset:
            self._end("ended")

    def _show_rest(self) -> None:
        """The host has forgotten the terminal: what is missing stands in the log alone."""
        end = self._exit.end_offset if self._exit else 0
        rest, self._next = self._stored(self._next, end)
        self._terminal.show(rest)
        self._end("ended" if self._exit else "lost", "the process is gone")

    # What the person types.

    def _take_typed(self) -> None:
        typed = self._terminal.read()
        if not typed:
            self._end("hung-up")
            return
        if self._is_leaving:
            return
        typed, is_over = before_key(typed, self._wish.detach_key)
        if typed and not (self._writes and self._typing.offer(typed)):
            self._terminal.show(_BELL)
        self._type_on()
        if is_over:
            self._is_leaving = True
            self._after(LEAVE_SECONDS, self._leave)
            self._leave_when_typed()

    def _leave_when_typed(self) -> None:
        """What was typed before the key that detaches is typed, if the host takes it in time."""
        if self._is_leaving and not self._typing.size_bytes:
            self._leave()

    def _leave(self) -> None:
        self._drop_lease()
        self._end("detached")

    def _type_on(self) -> None:
        if self._link is None or not self._lease or not self._writes:
            return
        write = self._typing.next()
        if write:
            self._send(write.number, write.data)

    def _send(self, number: int, data: bytes) -> None:
        if self._link:
            self._link.send(
                p.Write(key=self._wish.key, lease=self._lease, number=number, data=data)
            )

    def _type_again(self) -> None:
        if self._typing.under_way and self._writes:
            self._send(*self._typing.under_way)

    def _drop_lease(self) -> None:
        if self._link and self._lease:
            self._link.send(p.DropLease(key=self._wish.key, lease=self._lease))

    def _begin_typing(self, taken: p.LeaseTaken) -> None:
        is_first = not self._lease
        self._typing.begin_lease(taken.last_number, is_renewed=taken.lease == self._lease)
        self._lease = taken.lease
        self._fit(redraw=is_first)
        self._type_again()
        self._type_on()

    def _note_writer(self, writer: p.Writer | None) -> None:
        self._notices.writer(writer.owner if writer else None)
        if writer and self._writes and self._lease and writer.lease != self._lease:
            self._writes = False
            self._typing.forget()
            self._notices.say(f"{writer.owner} types now; you watch")

    def _refused(self, refused: p.Refused) -> None:
        match refused.code:
            case "lease-held" if self._lease:
                self._writes = False
                self._typing.forget()
                self._notices.say(f"{refused.message}; you watch")
            case "lease-held":
                self._end("held", refused.message)
            case "unknown-message":
                self._end("too-old", explained(refused)[1])
            case "input-full" if refused.lease == self._lease:
                self._after(_AGAIN_SECONDS, self._type_again)
            case _:
                pass

    # The person's terminal.

    def _fit(self, *, redraw: bool = False) -> None:
        """Give the program the size of this screen; `redraw`: also if it has it already."""
        cols, rows = self._terminal.size
        rows = self._notices.rows_for_program(rows)
        if redraw and rows > 1:
            self._resize(cols, rows - 1)
            self._after(_REDRAW_SECONDS, self._fit)
        else:
            self._resize(cols, rows)

    def _resize(self, cols: int, rows: int) -> None:
        if self._link and self._writes and self._lease:
            self._link.send(p.Resize(key=self._wish.key, cols=cols, rows=rows))

    def _obey(self, signals: Signals) -> None:
        for name in signals.take():
            match name:
                case "SIGWINCH":
                    self._fit()
                    self._notices.drawn_over()
                case "SIGTSTP":
                    self._terminal.put_back()
                    signals.suspend()
                    self._terminal.make_raw()
                    self._fit(redraw=True)
                case _:
                    self._drop_lease()
                    self._end("hung-up", name)
