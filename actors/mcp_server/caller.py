"""PURE: for whom the tools act, by the marks that greenroom puts into an environment.

An agent in one of our terminals, or a conversation that has us as a tool server, is a session.
Whoever has no mark of this data directory is a person.
"""

from collections.abc import Mapping

NOBODY = ""
"""The caller of a server that several sessions share: none of them may be taken for another."""


def caller_of(environ: Mapping[str, str], instance: str) -> str | None:
    """The id of the session, `NOBODY` for one that cannot be known, None for a person."""
    if environ.get("GREENROOM_INSTANCE") != instance:
        return None
    worker = environ.get("GREENROOM_WORKER")
    if worker:
        return worker.partition("/")[0]
    server = environ.get("GREENROOM_SERVER", "")
    if server.startswith("workspace:"):
        return NOBODY
    return server.partition("/")[0] or None
