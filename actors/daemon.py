"""The daemon's process: takes the data directory, starts the tree, waits, ends in order.

Ends with 0 when it was asked to, 1 when it may not start (and would not the next time either) or
its data directory is not in its place any more, 3 when another daemon has the directory, 70 when
it failed and the keeper should start it again.
"""

import argparse
import faulthandler
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TextIO

from actors.boot import RunningTree, boot
from actors.inherited import keep_private, raise_soft_limit
from actors.log_bound import LIMIT_BYTES, keep_bounded
from actors.own_keeper import OwnKeeper
from actors.redactor import HidingFormatter, Redactor
from actors.shutdown import end_terminals
from actors.supervision import RootHandle
from actors.systemd import Notifier
from storage.data_dir import DataDir, Lock
from storage.errors import AlreadyRunning, DataDirectoryRefused, StorageError

REFUSED_STATUS = 1
ALREADY_RUNNING_STATUS = 3
FAILED_STATUS = 70
FINAL_ERRORS = (PermissionError, NotADirectoryError, FileNotFoundError)
STOP_SECONDS = 90.0
LOCK_SECONDS = 0.5
LOCK_AGAIN_SECONDS = 0.02
PLACE_SECONDS = 0.5
"""How often it is looked whether the data directory is still in its place, and the keeper lives."""
READY_SECONDS = 0.02
SWITCH_SECONDS = 0.002
"""Threads take turns this often, so that a busy one delays the others by less. Four times as often
cost a third of all durable commands when many sessions are at work, for every turn is paid for."""
TRY_AGAIN_BYTES = 1 << 16
"""By so much the log grows before it is tried anew to set it aside, where that failed."""
YOUNG_OBJECTS = 20_000
"""Records are made in great numbers and live long: looking for garbage seldom is enough."""

_log = logging.getLogger("greenroom")


class _End:
    """Why and how the daemon is to end. The first word counts."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.is_asked_for = False
        self.keep_terminals = True

    def ask(self, keep_terminals: bool) -> None:
        """From any thread, or a signal's handler."""
        if not self.over.is_set():
            self.is_asked_for = True
            self.keep_terminals = keep_terminals
            self.over.set()

    def follow(self, root: RootHandle) -> None:
        """A tree that ends by itself ends the daemon."""

        def watch() -> None:
            root.wait()
            self.over.set()

        threading.Thread(target=watch, name="root", daemon=True).start()


def main(arguments: Sequence[str]) -> int:
    """Run until asked to end; the status for `sys.exit`."""
    options = _options(arguments)
    notifier = Notifier.of(os.environ)
    data = DataDir(Path(options.data))
    keep_private()
    raise_soft_limit()
    try:
        lock = _locked(data)
        data.prepare()
    except AlreadyRunning as error:
        _say(str(error))
        return ALREADY_RUNNING_STATUS
    except (StorageError, OSError) as error:
        _say(f"greenroom cannot start: {error}")
        return start_failure_status(error)
    redactor = Redactor()
    _begin_log(redactor, data.daemon_log)
    tune_interpreter()
    first = os.getppid() if notifier.keeps_us else options.keeper_pid
    keeper = OwnKeeper(options.data, first, is_systemd=notifier.keeps_us)
    status = FAILED_STATUS
    try:
        status = _run(data, lock, keeper, notifier, redactor)
    except Exception:  # noqa: BLE001 - logged, and told to the keeper by the status
        _log.exception("the daemon failed")
    finally:
        lock.release()
        keeper.tell(status)
    return status


def tune_interpreter() -> None:
    """For many threads with little to do each, and many objects that stay."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


def start_failure_status(error: StorageError | OSError) -> int:
    """Final for what a person has to put right; all else may pass, as a full disk does. PURE."""
    cause = error if isinstance(error, OSError) else error.__cause__
    is_final = isinstance(error, DataDirectoryRefused) or isinstance(cause, FINAL_ERRORS)
    return REFUSED_STATUS if is_final else FAILED_STATUS


def _locked(data: DataDir) -> Lock:
    """Whoever looks whether the directory is held holds it for a moment, so we try for longer."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return data.lock()
        except AlreadyRunning:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOCK_AGAIN_SECONDS)


