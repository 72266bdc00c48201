"""Data directories with many sessions, written by the store's own encoders and quickly.

Messages are the same in every session; ids need be unique within one alone. Nothing is synced:
that is for whoever measures what syncs.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from storage import fold, sessions_file
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.journal.frame import Commit, Header, JournalEnd, crc_of, encode_commit, encode_header
from storage.journal.log import NAME
from storage.records import event as e
from storage.records.config import TokenMetrics
from storage.records.message import ChatMessage, Role, TextContent
from storage.records.new_ids import new_id
from storage.records.session import QuickSession, Session
from storage.state import SessionState

START = datetime(2026, 11, 21, 5, 40, 12, 123456, tzinfo=UTC)
TEXT = "x" * 300
LINE_TEXT = "x" * 50
"""With it a line of a message has the 300 bytes of an average one."""

Lines = Sequence[tuple[e.Event, ...]]


def message_lines(count: int) -> Lines:
    """One message per line."""
    return [(e.MessageAdded(_message(number, "user", LINE_TEXT)),) for number in range(count)]


def conversation_lines(events: int) -> Lines:
    """Requests that were answered: nine events of each in four lines, as a session writes them."""
    return [line for number in range(events // 9) for line in _exchange(number)]


def _exchange(number: int) -> Lines:
    asked = _message(2 * number, "user", TEXT)
    answered = _message(2 * number + 1, "assistant", TEXT)
    response = f"response-{number}"
    return [
        (e.RequestQueued(response, asked), e.MessageAdded(asked)),
        (e.TurnStarted(response, 1, "model"),),
        (e.TurnBlockCompleted(response, 1, answered.content[0]),),
        (
            e.MessageAdded(answered),
            e.TurnCompleted(
                response_id=response, number=1, status="completed", message_id=answered.id
            ),
            e.TokenMetricsUpdated(TokenMetrics(prompt_tokens=number, completion_tokens=number)),
            e.RequestCompleted(response, "completed"),
            e.SessionUpdated({"metadata": {"answered": number}}),
        ),
    ]


def _message(number: int, role: Role, text: str) -> ChatMessage:
    return ChatMessage(
        id=f"message{number:05}", role=role, content=(TextContent(text),), created_at=START
    )


def fill(data: DataDir, sessions: int, messages: int) -> list[str]:
    """Sessions with so many messages each; their ids, in order of creation."""
    return fill_with(data, [(sessions, message_lines(messages))])


def fill_with(data: DataDir, kinds: Sequence[tuple[int, Lines]]) -> list[str]:
    """So many sessions of each kind of journal, and `sessions.json` as it stands; their ids."""
    lock = data.lock()
    try:
        data.prepare()
        entries = [entry for count, lines in kinds for entry in _sessions(data, count, lines)]
        sessions_file.write(
            data.sessions_file(DEFAULT_WORKSPACE), 1, entries, previous={}, at=START
        )
    finally:
        lock.release()
    return [session.id for session, _ in entries]


def _sessions(data: DataDir, count: int, lines: Lines) -> list[sessions_file.Entry]:
    """Their records differ by id and title alone, so they are folded once."""
    first = _session(data, new_id())
    state = SessionState(session=first)
    for events in lines:
        state = fold.apply_all(state, events, START)
    entries = []
    for _ in range(count):
        session = _session(data, new_id())
        folded: Session = replace(state.record, id=session.id, title=session.title)
        entries.append((folded, _write(data, session, lines)))
    return entries


def _session(data: DataDir, session_id: str) -> QuickSession:
    return QuickSession(
        id=session_id,
        title=session_id,
        location_path=str(data.root),
        created_at=START,
        updated_at=START,
    )


def _write(data: DataDir, session: Session, lines: Lines) -> JournalEnd:
    header = Header(session=session.id, workspace=DEFAULT_WORKSPACE, at=START)
    content, end = _encoded(header, [(e.SessionCreated(session),), *lines])
    directory = data.session(DEFAULT_WORKSPACE, session.id)
    directory.mkdir(0o700)
    descriptor = os.open(directory / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
    return end


def _encoded(header: Header, lines: Lines) -> tuple[bytes, JournalEnd]:
    encoded = [encode_header(header)]
    crc = crc_of(encoded[0][:-1])
    for number, events in enumerate(lines, 1):
        commit = Commit(n=number, synced=number - 1, prev=crc, at=START, events=tuple(events))
        encoded.append(encode_commit(commit))
        crc = crc_of(encoded[-1][:-1])
    content = b"".join(encoded)
    return content, JournalEnd(len(lines), len(content), crc)
