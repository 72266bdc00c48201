"""Budgets from the request to the end of a call: models over real HTTP, real MCP servers."""

import sys
import time
from typing import Any

from storage.records import event as e
from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House, demo_server
from tests.fakes.talk import PEERS
from tests.peers import message_streams as streams
from tests.peers.messages_server import MessagesServer
from tests.peers.narrow_model import NarrowModel

MODEL = streams.MODEL
SCRIPT: list[dict[str, Any]] = [
    {"when": "add", "reply": [{"tool": "demo.add", "parameters": {"a": 1, "b": 2}}]},
    {"when": "slow", "reply": [{"tool": "demo.slow", "parameters": {"seconds": 60, "mark": "m"}}]},
    {"when": "wait", "reply": [{"text": "late"}], "delay_seconds": 60},
    {"when": "hello|3", "reply": [{"text": "Hello yourself."}]},
]


def with_model(greenroom: House, server: MessagesServer) -> None:
    """Sessions talk to it through the real adapter."""
    greenroom.environ["ANTHROPIC_API_KEY"] = "key"
    settings = {"models": {"providers": {"anthropic": {"base_url": server.url}}}}
    greenroom.write_workspace(settings)
    greenroom.again()


def talking(greenroom: House, budget: dict[str, Any] | None = None, **more: Any) -> str:
    config = {"budget": budget} if budget is not None else {}
    made = greenroom.create(worker={"type": "conversation"}, config=config, **more)
    return str(made["id"])


def request(session_id: str, content: str = "hello") -> dict[str, Any]:
    return {"type": "request", "session": session_id, "content": content}


def spent(greenroom: House, session_id: str) -> dict[str, Any]:
    found: dict[str, Any] = greenroom.get("get-budget", session=session_id)
    return found


def code(answer: Answer) -> str:
    assert answer.error is not None, answer
    return answer.error.code


def test_what_a_call_used_is_known_with_its_answer(greenroom: House) -> None:
    with MessagesServer([streams.text("Hello")]) as server:
        with_model(greenroom, server)
        session_id = talking(greenroom, {"tokens": 50_000, "usd": 1})
        answer = greenroom.ask(request(session_id))
        assert answer.ok, answer.error
        usage = answer.data["usage"]
        budget = spent(greenroom, session_id)
    assert budget["spent"]["tokens"] == usage.prompt_tokens + usage.completion_tokens
    assert budget["spent"]["usd"] == float(answer.data["cost"])
    assert budget["reserved"]["tokens"] == 0
    assert (budget["limits_from"], budget["above"]) == ("session", [])
    assert server.requests[0].body["max_tokens"] == 8192


def test_the_model_is_told_how_much_is_left(greenroom: House) -> None:
    with MessagesServer([streams.text("Hello")]) as server:
        with_model(greenroom, server)
        session_id = talking(greenroom, {"tokens": 2000})
        assert greenroom.ask(request(session_id)).ok
    assert server.requests[0].body["max_tokens"] == 2000 - server.counted_tokens


def test_no_call_is_made_that_would_break_the_budget(greenroom: House) -> None:
    with MessagesServer([streams.text("Hello"), streams.text("More")]) as server:
        with_model(greenroom, server)
        session_id = talking(greenroom, {"tokens": 1080})
        assert greenroom.ask(request(session_id)).ok
        answer = greenroom.ask(request(session_id))
        assert code(answer) == "budget-exceeded"
        assert answer.error is not None
        assert "raise it with: greenroom budget" in answer.error.message
        assert len(server.requests) == 1
        changes = {"config": {"budget": {"tokens": 50_000}}}
        greenroom.get("update-session", session=session_id, updates=changes)
        assert greenroom.ask(request(session_id)).data["text"] == "More"


def test_a_session_without_a_budget_asks_nobody(greenroom: House) -> None:
    greenroom.converse(SCRIPT)
    session_id = talking(greenroom)
    assert greenroom.ask(request(session_id)).ok
    kinds = {type(event) for event in greenroom.journal(session_id)}
    assert not kinds & {e.BudgetReserved, e.BudgetSettled, e.BudgetOpened}
    assert greenroom.record(session_id).spending is None


