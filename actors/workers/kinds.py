"""The one table of worker kinds: which actor performs for which record."""

from collections.abc import Callable
from typing import Any

from actors.supervision import ActorRef, ChildContext
from actors.surroundings import Surroundings
from actors.tools.tool_box import ToolBox
from actors.workers.conversation_actor import ConversationActor
from actors.workers.terminal_actor import TerminalActor
from storage.records.worker import AgentWorker, ConversationWorker, TerminalWorker, Worker

Start = Callable[[ChildContext, Surroundings, str, tuple[ToolBox, ...]], ActorRef[Any]]

KINDS: dict[type, Start] = {
    ConversationWorker: lambda context, around, _, boxes: ConversationActor.start(
        context, around, boxes
    ),
    AgentWorker: lambda context, around, key, _: TerminalActor.start(context, around, key),
    TerminalWorker: lambda context, around, key, _: TerminalActor.start(context, around, key),
}


def start_worker(
    context: ChildContext,
    around: Surroundings,
    session_id: str,
    worker: Worker,
    boxes: tuple[ToolBox, ...],
) -> ActorRef[Any]:
    """Start the actor of a worker; `boxes` are the tools within its reach."""
    return KINDS[type(worker)](context, around, f"{session_id}/{worker.id}", boxes)
