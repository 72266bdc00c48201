"""Whatever text is in an answer, no command writes of it what a terminal obeys.

The answers are those of a real program, and richer ones, with hostile text put into every string:
first where text of others stands, then into the names of states and kinds too.
"""

import copy
import json
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.cli.connection import Connection
from actors.cli.main import main
from tests.actors.cli.fake_daemon import FakeDaemon
from tests.end_to_end.cli_commands import after, furnish
from tests.end_to_end.conftest import House
from tests.end_to_end.rich_answers import ANSWERS, SESSION

Json = dict[str, Any]
Frames = dict[str, list[Json]]
WORST = (
    "\x1b[2J\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]52;c;AAAA\x07\x9b31m\x9d0;t\x9c\x90q\x9c"
    "\x00\x07\x08\r\x7f\x85\u202e\u2066\u200f\u061c\u2028\udfff\ud800\U000e0041\x1bc\x1b(0\x0e\n\x1b"
)
HOSTILE = st.text(st.sampled_from(sorted({*WORST, *"ab;m[]0", "\x9f", "\u202a", "\u2069"})))
OURS = re.compile(r"\x1b\[(?:0|1|2|31|32|33)m")
OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
STEERING = frozenset(
    {"type", "status", "state", "desired", "id", "kind", "role", "source", "enforced"}
)
NOT_HERE = frozenset({"restart", "stop", "mcp", "salvage", "verify"})
"""Of the daemon alone, or of no daemon's answers."""


def poisoned(value: Any, text: str, *, also_steering: bool, key: str = "") -> Any:
    """The same with `text` in every string."""
    if isinstance(value, dict):
        return {
            name: poisoned(each, text, also_steering=also_steering, key=name)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [poisoned(each, text, also_steering=also_steering, key=key) for each in value]
    if isinstance(value, str) and (also_steering or key not in STEERING):
        return f"{value[: len(value) // 2]}{text}{value[len(value) // 2 :]}{text}"
    return value


@contextmanager
def recorded(frames: Frames) -> Iterator[None]:
    """Keeps what every connection of this process is answered, by the type of the request."""
    real = Connection.ask

    def ask(self: Connection, request: Json, **how: Any) -> Json:
        seen: list[Json] = []
        show = how.pop("progress", None)

        def progress(frame: Json) -> None:
            seen.append(copy.deepcopy(frame))
            if show:
                show(frame)

        answer = real(self, request, progress=progress, **how)
        frames[request["type"]] = [*seen, copy.deepcopy(answer)]
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "ask", ask)
        yield


class Terminal:
    """Standard output and error of this process, on a terminal or in a pipe."""

    def __init__(self, *, is_terminal: bool) -> None:
        self._read, write = os.openpty() if is_terminal else os.pipe()
        self._stream = os.fdopen(write, "w", encoding="utf-8")
        self._came = b""
        self._reader = threading.Thread(target=self._take)
        self._reader.start()

    def _take(self) -> None:
        try:
            while came := os.read(self._read, 65536):
                self._came += came
        except OSError:
            pass

    def shown(self, words: Sequence[str], environ: dict[str, str]) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", self._stream)
            patch.setattr(sys, "stderr", self._stream)
            main(words, environ)
        self._stream.close()
        self._reader.join()
        os.close(self._read)
        return self._came.decode()


def replay(frames: Frames, text: str, *, also_steering: bool) -> Any:
    def script(request: Json) -> Sequence[Json]:
        found = frames.get(request["type"]) or [{"ok": True, "data": None}]
        told = poisoned(found, text, also_steering=also_steering)
        own = {"id": request["id"], "type": request["type"]}
        return [
            *({**each, **own} for each in told[:-1]),
            {**told[-1], **own, "ok": found[-1]["ok"]},
        ]

    return script


def refusal(text: str) -> Any:
    candidates, reasons = [{"id": text, "title": text}], [{"message": text, "examples": [text]}]
    told = {"candidates": candidates, "reasons": reasons}
    error = {"code": text, "message": text, "path": text, "data": told}
    return lambda request: [{"id": request["id"], "type": text, "ok": False, "error": error}]


