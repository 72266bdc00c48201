"""P11: the output of a program that writes as fast as it can, to one attached client.

Ours comes whole, and is compared byte by byte where the person sees it and in the output log; tmux
shows what its screen holds when there is time, and is counted to the end of the same output.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from benchmarks.daemons import Attached, attached
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, Rounds, figure, interleaved
from benchmarks.person import Person, person
from benchmarks.tmux import environment, tmux
from storage import output_log

MEGABYTE = 1e6
LINE = b"0123456789" * 7 + b"012345678"
_END = b"all-is-said"
_MOST_MEGABYTES = 16
_QUIET_SECONDS = 0.3
_PAGE_BYTES = 1 << 20


class Sizes(Struct, frozen=True):
    """`output_bytes`: as the program writes them; the terminal adds one to each line."""

    output_bytes: int = 50_000_000
    rounds: int = 3


class _Output(NamedTuple):
    seconds: float
    held_bytes: int


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    megabytes = len(_shown(sizes)) / MEGABYTE
    held: list[float] = []

    def ours() -> float:
        with attached(ground, _program(sizes)) as attachment:
            output = _whole_output(attachment, sizes)
        held.append(output.held_bytes / MEGABYTE)
        return megabytes / output.seconds

    def theirs() -> float:
        with _tmux_attached(ground, sizes) as reader:
            _wait_until_ready(reader)
            began = _begin(reader)
            reader.sees_until(_END)
            return megabytes / (time.perf_counter() - began)

    rounds = interleaved(ground.say, sizes.rounds, ours, theirs)
    return [
        figure(
            "P11",
            f"output of {sizes.output_bytes:,} bytes to one client, all of it",
            unit="MB/s",
            against="tmux attach",
            goal=Goal("at least", 1.2),
            rounds=rounds,
        ),
        figure(
            "P11",
            "the most that host and attach held of it",
            unit="MB",
            against="the bound",
            goal=Goal("at most", 1),
            rounds=Rounds(tuple(held), (float(_MOST_MEGABYTES),) * len(held)),
        ),
    ]


@contextmanager
def _tmux_attached(ground: Ground, sizes: Sizes) -> Iterator[Person]:
    with tmux(ground.fresh("tmux")) as server:
        server.new_session("output", _program(sizes))
        with person(server.command("attach", "-t", "output"), environment()) as reader:
            yield reader


def _program(sizes: Sizes) -> list[str]:
    """Says that it is ready, and writes when Enter is pressed."""
    said = f"yes {LINE.decode()} | head -c {sizes.output_bytes}"
    return ["sh", "-c", f"stty -echo; echo ready; read go; {said}; printf {_END.decode()}; cat"]


def _shown(sizes: Sizes) -> bytes:
    """What a terminal makes of it."""
    lines, rest = divmod(sizes.output_bytes, len(LINE) + 1)
    return (LINE + b"\r\n") * lines + LINE[:rest]


def _wait_until_ready(reader: Person) -> None:
    reader.sees_until(b"ready")
    reader.quiet(_QUIET_SECONDS)


def _begin(reader: Person) -> float:
    began = time.perf_counter()
    reader.type(b"\n")
    return began


def _whole_output(attachment: Attached, sizes: Sizes) -> _Output:
    """RuntimeError if a byte is missing, another, or twice, on the screen or in the log."""
    wanted = _shown(sizes) + _END
    _wait_until_ready(attachment.person)
    watched = (attachment.host_pid, attachment.person.pid)
    before = sum(map(_most_bytes, watched))
    began = _begin(attachment.person)
    seen = 0
    while seen < len(wanted):
        piece = attachment.person.sees()
        compare(wanted, seen, piece, "screen")
        seen += len(piece)
    seconds = time.perf_counter() - began
    _compare_log(wanted, attachment.log)
    return _Output(seconds, sum(map(_most_bytes, watched)) - before)


def compare(wanted: bytes, start: int, piece: bytes, where: str) -> None:
    """RuntimeError unless `piece` stands in `wanted` at `start`."""
    if not wanted.startswith(piece, start):
        raise RuntimeError(f"the {where} is wrong after {start:,} bytes")


def _compare_log(wanted: bytes, log: Path) -> None:
    """What came before the output is `ready` and the end of its line."""
    before = len(b"ready\r\n")
    seen = 0
    while seen < len(wanted):
        page = output_log.read(log, start=before + seen, limit=_PAGE_BYTES)
        if not page.data or page.start != before + seen:
            raise RuntimeError(f"the output log ends, or has a gap, after {seen:,} bytes")
        compare(wanted, seen, page.data, "output log")
        seen += len(page.data)


def _most_bytes(pid: int) -> int:
    """Of memory that the process ever held at once."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise OSError(f"/proc/{pid}/status tells no VmHWM")
    return int(found[1]) * 1024
