"""Lists of tools on their way from a transport to the SDK, reduced to what we use of them.

The SDK refuses a whole list for one entry with a fault. It would also hold each result against a
schema of the server's own making, where a regular expression is enough to keep the loop busy for
ever. So entries are made anew from their plain parts, and those that lack one are left out.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

Note = Callable[[str], None]
_SHOWN = 60


@asynccontextmanager
async def plain(
    transport: AbstractAsyncContextManager["TransportStreams"], note: Note
) -> AsyncGenerator["TransportStreams", None]:
    """The transport with plain lists; `note` is told of each entry that was left out, and why."""
    async with transport as (read, write):
        yield _Plain(read, note), write


class _Plain:
    """A read stream as the SDK wants one."""

    def __init__(self, inner: Any, note: Note) -> None:
        self._inner = inner
        self._note = note

    @property
    def last_context(self) -> Any:
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> Any:
        item = await self._inner.receive()
        result = getattr(getattr(item, "message", None), "result", None)
        if isinstance(result, dict) and isinstance(result.get("tools"), list):
            result["tools"] = self._plain_tools(result["tools"])
        return item

    def _plain_tools(self, listed: list[Any]) -> list[dict[str, Any]]:
        made = [_plain_tool(raw) for raw in listed]
        for reason in made:
            if isinstance(reason, str):
                self._note(reason)
        return [each for each in made if not isinstance(each, str)]

    async def aclose(self) -> None:
        await self._inner.aclose()

    def __aiter__(self) -> "_Plain":
        return self

    async def __anext__(self) -> Any:
        import anyio

        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> bool | None:
        closed: bool | None = await self._inner.__aexit__(*error)
        return closed


def _plain_tool(raw: Any) -> dict[str, Any] | str:
    """The entry with nothing but its plain parts, or why it is left out."""
    name = raw.get("name") if isinstance(raw, dict) else None
    if not isinstance(name, str):
        return "an entry without a name"
    schema = raw.get("inputSchema")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return f"{name[:_SHOWN]!r}: its schema is not that of an object"
    texts = {key: raw[key] for key in ("title", "description") if isinstance(raw.get(key), str)}
    said = raw.get("annotations")
    hints = said if isinstance(said, dict) else {}
    kept = {key: hints[key] for key in ("readOnlyHint", "idempotentHint") if hints.get(key) is True}
    return {"name": name, "inputSchema": schema, **texts, "annotations": kept}
