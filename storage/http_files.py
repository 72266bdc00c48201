"""What the HTTP front keeps in `run/`: its token, and the port that it has.

Whoever can read the token may do everything; it is readable by its owner alone.
"""

import re
import secrets

from storage import durable
from storage.data_dir import DataDir
from storage.errors import FileRefused

_TOKEN = re.compile(rb"[0-9a-f]{64}\n?")
_PORT = re.compile(rb"[0-9]{1,5}\n?")


def token(data: DataDir) -> str:
    """The token, 256 bits in hex; made anew where there is none that can be used. OSError."""
    with_token = _small(data, "token")
    if with_token is not None and _TOKEN.fullmatch(with_token):
        return with_token.decode().strip()
    made = secrets.token_hex(32)
    durable.replace_file(data.token, f"{made}\n".encode())
    return made


def kept_port(data: DataDir) -> int:
    """The port that was had before; 0 if there is none."""
    found = _small(data, "http.port")
    return int(found) if found is not None and _PORT.fullmatch(found) else 0


def keep_port(data: DataDir, port: int) -> None:
    """OSError."""
    durable.replace_file(data.run / "http.port", f"{port}\n".encode())


def _small(data: DataDir, name: str) -> bytes | None:
    path = data.run / name
    try:
        if path.stat(follow_symlinks=False).st_mode & 0o077:
            return None
        return durable.read_small(path, 100, follow_links=False)
    except (FileRefused, OSError):
        return None
