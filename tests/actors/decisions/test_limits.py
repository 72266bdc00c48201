"""Who is ended when the processes of a session are more than it is held to."""

from typing import Any

import pytest

from actors.decisions.limits import Excess, bytes_phrase, excess
from actors.messages import effects as f
from actors.messages import outcomes as o
from actors.messages.orphans import CLEAN_UP, Usage, clean_up_key, server_key
from actors.messages.session import EndOverLimit
from storage.records import event as e
from storage.records.config import Limits
from tests.actors.decisions.given import ID, Play, ended, terminal

WHY = "over the session's limit of 2 processes: 9 were seen, 8 of them of this worker"


def usage(**counts: tuple[int, int]) -> dict[str, Usage]:
    """Processes and bytes by worker."""
    return {f"{ID}/{by}": Usage(*figures, cpu_percent=0.0) for by, figures in counts.items()}


def test_whoever_has_most_of_what_is_too_much_is_ended() -> None:
    found = usage(a=(3, 50), b=(5, 10))
    assert excess(ID, Limits(processes=8, memory_bytes=60), found) is None
    assert excess(ID, Limits(processes=7), found) == Excess("b", "processes", 7, 8, 5)
    assert excess(ID, Limits(memory_bytes=59), found) == Excess("a", "memory_bytes", 59, 60, 50)


def test_the_tool_servers_of_a_session_count_and_those_of_others_do_not() -> None:
    others = {
        server_key("time", workspace="default"): Usage(9, 0, 0.0),
        "another/a": Usage(9, 0, 0.0),
    }
    assert excess(ID, Limits(processes=5), usage(a=(5, 0)) | others) is None
    own = {server_key("time", session=ID): Usage(6, 0, 0.0)}
    found = excess(ID, Limits(processes=5), usage(a=(5, 0)) | others | own)
    assert found == Excess("mcp:time", "processes", 5, 11, 6)
    assert found.text.endswith("11 were seen, 6 of them of this tool server")


def test_the_clean_up_of_a_worktree_counts_too() -> None:
    found = excess(ID, Limits(processes=2), {clean_up_key(ID): Usage(4, 0, 0.0)})
    assert found == Excess(CLEAN_UP, "processes", 2, 4, 4)
    assert found.text.endswith("4 were seen, 4 of them of this clean-up")


def test_without_processes_nothing_is_passed() -> None:
    assert excess(ID, Limits(processes=1, memory_bytes=1), {}) is None


def test_the_evidence_is_in_words() -> None:
    assert Excess("b", "processes", 2, 9, 8).text == WHY
    text = Excess("b", "memory_bytes", 2**30, 3 * 2**29, 2**30).text
    assert text == (
        "over the session's limit of 1 GiB of memory: 1.5 GiB were seen, 1 GiB of them of this"
        " worker"
    )


@pytest.mark.parametrize(
    ("count", "phrase"), [(300, "300 B"), (2**20, "1 MiB"), (2**31, "2 GiB"), (1536, "1.5 KiB")]
)
def test_bytes_are_told_in_their_largest_unit(count: int, phrase: str) -> None:
    assert bytes_phrase(count) == phrase


def over(by: str) -> EndOverLimit:
    return EndOverLimit(session=ID, by=by, limit="processes", most=2, found=9, text=WHY)


def passed(by: str) -> Any:
    return e.LimitPassed(by, "processes", 2, 9, WHY)


def test_a_worker_is_ended_and_the_journal_says_why() -> None:
    play = Play.of(terminal())
    play.decide(over(play.worker.id))
    assert play.events == [passed(play.worker.id)]
    assert play.effects == [f.EndProcess(play.worker.id, "limit", WHY)]
    play.decide(o.ProcessEnded(play.worker.id, ended("limit"), epoch=3, evidence=WHY))
    assert (play.worker.status, play.worker.last_error) == ("exited", WHY)
    assert play.worker.exit == ended("limit")
    assert play.worker.desired == "run"


def test_a_tool_server_is_ended_too() -> None:
    play = Play.of(terminal())
    play.decide(over("mcp:time"))
    assert play.events == [passed("mcp:time")]
    assert play.effects == [f.EndServer("mcp:time", WHY)]


def test_of_a_worker_that_ended_meanwhile_it_is_written_down_alone() -> None:
    play = Play.of(terminal())
    play.ends("exited")
    play.forget()
    play.decide(over(play.worker.id))
    assert (play.events, play.effects) == ([passed(play.worker.id)], [])
    play.forget()
    play.decide(over("gone"))
    assert (play.events, play.effects) == ([passed("gone")], [])


def test_one_that_grows_again_and_again_is_given_up_with_the_evidence() -> None:
    play = Play.of(terminal())
    play.decide(o.ProcessEnded(play.worker.id, ended("limit"), epoch=3, evidence=WHY))
    play.decide(o.WorkerGaveUp(play.worker.id, "it ended too often"))
    assert (play.worker.status, play.worker.last_error) == ("quarantined", WHY)
