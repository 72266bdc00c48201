"""What the inbox is measured against: watchdog in a process of its own.

Run as `python -m benchmarks.watchdog_process answer IN OUT`: writes and renames a file into OUT for
each that comes into IN. As `… count IN COUNT`: says "all" after so many. Both say "ready" first.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.daemons import CHECKOUT
from benchmarks.measuring import ReferenceMissing


class WatchdogProcess:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._words = process.stdout
        self.wait_for("ready")

    def wait_for(self, word: str) -> None:
        if self._words.readline().strip() != word:
            raise RuntimeError("the process with watchdog has ended")


@contextmanager
def watchdog_process(*arguments: str) -> Iterator[WatchdogProcess]:
    """One that is ready; ended at the end. ReferenceMissing without watchdog."""
    if find_spec("watchdog") is None:
        raise ReferenceMissing("pip install watchdog")
    command = [sys.executable, "-m", "benchmarks.watchdog_process", *arguments]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for us alone
    ) as process:
        try:
            yield WatchdogProcess(process)
        finally:
            process.terminate()
            process.wait()


def main(arguments: Sequence[str]) -> None:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers import Observer

    what, watched, given = arguments

    class Answer(FileSystemEventHandler):
        """Writes beside the place and renames into it."""

        def on_created(self, event: FileSystemEvent) -> None:
            name = Path(str(event.src_path)).name
            temporary = Path(given, f".{name}.tmp")
            temporary.write_bytes(b"{}\n")
            temporary.rename(Path(given, name))

    class Count(FileSystemEventHandler):
        """Does nothing but count."""

        seen = 0

        def on_created(self, event: FileSystemEvent) -> None:
            self.seen += 1
            if self.seen == int(given):
                print("all", flush=True)

    observer = Observer()
    observer.schedule(Answer() if what == "answer" else Count(), watched, recursive=False)
    observer.start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
