"""Makes sessions and messages in memory, as the daemon would: nothing of it is kept or sent.

A repository or a command takes what is made here. Values are copied on their way in.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actors.adapters import prices
from actors.adapters.system_clock import SystemClock
from actors.decisions import session as decisions
from actors.decisions.decision import Given
from actors.ports import Clock
from actors.refused import Refused
from storage import codec, fold
from storage.errors import FileRefused
from storage.records import event as e
from storage.records import request as r
from storage.records.config import SessionConfig
from storage.records.message import (
    ChatMessage,
    Content,
    Role,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)
from storage.records.new_ids import new_id
from storage.records.worker import ConversationWorker
from storage.records.workspace import WorkspaceSettings
from storage.state import SessionState


class SessionFactory:
    """Every method may be called from any thread."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    def create_session(
        self,
        config: SessionConfig | None = None,
        *,
        title: str | None = None,
        location_path: str | Path = ".",
        metadata: dict[str, Any] | None = None,
    ) -> SessionState:
        """A new session: `session` is its record, `messages` what it begins with.

        That is one system message if the config has a `system_prompt`, else nothing. With a config
        it has a conversation. Refused for a value that no session can have.
        """
        asked = {
            "type": "create-session",
            "location_path": str(Path(location_path).absolute()),
            "title": title,
            "config": config,
            "metadata": metadata,
        }
        return self.begin(copied(asked, r.CreateSession))

    def begin(self, command: r.CreateSession, ancestors: tuple[str, ...] = ()) -> SessionState:
        """The session that a command asks for, with nothing in it that runs. Refused.

        `ancestors`: the ids of its parent and of all above that.
        """
        wanted = command.worker
        if command.prompt is not None or (wanted and wanted.type != "conversation"):
            text = "only a running greenroom runs processes and asks models; leave that out"
            raise Refused(r.Refusal(code="not-available", message=text))
        if command.session_type == "worktree":
            text = "only a running greenroom makes worktrees; create a quick session in one"
            raise Refused(r.Refusal(code="not-available", message=text, path="$.session_type"))
        given = Given(
            now=self._clock.now(), new_id=new_id, settings=WorkspaceSettings, prices=prices
        )
        verdict = decisions.create(command, new_id(), given, ancestors)
        if isinstance(verdict, r.Refusal):
            raise Refused(verdict)
        state = fold.apply_all(SessionState(), verdict.events, given.now)
        stopped = [
            e.WorkerEnded(worker.id, "stopped")
            for worker in state.record.workers
            if isinstance(worker, ConversationWorker)
        ]
        return fold.apply_all(state, stopped, given.now)

    def create_system_message(self, content: str) -> ChatMessage:
        return self._message("system", content)

    def create_user_message(self, content: str | Sequence[Content]) -> ChatMessage:
        return self._message("user", content)

    def create_assistant_message(
        self,
        content: str | Sequence[Content],
        tool_calls: Sequence[ToolCallContent] | None = None,
    ) -> ChatMessage:
        calls = None if tool_calls is None else tuple(tool_calls)
        return self._message("assistant", content, tool_calls=calls)

    def create_tool_message(
        self, tool_call_id: str, content: str, *, is_error: bool = False
    ) -> ChatMessage:
        """The result of one call, as one `ToolResultContent`."""
        result = ToolResultContent(tool_call_id=tool_call_id, content=content, is_error=is_error)
        return self._message("tool", [result], tool_call_id=tool_call_id)

    def create_summary_message(
        self, content: str, summarized_messages: Sequence[str | ChatMessage]
    ) -> ChatMessage:
        """It stands for these messages, whose ids its `metadata` names."""
        ids = [one.id if isinstance(one, ChatMessage) else one for one in summarized_messages]
        metadata = {"is_summary": True, "summarized_messages": ids}
        return self._message("summary", content, metadata=metadata)

    def _message(self, role: Role, content: str | Sequence[Content], **more: Any) -> ChatMessage:
        whole: str | Sequence[Content] = copied(content, str | tuple[Content, ...])
        blocks = (TextContent(whole),) if isinstance(whole, str) else tuple(whole)
        made = ChatMessage(
            id=new_id(), role=role, content=blocks, created_at=self._clock.now(), **more
        )
        message: ChatMessage = copied(made, ChatMessage)
        return message


def copied(value: object, kind: Any) -> Any:
    """The same as a `kind` that shares nothing with it. Refused for what a journal cannot hold."""
    try:
        codec.require_no_bytes(value)
        return codec.decode(codec.encode(value), kind)
    except FileRefused as problem:
        refusal = r.Refusal(code="bad-request", message=str(problem), path=problem.path)
        raise Refused(refusal) from problem
    except (TypeError, ValueError, RecursionError) as error:
        text = f"only what JSON can say can be recorded: {error}"
        raise Refused(r.Refusal(code="bad-request", message=text)) from error
