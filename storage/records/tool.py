"""A tool as a model sees it."""

import hashlib
import json
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
    def digest(self) -> str:
        """Of what a person sees when asked whether it may run: name, description and schema.

        32 hexadecimal digits; another when the server says anything else of its tool.
        """
        said = json.dumps([self.name, self.description, self.input_schema], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    @property
    def only_reads(self) -> bool:
        return self.trusted and self.read_only_hint

    @property
    def may_repeat(self) -> bool:
        return self.trusted and (self.read_only_hint or self.idempotent_hint)
