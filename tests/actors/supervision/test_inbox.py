"""Nobody who asked is left waiting, whichever of asking and closing came first."""

import pykka
import pytest
from pykka._envelope import Envelope

from actors.supervision.inbox import Inbox


def ask(inbox: Inbox) -> pykka.Future[None]:
    answer: pykka.ThreadingFuture[None] = pykka.ThreadingFuture()
    inbox.put(Envelope("question", reply_to=answer))
    return answer


@pytest.mark.parametrize("close_first", [True, False])
def test_an_ask_beside_the_closing_is_refused(close_first: bool) -> None:
    inbox = Inbox()
    if close_first:
        inbox.close()
        answer = ask(inbox)
    else:
        answer = ask(inbox)
        inbox.close()
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=1)


def test_a_tell_into_a_closed_inbox_is_dropped() -> None:
    inbox = Inbox()
    inbox.close()
    inbox.put(Envelope("news"))
    assert inbox.empty()


def test_messages_come_out_in_the_order_they_went_in() -> None:
    inbox = Inbox()
    for number in range(5):
        inbox.put(number)
    assert [inbox.get() for _ in range(5)] == [0, 1, 2, 3, 4]
