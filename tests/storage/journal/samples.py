"""Journals to hurt, and a look at what a directory holds."""

import zlib
from pathlib import Path

from storage.journal.frame import Commit, Header, crc_of, encode_commit, encode_header
from storage.journal.log import NAME, Journal
from tests.storage.histories import START, added, created
from tests.storage.listing import listed

SESSION = "abcdefghijkl"


def new_journal(directory: Path, commits: int = 1) -> Journal:
    """With one commit for each append."""
    journal = Journal.create(directory, SESSION, "default", START)
    journal.append([created(SESSION)])
    for number in range(2, commits + 1):
        journal.append([added(number)])
    return journal


def journal_bytes(commits: int, synced: dict[int, int] | None = None) -> list[bytes]:
    """The lines of a journal, header first; `synced` where it is not the line before."""
    lines = [encode_header(Header(session=SESSION, workspace="default", at=START))]
    for number in range(1, commits + 1):
        at, events, request = created(SESSION) if number == 1 else added(number)
        lines.append(
            encode_commit(
                Commit(
                    n=number,
                    synced=(synced or {}).get(number, number - 1),
                    prev=crc_of(lines[-1][:-1]),
                    at=at,
                    events=tuple(events),
                    request=request,
                )
            )
        )
    return lines


def sealed(body: bytes) -> bytes:
    """A line without newline around a body without its closing brace."""
    return body + b',"crc":"%08x"}' % zlib.crc32(body)


def written(directory: Path, content: bytes) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / NAME).write_bytes(content)
    return directory


def contents(directory: Path) -> dict[str, bytes]:
    return {name: (directory / name).read_bytes() for name in listed(directory)}


def numbers(directory: Path, named_elsewhere: int = 0) -> list[int]:
    journal, commits = Journal.open(directory, named_elsewhere)
    journal.close()
    return [commit.n for commit in commits]
