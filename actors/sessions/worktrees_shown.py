"""Answers what a session's directory holds, as git sees it: whoever asks hears of it in time.

Git runs in threads that may be held up there; where nothing comes, the answer says so.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from actors.git.diff import diff
from actors.git.looks import shown_of, unanswered
from actors.messages.session import Reply
from actors.surroundings import Surroundings
from storage.records.request import GetDiff, Refusal
from storage.records.session import Session, SessionInfo

if TYPE_CHECKING:
    from concurrent.futures import Future

LOOK_SECONDS = 10.0
DIFF_SECONDS = 50.0
"""Less than the command line waits for an answer."""


def tell_look(around: Surroundings, session: Session, reply: Reply) -> None:
    """How it is now, after `LOOK_SECONDS` at most."""
    told = around.looks.fresh(session)
    told.add_done_callback(lambda seen: _tell(seen, reply))
    around.clock.after(
        LOOK_SECONDS, lambda: reply.send(unanswered(session, LOOK_SECONDS, around.clock))
    )


def tell_diff(around: Surroundings, session: Session, asked: GetDiff, reply: Reply) -> None:
    """What changed there, after `DIFF_SECONDS` at most."""
    git = around.looks.git(Path("/"))
    told = around.looks.run(lambda: diff(session, git, asked.form, asked.max_bytes))
    told.add_done_callback(lambda seen: _tell(seen, reply))
    text = f"the changes could not be told within {DIFF_SECONDS:g} s; compare by hand with git diff"
    late = Refusal(code="git-failed", message=text)
    around.clock.after(DIFF_SECONDS, lambda: reply.send(late))


def _tell(done: "Future[Any]", reply: Reply) -> None:
    error = done.exception()
    if error is None:
        reply.send(done.result())
        return
    text = f"the directory could not be looked at: {error}; see greenroom logs"
    reply.send(Refusal(code="internal-error", message=text))


def tell_listing(
    around: Surroundings, sessions: list[Session], infos: list[SessionInfo], reply: Reply
) -> None:
    """The listing with how their directories were last seen. On the pool: it waits a little."""
    looks = around.looks.known(sessions)
    told = [
        replace(info, **shown_of(session, looks[session.id]))
        for session, info in zip(sessions, infos, strict=True)
    ]
    reply.send({"sessions": told})
