"""Growing turns for whoever looks, however slowly, and however early they leave."""

import asyncio
from typing import Any

from actors.library.turn_stream import TurnStream
from storage.records.conversation import Round, Turn
from storage.records.message import TextContent
from tests.storage.histories import START, message


def turn(number: int, text: str, status: Any = "streaming") -> Turn:
    return Turn(number=number, status=status, content=(TextContent(text),), started_at=START)


def done(*turns: Turn) -> Round:
    return Round(id="r", request=message("q"), status="completed", turns=turns, created_at=START)


async def all_of(stream: TurnStream) -> list[str]:
    return [seen.text async for seen in stream]


def test_a_slow_reader_sees_the_newest_of_each_turn_in_order() -> None:
    async def steps() -> list[str]:
        stream = TurnStream()
        for shown in (turn(0, "a"), turn(0, "ab"), turn(1, "c"), turn(1, "cd")):
            stream.grew(shown)
        stream.ended(None)
        return await all_of(stream)

    assert asyncio.run(steps()) == ["ab", "cd"]


def test_a_waiting_reader_is_woken_by_each_snapshot_and_by_the_end() -> None:
    async def steps() -> list[str]:
        stream = TurnStream()
        reading = asyncio.ensure_future(all_of(stream))
        for text in ("a", "ab"):
            stream.grew(turn(0, text))
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(5)))
            await asyncio.sleep(0)
            assert not stream._fresh
        stream.ended(done(turn(0, "ab", "completed")))
        return await reading

    assert asyncio.run(steps()) == ["a", "ab", "ab"]


def test_what_was_seen_as_it_ended_is_not_given_twice() -> None:
    async def steps() -> list[str]:
        stream = TurnStream()
        last = turn(0, "ab", "completed")
        stream.grew(last)
        assert (await anext(stream)) == last
        stream.grew(last)
        stream.ended(done(last))
        return await all_of(stream)

    assert asyncio.run(steps()) == []


def test_closed_it_is_over_at_once_and_keeps_nothing() -> None:
    async def steps() -> list[str]:
        stream = TurnStream()
        stream.grew(turn(0, "a"))
        reading = asyncio.ensure_future(all_of(TurnStream()))
        await stream.aclose()
        await stream.aclose()
        stream.grew(turn(0, "ab"))
        reading.cancel()
        return await all_of(stream)

    assert asyncio.run(steps()) == []
