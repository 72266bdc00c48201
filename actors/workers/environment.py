"""The environment that a worker's process gets: the user's own, without what is secret."""

import hashlib
import os
from collections.abc import Mapping

from actors.entry import without_keys
from actors.surroundings import Surroundings
from storage.records.worker import TerminalWorker

_OF_THE_STARTER = frozenset({"OLDPWD", "PWD", "SHLVL", "_", "COLUMNS", "LINES"})
"""What a shell says of itself and of its own terminal."""


def environment_of(worker: TerminalWorker, around: Surroundings) -> dict[str, str]:
    """That of whoever ran `start`, less secrets, plus ours and what the request added."""
    kept = without_secrets(around.environ)
    root = str(around.data.root)
    ours = {
        "GREENROOM_HOME": root,
        "GREENROOM_INSTANCE": hashlib.sha256(os.fsencode(root)).hexdigest()[:12],
        "TERM": "xterm-256color",
    }
    return {**kept, **ours, **worker.env}


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Without keys, tokens, secrets and passwords, and without the mark of another greenroom."""
    return {
        name: value
        for name, value in without_keys(environ).items()
        if not name.startswith("GREENROOM_") and name not in _OF_THE_STARTER
    }
