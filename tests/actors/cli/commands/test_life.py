import pytest

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import yes


@pytest.mark.parametrize(
    ("words", "request_body"),
    [
        (("halt", "a"), {"type": "stop-session", "session": "a"}),
        (("halt", "a/w"), {"type": "stop-worker", "session": "a", "worker": "w"}),
        (("run", "fix/login/w"), {"type": "start-worker", "session": "fix/login", "worker": "w"}),
        (("run", "fix/login/"), {"type": "start-session", "session": "fix/login"}),
        (("restart", "a"), {"type": "restart-session", "session": "a"}),
        (("pause", "fix/login"), {"type": "pause-session", "session": "fix/login"}),
        (("resume", "a"), {"type": "resume-session", "session": "a"}),
        (("archive", "a"), {"type": "archive-session", "session": "a"}),
        (("unarchive", "a"), {"type": "unarchive-session", "session": "a"}),
    ],
)
def test_each_command_is_its_request(
    run: Run, serve: Serve, words: tuple[str, ...], request_body: dict[str, str]
) -> None:
    daemon = serve(yes({"id": "abcd", "title": "T"}))
    outcome = run(*words)
    (request,) = daemon.requests
    del request["id"]
    assert (outcome.status, request) == (0, request_body)
    assert outcome.out.startswith("T abcd ")


def test_a_title_with_a_slash_is_no_worker(run: Run, serve: Serve) -> None:
    daemon = serve(yes({"id": "abcd", "title": "fix/login", "type": "terminal"}))
    daemon.titles.add("fix/login")
    for words in (("run", "fix/login"), ("run", "fix/login/setup"), ("restart", "a/b")):
        assert run(*words).status == 0
    asked = [(each["session"], each.get("worker")) for each in daemon.requests]
    assert asked == [("fix/login", None), ("fix/login", "setup"), ("a", "b")]
    outcome = run("worker", "rm", "fix/login")
    assert outcome.status == 2
    assert "names no worker" in outcome.err


def test_run_names_who_does_not_run_all_the_same(run: Run, serve: Serve) -> None:
    workers = [
        {"name": "shell", "status": "running", "desired": "run"},
        {"name": "build", "status": "quarantined", "desired": "run"},
        {"name": "off", "status": "exited", "desired": "stopped"},
    ]
    serve(yes({"id": "abcd", "title": "T", "workers": workers}))
    outcome = run("run", "T")
    assert (outcome.status, outcome.out) == (0, "T abcd runs\n")
    assert outcome.err == "build is quarantined; start it with: greenroom run abcd/build\n"
    assert run("pause", "T").err == ""


def test_a_worker_without_a_session_is_wrong_usage(run: Run) -> None:
    assert run("halt", "/w").status == 2


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"session_id": "x", "note": "its processes are being ended"}, "are being ended"),
        ({"deleted": True}, "not on the disk yet"),
    ],
)
def test_what_cannot_be_recorded_says_so(
    run: Run, serve: Serve, told: dict[str, object], said: str
) -> None:
    answer = {"ok": True, "data": told, "not_durable": True}
    serve(lambda request: [{"id": request["id"], "type": request["type"], **answer}])
    outcome = run("delete" if "deleted" in told else "halt", "x")
    assert outcome.status == 0
    assert said in outcome.err
