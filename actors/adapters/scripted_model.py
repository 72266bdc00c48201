"""A model that answers from a script file: for the demo, for tests, for replay.

Fulfils `ModelProvider` without any network. It says what it is: the model is called `scripted`,
and its raw response is `{"scripted": true}`. Its tokens are words: runs of characters without
white space, of what was sent and of what was answered (a tool call counts as its JSON). An answer
that has more than `max_tokens` of them is cut off there.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from actors.decisions.text_history import results_in
from actors.ports import (
    BlockDone,
    ModelDescription,
    ModelError,
    ModelEvent,
    ModelRequest,
    PromptSent,
    TextDelta,
    TurnDone,
)
from storage.codec import encode
from storage.errors import FileRefused
from storage.records.conversation import Usage
from storage.records.message import (
    ChatMessage,
    Content,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)
from storage.script_file import ScriptAnswer, ScriptPart, answer_to, read_script

MODEL = "scripted"
QUOTED_CHARACTERS = 200
_WORD_WITH_SPACE = re.compile(r"\s*\S+\s*$|\s*\S+|\s+$")


class ScriptedModel:
    """Reads its file anew for each call, so that an edit counts at once."""

    name = "scripted"

    def __init__(self, script_path: Path) -> None:
        self._path = script_path

    def problem(self) -> ModelError | None:
        """A script that cannot be read is told when it is used, by line."""
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        answer = await asyncio.to_thread(self._answer, last_text(request.history))
        yield PromptSent(Usage(prompt_tokens=prompt_words(request)))
        await asyncio.sleep(answer.delay_seconds)
        content: list[Content] = []
        reply = _within(answer.reply, request.config.max_tokens)
        for index, part in enumerate(reply):
            for delta in _WORD_WITH_SPACE.findall(part.text or ""):
                yield TextDelta(index, delta)
                await asyncio.sleep(0)
            content.append(_block(part))
            yield BlockDone(index, content[-1])
        yield _turn(request, tuple(content), is_cut=reply != answer.reply)

    async def describe(self, model: str) -> ModelDescription:
        return ModelDescription(model=model)

    async def count_tokens(self, request: ModelRequest) -> int | None:
        return prompt_words(request)

    async def close(self) -> None:
        """Nothing is held open."""

    def _answer(self, text: str) -> ScriptAnswer:
        try:
            answer = answer_to(text, read_script(self._path))
        except FileRefused as error:
            where = f", line {error.line}" if error.line else ""
            at = f" (at {error.path})" if error.path else ""
            raise ModelError(
                f"The script {self._path}{where}: {error}{at}. Correct it and ask again.",
                code="bad-file",
            ) from error
        if answer is None:
            raise ModelError(
                f"No line of the script {self._path} answers {text[:QUOTED_CHARACTERS]!r}."
                " Add one whose `when` finds it.",
            )
        return answer


def last_text(history: tuple[ChatMessage, ...]) -> str:
    """The text or tool result that the model is asked to answer: that of the last such message.

    Results that were put into text count as what they are.
    """
    for message in reversed(history):
        if message.role == "assistant":
            continue
        told = (result.content for result in results_in(message.text))
        results = [b.content for b in message.content if isinstance(b, ToolResultContent)]
        text = "\n".join(told) or "\n".join([*results, message.text] if message.text else results)
        if text or message.role in {"user", "tool"}:
            return text
    return ""


def prompt_words(request: ModelRequest) -> int:
    """Tokens of a request by the rule above; images count nothing."""
    history = (_words(block) for message in request.history for block in message.content)
    tools = sum(len(encode(tool).split()) for tool in request.tools)
    return sum(len(part.split()) for part in request.system) + tools + sum(history)


def _words(block: Content) -> int:
    match block:
        case TextContent():
            return len(block.text.split())
        case ToolResultContent():
            return len(block.content.split())
        case ToolCallContent():
            return len(f"{block.name} {encode(block.args).decode()}".split())
        case _:
            return 0


def _block(part: ScriptPart) -> Content:
    if part.tool is None:
        return TextContent(part.text or "")
    call_id = f"call_{secrets.token_hex(8)}"
    return ToolCallContent(tool_call_id=call_id, name=part.tool, args=part.parameters)


def _within(reply: tuple[ScriptPart, ...], limit: int | None) -> tuple[ScriptPart, ...]:
    """As much of it as `max_tokens` allows; half a call is none."""
    kept: list[ScriptPart] = []
    left = sum(_words(_block(part)) for part in reply) if limit is None else limit
    for part in reply:
        size = _words(_block(part))
        if size > left:
            text = "".join(_WORD_WITH_SPACE.findall(part.text or "")[:left])
            return (*kept, ScriptPart(text=text)) if text else tuple(kept)
        kept.append(part)
        left -= size
    return tuple(kept)


def _turn(request: ModelRequest, content: tuple[Content, ...], *, is_cut: bool) -> TurnDone:
    calls = any(isinstance(block, ToolCallContent) for block in content)
    usage = Usage(
        prompt_tokens=prompt_words(request),
        completion_tokens=sum(_words(block) for block in content),
    )
    return TurnDone(
        content=content,
        stop_reason="max_tokens" if is_cut else "tool_use" if calls else "end_turn",
        usage=usage,
        model=MODEL,
        raw_response={"scripted": True},
    )
