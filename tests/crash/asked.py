"""PURE: what became of requests and of saved files, and how a crashed disk falls short of it.

A request that was dropped is there until its answer is, and the answer stays; a file that somebody
saved is kept just as it was until what it asks for is done.
"""

from collections.abc import Callable, Iterable, Iterator

from storage.records import event as e
from tests.crash import marks as m
from tests.crash.calls import Tree
from tests.crash.histories import Lines
from tests.crash.recovery import Found

_WORKSPACE = "workspaces/default"


class Requests:
    def __init__(self) -> None:
        self._dropped: dict[str, bytes] = {}
        self._answered: dict[str, m.Answered] = {}
        self._recorded: dict[str, bytes] = {}

    def hear(self, mark: m.RequestMark) -> None:
        match mark:
            case m.Dropped(name, content):
                self._dropped[name] = content
            case m.Answered():
                self._answered[mark.name] = mark
            case m.Recorded(request_id, content):
                self._recorded[request_id] = content
            case m.Published(request_id):
                self._recorded.pop(request_id, None)

    def faults(self, crashed: Tree, found: Found) -> Iterator[str]:
        for request_id, content in self._recorded.items():
            if found.open_requests.get(request_id) != content:
                yield f"{request_id}: its answer was recorded, and is not remembered"
        lying = {*contents(crashed, "inbox/"), *contents(crashed, "rejected/")}
        for name, content in self._dropped.items():
            answered = self._answered.get(name)
            if answered is None:
                if content not in lying and not _is_answered(crashed, found, name):
                    yield f"{name}: the request is gone, and was not answered"
            elif not _has_answer(crashed, found, answered):
                yield f"{name}: it was answered, and the answer is gone"


def _has_answer(crashed: Tree, found: Found, answered: m.Answered) -> bool:
    """In the outbox, or remembered so that it gets there."""
    remembered = found.open_requests.get(answered.name.removesuffix(".json"))
    return (
        crashed.get(f"outbox/{answered.answer}") == answered.content
        or remembered == answered.content[:-1]
    )


def _is_answered(crashed: Tree, found: Found, name: str) -> bool:
    """One that was answered and not yet said to be: only a whole answer counts."""
    content = crashed.get(f"outbox/{name}")
    whole = isinstance(content, bytes) and content.startswith(b"{") and content.endswith(b"}\n")
    return whole or found.open_requests.get(name.removesuffix(".json")) is not None


class Saved:
    """Files that somebody saved as `sessions.json`."""

    def __init__(self) -> None:
        self._edits: list[m.Edited] = []
        self._for_good: list[bytes] = []

    def hear(self, mark: m.Edited | m.KeptForGood) -> None:
        match mark:
            case m.Edited():
                self._edits.append(mark)
            case m.KeptForGood(content):
                self._for_good.append(content)

    def faults(self, crashed: Tree, journal: Callable[[str], Lines | None]) -> Iterator[str]:
        """`journal`: of a session; None for one of which nothing is promised."""
        if not self._edits and not self._for_good:
            return
        lying = {
            *contents(crashed, f"{_WORKSPACE}/sessions.json"),
            *contents(crashed, f"{_WORKSPACE}/.edits/"),
            *contents(crashed, "rejected/"),
        }
        for edit in self._edits:
            lines = None if edit.content in lying else journal(edit.session)
            if lines is not None and edit.title not in titles(lines):
                yield "what was saved as sessions.json by hand is nowhere, and was not done"
        if not lying.issuperset(self._for_good):
            yield "an old sessions.json was thrown away"


def titles(lines: Lines) -> Iterable[object]:
    """All that a session was ever given."""
    return [
        event.updates.get("title")
        for _, events, _ in lines
        for event in events
        if isinstance(event, e.SessionUpdated)
    ]


def contents(tree: Tree, beginning: str) -> Iterator[bytes]:
    for path, content in tree.items():
        if path.startswith(beginning) and isinstance(content, bytes):
            yield content