def test_children_spend_from_the_budget_of_their_parent(greenroom: House) -> None:
    greenroom.converse(SCRIPT)
    parent = greenroom.create(title="lead")["id"]
    changes = {"config": {"budget": {"tokens": 20_000}}}
    greenroom.get("update-session", session=parent, updates=changes)
    child = talking(greenroom, parent=parent)
    assert greenroom.ask(request(child)).ok
    eventually(lambda: spent(greenroom, parent)["spent"]["tokens"] > 0)
    budget = spent(greenroom, parent)
    assert budget["own"]["tokens"] == 0
    assert spent(greenroom, child)["limits"] is None
    (above,) = spent(greenroom, child)["above"]
    assert (above["session_id"], above["spent"]) == (parent, budget["spent"])


def test_children_side_by_side_do_not_overrun_their_parent(greenroom: House) -> None:
    def answer(_: dict[str, Any]) -> streams.Answer:
        return streams.text("Hello").slowly(0.05)

    with MessagesServer(answer) as server:
        with_model(greenroom, server)
        parent = greenroom.create(title="lead")["id"]
        changes = {"config": {"budget": {"tokens": 5000}}}
        greenroom.get("update-session", session=parent, updates=changes)
        children = [talking(greenroom, parent=parent) for _ in range(2)]
        asked = [greenroom.post(request(child)) for child in children for _ in range(3)]
        answers = [each.result(PATIENCE_SECONDS) for each in asked]
        codes = {code(each) for each in answers if not each.ok}
        allowed = sum(received.body["max_tokens"] for received in server.requests[:1])
    assert codes <= {"budget-exceeded"}
    assert allowed <= 5000
    reserved = [each for each in greenroom.journal(parent) if isinstance(each, e.BudgetReserved)]
    settled = {
        each.key: each.used.tokens
        for each in greenroom.journal(parent)
        if isinstance(each, e.BudgetSettled)
    }
    assert len(reserved) == len(server.requests)
    open_, total = {}, 0
    for event in greenroom.journal(parent):
        if isinstance(event, e.BudgetReserved):
            open_[event.key] = event.amounts.tokens
        elif isinstance(event, e.BudgetSettled):
            total += settled[event.key]
            del open_[event.key]
        assert total + sum(open_.values()) <= 5000


def test_a_call_that_is_cut_off_is_booked_as_an_estimate(greenroom: House) -> None:
    greenroom.converse(SCRIPT)
    session_id = talking(greenroom, {"tokens": 50_000})
    asked = greenroom.post(request(session_id, "wait"))
    eventually(lambda: spent(greenroom, session_id)["reserved"]["tokens"] > 0)
    history = greenroom.get("get-history", session=session_id)["rounds"]
    greenroom.get("cancel", response_id=history[0]["id"])
    assert code(asked.result(PATIENCE_SECONDS)) == "cancelled"
    eventually(lambda: spent(greenroom, session_id)["reserved"]["tokens"] == 0)
    (settled,) = [one for one in greenroom.journal(session_id) if isinstance(one, e.BudgetSettled)]
    assert settled.estimated
    assert 0 < settled.used.tokens < 1000


def test_a_call_ends_when_the_time_is_used_up(greenroom: House) -> None:
    greenroom.converse(SCRIPT)
    session_id = talking(greenroom, {"wall_seconds": 0.3})
    begun = time.monotonic()
    answer = greenroom.ask(request(session_id, "wait"))
    assert code(answer) == "budget-exceeded"
    assert answer.error is not None
    assert f"greenroom budget {session_id} --wall-seconds N" in answer.error.message
    assert time.monotonic() - begun < PATIENCE_SECONDS
    assert code(greenroom.ask(request(session_id))) == "budget-exceeded"
    counted = spent(greenroom, session_id)["spent"]
    assert counted["wall_seconds"] >= 0.3
    assert counted["tokens"] > 0


