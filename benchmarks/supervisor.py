"""What `status` is measured against: a supervisord of our own, with programs that wait."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import ReferenceMissing

_START_SECONDS = 20.0
_CONFIG = """\
[unix_http_server]
file={place}/socket
[supervisord]
nodaemon=true
logfile={place}/log
pidfile={place}/pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{place}/socket
[program:wait]
command=cat
numprocs={programs}
process_name=%(program_name)s-%(process_num)d
"""


@contextmanager
def supervisord(programs: int) -> Iterator[list[str]]:
    """The command line that asks it for its status. ReferenceMissing where it is not installed."""
    beside = Path(sys.executable).parent
    server, client = beside / "supervisord", beside / "supervisorctl"
    if not server.exists() or not client.exists():
        raise ReferenceMissing("pip install supervisor")
    with TemporaryDirectory(prefix="supervisor-") as short:  # a socket's path is 107 bytes at most
        place = Path(short)
        config = place / "supervisord.conf"
        config.write_text(_CONFIG.format(place=place, programs=programs))
        with subprocess.Popen([server, "-c", config], stdout=subprocess.DEVNULL) as running:
            try:
                _wait(place / "socket", running)
                yield [str(client), "-c", str(config), "status"]
            finally:
                running.terminate()


def _wait(socket: Path, running: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _START_SECONDS
    while not socket.exists():
        if running.poll() is not None or time.monotonic() > end:
            raise RuntimeError("supervisord did not start")
        time.sleep(0.01)
