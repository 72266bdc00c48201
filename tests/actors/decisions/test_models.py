import pytest

from actors.decisions.models import model_of, output_limit
from actors.ports import ModelDescription
from storage.records.config import SessionConfig
from storage.records.workspace import (
    DEFAULT_MODEL,
    ModelSettings,
    ProviderSettings,
    WorkspaceSettings,
)

SETTINGS = WorkspaceSettings(
    models=ModelSettings(
        active="local", providers={"local": ProviderSettings(default_model="small")}
    )
)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (None, ("local", "small")),
        (SessionConfig(), ("local", "small")),
        (SessionConfig(model="big"), ("local", "big")),
        (SessionConfig(provider="anthropic"), ("anthropic", DEFAULT_MODEL)),
        (SessionConfig(provider="scripted"), ("scripted", "scripted")),
        (SessionConfig(provider="other", model="x"), ("other", "x")),
    ],
)
def test_the_sessions_own_choice_beats_the_workspaces(
    config: SessionConfig | None, expected: tuple[str, str]
) -> None:
    assert model_of(config, SETTINGS) == expected


def test_without_settings_the_default_answers() -> None:
    assert model_of(None, WorkspaceSettings()) == ("anthropic", DEFAULT_MODEL)


UNKNOWN = ModelDescription(model="m")
KNOWN = ModelDescription(model="m", context_window=200_000, max_output_tokens=64_000)
SMALL = ModelDescription(model="m", max_output_tokens=4096)


def test_the_output_limit_is_what_is_asked_within_what_the_model_can() -> None:
    assert output_limit(SessionConfig(max_tokens=100), UNKNOWN) == 100
    assert output_limit(SessionConfig(max_tokens=100_000), KNOWN) == 64_000
    assert output_limit(SessionConfig(), SMALL) == 4096
    assert output_limit(SessionConfig(), KNOWN) == 32_000
    assert output_limit(SessionConfig(), UNKNOWN) == 8192


def test_an_answer_leaves_room_for_the_prompt_in_a_small_window() -> None:
    little = ModelDescription(model="m", context_window=8192)
    assert output_limit(SessionConfig(), little) == 2048
    assert output_limit(SessionConfig(max_tokens=8000), little) == 8000