def test_a_tool_ends_when_the_time_is_used_up(greenroom: House) -> None:
    greenroom.converse(SCRIPT, **demo_server())
    session_id = talking(greenroom, {"wall_seconds": 1})
    answer = greenroom.ask(request(session_id, "slow"))
    assert code(answer) == "budget-exceeded"
    assert answer.error is not None
    assert f"the time of the budget of session {session_id} is used up" in answer.error.message
    assert f"greenroom budget {session_id} --wall-seconds N" in answer.error.message
    assert answer.error.data is not None
    (call,) = answer.error.data["turns"][0].tool_calls
    assert call.status == "unknown"


def test_no_tool_is_called_beyond_the_budget(greenroom: House) -> None:
    greenroom.converse(SCRIPT, **demo_server())
    session_id = talking(greenroom, {"tool_calls": 1})
    assert greenroom.ask(request(session_id, "add")).data["text"] == "Hello yourself."
    assert spent(greenroom, session_id)["spent"]["tool_calls"] == 1
    answer = greenroom.ask(request(session_id, "add"))
    assert code(answer) == "budget-exceeded"
    assert answer.error is not None
    assert answer.error.data is not None
    (call,) = answer.error.data["turns"][0].tool_calls
    assert call.status == "denied"
    assert call.result.content.startswith("not run: the budget of place allows 1 tool call")
    assert greenroom.ask(request(session_id)).ok


def test_of_calls_side_by_side_each_is_told_what_became_of_it(greenroom: House) -> None:
    ledger = greenroom.place / "ledger"
    looks = [{"tool": "ledger.look", "parameters": {"text": f"at {n}"}} for n in range(12)]
    server = {"command": sys.executable, "args": [str(PEERS / "mcp_ledger.py"), str(ledger)]}
    servers = {"ledger": {**server, "trust_hints": True}}
    greenroom.converse([{"when": "many", "reply": looks}], mcp_servers=servers)
    session_id = talking(greenroom, {"tool_calls": 5})
    answer = greenroom.ask(request(session_id, "many"))
    assert code(answer) == "budget-exceeded"
    assert answer.error is not None
    assert answer.error.data is not None
    calls = answer.error.data["turns"][0].tool_calls
    made = [one for one in calls if one.status == "completed"]
    assert len(ledger.read_text().splitlines()) == len(made) == 5
    refused = [one.result.content for one in calls if one.status == "denied"]
    assert len(refused) == len(calls) - len(made)
    assert all(text.startswith("not run: ") for text in refused)
    eventually(lambda: not spent(greenroom, session_id)["reserved"]["tool_calls"])
    assert spent(greenroom, session_id)["spent"]["tool_calls"] == 5


def test_summaries_and_retries_are_calls_like_others(greenroom: House) -> None:
    model = NarrowModel()
    with model.server() as server:
        with_model(greenroom, server)
        config = {"context_strategy": "summarize", "max_tokens": 200}
        made = greenroom.create(worker={"type": "conversation"}, config=config)
        changes = {"config": {"budget": {"tokens": 10_000_000}}}
        greenroom.get("update-session", session=made["id"], updates=changes)
        while not model.summaries:
            assert greenroom.ask(request(made["id"], "and then? " * 30)).ok
        calls = len(server.requests)
    journal = greenroom.journal(made["id"])
    reserved = [each.key for each in journal if isinstance(each, e.BudgetReserved)]
    settled = {each.key for each in journal if isinstance(each, e.BudgetSettled)}
    assert len(reserved) == len(set(reserved)) == calls
    assert settled == set(reserved)
    metrics = greenroom.record(made["id"]).metrics
    assert spent(greenroom, made["id"])["spent"]["tokens"] == metrics.total_tokens


