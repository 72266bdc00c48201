"""Nothing that is refused is lost or overwritten, whatever it is and however it is called."""

import json
import os
from pathlib import Path

import pytest

from storage.errors import FileRefused, StorageError
from storage.rejected import reject
from tests.storage.listing import listed

REFUSAL = FileRefused("wrong", line=3, path="$.a")


@pytest.fixture
def rejected(tmp_path: Path) -> Path:
    (tmp_path / "rejected").mkdir()
    return tmp_path / "rejected"


def test_the_reason_stands_beside_the_file(tmp_path: Path, rejected: Path) -> None:
    (tmp_path / "job.json").write_text("{")
    kept = reject(tmp_path / "job.json", rejected, REFUSAL)
    assert kept == rejected / "job.json"
    assert kept.read_text() == "{"
    why = json.loads((rejected / "job.json.why.json").read_text())
    assert why == {"line": 3, "path": "$.a", "reason": "wrong"}
    assert not (tmp_path / "job.json").exists()


def test_files_of_one_name_are_all_kept(tmp_path: Path, rejected: Path) -> None:
    for number in range(3):
        (tmp_path / "job.json").write_text(str(number))
        kept = reject(tmp_path / "job.json", rejected, REFUSAL)
        assert kept.read_text() == str(number)
    found = sorted(name for name in listed(rejected) if "why" not in name)
    assert found == ["job-2.json", "job-3.json", "job.json"]


def test_a_file_without_its_reason_is_not_overwritten(tmp_path: Path, rejected: Path) -> None:
    (rejected / "job.json").write_text("earlier")
    (tmp_path / "job.json").write_text("later")
    assert reject(tmp_path / "job.json", rejected, REFUSAL).read_text() == "later"
    assert (rejected / "job.json").read_text() == "earlier"


def test_links_pipes_and_directories_are_moved_as_they_are(tmp_path: Path, rejected: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "target")
    (tmp_path / "directory.json").mkdir()
    (tmp_path / "directory.json" / "inside").write_text("")
    os.mkfifo(tmp_path / "pipe.json")
    assert reject(tmp_path / "link.json", rejected, REFUSAL).is_symlink()
    assert (reject(tmp_path / "directory.json", rejected, REFUSAL) / "inside").exists()
    assert reject(tmp_path / "pipe.json", rejected, REFUSAL).is_fifo()
    assert listed(tmp_path) == ["rejected"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [("\x1b[2J.json", "_2J.json"), ("..json", "json"), ("ü" * 80, "_" * 80), ("$(x)", "__x_")],
)
def test_a_hostile_name_is_made_plain(
    tmp_path: Path, rejected: Path, name: str, plain: str
) -> None:
    (tmp_path / name).write_text("")
    kept = reject(tmp_path / name, rejected, REFUSAL)
    assert kept.name.replace("__", "_") == plain.replace("__", "_")
    assert kept.exists()


def test_a_file_that_has_gone_leaves_nothing(tmp_path: Path, rejected: Path) -> None:
    with pytest.raises(FileNotFoundError):
        reject(tmp_path / "gone.json", rejected, REFUSAL)
    assert listed(rejected) == []


def test_one_that_cannot_be_moved_leaves_no_reason_behind(
    tmp_path: Path, rejected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "not permitted")

    (tmp_path / "directory.json").mkdir()
    with monkeypatch.context() as fixed:
        fixed.setattr(Path, "rename", refuse)
        for _ in range(3):
            with pytest.raises(StorageError):
                reject(tmp_path / "directory.json", rejected, REFUSAL)
        assert listed(rejected) == []
    assert reject(tmp_path / "directory.json", rejected, REFUSAL).name == "directory.json"


def test_it_may_be_kept_under_the_name_that_it_had(tmp_path: Path, rejected: Path) -> None:
    (tmp_path / ".taken-7-job.json").write_text("{")
    assert reject(tmp_path / ".taken-7-job.json", rejected, REFUSAL, "-job.json").name == "job.json"
    assert listed(rejected) == ["job.json", "job.json.why.json"]
