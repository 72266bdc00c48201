"""PURE: may a call be made, out of what is left of a session's budget, and what did it use?

What is set aside for calls under way counts as spent until they say what they used; so no sequence
of calls, side by side or cut off, passes a limit. Of several budgets each one decides for itself.
"""

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from actors.decisions.decision import Decision, Draft, Given, Ready, Verdict
from actors.messages.budget import Granted, ReserveBudget, SettleBudget
from storage.records import event as e
from storage.records.budget import Amounts, Limit, Reservation, Spending, shares
from storage.records.config import Budget
from storage.records.conversation import Usage
from storage.records.request import Refusal
from storage.records.session import Session
from storage.records.workspace import WorkspaceSettings
from storage.state import SessionState

LEAST_TOKENS = 1024
"""An answer that may not be this long is not asked for, unless it was never to be longer."""
WARN_AT = 0.8

Price = Callable[[int], Decimal]
"""US dollars of a call with so many tokens of answer, at list price."""


def in_force(session: Session, settings: WorkspaceSettings) -> Budget | None:
    """The session's own budget, whole, in place of the one that its workspace gives to each."""
    own = session.config.budget if session.config else None
    return settings.budget if own is None else own


def reserve(state: SessionState, command: ReserveBudget, given: Given) -> Verdict:
    """Set aside what the call may use at most, before it is made; refused if that is not left.

    The same key again replaces what was set aside under it.
    """
    budget = in_force(state.record, given.settings())
    if budget is None:  # it was lifted a moment ago
        return Decision(reply=Ready(lambda _: Granted(command.max_tokens)))
    draft = Draft(state, given)
    open_account(draft)
    _settle_cut_off(draft, command)
    counted = _Counted(draft.state, budget, command)
    price = _price(command, given)
    is_unpriced = _is_of_model(command) and price is None
    if is_unpriced and budget.usd is not None and not budget.allow_unknown_prices:
        return _price_unknown(state.record, command)
    max_tokens = counted.answer(price)
    refusal = counted.refusal(max_tokens, price)
    if refusal:
        return refusal
    draft.add(_reserved(command, max_tokens, price))
    warn(draft, before=near(state, budget))
    granted = Granted(max_tokens, counted.seconds_left)
    return draft.decision(Ready(lambda _: granted))


def open_account(draft: Draft) -> None:
    """Count from here on, beginning with what the session itself has used so far."""
    if draft.state.record.spending is None:
        draft.add(e.BudgetOpened(used_before(draft.state)))


def _is_of_model(command: ReserveBudget) -> bool:
    return command.model is not None


def _reserved(command: ReserveBudget, max_tokens: int, price: Price | None) -> e.BudgetReserved:
    is_unpriced = _is_of_model(command) and price is None
    return e.BudgetReserved(
        key=command.key,
        by=command.by,
        life=command.life,
        amounts=Amounts(
            tokens=command.prompt_tokens + max_tokens,
            usd=price(max_tokens) if price else Decimal(0),
            tool_calls=command.tool_calls,
            unpriced_calls=int(is_unpriced),
        ),
        estimated=command.estimated,
        at=command.at,
    )


def _settle_cut_off(draft: Draft, command: ReserveBudget) -> None:
    """What a crash left open has used, for all that is known, whatever was set aside for it.

    So it is with reservations of an earlier run, and with the other ones of a session that calls
    its model: whatever it did before has ended.
    """
    for one in draft.state.reservations:
        over = _is_of_model(command) and one.by == command.by and one.key != command.key
        if one.life != command.life or over:
            draft.add(e.BudgetSettled(key=one.key, used=one.amounts, estimated=True))


def _price(command: ReserveBudget, given: Given) -> Price | None:
    """The dearer of two ways: a prompt that is cached for later costs more than a plain one."""
    model, prompt = command.model, command.prompt_tokens

    def usd(answer: int, cached: int) -> Decimal | None:
        usage = Usage(prompt_tokens=prompt, completion_tokens=answer, cache_write_tokens=cached)
        cost = given.prices.cost(usage, model or "", command.provider)
        return cost.usd if cost else None

    if model is None or usd(0, 0) is None:
        return None
    return lambda answer: max(usd(answer, 0) or Decimal(0), usd(answer, prompt) or Decimal(0))


