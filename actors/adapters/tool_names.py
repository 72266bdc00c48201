"""The names of tools, ours and those that the Messages API allows.

Ours is `server.tool`; the API takes 1 to 128 of `A-Za-z0-9_-`. Ours decides the other's form alone,
so that an old call in the history keeps its name; the way back needs the tools that were offered.
"""

import hashlib
import re
from collections.abc import Iterable

from actors.ports import ModelError

LONGEST = 128
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_-]")


def wire_name(name: str) -> str:
    """`server.tool` as `server__tool`; what the API does not allow becomes `_`, what is too long
    is cut and ends in a digest.
    """
    wire = _NOT_ALLOWED.sub("_", name.replace(".", "__", 1)) or "_"
    if len(wire) <= LONGEST:
        return wire
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:12]
    return f"{wire[: LONGEST - 13]}_{digest}"


class ToolNames:
    """Both names of the tools of one request. Two that become one are a ModelError, named."""

    def __init__(self, names: Iterable[str]) -> None:
        self._ours: dict[str, str] = {}
        for name in names:
            other = self._ours.setdefault(wire_name(name), name)
            if other != name:
                raise ModelError(
                    f"The tools {other!r} and {name!r} are both called {wire_name(name)!r} on the"
                    " wire. Rename one of their servers in workspace.json, or leave one out of"
                    " config.tools.",
                    code="tool-name-clash",
                )

    def ours(self, wire: str) -> str:
        """The name that was offered as `wire`; a name that nobody offered stays as it is."""
        return self._ours.get(wire, wire)
