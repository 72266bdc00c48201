import json

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no, yes


def test_a_request_is_ended_by_its_id(run: Run, serve: Serve) -> None:
    daemon = serve(yes({"response_id": "r7", "status": "cancelled"}))
    assert run("cancel", "r7") == (0, "r7 is cancelled\n", "")
    assert (daemon.requests[0]["type"], daemon.requests[0]["response_id"]) == ("cancel", "r7")
    told = json.loads(run("cancel", "r7", "--json").out)["data"]
    assert told == {"response_id": "r7", "status": "cancelled"}


def test_one_that_is_not_there_is_status_1(run: Run, serve: Serve) -> None:
    serve(no("response-not-found", "Response not found with ID: r7"))
    outcome = run("cancel", "r7")
    assert (outcome.status, outcome.out) == (1, "")
    assert (
        "Response not found with ID: r7; it is what `greenroom send --no-wait` said" in outcome.err
    )
    assert "greenroom history SESSION --json" in outcome.err


def test_an_empty_id_is_wrong_usage(run: Run) -> None:
    assert run("cancel", "").status == 2
