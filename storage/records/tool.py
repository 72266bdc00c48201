"""A tool as a model sees it."""

from typing import Any

from msgspec import Struct


class Tool(Struct, frozen=True, gc=False, kw_only=True):
    """`name` is `server.tool`. The hints are the server's word; `trusted` is the workspace's."""

    name: str
    server: str
    description: str
    input_schema: dict[str, Any]
    read_only_hint: bool = False
    idempotent_hint: bool = False
    trusted: bool = False

    @property
    def only_reads(self) -> bool:
        return self.trusted and self.read_only_hint

    @property
    def may_repeat(self) -> bool:
        return self.trusted and (self.read_only_hint or self.idempotent_hint)
