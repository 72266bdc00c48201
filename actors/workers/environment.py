"""The environment that a worker's process gets: the user's own, without what is secret."""

from collections.abc import Mapping

from actors.decisions.left_over import policy_of
from actors.entry import without_keys
from actors.surroundings import Surroundings
from storage.records.worker import AgentWorker, TerminalWorker

_OF_THE_STARTER = frozenset({"OLDPWD", "PWD", "SHLVL", "_", "COLUMNS", "LINES"})
"""What a shell says of itself and of its own terminal."""


def environment_of(worker: TerminalWorker, around: Surroundings) -> dict[str, str]:
    """That of whoever ran `start`, less secrets, plus ours and what the request added.

    An agent keeps those secrets that its definition names.
    """
    kept = without_secrets(around.environ) | _named_secrets(worker, around.environ)
    ours = {
        "GREENROOM_HOME": str(around.data.root),
        "GREENROOM_INSTANCE": around.data.instance,
        "GREENROOM_ORPHANS": policy_of(worker),
        "TERM": "xterm-256color",
    }
    return {**kept, **ours, **worker.env}


def _named_secrets(worker: TerminalWorker, environ: Mapping[str, str]) -> dict[str, str]:
    definition = worker.definition if isinstance(worker, AgentWorker) else None
    names = definition.env if definition else ()
    return {name: environ[name] for name in names if name in environ}


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Without keys, tokens, secrets and passwords, and without the mark of another greenroom."""
    return {
        name: value
        for name, value in without_keys(environ).items()
        if not name.startswith("GREENROOM_") and name not in _OF_THE_STARTER
    }
