"""The rows of the desk: each a change, done by the real storage code, and how often it comes.

A row that finds nothing to work on does nothing. Adding one is a function and a line in ROWS.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from msgspec import Raw

from storage import attachments, exported, imported, rejected, request_claims, trash
from storage.attachments import Attachment
from storage.data_dir import DEFAULT_WORKSPACE
from storage.errors import FileRefused
from storage.journal.log import Journal
from storage.records import event as e
from storage.records.message import ToolResultContent
from tests.crash import marks as m
from tests.crash.desk import Desk
from tests.crash.saving import save
from tests.storage.histories import said

PAGE_BYTES = 4096


def create(desk: Desk) -> None:
    desk.create(desk.new_id(), *(desk.said() for _ in range(desk.random.randint(0, 2))))


def append(desk: Desk) -> None:
    if session_id := desk.some_session():
        desk.journals[session_id].append([desk.said()])


def append_group(desk: Desk) -> None:
    """Several commits that share a sync."""
    if session_id := desk.some_session():
        count = desk.random.randint(2, 5)
        desk.journals[session_id].append([desk.said() for _ in range(count)])


def append_pages(desk: Desk) -> None:
    """Lines that go over the pages of a file."""
    if session_id := desk.some_session():
        desk.journals[session_id].append([desk.said(PAGE_BYTES), desk.said(2 * PAGE_BYTES)])


def attach(desk: Desk) -> None:
    """What is named in a line is on disk before the line."""
    if session_id := desk.some_session():
        number = desk.number()
        content = f"{number} ".encode() * 200
        apart = Attachment(hashlib.sha256(content).hexdigest(), content)
        attachments.write(desk.directory(session_id), [apart])
        result = ToolResultContent(
            tool_call_id=f"call-{number}", content="its head", attachment=apart.sha256
        )
        event = e.MessageAdded(said(f"result-{number}", (result,), "tool"))
        desk.journals[session_id].append([(desk.at(), (event,), None)])


def reopen(desk: Desk) -> None:
    if session_id := desk.some_session():
        desk.reopen(session_id)


def sync_fails(desk: Desk) -> None:
    """The disk refuses one sync; what comes next is kept again."""
    if session_id := desk.some_session():
        with desk.failing("fdatasync"):
            desk.journals[session_id].append([desk.said(), desk.said()])
        desk.journals[session_id].append([desk.said()])


def disk_fails(desk: Desk) -> None:
    """Every sync is refused for a while."""
    if session_id := desk.some_session():
        with desk.failing("fdatasync", "fsync", onwards=True):
            desk.journals[session_id].append([desk.said()])
        desk.journals[session_id].append([desk.said()])


def creation_fails(desk: Desk) -> None:
    with desk.failing("fsync"):
        desk.create(desk.new_id())


def project(desk: Desk) -> None:
    desk.project()


def edit_by_hand(desk: Desk) -> None:
    """Saved by hand, then found by the projector."""
    session_id = desk.some_session()
    if session_id is None:
        return
    desk.project()
    path = desk.data.sessions_file(DEFAULT_WORKSPACE)
    title = f"Title {desk.number()}"
    content = path.read_bytes().replace(b'"Sample"', b'"%s"' % title.encode())
    save(path, content)
    desk.layer.mark(m.Edited(content, session_id, title))
    if desk.random.random() < 0.5:
        desk.project()


def start(desk: Desk) -> None:
    desk.start()


def delete(desk: Desk) -> None:
    if session_id := desk.some_session():
        desk.delete(session_id)


def restore(desk: Desk) -> None:
    if lying := trash.shelved(desk.data):
        item = desk.random.choice(lying)
        trash.restore(desk.data, item, desk.at())
        desk.start()


def purge(desk: Desk) -> None:
    if lying := trash.shelved(desk.data):
        desk.purge(desk.random.choice(lying))


def move_out_and_in(desk: Desk) -> None:
    """Exported, deleted, purged; and it comes back from the file."""
    if session_id := desk.some_session():
        target = desk.data.root.with_name(f"{desk.data.root.name}-{session_id}-{desk.number()}")
        directory, n = desk.directory(session_id), desk.journals[session_id].end.n
        exported.export(directory, target, named_elsewhere=n, version="1", at=desk.at())
        desk.delete(session_id)
        [item] = [one for one in trash.shelved(desk.data) if one.id == session_id]
        desk.purge(item)
        imported.bring_in(desk.data, target, None, desk.at())
        desk.journals[session_id], _ = Journal.open(directory)


def take(desk: Desk) -> None:
    """A request that is dropped into the inbox, and claimed."""
    name = f"ask-{desk.number()}.json"
    content = b'{"type": "get-status", "note": "%s"}' % name.encode()
    save(desk.data.inbox / name, content)
    desk.layer.mark(m.Dropped(name, content))
    inode = (desk.data.inbox / name).stat().st_ino
    claim = request_claims.claim(desk.data.inbox, name, desk.number(), inode)
    assert claim
    request_claims.settle(desk.data.inbox, [claim])
    desk.claims.append(claim)
    desk.accept(claim)


def answer(desk: Desk) -> None:
    """Recorded first, then published, then said to be, and the claim goes."""
    if desk.claims:
        claim = desk.claims.pop(0)
        content = desk.answer_of(claim)
        event = e.RequestAnswered(request_id=desk.request_id(claim), answer=Raw(content[:-1]))
        desk.requests.append([(desk.at(), (event,), None)])
        desk.layer.mark(m.Recorded(desk.request_id(claim), content[:-1]))
        desk.publish(claim, content)
        desk.layer.mark(m.Published(desk.request_id(claim)))
        desk.requests.append([(desk.at(), (e.AnswerPublished(desk.request_id(claim)),), None)])
        request_claims.release(claim)


def next_day(desk: Desk) -> None:
    """The requests of the days before are thrown away where all of them are answered."""
    desk.next_day()
    if desk.random.random() < 0.5:
        desk.expire()


def refuse(desk: Desk) -> None:
    """A file that is no request."""
    name = f"bad-{desk.number()}.json"
    content = b"no request: %s" % name.encode()
    save(desk.data.inbox / name, content)
    desk.layer.mark(m.Dropped(name, content))
    rejected.reject(desk.data.inbox / name, desk.data.rejected, FileRefused("not JSON", line=1))


class Row(NamedTuple):
    change: Callable[[Desk], None]
    weight: int


ROWS = (
    Row(create, 4),
    Row(append, 8),
    Row(append_group, 5),
    Row(append_pages, 2),
    Row(attach, 2),
    Row(reopen, 2),
    Row(sync_fails, 2),
    Row(disk_fails, 1),
    Row(creation_fails, 1),
    Row(project, 5),
    Row(edit_by_hand, 2),
    Row(start, 1),
    Row(delete, 3),
    Row(restore, 1),
    Row(purge, 2),
    Row(move_out_and_in, 2),
    Row(take, 4),
    Row(answer, 4),
    Row(next_day, 1),
    Row(refuse, 1),
)


def work(desk: Desk, count: int) -> Counter[str]:
    """Every row once, in an order that gives all something to do, then `count` in all by chance.

    How often each changed something.
    """
    rows = [row.change for row in ROWS]
    weights = [row.weight for row in ROWS]
    drawn = desk.random.choices(rows, weights, k=max(0, count - len(rows)))
    done: Counter[str] = Counter()
    for change in [*rows, *drawn]:
        before = len(desk.layer.calls)
        with desk.refusable():
            change(desk)
        done[change.__name__] += len(desk.layer.calls) > before
    return done
