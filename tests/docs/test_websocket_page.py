"""The example on the page runs, and its tables have every message with its fields."""

import re
from pathlib import Path
from typing import Any, get_args

import msgspec.inspect
import pytest

from actors.http import app_feed, worker_history, worker_input, worker_voice
from actors.http.server import SOCKET_MESSAGE_BYTES
from storage import images
from storage.records.app_message import AppClientMessage, AppServerMessage
from storage.records.worker_message import WorkerClientMessage, WorkerServerMessage
from tests.architecture.source_tree import ROOT
from tests.fakes.greenroom import house

PAGE = (ROOT / "docs" / "websocket.md").read_text()
APP = PAGE.split("\n## All sessions\n")[1].split("\n## ")[0]
CHAPTER = PAGE.split("\n## A worker's terminal\n")[1].split("\n## ")[0]


def test_the_example_runs_and_says_what_it_should(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", CHAPTER, re.DOTALL)
    with house(tmp_path, fronts=True) as made:
        session, worker = made.shell()
        url = (made.room.around.http.url or "").replace("http", "ws", 1)
        token = made.data.token.read_text().strip()
        given: dict[str, Any] = {
            "url": url,
            "token": token,
            "session": session,
            "worker": worker,
        }
        exec(compile(example, "docs/websocket.md", "exec"), given)
    assert capsys.readouterr().out == "{'type': 'exit', 'exit_code': 3, 'signal': None}\n"


@pytest.mark.parametrize(
    ("chapter", "kinds"),
    [
        (CHAPTER, [*get_args(WorkerServerMessage), *get_args(WorkerClientMessage)]),
        (APP, [*get_args(AppServerMessage), AppClientMessage]),
    ],
    ids=["worker", "app"],
)
def test_every_message_has_its_row_with_its_fields(chapter: str, kinds: list[Any]) -> None:
    rows = {
        row[1]: row[2] for row in re.finditer(r"^\| `([a-z-]+)` \|([^|]*)\|", chapter, re.MULTILINE)
    }
    assert rows.keys() == {kind.__struct_config__.tag for kind in kinds}
    for kind in kinds:
        told = rows[kind.__struct_config__.tag]
        if told.strip() != "the same":
            named = re.findall(r"`(\w+)`\??", told)
            assert named == [field.encode_name for field in msgspec.inspect.type_info(kind).fields]  # type: ignore[attr-defined]


def test_the_bounds_on_the_page_are_those_that_hold() -> None:
    assert f"{worker_history.HISTORY_BYTES >> 10} KiB at most" in CHAPTER
    assert f"{images.MOST_BYTES >> 20} MiB per session" in CHAPTER
    assert (worker_input.REST_SECONDS, "half a minute" in CHAPTER) == (30, True)
    assert (SOCKET_MESSAGE_BYTES, "has 1 MiB at most" in CHAPTER) == (1 << 20, True)
    assert f"{worker_voice.CLOSE_FINAL}: connecting again" in CHAPTER
    assert f"Past {app_feed.MOST_WAITING:,} commits" in APP
