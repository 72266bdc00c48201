"""PURE: a session's configuration as arguments of `messages.create`.

The SDK has no argument for temperature, top_p and top_k: they travel in `extra_body`. An option
that is not listed here is a ModelError, so that a spelling mistake never passes for a setting.
"""

from typing import Any

from actors.ports import ModelDescription, ModelError
from storage.records.config import SessionConfig

DEFAULT_MAX_TOKENS = 8192
# A budget reserves the whole limit at list price before each call: modest unless asked for.
MOST_DEFAULT_MAX_TOKENS = 32_000

PASSED_ON = frozenset(
    {
        "cache_control",
        "container",
        "diagnostics",
        "inference_geo",
        "metadata",
        "output_config",
        "service_tier",
        "speed",
        "stop_sequences",
        "thinking",
        "tool_choice",
        "user_profile_id",
        "workspace_id",
    }
)
IN_BODY = frozenset({"top_k", "top_p"})
OURS = {
    "effort": "config.effort",
    "max_tokens": "config.max_tokens",
    "messages": "the conversation",
    "model": "config.model",
    "system": "config.system_prompt",
    "temperature": "config.temperature",
    "tools": "config.tools",
}


def max_tokens(config: SessionConfig, description: ModelDescription) -> int:
    """The output limit of a request: as configured, never above what the model can."""
    can = description.max_output_tokens
    wanted = config.max_tokens or min(can or DEFAULT_MAX_TOKENS, MOST_DEFAULT_MAX_TOKENS)
    return min(wanted, can) if can else wanted


def create_arguments(config: SessionConfig) -> dict[str, Any]:
    """All but model, system, messages, tools and max_tokens. ModelError code `bad-option`."""
    options = dict(config.provider_options or {})
    for name in options:
        if name not in PASSED_ON | IN_BODY:
            raise _bad_option(name)
    body = {name: options.pop(name) for name in sorted(IN_BODY & options.keys())}
    if config.temperature is not None:
        body["temperature"] = config.temperature
    if config.effort is not None:
        options["output_config"] = _with_effort(options.get("output_config", {}), config.effort)
    return options | ({"extra_body": body} if body else {})


def _with_effort(output_config: Any, effort: str) -> dict[str, Any]:
    if not isinstance(output_config, dict) or output_config.get("effort", effort) != effort:
        raise ModelError(
            "provider_options.output_config disagrees with config.effort. Set the effort once.",
            code="bad-option",
        )
    return {**output_config, "effort": effort}


def _bad_option(name: str) -> ModelError:
    if name in OURS:
        advice = f"It is set by {OURS[name]}."
    else:
        advice = f"Those it takes: {', '.join(sorted(PASSED_ON | IN_BODY))}."
    return ModelError(
        f"The provider anthropic takes no option {name!r} in provider_options. {advice}",
        code="bad-option",
    )