def of_sample() -> list[list[str]]:
    """Every command that asks a daemon, for the session and worker of the rich answers."""
    session = SESSION["id"]
    words = after(session, session, "response-1", "/nowhere/file.tar.gz")
    more = [["new"], ["send", session, "hello"], ["answer", "askaskask", "allow"],
            ["asks", "askaskask"], ["asks", session], ["ls", "--all"], ["diff", session, "--stat"],
            ["diff", session, "--patch"], ["limits", session], ["history", f"{session}@5"],
            ["output", session, "-n", "5"], ["context", session, "--refresh"],
            ["new", "--worktree"], ["timer", "rm", session, "t1t1"],
            ["completion", "bash", "--", "greenroom show ", ""]]  # fmt: skip
    return [each for each in (*words, *more) if each[0] not in NOT_HERE]


def raw_in(
    data: Path, commands: Sequence[Sequence[str]], script: Any, *, is_terminal: bool
) -> dict[str, set[str]]:
    """By command, what a terminal would obey of what it wrote."""
    environ = {"HOME": "/nowhere", "PATH": os.environ["PATH"], "TERM": "xterm"}
    daemon = FakeDaemon(data, script)
    try:
        found = {}
        for words in commands:
            said = Terminal(is_terminal=is_terminal).shown(["--data", str(data), *words], environ)
            plain = OURS.sub("", said) if is_terminal else said
            found[" ".join(words)] = set(OBEYED.findall(plain.replace("\r\n", "\n")))
    finally:
        daemon.close()
    return {words: raw for words, raw in found.items() if raw}


RICH: Frames = {type_: [{"ok": True, "data": each}] for type_, each in ANSWERS.items()}


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize("also_steering", [True, False])
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=HOSTILE | st.just(WORST))
def test_no_text_of_an_answer_comes_through(
    tmp_path_factory: pytest.TempPathFactory, text: str, is_terminal: bool, also_steering: bool
) -> None:
    data = tmp_path_factory.mktemp("data")
    script = replay(RICH, text, also_steering=also_steering)
    assert raw_in(data, of_sample(), script, is_terminal=is_terminal) == {}


@pytest.mark.parametrize("is_terminal", [True, False])
def test_no_text_of_a_refusal_comes_through(tmp_path: Path, is_terminal: bool) -> None:
    assert raw_in(tmp_path, of_sample(), refusal(WORST), is_terminal=is_terminal) == {}


def test_json_has_all_of_it_as_escapes(tmp_path: Path) -> None:
    commands = [[*words[:1], "--json", *words[1:]] for words in of_sample()]
    script = replay(RICH, WORST, also_steering=False)
    assert raw_in(tmp_path, commands, script, is_terminal=True) == {}


def test_nor_of_what_the_program_answers(house: House, tmp_path: Path) -> None:
    place = furnish(house)
    house.run("start")
    one = house.json("new", place, "--title", "one")["data"]["id"]
    two = house.json("new", "--title", "two", "--terminal")["data"]["id"]
    sent = house.json("send", one, "hello")["data"]["response_id"]
    kept: list[tuple[list[str], Frames]] = []
    environ = {**house.environ, "TERM": "xterm"}
    for words in after(one, two, sent, str(house.home / "two.tar.gz")):
        frames: Frames = {}
        if words[0] in {"stop", "salvage"} or words == ["restart"]:
            continue
        with recorded(frames):
            Terminal(is_terminal=False).shown(["--data", str(house.data), *words], environ)
        kept.append((words, frames))
    assert len([frames for _, frames in kept if frames]) > 30
    for number, (words, frames) in enumerate(kept):
        script = replay(frames, WORST, also_steering=False)
        for is_terminal in (True, False):
            data = tmp_path / f"{number}-{is_terminal}"
            assert raw_in(data, [words], script, is_terminal=is_terminal) == {}


def test_nor_of_what_the_files_say_without_a_daemon(tmp_path: Path) -> None:
    workspace = tmp_path / "workspaces" / "default"
    workspace.mkdir(parents=True)
    told = poisoned({"sessions": [SESSION]}, WORST, also_steering=False)
    (workspace / "sessions.json").write_text(json.dumps(told))
    (tmp_path / "run").mkdir()
    log = WORST.encode("utf-8", "surrogatepass")
    (tmp_path / "run" / "daemon.log").write_bytes(log)
    environ = {"HOME": "/nowhere", "PATH": os.environ["PATH"], "TERM": "xterm"}
    for words in (["status"], ["logs"], ["doctor"], ["verify"], ["trash"], ["asks"], ["ls"]):
        for is_terminal in (True, False):
            said = Terminal(is_terminal=is_terminal).shown(
                ["--data", str(tmp_path), *words], environ
            )
            assert OBEYED.findall(OURS.sub("", said).replace("\r\n", "\n")) == [], words
