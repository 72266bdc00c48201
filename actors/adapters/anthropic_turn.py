"""PURE: the events of one Messages API stream, one by one, as our model events.

Takes events as decoded JSON and promises a TurnDone only for a stream that came whole. What breaks
the protocol is a MalformedStreamError, which may be asked again; an answer of more bytes than a
journal takes is a ModelError, which may not.
"""

from typing import TYPE_CHECKING, Any

from actors.adapters.anthropic_blocks import COUNTS, content_block, usage_of
from actors.adapters.tool_names import ToolNames
from actors.ports import BlockDone, ModelError, ModelEvent, PromptSent, TextDelta, TurnDone
from storage import typed
from storage.codec import BAD_JSON, encode
from storage.records.conversation import Usage

if TYPE_CHECKING:
    from storage.records.message import Content

LIMIT_BYTES = 1024 * 1024
"""The longest answer, as JSON: a journal's line may hold the arguments of its calls three times."""
_COUNT_LIMIT = 1 << 53
_JSON_BLOCKS = {"tool_use", "server_tool_use", "mcp_tool_use"}
_DELTA_FIELDS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


class MalformedStreamError(Exception):
    """The stream says something that the protocol does not allow."""


class TurnBuilder:
    """Holds the blocks of one turn while they arrive."""

    def __init__(self, names: ToolNames) -> None:
        self._names = names
        self._message: dict[str, Any] | None = None
        self._usage: dict[str, Any] = {}
        self._content: list[Content] = []
        self._open: dict[str, Any] | None = None
        self._pieces: dict[str, list[str]] = {}
        self._bad_json = False
        self._kept_bytes = 0
        self._open_bytes = 0

    @property
    def counted(self) -> Usage | None:
        """What the provider has counted so far; None before it has said so."""
        return usage_of(self._usage) if self._usage else None

    def feed(self, event: dict[str, Any]) -> ModelEvent | None:
        """What the event means to a reader, if anything; kinds that we do not know mean nothing."""
        match event.get("type"):
            case "message_start":
                self._message = self._weighed(_dict(event, "message"))
                self._usage = _counted(_dict(self._message, "usage"))
                return _prompt_counted(usage_of(self._usage))
            case "content_block_start":
                return self._start(event)
            case "content_block_delta":
                return self._delta(event)
            case "content_block_stop":
                return self._stop(event)
            case "message_delta":
                self._finish(event)
            case "message_stop":
                return self._done()
        return None

    def _start(self, event: dict[str, Any]) -> ModelEvent | None:
        index = event.get("index")
        if self._message is None or self._open is not None or index != len(self._content):
            raise MalformedStreamError(
                f"block {index} starts where block {len(self._content)} is due"
            )
        self._open = self._weighed(_dict(event, "content_block"))
        self._pieces = {}
        text = self._open.get("text") if self._open.get("type") == "text" else None
        return TextDelta(len(self._content), text) if isinstance(text, str) and text else None

    def _delta(self, event: dict[str, Any]) -> ModelEvent | None:
        delta, index = _dict(event, "delta"), len(self._content)
        if self._open is None or event.get("index") != index:
            raise MalformedStreamError(f"a piece of block {event.get('index')}, which is not open")
        kind = delta.get("type", "")
        if kind == "input_json_delta":
            self._take("input", _text(delta, "partial_json"))
        elif kind == "citations_delta":
            citation = self._weighed(delta).get("citation")
            self._open["citations"] = [*(self._open.get("citations") or ()), citation]
        elif field := _DELTA_FIELDS.get(kind):
            text = _text(delta, field)
            self._take(field, text)
            if kind == "text_delta" and text:
                return TextDelta(index, well_formed(text))
        return None

    def _stop(self, event: dict[str, Any]) -> ModelEvent | None:
        if self._open is None or event.get("index") != len(self._content):
            raise MalformedStreamError(f"block {event.get('index')} ends, but is not open")
        raw, self._open = self._open, None
        readable = self._join(raw)
        self._content.append(content_block(raw, self._names))
        self._open_bytes = 0
        self._kept_bytes += self._weight(self._content[-1])
        # A call whose arguments were cut is part of the turn, yet no block that is done.
        return BlockDone(len(self._content) - 1, self._content[-1]) if readable else None

    def _join(self, raw: dict[str, Any]) -> bool:
        readable = True
        for field, pieces in self._pieces.items():
            joined = well_formed("".join(pieces))
            if field != "input":
                raw[field] = (raw.get(field) or "") + joined
            elif joined.strip():
                raw["input"], readable = _arguments(joined)
        if raw.get("type") in _JSON_BLOCKS and not isinstance(raw.get("input"), dict):
            raw["input"], readable = {}, False
        self._bad_json |= not readable
        return readable

    def _finish(self, event: dict[str, Any]) -> None:
        if self._message is None:
            raise MalformedStreamError("it ends before it starts")
        self._message |= _given(self._weighed(_dict(event, "delta")))
        if event.get("usage") is not None:
            self._usage |= _given(_counted(self._weighed(_dict(event, "usage"))))

    def _take(self, field: str, piece: str) -> None:
        """A piece stays as it came: the next one may begin with the other half of a pair."""
        self._pieces.setdefault(field, []).append(piece)
        self._weighed(piece)

    def _weighed(self, said: Any) -> Any:
        """What was said, well formed, and counted with the block that is open until that ends."""
        kept = well_formed_json(said)
        self._open_bytes += self._weight(kept)
        return kept

    def _weight(self, kept: object) -> int:
        """In bytes. ModelError if with these there are more than an answer may have."""
        size = len(encode(kept))
        if self._kept_bytes + self._open_bytes + size > LIMIT_BYTES:
            raise ModelError(
                f"The answer is longer than {LIMIT_BYTES:,} bytes, the most that is kept of one."
                " Ask for less at once, or for a file."
            )
        return size

    def _done(self) -> TurnDone:
        reason = (self._message or {}).get("stop_reason")
        if self._message is None or self._open is not None or not isinstance(reason, str):
            raise MalformedStreamError("it stops in the middle")
        if reason == "tool_use" and self._bad_json:
            raise MalformedStreamError("the arguments of a tool call are not a JSON object")
        raw = {key: value for key, value in self._message.items() if key != "content"}
        return TurnDone(
            content=tuple(self._content),
            stop_reason=reason,
            usage=usage_of(self._usage),
            model=str(self._message.get("model", "")),
            raw_response={**raw, "usage": self._usage},
        )


