"""What a tool is: its name and words for a model, its arguments, and what it does."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from actors.mcp_server.arguments import Arguments
from actors.mcp_server.port import Daemon

Progress = Callable[[float, str], Awaitable[None]]
"""Seconds since the call began, and how things stand."""


class Asked(Struct, frozen=True):
    """A call: what it is done with."""

    daemon: Daemon
    progress: Progress


class Told(Struct, frozen=True):
    """A result: `data` for programs and `text`, the same in words, for whoever reads."""

    data: dict[str, Any]
    text: str


class Tool(Struct, frozen=True, kw_only=True):
    """`reads`: it changes nothing. `ends`: what it does away with is there no more."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    run: Callable[[Asked, Any], Awaitable[Told]]
    reads: bool = False
    ends: bool = False
