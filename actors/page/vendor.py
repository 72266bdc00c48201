"""Puts the terminal library into `vendor/`: xterm.js with its style sheet and its licences.

They come out of the wheel of a pinned package that ships them built; pip downloads and checks it
alone, and nothing of it is installed. What is put there is known by its SHA-256. Runs when
greenroom is built, and in a checkout as `python -m actors.page.vendor`.
"""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

DIRECTORY = Path(__file__).parent / "vendor"
WHEEL = "nicegui==3.18.0"
WHEEL_SHA256 = "a2bd51642312d98aab6d8b641245d796ff1b89da5829777170bcc488140c3dcd"
SECONDS = 180


class Piece(NamedTuple):
    """`member`: its place in the wheel; `name`: the one it gets here."""

    member: str
    name: str
    sha256: str


PIECES = (
    Piece(
        "nicegui/elements/xterm/dist/index.js",
        "xterm.js",
        "bcb6ed5ea46551ea2181ba6a5d648280862272b051ac2c55b8d90c676c6e28a8",
    ),
    Piece(
        "nicegui/elements/xterm/dist/xterm.css",
        "xterm.css",
        "ba8e6985669488981ccf40c0cefe3aba80722cb6c92de7ad628b0bd717faf2b6",
    ),
    Piece(
        "nicegui-3.18.0.dist-info/licenses/LICENSE",
        "LICENSE-bundle.txt",
        "41c065c2081141886f7d3004e3cd4000c1507cc4bf37a063f12be1d53e9db272",
    ),
)
NOTICE = "LICENSE-xterm.txt"


class NotFetched(Exception):
    """The library could not be had, or is not what it should be; the text says why."""


def is_there(directory: Path = DIRECTORY) -> bool:
    return all(
        (directory / piece.name).is_file()
        and hashlib.sha256((directory / piece.name).read_bytes()).hexdigest() == piece.sha256
        for piece in PIECES
    )


def fetch(directory: Path = DIRECTORY) -> None:
    """Nothing is done where it is there already. NotFetched; then nothing was changed."""
    if is_there(directory):
        return
    with TemporaryDirectory() as place:
        put(download(Path(place)), directory)


def download(place: Path) -> Path:
    """The wheel, by the pip of this Python and from the index that it is set to. NotFetched."""
    wanted = place / "wanted.txt"
    wanted.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    options = ["--only-binary=:all:", "--disable-pip-version-check", "--retries=1", "--timeout=15"]
    try:
        subprocess.run(
            [*command, *options, f"--dest={place}", f"--requirement={wanted}"],
            check=True,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", None) or error).strip()
        raise NotFetched(f"pip did not download {WHEEL}: {said}") from error
    return next(place.glob("*.whl"))


def put(wheel: Path, directory: Path) -> None:
    """NotFetched if a piece is not there or another than it should be; then nothing was changed."""
    contents = {}
    with zipfile.ZipFile(wheel) as archive:
        for piece in PIECES:
            try:
                content = archive.read(piece.member)
            except KeyError:
                raise NotFetched(f"{wheel.name} has no {piece.member}") from None
            if hashlib.sha256(content).hexdigest() != piece.sha256:
                raise NotFetched(f"{piece.member} of {wheel.name} is not the one it should be")
            contents[piece.name] = content
    contents[NOTICE] = _notice(contents["xterm.css"])
    directory.mkdir(exist_ok=True)
    for name, content in contents.items():
        (directory / name).write_bytes(content)


def _notice(style: bytes) -> bytes:
    """The licence of xterm.js, which its style sheet begins with."""
    lines = style.partition(b"*/")[0].splitlines()[1:]
    return b"\n".join(line.strip().removeprefix(b"*").strip() for line in lines).strip() + b"\n"


if __name__ == "__main__":
    try:
        fetch()
    except NotFetched as error:
        sys.exit(str(error))
