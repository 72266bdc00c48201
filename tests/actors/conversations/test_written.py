from actors.conversations.written import WrittenTurns
from storage.records.conversation import Turn, Usage
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


def test_a_call_is_under_way_until_it_came_back_or_its_turn_is_dropped() -> None:
    written, counted = WrittenTurns(), Usage(prompt_tokens=5)
    for response_id in ("one", "two"):
        written.sent(response_id, None)
        written.sent(response_id, counted)
    assert written.under_way() == {"one": counted, "two": counted}
    written.came_back("one")
    written.drop("two")
    assert written.under_way() == {}
