"""PURE: a turn of a model that calls tools in its text, as one of a model that has tools.

Takes the model's events and gives those that everybody else knows: text without the calls, each
call a block of its own, and `tool_use` as the reason when the model stopped for calls. White space
around calls is left out.
"""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from actors.decisions.text_calls import CLOSE, Piece, TextCallReader, WrittenCall, parsed
from actors.ports import BlockDone, ModelEvent, TextDelta, TurnDone
from storage.records.message import Content, TextContent, ToolCallContent

_STOPPED_BY_ITSELF = frozenset({"end_turn", "stop_sequence"})


class TextTurn:
    """`new_id` names the calls, since the model does not."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._content: list[Content] = []
        self._text = self._space = ""
        self._reader = TextCallReader()
        self._of: int | None = None
        self._fed = 0

    def hear(self, event: ModelEvent) -> Iterator[ModelEvent]:
        match event:
            case TextDelta():
                yield from self._heard(event.index, event.text)
            case BlockDone(block=TextContent(text)):
                heard = self._fed if event.index == self._of else 0
                yield from self._heard(event.index, text[heard:])
            case BlockDone():
                yield from self._ended()
                yield self._done(event.block)
            case TurnDone():
                yield from self._ended(event)
                yield self._turn(event)
            case _:
                yield event

    def _heard(self, index: int, text: str) -> Iterator[ModelEvent]:
        if index != self._of:
            yield from self._ended()
            self._of = index
        self._fed += len(text)
        yield from self._said(self._reader.feed(text))

    def _ended(self, turn: TurnDone | None = None) -> Iterator[ModelEvent]:
        """The model's block is over; a tag that was a stop sequence is not in the text."""
        reason = turn.raw_response.get("stop_sequence") if turn else None
        if turn and turn.stop_reason == "stop_sequence" and reason == CLOSE:
            yield from self._said(self._reader.feed(CLOSE))
        yield from self._said(self._reader.finish())
        if self._text and self._space:
            yield self._grown(self._space)
        yield from self._text_over()
        self._reader, self._of, self._fed = TextCallReader(), None, 0

    def _said(self, pieces: list[Piece]) -> Iterator[ModelEvent]:
        for piece in pieces:
            if isinstance(piece, WrittenCall):
                yield from self._text_over()
                yield self._done(parsed(piece, self._new_id()))
                continue
            said = self._space + piece if self._text else piece.lstrip()
            known = said.rstrip()
            self._space = said[len(known) :]
            if known:
                yield self._grown(known)

    def _grown(self, text: str) -> TextDelta:
        self._text += text
        return TextDelta(len(self._content), text)

    def _text_over(self) -> Iterator[ModelEvent]:
        text, self._text, self._space = self._text, "", ""
        if text:
            yield self._done(TextContent(text))

    def _done(self, block: Content) -> BlockDone:
        self._content.append(block)
        return BlockDone(len(self._content) - 1, block)

    def _turn(self, turn: TurnDone) -> TurnDone:
        calls = any(isinstance(block, ToolCallContent) for block in self._content)
        stopped_for_them = calls and turn.stop_reason in _STOPPED_BY_ITSELF
        reason = "tool_use" if stopped_for_them else turn.stop_reason
        return replace(turn, content=tuple(self._content), stop_reason=reason)
