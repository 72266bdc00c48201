"""`both_ways.py TYPED IN OUT CODE`: takes IN bytes and shows OUT bytes, both at once.

What is typed goes into the file TYPED. What it shows are numbered lines; it shows no faster than it
is typed to, from the first byte on, so that both last equally long. Then it exits with CODE.
"""

import os
import sys
import threading
import tty
from pathlib import Path

HEAD_START = 64 * 1024
READY = b"ready\n"


def lines(size: int) -> bytes:
    """The first `size` bytes that it shows; a line is 16 bytes."""
    return b"".join(b"%015d\n" % number for number in range(size // 16 + 1))[:size]


def main(typed: Path, size_in: int, size_out: int, code: int) -> int:
    tty.setraw(0)
    taken = 0
    more = threading.Condition()

    def show() -> None:
        rest, shown = memoryview(lines(size_out)), 0

        def is_turn() -> bool:
            allowed = (taken + HEAD_START) * size_out if taken else 0
            return taken >= size_in or shown * size_in < allowed

        while shown < size_out:
            with more:
                more.wait_for(is_turn)
            shown += os.write(1, rest[shown : shown + 8192])

    os.write(1, READY)
    shower = threading.Thread(target=show)
    shower.start()
    with typed.open("ab", buffering=0) as file:
        while taken < size_in:
            piece = os.read(0, 65536)
            file.write(piece)
            with more:
                taken += len(piece)
                more.notify()
    shower.join()
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
