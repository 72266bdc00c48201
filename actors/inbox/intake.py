"""Takes files out of the inbox: which is a request, under which id, and was it asked before.

Used in the thread of the inbox's actor. What cannot be a request goes to `rejected/`; what may
still become one stays. What is done with a request is for the actor.
"""

import itertools
import logging
import time
from collections import deque
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from actors.inbox.errand import Errand, errand_of
from actors.messages.inbox import InboxCounts
from storage import rejected, request_claims, request_files
from storage.data_dir import DataDir
from storage.errors import FileRefused, StorageError
from storage.request_claims import Claim
from storage.request_files import Candidate, Found
from storage.request_index import Conflict, New, Place, RequestIndex, Same

ID_CONFLICT = (
    "id-conflict: this id belongs to another request of the last 30 days, and nothing was done;"
    " give this one another id"
)
SLICE = 500
"""So many files are taken before the actor looks at its other messages."""
MOST_BYTES = 32 << 20
ERRAND_BYTES = 4096
"""What a request costs beside its content while it is on its way."""

_log = logging.getLogger(__name__)


class _Asked(NamedTuple):
    found: Found
    counter: int
    errand: Errand
    verdict: New | Same


class Repeated(Struct, frozen=True):
    """It was asked before; its answer stands at `answer`, or is still to come."""

    errand: Errand
    answer: Place | None


