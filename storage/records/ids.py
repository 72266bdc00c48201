"""Identifiers: 12 random characters of a-z and 2-7, never reused (60 bits)."""

import base64
import re
import secrets

_PATTERN = re.compile(r"[A-Za-z0-9-]{1,64}")


def new_id() -> str:
    """A fresh identifier; always begins with a letter, so that it is never taken for an option."""
    while True:
        text = base64.b32encode(secrets.token_bytes(10)).decode().lower()[:12]
        if text[0].isalpha():
            return text


def is_id(text: str) -> bool:
    """True for what may stand as a directory name in the store, older formats' ids included."""
    return _PATTERN.fullmatch(text) is not None
