"""PURE: the output of a server as lines, none of which takes more memory than it may.

Of a line that is too long only its two ends are kept. If it answers a request, which its ends tell,
the caller gets the beginning of the text in it; nobody waits for an answer that has been cut.
"""

import json
import re
from typing import Any

from msgspec import Struct

LONGEST_LINE_BYTES = 16 * 1024 * 1024
KEPT_BYTES = 1024 * 1024
"""Of a line that is longer: so much of its beginning."""
_END_BYTES = 1024
_ID = rb'"id"\s*:\s*(\d{1,18}|"[^"\\]{0,100}")'
_VERSION = rb'"jsonrpc"\s*:\s*"2\.0"'
_ID_FIRST = re.compile(rb"\s*\{\s*(?:" + _VERSION + rb"\s*,\s*)?" + _ID + rb"\s*,")
_ID_LAST = re.compile(rb",\s*" + _ID + rb"\s*(?:,\s*" + _VERSION + rb"\s*)?\}\s*\Z")
_TEXT = re.compile(rb'"text"\s*:\s*"((?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+)', re.DOTALL)


class Line(Struct, frozen=True):
    """`start` is the whole line unless it was too long: then `end` holds its last bytes."""

    start: bytes
    end: bytes = b""
    length: int = 0

    @property
    def is_cut(self) -> bool:
        return self.length > len(self.start)


class Lines:
    """Takes pieces as they come, gives lines as they end."""

    def __init__(
        self, longest_bytes: int = LONGEST_LINE_BYTES, kept_bytes: int = KEPT_BYTES
    ) -> None:
        self._longest_bytes = longest_bytes
        self._kept_bytes = kept_bytes
        self._start = bytearray()
        self._end = b""
        self._length = 0

    def feed(self, piece: bytes) -> list[Line]:
        """The lines that this piece ends, blank ones left out."""
        *ended, rest = piece.split(b"\n")
        found = []
        for part in ended:
            self._add(part)
            found.append(Line(bytes(self._start), self._end, self._length))
            self._start, self._end, self._length = bytearray(), b"", 0
        self._add(rest)
        return [line for line in found if line.start.strip()]

    def _add(self, part: bytes) -> None:
        was_cut = self._length > len(self._start)
        self._length += len(part)
        if was_cut:
            self._end = (self._end + part)[-_END_BYTES:]
            return
        self._start += part
        if len(self._start) > self._longest_bytes:
            self._end = bytes(self._start[-_END_BYTES:])
            del self._start[self._kept_bytes :]


def error_of(line: Line, reason: str) -> bytes | None:
    """An error in place of an answer that cannot be used; None if it answers no request."""
    answer = _head(line)
    if answer is None:
        return None
    return json.dumps({**answer, "error": {"code": -32603, "message": reason}}).encode()


def answer_of(line: Line) -> bytes | None:
    """What is handed on in place of a line that was cut; None if it answers no request."""
    answer = _head(line)
    if answer is None:
        return None
    text = _text(line.start)
    if text is None:
        reason = f"the answer of {line.length} bytes is too long, and no text was found in it"
        return error_of(line, reason)
    shown = f"{text}\n[Shortened: the whole answer had {line.length} bytes.]"
    content = [{"type": "text", "text": shown}]
    return json.dumps({**answer, "result": {"content": content}}).encode()


def _head(line: Line) -> dict[str, Any] | None:
    end = line.end or line.start[-_END_BYTES:]
    found = _ID_FIRST.match(line.start[:_END_BYTES]) or _ID_LAST.search(end)
    return {"jsonrpc": "2.0", "id": json.loads(found[1])} if found else None


def _text(start: bytes) -> str | None:
    """The first text of a result, as far as it goes."""
    found = _TEXT.search(start)
    if found is None:
        return None
    try:
        text = json.loads(b'"' + found[1] + b'"', strict=False)
    except ValueError:  # cut within a character
        text = json.loads('"' + found[1].decode(errors="ignore") + '"', strict=False)
    return str(text).encode(errors="replace").decode()
