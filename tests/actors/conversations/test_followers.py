from actors.conversations.followers import Followers
from actors.messages.recording import Published
from storage.records.conversation import TurnGrew
from tests.storage.histories import START


def test_a_follower_hears_of_its_own_response_until_it_is_dropped() -> None:
    followers = Followers()
    heard: list[TurnGrew] = []
    followers.follow("one", heard.append)
    for response_id in ("one", "two"):
        followers.hear(TurnGrew("session", response_id, None))
    followers.hear(Published("session", 1, START, (), None))
    followers.drop("one")
    followers.drop("one")
    followers.hear(TurnGrew("session", "one", None))
    assert [notice.response_id for notice in heard] == ["one"]


def test_a_follower_that_wants_no_more_is_let_go_of() -> None:
    followers = Followers()
    heard: list[TurnGrew] = []

    def hear(notice: TurnGrew) -> bool:
        heard.append(notice)
        return len(heard) < 2

    followers.follow("one", hear)
    for _ in range(3):
        followers.hear(TurnGrew("session", "one", None))
    assert len(heard) == 2