def test_a_call_that_fails_is_settled_and_made_again(greenroom: House) -> None:
    overloaded = streams.error(529, "overloaded_error", "busy")
    with MessagesServer([overloaded, streams.text("Hello")]) as server:
        with_model(greenroom, server)
        session_id = talking(greenroom, {"tokens": 50_000})
        assert greenroom.ask(request(session_id)).ok
    journal = greenroom.journal(session_id)
    used = [each.used.tokens for each in journal if isinstance(each, e.BudgetSettled)]
    assert len(server.requests) == 2
    assert used[0] == 0
    assert spent(greenroom, session_id)["spent"]["tokens"] == used[1] > 0


def test_a_stream_that_breaks_costs_what_was_counted_of_it(greenroom: House) -> None:
    broken = streams.text("Hello you").first(3, "dropped")
    with MessagesServer([broken, streams.text("Hello")]) as server:
        with_model(greenroom, server)
        session_id = talking(greenroom, {"tokens": 50_000})
        assert greenroom.ask(request(session_id)).ok
    journal = greenroom.journal(session_id)
    first, second = [each for each in journal if isinstance(each, e.BudgetSettled)]
    prompt = sum(streams.USAGE.values()) - streams.USAGE["output_tokens"]
    assert first.estimated
    assert prompt <= first.used.tokens < server.counted_tokens + 100
    assert not second.estimated


def test_an_unknown_price_says_what_to_do(greenroom: House) -> None:
    greenroom.converse(SCRIPT)
    session_id = talking(greenroom, {"usd": 5})
    assert code(greenroom.ask(request(session_id))) == "price-unknown"
    changes = {"config": {"budget": {"allow_unknown_prices": True}}}
    greenroom.get("update-session", session=session_id, updates=changes)
    assert greenroom.ask(request(session_id)).ok
    assert spent(greenroom, session_id)["spent"]["unpriced_calls"] == 1


def test_a_parent_that_sleeps_is_woken_and_one_that_is_deleted_has_no_say(
    greenroom: House,
) -> None:
    greenroom.converse(SCRIPT)
    parent = greenroom.create(title="lead")["id"]
    changes = {"config": {"budget": {"tokens": 100}}}
    greenroom.get("update-session", session=parent, updates=changes)
    child = talking(greenroom, parent=parent)
    greenroom.again()
    assert greenroom.node("sessions", parent) is None
    assert code(greenroom.ask(request(child))) == "budget-exceeded"
    greenroom.get("delete-session", session=parent)
    assert greenroom.ask(request(child)).ok


def test_a_budget_limits_also_what_is_below_one_that_was_deleted(greenroom: House) -> None:
    greenroom.converse(SCRIPT)
    root = greenroom.create(title="root")["id"]
    middle = greenroom.create(title="middle", parent=root)["id"]
    child = talking(greenroom, parent=middle)
    changes = {"config": {"budget": {"tokens": 100}}}
    greenroom.get("update-session", session=root, updates=changes)
    assert code(greenroom.ask(request(child))) == "budget-exceeded"
    greenroom.get("delete-session", session=middle)
    assert code(greenroom.ask(request(child))) == "budget-exceeded"
    greenroom.get("purge-session", all=True)
    greenroom.again()
    assert code(greenroom.ask(request(child))) == "budget-exceeded"
    assert [above["session_id"] for above in spent(greenroom, child)["above"]] == [root]
    below = talking(greenroom, parent=child)
    assert greenroom.record(below).ancestors == (child, middle, root)


def test_a_workspace_gives_each_session_a_budget(greenroom: House) -> None:
    greenroom.converse(SCRIPT, budget={"tokens": 100})
    session_id = talking(greenroom)
    assert code(greenroom.ask(request(session_id))) == "budget-exceeded"
    assert spent(greenroom, session_id)["limits_from"] == "workspace"
    nothing = dict.fromkeys(("tokens", "usd", "tool_calls", "wall_seconds"))
    changes = {"config": {"budget": nothing}}
    greenroom.get("update-session", session=session_id, updates=changes)
    assert greenroom.ask(request(session_id)).ok
