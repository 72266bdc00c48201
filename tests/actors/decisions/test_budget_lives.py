"""Whatever is called, side by side, cut off or crashed: what is used never passes a limit."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.decisions import table
from actors.messages.budget import ReserveBudget
from storage.records import request as r
from storage.records.budget import Amounts
from storage.records.config import StrictBudget
from tests.actors.decisions.given import ID, Play
from tests.actors.decisions.test_budget import asks, granted, tool, used

LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "tokens": st.integers(0, 12_000),
        "usd": st.integers(0, 120).map(Decimal),
        "tool_calls": st.integers(0, 4),
    },
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("model"), st.integers(0, 3), st.integers(1, 4000)),
        st.tuples(st.just("tool"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("end"), st.integers(0, 20), st.integers(0, 100)),
        st.tuples(st.just("crash"), st.just(0), st.just(0)),
        st.tuples(st.just("raise"), st.just(0), st.integers(0, 3000)),
    ),
    max_size=40,
)


class Calls:
    """What is really made and used, beside what the session thinks of it."""

    def __init__(self, limits: dict[str, Any]) -> None:
        config = r.StrictConfig(model="known", budget=StrictBudget(**limits))
        self.play = Play.of(r.CreateWorkerRequest(type="conversation"), config=config)
        self.limits = limits
        self.open: dict[str, tuple[str, Amounts]] = {}
        self.used = Amounts()
        self.life = 0
        self.number = 0

    def step(self, kind: str, which: int, amount: int) -> None:
        match kind:
            case "model":
                self.begins(asks, f"child-{which}", max_tokens=amount, least=min(amount, 1024))
            case "tool":
                self.begins(tool, f"child-{which}")
            case "end" if self.open:
                key = sorted(self.open)[which % len(self.open)]
                self.ends(key, amount)
            case "crash":
                for key in list(self.open):
                    self.used += self.open.pop(key)[1]  # it may have used all of it
                self.life += 1
            case "raise" if "tokens" in self.limits:
                self.limits["tokens"] += amount
                changes = {"config": {"budget": {"tokens": self.limits["tokens"]}}}
                self.play.decide(r.UpdateSession(session=ID, updates=changes))

    def begins(self, make: Any, by: str, **more: Any) -> None:
        self.number += 1
        asked: ReserveBudget = make(f"key-{self.number}", by=by, life=str(self.life), **more)
        if asked.model is not None:
            for key in [key for key, (who, _) in self.open.items() if who == by]:
                self.used += self.open.pop(key)[1]  # what it did before has ended, unheard
        if isinstance(table.decide(self.play.state, asked, self.play.given), r.Refusal):
            return
        answer = granted(self.play, replace(asked))
        tokens = asked.prompt_tokens + answer.max_tokens
        most = Amounts(tokens=tokens, usd=Decimal(tokens) / 100, tool_calls=asked.tool_calls)
        self.open[asked.key] = by, most

    def ends(self, key: str, percent: int) -> None:
        _, most = self.open.pop(key)
        answer = max(0, most.tokens - 100) * percent // 100
        prompt = min(most.tokens, 100)
        calls = most.tool_calls
        model = "known" if most.tokens else None
        self.play.decide(used(key, prompt, answer, tool_calls=calls, model=model))
        tokens = prompt + answer
        self.used += Amounts(tokens=tokens, usd=Decimal(tokens) / 100, tool_calls=calls)

    def look(self) -> None:
        whole = sum((most for _, most in self.open.values()), self.used)
        for limit, most in self.limits.items():
            assert getattr(whole, limit) <= most, limit
        spending = self.play.session.spending
        if spending is not None:
            assert spending.spent.tokens + spending.reserved.tokens >= whole.tokens


@settings(deadline=None, max_examples=200)
@given(LIMITS, STEPS)
def test_no_sequence_of_calls_and_crashes_passes_a_limit(
    limits: dict[str, Any], steps: list[tuple[str, int, int]]
) -> None:
    calls = Calls(dict(limits))
    for step in steps:
        calls.step(*step)
        calls.look()
    assert calls.play.replayed().record.spending == calls.play.session.spending
