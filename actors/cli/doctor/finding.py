"""One thing that was looked at, how it is, and what to do about it."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "note", "problem"]


class Finding(NamedTuple):
    """`note`: worth knowing, nothing is broken. `next_step`: what to do, None if nothing is."""

    check: str
    state: State
    text: str
    next_step: str | None = None


def ok(check: str, text: str) -> Finding:
    return Finding(check, "ok", text)


def note(check: str, text: str, next_step: str | None = None) -> Finding:
    return Finding(check, "note", text, next_step)


def problem(check: str, text: str, next_step: str | None = None) -> Finding:
    return Finding(check, "problem", text, next_step)
