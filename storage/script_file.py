"""The script of the scripted model: JSON Lines of what to answer when.

Reads and checks a file, picks the entry that answers a text, fills in what its pattern found.
Everything wrong with a file is a FileRefused that says the line. Nothing here waits or streams.
"""

import re
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from storage.codec import decode
from storage.errors import FileRefused

LARGEST_FILE_BYTES = 16 * 1024 * 1024
_PLACEHOLDER = re.compile(r"\{\{(\d+)\}\}")


class ScriptPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either `text`, or `tool` with its `parameters`."""

    text: str | None = None
    tool: str | None = None
    parameters: dict[str, Any] = {}


class ScriptEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    when: str | None = None
    reply: tuple[ScriptPart, ...]
    delay_seconds: Annotated[float, Meta(ge=0)] = 0.0


class ScriptAnswer(Struct, frozen=True, kw_only=True):
    """The entry that answers, its placeholders filled in."""

    reply: tuple[ScriptPart, ...]
    delay_seconds: float


def read_script(path: Path) -> tuple[tuple[int, ScriptEntry], ...]:
    """The entries with their line numbers (from 1). FileRefused, also when it cannot be read."""
    try:
        if not path.is_file():
            raise FileRefused("is not a file")
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise FileRefused(f"is larger than {LARGEST_FILE_BYTES} bytes")
        raw = path.read_bytes()
    except OSError as error:
        raise FileRefused(error.strerror or str(error)) from error
    lines = enumerate(raw.splitlines(), start=1)
    return tuple((number, _entry(line, number)) for number, line in lines if line.strip())


def answer_to(text: str, entries: tuple[tuple[int, ScriptEntry], ...]) -> ScriptAnswer | None:
    """The first entry whose `when` is found in the text, or None. FileRefused for a bad group."""
    for line, entry in entries:
        match = re.search(entry.when or "", text)
        if match is not None:
            try:
                reply = tuple(_filled_part(part, match) for part in entry.reply)
            except IndexError as error:
                raise FileRefused(f"{error.args[0]} is not in `when`", line=line) from error
            return ScriptAnswer(reply=reply, delay_seconds=entry.delay_seconds)
    return None


def _entry(raw: bytes, line: int) -> ScriptEntry:
    try:
        entry: ScriptEntry = decode(raw, ScriptEntry)
    except FileRefused as error:
        raise FileRefused(str(error), line=line, path=error.path) from error
    try:
        re.compile(entry.when or "")
    except re.error as error:
        raise FileRefused(f"not a regular expression: {error}", line=line, path="$.when") from error
    for index, part in enumerate(entry.reply):
        if (part.text is None) == (part.tool is None):
            raise FileRefused("needs either `text` or `tool`", line=line, path=f"$.reply[{index}]")
    return entry


def _filled_part(part: ScriptPart, match: re.Match[str]) -> ScriptPart:
    return ScriptPart(
        text=None if part.text is None else _filled_text(part.text, match),
        tool=None if part.tool is None else _filled_text(part.tool, match),
        parameters={key: _filled(value, match) for key, value in part.parameters.items()},
    )


def _filled(value: Any, match: re.Match[str]) -> Any:
    if isinstance(value, str):
        return _filled_text(value, match)
    if isinstance(value, list):
        return [_filled(item, match) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, match) for key, item in value.items()}
    return value


def _filled_text(text: str, match: re.Match[str]) -> str:
    def group(placeholder: re.Match[str]) -> str:
        try:
            return match.group(int(placeholder[1])) or ""
        except IndexError:
            raise IndexError(f"group {placeholder[0]}") from None

    return _PLACEHOLDER.sub(group, text)
