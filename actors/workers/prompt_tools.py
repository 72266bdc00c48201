"""Calls the tools that say something for a prompt, as the workspace's rules and budgets allow.

Nobody is asked meanwhile and nothing is recorded before a call, so that it may be made again after
a crash: without a rule it is for tools that, by their server's word, only read. Runs on the I/O
loop.
"""

from collections.abc import Callable, Sequence
from typing import Any

from actors.decisions import permission
from actors.ports import ModelError, ToolOutcome
from actors.surroundings import Surroundings
from actors.tools.tool_box import ToolBox, call_tool, not_running
from actors.workers.budgeted_tool import cleared
from storage.records.new_ids import new_id
from storage.records.session import Session
from storage.records.tool import Tool


class PromptTools:
    """Of one conversation. `tell` reaches its session's actor."""

    def __init__(
        self, around: Surroundings, boxes: Sequence[ToolBox], tell: Callable[[Any], object]
    ) -> None:
        self._around = around
        self._boxes = boxes
        self._tell = tell

    async def call(
        self, session: Session, name: str, args: dict[str, Any], timeout_seconds: float
    ) -> ToolOutcome:
        """What the tool says; an error that says why, if it could or may not be called."""
        if all(box.find(name)[0] is None for box in self._boxes):
            return not_running(self._boxes, name)
        settings = self._around.workspaces.settings(session.workspace)
        verdict = permission.for_prompt(self._tool(name), args, settings)
        if isinstance(verdict, permission.Denied):
            return ToolOutcome(content=f"permission denied: {verdict.reason}", is_error=True)
        key = f"{session.id}/prompt/{new_id()}"
        try:
            async with cleared(self._around, session, key, self._tell):
                return await call_tool(self._boxes, name, args, timeout_seconds)
        except ModelError as error:
            return ToolOutcome(content=f"not run: {error}", is_error=True)

    def _tool(self, name: str) -> Tool:
        """As its server describes it; of one that is not offered nothing is known."""
        offered = [tool for box in self._boxes for tool in box.offered() if tool.name == name]
        unknown = Tool(name=name, server=name.partition(".")[0], description="", input_schema={})
        return offered[0] if offered else unknown