class Intake:
    """`running` are the errands on their way whose id is their own.

    What is on its way is bounded: more is taken when some of it is done.
    """

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
        self._stuck: dict[str, int] = {}
        self._weight = 0
        self.running: dict[str, Errand] = {}

    # What a crash left.

    def claims(self) -> list[Claim]:
        """What was taken and not finished, in order. OSError."""
        left = request_claims.claimed(self._inbox)
        highest = max((claim.counter for claim in left), default=0)
        # Never one that was used before, also by an earlier daemon: ids are made of it.
        start = max(highest, self._index.highest, time.time_ns() // 1_000_000) + 1
        self._counter = itertools.count(start)
        return left

    def taken_before(self, claim: Claim) -> Errand | None:
        """The request of a claim; None if it is none, and was moved to `rejected/`."""
        try:
            request = request_claims.read_claim(claim)
        except FileNotFoundError:
            return None
        except (FileRefused, OSError) as error:
            self.reject_claim(claim, FileRefused(str(error)))
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

    def try_again(self) -> None:
        """What could not be moved away may be moved by now."""
        self._stuck.clear()

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

    @property
    def is_full(self) -> bool:
        """So much is on its way that the rest stays where it lies for now."""
        return self._weight > MOST_BYTES

    @property
    def has_room(self) -> bool:
        """Again so much that it is worth going on."""
        return self._weight <= MOST_BYTES // 2

    def take(self, *, refusing: bool) -> list[Errand | Repeated]:
        """The next requests, claimed, in order. `refusing`: only what needs no journal."""
        taken: list[Errand | Repeated] = []
        for _ in range(min(SLICE, len(self._found))):
            if self.is_full:
                break
            candidate = self._found.popleft()
            try:
                one = self._take(candidate, refusing=refusing)
            except FileRefused as refusal:
                self._refuse(candidate, refusal)
            except OSError as error:
                _log.warning("inbox: %s: %s", candidate.name, error)
            else:
                if one is not None:
                    taken.append(one)
        self._counts.waiting = self._waiting + self._left
        return taken

    def _take(self, candidate: Candidate, *, refusing: bool) -> Errand | Repeated | None:
        if candidate.bad_name is not None:
            raise FileRefused(candidate.bad_name)
        asked = self._asked(
            self._inbox / candidate.name, candidate.name, closely=not candidate.is_plain
        )
        if asked is None:
            self._waiting += 1
            return None
        found, counter, errand, verdict = asked
        if refusing and not (errand.reads or errand.ends):
            self._left += 1
            return None
        claim = self._claim(candidate.name, counter, found, errand, verdict)
        if claim is None:
            self._waiting += 1
            return None
        errand.claims.append(claim)
        errand.weight = found.size + ERRAND_BYTES
        self._weight += errand.weight
        if isinstance(verdict, Same):
            return Repeated(errand, verdict.answer)
        self.begin(errand)
        return errand

    def _asked(self, path: Path, name: str, *, closely: bool) -> _Asked | None:
        """What the file at `path`, dropped as `name`, asks for; None if it does not say it yet."""
        found = request_files.read(path, time.time(), closely=closely)
        if found is None:
            return None
        counter = self._next_counter(name)
        errand = errand_of(found.request, request_files.identify(found.request, name, counter))
        return _Asked(found, counter, errand, self.judge(errand))

    def begin(self, errand: Errand) -> None:
        """It is on its way: the same again is the same request."""
        if errand.sha256 is not None and not errand.reads:
            self.running[errand.id] = errand

    def _claim(
        self, name: str, counter: int, found: Found, errand: Errand, verdict: New | Same
    ) -> Claim | None:
        """One that changes something keeps its first name until its claim is durable."""
        if errand.reads or isinstance(verdict, Same):
            claim = request_claims.take(self._inbox, name, counter, found.inode, found.print)
        else:
            claim = request_claims.claim(self._inbox, name, counter, found.inode, found.print)
        if claim is None:
            return None
        if not (errand.reads or isinstance(verdict, Same)):
            self._being_taken.add(found.inode)
            errand.inode = found.inode
        self._counts.running += 1
        return claim

    def is_taken(self, errand: Errand) -> None:
        """Its file has lost its name in the inbox, so its inode may come back as another file."""
        if errand.inode is not None:
            self._being_taken.discard(errand.inode)

    def lighten(self, errand: Errand) -> None:
        """It is done, or will be on its way for long: it keeps nothing else waiting."""
        self._weight -= errand.weight
        errand.weight = 0

    def give_up(self, errand: Errand, claims: Collection[Claim]) -> bool:
        """These claims were given back, for their files were written anew; whether none is left.

        Then nobody waits for the errand any more, and it was never asked.
        """
        gone = [claim for claim in errand.claims if claim in claims]
        errand.claims = [claim for claim in errand.claims if claim not in gone]
        self._counts.running -= len(gone)
        if errand.claims:
            return False
        self.is_taken(errand)
        self.lighten(errand)
        if self.running.get(errand.id) is errand:
            del self.running[errand.id]
        return True

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

    def reject_claim(self, claim: Claim, refusal: FileRefused) -> None:
        """A claim that cannot be used goes to `rejected/`, with the reason."""
        self._reject(claim.path, refusal, claim.path.name)

    def _refuse(self, candidate: Candidate, refusal: FileRefused) -> None:
        """The file itself goes to `rejected/`, and not one that has its name by now."""
        name = candidate.name
        if self._stuck.get(name) == candidate.changed_ns:
            return
        try:
            if candidate.bad_name is not None:
                is_gone = self._reject(self._inbox / name, refusal, name)
            else:
                away = request_claims.set_aside(self._inbox, name, next(self._counter))
                is_gone = self._judge_again(away, name)
        except FileNotFoundError:
            return
        except OSError as error:
            _log.error("inbox: %s: %s", name, error)
            is_gone = False
        if not is_gone:
            self._stuck[name] = candidate.changed_ns

    def _judge_again(self, away: Path, name: str) -> bool:
        try:
            self._asked(away, name, closely=True)
        except FileRefused as refusal:
            if self._reject(away, refusal, name):
                return True
            request_claims.give_back(away, self._inbox / name)
            return False
        request_claims.give_back(away, self._inbox / name)
        return True

    def _reject(self, path: Path, refusal: FileRefused, name: str) -> bool:
        try:
            rejected.reject(path, self._data.rejected, refusal, name)
        except FileNotFoundError:
            return True
        except (OSError, StorageError) as error:
            _log.error("inbox: %s cannot be moved to rejected/: %s", name, error)
            return False
        self._counts.rejected += 1
        return True

    def _note(self, others: frozenset[str]) -> None:
        """Files of other names are left alone, and named once."""
        for name in sorted(others - self._ignored):
            _log.warning("inbox: %r is left alone: the name of a request ends in .json", name)
        self._ignored = others
        self._counts.ignored = len(others)
