"""When a session gives back what it holds."""

import gc

from actors.sessions.session_actor import SessionActor
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House


def test_a_deleted_session_is_let_go_of_at_once(greenroom: House) -> None:
    """And not kept for a timer that waits, or for news of its terminal."""
    session_id, _ = greenroom.shell()
    assert greenroom.get("delete-session", session=session_id) == {"deleted": True}

    def is_held() -> bool:
        gc.collect()
        actors = [each for each in gc.get_objects() if type(each) is SessionActor]
        return session_id in {actor.session_id for actor in actors}

    eventually(lambda: not is_held(), seconds=PATIENCE_SECONDS)
