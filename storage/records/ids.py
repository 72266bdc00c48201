"""Identifiers: 12 characters of a-z and 2-7, never reused (60 bits).

Random ones come from `new_ids`; those of what a file asks for are derived from the file, so that
doing it twice is once.
"""

import base64
import hashlib
import re

_PATTERN = re.compile(r"[A-Za-z0-9-]{1,64}")
_NEW = re.compile(r"[a-z][a-z2-7]{11}")


def derived_id(key: str, position: int) -> str:
    """The identifier of what stands at `position` in the file whose hash is `key`: always the same.

    It has the form of a fresh one.
    """
    turn = 0
    while True:
        text = spelt(hashlib.sha256(f"{key}\n{position}\n{turn}".encode()).digest())
        if text[0].isalpha():
            return text
        turn += 1


def spelt(raw: bytes) -> str:
    """The characters for ten bytes or more; only one that begins with a letter is an identifier."""
    return base64.b32encode(raw).decode().lower()[:12]


def is_id(text: str) -> bool:
    """True for what may stand as a directory name in the store, older formats' ids included."""
    return _PATTERN.fullmatch(text) is not None


def is_new_id(text: str) -> bool:
    """True for the form that ids have which are given today."""
    return _NEW.fullmatch(text) is not None
