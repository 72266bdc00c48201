"""Takes files out of the inbox: which is a request, under which id, and was it asked before.

Used in the thread of the inbox's actor. What cannot be a request goes to `rejected/`; what may
still become one stays. What is done with a request is for the actor.
"""

import itertools
import logging
import time
from collections import deque
from pathlib import Path

from msgspec import Struct

from actors.inbox.errand import Errand, errand_of
from actors.messages.inbox import InboxCounts
from storage import rejected, request_files
from storage.data_dir import DataDir
from storage.errors import FileRefused, StorageError
from storage.request_files import Candidate, Claim, Found
from storage.request_index import Conflict, New, Place, RequestIndex, Same

ID_CONFLICT = (
    "id-conflict: this id belongs to another request of the last 30 days, and nothing was done;"
    " give this one another id"
)
SLICE = 500
"""So many files are taken before the actor looks at its other messages."""

_log = logging.getLogger(__name__)


class Repeated(Struct, frozen=True):
    """It was asked before; its answer stands at `answer`, or is still to come."""

    errand: Errand
    answer: Place | None


class Intake:
    """`running` are the errands on their way whose id is their own."""

    def __init__(self, data: DataDir, counts: InboxCounts, index: RequestIndex) -> None:
        self._data = data
        self._inbox = data.inbox
        self._counts = counts
        self._index = index
        self._found: deque[Candidate] = deque()
        self._ignored: frozenset[str] = frozenset()
        self._counter = itertools.count(1)
        self._looked_at = -1.0
        self._waiting = 0
        self._left = 0
        self._being_taken: set[int] = set()
        self.running: dict[str, Errand] = {}

    # What a crash left.

    def claims(self) -> list[Claim]:
        """What was taken and not finished, in order. OSError."""
        left = request_files.claimed(self._inbox)
        highest = max((claim.counter for claim in left), default=0)
        # Never one that was used before, also by an earlier daemon: ids are made of it.
        start = max(highest, self._index.highest, time.time_ns() // 1_000_000) + 1
        self._counter = itertools.count(start)
        return left

    def taken_before(self, claim: Claim) -> Errand | None:
        """The request of a claim; None if it is none, and was moved to `rejected/`."""
        try:
            request = request_files.read_claim(claim)
        except FileNotFoundError:
            return None
        except (FileRefused, OSError) as error:
            self.reject(claim.path, FileRefused(str(error)))
            return None
        errand = errand_of(request, request_files.identify(request, claim.name, claim.counter))
        errand.claims.append(claim)
        return errand

    # What is dropped.

    def scan(self) -> None:
        """One look at the directory; `take` takes what was found. OSError."""
        self._looked_at = time.monotonic()
        listing = request_files.scan(self._inbox, time.time(), self._being_taken)
        self._found.extend(listing.candidates)
        self._waiting = self._left = 0
        self._note(frozenset(listing.others))

    def has_seen(self, moment: float) -> bool:
        """Whether a scan began after `moment` (of `time.monotonic`)."""
        return self._looked_at > moment

    @property
    def is_unfinished(self) -> bool:
        """There is more to take."""
        return bool(self._found)

    @property
    def is_unsettled(self) -> bool:
        """There are files that may be whole in a moment."""
        return self._waiting > 0

    def take(self, *, refusing: bool) -> list[Errand | Repeated]:
        """The next requests, claimed, in order. `refusing`: only what needs no journal."""
        taken = []
        for _ in range(min(SLICE, len(self._found))):
            candidate = self._found.popleft()
            try:
                one = self._take(candidate, refusing=refusing)
            except FileRefused as refusal:
                self.reject(self._inbox / candidate.name, refusal)
            except OSError as error:
                _log.warning("inbox: %s: %s", candidate.name, error)
            else:
                if one is not None:
                    taken.append(one)
        self._counts.waiting = self._waiting + self._left
        return taken

    def _take(self, candidate: Candidate, *, refusing: bool) -> Errand | Repeated | None:
        found = request_files.read(self._inbox, candidate, time.time())
        if found is None:
            self._waiting += 1
            return None
        counter = self._next_counter(candidate.name)
        identity = request_files.identify(found.request, candidate.name, counter)
        errand = errand_of(found.request, identity)
        verdict = self.judge(errand)
        if refusing and not (errand.reads or errand.ends):
            self._left += 1
            return None
        claim = self._claim(candidate.name, counter, found, errand, verdict)
        if claim is None:
            self._waiting += 1
            return None
        errand.claims.append(claim)
        if isinstance(verdict, Same):
            return Repeated(errand, verdict.answer)
        self.begin(errand)
        return errand

    def begin(self, errand: Errand) -> None:
        """It is on its way: the same again is the same request."""
        if errand.sha256 is not None and not errand.reads:
            self.running[errand.id] = errand

    def _claim(
        self, name: str, counter: int, found: Found, errand: Errand, verdict: New | Same
    ) -> Claim | None:
        """One that changes something keeps its first name until its claim is durable."""
        claim = request_files.claim(self._inbox, name, counter, found.inode)
        if claim is None:
            return None
        if errand.reads or isinstance(verdict, Same):
            request_files.unlink_taken(self._inbox, claim)
        else:
            self._being_taken.add(found.inode)
            errand.inode = found.inode
        self._counts.running += 1
        return claim

    def is_taken(self, errand: Errand) -> None:
        """Its file has lost its name in the inbox, so its inode may come back as another file."""
        if errand.inode is not None:
            self._being_taken.discard(errand.inode)

    def judge(self, errand: Errand) -> New | Same:
        """Whether it was asked before. FileRefused if its id belongs to another request."""
        if errand.sha256 is None:
            return New()
        known = self.running.get(errand.id)
        if known is not None:
            verdict: New | Same | Conflict = (
                Same(None) if known.sha256 == errand.sha256 else Conflict()
            )
        else:
            verdict = self._index.ids.judge(errand.id, errand.sha256)
        if isinstance(verdict, Conflict):
            raise FileRefused(ID_CONFLICT, path="$.id")
        return New() if errand.reads else verdict

    def _next_counter(self, name: str) -> int:
        stem = name.removesuffix(".json")
        while True:
            counter = next(self._counter)
            made = f"{counter}-{stem}"
            if made not in self.running and made not in self._index.ids:
                return counter

    def reject(self, path: Path, refusal: FileRefused) -> None:
        """Move it to `rejected/`, with the reason."""
        try:
            rejected.reject(path, self._data.rejected, refusal)
            self._counts.rejected += 1
        except FileNotFoundError:
            return
        except (OSError, StorageError) as error:
            _log.error("inbox: %s cannot be moved to rejected/: %s", path.name, error)

    def _note(self, others: frozenset[str]) -> None:
        """Files of other names are left alone, and named once."""
        for name in sorted(others - self._ignored):
            _log.warning("inbox: %r is left alone: the name of a request ends in .json", name)
        self._ignored = others
        self._counts.ignored = len(others)
