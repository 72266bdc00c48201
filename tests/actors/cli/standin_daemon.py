"""A program that stands in for the daemon: `standin_daemon.py MODE … --data DIR`.

Modes: `serve` answers and stops as asked; `mute` answers nothing; `deaf` ignores SIGTERM as well;
 `stubborn` says yes and stays; `fail` says why and ends with status 1; `crash` with 70.
"""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.actors.cli.fake_daemon import FakeDaemon, Json


def main() -> None:
    mode, data = sys.argv[1], Path(sys.argv[-1])
    if mode == "fail":
        sys.stderr.write("the port is taken\n")
        sys.exit(1)
    if mode == "crash":
        sys.exit(70)
    if mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    over = threading.Event()
    socket = data / "run" / "control.sock"
    socket.unlink(missing_ok=True)

    def script(request: Json) -> list[Json]:
        if mode in {"deaf", "mute"}:
            return []
        if request["type"] == "stop-daemon" and mode == "serve":
            over.set()
        status = {"daemon": {"state": "running", "pid": os.getpid()}, "asked": request}
        return [{"id": request["id"], "type": request["type"], "ok": True, "data": status}]

    FakeDaemon(data, script)
    over.wait(120)


if __name__ == "__main__":
    main()
