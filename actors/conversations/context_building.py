"""What a model is sent: system prompt, history and tools, built afresh for each call."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from actors.adapters.tool_names import ToolNames
from actors.decisions.context.summaries import with_summaries
from actors.decisions.history import valid_history
from actors.decisions.models import calls_in_text, model_of
from actors.ports import Clock, ModelError, ModelRequest
from actors.prompt.builder import SystemPromptBuilder
from actors.prompt.settings import config_for
from storage.records.config import SessionConfig
from storage.records.message import ChatMessage
from storage.records.prompt import Context, DynamicContextEntry, PromptFile
from storage.records.session import Session
from storage.records.tool import Tool
from storage.records.workspace import FileSettings, WorkspaceSettings

FILE_LIMIT_BYTES = 1 << 20
_WILD = frozenset("*?[")


class ContextBuildError(Exception):
    """The prompt, a file or a required dynamic context could not be built. Says what to mend."""

    code = "context-failed"


class Gathered(Struct, frozen=True, kw_only=True):
    """What a prompt is made of besides the settings, and when it was looked at."""

    at: datetime
    files: tuple[PromptFile, ...] = ()
    dynamic_context: tuple[DynamicContextEntry, ...] = ()

    def now(self) -> datetime:
        return self.at


class BuiltContext(Struct, frozen=True):
    """`context` is for people to look at, `request` is what goes to the provider."""

    context: Context
    request: ModelRequest


async def gather(
    settings: WorkspaceSettings,
    clock: Clock,
    dynamic_context: tuple[DynamicContextEntry, ...] = (),
) -> Gathered:
    """Reads the active files. ContextBuildError."""
    files = await asyncio.to_thread(_files, settings)
    return Gathered(at=clock.now(), files=files, dynamic_context=dynamic_context)


async def build(
    session: Session,
    messages: Sequence[ChatMessage],
    settings: WorkspaceSettings,
    tools: Sequence[Tool],
    gathered: Gathered,
) -> BuiltContext:
    """Reads the session's directory. ModelError if two tools would have one name, or one that the
    configuration names is not there.
    """
    config = session.config or SessionConfig()
    offered = tuple(tool for tool in tools if _is_offered(tool, config))
    _require_named(config, offered)
    ToolNames(tool.name for tool in offered)  # a clash ends the request, whatever its provider
    provider, model = model_of(session.config, settings)
    files, dynamic_context = gathered.files, gathered.dynamic_context
    text_tools = calls_in_text(provider, settings)
    prompt = config_for(settings, session, offered, files, dynamic_context, text_tools=text_tools)
    builder = SystemPromptBuilder(prompt, gathered)
    parts = await asyncio.to_thread(builder.build_parts)
    history = await asyncio.to_thread(_history, messages, config)
    return BuiltContext(
        context=Context(
            system_prompt="".join(parts),
            history=history,
            files=files,
            dynamic_context=dynamic_context,
            tools=tuple(tool.name for tool in offered),
        ),
        request=ModelRequest(
            model=model, system=parts, history=history, tools=offered, config=config
        ),
    )


def _history(messages: Sequence[ChatMessage], config: SessionConfig) -> tuple[ChatMessage, ...]:
    return valid_history(with_summaries(_without_own_prompt(messages, config)))


def _is_offered(tool: Tool, config: SessionConfig) -> bool:
    return config.tools is None or any(fnmatchcase(tool.name, want) for want in config.tools)


def _require_named(config: SessionConfig, offered: Sequence[Tool]) -> None:
    """A pattern may match nothing; a tool that is named is one that cannot be done without."""
    there = {tool.name for tool in offered}
    named = [want for want in config.tools or () if not _WILD.intersection(want)]
    missing = [want for want in named if want not in there]
    if missing:
        text = (
            f"config.tools names {', '.join(missing)}, which no server that runs has;"
            " greenroom status tells of the servers"
        )
        raise ModelError(text, code="tools-unavailable")


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
        raise ContextBuildError(
            f"the file {file.name} of `files` in workspace.json cannot be read:"
            f' {path}: {error.strerror}; mend its path, or set "active": false'
        ) from error
    if len(raw) > FILE_LIMIT_BYTES:
        raise ContextBuildError(
            f"the file {file.name} of `files` in workspace.json, {path}, is over"
            f' {FILE_LIMIT_BYTES} bytes; make it shorter, or set "active": false'
        )
    return raw.decode(errors="replace")
