"""PURE: which provider and model a session's next call goes to, and how long an answer may be."""

from actors.ports import ModelDescription
from storage.records.config import SessionConfig
from storage.records.workspace import DEFAULT_MODEL, WorkspaceSettings

DEFAULT_OUTPUT = 8192
# A budget reserves the whole limit at list price before each call: modest unless asked for.
MOST_DEFAULT_OUTPUT = 32_000
# What is left of a small window for the prompt is three times that.
WINDOW_PARTS = 4
CONFIG_IS_SET = "of the session, in sessions.json or by an update-session request"
"""Said beside a setting that a person is told to change."""


def model_of(config: SessionConfig | None, settings: WorkspaceSettings) -> tuple[str, str]:
    """(provider, model): the session's own, else the workspace's, else the built-in default."""
    provider = (config.provider if config else None) or settings.models.active
    if config and config.model:
        return provider, config.model
    known = settings.models.providers.get(provider)
    if known and known.default_model:
        return provider, known.default_model
    return provider, DEFAULT_MODEL if provider == "anthropic" else provider


def calls_in_text(provider: str, settings: WorkspaceSettings) -> bool:
    """Whether its models have no tools of their own and call them in their text."""
    known = settings.models.providers.get(provider)
    return known is not None and known.tool_mode == "text"


def output_limit(config: SessionConfig, description: ModelDescription) -> int:
    """Tokens that an answer may have: as configured, never above what the model can."""
    can, window = description.max_output_tokens, description.context_window
    modest = min(can or DEFAULT_OUTPUT, MOST_DEFAULT_OUTPUT)
    if window:
        modest = min(modest, max(window // WINDOW_PARTS, 1))
    wanted = config.max_tokens or modest
    return min(wanted, can) if can else wanted
