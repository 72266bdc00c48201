"""Looks for what a request did, by its id, in a journal that may be open for appending."""

from pathlib import Path

from storage.errors import JournalMissing, StorageError
from storage.journal import log
from storage.journal.frame import Commit


def since(directory: Path, request_id: str) -> list[Commit]:
    """The commit that carries the request's id and all after it; empty if there is none.

    A journal that is missing has none. StorageError if it cannot be read.
    """
    try:
        commits = log.read(directory).commits
    except JournalMissing:
        return []
    for place, commit in enumerate(commits):
        if commit.request == request_id:
            return commits[place:]
    return []


def holds(directory: Path, request_id: str) -> bool:
    """Whether the request was done there, as far as the journal can be read."""
    try:
        return bool(since(directory, request_id))
    except StorageError:
        return False
