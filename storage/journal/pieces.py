"""Which lines of a damaged journal can be kept, and what is lost between them.

A line fits when its own `crc` is right, its number rises, and its events fold onto those before.
Only `read` looks at a file; nothing here changes one.
"""

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from storage import durable, fold
from storage.errors import FileRefused, JournalTooNew
from storage.journal import frame
from storage.journal.frame import Commit, Header
from storage.journal.scan import Line, lines, opened, parts
from storage.records.event import SessionCreated
from storage.state import SessionState

MOST_MISSING = 1_000_000
"""A number further than this from the one before it is none that was ever reached."""
_NOTHING = SessionState()
UNCHAINED = "what follows was not written after what stands before it"


class Lost(Struct, frozen=True, kw_only=True):
    """A stretch of `length` bytes from byte `offset` on, and the numbers that went with it.

    `first` is None if no number is missing, `last` if nobody knows how far they went. Number 0 is
    the first line, which is made anew.
    """

    first: int | None
    last: int | None
    offset: int
    length: int
    reason: str


class Piece(Struct, frozen=True, kw_only=True):
    """A line: what it is, or why it is of no use. `ended`: its newline is there."""

    offset: int
    length: int
    ended: bool
    crc: str
    content: Header | Commit | None
    reason: str


def read(path: Path, tell: Callable[[int], object]) -> list[Piece]:
    """Every line of the file, good and bad; `tell` hears how many bytes are read.

    JournalMissing, JournalCorrupt if it is no file, JournalTooNew, StorageError.
    """
    descriptor = opened(path)
    pieces = []
    try:
        with durable.named_failures(path):
            for line in lines(descriptor):
                pieces += [_judged(part, path) for part in parts(line)]
                tell(line.offset)
            size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    ends = [*(piece.offset for piece in pieces), size][1:]
    return [
        msgspec.structs.replace(piece, length=end - piece.offset)
        for piece, end in zip(pieces, ends, strict=True)
    ]


def _judged(line: Line, path: Path) -> Piece:
    content: Header | Commit | None = None
    reason = ""
    if not frame.is_whole(line.content):
        reason = "damaged, by its checksum" if line.ended else "cut off"
    else:
        try:
            decode = frame.decode_commit if line.offset else _first
            content = decode(line.content)
        except JournalTooNew as error:
            raise JournalTooNew(f"{path}: {error}") from error
        except FileRefused as error:
            reason = f"not a commit: {error}"
    crc = "" if content is None else frame.crc_of(line.content)
    return Piece(
        offset=line.offset, length=0, ended=line.ended, crc=crc, content=content, reason=reason
    )


def _first(content: bytes) -> Header | Commit:
    """The first line of a file is a commit if the header was lost whole."""
    try:
        return frame.decode_header(content)
    except FileRefused:
        return frame.decode_commit(content)


def header_of(pieces: list[Piece]) -> Header | None:
    """None if the first line is damaged or gone."""
    first = pieces[0].content if pieces else None
    return first if isinstance(first, Header) else None


def fitting(
    pieces: list[Piece], session_id: str, state: SessionState = _NOTHING, last: int = 0
) -> list[Piece]:
    """The header, and the commits in rising order that fold one onto the other.

    They begin after number `last`, with which the session was in `state`.
    """
    commits = [piece for piece in pieces if isinstance(piece.content, Commit)]
    numbers = [piece.content.n for piece in commits if isinstance(piece.content, Commit)]
    taken = pieces[:1] if header_of(pieces) else []
    for position in _longest_rising(numbers):
        commit = commits[position].content
        if not isinstance(commit, Commit) or not 0 < commit.n - last <= MOST_MISSING:
            continue
        folded = _folded(state, commit, session_id)
        if folded is not None:
            state, last = folded, commit.n
            taken.append(commits[position])
    return taken


def _folded(state: SessionState, commit: Commit, session_id: str) -> SessionState | None:
    """None if its events are not about this session, or about what is not there."""
    for event in commit.events:
        if isinstance(event, SessionCreated):
            again = state.session is not None
            if again or event.session.id != session_id:
                return None
    try:
        state = fold.apply_line(state, commit.events, commit.at, commit.n)
    except (LookupError, msgspec.ValidationError):
        return None
    return state if state.session is not None else None


def _longest_rising(numbers: list[int]) -> list[int]:
    """The positions of the most numbers that rise from one to the next."""
    lowest: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for position, number in enumerate(numbers):
        length = bisect_left(lowest, number)
        before.append(ends[length - 1] if length else -1)
        lowest[length : length + 1] = [number]
        ends[length : length + 1] = [position]
    chain = []
    position = ends[-1] if ends else -1
    while position >= 0:
        chain.append(position)
        position = before[position]
    return chain[::-1]


def lost_between(pieces: list[Piece], taken: set[int], named: int) -> Iterator[Lost]:
    """All that lies between what was taken, and the numbers that are missing there."""
    last, offset, crc, ended = -1, 0, "", True
    between: list[Piece] = []
    for piece in pieces:
        if piece.offset not in taken or piece.content is None:
            between.append(piece)
            continue
        number = piece.content.n
        prev = piece.content.prev if isinstance(piece.content, Commit) else ""
        if between or prev != crc:
            missing = (last + 1, number - 1) if number > last + 1 else (None, None)
            yield _stretch(between, missing, offset)
        elif not ended:
            yield _newline(last, offset)
        last, offset, crc, between = number, piece.offset + piece.length, piece.crc, []
        ended = piece.ended
    if between or named > last:
        yield _stretch(between, (last + 1, named if named > last else None), offset)
    elif not ended:
        yield _newline(last, offset)


def _newline(number: int, offset: int) -> Lost:
    reason = f"the newline after number {number} is missing"
    return Lost(first=None, last=None, offset=offset, length=0, reason=reason)


def _stretch(between: list[Piece], missing: tuple[int | None, int | None], offset: int) -> Lost:
    reasons = dict.fromkeys(_reason(piece) for piece in between)
    return Lost(
        first=missing[0],
        last=missing[1],
        offset=offset,
        length=sum(piece.length for piece in between),
        reason="; ".join(reasons) or ("missing" if missing[0] is not None else UNCHAINED),
    )


def _reason(piece: Piece) -> str:
    if isinstance(piece.content, Commit):
        return f"number {piece.content.n} does not fit to what was kept"
    return piece.reason
