"""Conversations to be made to fit: whole rounds of turns with tool calls, and what may go wrong."""

from hypothesis import strategies as st
from msgspec.structs import replace

from actors.decisions.context.parts import Size
from actors.decisions.history import valid_history
from storage.records.message import ChatMessage, Role
from tests.actors.decisions.test_history import MESSAGES, answer, asked, said

WORDS = st.sampled_from(["apple", "pear", "quince", "plum", "fig"])
TEXTS = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[ChatMessage, ...]:
    """As a session records them, under ids of their own."""
    made: list[ChatMessage] = []
    for number in range(draw(st.integers(1, 8))):
        made.append(said("user", draw(TEXTS), name=f"u{number}"))
        for turn in range(draw(st.integers(0, 3))):
            calls = [f"{number}-{turn}-{call}" for call in range(draw(st.integers(0, 2)))]
            made.append(asked(*calls) if calls else said("assistant", draw(TEXTS)))
            made += [answer(call, draw(TEXTS)) for call in calls]
        if draw(st.integers(0, 5)) == 0:
            made.append(said("system", draw(TEXTS)))
    return numbered(made)


def numbered(messages: list[ChatMessage]) -> tuple[ChatMessage, ...]:
    return tuple(replace(each, id=f"m{at}") for at, each in enumerate(messages))


HISTORIES = rounds() | MESSAGES.map(lambda found: valid_history(numbered(found)))


def words(message: ChatMessage) -> int:
    """A size that is easy to reckon with: one for the message, and its words."""
    blocks = (getattr(b, "text", None) or getattr(b, "content", "") for b in message.content)
    return 1 + sum(len(str(text).split()) for text in blocks)


SIZE: Size = words


def talk(*said_by: tuple[Role, str]) -> tuple[ChatMessage, ...]:
    return numbered([said(role, text) for role, text in said_by])
