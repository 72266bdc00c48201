"""The whole tree in this process, on a data directory of its own, with everything real below it.

`House` is the data directory with whatever runs on it: it can be stopped and booted again on the
same files, as often as a test likes. At its end no actor and no terminal host is left.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from actors.boot import RunningTree, boot
from actors.messages.session import Follow
from actors.messages.supervision import TreeNode
from actors.ports import Clock
from actors.shutdown import end_terminals
from actors.supervision import ActorRef
from actors.terminals import host_files, protocol
from actors.terminals.connection import HostConnection
from actors.terminals.greeting import HostUnreachableError
from storage import codec, edit_claims
from storage.data_dir import DataDir
from storage.journal import log
from storage.records.event import AnyEvent, Event
from storage.records.request import Answer
from storage.records.session import Session
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.journal import FaultyJournal
from tests.peers.processes import alive

PATIENCE_SECONDS = 30.0
DEMO_SERVER = Path(__file__).parents[1] / "peers" / "mcp_demo.py"

_PARTS = 6
"""Of the tree without its fronts; those are one more, with five below it."""

Say = Callable[[bool], None]


class House:
    """`room` is the running tree, None while stopped; `place` a directory to work in."""

    def __init__(self, home: Path, *, clock: Clock | None = None, fronts: bool = False) -> None:
        self.data = DataDir(home / "house")
        self.place = home / "place"
        self.place.mkdir()
        self.environ: dict[str, str] = {"PATH": os.environ["PATH"], "SHELL": "/bin/sh", "PS1": "$ "}
        self.stop_requests: list[bool] = []
        self._clock = clock
        self._fronts = fronts
        self._lock = self.data.lock()
        self._room: RunningTree | None = None
        self.data.prepare()

    @property
    def room(self) -> RunningTree:
        assert self._room is not None, "it does not run"
        return self._room

    # Start and end.

    def start(self) -> "House":
        """Boot, and wait until every part of the tree runs."""
        said: Say | None = self.stop_requests.append if self._fronts else None
        self._room = boot(self.data, self.environ, stop_daemon=said, clock=self._clock)
        eventually(self._runs, seconds=PATIENCE_SECONDS)
        return self

    def _runs(self) -> bool:
        parts = list(self.room.board.tree().children)
        parts += [below for part in parts if part.name == "fronts" for below in part.children]
        wanted = _PARTS + 6 if self._fronts else _PARTS
        return len(parts) == wanted and all(part.state == "running" for part in parts)

    def stop(self, *, keep_terminals: bool = True) -> None:
        """As `greenroom stop`, by default with `--keep-terminals`."""
        if not keep_terminals:
            end_terminals(self.room.around)
        assert self.room.root.stop(PATIENCE_SECONDS)
        self._room = None

    def again(self, *, keep_terminals: bool = True) -> "House":
        self.stop(keep_terminals=keep_terminals)
        return self.start()

    def close(self) -> None:
        if self._room is not None:
            self.stop()
        end_host(self.data)
        self._lock.release()

    # Questions and orders.

    def post(
        self,
        request: Any,
        *,
        follow: Follow | None = None,
        request_id: str | None = None,
        again: bool = False,
        allotted: str | None = None,
    ) -> "Future[Answer]":
        """Hand it in; the future has its answer."""
        future: Future[Answer] = Future()
        self.room.gateway.hand_in(
            request,
            future.set_result,
            follow=follow,
            request_id=request_id,
            again=again,
            allotted=allotted,
        )
        return future

    def ask(self, request: Any) -> Answer:
        return self.post(request).result(PATIENCE_SECONDS)

    def get(self, kind: str, **fields: Any) -> Any:
        """The data of an answer that must be good, as plain JSON has it."""
        answer = self.ask({"type": kind, **fields})
        assert answer.ok, answer.error
        return codec.builtins(answer.data)

    def refused(self, kind: str, **fields: Any) -> str:
        """The code of an answer that must be a refusal."""
        answer = self.ask({"type": kind, **fields})
        assert answer.error is not None, answer
        assert answer.error.message
        return answer.error.code

    def create(self, **fields: Any) -> Any:
        return self.get("create-session", **{"location_path": str(self.place), **fields})

    def shell(self, **worker: Any) -> tuple[str, str]:
        """A session with a terminal: the ids of both."""
        made = self.create(worker={"type": "terminal", **worker})
        return made["id"], made["workers"][0]["id"]

    def record(self, session_id: str) -> Session:
        """The durable record, which wakes nobody."""
        found: Session | None = self.ask({"type": "get-session", "session": session_id}).data
        assert found is not None
        return found

    def worker(self, session_id: str, worker_id: str) -> Any:
        found = self.record(session_id).worker(worker_id)
        assert found is not None
        return found

    def output(self, session_id: str, worker_id: str, **fields: Any) -> str:
        return str(self.get("get-output", session=session_id, worker=worker_id, **fields)["data"])

    def shows(self, session_id: str, worker_id: str, text: str) -> str:
        """The worker's output, once the text stands in it."""
        eventually(lambda: text in self.output(session_id, worker_id), seconds=PATIENCE_SECONDS)
        return self.output(session_id, worker_id)

    def becomes(self, session_id: str, worker_id: str, status: str) -> Any:
        """Wait for a worker's status; its record."""
        eventually(
            lambda: self.worker(session_id, worker_id).status == status, seconds=PATIENCE_SECONDS
        )
        return self.worker(session_id, worker_id)

    # The tree.

    def node(self, *names: str) -> TreeNode | None:
        return self.room.board.find((*self.room.board.root_path, *names))

    def state(self, *names: str) -> str | None:
        found = self.node(*names)
        return found.state if found else None

    def awake(self) -> set[str]:
        """The sessions that have an actor."""
        found = self.node("sessions")
        return {child.name for child in found.children} if found else set()

    def ref(self, session_id: str) -> ActorRef[Any]:
        """The session's actor, from outside the tree: for what only a fault would do."""
        directory = self.room.around.directory.ref
        assert directory is not None
        proxy: Any = directory.proxy()
        found: ActorRef[Any] | None = proxy.child_ref(session_id).get(timeout=PATIENCE_SECONDS)
        assert found is not None, "it is passive"
        return found

    def faulty(self, session_id: str) -> FaultyJournal:
        """Puts itself before the journal of a session that is awake."""
        directory = self.data.session("default", session_id)
        commits: Any = self.room.around.recording._open[directory]
        commits._journal = FaultyJournal(commits._journal)
        found: FaultyJournal = commits._journal
        return found

    # Files.

    def write_workspace(self, settings: Mapping[str, Any], workspace: str = "default") -> None:
        self.data.workspace_file(workspace).write_text(json.dumps(settings))

    def converse(self, script: list[dict[str, Any]], **settings: Any) -> None:
        """Let the scripted model be the active one; it takes the demo server's tools."""
        lines = "".join(json.dumps(line) + "\n" for line in script)
        self.data.workspace("default").joinpath("script.jsonl").write_text(lines)
        self.write_workspace(
            {
                "models": {
                    "active": "scripted",
                    "providers": {"scripted": {"script": "script.jsonl"}},
                },
                **settings,
            }
        )

    def journal(self, session_id: str, workspace: str = "default") -> list[AnyEvent]:
        """All events, in order."""
        found = log.read(self.data.session(workspace, session_id))
        return [event for commit in found.commits for event in commit.events]

    def add_to_journal(self, session_id: str, *events: Event) -> None:
        """As if a daemon had written them and had then been killed. The tree must be stopped."""
        journal, commits = log.Journal.open(self.data.session("default", session_id))
        with journal:
            journal.append([(commits[-1].at, events, None)])

    def projected(self) -> list[Any] | None:
        """The sessions as sessions.json has them; None before it was written."""
        path = self.data.sessions_file("default")
        found: list[Any] | None = None
        if path.exists():
            found = json.loads(path.read_text())["sessions"]
        return found

    @property
    def edits(self) -> list[str]:
        """What was saved as sessions.json and is not dealt with, the oldest first."""
        directory = self.data.workspace("default") / edit_claims.DIRECTORY
        return [claim.path.read_text() for claim in edit_claims.claims(directory)]

    @property
    def rejected(self) -> list[str]:
        """But for the text that explains what lies there."""
        names = (path.name for path in self.data.rejected.iterdir())
        return sorted(name for name in names if name != "README.md")


