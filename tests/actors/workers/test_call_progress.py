"""What is kept and told of a running call, on a real loop."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from actors.messages.outcomes import ToolProgressed
from actors.workers.call_progress import told_progress

CALL: Any = SimpleNamespace(response_id="r1", call=SimpleNamespace(tool_call_id="a"))


def test_the_first_and_the_last_are_told_and_not_all_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("actors.workers.call_progress.TELL_SECONDS", 0.02)
    around: Any = SimpleNamespace(progress={})
    shown: list[str] = []

    def tell(told: ToolProgressed) -> None:
        assert told == ToolProgressed("r1", "a")
        shown.append(around.progress["r1/a"])

    async def run() -> None:
        with told_progress(around, CALL, tell) as progressed:
            for step in range(1000):
                progressed(f"step {step}")
            async with asyncio.timeout(20):
                while shown[-1] != "step 999":  # noqa: ASYNC110 - the clock is what is waited for
                    await asyncio.sleep(0.01)

    asyncio.run(run())
    assert shown == ["step 0", "step 999"]
    assert around.progress == {}


def test_a_call_that_fails_leaves_nothing_behind() -> None:
    around: Any = SimpleNamespace(progress={})

    async def run() -> None:
        with told_progress(around, CALL, lambda _: None) as progressed:
            progressed("step 1")
            assert around.progress == {"r1/a": "step 1"}
            raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        asyncio.run(run())
    assert around.progress == {}
