"""The exit status of every command: 1 refused, 2 wrong usage, 3 no daemon."""

import pytest

from actors.cli.catalogue import ROWS
from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no

WORDS: dict[str, tuple[str, ...]] = {
    "salvage": ("one",), "show": ("one",), "diff": ("one",), "history": ("one",), "fork": ("one",),
    "context": ("one",), "send": ("one", "hello"), "cancel": ("one-1",), "answer": ("one", "allow"),
    "budget": ("one",), "limits": ("one",), "delete": ("one",), "restore": ("one",),
    "purge": ("one",), "export": ("one",), "import": ("/dev/null",), "archive": ("one",),
    "unarchive": ("one",), "pause": ("one",), "resume": ("one",), "run": ("one",),
    "halt": ("one",), "restart": ("one",), "worker add": ("one", "--terminal"),
    "worker ls": ("one",), "worker restart": ("one/w",), "worker rm": ("one/w",),
    "attach": ("one",),
    "detach": ("one",), "peek": ("one",), "type": ("one/w", "x"), "output": ("one",),
    "completion": ("bash",), "events": ("one",),
    "timer add": ("one", "--in", "5m", "look"), "timer ls": ("one",), "timer rm": ("one", "kq3vd5"),
}  # fmt: skip
WITHOUT_DAEMON = {
    "help": 0, "completion": 0, "agents": 0, "verify": 1, "doctor": 1, "trash": 1, "logs": 1,
    "salvage": 1, "export": 1, "detach": 1, "attach": 2,
}  # fmt: skip
"""They do without one; of a directory that is not there most have nothing to tell."""
NOT_ASKED = {"start", "daemon", "demo", "mcp", "stop", "help", "completion", "logs", "verify",
             "salvage", "export", "import", "attach", "detach", "doctor", "trash"}  # fmt: skip
"""They begin, end or do without a daemon; their own tests have their status."""


@pytest.mark.parametrize("name", ROWS)
def test_what_makes_no_sense_is_2(run: Run, name: str) -> None:
    outcome = run(*name.split(), *WORDS.get(name, ()), "--no-such-option")
    if name not in {"demo", "help"}:
        assert (outcome.status, outcome.out) == (2, ""), outcome
        assert "greenroom: " in outcome.err


@pytest.mark.parametrize("name", [name for name in ROWS if name not in NOT_ASKED])
def test_a_no_is_1(run: Run, serve: Serve, name: str) -> None:
    serve(no("storage-failed", "the disk is gone"))
    outcome = run(*name.split(), *WORDS.get(name, ()))
    assert outcome.status == 1, outcome
    assert "the disk is gone" in outcome.err


@pytest.mark.parametrize(
    "name", [name for name in ROWS if name not in {"start", "daemon", "demo", "mcp"}]
)
def test_without_a_daemon_it_is_3(run: Run, name: str) -> None:
    outcome = run(*name.split(), *WORDS.get(name, ()))
    assert outcome.status == WITHOUT_DAEMON.get(name, 3), outcome
    if outcome.status == 3:
        assert "greenroom start" in outcome.err
