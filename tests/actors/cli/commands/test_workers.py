import json
from typing import Any

import pytest

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import Json, yes


def only_request(run: Run, serve: Serve, *words: str, data: Any) -> Json:
    daemon = serve(yes(data))
    assert run(*words).status == 0
    (request,) = daemon.requests
    del request["id"]
    return request


def test_a_worker_is_added_as_described(run: Run, serve: Serve) -> None:
    words = ("worker", "add", "s", "--terminal", "--name", "n", "--restart", "always",
             "--env", "A=b=c", "--", "make", "-j2")  # fmt: skip
    assert only_request(run, serve, *words, data={"id": "w", "name": "n"}) == {
        "type": "create-worker", "session": "s",
        "worker": {"type": "terminal", "command": ["make", "-j2"], "name": "n",
                   "restart": "always", "env": {"A": "b=c"}},
    }  # fmt: skip


def test_an_agent_is_added_with_its_prompt(run: Run, serve: Serve) -> None:
    words = ("worker", "add", "s", "--agent", "claude", "--prompt", "Look.")
    assert only_request(run, serve, *words, data={"id": "w", "name": "n"})["worker"] == {
        "type": "agent", "agent": "claude", "prompt": "Look.",
    }  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--terminal", "--env", "A"],
        ["--terminal", "--env", "=b"],
        ["--terminal", "--prompt", "x"],
    ],
)
def test_a_worker_half_described_is_wrong_usage(run: Run, words: list[str]) -> None:
    assert run("worker", "add", "s", *words).status == 2


def test_workers_are_listed_restarted_and_removed(run: Run, serve: Serve) -> None:
    daemon = serve(yes({"workers": []}))
    assert run("worker", "ls", "s").out == "no workers\n"
    daemon.script = yes({"deleted": True})
    assert run("worker", "rm", "a/b/w").out == "a/b/w is removed\n"
    daemon.script = yes({"id": "w", "name": "n"})
    assert run("worker", "restart", "s/w").out == "s/w is restarted\n"
    assert [request["type"] for request in daemon.requests] == [
        "list-workers", "delete-worker", "restart-worker"
    ]  # fmt: skip
    assert (daemon.requests[1]["session"], daemon.requests[1]["worker"]) == ("a/b", "w")


def test_removing_what_is_not_there_is_status_1(run: Run, serve: Serve) -> None:
    serve(yes({"deleted": False}))
    assert run("worker", "rm", "s/w").status == 1


def test_a_worker_must_be_named(run: Run) -> None:
    outcome = run("worker", "rm", "s")
    assert outcome.status == 2
    assert "names no worker; write SESSION/WORKER" in outcome.err


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["make", "test"], "make test\r"),
        (["y", "--no-enter"], "y"),
        (["done\n"], "done\n"),
        ([""], "\r"),
    ],
)
def test_a_typed_line_ends_with_enter_unless_told(
    run: Run, serve: Serve, words: list[str], typed: str
) -> None:
    request = only_request(run, serve, "type", "s/w", *words, data={"accepted": 1})
    assert request == {"type": "write-input", "session": "s", "worker": "w", "data": typed}


def test_nothing_to_type_is_wrong_usage(run: Run) -> None:
    assert run("type", "s/w", "", "--no-enter").status == 2


def pages(request: Json) -> list[Json]:
    start = max(request["from"], 0)
    text = "ab\x1b[31mcd\r\n"[start : start + 4]
    data = {"data": text, "start": start, "next": start + len(text), "end": 11, "epoch": 3}
    return [{"id": request["id"], "type": "get-output", "ok": True, "data": data}]


def test_output_is_read_page_by_page_from_one_epoch(run: Run, serve: Serve) -> None:
    daemon = serve(pages)
    assert run("output", "s/w", "--raw").out == "ab\x1b[31mcd\r\n"
    assert [request.get("epoch") for request in daemon.requests] == [None, 3, 3]


def test_output_in_json_is_one_page(run: Run, serve: Serve) -> None:
    serve(pages)
    assert json.loads(run("output", "s/w", "--json", "--from", "7").out)["data"]["data"] == "cd\r\n"


def test_output_for_the_screen_moves_no_cursor(run: Run, serve: Serve) -> None:
    serve(yes({"data": "\x1b[2Ja\r\nb", "start": 0, "next": 8, "end": 8, "epoch": 1}))
    assert run("output", "s/w").out == "a\nb"


def test_an_epoch_that_is_not_kept_is_said(run: Run, serve: Serve) -> None:
    page = {"data": "", "start": 0, "next": 0, "end": 0, "epoch": 99, "epochs": [1, 3]}
    serve(yes(page))
    outcome = run("output", "s/w", "--epoch", "99")
    assert outcome == (1, "", "greenroom: there is no epoch 99 (epochs kept: 1, 3)\n")
    answer = json.loads(run("output", "s/w", "--epoch", "99", "--json").out)
    assert (answer["ok"], answer["error"]["code"]) == (False, "epoch-not-found")
    assert run("output", "s/w", "--epoch", "-1").status == 2
