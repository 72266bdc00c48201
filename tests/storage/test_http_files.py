"""The token and the port that the HTTP front keeps, and the settings it starts from."""

import stat
from pathlib import Path

import pytest

from storage import config_file, http_files
from storage.data_dir import DataDir
from storage.errors import FileRefused
from storage.records.http_settings import Config, HttpSettings


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.lock()
    made.prepare()
    return made


def test_a_token_is_made_once_and_read_by_its_owner_alone(data: DataDir) -> None:
    token = http_files.token(data)
    assert len(bytes.fromhex(token)) == 32
    assert http_files.token(data) == token
    assert stat.S_IMODE(data.token.stat().st_mode) == 0o600


@pytest.mark.parametrize("left", [b"", b"short\n", b"\xff" * 64, b"A" * 64, b"a" * 1000])
def test_what_is_no_token_is_replaced(data: DataDir, left: bytes) -> None:
    data.token.write_bytes(left)
    data.token.chmod(0o600)
    token = http_files.token(data)
    assert token.encode() != left
    assert http_files.token(data) == token


def test_one_that_others_could_read_or_that_lies_elsewhere_is_replaced(data: DataDir) -> None:
    first = http_files.token(data)
    data.token.chmod(0o644)
    second = http_files.token(data)
    elsewhere = data.root / "elsewhere"
    elsewhere.write_text("b" * 64)
    elsewhere.chmod(0o600)
    data.token.unlink()
    data.token.symlink_to(elsewhere)
    third = http_files.token(data)
    assert len({first, second, third, "b" * 64}) == 4
    assert not data.token.is_symlink()


def test_a_port_is_kept(data: DataDir) -> None:
    assert http_files.kept_port(data) == 0
    http_files.keep_port(data, 4711)
    assert http_files.kept_port(data) == 4711
    (data.run / "http.port").write_text("what")
    assert http_files.kept_port(data) == 0


def test_settings_have_defaults_and_are_read_strictly(data: DataDir) -> None:
    assert config_file.read(data.config) == Config()
    data.config.write_text('[http]\nport = 4711\nnames = ["box.lan"]\n')
    assert config_file.read(data.config).http == HttpSettings(port=4711, names=("box.lan",))
    wrong = ["[http\n", "[http]\nport = 70000\n", "[http]\nprot = 1\n", "[https]\n", "\xff"]
    for text in wrong:
        data.config.write_bytes(text.encode("latin-1"))
        with pytest.raises(FileRefused):
            config_file.read(data.config)