def well_formed(text: str) -> str:
    """Halves of a surrogate pair joined, lone ones replaced: the journal takes valid UTF-8 only."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def well_formed_json(value: Any) -> Any:
    """Decoded JSON, a copy, of which every string and key is well formed."""
    match value:
        case str():
            return well_formed(value)
        case dict():
            return {well_formed(key): well_formed_json(one) for key, one in value.items()}
        case list():
            return [well_formed_json(one) for one in value]
        case _:
            return value


def _prompt_counted(usage: Usage) -> PromptSent | None:
    """Servers of other makes begin with zeros, and count later."""
    return PromptSent(usage) if usage.prompt_tokens else None


def _counted(usage: dict[str, Any]) -> dict[str, Any]:
    for name in COUNTS:
        count = usage.get(name)
        if count is not None and not (type(count) is int and 0 <= count < _COUNT_LIMIT):
            raise MalformedStreamError(f"{name} is no count: {str(count)[:40]}")
    return usage


def _arguments(joined: str) -> tuple[dict[str, Any], bool]:
    try:
        return typed.json_decoder(dict[str, Any]).decode(joined), True
    except BAD_JSON:
        return {}, False


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _dict(event: dict[str, Any], key: str) -> dict[str, Any]:
    value = event.get(key)
    if not isinstance(value, dict):
        raise MalformedStreamError(f"{event.get('type')} without {key}")
    return value


def _text(delta: dict[str, Any], key: str) -> str:
    value = delta.get(key)
    if not isinstance(value, str):
        raise MalformedStreamError(f"{delta.get('type')} without {key}")
    return value
