"""What one call of a conversation's model is sent: gathered, built, and made to fit."""

import asyncio
from collections.abc import Sequence

from actors.conversations import attached_images, context_building, fitting
from actors.conversations.hiding_model import HidingModel
from actors.decisions.context.strategy import Summarize
from actors.decisions.models import model_of
from actors.ports import ModelError, ModelProvider
from actors.surroundings import Surroundings
from storage.records.message import ChatMessage
from storage.records.session import Session
from storage.records.tool import Tool

BuiltContext = context_building.BuiltContext


async def built_for(
    around: Surroundings,
    session: Session,
    messages: Sequence[ChatMessage],
    tools: Sequence[Tool],
    gathered: context_building.Gathered,
) -> BuiltContext:
    """The whole of it, whether it fits or not. On the I/O loop. ContextBuildError."""
    settings = around.workspaces.settings(session.workspace)
    place = around.data.session(session.workspace, session.id)
    whole = await asyncio.to_thread(attached_images.restored, place, messages)
    return await context_building.build(session, whole, settings, tools, gathered)


async def fitted_for(
    session: Session, built: BuiltContext, provider: ModelProvider
) -> BuiltContext | Summarize:
    """As much of it as fits, by the session's strategy. ContextBuildError, ModelError."""
    described = await provider.describe(built.request.model)
    strategy = session.config.context_strategy if session.config else None
    return await fitting.fitted(built, provider, described, strategy)


async def without_summary(
    session: Session, built: BuiltContext, provider: ModelProvider
) -> BuiltContext:
    """The same, with the oldest rounds left out where a summary would have to be made first."""
    found = await fitted_for(session, built, provider)
    if isinstance(found, BuiltContext):
        return found
    described = await provider.describe(built.request.model)
    return await fitting.truncated(built, provider, described)


def provider_of(around: Surroundings, session: Session) -> tuple[str, ModelProvider]:
    """Its name, and the one to call, of which no secret is heard. ModelError."""
    unreadable = around.workspaces.refusal(session.workspace)
    if unreadable:
        raise ModelError(unreadable.message, code=unreadable.code)
    settings = around.workspaces.settings(session.workspace)
    name, _ = model_of(session.config, settings)
    provider = around.models.provider(session.workspace, name, settings)
    return name, HidingModel(provider, around.redactor)
