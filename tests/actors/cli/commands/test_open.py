import json
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from actors.cli.commands import open as command
from actors.cli.main import main
from tests.actors.cli.conftest import ENVIRON, Outcome, Run, Serve
from tests.actors.cli.fake_daemon import Json, yes

TOKEN = "0123456789abcdef" * 4
URL = "http://127.0.0.1:4711"
OFF = {"url": None, "state": "disabled"}
SERVED = {"http": {"url": URL, "state": "running"}}
BROWSER = """#!{python}
import json, os, stat, sys, urllib.parse
from pathlib import Path
place = Path(urllib.parse.unquote(sys.argv[1].removeprefix("file://")))
lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
seen = {{
    "argv": sys.argv[1:], "mode": stat.S_IMODE(place.stat().st_mode), "page": place.read_text(),
    "token_in_ps": any({token!r}.encode() in line for line in lines),
}}
part = Path({seen!r} + ".part")
part.write_text(json.dumps(seen))
part.rename({seen!r})
"""


@pytest.fixture
def token(data: Path) -> Iterator[None]:
    (data / "run").mkdir(parents=True)
    (data / "run" / "token").write_text(f"{TOKEN}\n")
    yield
    assert list((data / "run").glob("open-*")) == []


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """What a browser that is called `browser` was given."""
    found = tmp_path / "seen.json"
    program = tmp_path / "bin" / "browser"
    program.parent.mkdir()
    program.write_text(BROWSER.format(python=sys.executable, token=TOKEN, seen=str(found)))
    program.chmod(0o755)
    return found


def opened(data: Path, capsys: pytest.CaptureFixture[str], *words: str, **environ: str) -> Outcome:
    found = {**ENVIRON, "GREENROOM_HOME": str(data), **environ}
    status = main(["open", *words], found)
    captured = capsys.readouterr()
    return Outcome(status, captured.out, captured.err)


@pytest.mark.usefixtures("token")
def test_the_browser_is_led_to_the_page_by_a_file_and_no_argument_holds_the_token(
    serve: Serve, data: Path, seen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(yes(SERVED))
    browser = str(seen.parent / "bin" / "browser")
    outcome = opened(data, capsys, BROWSER=f"nothing-like-it:{browser}")
    assert (outcome.status, outcome.err) == (0, "")
    assert TOKEN not in outcome.out
    told = json.loads(seen.read_text())
    [argument] = told["argv"]
    assert argument.startswith("file:///")
    assert argument.endswith(".html")
    assert told["mode"] == stat.S_IRUSR | stat.S_IWUSR
    assert f'location.replace("{URL}/#token={TOKEN}")' in told["page"]
    assert told["token_in_ps"] is False


@pytest.mark.usefixtures("token")
def test_a_file_that_nobody_reads_is_removed_too(
    serve: Serve,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve(yes(SERVED))
    monkeypatch.setattr(command, "READ_SECONDS", 0.1)
    monkeypatch.setattr(command, "GRACE_SECONDS", 0.0)
    (data / "run" / "open-of-one-that-was-killed.html").write_text(TOKEN)
    assert opened(data, capsys, BROWSER="/bin/true").status == 0


@pytest.mark.usefixtures("token")
def test_without_a_browser_the_address_is_printed(
    serve: Serve, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(yes(SERVED))
    outcome = opened(data, capsys, PATH=str(tmp_path))
    assert outcome.status == 0
    assert outcome.out.startswith(f"{URL} is the page")
    assert "greenroom open --print" in outcome.out
    assert TOKEN not in outcome.out


@pytest.mark.usefixtures("token")
def test_print_gives_the_address_that_logs_in(run: Run, serve: Serve) -> None:
    serve(yes(SERVED))
    assert run("open", "--print") == (0, f"{URL}/#token={TOKEN}\n", "")
    data = json.loads(run("open", "--print", "--json").out)["data"]
    assert data == {"url": f"{URL}/#token={TOKEN}", "opened": False}


@pytest.mark.parametrize(
    "http", [None, {"url": None, "state": "stopped"}, {"url": URL, "state": "x"}]
)
def test_a_page_that_is_not_served_is_said(
    run: Run, serve: Serve, http: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "START_SECONDS", 0.1)
    serve(yes({"http": http}))
    outcome = run("open")
    assert (outcome.status, outcome.out) == (1, "")
    assert ("config.toml" if http == OFF else "greenroom status") in outcome.err


@pytest.mark.usefixtures("token")
def test_a_page_that_begins_is_waited_for(run: Run, serve: Serve) -> None:
    states = iter(["stopped", "starting", "running"])

    def answer(request: Json) -> Sequence[Json]:
        return yes({"http": {"url": URL, "state": next(states)}})(request)

    serve(answer)
    assert run("open", "--print") == (0, f"{URL}/#token={TOKEN}\n", "")


def test_nobody_waits_for_a_front_that_failed_too_often(run: Run, serve: Serve) -> None:
    front = {"name": "http", "state": "quarantined", "children": []}
    tree = {"name": "supervisor", "state": "running", "children": [front]}
    daemon = serve(yes({"http": {"url": None, "state": "starting"}, "tree": tree}))
    assert run("open").status == 1
    assert len(daemon.requests) == 1


@pytest.mark.parametrize("content", [None, "", "short", TOKEN + "\n#x"])
def test_without_a_token_nobody_is_sent_there(
    run: Run, serve: Serve, data: Path, content: str | None
) -> None:
    serve(yes(SERVED))
    if content is not None:
        (data / "run" / "token").write_text(content)
    outcome = run("open", "--print", "--json")
    assert outcome.status == 1
    assert json.loads(outcome.out)["error"]["code"] == "no-token"


def test_which_browser_is_taken(tmp_path: Path) -> None:
    for name in ("xdg-open", "mine"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    path = {"PATH": str(tmp_path)}
    assert command.browser_of(path) is None
    assert command.browser_of({**path, "DISPLAY": ":0"}) == ["xdg-open", "%s"]
    assert command.browser_of({**path, "BROWSER": "no:mine --new %s"}) == ["mine", "--new", "%s"]
    assert command.browser_of({**path, "BROWSER": "mine", "DISPLAY": ":0"}) == ["mine", "%s"]
