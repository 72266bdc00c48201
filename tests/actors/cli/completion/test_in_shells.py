"""A completed line means what was offered, in the shells as they are; nothing of it ever runs."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.actors.cli.completion.shells import Shell
from tests.actors.cli.conftest import Serve
from tests.actors.cli.fake_daemon import Json

SHELLS = [
    "bash",
    pytest.param("zsh", marks=pytest.mark.peers),
    pytest.param("fish", marks=pytest.mark.peers),
]
HOSTILE = [
    "a $(touch ran) b",
    "b `touch ran` c",
    "c; touch ran; d",
    "d' ; touch ran ; 'e",
    'e" ; touch ran ; "f',
    "f\\ | touch ran",
    "g > ran",
    "h & touch ran &",
    "i *?[a-z]{1,2}",
    "j !! !touch",
    "k ~root $HOME",
    "l #comment",
    "m=(touch ran)",
    "n Grüße 日本語 ñ",
    "o:p@q:r",
    "x/login",
]


def session(number: int, title: str) -> Json:
    worker = {"id": f"w{number:011}", "name": "my shell", "type": "terminal", "status": "running"}
    return {"id": f"z{number}z{number:08}", "title": title, "status": "active", "workers": [worker]}


def daemon(request: Json) -> Sequence[Json]:
    titles = [*HOSTILE, "p\x1b]0;ran\x07", "q\ntouch ran", "twice", "twice"]
    sessions = [session(number, title) for number, title in enumerate(titles, 1)]
    if request["type"] == "list-sessions":
        sessions = [{**each, "workers": None, "worker_count": 1} for each in sessions]
    data = {"sessions": sessions, "permissions": [], "agents": []}
    return [{"id": request["id"], "type": request["type"], "ok": True, "data": data}]


@pytest.fixture
def shell(
    request: pytest.FixtureRequest, tmp_path: Path, data: Path
) -> Iterator[Callable[[str], Shell]]:
    made: list[Shell] = []

    def start(name: str) -> Shell:
        made.append(Shell(name, tmp_path / "home", data))
        return made[-1]

    yield start
    for each in made:
        each.close()
    assert not (tmp_path / "home" / "ran").exists()


Start = Callable[[str], Shell]


@pytest.mark.parametrize("name", SHELLS)
def test_any_title_is_completed_to_itself(name: str, shell: Start, serve: Serve) -> None:
    serve(daemon)
    running = shell(name)
    for title in HOSTILE:
        assert running.completed(f"greenroom show {title[0]}") == ["show", title]


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize("quote", ["'", '"'])
def test_an_open_quote_is_closed(name: str, quote: str, shell: Start, serve: Serve) -> None:
    serve(daemon)
    running = shell(name)
    for title in HOSTILE:
        line = f"greenroom show {quote}{title[:1]}"
        assert running.completed(line) == ["show", title]


@pytest.mark.parametrize("name", SHELLS)
def test_what_has_no_title_to_type_is_completed_by_its_id(
    name: str, shell: Start, serve: Serve
) -> None:
    serve(daemon)
    running = shell(name)
    for number in range(len(HOSTILE) + 1, len(HOSTILE) + 5):
        identity = f"z{number}z{number:08}"
        assert running.completed(f"greenroom show z{number}z") == ["show", identity]


@pytest.mark.parametrize("name", SHELLS)
def test_commands_options_workers_and_files(
    name: str, shell: Start, serve: Serve, tmp_path: Path
) -> None:
    serve(daemon)
    running = shell(name)
    (tmp_path / "home" / "archive of it.tar.gz").write_text("")
    (tmp_path / "home" / "archive").mkdir()
    assert running.completed("greenroom stat") == ["status"]
    assert running.completed("greenroom worker rest") == ["worker", "restart"]
    assert running.completed("greenroom stop --keep") == ["stop", "--keep-terminals"]
    assert running.completed("greenroom answer 12345678 al") == ["answer", "12345678", "allow"]
    assert running.completed("greenroom attach x/login/") == ["attach", "x/login/my shell"]
    assert running.completed("greenroom worker rm x") == ["worker", "rm", "x/login/my shell"]
    assert running.completed("greenroom import archive\\ o") == ["import", "archive of it.tar.gz"]


@pytest.mark.parametrize("name", SHELLS)
def test_without_a_daemon_nothing_is_said(name: str, shell: Start) -> None:
    running = shell(name)
    assert running.completed("greenroom show so") == ["show", "so"]
    assert b"daemon" not in running.seen.replace(b"greenroom", b"")
    assert running.completed("greenroom stat") == ["status"]
