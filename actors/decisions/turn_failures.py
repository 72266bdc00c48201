"""PURE: a call of the model has failed: it is made again after a pause, or its request fails.

A failure that may pass is tried again a few times. A usage limit that says when it ends is waited
for, as long as the workspace allows. What came of the call is booked as an estimate.
"""

from datetime import timedelta
from math import ceil

from actors.decisions import conversation, metrics
from actors.decisions.decision import Decision, Draft, Given
from actors.messages import outcomes as o
from actors.messages.effects import AskModel
from storage.records import event as e
from storage.records.conversation import Cost, Failure, Turn, Usage
from storage.state import SessionState

RETRY_LIMIT = 3
"""How often a failed call is made again before the request fails."""
RETRY_FIRST_SECONDS = 0.5
RETRY_AFTER_CAP_SECONDS = 60.0
"""A provider that says it takes calls again later than this has reached a usage limit."""


def turn_failed(state: SessionState, outcome: o.TurnFailed, given: Given) -> Decision:
    draft = Draft(state, given)
    turn = conversation.current(state, outcome.response_id, outcome.number)
    if turn is None:
        return draft.decision()
    usage, cost = _booked(draft, turn, outcome)
    if _is_usage_limit(outcome) and usage is None:
        _wait(draft, turn, outcome)
    elif outcome.retryable and turn.retries < RETRY_LIMIT:
        attempt = turn.retries + 1
        delay = _delay(attempt, outcome.retry_after_seconds)
        number, text = turn.number, outcome.message
        draft.add(e.TurnRetried(outcome.response_id, number, attempt, text, delay, usage, cost))
        draft.want(AskModel(outcome.response_id, number, delay))
    else:
        failure = Failure(code=outcome.code, message=outcome.message)
        _give_up(draft, turn, outcome, failure, usage, cost)
    return draft.decision()


def _booked(draft: Draft, turn: Turn, outcome: o.TurnFailed) -> tuple[Usage | None, Cost | None]:
    """What the provider counted before it broke off, and at least what had come; None: nothing."""
    if outcome.usage is None and not outcome.content:
        return None, None
    usage, cost = metrics.cut_off(draft, turn, outcome.content, outcome.usage)
    draft.add(metrics.after_cut(draft.state.record.metrics, usage, cost))
    return usage, cost


def _is_usage_limit(outcome: o.TurnFailed) -> bool:
    after = outcome.retry_after_seconds or 0
    return outcome.code == "rate-limited" and after > RETRY_AFTER_CAP_SECONDS


def _wait(draft: Draft, turn: Turn, outcome: o.TurnFailed) -> None:
    after = outcome.retry_after_seconds or 0
    longest = draft.given.settings().conversation.usage_limit_wait_seconds
    waited = (draft.given.now - turn.started_at).total_seconds()
    if waited + after > longest:
        text = (
            f"{_sentence(outcome.message)} It takes calls again in {_lasting(after)}, and at most"
            f" {longest:g} s are waited (conversation.usage_limit_wait_seconds in workspace.json);"
            " send the request again then"
        )
        failure = Failure(code="usage-limit", message=text)
        _give_up(draft, turn, outcome, failure, None, None)
        return
    until = draft.given.now + timedelta(seconds=after)
    draft.add(e.UsageLimitReached(outcome.response_id, turn.number, outcome.message, until))
    draft.want(AskModel(outcome.response_id, turn.number, after))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _lasting(seconds: float) -> str:
    """`2 h 5 min`, whole minutes, rather too many."""
    hours, minutes = divmod(ceil(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _give_up(
    draft: Draft,
    turn: Turn,
    outcome: o.TurnFailed,
    failure: Failure,
    usage: Usage | None,
    cost: Cost | None,
) -> None:
    draft.add(
        e.TurnCompleted(
            response_id=outcome.response_id,
            number=turn.number,
            status="error",
            content=outcome.content,
            usage=usage,
            cost=cost,
            estimated=usage is not None,
            error=failure.message,
        )
    )
    conversation.finish(draft, outcome.response_id, "failed", failure)


def _delay(attempt: int, retry_after_seconds: float | None) -> float:
    if retry_after_seconds is not None:
        return min(retry_after_seconds, RETRY_AFTER_CAP_SECONDS)
    return RETRY_FIRST_SECONDS * float(2 ** (attempt - 1))
