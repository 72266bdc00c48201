"""The sessions of one workspace, for a program on an asyncio loop: records out, a no is raised."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from actors.library.conversation_errors import error_of
from actors.library.greenroom import Greenroom
from actors.library.way import Deliver, Follow
from storage import codec
from storage.records.conversation import History
from storage.records.session import Session


class WorkspaceSessions:
    """A no is raised as ConversationError, an unknown session as SessionNotFoundError."""

    def __init__(self, greenroom: Callable[[], Greenroom], workspace: str) -> None:
        self._greenroom = greenroom
        self.workspace = workspace

    async def create_session(
        self, title: str | None = None, *, location_path: str | Path | None = None, **fields: Any
    ) -> Session:
        """A session with a conversation in `location_path`, by default where this program runs.

        `fields`: others of `CreateSession`, as `config`.
        """
        asked: dict[str, Any] = {"config": {}, **fields, "workspace": self.workspace}
        asked["location_path"] = _absolute(location_path)
        if title is not None:
            asked["title"] = title
        made: Session = codec.convert(await self._ask("create-session", **asked), Session)
        return made

    async def get_session(self, session_id: str) -> Session | None:
        """None when there is none."""
        found: Session | None = codec.convert(
            await self._ask("get-session", session=session_id), Session | None
        )
        return found

    async def delete_session(self, session_id: str) -> bool:
        """Once nothing of it runs; False when there was none."""
        return bool((await self._ask("delete-session", session=session_id))["deleted"])

    async def render_session_history(self, session_id: str) -> History:
        """All rounds, the one being answered with what has arrived of it."""
        found: History = codec.convert(await self._ask("get-history", session=session_id), History)
        return found

    def hand_in(
        self, command: Any, deliver: Deliver, *, follow: Follow | None = None
    ) -> Callable[[], object]:
        """As `Greenroom.hand_in`: what a coordinator works over."""
        return self._greenroom().hand_in(command, deliver, follow=follow)

    async def _ask(self, kind: str, **fields: Any) -> Any:
        command = {"type": kind, **fields}
        answer = await asyncio.to_thread(self._greenroom().dispatch, command)
        if not answer.ok:
            raise error_of(answer)
        return answer.data


def _absolute(path: str | Path | None) -> str:
    return str(Path(path or Path.cwd()).absolute())
