"""Identifiers: 12 random characters of a-z and 2-7, never reused (60 bits).

Those of what a file asks for are derived from the file, so that doing it twice is once.
"""

import base64
import hashlib
import re
import secrets

_PATTERN = re.compile(r"[A-Za-z0-9-]{1,64}")


def new_id() -> str:
    """A fresh identifier; always begins with a letter, so that it is never taken for an option."""
    while True:
        text = _spelt(secrets.token_bytes(10))
        if text[0].isalpha():
            return text


def derived_id(key: str, position: int) -> str:
    """The identifier of what stands at `position` in the file whose hash is `key`: always the same.

    It has the form of a fresh one.
    """
    turn = 0
    while True:
        text = _spelt(hashlib.sha256(f"{key}\n{position}\n{turn}".encode()).digest())
        if text[0].isalpha():
            return text
        turn += 1


def _spelt(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower()[:12]


def is_id(text: str) -> bool:
    """True for what may stand as a directory name in the store, older formats' ids included."""
    return _PATTERN.fullmatch(text) is not None
