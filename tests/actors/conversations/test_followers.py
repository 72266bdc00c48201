from actors.conversations.followers import Followers
from actors.messages.recording import Published, TurnGrew
from tests.storage.histories import START


def test_a_follower_hears_of_its_own_response_until_it_is_dropped() -> None:
    followers = Followers()
    heard: list[TurnGrew] = []
    followers.follow("one", heard.append)
    for response_id in ("one", "two"):
        followers.hear(TurnGrew("session", response_id, None))
    followers.hear(Published("session", START, (), None))
    followers.drop("one")
    followers.drop("one")
    followers.hear(TurnGrew("session", "one", None))
    assert [notice.response_id for notice in heard] == ["one"]
