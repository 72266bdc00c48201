"""PURE: which provider and model a session's next call goes to."""

from storage.records.config import SessionConfig
from storage.records.workspace import DEFAULT_MODEL, WorkspaceSettings


def model_of(config: SessionConfig | None, settings: WorkspaceSettings) -> tuple[str, str]:
    """(provider, model): the session's own, else the workspace's, else the built-in default."""
    provider = (config.provider if config else None) or settings.models.active
    if config and config.model:
        return provider, config.model
    known = settings.models.providers.get(provider)
    if known and known.default_model:
        return provider, known.default_model
    return provider, DEFAULT_MODEL if provider == "anthropic" else provider
