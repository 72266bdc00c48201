"""Where an agent program leaves reports of itself, one file each, also while no daemon runs.

Belongs to one worker: `settings.json`, which the program is started with, and the directory
`reports` for what it says. A report is written under a hidden name and renamed, so that one with a
name is whole; they are read in the order in which they were written. What they say is known to
others.
"""

import logging
import stat
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from storage import durable
from storage.errors import FileRefused

LONGEST_BYTES = 1 << 20
"""Of one report; a longer one is none of ours."""
MOST_AT_ONCE = 1000
HALF_WRITTEN_SECONDS = 60.0
"""A hidden file of this age was left by somebody who was killed."""

_log = logging.getLogger(__name__)


class Dropped(Struct, frozen=True):
    """A report as it was left; `at` is when, by the file's time, which is never in the future."""

    name: str
    at: datetime
    content: bytes


class ReportSpool:
    """Paths below `place`, the worker's own directory; nothing is there before `prepare`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.settings = place / "settings.json"
        self.reports = place / "reports"

    def prepare(self, settings: bytes) -> None:
        """Make what is missing, each of mode 0700, and write the settings if there are any.

        StorageError, OSError.
        """
        for directory in (self.place.parent, self.place, self.reports):
            durable.make_directory(directory)
        if settings:
            durable.replace_file(self.settings, settings)

    def look(self, now: datetime, known: Iterable[str] = ()) -> list[Dropped]:
        """The oldest `MOST_AT_ONCE` that are there, in order, without `known`.

        What can be no report is removed, with a line in the log.
        """
        passed = set(known)
        found = []
        for at_ns, name in sorted(self._names(now))[: MOST_AT_ONCE + len(passed)]:
            content = None if name in passed else self._read(name)
            if content is not None:
                at = min(max(at_ns / 1e9, 0.0), now.timestamp())
                found.append(Dropped(name, datetime.fromtimestamp(at, UTC), content))
        return found[:MOST_AT_ONCE]

    def remove(self, names: Iterable[str]) -> set[str]:
        """They were taken. Which of them are gone now."""
        gone = set()
        for name in names:
            try:
                (self.reports / name).unlink(missing_ok=True)
                gone.add(name)
            except OSError as error:
                _log.warning("a report of an agent stays, %s: %s", self.place, error)
        return gone

    def clear(self) -> None:
        """Nothing that was left until now is wanted."""
        with suppress(OSError):
            self.remove([path.name for path in self.reports.iterdir()])

    def _names(self, now: datetime) -> list[tuple[int, str]]:
        found = []
        with suppress(OSError):
            for path in self.reports.iterdir():
                with suppress(OSError):  # it was renamed just now
                    status = path.lstat()
                    at_ns = status.st_mtime_ns
                    if not stat.S_ISREG(status.st_mode):
                        continue  # nobody's report
                    if not path.name.startswith("."):
                        found.append((at_ns, path.name))
                    elif at_ns / 1e9 < now.timestamp() - HALF_WRITTEN_SECONDS:
                        path.unlink()
        return found

    def _read(self, name: str) -> bytes | None:
        try:
            return durable.read_small(self.reports / name, LONGEST_BYTES, follow_links=False)
        except FileNotFoundError:
            return None
        except FileRefused as problem:
            _log.warning("a report of an agent was removed, %s: %s", self.place, problem)
        except OSError as error:
            _log.warning("a report of an agent cannot be read, %s: %s", self.place, error)
            return None
        self.remove([name])
        return None