def demo_server(**settings: Any) -> dict[str, Any]:
    """Our demo MCP server, every tool of it allowed."""
    command = {"command": sys.executable, "args": [str(DEMO_SERVER)]}
    return {"mcp_servers": {"demo": {**command, "auto_approve": True, **settings}}}


@contextmanager
def house(home: Path, **options: Any) -> Iterator[House]:
    """A running house; gone at the end, with all that ran in it."""
    made = House(home, **options)
    try:
        yield made.start()
    finally:
        made.close()


def pass_time(clock: FakeClock, most_seconds: float) -> None:
    """Move the clock to its next timer if that is due within `most_seconds`, else not at all."""
    waiting = clock.waiting
    if waiting and waiting[0] <= most_seconds:
        clock.advance(max(waiting[0], 0.0) + 1e-6)


def end_host(data: DataDir) -> None:
    """End the terminal host with all its terminals, and wait until it is gone."""
    host = host_files.recorded_host(data.root)
    if host is None:
        return
    with suppress(OSError, HostUnreachableError):
        connection = HostConnection.connect(data.root)
        connection.send(protocol.Shutdown())
        connection.start(on_message=lambda _: None, on_closed=lambda _: None)
        eventually(lambda: not alive(host.pid))
        connection.close()
    with suppress(ProcessLookupError):
        os.kill(host.pid, 9)
