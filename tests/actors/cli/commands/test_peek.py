import json

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import Json, yes

SCREEN = {"lines": ["$ make", "", "done\x1b[2J\u202e", "", ""], "cursor": {"col": 0, "row": 3},
          "cols": 80, "rows": 5, "title": "t"}  # fmt: skip


def test_a_screen_is_shown_as_plain_lines(run: Run, serve: Serve) -> None:
    daemon = serve(yes(SCREEN))
    assert run("peek", "a/b/shell").out == "$ make\n\ndone\\x1b[2J\\u202e\n"
    (request,) = daemon.requests
    assert (request["session"], request["worker"]) == ("a/b", "shell")


def test_without_a_worker_it_is_the_first_with_a_terminal(run: Run, serve: Serve) -> None:
    workers = [{"id": "w1", "name": "talk", "type": "conversation"},
               {"id": "w2", "name": "shell", "type": "terminal"}]  # fmt: skip

    def answer(request: Json) -> list[Json]:
        data = SCREEN if request["type"] == "get-screen" else {"id": "s", "workers": workers}
        return [{"id": request["id"], "type": request["type"], "ok": True, "data": data}]

    daemon = serve(answer)
    assert run("peek", "title").status == 0
    asked = daemon.requests[-1]
    assert (asked["type"], asked["session"], asked["worker"]) == ("get-screen", "s", "w2")
    workers.pop()
    outcome = run("peek", "title")
    assert outcome.status == 1
    assert "has no worker with a terminal" in outcome.err


def test_in_json_it_is_the_answer(run: Run, serve: Serve) -> None:
    serve(yes(SCREEN))
    assert json.loads(run("peek", "s/w", "--json").out)["data"] == SCREEN


def test_a_session_that_is_not_there_is_said(run: Run, serve: Serve) -> None:
    serve(yes(None))
    outcome = run("peek", "nope")
    assert (outcome.status, outcome.out) == (1, "")
    assert "'nope' not found" in outcome.err
