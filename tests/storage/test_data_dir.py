"""The data directory is ours, only ours, and one daemon's at a time."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from storage import data_dir
from storage.data_dir import DataDir, default_data_dir
from storage.errors import AlreadyRunning, DataDirectoryRefused
from tests.storage.listing import listed

ROOT = Path(__file__).resolve().parents[2]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def prepared(root: Path) -> DataDir:
    data = DataDir(root)
    data.prepare()
    return data


def test_the_layout_is_made_for_us_alone_whatever_the_umask(tmp_path: Path) -> None:
    for umask in (0, 0o777):
        old = os.umask(umask)
        try:
            data = prepared(tmp_path / f"{umask}")
        finally:
            os.umask(old)
        made = [path for path in data.root.rglob("*") if path.is_dir()]
        assert {path.name for path in made} >= {"inbox", ".claimed", "outbox", "rejected", "trash"}
        assert {mode(path) for path in (data.root, *made)} == {0o700}


def test_the_paths_are_those_of_the_layout(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    assert data.control_socket == tmp_path / "run/control.sock"
    assert data.terminals_socket == tmp_path / "run/terminals.sock"
    assert data.daemon_log == tmp_path / "run/daemon.log"
    assert data.sessions_file("w") == tmp_path / "workspaces/w/sessions.json"
    assert data.workspace_file("w") == tmp_path / "workspaces/w/workspace.json"
    assert data.session("w", "abc") == tmp_path / "workspaces/w/sessions/abc"
    assert data.terminal_log("w", "abc", "def") == data.session("w", "abc") / "terminals/def"
    assert data.trash("w") == tmp_path / "workspaces/w/trash"


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", ".hidden", "a\n", "x" * 65])
def test_no_name_leads_out_of_the_directory(tmp_path: Path, name: str) -> None:
    data = DataDir(tmp_path)
    with pytest.raises(ValueError, match="cannot be"):
        data.workspace(name)
    with pytest.raises(ValueError, match="cannot be"):
        data.session("default", name)
    with pytest.raises(ValueError, match="cannot be"):
        data.terminal_log("default", "abc", name)


def test_workspaces_are_listed_in_order(tmp_path: Path) -> None:
    assert DataDir(tmp_path / "nothing").workspace_names() == []
    data = prepared(tmp_path / "data")
    data.prepare_workspace("b")
    data.prepare_workspace("a")
    (data.workspaces / "a file").write_text("")
    assert data.workspace_names() == ["a", "b", "default"]


def test_wider_modes_are_tightened(tmp_path: Path) -> None:
    data = prepared(tmp_path / "data")
    data.config.write_text("")
    data.config.chmod(0o664)
    for path in (data.root, data.inbox, data.sessions("default")):
        path.chmod(0o755)
    data.prepare()
    assert {mode(path) for path in (data.root, data.inbox, data.sessions("default"))} == {0o700}
    assert mode(data.config) == 0o600


def test_an_existing_directory_keeps_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    data = prepared(tmp_path)
    data.prepare()
    assert (tmp_path / "README.md").read_text() == "mine"


def test_links_files_and_strangers_are_refused_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name, match in [("link", "symbolic link"), ("file", "not a dir"), ("dangling", "symbolic")]:
        for step in (DataDir(tmp_path / name).prepare, DataDir(tmp_path / name).lock):
            with pytest.raises(DataDirectoryRefused, match=match):
                step()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(DataDirectoryRefused, match="--data"):
        DataDir(tmp_path / "real").prepare()
    assert listed(tmp_path / "real") == []


def test_a_link_inside_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "inbox").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataDirectoryRefused, match="inbox is a symbolic link"):
        DataDir(tmp_path).prepare()


def test_a_second_holder_is_told_who_the_first_is_and_changes_nothing(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    lock = data.lock()
    before = sorted(data.root.rglob("*"))
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        DataDir(tmp_path / "data").lock()
    assert sorted(data.root.rglob("*")) == before
    lock.release()
    lock.release()
    data.lock().release()


def test_a_holder_knows_that_its_directory_is_elsewhere(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    lock = data.lock()
    assert lock.holds(data.root)
    data.root.rename(tmp_path / "moved")
    assert not lock.holds(data.root)
    DataDir(tmp_path / "data").lock().release()
    assert not lock.holds(data.root)
    assert lock.holds(tmp_path / "moved")
    lock.release()
    assert not lock.holds(tmp_path / "moved")


def test_a_holder_that_has_not_said_its_number_is_named_so(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    lock = data.lock()
    data.daemon_pid.write_text("?")
    with pytest.raises(AlreadyRunning, match="not said which"):
        data.lock()
    lock.release()


def test_the_lock_does_not_go_on_to_a_child_and_ends_with_its_process(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys; from pathlib import Path; from storage.data_dir import DataDir;"
        "lock = DataDir(Path(sys.argv[1])).lock();"
        "child = subprocess.Popen(['sleep', '30'], stdout=subprocess.DEVNULL,"
        " stderr=subprocess.DEVNULL);"
        "print(child.pid, flush=True)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    child = int(ended.stdout)
    DataDir(tmp_path / "data").lock().release()
    assert Path(f"/proc/{child}/cmdline").read_bytes() == b"sleep\x0030\x00"
    os.kill(child, 9)


def test_the_default_place_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert default_data_dir({"GREENROOM_HOME": "/somewhere"}) == Path("/somewhere")
    monkeypatch.chdir(tmp_path)
    assert default_data_dir({"GREENROOM_HOME": "here"}) == tmp_path / "here"
    assert default_data_dir({}) == ROOT / "sessions_data"
    monkeypatch.setattr(data_dir, "_PROJECT", tmp_path)
    state = {"XDG_STATE_HOME": "/state", "HOME": "/home/me"}
    assert default_data_dir(state) == Path("/state/greenroom")
    assert default_data_dir({**state, "XDG_STATE_HOME": "relative"}) == Path(
        "/home/me/.local/state/greenroom"
    )


def test_a_new_directory_explains_itself_as_the_committed_one_does(tmp_path: Path) -> None:
    data = prepared(tmp_path / "data")
    committed = (ROOT / "sessions_data" / "README.md").read_bytes()
    assert (data.root / "README.md").read_bytes() == committed
    for part in ("config.toml", "inbox/", "outbox/", "rejected/", "requests/", "run/", "trash/"):
        assert part in committed.decode()


def test_files_that_are_ours_are_tightened_too(tmp_path: Path) -> None:
    data = prepared(tmp_path / "data")
    files = (
        data.daemon_log,
        data.requests / "2026-11-21.jsonl",
        data.sessions_file("default"),
        data.rejected / "sessions.json",
    )
    for path in files:
        path.write_text("")
        path.chmod(0o664)
    dropped = data.inbox / "job.json"
    dropped.write_text("{}")
    dropped.chmod(0o644)
    data.prepare()
    assert {mode(path) for path in files} == {0o600}
    assert mode(dropped) == 0o644  # whoever drops it may go on with it


def test_what_requests_go_through_is_made_again_and_no_link_is_followed(tmp_path: Path) -> None:
    data = prepared(tmp_path / "data")
    data.claimed.rmdir()
    for directory in (data.inbox, data.outbox):
        directory.rmdir()
    data.prepare_requests()
    assert {mode(path) for path in (data.inbox, data.claimed, data.outbox)} == {0o700}
    data.outbox.rmdir()
    data.outbox.symlink_to(tmp_path)
    with pytest.raises(DataDirectoryRefused, match="outbox"):
        data.prepare_requests()
