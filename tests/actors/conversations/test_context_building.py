import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actors.conversations.context_building import (
    FILE_LIMIT_BYTES,
    BuiltContext,
    ContextBuildError,
    build,
    gather,
)
from storage.records.config import SessionConfig
from storage.records.message import ChatMessage
from storage.records.tool import Tool
from storage.records.workspace import FileSettings, ModelSettings, WorkspaceSettings
from tests.fakes.clock import FakeClock
from tests.storage.histories import message, session

TOOLS = tuple(
    Tool(name=name, server=name.partition(".")[0], description="", input_schema={})
    for name in ("files.read", "files.write", "web.get")
)


def built(
    *messages: ChatMessage,
    config: SessionConfig | None = None,
    settings: WorkspaceSettings | None = None,
) -> BuiltContext:
    made = replace(session(), config=config)
    wanted = settings or WorkspaceSettings()

    async def both() -> BuiltContext:
        return await build(made, messages, wanted, TOOLS, await gather(wanted, FakeClock()))

    return asyncio.run(both())


def of_files(*files: FileSettings) -> WorkspaceSettings:
    return WorkspaceSettings(files=files)


def test_history_tools_and_model_are_sent() -> None:
    said = message("one", "hello")
    found = built(said, config=SessionConfig(model="some-model"))
    assert found.request.history == found.context.history == (said,)
    assert found.request.tools == TOOLS
    assert found.request.model == "some-model"
    assert "".join(found.request.system) == found.context.system_prompt


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (None, ["files.read", "files.write", "web.get"]),
        (("files.*",), ["files.read", "files.write"]),
        (("web.get", "files.read"), ["files.read", "web.get"]),
        ((), []),
    ],
)
def test_the_configuration_says_which_tools_are_offered(wanted: Any, names: list[str]) -> None:
    found = built(config=SessionConfig(tools=wanted))
    assert [tool.name for tool in found.request.tools] == names


def test_the_sessions_own_prompt_is_sent_once() -> None:
    own = message("system", "Be brief.", "system")
    found = built(own, message("one"), config=SessionConfig(system_prompt="Be brief."))
    assert [sent.id for sent in found.request.history] == ["one"]
    assert found.context.system_prompt.count("Be brief.") == 1


def test_active_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"from disk \xff")
    found = built(
        settings=of_files(
            FileSettings(name="notes", path=str(path)),
            FileSettings(name="inline", content="from the settings"),
            FileSettings(name="off", path="/no/such/file", active=False),
            FileSettings(name="empty"),
        )
    )
    assert [(file.name, file.content) for file in found.context.files] == [
        ("notes", "from disk \N{REPLACEMENT CHARACTER}"),
        ("inline", "from the settings"),
        ("empty", ""),
    ]
    assert "from the settings" in found.context.system_prompt


def test_a_file_that_is_missing_or_too_large_says_what_to_mend(tmp_path: Path) -> None:
    gone = tmp_path / "gone.md"
    with pytest.raises(ContextBuildError) as caught:
        built(settings=of_files(FileSettings(name="notes", path=str(gone))))
    assert str(caught.value) == (
        f"the file notes of `files` in workspace.json cannot be read: {gone}:"
        ' No such file or directory; mend its path, or set "active": false'
    )
    large = tmp_path / "large"
    large.write_bytes(bytes(FILE_LIMIT_BYTES + 1))
    with pytest.raises(
        ContextBuildError, match=r"the file large .*large, is over .* make it shorter"
    ):
        built(settings=of_files(FileSettings(name="large", path=str(large))))


def test_without_a_configuration_the_workspaces_provider_and_model_serve() -> None:
    found = built(settings=WorkspaceSettings(models=ModelSettings(active="scripted")))
    assert found.request.config == SessionConfig()
    assert found.request.model