class _Counted:
    """One budget, what is left of it, and what a call asks of it."""

    def __init__(self, state: SessionState, budget: Budget, command: ReserveBudget) -> None:
        self._session = state.record
        self._budget = budget
        self._command = command
        others = [one for one in state.reservations if one.key != command.key]
        spent = (state.record.spending or Spending()).spent
        running = max(0.0, command.at - state.counted_until) if others else 0.0
        under_way = sum((one.amounts for one in others), Amounts())
        self._used = spent + under_way + Amounts(wall_seconds=running)

    def _left(self, limit: Limit) -> float | Decimal | None:
        most = getattr(self._budget, limit)
        if most is None:
            return None
        left: float | Decimal = most - getattr(self._used, limit)
        return left

    @property
    def seconds_left(self) -> float | None:
        left = self._left("wall_seconds")
        return None if left is None else float(left)

    def answer(self, price: Price | None) -> int:
        """The most tokens of answer that are left, up to what is wanted; less than 0 is none."""
        most, tokens, usd = self._command.max_tokens, self._left("tokens"), self._left("usd")
        if tokens is not None:
            most = min(most, int(tokens) - self._command.prompt_tokens)
        if usd is not None and price is not None:
            most = _affordable(price, Decimal(usd), most)
        return most

    def refusal(self, max_tokens: int, price: Price | None) -> Refusal | None:
        """The limit that the call would break, in words."""
        if self.seconds_left is not None and self.seconds_left <= 0:
            return self._exceeded("wall_seconds", "no time is left")
        tool_calls, wanted = self._left("tool_calls"), self._command.tool_calls
        if wanted and tool_calls is not None and tool_calls < wanted:
            return self._exceeded("tool_calls", "one more is asked for")
        if not _is_of_model(self._command) or max_tokens >= self._command.least:
            return None
        tokens = self._left("tokens")
        needed = self._command.prompt_tokens + self._command.least
        if tokens is not None and tokens < needed:
            return self._exceeded("tokens", f"the next call needs {needed:,}")
        usd = price(self._command.least) if price else Decimal(0)
        return self._exceeded("usd", f"the next call may cost ${usd:.4f}")

    def _exceeded(self, limit: Limit, wanted: str) -> Refusal:
        session = self._session
        used, most = getattr(self._used, limit), getattr(self._budget, limit)
        option = f"--{limit.replace('_', '-')}"
        gone = f"{_shown(limit, used)} {'is' if used == 1 else 'are'} spent or set aside"
        return Refusal(
            code="budget-exceeded",
            message=f"the budget of {session.title} allows {_shown(limit, most)}; "
            f"{gone}, and {wanted}; raise it with: "
            f"greenroom budget {session.id} {option} N",
            data={"session": session.id, "limit": limit},
        )


def _affordable(price: Price, usd: Decimal, wanted: int) -> int:
    """The longest answer up to `wanted` tokens that `usd` pays for; -1 if none does."""
    low, high = -1, wanted
    while low < high:
        middle = (low + high + 1) // 2
        if price(middle) <= usd:
            low = middle
        else:
            high = middle - 1
    return low


_UNITS: dict[Limit, str] = {
    "tokens": "{:,} tokens",
    "usd": "${:.4f}",
    "tool_calls": "{:,} tool calls",
    "wall_seconds": "{:,.1f} seconds",
}


def _shown(limit: Limit, amount: float | Decimal) -> str:
    shown = _UNITS[limit].format(amount)
    return shown.removesuffix("s") if amount == 1 else shown


def _price_unknown(session: Session, command: ReserveBudget) -> Refusal:
    return Refusal(
        code="price-unknown",
        message=f"the budget of {session.title} is in US dollars, and nobody knows the price of "
        f"{command.model} at {command.provider}; let it pass with: greenroom budget {session.id} "
        "--allow-unknown-prices (--tokens N limits it all the same)",
        data={"session": session.id, "limit": "usd"},
    )


def settle(state: SessionState, command: SettleBudget, given: Given) -> Decision:
    """Book what a call used in place of what was set aside. Once: the key is then forgotten."""
    found = next((one for one in state.reservations if one.key == command.key), None)
    if found is None:
        return Decision()
    draft = Draft(state, given)
    running = max(0.0, command.until - state.counted_until)
    draft.add(
        e.BudgetSettled(
            key=command.key,
            used=replace(_used(found, command, given), wall_seconds=running),
            estimated=command.estimated,
            until=max(command.until, state.counted_until),
        )
    )
    warn(draft, before=near(state, in_force(state.record, given.settings())))
    return draft.decision()


def _used(found: Reservation, command: SettleBudget, given: Given) -> Amounts:
    """An answer of a model that nobody has a price for costs what was set aside."""
    usage = command.usage
    tokens = max(0, usage.prompt_tokens) + max(0, usage.completion_tokens)
    used = Amounts(tokens=tokens, tool_calls=command.tool_calls)
    if command.model is None or not tokens:
        return used
    cost = given.prices.cost(usage, command.model, command.provider)
    if cost is None and found.amounts.unpriced_calls:
        return replace(used, unpriced_calls=1)
    return replace(used, usd=max(Decimal(0), cost.usd) if cost else found.amounts.usd)


def near(state: SessionState, budget: Budget | None) -> dict[Limit, float]:
    """The limits that are all but used up, with how much of each is spent."""
    spent = (state.record.spending or Spending()).spent
    of_each = shares(budget, spent) if budget else {}
    return {limit: share for limit, share in of_each.items() if share >= WARN_AT}


def warn(draft: Draft, *, before: dict[Limit, float]) -> None:
    """Tell of limits that were not near until now."""
    after = near(draft.state, in_force(draft.state.record, draft.given.settings()))
    for limit, share in after.items():
        if limit not in before:
            draft.add(e.BudgetWarning(limit, share))


def used_before(state: SessionState) -> Amounts:
    """What the session itself had used when it was first counted, as far as its rounds tell."""
    metrics = state.record.metrics
    turns = [turn for each in (*state.rounds, *state.open_rounds) for turn in each.turns]
    calls = [call for turn in turns for call in turn.tool_calls]
    return Amounts(
        tokens=metrics.total_tokens,
        usd=metrics.estimated_cost or Decimal(0),
        tool_calls=sum(call.status in {"completed", "failed", "unknown"} for call in calls),
        wall_seconds=sum(
            (turn.completed_at - turn.started_at).total_seconds()
            for turn in turns
            if turn.completed_at
        ),
        unpriced_calls=sum(turn.usage is not None and turn.cost is None for turn in turns),
    )
