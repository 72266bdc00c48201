"""Writes `sessions.json` with the real code, as the projector does, and forgets what came out."""

from collections.abc import Iterable, Mapping

from storage import edit_claims, sessions_file
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.revisions import NAME, Revisions
from storage.sessions_file import Entry
from tests.storage.histories import START


def project(
    data: DataDir,
    revision: int,
    entries: Iterable[Entry],
    previous: Mapping[str, int] | None,
    revisions: Revisions | None = None,
) -> Mapping[str, int]:
    """The numbers that stand in it, by session. StorageError."""
    written = sessions_file.write(
        data.sessions_file(DEFAULT_WORKSPACE),
        revision,
        entries,
        previous=previous,
        at=START,
        revisions=revisions,
    )
    return written.numbers


def revisions_of(data: DataDir) -> Revisions:
    return Revisions(data.sessions_file(DEFAULT_WORKSPACE).with_name(NAME))


def clear(data: DataDir) -> None:
    """What a crash left of our own writing."""
    directory = data.workspace(DEFAULT_WORKSPACE) / edit_claims.DIRECTORY
    edit_claims.clear(directory, lambda path: sessions_file.is_ours(path, None))
