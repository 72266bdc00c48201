"""Files within a directory: what leads outside is refused, and what is new is the user's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.git import inside
from actors.inherited import UMASK


@pytest.fixture
def private() -> Iterator[int]:
    """The umask that greenroom itself has."""
    before = os.umask(0o077)
    yield before
    os.umask(before)


def modes(root: Path, *names: str) -> list[int]:
    return [(root / name).stat().st_mode & 0o777 for name in names]


def test_what_is_new_has_the_users_modes(tmp_path: Path, private: int) -> None:
    assert inside.put(tmp_path, ("a", "b", "file"), b"content", 0o755)
    expected = [0o777 & ~UMASK] * 3
    assert modes(tmp_path, "a", "a/b", "a/b/file") == expected


def test_a_copy_has_the_mode_of_what_was_copied(tmp_path: Path, private: int) -> None:
    (tmp_path / "from").mkdir()
    secret = tmp_path / "from" / ".env"
    secret.write_text("key")
    secret.chmod(0o600)
    (tmp_path / "to").mkdir()
    assert inside.copy(tmp_path / "from", tmp_path / "to", (".env",), 3) == 3
    assert modes(tmp_path, "to/.env") == [0o600]


def test_a_file_that_is_too_large_or_grows_to_it_is_not_copied(tmp_path: Path) -> None:
    for name in ("from", "to"):
        (tmp_path / name).mkdir()
    with (tmp_path / "from" / "hole").open("wb") as file:
        file.truncate((3 << 20) + 1)
    with pytest.raises(inside.TooLargeError, match="larger than 3 MiB"):
        inside.copy(tmp_path / "from", tmp_path / "to", ("hole",), 3 << 20)
    with pytest.raises(inside.TooLargeError):  # its size is told as nothing
        inside.copy(Path("/proc"), tmp_path / "to", ("kallsyms",), 1 << 10)
    assert list((tmp_path / "to").iterdir()) == []


FILLED = """
import resource, sys
from pathlib import Path
from actors.git import inside
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
source, target = map(Path, sys.argv[1:])
for step in (
    lambda: inside.copy(source, target, ("a", "large"), 1 << 30),
    lambda: inside.put(target, ("a", "large"), b"x" * (1 << 17), 0o644),
):
    try:
        step()
    except OSError as error:
        print(error.strerror)
"""


def test_half_a_file_never_stays(tmp_path: Path) -> None:
    """A limit of the size of files stands in for a full disk."""
    (tmp_path / "from" / "a").mkdir(parents=True)
    (tmp_path / "from" / "a" / "large").write_bytes(b"x" * (1 << 17))
    (tmp_path / "to").mkdir()
    command = [sys.executable, "-c", FILLED, str(tmp_path / "from"), str(tmp_path / "to")]
    root = Path(__file__).parents[3]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout == "File too large\n" * 2
    assert list((tmp_path / "to" / "a").iterdir()) == []


def test_a_directory_that_was_there_stays_as_it_is(tmp_path: Path, private: int) -> None:
    (tmp_path / "a").mkdir(mode=0o700)
    inside.put(tmp_path, ("a", "file"), b"", 0o644)
    assert modes(tmp_path, "a") == [0o700]


def test_a_link_on_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "outer").mkdir()
    (tmp_path / "inner" / "link").symlink_to(tmp_path / "outer")
    with pytest.raises(inside.NotInsideError, match="link"):
        inside.put(tmp_path / "inner", ("link", "file"), b"", 0o644)
    assert list((tmp_path / "outer").iterdir()) == []
