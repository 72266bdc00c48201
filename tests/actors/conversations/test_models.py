import asyncio
from typing import Any, cast

import pytest

from actors.conversations.models import Models
from actors.conversations.text_tools import TextToolModel
from actors.ports import ModelError
from storage.records.workspace import ModelSettings, ProviderSettings, WorkspaceSettings


class Made:
    def __init__(self, settings: ProviderSettings, environ: Any) -> None:
        self.settings = settings
        self.environ = environ
        self.name = "own"
        self.closed = asyncio.Event()

    async def close(self) -> None:
        self.closed.set()


def models() -> Models:
    return Models({"own": cast("Any", Made)}, {"HOME": "/"})


def settings(url: str = "http://one") -> WorkspaceSettings:
    return WorkspaceSettings(
        models=ModelSettings(providers={"own": ProviderSettings(base_url=url)})
    )


async def provider(of: Models, workspace: str = "default", url: str = "http://one") -> Any:
    return of.provider(workspace, "own", settings(url))


async def look_at_several() -> list[str]:
    """Where each of them was that is not closed."""
    of = models()
    first = await provider(of)
    assert await provider(of) is first
    assert await provider(of, "other") is not first
    assert first.settings.base_url == "http://one"
    assert first.environ == {"HOME": "/"}
    changed = await provider(of, url="http://two")
    assert changed is not first
    assert changed.settings.base_url == "http://two"
    await asyncio.wait_for(first.closed.wait(), 10)
    return [one.settings.base_url for one in (first, changed) if not one.closed.is_set()]


async def look_at_both_modes() -> list[type]:
    of = models()
    native = await provider(of)
    text = ProviderSettings(base_url="http://one", tool_mode="text")
    wanted = WorkspaceSettings(models=ModelSettings(providers={"own": text}))
    wrapped = of.provider("default", "own", wanted)
    assert wrapped.name == "own"
    assert of.provider("default", "own", wanted) is wrapped
    await asyncio.wait_for(native.closed.wait(), 10)
    return [type(native), type(wrapped)]


def test_models_without_tools_are_spoken_to_in_text() -> None:
    assert asyncio.run(look_at_both_modes()) == [Made, TextToolModel]


def test_a_provider_is_made_once_per_workspace_and_again_when_its_settings_change() -> None:
    assert asyncio.run(look_at_several()) == ["http://two"]


def test_another_loop_gets_a_provider_of_its_own() -> None:
    of = models()
    assert asyncio.run(provider(of)) is not asyncio.run(provider(of))


@pytest.mark.parametrize(
    ("active", "setting"),
    [("own", "config.provider of the session"), ("strange", "models.active of workspace.json")],
)
def test_a_provider_without_an_adapter_is_refused_with_those_that_have_one(
    active: str, setting: str
) -> None:
    wanted = WorkspaceSettings(models=ModelSettings(active=active))

    async def ask() -> None:
        models().provider("default", "strange", wanted)

    with pytest.raises(ModelError, match=f"set {setting}.* to one of: own") as caught:
        asyncio.run(ask())
    assert caught.value.code == "provider-unavailable"
    assert models().problem("strange", wanted) is not None
