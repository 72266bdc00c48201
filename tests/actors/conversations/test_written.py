from actors.conversations.written import WrittenTurns
from storage.records.conversation import Turn
from storage.records.message import TextContent
from tests.storage.histories import START


def turn(text: str) -> Turn:
    content = (TextContent(text),)
    return Turn(number=0, status="streaming", model="m", started_at=START, content=content)


def test_the_latest_of_each_turn_is_there_until_it_is_dropped() -> None:
    written = WrittenTurns()
    written.put("one", turn("a"))
    written.put("one", turn("ab"))
    written.put("two", turn("c"))
    assert written.turn("one") == turn("ab")
    assert written.contents() == {"one": (TextContent("ab"),), "two": (TextContent("c"),)}
    written.drop("one")
    written.drop("one")
    assert written.turn("one") is None
    assert set(written.contents()) == {"two"}
