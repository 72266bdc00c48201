"""Which numbers of a session's journal others have written down, so that it may not end before.

Reads `sessions.json`, as far as it is unchanged, and the requests journals; changes nothing. What
cannot be read is no evidence.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from storage import sessions_file
from storage.data_dir import DataDir
from storage.errors import StorageError
from storage.journal.frame import Commit, JournalEnd
from storage.journal.log import read_at
from storage.records.event import RequestAnswered


def projected(path: Path) -> dict[str, JournalEnd]:
    """Where each session's journal ended for the `sessions.json` at `path`. OSError."""
    found = sessions_file.read(path)
    if not isinstance(found, sessions_file.SessionsFile):
        return {}
    return {session.id: end for session, end in found.entries}


def requests_journals(data: DataDir) -> list[Path]:
    """The files of the requests journal, oldest first."""
    return sorted(data.requests.glob("*.jsonl"))


def answered(commits: Iterable[Commit]) -> dict[str, int]:
    """The highest number of each session that a requests journal names."""
    named: dict[str, int] = {}
    for commit in commits:
        for event in commit.events:
            if isinstance(event, RequestAnswered) and event.session_id and event.n:
                named[event.session_id] = max(event.n, named.get(event.session_id, 0))
    return named


def named(data: DataDir, workspace: str) -> dict[str, int]:
    """The highest number of each session of a workspace that anybody names; of other workspaces'
    sessions what the requests journals say. OSError.
    """
    found = {session: end.n for session, end in projected(data.sessions_file(workspace)).items()}
    for path in requests_journals(data):
        with suppress(StorageError):
            for session_id, n in answered(read_at(path).commits).items():
                found[session_id] = max(n, found.get(session_id, 0))
    return found


def highest(data: DataDir, workspace: str, session_id: str) -> int:
    """That of one session; 0 if nobody names any. OSError."""
    return named(data, workspace).get(session_id, 0)
