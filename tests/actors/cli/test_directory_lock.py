from pathlib import Path

from actors.cli.directory_lock import is_held, listens_again
from storage.data_dir import DataDir
from tests.actors.cli.conftest import Serve
from tests.actors.cli.fake_daemon import yes


def test_a_directory_is_held_as_long_as_its_lock(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    assert not is_held(str(data.root))
    lock = data.lock()
    assert is_held(str(data.root))
    lock.release()
    assert not is_held(str(data.root))


def test_to_look_leaves_no_lock_behind(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    data.lock().release()
    assert not is_held(str(data.root))
    data.lock().release()


def test_a_socket_is_waited_for_only_while_the_directory_is_held(data: Path, serve: Serve) -> None:
    assert not listens_again(str(data))
    lock = DataDir(data).lock()
    serve(yes({}))
    assert listens_again(str(data))
    lock.release()
