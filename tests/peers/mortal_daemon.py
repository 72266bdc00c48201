"""The daemon, which kills itself with SIGKILL at one line of a session's journal.

python mortal_daemon.py ORDERS [repeats] --data DIR

ORDERS is a file with JSON: at which `line` of the journal of `session`, counted from when the order
was given, and whether `before` it is written, once it is `written`, or once it is `synced`. With
`repeats` it takes every tool call for one that may be made twice: a fault.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from actors import daemon
from storage.records.tool import Tool

_write, _fdatasync = os.write, os.fdatasync


class Fate:
    def __init__(self, orders: Path) -> None:
        self._orders = orders
        self._text = ""
        self._order: dict[str, Any] = {}
        self._lines = 0
        self._is_due = False

    def write(self, descriptor: int, content: Any) -> int:
        if not self._concerns(descriptor):
            return _write(descriptor, content)
        before, line = self._lines, int(self._order["line"])
        self._lines += content.count(b"\n")
        self._is_due = before < line <= self._lines
        self._meets("before")
        written = _write(descriptor, content)
        self._meets("written")
        return written

    def fdatasync(self, fd: Any) -> None:
        _fdatasync(fd)
        if self._concerns(fd):
            self._meets("synced")

    def _concerns(self, descriptor: int) -> bool:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.name != "journal.jsonl":
            return False
        text = self._orders.read_text()
        if text != self._text:
            self._text, self._order, self._lines = text, json.loads(text), 0
        return path.parent.name == str(self._order["session"])

    def _meets(self, phase: str) -> None:
        if self._is_due and phase == self._order["phase"]:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    fate = Fate(Path(sys.argv[1]))
    os.write, os.fdatasync = fate.write, fate.fdatasync
    arguments = sys.argv[2:]
    if arguments[0] == "repeats":
        arguments.pop(0)
        Tool.may_repeat = property(lambda _: True)  # type: ignore[assignment,method-assign]  # a fault
    sys.exit(daemon.main(arguments))
