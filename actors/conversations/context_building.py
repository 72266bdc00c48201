"""What a model is sent: system prompt, history and tools, built afresh for each call."""

import asyncio
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from actors.decisions.history import valid_history
from actors.decisions.models import model_of
from actors.ports import Clock, ModelRequest
from actors.prompt.builder import SystemPromptBuilder
from actors.prompt.settings import config_for
from storage.records.config import SessionConfig
from storage.records.message import ChatMessage
from storage.records.prompt import Context, PromptFile
from storage.records.session import Session
from storage.records.tool import Tool
from storage.records.workspace import FileSettings, WorkspaceSettings

FILE_LIMIT_BYTES = 1 << 20


class ContextBuildError(Exception):
    """The prompt, a file or a required dynamic context could not be built. Says what to mend."""

    code = "context-failed"


class BuiltContext(Struct, frozen=True):
    """`context` is for people to look at, `request` is what goes to the provider."""

    context: Context
    request: ModelRequest


async def build(
    session: Session,
    messages: Sequence[ChatMessage],
    settings: WorkspaceSettings,
    tools: Sequence[Tool],
    clock: Clock,
) -> BuiltContext:
    """Reads the active files and the session's directory. ContextBuildError."""
    config = session.config or SessionConfig()
    files = await asyncio.to_thread(_files, settings)
    offered = tuple(tool for tool in tools if _is_offered(tool, config))
    builder = SystemPromptBuilder(config_for(settings, session, offered, files), clock)
    parts = await asyncio.to_thread(builder.build_parts)
    history = valid_history(_without_own_prompt(messages, config))
    _, model = model_of(session.config, settings)
    return BuiltContext(
        context=Context(system_prompt="".join(parts), history=history, files=files),
        request=ModelRequest(
            model=model, system=parts, history=history, tools=offered, config=config
        ),
    )


def _is_offered(tool: Tool, config: SessionConfig) -> bool:
    return config.tools is None or any(fnmatchcase(tool.name, want) for want in config.tools)


def _without_own_prompt(
    messages: Sequence[ChatMessage], config: SessionConfig
) -> Sequence[ChatMessage]:
    """The session's own system prompt is sent as such, not a second time as its first message."""
    first = messages[0] if messages else None
    own = first and first.role == "system" and first.text == config.system_prompt
    return messages[1:] if own else messages


def _files(settings: WorkspaceSettings) -> tuple[PromptFile, ...]:
    return tuple(
        PromptFile(name=file.name, content=_content(file)) for file in settings.files if file.active
    )


def _content(file: FileSettings) -> str:
    if file.path is None:
        return file.content or ""
    path = Path(file.path)
    try:
        with path.open("rb") as opened:
            raw = opened.read(FILE_LIMIT_BYTES + 1)
    except OSError as error:
        text = f"the file {file.name} of workspace.json cannot be read: {error}"
        raise ContextBuildError(text) from error
    if len(raw) > FILE_LIMIT_BYTES:
        raise ContextBuildError(
            f"the file {file.name} of workspace.json is over {FILE_LIMIT_BYTES} bytes; "
            "make it inactive or shorter"
        )
    return raw.decode(errors="replace")
