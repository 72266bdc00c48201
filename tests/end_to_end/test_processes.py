"""Which code runs, and what reaches whom: processes of ours among others."""

import os
import shutil
from pathlib import Path

from tests.end_to_end import conftest
from tests.end_to_end.conftest import ROOT, House


def test_a_checkout_runs_its_own_code_beside_an_older_installed_copy(
    house: House, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    for name in ("actors", "storage"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "run.py", checkout)
    (checkout / "storage" / "data_dir_readme.md").write_text("The copy's own text.\n")
    for name in ("actors", "storage"):
        old = tmp_path / "old" / name
        old.mkdir(parents=True)
        (old / "__init__.py").write_text("raise SystemExit('an older copy ran')\n")
    for place in (house.home, tmp_path):
        (place / "actors.py").write_text("raise SystemExit('the working directory ran')\n")
    house.environ["PYTHONPATH"] = str(tmp_path / "old")
    run, conftest.RUN = conftest.RUN, checkout / "run.py"
    try:
        house.run("start")
        house.run("new", str(house.home), "--terminal")
        house.run("stop")
    finally:
        conftest.RUN = run
    assert (house.data / "README.md").read_text() == "The copy's own text.\n"


def test_what_is_typed_into_four_terminals_at_once_never_crosses(running: House) -> None:
    places = []
    for title in ("one", "two"):
        running.data_of(
            {"type": "create-session", "location_path": str(running.home), "title": title}
        )
        for name in ("a", "b"):
            worker = {"type": "terminal", "name": name, "command": ["cat"]}
            running.data_of({"type": "create-worker", "session": title, "worker": worker})
            places.append({"session": title, "worker": name})
    for number in range(20):
        for place in places:
            line = f"{place['session']}/{place['worker']} {number}\r"
            running.data_of({"type": "write-input", "data": line, **place})
    for place in places:
        own = f"{place['session']}/{place['worker']}"

        def whole(place: dict[str, str] = place, own: str = own) -> str | None:
            shown = str(running.data_of({"type": "get-output", **place})["data"])
            return shown if shown.count(f"{own} 19") == 2 else None

        lines = running.wait(whole, f"all lines of {own}").split()
        assert set(lines) == {own, *(str(number) for number in range(20))}


def test_secrets_of_the_caller_do_not_reach_a_terminal(house: House) -> None:
    house.environ |= {"MY_API_KEY": "secret-1", "A_TOKEN": "secret-2", "PLAIN": "seen"}
    house.run("start")
    house.run("new", str(house.home), "--terminal", "--title", "t")
    to = {"session": "t", "worker": "terminal-1"}
    house.data_of({"type": "write-input", "data": "env; echo en''d\r", **to})

    def ended() -> str | None:
        shown = str(house.data_of({"type": "get-output", **to})["data"])
        return shown if "\nend" in shown else None

    shown = house.wait(ended, "the environment")
    assert "PLAIN=seen" in shown
    assert f"GREENROOM_HOME={house.data}" in shown
    assert "secret-" not in shown


def test_what_runs_in_a_terminal_has_the_umask_of_the_user(house: House) -> None:
    before = os.umask(0o027)
    try:
        house.run("start")
    finally:
        os.umask(before)
    house.run("new", str(house.home), "--title", "u", "--terminal", "--", "sh", "-c", "umask")
    house.wait(lambda: "0027" in house.run("output", "u/terminal-1").stdout, "the umask")
