"""A data directory with sessions as a daemon leaves it, for commands that work on the files."""

from pathlib import Path

from storage import attachments, sessions_file
from storage.attachments import set_apart
from storage.data_dir import DataDir
from storage.journal.frame import Header
from storage.journal.log import NAME, Journal
from storage.records import event as e
from storage.records.message import ToolResultContent
from storage.records.session import Session
from tests.storage.histories import START, added, said, session

LARGE = "x" * 300_000


class Store:
    """`write_sessions_file` at any time; `damage` replaces bytes in a session's journal."""

    def __init__(self, root: Path) -> None:
        self.data = DataDir(root)
        self.data.lock().release()
        self.data.prepare()
        self.entries: list[sessions_file.Entry] = []

    def add(self, session_id: str, commits: int, title: str = "Sample") -> Path:
        """A session with so many commits, the last of which holds a large tool result."""
        record: Session = session(session_id, title)
        directory = self.data.session("default", session_id)
        with Journal.create(directory, session_id, "default", START) as journal:
            journal.append([(START, (e.SessionCreated(record),), None)])
            for number in range(2, commits):
                journal.append([added(number)])
            result = ToolResultContent(tool_call_id="call", content=LARGE)
            told = e.MessageAdded(said("large", (result,), "tool"))
            events, apart = set_apart([told])
            attachments.write(directory, apart)
            journal.append([(START, events, None)])
            self.entries.append((record, journal.end))
        return directory

    def answer(self, session_id: str, n: int) -> Path:
        """A requests journal that names a number of a session."""
        path = self.data.requests / "2026-11-21.jsonl"
        header = Header(session="requests", workspace="default", at=START)
        answered = e.RequestAnswered(request_id="one", session_id=session_id, n=n)
        with Journal.create_at(path, header) as journal:
            journal.append([(START, (answered,), None)])
        return path

    def write_sessions_file(self, revision: int = 1) -> Path:
        path = self.data.sessions_file("default")
        sessions_file.write(path, revision, self.entries, previous=None, at=START)
        return path

    def journal(self, session_id: str) -> Path:
        return self.data.session("default", session_id) / NAME

    def damage(self, session_id: str, number: int) -> int:
        """Makes that line of the journal bad; the byte where it begins."""
        path = self.journal(session_id)
        lines = path.read_bytes().splitlines(keepends=True)
        lines[number] = lines[number].replace(b'"at"', b'"aT"', 1)
        path.write_bytes(b"".join(lines))
        return len(b"".join(lines[:number]))
