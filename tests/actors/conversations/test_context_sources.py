import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from actors.conversations.context_building import ContextBuildError, Gathered
from actors.conversations.context_sources import LONGEST_RESULT, ContextSources
from actors.ports import ToolOutcome
from storage.records.prompt import DynamicContextEntry
from storage.records.session import Session
from storage.records.workspace import (
    DynamicContextSettings,
    FileSettings,
    RefreshSettings,
    WorkspaceSettings,
)
from tests.fakes.clock import FakeClock
from tests.storage.histories import session

SESSION = session()


class Server:
    """Answers each call with its number; `down` and `mute` are tools that fail."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.together = 0
        self.most_together = 0

    async def call(self, _of: Session, tool: str, params: dict[str, Any], _: float) -> ToolOutcome:
        self.calls.append((tool, params))
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await asyncio.sleep(60 if tool.endswith(".mute") else 0)
        self.together -= 1
        if tool.endswith(".down"):
            return ToolOutcome(content="the server of it ended", is_error=True)
        if tool.endswith(".long"):
            return ToolOutcome(content="x" * (LONGEST_RESULT + 5))
        return ToolOutcome(content=f"answer {len(self.calls)}")


class Talk:
    """A conversation's sources, asked on one loop after another."""

    def __init__(self, *entries: DynamicContextSettings) -> None:
        self.server = Server()
        self.clock = FakeClock()
        self.failed: list[tuple[str, str]] = []
        self.settings = WorkspaceSettings(dynamic_context=entries)
        self.sources = ContextSources(self.server.call, self.clock)

    def gathered(self, response_id: str) -> Gathered:
        return asyncio.run(
            self.sources.of_request(response_id, SESSION, self.settings, self._heard)
        )

    def ask(self, response_id: str) -> list[str]:
        return [shown(entry) for entry in self.gathered(response_id).dynamic_context]

    def _heard(self, settings: DynamicContextSettings, reason: str) -> None:
        self.failed.append((settings.id, reason))


def shown(entry: DynamicContextEntry) -> str:
    assert (entry.result is None) != (entry.error is None)
    return entry.result if entry.result is not None else f"failed: {entry.error}"


def entry(tool: str = "status", **fields: Any) -> DynamicContextSettings:
    return DynamicContextSettings(id=f"the-{tool}", server="git", tool=tool, **fields)


def test_tools_are_called_for_each_request_and_not_for_its_later_turns() -> None:
    talk = Talk(entry())
    assert [talk.ask("one"), talk.ask("one"), talk.ask("two")] == [
        ["answer 1"], ["answer 1"], ["answer 2"]
    ]  # fmt: skip


def test_a_result_is_kept_until_it_is_too_old() -> None:
    talk = Talk(entry(refresh=RefreshSettings(interval_seconds=60)))
    assert talk.ask("one") == ["answer 1"]
    talk.clock.advance(59)
    assert talk.ask("two") == ["answer 1"]
    talk.clock.advance(1)
    assert talk.ask("three") == ["answer 2"]


@pytest.mark.parametrize(
    "refresh", [RefreshSettings(on_demand=True), RefreshSettings(enabled=False)]
)
def test_a_result_is_kept_until_somebody_asks_for_another(refresh: RefreshSettings) -> None:
    talk = Talk(entry(refresh=refresh))
    assert talk.ask("one") == talk.ask("two") == ["answer 1"]
    talk.sources.refresh()
    assert talk.ask("two") == ["answer 1"]
    assert talk.ask("three") == ["answer 2"]


def test_an_entry_that_was_edited_is_called_again() -> None:
    talk = Talk(entry(refresh=RefreshSettings(on_demand=True)))
    talk.ask("one")
    edited = entry(refresh=RefreshSettings(on_demand=True), params={"a": 1})
    talk.settings = WorkspaceSettings(dynamic_context=(edited,))
    assert talk.ask("two") == ["answer 2"]


def test_tools_are_called_side_by_side() -> None:
    talk = Talk(entry("a"), entry("b"), entry("c"))
    assert [tool for tool, _ in talk.server.calls] == []
    talk.ask("one")
    assert talk.server.most_together == 3
    assert [tool for tool, _ in talk.server.calls] == ["git.a", "git.b", "git.c"]


def test_the_place_of_the_session_is_filled_in() -> None:
    params = {"repo": "{{location_path}}", "deep": [{"at": "{{location_path}}/x"}], "n": 3}
    talk = Talk(entry(params=params))
    talk.ask("one")
    place = SESSION.location_path
    assert talk.server.calls[0][1] == {"repo": place, "deep": [{"at": f"{place}/x"}], "n": 3}


def test_what_fails_is_told_once_and_tried_again_with_the_next_request() -> None:
    talk = Talk(entry("down", refresh=RefreshSettings(on_demand=True)), entry())
    assert talk.ask("one") == ["failed: the server of it ended", "answer 2"]
    talk.ask("one")
    assert talk.failed == [("the-down", "the server of it ended")]
    talk.ask("two")
    assert len(talk.failed) == 2


def test_a_tool_that_says_nothing_is_not_waited_for_longer_than_its_limit() -> None:
    talk = Talk(entry("mute", timeout_seconds=0.01))
    assert talk.ask("one") == ["failed: no answer within its limit of 0.01 seconds"]


def test_a_required_one_that_fails_fails_the_request() -> None:
    talk = Talk(entry("down", required=True), entry())
    with pytest.raises(ContextBuildError, match=r"the-down is required.*git.down failed.*ended"):
        talk.ask("one")
    talk.settings = replace(talk.settings, dynamic_context=(entry("status", required=True),))
    assert talk.ask("one") == ["answer 3"]


def test_of_a_long_result_the_beginning_is_shown() -> None:
    (shown_one,) = Talk(entry("long")).ask("one")
    assert shown_one.endswith("x\n[Shortened: 5 characters are left out.]")


def test_a_request_keeps_its_files_and_its_time() -> None:
    talk = Talk()
    talk.settings = WorkspaceSettings(files=(FileSettings(name="notes", content="first"),))
    before = talk.gathered("one")
    talk.clock.advance(3600)
    talk.settings = WorkspaceSettings(files=(FileSettings(name="notes", content="second"),))
    assert talk.gathered("one") == before
    after = talk.gathered("two")
    assert (after.files[0].content, after.at > before.at) == ("second", True)
