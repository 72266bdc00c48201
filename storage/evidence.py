"""Which numbers of a session's journal others have written down, so that it may not end before.

Reads `sessions.json`, as far as it is unchanged, and the requests journals; changes nothing. What
cannot be read is no evidence.
"""

from collections.abc import Iterable
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


def highest(data: DataDir, workspace: str, session_id: str) -> int:
    """The highest number of one session that anybody names; 0 if nobody does. OSError."""
    end = projected(data.sessions_file(workspace)).get(session_id)
    named = [end.n if end else 0]
    for path in requests_journals(data):
        try:
            named.append(answered(read_at(path).commits).get(session_id, 0))
        except StorageError:
            continue
    return max(named)
