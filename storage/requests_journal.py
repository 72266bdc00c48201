"""The requests journal on disk: `requests/<day>.jsonl`, each in the format of a session's journal.

A torn tail is cut as any journal's is. A day that cannot be read is set aside under a name that
says so, never deleted, and the others go on. A day is deleted whole after 30 days, with the large
answers that only it names, once nothing in it is open. What the lines mean is `request_index`'s.
"""

import hashlib
import logging
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from msgspec import Raw

from storage import attachments, durable
from storage.attachments import Attachment
from storage.errors import FileRefused, JournalCorrupt, JournalTooNew, StorageError
from storage.journal import aside, frame
from storage.journal.frame import Commit, Header
from storage.journal.log import Journal
from storage.records.event import AnswerPublished, RequestAnswered
from storage.request_index import Place, RequestIndex

KEPT_DAYS = 30

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\.jsonl")
_log = logging.getLogger(__name__)


class RequestsJournal:
    """Belongs to one thread. `index` is what all days say; `problems` what could not be read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._days: set[str] = set()
        self._latest: Journal | None = None
        self.index = RequestIndex()
        self.problems: list[str] = []

    @property
    def latest_day(self) -> str:
        """The last that there is, else an empty string."""
        return max(self._days, default="")

    def load(self) -> frozenset[str]:
        """Reads every day; the ids whose answers were published. OSError."""
        published: set[str] = set()
        for temporary in self._directory.glob("*.jsonl.tmp"):
            temporary.unlink()
        days = [
            found[1] for path in self._directory.iterdir() if (found := _DAY.fullmatch(path.name))
        ]
        for day in sorted(days):
            self._load_day(day, published)
        return frozenset(published)

    def _load_day(self, day: str, published: set[str]) -> None:
        path = self._path(day)
        self.close()
        try:
            self._latest, commits = Journal.open_at(path)
            if self._latest.torn:
                _log.warning(
                    "a torn tail was cut from %s and is kept as %s", path, self._latest.torn
                )
            self._days.add(day)
            for commit, place in zip(commits, places(path, day), strict=True):
                self._apply(commit, place, published)
        except JournalTooNew as error:
            self._set_aside(day, f"{day}.too-new", error)
        except JournalCorrupt as error:
            self._set_aside(day, f"{day}.damaged", error)
        except StorageError as error:
            self._report(f"{error}; what was asked that day is not known")

    def _apply(self, commit: Commit, place: Place, published: set[str]) -> None:
        for event in commit.events:
            if isinstance(event, AnswerPublished):
                published.add(event.request_id)
            self.index.apply(event, place)

    def _set_aside(self, day: str, name: str, error: StorageError) -> None:
        kept = aside.place(self._path(day), self._directory, name)
        self._report(f"{error} It is kept as {kept}; ids that were used that day are forgotten")

    def _report(self, problem: str) -> None:
        _log.error("requests journal: %s", problem)
        self.problems.append(problem)

    def open(self, day: str, at: datetime) -> Journal:
        """The journal of a day, ready for more; the caller's from now on.

        What `Journal.open_at` raises.
        """
        path = self._path(day)
        latest, self._latest = self._latest, None
        if latest is not None and day == self.latest_day:
            return latest
        if latest is not None:
            latest.close()
        if path.exists():
            journal, _ = Journal.open_at(path)
        else:
            journal = Journal.create_at(path, Header(session="requests", workspace="", at=at))
        self._days.add(day)
        return journal

    def close(self) -> None:
        """Lets go of what `load` left open. Closing twice does nothing."""
        if self._latest is not None:
            self._latest.close()
            self._latest = None

    def places(self, day: str, start: int, end: int) -> list[Place]:
        """Those of the whole lines from byte `start` up to `end` of a day. OSError."""
        return list(places(self._path(day), day, start, end))

    def answer(self, place: Place, request_id: str) -> bytes:
        """The JSON of an answer. Any thread may call it. FileRefused, StorageError, OSError."""
        with self._path(place.day).open("rb") as file:
            file.seek(place.offset)
            line = file.read(place.length).rstrip(b"\n")
        if not frame.is_whole(line):
            raise FileRefused(f"{self._path(place.day)} is damaged at byte {place.offset}")
        for event in frame.decode_commit(line).events:
            if isinstance(event, RequestAnswered) and event.request_id == request_id:
                if event.attachment is not None:
                    return attachments.read(self._directory, event.attachment)
                return bytes(event.answer)
        raise FileRefused(f"{self._path(place.day)} has no answer of {request_id}")

    def expire(self, today: date) -> None:
        """Deletes the days that are older than 30 days and needed by nobody. OSError.

        No journal that `open` gave may be open still, but today's.
        """
        oldest = (today - timedelta(days=KEPT_DAYS)).isoformat()
        for day in sorted(day for day in self._days if day < oldest):
            if self.index.needs(day):
                continue
            if day == self.latest_day:
                self.close()
            self._path(day).unlink(missing_ok=True)
            self._days.discard(day)
            for sha256 in self.index.forget(day):
                (self._directory / attachments.NAME / sha256).unlink(missing_ok=True)
            durable.sync_directory(self._directory)

    def _path(self, day: str) -> Path:
        return self._directory / f"{day}.jsonl"


def places(
    path: Path, day: str, start: int | None = None, end: int | None = None
) -> Iterable[Place]:
    """Of every line from byte `start` to `end`; without them from the second line to the last."""
    with path.open("rb") as file:
        offset = len(file.readline()) if start is None else file.seek(start)
        for line in file:
            if end is not None and offset >= end:
                return
            yield Place(day, offset, len(line))
            offset += len(line)


def answered(
    request_id: str, content: bytes, session_id: str | None
) -> tuple[RequestAnswered, Sequence[Attachment]]:
    """The event of an answer (JSON without its newline), and what must be on disk before it."""
    if len(content) <= attachments.LIMIT_BYTES:
        event = RequestAnswered(request_id=request_id, answer=Raw(content), session_id=session_id)
        return event, ()
    apart = Attachment(hashlib.sha256(content).hexdigest(), content)
    event = RequestAnswered(request_id=request_id, attachment=apart.sha256, session_id=session_id)
    return event, (apart,)
