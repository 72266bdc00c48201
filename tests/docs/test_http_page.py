"""docs/http.md says which routes there are and what they answer, and its examples run."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from actors.http.app import ROWS
from actors.http.calls import RestRow
from tests.architecture.source_tree import ROOT
from tests.fakes.greenroom import house

PAGE = (ROOT / "docs" / "http.md").read_text()
ROUTE = re.compile(r"^\| `([A-Z]+) ([^`]+)` \| `([a-z-]+)` \| (\d+) \|$", re.MULTILINE)


def test_every_route_stands_there() -> None:
    rows = [row for row in ROWS if isinstance(row, RestRow)]
    wanted = {(row.method, row.path, row.request, str(row.status)) for row in rows}
    assert set(ROUTE.findall(PAGE)) == wanted


def test_every_code_of_http_alone_stands_there() -> None:
    sources = [path.read_text() for path in (ROOT / "actors" / "http").glob("*.py")]
    sources.append((ROOT / "actors" / "decisions" / "http_gate.py").read_text())
    told = set(re.findall(r'(?:NoEntry|problem)\(\d+, "([a-z-]+)"', "\n".join(sources)))
    assert {"wrong-host", "not-json", "body-too-large"} <= told
    protocol = (ROOT / "docs" / "protocol.md").read_text()
    assert {code for code in told if f"`{code}`" not in PAGE + protocol} == set()


def test_the_examples_run(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    examples = [block for block in blocks if block.startswith("ask")]
    assert len(examples) == 3
    with house(tmp_path, fronts=True) as running:
        running.converse([{"reply": [{"text": "Nothing."}]}])
        url = running.room.around.http.url
        assert url is not None
        environ = {**os.environ, "URL": url, "TOKEN": running.data.token.read_text().strip()}
        done = subprocess.run(
            [shutil.which("sh") or "sh", "-eu", "-c", "\n".join(examples)],
            cwd=running.place,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert [one["title"] for one in running.get("list-sessions")["sessions"]] == ["talk"]
        assert '"response_id"' in done.stdout
        assert '{"deleted":true}' in done.stdout
