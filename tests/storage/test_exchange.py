"""Nothing that lies under either name gets lost, whoever saves there meanwhile."""

import ctypes
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import exchange as module
from storage.exchange import exchange, exchange_by_names, held_name

Exchange = Callable[[Path, Path], None]


@pytest.fixture(params=[exchange, exchange_by_names])
def change(request: pytest.FixtureRequest) -> Exchange:
    found: Exchange = request.param
    return found


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    (tmp_path / "fresh.json").write_text("ours")
    return tmp_path / "fresh.json"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "path.json").write_text("theirs")
    return tmp_path / "path.json"


def test_both_change_places(change: Exchange, fresh: Path, path: Path) -> None:
    change(fresh, path)
    assert (fresh.read_text(), path.read_text()) == ("theirs", "ours")
    assert sorted(each.name for each in path.parent.iterdir()) == ["fresh.json", "path.json"]


def test_a_link_comes_out_as_a_link(change: Exchange, fresh: Path, tmp_path: Path) -> None:
    path = tmp_path / "link"
    path.symlink_to("nowhere")
    change(fresh, path)
    assert fresh.is_symlink()
    assert path.read_text() == "ours"


def test_where_one_is_missing_nothing_is_done(change: Exchange, fresh: Path, path: Path) -> None:
    path.unlink()
    with pytest.raises(FileNotFoundError):
        change(fresh, path)
    assert fresh.read_text() == "ours"
    fresh.rename(path)
    with pytest.raises(FileNotFoundError):
        change(fresh, path)
    assert path.read_text() == "ours"


def test_a_system_that_cannot_at_once_does_it_by_names(
    fresh: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    exchange(fresh, path)
    assert (fresh.read_text(), path.read_text()) == ("theirs", "ours")


def test_another_error_is_told(fresh: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_exchange_at_once", lambda *_: errno.EACCES)
    with pytest.raises(PermissionError):
        exchange(fresh, path)


def test_what_is_saved_in_between_stays(
    fresh: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def saved_first(*arguments: Path, follow_symlinks: bool = True) -> None:
        path.write_text("saved just now")
        link(*arguments, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "link", saved_first)
    exchange_by_names(fresh, path)
    assert (fresh.read_text(), path.read_text()) == ("theirs", "saved just now")


def test_a_failure_in_between_puts_it_back(
    fresh: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Path, **__: bool) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", fails)
    with pytest.raises(PermissionError):
        exchange_by_names(fresh, path)
    assert (fresh.read_text(), path.read_text()) == ("ours", "theirs")
    assert not held_name(fresh).exists()
