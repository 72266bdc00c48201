"""What a peer is sent that does not read."""

import asyncio
import socket

from actors.control.frames import read_frame
from actors.control.peer import GROWING_LIMIT_BYTES, Peer
from storage import codec
from storage.records.conversation import Turn, TurnGrew, TurnStatus
from storage.records.message import TextContent
from storage.records.request import Answer
from tests.actors.decisions.given import NOW


def grew(characters: int, status: TurnStatus = "streaming") -> TurnGrew:
    text = TextContent("x" * characters)
    turn = Turn(number=0, status=status, content=(text,), started_at=NOW)
    return TurnGrew("session", "session-r", turn)


async def shown_to_one_who_does_not_read() -> tuple[int, list[int]]:
    """The most bytes that waited for it, and the lengths of the texts that it saw in the end."""
    ours, theirs = socket.socketpair()
    _, writer = await asyncio.open_unix_connection(sock=ours)
    reader, other = await asyncio.open_unix_connection(sock=theirs)
    other.transport.pause_reading()  # type: ignore[attr-defined]  # every socket's has it
    peer = Peer(writer)
    show = peer.grown({"id": "r"})
    most = 0
    for characters in range(0, 100_000_000, 100_000):
        assert show(grew(characters % 1_000_000 + 1))
        await asyncio.sleep(0)
        most = max(most, peer.backlog_bytes)
    show(grew(7, "completed"))
    peer.from_any_thread(Answer(id="r", type="request", ok=True))
    other.transport.resume_reading()  # type: ignore[attr-defined]
    texts = []
    while True:
        frame = codec.decode(await read_frame(reader, 20) or b"{}", dict)
        if "ok" in frame:
            break
        texts.append(len(frame["turn"]["content"][0]["text"]))
    for one in (writer, other):
        one.close()
        await one.wait_closed()
    return most, texts


def test_one_who_does_not_read_is_sent_no_more_growing_turns_but_the_last() -> None:
    most, texts = asyncio.run(shown_to_one_who_does_not_read())
    assert most < GROWING_LIMIT_BYTES + 2_000_000
    assert len(texts) < 100
    assert texts[-1] == 7
