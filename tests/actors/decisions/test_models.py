import pytest

from actors.decisions.models import model_of
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