def _say(text: str) -> None:
    """To whoever started us, if the disk with the log has room for it."""
    with suppress(OSError):
        print(text, file=sys.stderr)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="greenroom daemon")
    parser.add_argument("--data", required=True)
    parser.add_argument("--keeper-pid", type=int)
    return parser.parse_args(arguments)


class BoundedHandler(logging.StreamHandler[TextIO]):
    """Writes to `stream`, and keeps it small where that is `log`; any other is its owner's."""

    def __init__(self, stream: TextIO, log: Path) -> None:
        super().__init__(stream)
        self._log = log
        self._look_at_bytes = LIMIT_BYTES

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        with suppress(OSError, ValueError):  # a stream that is no file, or closed
            now = os.fstat(self.stream.fileno())
            if now.st_size > self._look_at_bytes and os.path.samestat(now, self._log.stat()):
                keep_bounded(str(self._log))
                left = self._log.stat().st_size
                self._look_at_bytes = max(LIMIT_BYTES, left + TRY_AGAIN_BYTES)


def _begin_log(redactor: Redactor, log: Path) -> None:
    """What is said goes to standard error; so do the threads' stacks when a signal is fatal."""
    faulthandler.enable()
    handler = BoundedHandler(sys.stderr, log)
    handler.setFormatter(HidingFormatter(redactor))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("httpx2", "httpcore2", "pykka", "asyncio", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # What a tool server says is in its own log; the SDK's words of it may hold that server's keys.
    for sdk in ("mcp", "client"):
        logging.getLogger(sdk).setLevel(logging.CRITICAL)


def _run(
    data: DataDir, lock: Lock, keeper: OwnKeeper, notifier: Notifier, redactor: Redactor
) -> int:
    end = _End()
    # Asked to end by the system, terminals live on: that loses nothing, and `stop` ends them.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.ask(keep_terminals=True))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    environ = {name: value for name, value in os.environ.items() if name != "GREENROOM_HOME"}
    greenroom = boot(
        data,
        environ,
        stop_daemon=end.ask,
        keeper_pid=lambda: keeper.pid,
        redactor=redactor,
    )
    _log.info("greenroom runs on %s, process %d", data.root, os.getpid())
    end.follow(greenroom.root)
    _tell_ready(notifier, greenroom, end)
    while not end.over.wait(PLACE_SECONDS):
        if not _is_in_place(lock, data):
            keeper.tell(REFUSED_STATUS)
            _end_at_once(data)
        keeper.look()
    if not end.is_asked_for:
        _log.error("the tree ended by itself: %s", greenroom.root.error)
        return FAILED_STATUS
    notifier.tell("STOPPING=1", "STATUS=stopping")
    return _stop(greenroom, keep_terminals=end.keep_terminals)


def _tell_ready(notifier: Notifier, greenroom: RunningTree, end: _End) -> None:
    """Once it answers. Nobody waits for it where no one is told."""
    path = (*greenroom.board.root_path, "fronts", "control")
    while notifier.listens and not end.over.wait(READY_SECONDS):
        control = greenroom.board.find(path)
        if control and control.state == "running":
            notifier.tell("READY=1", f"STATUS=runs on {greenroom.around.data.root}")
            return


def _is_in_place(lock: Lock, data: DataDir) -> bool:
    """A disk that does not say is no reason to end."""
    try:
        return lock.holds(data.root)
    except OSError:
        return True


def _end_at_once(data: DataDir) -> NoReturn:
    """As by a kill, which loses nothing: whatever an orderly end wrote would go elsewhere."""
    _log.error(
        "%s is not the directory any more that this daemon holds: it was moved, removed or"
        " replaced. The daemon ends; start it where its data are now",
        data.root,
    )
    logging.shutdown()
    os._exit(REFUSED_STATUS)


def _stop(greenroom: RunningTree, *, keep_terminals: bool) -> int:
    _log.info("stopping; terminals %s", "live on" if keep_terminals else "end too")
    if not keep_terminals:
        end_terminals(greenroom.around)
    in_time = greenroom.root.stop(STOP_SECONDS)
    if not in_time:
        _log.error("something did not stop within %.0f s and is left behind", STOP_SECONDS)
    _log.info("stopped")
    return 0
