"""PURE: a session's configuration as arguments of `messages.create`.

The SDK has no argument for temperature, top_p and top_k: they travel in `extra_body`. An option
that is not listed here is a ModelError, so that a spelling mistake never passes for a setting.
"""

from typing import Any

from actors.ports import ModelError
from storage.records.config import SessionConfig

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


def create_arguments(config: SessionConfig, stop_sequences: tuple[str, ...] = ()) -> dict[str, Any]:
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
    if stop_sequences:
        options["stop_sequences"] = [*options.get("stop_sequences", ()), *stop_sequences]
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
