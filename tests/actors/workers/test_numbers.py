"""The figures of a conversation, from what the API counts to the session's record."""

from decimal import Decimal
from typing import Any

from actors.adapters.prices import calculate_cost
from storage.records import event as e
from tests.fakes.greenroom import House
from tests.peers import message_streams as streams
from tests.peers.messages_server import MessagesServer

WINDOW = 1000


def counted(prompt: int, read: int = 0, written: int = 0) -> streams.Answer:
    usage = {
        "input_tokens": prompt,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": 1,
    }
    return streams.stream([streams.text_block("So.")], usage=usage, output_tokens=20)


def talk(greenroom: House, server: MessagesServer, **config: Any) -> str:
    greenroom.environ["ANTHROPIC_API_KEY"] = "secret"
    greenroom.write_workspace({"models": {"providers": {"anthropic": {"base_url": server.url}}}})
    made = greenroom.create(worker={"type": "conversation"}, config={"max_tokens": 10, **config})
    session_id: str = made["id"]
    return session_id


def metrics_after(greenroom: House, session_id: str) -> Any:
    greenroom.get("request", session=session_id, content="hello")
    return greenroom.get("get-session", session=session_id)["metrics"]


def test_the_window_is_that_of_the_api_and_is_critical_once_per_crossing(
    greenroom: House,
) -> None:
    sizes = [(700, 0), (850, 1), (900, 1), (760, 1), (900, 1), (740, 1), (810, 2)]
    window = {"max_input_tokens": WINDOW, "max_tokens": 100}
    with MessagesServer(
        [counted(prompt) for prompt, _ in sizes], models={streams.MODEL: window}, counted_tokens=5
    ) as server:
        session_id = talk(greenroom, server)
        for prompt, warned in sizes:
            metrics = metrics_after(greenroom, session_id)
            assert metrics["context_utilization"] == prompt / WINDOW
            assert metrics["max_context_window"] == WINDOW
            told = [
                event
                for event in greenroom.journal(session_id)
                if isinstance(event, e.ContextWindowCritical)
            ]
            assert len(told) == warned
        assert [other.path for other in server.others if "/models/" in other.path] == [
            f"/v1/models/{streams.MODEL}"
        ]


def test_cached_tokens_are_counted_and_priced_apart(greenroom: House) -> None:
    with MessagesServer([counted(10, read=700, written=200)] * 2) as server:
        session_id = talk(greenroom, server)
        metrics_after(greenroom, session_id)
        metrics = metrics_after(greenroom, session_id)
    assert metrics["prompt_tokens"] == 2 * 910
    assert (metrics["cache_read_tokens"], metrics["cache_write_tokens"]) == (1400, 400)
    assert metrics["completion_tokens"] == 40
    assert metrics["total_tokens"] == 2 * 930
    assert metrics["context_utilization"] == 910 / 1_000_000
    assert metrics["price_source"].startswith("genai-prices ")
    once = calculate_cost(910, 20, streams.MODEL, cache_read=700, cache_write=200)
    assert once is not None
    assert Decimal(str(metrics["estimated_cost"])) == 2 * once


def test_what_nobody_knows_is_unknown_and_never_zero(greenroom: House) -> None:
    unknown = streams.stream([streams.text_block("So.")], usage={"input_tokens": 3}, model="own-1")
    with MessagesServer([unknown]) as server:
        session_id = talk(greenroom, server, model="own-1")
        metrics = metrics_after(greenroom, session_id)
        rounds = greenroom.get("get-history", session=session_id)["rounds"]
    assert metrics["prompt_tokens"] == 3
    assert metrics["estimated_cost"] is None
    assert metrics["price_source"] is None
    assert metrics["context_utilization"] is None
    assert metrics["max_context_window"] is None
    assert rounds[0]["turns"][0].get("cost") is None
