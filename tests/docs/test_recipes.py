"""The first two recipes, run as they stand, with an agent that is none."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.actors.git.places import new_repository
from tests.architecture.source_tree import ROOT
from tests.end_to_end.conftest import RUN, House, house

__all__ = ["house"]

PAGE = (ROOT / "docs" / "recipes.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
AGENT = '#!/bin/sh\necho "asked: $*"\necho new > made\nexec cat\n'


def programs(house: House) -> None:
    """`greenroom` and an agent `claude` on the PATH."""
    place = house.home / "bin"
    place.mkdir()
    (place / "greenroom").write_text(f'#!/bin/sh\nexec {sys.executable} {RUN} "$@"\n')
    (place / "claude").write_text(AGENT)
    for program in place.iterdir():
        program.chmod(0o700)
    house.environ["PATH"] = f"{place}:{house.environ['PATH']}"


def run(house: House, script: str) -> str:
    done = subprocess.run(
        [shutil.which("sh") or "sh", "-eu", "-c", script],
        env=house.environ,
        cwd=house.home,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, (script, done.stdout, done.stderr)
    return done.stdout


def test_a_question_by_cron_is_asked_once_a_day(house: House) -> None:
    programs(house)
    (house.home / "code" / "shop").mkdir(parents=True)
    script = house.home / "script.jsonl"
    script.write_text('{"reply": [{"text": "Nothing that worries me."}]}\n')
    models = {"active": "scripted", "providers": {"scripted": {"script": str(script)}}}
    house.workspace({"models": models})
    house.run("start")
    for block in BLOCKS[:2]:
        run(house, block)
    first, again = (run(house, "~/nightly.sh") for _ in range(2))
    assert "Nothing that worries me." in first
    assert again == first
    (session,) = house.data_of({"type": "list-sessions"})["sessions"]
    rounds = house.data_of({"type": "get-history", "session": session["id"]})["rounds"]
    assert len(rounds) == 1


def test_five_agents_work_on_five_branches_and_one_is_dropped_and_brought_back(
    house: House,
) -> None:
    programs(house)
    repository = new_repository(house.home / "code" / "shop")
    house.run("start")
    listed = run(house, BLOCKS[2])
    assert all(f"try {n}" in listed for n in range(1, 6))

    def made() -> list[Path]:
        return [*(house.data / "worktrees").glob("shop/try-*/made")]

    house.wait(lambda: len(made()) == 5, "five agents")
    assert not (repository / "made").exists()
    shown = run(house, BLOCKS[3])
    assert shown.count("made") >= 5
    house.wait(lambda: len(made()) == 5, "the worktree that was brought back")
    assert not (repository / "made").exists()
