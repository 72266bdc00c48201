"""What a session's model would be sent now, for whoever wants to see it.

Made by the same steps as a call of the model; nothing is sent and nothing is recorded. Where a
summary would have to be made first, the messages that it is to stand for are left out.
"""

from msgspec.structs import replace

from actors.conversations.context_building import ContextBuildError
from actors.conversations.context_sources import ContextSources
from actors.messages import work
from actors.ports import ModelError
from actors.surroundings import Surroundings
from actors.workers.request_context import built_for, provider_of, without_summary
from storage.records.prompt import Context
from storage.records.request import Refusal
from storage.records.tool import Tool

CUT_SHORT = Refusal(
    code="interrupted", message="the conversation stopped before it could answer; ask again"
)


async def shown_context(
    around: Surroundings,
    asked: work.ShowContext,
    tools: tuple[Tool, ...],
    sources: ContextSources,
) -> Context | Refusal:
    """On the I/O loop. A Refusal says why no request could be answered now."""
    session = asked.session
    settings = around.workspaces.settings(session.workspace)
    try:
        gathered = await sources.now(session, settings, lambda *_: None)
        built = await built_for(around, session, asked.messages, tools, gathered)
        _, provider = provider_of(around, session)
        found = await without_summary(session, built, provider)
    except (ModelError, ContextBuildError) as error:
        return Refusal(code=error.code, message=str(error))
    left_out = len(built.context.history) - len(found.context.history)
    return replace(found.context, left_out=max(0, left_out))
