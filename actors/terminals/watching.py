"""Who watches which terminal, and how far each has been told.

A watcher that keeps up gets each chunk as it comes; one that lags gets the rest from the log when
there is room, so that a slow reader costs no memory and holds nobody up. One that only counts bytes
is told seldom: a terminal that writes much costs it nothing.
"""

from collections.abc import Callable

from actors.terminals.peer import Peer
from actors.terminals.protocol import Output, Watch
from actors.terminals.terminal import Chunk, Terminal
from storage.output_log import OutputSlice

_PAGE_BYTES = 64 * 1024
_OFFSETS_SECONDS = 0.1

After = Callable[[float, Callable[[], None]], object]


class Watchers:
    def __init__(self, after: After) -> None:
        """`after(seconds, call)` calls once, later."""
        self._after = after
        self._watches: dict[str, dict[Peer, _Watching]] = {}

    def add(self, peer: Peer, terminal: Terminal, watch: Watch) -> None:
        """Begin, or begin anew; sends at once what is there already."""
        watching = _Watching(peer, terminal, watch)
        self._watches.setdefault(terminal.key, {})[peer] = watching
        watching.catch_up()

    def clients(self, key: str) -> list[Peer]:
        """Those that are sent its output; who only counts bytes is none of them."""
        return [w.peer for w in self._of_terminal(key) if w.wants_data]

    def remove(self, peer: Peer, key: str) -> None:
        self._watches.get(key, {}).pop(peer, None)

    def forget_terminal(self, key: str) -> None:
        self._watches.pop(key, None)

    def offer(self, terminal: Terminal, chunk: Chunk) -> None:
        for watching in self._of_terminal(terminal.key):
            if watching.wants_data:
                watching.offer(chunk)
            elif not watching.is_held:
                self._tell_offsets(watching)

    def _tell_offsets(self, watching: "_Watching") -> None:
        """Now, and not again for a while."""
        watching.is_held = True
        watching.catch_up()
        self._after(_OFFSETS_SECONDS, lambda: self._tell_more(watching))

    def _tell_more(self, watching: "_Watching") -> None:
        watching.is_held = False
        is_there = self._watches.get(watching.terminal.key, {}).get(watching.peer) is watching
        if is_there and watching.lags_behind:
            self._tell_offsets(watching)

    def catch_up(self, peer: Peer) -> None:
        for watching in [by[peer] for by in self._watches.values() if peer in by]:
            watching.catch_up()

    def _of_terminal(self, key: str) -> list["_Watching"]:
        return list(self._watches.get(key, {}).values())


class _Watching:
    def __init__(self, peer: Peer, terminal: Terminal, watch: Watch) -> None:
        self.peer = peer
        self.terminal = terminal
        self.wants_data = watch.data
        self.is_held = False
        end = terminal.log.end
        same_epoch = watch.epoch in {None, terminal.log.epoch}
        self._next = min(end if watch.start is None else watch.start, end) if same_epoch else 0

    @property
    def lags_behind(self) -> bool:
        return self._next < self.terminal.log.end

    def offer(self, chunk: Chunk) -> None:
        if chunk.start == self._next and not self.peer.lags:
            self._send(chunk.start, chunk.start + len(chunk.data), chunk.data)
        else:
            self.catch_up()

    def catch_up(self) -> None:
        end = self.terminal.log.end
        while self._next < end and self.peer.is_open and not self.peer.lags:
            if not self.wants_data:
                self._send(self._next, end, b"")
                continue
            page = self._read_page()
            if page is None or not page.data:
                return
            self._send(page.start, page.next, page.data)

    def _read_page(self) -> OutputSlice | None:
        """None when the log cannot be read just now: the next output tries again."""
        try:
            return self.terminal.log.read(self._next, _PAGE_BYTES)
        except OSError:
            return None

    def _send(self, start: int, end: int, data: bytes) -> None:
        self._next = end
        terminal = self.terminal
        output = Output(
            key=terminal.key,
            epoch=terminal.log.epoch,
            start=start,
            end=end,
            data=data,
            typed_bytes=terminal.typed_bytes,
        )
        self.peer.send(output)
