"""The ways in which editors and scripts save a file, each real: real names, real processes."""

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Save = Callable[[Path, str], None]


def by_rename(path: Path, text: str) -> None:
    """Another file, then one rename: most editors, and careful scripts."""
    other = path.with_name(f".{path.name}.new")
    other.write_text(text)
    other.rename(path)


def in_place(path: Path, text: str) -> None:
    """Truncate, then write in pieces."""
    third = len(text) // 3
    with path.open("w") as file:
        for piece in (text[:third], text[third : 2 * third], text[2 * third :]):
            file.write(piece)
            file.flush()
            time.sleep(0.02)


def over_itself(path: Path, text: str) -> None:
    """Read and written through one descriptor, and cut at the end."""
    with path.open("r+") as file:
        file.read()
        file.seek(0)
        file.write(text)
        file.truncate()


def with_backup(path: Path, text: str) -> None:
    """The old file is moved away first, as vim does."""
    path.replace(path.with_name(f"{path.name}~"))
    path.write_text(text)


def through_a_filter(path: Path, text: str) -> None:
    """`filter FILE > tmp && mv tmp FILE` in a shell, as with jq."""
    wanted = path.with_name(".wanted")
    wanted.write_text(text)
    program = "import sys; sys.stdout.write(open(sys.argv[1]).read())"
    tmp = path.with_name("tmp")
    words = [sys.executable, "-c", program, str(wanted)]
    line = f"{shlex.join(words)} > {shlex.quote(str(tmp))} && mv {tmp} {path}"
    subprocess.run(["sh", "-c", line], check=True)
    wanted.unlink()


STYLES: dict[str, Save] = {
    "rename": by_rename,
    "in-place": in_place,
    "over-itself": over_itself,
    "backup": with_backup,
    "filter": through_a_filter,
}


def changed(path: Path, change: Callable[[Any], object]) -> str:
    """The file's text with a change made to its JSON, in a layout of our own."""
    document = json.loads(path.read_text())
    change(document)
    return json.dumps(document, indent=4, ensure_ascii=False) + "\n"
