"""`config.toml`: the settings of a data directory, written by hand and read at a start."""

import tomllib
from pathlib import Path

from storage import codec, durable
from storage.errors import FileRefused
from storage.records.http_settings import Config

SIZE_LIMIT_BYTES = 1 << 16


def read(path: Path) -> Config:
    """The settings, all defaults where there is no file. FileRefused, OSError."""
    try:
        raw = durable.read_small(path, SIZE_LIMIT_BYTES)
    except FileNotFoundError:
        return Config()
    try:
        said = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileRefused(f"no TOML: {error}") from None
    return codec.convert(said, Config)  # type: ignore[no-any-return]  # by its second argument
