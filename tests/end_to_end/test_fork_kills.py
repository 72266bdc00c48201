"""The daemon is killed at each step of a fork: there is one fork in the end, whole, and no half."""

import json
import signal
from pathlib import Path

import pytest

from tests.actors.git.places import commit, do, new_repository
from tests.end_to_end.conftest import House
from tests.end_to_end.killing_git import KillingGit

STEPS = [
    ("for-each-ref", "before"),
    ("update-ref --create-reflog", "before"),
    ("update-ref --create-reflog", "after"),
    ("worktree add", "after"),
    ("read-tree --reset", "before"),
    ("read-tree --reset", "after"),
    ("update-index -q", "after"),
    ("update-ref --stdin", "before"),
    ("update-ref --stdin", "after"),
]


def refs_of(repository: Path, session_id: str) -> list[str]:
    refs = do(repository, "for-each-ref", "--format=%(refname)", f"refs/greenroom/{session_id}/")
    return refs.splitlines()


@pytest.mark.parametrize(("words", "when"), STEPS)
def test_one_fork_comes_of_it(house: House, words: str, when: str) -> None:
    repository = new_repository(house.home / "repository")
    script = house.home / "script.jsonl"
    script.write_text('{"reply": [{"text": "yes"}]}\n')
    models = {"active": "scripted", "providers": {"scripted": {"script": str(script)}}}
    house.workspace({"models": models})
    git = KillingGit(house)
    running = house.daemon()
    asked = {"type": "create-session", "location_path": str(repository), "config": {}}
    made = house.data_of(asked)
    (repository / "said").write_text("then")
    house.data_of({"type": "request", "session": made["id"], "content": "hello"})
    house.wait(lambda: refs_of(repository, made["id"]), "the kept tree")
    (repository / "said").write_text("now")
    journal = house.data / "workspaces/default/sessions" / made["id"] / "journal.jsonl"
    before = journal.read_bytes()

    git.kill_at(when, words)
    answer = house.drop("fork-1", {"type": "fork-session", "session": made["id"], "id": "fork-1"})
    running.wait(30)
    assert running.returncode == -signal.SIGKILL
    running = house.daemon()
    house.wait(answer.exists, "the answer")
    told = json.loads(answer.read_bytes())
    assert told["ok"], told

    sessions = house.data_of({"type": "list-sessions"})["sessions"]
    (forked,) = [one for one in sessions if one["forked_from"]]
    record = house.data_of({"type": "get-session", "session": forked["id"]})
    worktree = Path(record["worktree_path"])
    assert (worktree / "said").read_text() == "now"
    assert (repository / "said").read_text() == "now"
    listed = do(repository, "worktree", "list", "--porcelain").splitlines()
    assert sum(line.startswith("worktree ") for line in listed) == 2
    assert len(do(repository, "branch", "--list").splitlines()) == 2
    kept = do(repository, "for-each-ref", "--format=%(refname)", "refs/greenroom").splitlines()
    assert sorted(kept) == sorted(
        refs_of(repository, made["id"]) + refs_of(repository, forked["id"])
    )
    house.wait(lambda: not list((house.data / "workspaces/default/making").glob("*")), "no intent")
    assert journal.read_bytes() == before
    commit(worktree, "more", "text")
    house.run("verify")
    house.run("stop", expect=None)
    running.wait(30)


def test_a_round_whose_files_a_crash_kept_from_being_kept_has_none_and_the_next_has(
    house: House,
) -> None:
    """They may have changed since: a fork of it has those of the round before, and says so."""
    repository = new_repository(house.home / "repository")
    script = house.home / "script.jsonl"
    script.write_text('{"reply": [{"text": "yes"}]}\n')
    models = {"active": "scripted", "providers": {"scripted": {"script": str(script)}}}
    house.workspace({"models": models})
    git = KillingGit(house)
    running = house.daemon()
    asked = {"type": "create-session", "location_path": str(repository), "config": {}}
    made = house.data_of(asked)["id"]

    def say(text: str) -> int:
        """The number that ended the round."""
        (repository / "said").write_text(text)
        house.data_of({"type": "request", "session": made, "content": text})
        rounds = house.data_of({"type": "get-history", "session": made})["rounds"]
        return int(rounds[-1]["n"])

    first = say("one")
    house.wait(lambda: len(refs_of(repository, made)) == 1, "the first tree")
    git.kill_at("before", "commit-tree")
    house.drop("two", {"type": "request", "session": made, "content": "two", "id": "two"})
    running.wait(30)
    assert running.returncode == -signal.SIGKILL
    running = house.daemon()
    third = say("three")
    house.wait(lambda: len(refs_of(repository, made)) == 2, "the third tree")
    refs = [f"refs/greenroom/{made}/{n}" for n in (first, third)]
    assert sorted(refs_of(repository, made)) == sorted(refs)
    rounds = house.data_of({"type": "get-history", "session": made})["rounds"]
    second = [one["n"] for one in rounds][1]
    told = house.run("fork", f"{made}@{second}", "--title", "cut").stdout
    assert f"has the files of number {first}, the newest that were kept by then" in told
    forked = house.data_of({"type": "get-session", "session": "cut"})
    assert (Path(forked["worktree_path"]) / "said").read_text() == "one"
    assert forked["forked_from"]["n"] == second
    house.run("stop", expect=None)
    running.wait(30)
