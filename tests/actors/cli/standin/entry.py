"""Stands in for our entry script: `entry.py ROLE --data DIR MODE …`, as its processes are known.

`keeper` is the real one, over the daemon of here. Modes of `daemon`, which holds the data
directory: `serve` answers and stops as asked; `mute` answers nothing; `deaf` ignores SIGTERM as
well; `stubborn` says yes and stays; `closed` listens nowhere; `refusing` says no to everything;
`fail` says why and ends with status 1; `crash` with 70.
"""

import fcntl
import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

from actors.keeper import keep
from tests.actors.cli.fake_daemon import FakeDaemon, Json


def main() -> int:
    role, _, data, mode = sys.argv[1:5]
    if role == "keeper":
        return keep(
            data, [sys.executable, "-P", __file__, "daemon", *sys.argv[2:], str(os.getpid())]
        )
    if mode == "fail":
        sys.stderr.write("the port is taken\n")
        return 1
    if mode == "crash":
        return 70
    if mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    fcntl.flock(os.open(data, os.O_RDONLY), fcntl.LOCK_EX)
    over = threading.Event()
    if mode != "closed":
        _listen(mode, Path(data), over)
    over.wait(120)
    return 0


def _listen(mode: str, data: Path, over: threading.Event) -> None:
    def script(request: Json) -> list[Json]:
        head = {"id": request["id"], "type": request["type"]}
        if mode in {"deaf", "mute"}:
            return []
        if mode == "refusing":
            return [{**head, "ok": False, "error": {"code": "too-many", "message": "not now"}}]
        if request["type"] == "stop-daemon" and mode == "serve":
            over.set()
        status = {"daemon": {"state": "running", "pid": os.getpid()}, "asked": request}
        return [{**head, "ok": True, "data": status}]

    (data / "run" / "control.sock").unlink(missing_ok=True)
    FakeDaemon(data, script)


if __name__ == "__main__":
    sys.exit(main())
