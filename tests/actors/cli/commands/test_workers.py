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


def test_the_list_of_workers_tells_what_the_daemon_alone_knows_of_them(
    run: Run, serve: Serve
) -> None:
    record = {"id": "w1", "name": "sh", "type": "terminal", "status": "running",
              "process": {"pid": 7, "boot_id": "b"}}  # fmt: skip
    live = {"id": "w1", "process": {"pid": 7, "memory_bytes": 2e6, "cpu_percent": 3.0,
                                    "processes": 2},
            "writer": {"owner": "ann on pts/3"}, "watchers": 1, "activity": None}  # fmt: skip
    answers = {
        "list-workers": {"workers": [record]},
        "get-status": {"sessions": [{"id": "s", "workers": [live]}]},
    }
    serve(lambda request: yes(answers[request["type"]])(request))
    assert run("worker", "ls", "T").out.splitlines()[1] == (
        "  sh    w1  terminal  running  pid 7 (2 processes)  2 MB  3 % CPU  ann on pts/3 types"
    )


def test_removing_what_is_not_there_is_status_1(run: Run, serve: Serve) -> None:
    serve(yes({"deleted": False}))
    assert run("worker", "rm", "s/w").status == 1


def of_three(request: Json) -> list[Json]:
    kinds = [("w1", "talk", "conversation"), ("w2", "shell", "terminal"), ("w3", "fix", "agent")]
    workers = [{"id": one, "name": name, "type": kind} for one, name, kind in kinds]
    shown = {"id": "abcd", "title": "s", "workers": workers}
    data = shown if request["type"] == "get-session" else {"accepted": 3}
    return [{"id": request["id"], "type": request["type"], "ok": True, "data": data}]


def test_a_worker_that_ends_must_be_named(run: Run, serve: Serve) -> None:
    daemon = serve(of_three)
    outcome = run("worker", "rm", "s")
    assert outcome.status == 2
    assert "names no worker; write SESSION/WORKER; there are: s/talk, s/shell, s/f" in outcome.err
    assert [each["type"] for each in daemon.requests] == ["get-session"]


def test_the_only_terminal_is_typed_into_and_of_several_none(run: Run, serve: Serve) -> None:
    daemon = serve(of_three)
    outcome = run("type", "s", "ls")
    assert outcome.status == 2
    assert "several terminals; say which of them: s/shell, s/fix" in outcome.err
    assert [each["type"] for each in daemon.requests] == ["get-session"]
    daemon.script = lambda request: [
        {**of_three(request)[0], "data": {"id": "abcd", "accepted": 3, "workers": [
            {"id": "w1", "name": "talk", "type": "conversation"},
            {"id": "w2", "name": "shell", "type": "terminal"},
        ]}}
    ]  # fmt: skip
    assert run("type", "s", "ls").out == "3 bytes typed\n"
    assert (daemon.requests[-1]["session"], daemon.requests[-1]["worker"]) == ("abcd", "w2")


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


def test_a_line_can_wait_until_a_person_has_gone(run: Run, serve: Serve) -> None:
    words = ("type", "s/w", "ls", "--wait", "9")
    assert only_request(run, serve, *words, data={"accepted": 3})["wait_seconds"] == 9
    assert run("type", "s/w", "ls", "--wait", "soon").status == 2


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


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["-n", "20"], {"lines": 20}),
        (["--before", "700"], {"before": 700, "lines": 100}),
        (["--before", "0", "--lines", "5", "--epoch", "2"], {"before": 0, "lines": 5, "epoch": 2}),
    ],
)
def test_output_is_paged_backwards(run: Run, serve: Serve, words: list[str], asked: Json) -> None:
    page = {"data": "x\n", "start": 30, "next": 32, "end": 99, "epoch": 2, "epochs": [2]}
    daemon = serve(yes(page))
    outcome = run("output", "s/w", *words)
    (request,) = daemon.requests
    assert {k: request[k] for k in request if k in {"from", "before", "lines", "epoch"}} == asked
    assert (outcome.out, "output s/w --before 30 --epoch 2" in outcome.err) == ("x\n", True)


def test_output_without_a_worker_is_of_the_first_with_a_terminal(run: Run, serve: Serve) -> None:
    page = {"data": "x", "start": 0, "next": 1, "end": 1, "epoch": 1, "epochs": [1]}
    record = {"id": "s1", "workers": [{"id": "w2", "name": "shell", "type": "terminal"}]}

    def answer(request: Json) -> list[Json]:
        data = page if request["type"] == "get-output" else record
        return [{"id": request["id"], "type": request["type"], "ok": True, "data": data}]

    daemon = serve(answer)
    assert run("output", "title") == (0, "x", "")
    assert (daemon.requests[-1]["session"], daemon.requests[-1]["worker"]) == ("s1", "w2")


def test_before_a_process_has_said_anything_the_output_of_the_one_before_is_pointed_at(
    run: Run, serve: Serve
) -> None:
    page = {"data": "", "start": 0, "next": 0, "end": 0, "epoch": 3, "epochs": [1, 2, 3]}
    serve(yes(page))
    for words in ((), ("-n", "5")):
        assert run("output", "s/w", *words).err == "[older: greenroom output s/w --epoch 2]\n"


def test_what_is_not_kept_is_said(run: Run, serve: Serve) -> None:
    page = {"data": "x", "start": 30, "next": 31, "end": 31, "epoch": 2, "epochs": [2]}
    serve(yes(page))
    assert "bytes 0 to 30 of epoch 2 are not kept" in run("output", "s/w").err
    assert run("output", "s/w", "--from", "30").err == ""


@pytest.mark.parametrize("words", [["--lines", "0"], ["--from", "1", "--lines", "2"]])
def test_what_reads_neither_onwards_nor_backwards_is_wrong_usage(
    run: Run, words: list[str]
) -> None:
    assert run("output", "s/w", *words).status == 2


def test_an_epoch_is_a_number_from_0_on(run: Run) -> None:
    assert run("output", "s/w", "--epoch", "-1").status == 2
